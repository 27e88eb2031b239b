//! The report as DICOM objects and as a page.

mod identity;
pub mod page;

pub use identity::Identity;

use crate::progress::{Cancelled, Progress};
use crate::read::CtSeries;
use crate::report::Report;
use crate::segmentation::{Labels, StructureMask};
use crate::settings::OutputKind;
use crate::volume::CtVolume;

/// Everything the objects are made from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The CT's headers.
    pub series: &'a CtSeries,
    /// Its pixels.
    pub volume: &'a CtVolume,
    /// The labels.
    pub labels: &'a Labels,
    /// Regions of interest inside structures, for the page.
    pub regions: &'a [StructureMask],
    /// The values.
    pub report: &'a Report,
    /// From which UIDs are made.
    pub identity: &'a Identity,
}

/// One file to store or save.
#[derive(Debug, Clone)]
pub struct OutputFile {
    /// File name: `report.json`, `results.csv`, `report.pdf`, `report.png`, `sr.dcm`, `seg.dcm`, `pdf.dcm`, `sc.dcm`.
    pub name: &'static str,
    /// `application/dicom`, `application/pdf`, `image/png`, `text/csv`, `application/json`.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// An object that could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The DICOM library refused.
    #[error("the {object} could not be written: {detail}")]
    Dicom {
        /// Which object.
        object: &'static str,
        /// Why.
        detail: String,
    },
    /// The page could not be drawn.
    #[error("the page could not be drawn: {0}")]
    Page(String),
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Builds the files of `kinds`, and the plain page beside the DICOM one.
pub fn write(_source: Source<'_>, _kinds: &[OutputKind], _progress: Progress<'_>) -> Result<Vec<OutputFile>, WriteError> {
    unimplemented!()
}
