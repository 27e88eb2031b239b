//! Which CT series and which SEG of a study to measure.

use super::Error;
use crate::read::{Contents, CtSeries, ReadError, SegmentationObject};
use crate::report::{GateCode, Quality, Severity};
use crate::results::MANUFACTURER;
use crate::segmentation::{LabelError, known_segments};
use crate::settings::{SegmentationChoice, Settings};
use crate::volume::{AssembleError, LEAST_SLICES};
use dicom_dictionary_std::tags;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Which series a measurement would use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Series Instance UID of the CT.
    pub ct_series: String,
    /// Series Instance UID of the SEG that gives the labels; none when they come from elsewhere.
    pub seg_series: Option<String>,
}

/// What to measure.
#[derive(Debug)]
pub(super) struct Chosen<'a> {
    /// The CT.
    pub series: &'a CtSeries,
    /// The SEG objects that give the labels, all of one series; none when a label map was given.
    pub objects: Vec<&'a SegmentationObject>,
    /// What the reader of the report should know of the choice.
    pub quality: Vec<Quality>,
}

/// The CT series that is segmented best, and the SEG objects that do it.
///
/// Where several SEG series segment the CT, the one with most known structures is taken, the newest among equals, and the report
/// says which were not. A SEG that was written by us from other labels is used only when it is asked for by its UID: otherwise a
/// second run would measure the first run's copy instead of the original. What cannot be decided is refused: the CT of another
/// study or another phase must never be measured in place of the one that was meant.
pub(super) fn choose<'a>(
    contents: &'a Contents,
    instances_in_series: &BTreeMap<String, usize>,
    settings: &Settings,
) -> Result<Chosen<'a>, Error> {
    let candidates = candidates(contents, instances_in_series, settings)?;
    if let SegmentationChoice::LabelMap { .. } = settings.segmentation {
        return match candidates.as_slice() {
            [series] => Ok(Chosen { series, objects: Vec::new(), quality: Vec::new() }),
            several => Err(Error::Settings(format!(
                "the study holds {} CT series; name the one that the label map belongs to by series_instance_uid: {}",
                several.len(),
                listed(several.iter().map(|series| described(&series.series_instance_uid, series.description.as_deref())))
            ))),
        };
    }
    let groups = segmented_series(contents, settings)?;
    let mut pairs: Vec<(&CtSeries, Vec<&SegmentationObject>)> = groups
        .iter()
        .flat_map(|objects| candidates.iter().map(move |series| (*series, about(objects, series))))
        .filter(|(_, objects)| !objects.is_empty())
        .collect();
    pairs.sort_by_key(|(series, objects)| {
        let newest = objects.iter().map(|object| object.content_time.as_str()).max();
        Reverse((known(objects), newest.map(str::to_owned), slices(series, instances_in_series)))
    });
    let mut pairs = pairs.into_iter();
    let (series, objects) = pairs.next().ok_or_else(|| other_image(contents, &groups, &candidates))?;
    let unused = pairs.filter(|(other, _)| other.series_instance_uid == series.series_instance_uid).map(|(_, objects)| objects);
    Ok(Chosen { series, objects, quality: not_used(unused.collect()).into_iter().collect() })
}

/// The CT of a scan that needs no labels: with its labels where there are some, else the longest series.
pub(super) fn choose_ct<'a>(contents: &'a Contents, settings: &Settings) -> Result<Chosen<'a>, Error> {
    let unlabelled = match choose(contents, &BTreeMap::new(), settings) {
        Err(Error::Labels(error)) => error,
        other => return other,
    };
    let longest = candidates(contents, &BTreeMap::new(), settings)?.into_iter().max_by_key(|series| series.slices.len());
    let series = longest.ok_or(Error::Labels(unlabelled))?;
    Ok(Chosen { series, objects: Vec::new(), quality: Vec::new() })
}

fn known(objects: &[&SegmentationObject]) -> usize {
    objects.iter().map(|object| known_segments(object).len()).sum()
}

fn slices(series: &CtSeries, instances_in_series: &BTreeMap<String, usize>) -> usize {
    instances_in_series.get(&series.series_instance_uid).copied().unwrap_or(0).max(series.slices.len())
}

fn about<'a>(objects: &[&'a SegmentationObject], series: &CtSeries) -> Vec<&'a SegmentationObject> {
    objects.iter().copied().filter(|object| object.is_about(series)).collect()
}

fn not_used(groups: Vec<Vec<&SegmentationObject>>) -> Option<Quality> {
    let names = groups.iter().filter_map(|objects| objects.first());
    let names = listed(names.map(|object| described(&object.series_instance_uid, Some(&object.description))));
    (!groups.is_empty()).then(|| Quality {
        code: GateCode::LabelsNotUsed,
        severity: Severity::Warning,
        message: format!("other segmentations of this CT were not used: {names}"),
        found: Some(groups.len() as f64),
    })
}

