//! Labels and HU in, findings out: one file per body part.

mod gates;
mod lumbar;
mod muscle;
mod statistics;

use crate::calibration::Calibration;
use crate::progress::{Cancelled, Progress};
use crate::read::Acquisition;
use crate::report::{Finding, MeasurementKind, Quality};
use crate::segmentation::{Labels, StructureMask};
use crate::volume::CtVolume;

/// What the measuring of one study gives.
#[derive(Debug, Clone)]
pub struct Measured {
    /// One per structure and side that was asked for.
    pub findings: Vec<Finding>,
    /// Gates that spoke about the series as a whole.
    pub quality: Vec<Quality>,
    /// Regions in which values were taken and which are smaller than their structure, for pictures.
    pub regions: Vec<StructureMask>,
}

/// Measures what `kinds` asks for.
pub fn measure(
    _volume: &CtVolume,
    _acquisition: &Acquisition,
    _calibration: &Calibration,
    _labels: &Labels,
    _kinds: &[MeasurementKind],
    _progress: Progress<'_>,
) -> Result<Measured, Cancelled> {
    unimplemented!()
}
