//! A small digital CT study with known answers.

use crate::results::WriteError;
use serde::{Deserialize, Serialize};

/// How the phantom is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PhantomSettings {
    /// Pixel spacing in millimetres.
    pub pixel_spacing_mm: f64,
    /// Slice thickness and spacing in millimetres.
    pub slice_spacing_mm: f64,
    /// Standard deviation of the noise in HU.
    pub noise_hu: f64,
    /// Seed of the noise.
    pub seed: u64,
}

impl Default for PhantomSettings {
    fn default() -> Self {
        PhantomSettings { pixel_spacing_mm: 1.5, slice_spacing_mm: 2.0, noise_hu: 10.0, seed: 1 }
    }
}

/// The files of one phantom study.
#[derive(Debug, Clone)]
pub struct Phantom {
    /// `(file name, bytes)`: `ct-0001.dcm` ..., `seg.dcm`, `truth.json`.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Draws the phantom and its SEG.
pub fn phantom(_settings: &PhantomSettings) -> Result<Phantom, WriteError> {
    unimplemented!()
}
