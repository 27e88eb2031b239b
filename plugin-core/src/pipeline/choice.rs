//! Which CT series and which labels of a study to measure.

mod films;
mod preference;
mod segmentations;

use super::Error;
use crate::read::{Contents, CtSeries, ReadError, SegmentationObject};
use crate::report::{GateCode, MeasurementKind, Quality};
use crate::settings::{SegmentationChoice, Settings};
use crate::volume::{AssembleError, LEAST_SLICES};
use dicom_dictionary_std::tags;
pub(super) use films::{Wanted, films, films_of, series_of, wanted};
use segmentations::Segmentations;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Which series a measurement would use, and where its labels would come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Series Instance UID of the CT; none where a film would be measured.
    pub ct_series: Option<String>,
    /// Series Instance UID of the film; none where a CT would be measured.
    pub film_series: Option<String>,
    /// Series Instance UID of the SEG that gives the labels; none when they come from elsewhere.
    pub seg_series: Option<String>,
    /// The model that gives the labels, or takes the film apart; none when labels come from elsewhere.
    pub model: Option<String>,
    /// The CT series, or the series of films, that could be measured as well, where it was chosen among several: UID and description.
    pub other_ct_series: Vec<String>,
}

/// What to measure.
#[derive(Debug)]
pub(super) struct Chosen<'a> {
    /// The CT.
    pub series: &'a CtSeries,
    /// The SEG objects that give the labels, all of one series; none where a label map or a model gives them.
    pub objects: Vec<&'a SegmentationObject>,
    /// The CT series that could be measured as well, where it was chosen among several.
    pub others: Vec<String>,
    /// What the reader of the report should know of the segmentations that were not used.
    pub quality: Vec<Quality>,
}

/// The CT series that is segmented best and the SEG objects that do it; where none is segmented, the one that a model should segment.
///
/// Where several SEG series segment the CT, the one with most known structures is taken, the newest among equals, and the report
/// says which were not. A SEG that was written by us from other labels is used only when it is asked for by its UID: otherwise a
/// second run would measure the first run's copy instead of the original. Where no SEG says which CT is meant, `preference` decides,
/// and the report names the others. A SEG of something else (a liver, another CT) does not stop a model; one that cannot be read may
/// be the one that was meant, and does. The CT of another study is never measured in place of the one that was meant.
pub(super) fn choose<'a>(
    contents: &'a Contents,
    instances_in_series: &BTreeMap<String, usize>,
    settings: &Settings,
) -> Result<Chosen<'a>, Error> {
    let candidates = candidates(contents, instances_in_series, settings)?;
    let found = Segmentations::find(contents, settings)?;
    match &settings.segmentation {
        SegmentationChoice::LabelMap { .. } => only(&candidates),
        SegmentationChoice::Model { .. } => match found.best(&candidates, instances_in_series) {
            // A CT that somebody labelled is the one that is meant, whoever labels it anew.
            Some(Chosen { series, .. }) => Ok(by_model(series, Vec::new(), &found)),
            None => preferred(&candidates, instances_in_series, &found, (contents, &settings.measurements)),
        },
        SegmentationChoice::DicomSeg { .. } => {
            found.best(&candidates, instances_in_series).ok_or_else(|| found.nothing_usable(contents, &candidates))
        }
        SegmentationChoice::Auto => match found.best(&candidates, instances_in_series) {
            Some(chosen) => Ok(chosen),
            None => preferred(&candidates, instances_in_series, &found, (contents, &settings.measurements)),
        },
    }
}

/// The CT that labels of the host belong to: nothing but there being one tells.
pub(super) fn choose_only<'a>(contents: &'a Contents, settings: &Settings) -> Result<Chosen<'a>, Error> {
    only(&candidates(contents, &BTreeMap::new(), settings)?)
}

fn only<'a>(candidates: &[&'a CtSeries]) -> Result<Chosen<'a>, Error> {
    match candidates {
        [series] => Ok(Chosen { series, objects: Vec::new(), others: Vec::new(), quality: Vec::new() }),
        several => Err(Error::Settings(format!(
            "the study holds {} CT series; name the one that the label map belongs to by series_instance_uid: {}",
            several.len(),
            listed(several.iter().map(|series| described_ct(series)))
        ))),
    }
}

/// The CT series that a model should segment.
fn preferred<'a>(
    candidates: &[&'a CtSeries],
    instances_in_series: &BTreeMap<String, usize>,
    found: &Segmentations<'a>,
    (contents, asked): (&Contents, &[MeasurementKind]),
) -> Result<Chosen<'a>, Error> {
    let ranked = preference::ranked(candidates, instances_in_series, asked);
    let (series, others) = ranked.split_first().ok_or_else(|| nothing(contents))?;
    Ok(by_model(series, others.iter().map(|other| described_ct(other)).collect(), found))
}

fn by_model<'a>(series: &'a CtSeries, others: Vec<String>, found: &Segmentations<'a>) -> Chosen<'a> {
    Chosen { series, objects: Vec::new(), others, quality: found.passed_over().into_iter().collect() }
}

/// The sentence about `what` of the study was not measured.
pub(super) fn not_measured(what: &str, others: &[String]) -> Option<Quality> {
    let message = format!(
        "other {what} of the study were not measured, and may be named to measure them: {}",
        listed(others.iter().cloned())
    );
    (!others.is_empty()).then(|| Quality::warning(GateCode::SeriesNotMeasured, message, Some(others.len() as f64)))
}

/// The CT of a scan that needs no labels: with its labels where there are usable ones.
pub(super) fn choose_ct<'a>(contents: &'a Contents, settings: &Settings) -> Result<Chosen<'a>, Error> {
    let instances = BTreeMap::new();
    match choose(contents, &instances, settings) {
        Err(Error::Labels(_)) => {
            let model = SegmentationChoice::Model { name: String::new() };
            choose(contents, &instances, &Settings { segmentation: model, ..settings.clone() })
        }
        other => other,
    }
}

fn slices(series: &CtSeries, instances_in_series: &BTreeMap<String, usize>) -> usize {
    instances_in_series.get(&series.series_instance_uid).copied().unwrap_or(0).max(series.slices.len())
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
            listed(long.iter().map(|series| described_ct(series)))
        ))),
    }
}

fn named<'a>(contents: &'a Contents, uid: &str) -> Result<&'a CtSeries, Error> {
    let found = contents.series.iter().find(|series| series.series_instance_uid == uid);
    found.ok_or_else(|| match contents.refused.iter().find(|refused| refused.name.contains(uid)) {
        Some(refused) => Error::Read(ReadError::NoCtSeries { found: refused.reason.clone() }),
        None => Error::Settings(format!(
            "series_instance_uid is {uid}; the CT series of the input are {}",
            listed(contents.series.iter().map(described_ct))
        )),
    })
}

fn described_ct(series: &CtSeries) -> String {
    described(&series.series_instance_uid, series.description.as_deref())
}

pub(super) fn described(uid: &str, description: Option<&str>) -> String {
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
