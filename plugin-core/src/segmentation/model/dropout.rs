//! Dropout masks from a seed.
