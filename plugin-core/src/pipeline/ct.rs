//! The CT that is measured: a series of DICOM instances, an image that is not DICOM, or both of one.

use super::Error;
use super::choice::Chosen;
use crate::progress::Progress;
use crate::read::{Acquisition, CtSeries, Equipment, Inputs, SegmentationObject, StudyContext};
use crate::report::Quality;
use crate::settings::{OutputKind, SegmentationChoice, Settings};
use crate::volume::{CtVolume, assemble, difference, from_host};

/// A CT.
pub(super) struct Ct<'a> {
    /// What its headers say; none of an image that is not DICOM.
    pub series: Option<&'a CtSeries>,
    /// Its voxels.
    pub volume: CtVolume<'a>,
    /// The SEG objects that give its labels.
    pub objects: Vec<&'a SegmentationObject>,
    /// The CT series that could be measured as well.
    pub others: Vec<String>,
    /// What the reader of the report should know of the choice.
    pub quality: Vec<Quality>,
}

/// Reads the series that `choose` names, or the image where there are no DICOM instances.
///
/// Where there is both, the series is measured, after it was compared with the image: what a user sees in a program and what results
/// would refer to must be one.
pub(super) fn read<'a>(
    inputs: &'a Inputs<'_>,
    settings: &Settings,
    choose: impl FnOnce() -> Result<Chosen<'a>, Error>,
    progress: Progress<'_>,
) -> Result<Ct<'a>, Error> {
    if is_without_dicom(inputs)
        && let Some(image) = &inputs.volume
    {
        check(settings)?;
        let volume = from_host(image, progress)?;
        return Ok(Ct { series: None, volume, objects: Vec::new(), others: Vec::new(), quality: Vec::new() });
    }
    let Chosen { series, objects, others, quality } = choose()?;
    let volume = assemble(series, inputs, progress)?;
    if let Some(image) = &inputs.volume
        && let Some(found) = difference(&volume, &from_host(image, progress)?)
    {
        return Err(Error::OtherVolume { name: image.name(), found });
    }
    Ok(Ct { series: Some(series), volume, objects, others, quality })
}

/// Whether the only CT is an image that is not DICOM.
pub(super) fn is_without_dicom(inputs: &Inputs<'_>) -> bool {
    inputs.volume.is_some() && inputs.instances.is_empty()
}

/// Refuses what only DICOM instances could answer.
fn check(settings: &Settings) -> Result<(), Error> {
    let asked = settings.outputs.iter().flatten().find(|kind| matches!(kind, OutputKind::Sr | OutputKind::Seg));
    let needs_dicom = match (asked, &settings.segmentation, &settings.series_instance_uid) {
        (Some(OutputKind::Sr), ..) => "outputs asks for sr",
        (Some(_), ..) => "outputs asks for seg",
        (None, SegmentationChoice::DicomSeg { .. }, _) => "segmentation names a DICOM SEG",
        (None, _, Some(_)) => "series_instance_uid names a DICOM series",
        (None, _, None) => return Ok(()),
    };
    Err(Error::Settings(format!(
        "{needs_dicom}, and the input is an image without DICOM; take that out, or hand over the DICOM files of the image as well"
    )))
}

/// Patient and study; nothing is known of an image that is not DICOM.
pub(super) fn context(series: Option<&CtSeries>) -> &StudyContext {
    series.map_or(StudyContext::NONE, |series| &series.context)
}

/// How it was acquired; nothing is known of an image that is not DICOM.
pub(super) fn acquisition(series: Option<&CtSeries>) -> &Acquisition {
    series.map_or(Acquisition::UNKNOWN, |series| &series.acquisition)
}

/// What acquired it; nothing is known of an image that is not DICOM.
pub(super) fn equipment(series: Option<&CtSeries>) -> &Equipment {
    series.map_or(Equipment::UNKNOWN, |series| &series.equipment)
}
