//! Which CT series and which SEG of a study to measure.

use super::Error;
use crate::read::{Contents, CtSeries, ReadError, SegmentationObject};
use crate::results::MANUFACTURER;
use crate::segmentation::{LabelError, known_segments};
use crate::settings::{SegmentationChoice, Settings};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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

/// What to measure: the CT series and the SEG objects, all of one series; none when a label map was given.
pub(super) type Chosen<'a> = (&'a CtSeries, Vec<&'a SegmentationObject>);

/// The CT series that is segmented best, and the SEG objects that do it.
///
/// A SEG that was written by us from other labels is used only when it is asked for by its UID: otherwise a second run would
/// measure the first run's copy instead of the original.
pub(super) fn choose<'a>(
    contents: &'a Contents,
    instances_in_series: &BTreeMap<String, usize>,
    settings: &Settings,
) -> Result<Chosen<'a>, Error> {
    let size =
        |series: &CtSeries| instances_in_series.get(&series.series_instance_uid).copied().unwrap_or(0).max(series.slices.len());
    let candidates = candidates(contents, settings, &size)?;
    if let SegmentationChoice::LabelMap { .. } = settings.segmentation {
        let longest = candidates.iter().copied().rev().max_by_key(|series| size(series));
        return longest.map(|series| (series, Vec::new())).ok_or_else(|| nothing(contents));
    }
    let groups = segmented_series(contents, settings)?;
    let best = groups
        .iter()
        .flat_map(|objects| candidates.iter().map(move |series| (*series, about(objects, series))))
        .filter(|(_, objects)| !objects.is_empty())
        .rev()
        .max_by_key(|(series, objects)| {
            let named = objects.iter().any(|object| object.names(series));
            let known: usize = objects.iter().map(|object| known_segments(object).len()).sum();
            (named, known, size(series))
        });
    best.ok_or_else(|| other_image(&groups, &candidates))
}

fn about<'a>(objects: &[&'a SegmentationObject], series: &CtSeries) -> Vec<&'a SegmentationObject> {
    objects.iter().copied().filter(|object| object.is_about(series)).collect()
}

fn other_image(groups: &[Vec<&SegmentationObject>], candidates: &[&CtSeries]) -> Error {
    let found = groups.iter().flatten().map(|object| match object.referenced_series.as_slice() {
        [] => format!("the study {} and no series", object.study_instance_uid),
        series => format!("the study {}, series {}", object.study_instance_uid, series.join(", ")),
    });
    Error::Labels(LabelError::OtherImage {
        found: found.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; "),
        expected: candidates.iter().map(|series| series.series_instance_uid.as_str()).collect::<Vec<_>>().join(", "),
    })
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

/// SEG objects that may be used and know any structure, grouped by series.
fn segmented_series<'a>(contents: &'a Contents, settings: &Settings) -> Result<Vec<Vec<&'a SegmentationObject>>, Error> {
    let objects: Vec<&SegmentationObject> = match &settings.segmentation {
        SegmentationChoice::DicomSeg { series_instance_uid } => {
            contents.segmentations.iter().filter(|object| object.series_instance_uid == *series_instance_uid).collect()
        }
        _ => contents.segmentations.iter().filter(|object| object.manufacturer.as_deref() != Some(MANUFACTURER)).collect(),
    };
    if objects.is_empty() {
        return Err(no_labels(contents));
    }
    let mut groups: BTreeMap<&str, Vec<&SegmentationObject>> = BTreeMap::new();
    for object in objects.iter().filter(|object| !known_segments(object).is_empty()) {
        groups.entry(&object.series_instance_uid).or_default().push(object);
    }
    if groups.is_empty() {
        let labels: BTreeSet<_> =
            objects.iter().flat_map(|object| &object.segments).map(|segment| segment.label.as_str()).collect();
        let found = labels.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Error::Labels(LabelError::NothingKnown { found }));
    }
    Ok(groups.into_values().collect())
}

/// Says why a SEG that is there was not usable, if one is.
fn no_labels(contents: &Contents) -> Error {
    Error::Labels(match contents.unusable_segmentations.first() {
        Some(refused) => LabelError::Unusable(refused.reason.clone()),
        None => LabelError::NoLabels,
    })
}
