//! Which CT series and which SEG of a study to measure.

use super::Error;
use crate::read::{Contents, CtSeries, ReadError, SegmentationObject};
use crate::results::MANUFACTURER;
use crate::segmentation::{LabelError, known_segments};
use crate::settings::{SegmentationChoice, Settings};
use serde::Serialize;
use std::collections::BTreeMap;

/// Fewer slices are never a measurable volume; the assembly has the same limit.
const LEAST_SLICES: usize = crate::volume::LEAST_SLICES;

/// Which series a measurement would use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Series Instance UID of the CT.
    pub ct_series: String,
    /// Series Instance UID of the SEG that gives the labels; none when they come from elsewhere.
    pub seg_series: Option<String>,
}

/// The CT series and, unless a label map was given, the SEG.
///
/// A SEG that was written by us from other labels is used only when it is asked for by its UID: otherwise a second run would
/// measure the first run's copy instead of the original.
pub(super) fn choose<'a>(
    contents: &'a Contents,
    instances_in_series: &BTreeMap<String, usize>,
    settings: &Settings,
) -> Result<(&'a CtSeries, Option<&'a SegmentationObject>), Error> {
    let size =
        |series: &CtSeries| instances_in_series.get(&series.series_instance_uid).copied().unwrap_or(0).max(series.slices.len());
    let candidates = candidates(contents, settings, &size)?;
    let longest = |series: &[&'a CtSeries]| series.iter().copied().rev().max_by_key(|series| size(series));
    if let SegmentationChoice::LabelMap { .. } = settings.segmentation {
        return longest(&candidates).map(|series| (series, None)).ok_or_else(|| nothing(contents));
    }
    let objects = labelled_objects(contents, settings)?;
    let best = objects
        .iter()
        .flat_map(|object| candidates.iter().map(move |series| (*series, *object)))
        .filter(|(series, object)| object.is_about(series))
        .rev()
        .max_by_key(|(series, object)| (known_segments(object).len(), size(series)));
    match (best, objects.first(), candidates.first()) {
        (Some((series, object)), _, _) => Ok((series, Some(object))),
        (None, Some(object), Some(series)) => Err(Error::Labels(LabelError::OtherImage {
            found: object.referenced_series.join(", "),
            expected: series.series_instance_uid.clone(),
        })),
        _ => Err(Error::Labels(LabelError::NoLabels)),
    }
}

fn candidates<'a>(
    contents: &'a Contents,
    settings: &Settings,
    size: &impl Fn(&CtSeries) -> usize,
) -> Result<Vec<&'a CtSeries>, Error> {
    let wanted = settings.series_instance_uid.as_deref();
    let named: Vec<&CtSeries> =
        contents.series.iter().filter(|series| wanted.is_none_or(|uid| uid == series.series_instance_uid)).collect();
    let long: Vec<&CtSeries> = named.iter().copied().filter(|series| size(series) >= LEAST_SLICES).collect();
    match (long.is_empty(), named.first()) {
        (false, _) => Ok(long),
        (true, Some(series)) => {
            Err(Error::Assemble(crate::volume::AssembleError::TooFewSlices { found: size(series), least: LEAST_SLICES }))
        }
        (true, None) => Err(nothing(contents)),
    }
}

fn nothing(contents: &Contents) -> Error {
    const SHOWN: usize = 5;
    let mut reasons: Vec<&str> = contents.refused.iter().map(|refused| refused.reason.as_str()).collect();
    reasons.dedup();
    let more = reasons.len().saturating_sub(SHOWN);
    reasons.truncate(SHOWN);
    let found = match (reasons.is_empty(), more) {
        (true, _) => "the input holds none".to_owned(),
        (false, 0) => reasons.join("; "),
        (false, more) => format!("{}; and {more} more", reasons.join("; ")),
    };
    Error::Read(ReadError::NoCtSeries { found })
}

fn labelled_objects<'a>(contents: &'a Contents, settings: &Settings) -> Result<Vec<&'a SegmentationObject>, Error> {
    let objects: Vec<&SegmentationObject> = match &settings.segmentation {
        SegmentationChoice::DicomSeg { series_instance_uid } => {
            contents.segmentations.iter().filter(|object| object.series_instance_uid == *series_instance_uid).collect()
        }
        _ => contents.segmentations.iter().filter(|object| object.manufacturer.as_deref() != Some(MANUFACTURER)).collect(),
    };
    if objects.is_empty() {
        return Err(Error::Labels(LabelError::NoLabels));
    }
    let known: Vec<_> = objects.iter().copied().filter(|object| !known_segments(object).is_empty()).collect();
    if known.is_empty() {
        let labels: Vec<_> = objects.iter().flat_map(|object| &object.segments).map(|segment| segment.label.as_str()).collect();
        return Err(Error::Labels(LabelError::NothingKnown { found: labels.join(", ") }));
    }
    Ok(known)
}
