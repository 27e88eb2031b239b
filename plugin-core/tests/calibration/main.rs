//! Calibration by a phantom, in the scan or apart.

mod detection;
mod real_slice;
mod scene;
