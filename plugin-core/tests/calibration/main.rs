//! Calibration by a phantom, in the scan or apart.

mod detection;
mod label_map;
mod real_slice;
mod scene;
mod stored;
