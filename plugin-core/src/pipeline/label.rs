//! From the files of a study to the labelled CT.

use super::Error;
use super::choice;
use super::ct::{self, Ct};
use crate::progress::{Progress, Stage};
use crate::read::{Contents, CtSeries, Inputs, SegmentationObject};
use crate::report::{GateCode, Quality};
use crate::results::MANUFACTURER;
use crate::segmentation::{
    Installation, LabelError, Labels, Model, NameTable, labels_from_map, labels_from_memory, labels_from_model,
    labels_from_seg, labels_from_slicer,
};
use crate::settings::{SegmentationChoice, Settings};
use crate::volume::CtVolume;
use std::collections::BTreeMap;

/// A CT with its labels.
pub(super) struct Labelled<'a> {
    /// What its headers say; none of an image that is not DICOM.
    pub series: Option<&'a CtSeries>,
    pub volume: CtVolume<'a>,
    pub labels: Labels,
    /// What the reader should know of the choice of both.
    pub quality: Vec<Quality>,
}

/// The model that the settings name, verified; none where they name none.
pub(super) fn named_model(settings: &Settings) -> Result<Option<Model>, Error> {
    match &settings.segmentation {
        SegmentationChoice::Model { .. } => Ok(Some(chosen_model(settings)?)),
        _ => Ok(None),
    }
}

fn chosen_model(settings: &Settings) -> Result<Model, LabelError> {
    Ok(Model::choose(&settings.segmentation, &settings.site.models)?)
}

/// Chooses, reads and labels; `named` is [`named_model`].
pub(super) fn label<'a>(
    named: Option<Model>,
    inputs: &'a Inputs<'_>,
    contents: &'a Contents,
    settings: &Settings,
    installation: &Installation,
    progress: Progress<'_>,
) -> Result<Labelled<'a>, Error> {
    if inputs.labels.is_some() && settings.segmentation != SegmentationChoice::Auto {
        return Err(Error::Settings(
            "labels were handed over in memory, and segmentation names others; take one of them out".into(),
        ));
    }
    let choose = || match &inputs.labels {
        Some(_) => choice::choose_only(contents, settings),
        None => choice::choose(contents, &BTreeMap::new(), settings),
    };
    let Ct { series, volume, objects, others, mut quality } = ct::read(inputs, settings, choose, progress)?;
    quality.extend(choice::not_measured("CT series", &[others, settings.other_ct_series.clone()].concat()));
    progress.report(Stage::Segment, 0.0)?;
    let by_model = |model: &Model| labels_from_model(model, installation, &volume, &settings.model, progress);
    let mut labels = match (&settings.segmentation, named, &inputs.labels, series) {
        (.., Some(labels), _) => labels_from_memory(labels, &volume.grid, progress)?,
        (SegmentationChoice::LabelMap { file, names }, ..) => {
            let table = match names.as_str() {
                "segments" => None,
                "totalsegmentator" => Some(NameTable::totalsegmentator()),
                path => Some(NameTable::from_file(path.as_ref())?),
            };
            match table {
                None => labels_from_slicer(file, &volume.grid, progress)?,
                Some(names) => labels_from_map(file, &names, &volume.grid, progress)?,
            }
        }
        (_, Some(model), ..) => by_model(&model)?,
        (.., Some(series)) if !objects.is_empty() => labels_from_seg(&objects, inputs, series, &volume.grid, progress)?,
        _ => match chosen_model(settings).and_then(|model| by_model(&model)) {
            // Nobody asked for a model: that it fails is not the whole story.
            Err(LabelError::Model(error)) => return Err(LabelError::NoLabels(error).into()),
            other => other?,
        },
    };
    quality.extend(lost_doubts(&objects, &labels));
    let age = settings.patient.age_years.map(f64::from).or_else(|| ct::context(series).age_in_years());
    quality.extend(labels.doubts.judge_age(age));
    Ok(Labelled { series, volume, labels, quality })
}

/// A warning of a SEG that we wrote for a model and that no longer says what the model doubts: comments are among the first that
/// de-identification takes out. Of one whose segments were all corrected it says nothing.
fn lost_doubts(objects: &[&SegmentationObject], labels: &Labels) -> Option<Quality> {
    let is_ours = |object: &&&SegmentationObject| object.manufacturer.as_deref() == Some(MANUFACTURER);
    let object = objects.iter().find(is_ours).filter(|_| labels.doubts.model.is_none())?;
    let by_model = object.segments.iter().find(|segment| segment.automatic)?;
    let message = format!(
        "the model {} made the segmentation {}, which no longer says what it doubts: nothing is withheld for it; check the labels, or \
         let the model label the CT again",
        by_model.algorithm.as_deref().unwrap_or_default(),
        object.sop_instance_uid
    );
    Some(Quality::warning(GateCode::Uncertain, message, None))
}
