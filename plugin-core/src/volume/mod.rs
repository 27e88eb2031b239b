//! A CT series as one block of Hounsfield units.

mod assemble;
mod host;
mod order;
mod rescale;
mod same;
mod stack;

pub use assemble::{AssembleError, assemble};
pub use host::from_host;
pub use same::difference;

use crate::geometry::{Grid, Index};
use crate::read::{sha256, sha256_of_voxels};
use ndarray::{ArrayBase, CowRepr, Ix3};

/// Fewer slices do not tell their spacing from an error in it.
pub const LEAST_SLICES: usize = 3;

/// An `ndarray::CowArray`, spelled out: the compiler takes a reference that lives longer for one that lives shorter only then.
pub type StoredValues<'a> = ArrayBase<CowRepr<'a, i16>, Ix3, i16>;

/// CT numbers on a grid.
///
/// Kept as the scanner's 16-bit integers, `HU = slope * stored + intercept`, which halves the memory of floats and loses nothing. They
/// may be borrowed from a host that holds them already.
#[derive(Debug, Clone)]
pub struct CtVolume<'a> {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Stored values, `[slice, row, column]`, in standard layout.
    pub stored: StoredValues<'a>,
    /// HU per stored unit (Rescale Slope).
    pub slope: f32,
    /// HU of a stored zero (Rescale Intercept).
    pub intercept: f32,
}

impl CtVolume<'_> {
    /// HU of one voxel.
    pub fn hu(&self, index: Index) -> f32 {
        self.to_hu(self.stored[index])
    }

    /// SHA-256 of grid and voxels, hexadecimal.
    pub fn sha256(&self) -> String {
        let scale = [self.slope, self.intercept].map(f32::to_bits);
        sha256(format!("{} {scale:?}", sha256_of_voxels(&self.grid, self.stored.view())))
    }

    /// HU of one stored value.
    pub fn to_hu(&self, stored: i16) -> f32 {
        self.slope * f32::from(stored) + self.intercept
    }
}
