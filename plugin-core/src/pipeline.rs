//! The whole flow, step by step.

use crate::calibration::Calibration;
use crate::measure;
use crate::progress::{Cancelled, Progress};
use crate::read::{self, Inputs, ReadError};
use crate::report::{self, Report};
use crate::results::{self, OutputFile, WriteError};
use crate::segmentation::LabelError;
use crate::settings::Settings;
use crate::volume::AssembleError;
use serde::Serialize;
use std::collections::BTreeMap;

/// Why a run gave no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings cannot be used.
    #[error("settings: {0}")]
    Settings(String),
    /// The input cannot be read.
    #[error(transparent)]
    Read(ReadError),
    /// The series is not a volume.
    #[error(transparent)]
    Assemble(AssembleError),
    /// There are no usable labels.
    #[error(transparent)]
    Labels(LabelError),
    /// The results cannot be written.
    #[error(transparent)]
    Write(WriteError),
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// `report.json`, `results.csv`, and what the settings asked for.
    pub files: Vec<OutputFile>,
}

/// Which series a measurement would use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Series Instance UID of the CT.
    pub ct_series: String,
    /// Series Instance UID of the SEG that gives the labels; none when they come from elsewhere.
    pub seg_series: Option<String>,
}

/// Judges from the headers which series to measure; `instances_in_series` tells how many instances a series has where
/// `inputs` holds only one or a few of them.
pub fn choose(_inputs: &Inputs, _instances_in_series: &BTreeMap<String, usize>, _settings: &Settings) -> Result<Choice, Error> {
    unimplemented!()
}

/// Measures the study in `inputs`.
pub fn measure(_inputs: &Inputs, _settings: &Settings, _progress: Progress<'_>) -> Result<Outcome, Error> {
    unimplemented!()
}
