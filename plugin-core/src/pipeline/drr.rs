//! A digitally reconstructed radiograph of a study.

mod field;
mod files;
mod request;

pub use field::DrrQuantity;
pub use files::{DrrImage, DrrSummary};
pub use request::{DrrRequest, PatientPose};

use super::ct::Ct;
use super::label::{Labelled, label, named_model};
use super::{Error, check_values, choice, ct, evidence, summary};
use crate::calibration::{Calibrated, calibrate};
use crate::progress::{Progress, Stage};
use crate::projection::{Pose, View};
use crate::read::{Contents, CtSeries, Inputs, scan};
use crate::report::Quality;
use crate::results::OutputFile;
use crate::segmentation::{Installation, Labels, Model, labels_from_seg};
use crate::volume::CtVolume;
use field::{Field, Subject};
use ndarray::{Array2, Axis, concatenate};

/// Rows of the detector that are drawn between two looks at whether the host wants to stop.
const BAND: usize = 32;

/// An image of line integrals as files.
#[derive(Debug)]
pub struct Drr {
    /// What is shown, from where; also `drr.json`.
    pub summary: DrrSummary,
    /// `drr.nrrd`, 32-bit floats at their place in the patient; `drr.png`, 16 bits for the eye; `drr.json`.
    pub files: Vec<OutputFile>,
}

/// A CT with what is known of it.
struct Study<'a> {
    series: Option<&'a CtSeries>,
    volume: CtVolume<'a>,
    labels: Option<Labels>,
    quality: Vec<Quality>,
}

/// Projects the CT in `inputs`, or one structure of it, onto the detector that `request` describes.
pub fn drr(
    inputs: &Inputs<'_>,
    request: &DrrRequest,
    installation: &Installation,
    progress: Progress<'_>,
) -> Result<Drr, Error> {
    let settings = &request.settings;
    check_values(settings)?;
    let subject = request.check()?;
    let model = named_model(settings)?;
    let contents = scan(inputs, progress)?;
    let study = match subject {
        Subject::Whole => unlabelled(inputs, &contents, request, progress)?,
        Subject::Structure { .. } => labelled(model, inputs, &contents, request, installation, progress)?,
    };
    let Study { series, volume, labels, quality } = study;
    progress.report(Stage::Measure, 0.0)?;
    let Calibrated { calibration, quality: said } = calibrate(settings, &evidence(series, &volume, labels.as_ref()))?;
    let field = Field::new(subject, &volume, labels.as_ref(), calibration.conversion())?;
    let centre = request.centre_mm.unwrap_or_else(|| field.centre());
    let pose = Pose { rotation_degrees: request.pose.rotation_degrees, translation_mm: request.pose.translation_mm, centre };
    let view = pose.undo_view(&request.view(centre)?);
    let pixels = pixels(&field, &view, progress)?;
    let image = DrrImage::new(&pixels, field.quantity(), request, pose, &view);
    let summary = DrrSummary {
        notice: crate::RESEARCH_USE_ONLY.to_owned(),
        software: summary::software(),
        series: summary::series(series, &volume),
        segmentation: labels.map(|labels| labels.origin),
        calibration,
        quality: [quality, said].concat(),
        image,
    };
    progress.report(Stage::Write, 0.0)?;
    let files = files::write(&summary, &pixels)?;
    progress.report(Stage::Write, 1.0)?;
    Ok(Drr { summary, files })
}

/// The CT alone, with the labels that lie in the study: some calibrations read tissues.
fn unlabelled<'a>(
    inputs: &'a Inputs<'_>,
    contents: &'a Contents,
    request: &DrrRequest,
    progress: Progress<'_>,
) -> Result<Study<'a>, Error> {
    let choose = || choice::choose_ct(contents, &request.settings);
    let Ct { series, volume, objects, quality, .. } = ct::read(inputs, &request.settings, choose, progress)?;
    let labels = match series.filter(|_| !objects.is_empty()) {
        None => None,
        Some(series) => Some(labels_from_seg(&objects, inputs, series, &volume.grid, progress)?),
    };
    Ok(Study { series, volume, labels, quality })
}

fn labelled<'a>(
    model: Option<Model>,
    inputs: &'a Inputs<'_>,
    contents: &'a Contents,
    request: &DrrRequest,
    installation: &Installation,
    progress: Progress<'_>,
) -> Result<Study<'a>, Error> {
    let Labelled { series, volume, labels, quality } =
        label(model, inputs, contents, &request.settings, installation, progress)?;
    Ok(Study { series, volume, labels: Some(labels), quality })
}

/// All rows, band by band.
fn pixels(field: &Field<'_>, view: &View, progress: Progress<'_>) -> Result<Array2<f32>, Error> {
    let rows = view.detector.rows;
    let mut bands = Vec::new();
    for start in (0..rows).step_by(BAND) {
        progress.report(Stage::Measure, start as f32 / rows as f32)?;
        bands.push(field.project(&view.of_rows(start..rows.min(start + BAND))));
    }
    let views: Vec<_> = bands.iter().map(|band| band.view()).collect();
    Ok(concatenate(Axis(0), &views).expect("bands of one detector have the same columns"))
}
