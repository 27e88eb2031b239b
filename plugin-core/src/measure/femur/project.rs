//! Projection of a calibrated femur, and its regions.
