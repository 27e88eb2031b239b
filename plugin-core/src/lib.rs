//! BoneMuscle's knowledge: from the files of a CT study to density and muscle values and the DICOM objects that carry them.
//!
//! This crate knows neither Orthanc nor Slicer nor the network. Hosts enter through [`pipeline`]; the C ABI in `capi/` wraps
//! just that. The folders stand in the order the data flows, and each may use only those to its left, plus [`units`],
//! [`geometry`], [`anatomy`], [`progress`], [`settings`], `random` and `drawing` (a test in `tests/` holds this):
//!
//! ```text
//! read -> volume -> projection -> registration -> segmentation -> calibration -> measure -> criteria -> report -> results -> phantom
//!      -> validation -> pipeline
//! ```
//!
//! | module | from | to |
//! |---|---|---|
//! | [`read`] | DICOM files or bytes, NIfTI, NRRD, voxels in a host's memory | series in geometric order, radiographs, segmentation objects, label maps |
//! | [`volume`] | a series, or an image that is not DICOM | [`volume::CtVolume`], Hounsfield units on a [`geometry::Grid`] |
//! | [`projection`] | any field on a grid, a view | line integrals: radiographs and thickness images |
//! | [`registration`] | a film, a volume | [`registration::Registration`]: where the patient lay when the film was taken |
//! | [`segmentation`] | SEG objects, label maps, or the CT itself by a network; a radiograph | [`segmentation::Labels`], one mask per structure and side; the crop of a hip |
//! | [`calibration`] | volume, labels, the site's tables | [`calibration::Calibration`]: what turns HU into density, or none |
//! | [`measure`] | volume, labels, calibration | findings: vertebrae, femora, muscles, and what could not be measured |
//! | [`criteria`] | findings, patient, reference tables | scores and what published criteria say |
//! | [`report`] | findings | [`report::Report`]: JSON and CSV |
//! | [`results`] | report, labels, volume | SR, SEG, PDF and Secondary Capture; the page, the CT and the labels as plain files |
//! | [`phantom`] | a few settings | a digital CT study and films with known answers |
//! | [`validation`] | a table of pairs, reference and measured | how far the two agree: numbers, figures, a page |
//!
//! Every output is for research use only.
#![forbid(unsafe_code)]

pub mod anatomy;
pub mod calibration;
pub mod criteria;
mod drawing;
pub mod geometry;
pub mod measure;
pub mod phantom;
pub mod pipeline;
pub mod progress;
pub mod projection;
mod random;
pub mod read;
pub mod registration;
pub mod report;
pub mod results;
pub mod segmentation;
pub mod settings;
pub mod units;
pub mod validation;
pub mod volume;

/// The version that every report and DICOM object names.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The sentence that stands on every output.
pub const RESEARCH_USE_ONLY: &str = "Research use only. Not for diagnosis.";

/// What a density from a radiograph is not; it stands on page and SR.
pub const FILM_NOT_DXA: &str =
    "Values from a radiograph are not a DXA measurement and cannot be used to rule out osteoporosis.";

/// What the model that reads radiographs has seen; it stands on page and SR.
pub const SIMULATED_FILMS_ONLY: &str = "The X-ray model was trained on simulated films only.";

/// What a density from CT is not; it stands on page and SR.
pub const NOT_DXA: &str = "CT-derived values are not a DXA measurement and cannot be used to rule out osteoporosis.";
