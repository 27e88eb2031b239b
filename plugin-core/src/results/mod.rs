//! The report as DICOM objects and as a page.

mod code;
mod color;
mod concepts;
mod content;
mod context;
mod dataset;
mod decimal;
mod equipment;
mod file;
mod identity;
mod label_map;
mod model;
mod moment;
mod page;
mod pdf;
mod run_lengths;
mod sc;
mod seg;
mod seg_frames;
mod segments;
mod source;
mod sr;
mod sr_group;
mod sr_landmarks;
mod sr_library;
mod sr_measurement;
mod sr_series;
mod volume_file;

pub use identity::{Identity, name_based_uid};
pub use label_map::{label_map, label_value};
pub use source::{CtImage, FilmImage, Image, Source};
pub use volume_file::image;

use crate::progress::{Cancelled, Progress, Stage};
use crate::settings::OutputKind;

/// Manufacturer (0008,0070) of every object we write, by which we recognise them.
pub const MANUFACTURER: &str = "BoneMuscle";

/// One file to store or save.
#[derive(Debug, Clone)]
pub struct OutputFile {
    /// File name: `report.json`, `results.csv`, `report.pdf`, `report.png`, `sr.dcm`, `seg.dcm`, `pdf.dcm`, `sc.dcm`;
    /// `image.nii.gz` or `image.nrrd`, `labels.nii.gz` or `labels.nrrd`, `labels.json`, `segmentation.json`; of a registration `registration.json`, `overlay.png`.
    pub name: &'static str,
    /// `application/dicom`, `application/pdf`, `image/png`, `text/csv`, `application/json`, `application/gzip`,
    /// `application/octet-stream`.
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
    /// The CT is not DICOM, and so there is nothing that the object could belong to.
    #[error("the {object} cannot be written: the image that was measured is not DICOM, and results refer to DICOM instances")]
    WithoutDicom {
        /// Which object.
        object: &'static str,
    },
    /// The report does not say when measuring started.
    #[error("measuring started at \"{found}\", which is not ISO 8601 with an offset, such as 2026-11-20T18:05:09+09:00")]
    Started {
        /// What the report says.
        found: String,
    },
    /// A volume does not fit into a file of the format that was asked for.
    #[error("{file} could not be written: {detail}")]
    Volume {
        /// Which file.
        file: &'static str,
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

/// Builds the files of `kinds`, and the plain page beside the DICOM one, in the order SEG, SR, page: a reader that stores them
/// one by one never meets a reference to what is not yet there.
///
/// The SEG is left out when the findings' voxels are segments of an object that the study holds already. Of an image that is not DICOM
/// there is the plain page alone.
pub fn write(source: Source<'_>, kinds: &[OutputKind], progress: Progress<'_>) -> Result<Vec<OutputFile>, WriteError> {
    let asked = |kind| kinds.contains(&kind);
    let is_dicom = source.report.series.series_instance_uid.is_some();
    if let Some(object) =
        ["SR", "SEG"].into_iter().zip([OutputKind::Sr, OutputKind::Seg]).find(|(_, kind)| !is_dicom && asked(*kind))
    {
        return Err(WriteError::WithoutDicom { object: object.0 });
    }
    let own_seg = asked(OutputKind::Seg) && segments::own_seg_needed(source);
    let mut files = Vec::new();
    if own_seg {
        files.push(dicom("seg.dcm", seg::build(source)?));
    }
    progress.report(Stage::Write, 0.4)?;
    if asked(OutputKind::Sr) {
        files.push(dicom("sr.dcm", sr::build(source, &segments::stored(source, own_seg))?));
    }
    progress.report(Stage::Write, 0.5)?;
    if asked(OutputKind::Pdf) || asked(OutputKind::Sc) {
        let page = page::draw(source)?;
        progress.report(Stage::Write, 0.8)?;
        if asked(OutputKind::Pdf) {
            if is_dicom {
                files.push(dicom("pdf.dcm", pdf::build(source, &page.pdf)?));
            }
            files.push(OutputFile { name: "report.pdf", media_type: "application/pdf", bytes: page.pdf.clone() });
        }
        if asked(OutputKind::Sc) {
            if is_dicom {
                files.push(dicom("sc.dcm", sc::build(source, &page)?));
            }
            files.push(OutputFile { name: "report.png", media_type: "image/png", bytes: page.png()? });
        }
    }
    progress.report(Stage::Write, 1.0)?;
    Ok(files)
}

fn dicom(name: &'static str, bytes: Vec<u8>) -> OutputFile {
    OutputFile { name, media_type: "application/dicom", bytes }
}
