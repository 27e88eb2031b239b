//! A CT series as one block of Hounsfield units.

mod assemble;
mod rescale;
mod stack;

pub use assemble::{AssembleError, assemble};

use crate::geometry::{Grid, Index};
use ndarray::Array3;

/// Fewer slices do not tell their spacing from an error in it.
pub const LEAST_SLICES: usize = 3;

/// CT numbers on a grid.
///
/// Kept as the scanner's 16-bit integers, `HU = slope * stored + intercept`, which halves the memory of floats and loses nothing.
#[derive(Debug, Clone)]
pub struct CtVolume {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Stored values, `[slice, row, column]`, in standard layout.
    pub stored: Array3<i16>,
    /// HU per stored unit (Rescale Slope).
    pub slope: f32,
    /// HU of a stored zero (Rescale Intercept).
    pub intercept: f32,
}

impl CtVolume {
    /// HU of one voxel.
    pub fn hu(&self, index: Index) -> f32 {
        self.to_hu(self.stored[index])
    }

    /// HU of one stored value.
    pub fn to_hu(&self, stored: i16) -> f32 {
        self.slope * f32::from(stored) + self.intercept
    }
}
