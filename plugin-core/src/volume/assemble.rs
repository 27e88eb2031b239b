//! Slices to one block.

use super::CtVolume;
use super::rescale::{self, Rescale};
use super::stack;
use crate::progress::{Cancelled, Progress, Stage};
use crate::read::{CtSeries, HEADERS_SHARE, Inputs, ReadError, decode_slice};
use ndarray::Array3;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// More voxels than any CT has; a header lies.
    #[error("the volume would have {found} voxels; at most {most} are accepted")]
    TooLarge {
        /// How many there would be.
        found: usize,
        /// How many are accepted.
        most: usize,
    },
    /// The slices have scales so different that 16 bits do not hold them all at the finest one.
    #[error(
        "its slices have different Rescale Slope (0028,1053) or Rescale Intercept (0028,1052), and {hu} HU does not fit into 16 \
         bits with slope {slope} and intercept {intercept}"
    )]
    Rescale {
        /// The value that does not fit.
        hu: f64,
        /// The smallest slope among the slices.
        slope: f64,
        /// The intercept that goes with it.
        intercept: f64,
    },
    /// An image that is not DICOM holds no CT numbers of a patient.
    #[error(
        "{name} holds values from {low} to {high}; accepted are Hounsfield units, -1000 for air, 0 for water: from -32768 to 32767, \
         some below 0 and some above 50"
    )]
    NotHounsfield {
        /// [`crate::read::HostVolume::name`].
        name: String,
        /// Its lowest value.
        low: f64,
        /// Its highest value.
        high: f64,
    },
    /// The machine, or the limit that this process was given, has less.
    #[error("there is no memory for the {0} voxels of the volume")]
    NoMemory(usize),
    /// A slice cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// 4096 slices of 1024 x 1024: 8 GiB.
const MOST_VOXELS: usize = 1 << 32;

/// Decodes all slices of `series`, in parallel, into one volume.
///
/// Every slice is decoded into its own place, so that besides the volume only what a decoder needs is held. Where slices have
/// different scales they are brought to one; see [`AssembleError::Rescale`].
pub fn assemble(series: &CtSeries, inputs: &Inputs<'_>, progress: Progress<'_>) -> Result<CtVolume<'static>, AssembleError> {
    let grid = stack::grid(series)?;
    if grid.len() > MOST_VOXELS {
        return Err(AssembleError::TooLarge { found: grid.len(), most: MOST_VOXELS });
    }
    let no_memory = |_| AssembleError::NoMemory(grid.len());
    // Asked first, for a vector of zeros that cannot be had ends the process.
    Vec::<i16>::new().try_reserve_exact(grid.len()).map_err(no_memory)?;
    let scale = rescale::common(series);
    let pixels = series.size[0] * series.size[1];
    // Zeroed by the system page by page as slices arrive: the pages are first touched by the threads that fill them.
    let mut stored = vec![0i16; grid.len()];
    let done = AtomicUsize::new(0);
    stored.par_chunks_mut(pixels).zip(&series.slices).try_for_each(|(out, slice)| -> Result<(), AssembleError> {
        let share = done.fetch_add(1, Ordering::Relaxed) as f32 / series.slices.len() as f32;
        progress.report(Stage::Read, HEADERS_SHARE + (1.0 - HEADERS_SHARE) * share)?;
        decode_slice(inputs, series, slice, out)?;
        rescale::requantise(out, Rescale { slope: slice.slope, intercept: slice.intercept }, scale)
    })?;
    let stored = Array3::from_shape_vec(grid.shape, stored).expect("the vector was made with the length of this shape");
    Ok(CtVolume { grid, stored: stored.into(), slope: scale.slope as f32, intercept: scale.intercept as f32 })
}