fn other_image(contents: &Contents, groups: &[Vec<&SegmentationObject>], candidates: &[&CtSeries]) -> Error {
    let refusal = |uid: &String| {
        let refused = contents.refused.iter().find(|refused| refused.name.contains(uid.as_str()));
        refused.map_or(uid.clone(), |refused| format!("{uid} (which cannot be measured: {})", refused.reason))
    };
    let found = groups.iter().flatten().map(|object| match object.referenced_series.as_slice() {
        [] => format!("no series of the study {}", object.study_instance_uid),
        series => format!(
            "the series {} of the study {}",
            series.iter().map(refusal).collect::<Vec<_>>().join(", "),
            object.study_instance_uid
        ),
    });
    Error::Labels(LabelError::OtherImage {
        found: found.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; "),
        expected: candidates.iter().map(|series| series.series_instance_uid.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// Series that are long enough and, unless one was named, of one study.
fn candidates<'a>(
    contents: &'a Contents,
    instances_in_series: &BTreeMap<String, usize>,
    settings: &Settings,
) -> Result<Vec<&'a CtSeries>, Error> {
    let all: Vec<&CtSeries> = match &settings.series_instance_uid {
        None => contents.series.iter().collect(),
        Some(uid) => vec![named(contents, uid)?],
    };
    let long: Vec<&CtSeries> =
        all.iter().copied().filter(|series| slices(series, instances_in_series) >= LEAST_SLICES).collect();
    match (long.is_empty(), all.first()) {
        (true, None) => return Err(nothing(contents)),
        (true, Some(series)) => {
            let found = slices(series, instances_in_series);
            return Err(Error::Assemble(AssembleError::TooFewSlices { found, least: LEAST_SLICES }));
        }
        (false, _) => {}
    }
    let studies: BTreeSet<_> = long.iter().filter_map(|series| series.context.text(tags::STUDY_INSTANCE_UID)).collect();
    match studies.len() {
        0 | 1 => Ok(long),
        several => Err(Error::Settings(format!(
            "the input holds CT series of {several} studies; give one study, or name the series by series_instance_uid: {}",
            listed(long.iter().map(|series| described(&series.series_instance_uid, series.description.as_deref())))
        ))),
    }
}

fn named<'a>(contents: &'a Contents, uid: &str) -> Result<&'a CtSeries, Error> {
    let found = contents.series.iter().find(|series| series.series_instance_uid == uid);
    found.ok_or_else(|| match contents.refused.iter().find(|refused| refused.name.contains(uid)) {
        Some(refused) => Error::Read(ReadError::NoCtSeries { found: refused.reason.clone() }),
        None => Error::Settings(format!(
            "series_instance_uid is {uid}; the CT series of the input are {}",
            listed(contents.series.iter().map(|series| described(&series.series_instance_uid, series.description.as_deref())))
        )),
    })
}

fn described(uid: &str, description: Option<&str>) -> String {
    description.filter(|text| !text.is_empty()).map_or(uid.to_owned(), |text| format!("{uid} \"{text}\""))
}

/// The first few, and how many more there are.
fn listed(items: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 5;
    let mut items: Vec<String> = items.collect();
    let more = items.len().saturating_sub(SHOWN);
    items.truncate(SHOWN);
    match (items.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => items.join("; "),
        (false, more) => format!("{}; and {more} more", items.join("; ")),
    }
}

fn nothing(contents: &Contents) -> Error {
    let mut reasons: Vec<String> = contents.refused.iter().map(|refused| refused.reason.clone()).collect();
    reasons.dedup();
    Error::Read(ReadError::NoCtSeries { found: listed(reasons.into_iter()) })
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
        return Err(no_labels(contents, settings));
    }
    let mut groups: BTreeMap<&str, Vec<&SegmentationObject>> = BTreeMap::new();
    for object in objects.iter().filter(|object| !known_segments(object).is_empty()) {
        let group = groups.entry(&object.series_instance_uid).or_default();
        // A file that was given twice is one object.
        if group.iter().all(|other| other.sop_instance_uid != object.sop_instance_uid) {
            group.push(object);
        }
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
fn no_labels(contents: &Contents, settings: &Settings) -> Error {
    let all = || contents.segmentations.iter().map(|object| described(&object.series_instance_uid, Some(&object.description)));
    match (&settings.segmentation, contents.unusable_segmentations.first()) {
        (SegmentationChoice::DicomSeg { series_instance_uid }, None) => Error::Settings(format!(
            "the segmentation series is {series_instance_uid}; the SEG series of the input are {}",
            listed(all())
        )),
        (_, Some(refused)) => Error::Labels(LabelError::Unusable(refused.reason.clone())),
        (_, None) if !contents.segmentations.is_empty() => Error::Labels(LabelError::OnlyOurs { found: listed(all()) }),
        (_, None) => Error::Labels(LabelError::NoLabels),
    }
}
