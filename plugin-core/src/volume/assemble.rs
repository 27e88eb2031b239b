//! Slices to one block.

use super::CtVolume;
use crate::progress::{Cancelled, Progress};
use crate::read::{CtSeries, Inputs, ReadError};

/// A series that is not one regular volume.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// Fewer slices than a volume needs.
    #[error("the series has {found} slices; at least {least} are needed")]
    TooFewSlices {
        /// How many there are.
        found: usize,
        /// How many are needed.
        least: usize,
    },
    /// Slices are missing or unevenly spaced.
    #[error("slices are unevenly spaced: {detail}")]
    Spacing {
        /// Which gap, and what was expected.
        detail: String,
    },
    /// A slice cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Decodes all slices of `series`, in parallel, into one volume.
pub fn assemble(_series: &CtSeries, _inputs: &Inputs, _progress: Progress<'_>) -> Result<CtVolume, AssembleError> {
    unimplemented!()
}
