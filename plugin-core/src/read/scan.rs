//! Sorting out what was handed over.

use super::ct_image::{self, Objection};
use super::source::{same_data_set, tag_text, whole_object, with_head};
use super::{CtSeries, Inputs, Instance, RadiographHeader, ReadError, SegmentationObject, radiograph, segmentation_object};
use crate::progress::{Cancelled, Progress, Stage};
use dicom_dictionary_std::{tags, uids};
use rayon::prelude::*;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Share of [`Stage::Read`] that the headers take; pixels take the rest.
pub(crate) const HEADERS_SHARE: f32 = 0.2;

/// What the inputs hold.
#[derive(Debug, Default)]
pub struct Contents {
    /// CT series whose headers are usable, in order of Series Number and UID.
    pub series: Vec<CtSeries>,
    /// Radiographs whose headers are usable, in order of Series Number, series, Instance Number and SOP Instance UID.
    pub radiographs: Vec<RadiographHeader>,
    /// Segmentation objects.
    pub segmentations: Vec<SegmentationObject>,
    /// Radiographs that cannot be used, each under the name of its series; also among `refused`.
    pub unusable_radiographs: Vec<Refused>,
    /// Segmentation objects that cannot be used; also among `refused`.
    pub unusable_segmentations: Vec<Refused>,
    /// Everything else, with the reason.
    pub refused: Vec<Refused>,
}

/// An instance or series that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// File, given name, or series description and UID.
    pub name: String,
    /// A sentence naming tag and value.
    pub reason: String,
}

/// Reads all headers, in parallel.
///
/// A series is kept only whole: if one of its slices is defective, or its slices are not one stack, it is refused, because a
/// stack with a hole or of two kinds would be measured wrongly. Objects that are no slices (localizers, screen saves, other
/// modalities) are refused on their own, in one sentence per series. Instances without UIDs are refused: results could not
/// refer to them.
pub fn scan(inputs: &Inputs<'_>, progress: Progress<'_>) -> Result<Contents, ReadError> {
    let done = AtomicUsize::new(0);
    let findings: Result<Vec<Finding>, Cancelled> = (inputs.instances.par_iter().enumerate())
        .map(|(number, instance)| {
            let share = done.fetch_add(1, Ordering::Relaxed) as f32 / inputs.instances.len() as f32;
            progress.report(Stage::Read, HEADERS_SHARE * share)?;
            Ok(look_at(instance, number))
        })
        .collect();
    let mut sorted = Sorted::default();
    for (finding, instance) in findings?.into_iter().zip(&inputs.instances) {
        sorted.take(finding, instance);
    }
    Ok(sorted.into_contents())
}

/// What one instance is.
enum Finding {
    Slices(Box<CtSeries>),
    Radiograph(Box<RadiographHeader>),
    Segmentation(Box<SegmentationObject>),
    UnusableSegmentation(ReadError),
    UnusableRadiograph { series: SeriesKey, reason: String },
    NotUsed { series: SeriesKey, objection: Objection },
    Unreadable(ReadError),
}

/// Study and Series Instance UID, empty where absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct SeriesKey {
    study: String,
    series: String,
}

fn look_at(instance: &Instance, number: usize) -> Finding {
    let found = with_head(instance, |head, source| {
        let value = |tag| head.elements.ascii(tag).unwrap_or("").to_owned();
        let series = SeriesKey { study: value(tags::STUDY_INSTANCE_UID), series: value(tags::SERIES_INSTANCE_UID) };
        if [uids::SEGMENTATION_STORAGE, uids::LABEL_MAP_SEGMENTATION_STORAGE].contains(&&*value(tags::SOP_CLASS_UID)) {
            let object = whole_object(instance).and_then(|object| segmentation_object::from_object(&object, number));
            return Ok(object.map_or_else(Finding::UnusableSegmentation, |object| Finding::Segmentation(Box::new(object))));
        }
        if radiograph::is_radiograph(&head.elements) {
            // Radiographs of a series stand alone: one that is defective leaves no hole.
            return Ok(match radiograph::read(head, source, number) {
                Ok(header) => Finding::Radiograph(Box::new(header)),
                Err(reason) => Finding::UnusableRadiograph { series, reason },
            });
        }
        Ok(match ct_image::read(head, source, number) {
            Ok(slices) => Finding::Slices(Box::new(slices)),
            Err(objection) => Finding::NotUsed { series, objection },
        })
    });
    found.unwrap_or_else(Finding::Unreadable)
}

/// Findings, sorted by series.
#[derive(Default)]
struct Sorted<'a> {
    series: BTreeMap<SeriesKey, Result<CtSeries, Broken>>,
    radiographs: Vec<(SeriesKey, RadiographHeader)>,
    segmentations: Vec<SegmentationObject>,
    unusable_segmentations: Vec<Refused>,
    unusable_radiographs: BTreeSet<(String, String)>,
    /// By series and reason: the names of the instances.
    refused: BTreeMap<(SeriesKey, String), Vec<String>>,
    /// Unreadable files and repeated instances.
    alone: Vec<Refused>,
    /// SOP Instance UIDs seen, with the series and the instance that had them.
    seen: HashMap<String, (SeriesKey, &'a Instance)>,
}

/// Why a series is refused as a whole.
struct Broken {
    reason: String,
    description: Option<String>,
}

impl<'a> Sorted<'a> {
    fn take(&mut self, finding: Finding, instance: &'a Instance) {
        match finding {
            Finding::Slices(slices) => self.take_slices(*slices, instance),
            Finding::Radiograph(header) => self.take_radiograph(*header, instance),
            Finding::Segmentation(object) => self.segmentations.push(*object),
            Finding::UnusableSegmentation(error) => {
                self.unusable_segmentations.push(Refused { name: instance.name(), reason: error.to_string() });
            }
            Finding::UnusableRadiograph { series, reason } => {
                self.unusable_radiographs.insert((series.series.clone(), reason.clone()));
                self.refused.entry((series, reason)).or_default().push(instance.name());
            }
            Finding::NotUsed { series, objection: Objection::NotASlice(reason) } => {
                self.refused.entry((series, reason)).or_default().push(instance.name());
            }
            Finding::NotUsed { series, objection: Objection::Defective(reason) } if series.series.is_empty() => {
                self.refused.entry((series, reason)).or_default().push(instance.name());
            }
            Finding::NotUsed { series, objection: Objection::Defective(reason) } => {
                let reason = format!("one of its slices cannot be used, {}: {reason}", instance.name());
                self.refuse(series, reason);
            }
            Finding::Unreadable(error) => {
                self.alone.push(Refused { name: instance.name(), reason: error.to_string() });
            }
        }
    }

    fn take_radiograph(&mut self, header: RadiographHeader, instance: &'a Instance) {
        let study = header.context.text(tags::STUDY_INSTANCE_UID).unwrap_or("").to_owned();
        let key = SeriesKey { study, series: header.series_instance_uid.clone() };
        if let Some((other_key, other)) = self.seen.get(&header.sop_instance_uid).cloned() {
            return self.take_repeated(instance, key, other, other_key);
        }
        self.seen.insert(header.sop_instance_uid.clone(), (key.clone(), instance));
        self.radiographs.push((key, header));
    }

    fn take_slices(&mut self, slices: CtSeries, instance: &'a Instance) {
        let Some(first) = slices.slices.first() else { return };
        let study = slices.context.text(tags::STUDY_INSTANCE_UID).unwrap_or("").to_owned();
        let key = SeriesKey { study, series: slices.series_instance_uid.clone() };
        if let Some((other_key, other)) = self.seen.get(&first.sop_instance_uid).cloned() {
            return self.take_repeated(instance, key, other, other_key);
        }
        self.seen.insert(first.sop_instance_uid.clone(), (key.clone(), instance));
        let Some(entry) = self.series.get_mut(&key) else {
            self.series.insert(key, Ok(slices));
            return;
        };
        if let Ok(series) = entry
            && let Err(reason) = series.join(slices)
        {
            break_up(entry, reason);
        }
    }

    /// An instance that comes twice is used once; two different ones under one UID void their series, because nothing tells which
    /// of them is meant.
    fn take_repeated(&mut self, instance: &Instance, key: SeriesKey, other: &Instance, other_key: SeriesKey) {
        let uid = tag_text(tags::SOP_INSTANCE_UID);
        let reason = match same_data_set(instance, other) {
            Ok(true) => {
                let other = other.name();
                let reason = format!(
                    "SOP Instance UID {uid} is the same as that of {other}, which is used; accepted: each instance once"
                );
                return self.alone.push(Refused { name: instance.name(), reason });
            }
            Ok(false) => {
                let [a, b] = [other.name(), instance.name()];
                format!(
                    "SOP Instance UID {uid} is the same in {a} and {b}, whose contents differ; accepted: one instance per UID"
                )
            }
            Err(error) => error.to_string(),
        };
        for key in BTreeSet::from([key, other_key]) {
            self.refuse(key, reason.clone());
        }
    }

    /// Refuses a whole series, whether slices of it are known or not.
    fn refuse(&mut self, series: SeriesKey, reason: String) {
        match self.series.entry(series) {
            Entry::Occupied(mut entry) => break_up(entry.get_mut(), reason),
            Entry::Vacant(entry) => {
                entry.insert(Err(Broken { reason, description: None }));
            }
        }
    }

    fn into_contents(self) -> Contents {
        // A series may be refused after some of its radiographs were taken in.
        let is_whole = |key: &SeriesKey| !matches!(self.series.get(key), Some(Err(_)));
        let whole = self.radiographs.into_iter().filter(|(key, _)| is_whole(key)).map(|(_, header)| header);
        let mut contents = Contents { radiographs: whole.collect(), segmentations: self.segmentations, ..Contents::default() };
        contents.radiographs.sort_by(|a, b| place_of(a).cmp(&place_of(b)));
        for (key, mut series) in self.series {
            if let Ok(stack) = &mut series
                && let Err(reason) = stack.sort()
            {
                break_up(&mut series, reason);
            }
            match series {
                Ok(series) => contents.series.push(series),
                Err(Broken { reason, description }) => {
                    let description = description.map_or(String::new(), |text| format!(" ({text})"));
                    contents.refused.push(Refused { name: format!("series {}{description}", key.series), reason });
                }
            }
        }
        contents
            .series
            .sort_by(|a, b| (a.series_number, &a.series_instance_uid).cmp(&(b.series_number, &b.series_instance_uid)));
        contents
            .refused
            .extend(self.refused.into_iter().map(|((_, reason), names)| Refused { name: together(&names), reason }));
        contents.refused.extend(self.alone);
        contents.refused.extend(self.unusable_segmentations.iter().cloned());
        contents.unusable_segmentations = self.unusable_segmentations;
        let of_series = |(uid, reason)| Refused { name: format!("series {uid}"), reason };
        contents.unusable_radiographs = self.unusable_radiographs.into_iter().map(of_series).collect();
        contents
    }
}

fn place_of(header: &RadiographHeader) -> impl Ord {
    (header.series_number, &header.series_instance_uid, header.instance_number, &header.sop_instance_uid)
}

/// Marks a series as refused; the first reason stays.
fn break_up(entry: &mut Result<CtSeries, Broken>, reason: String) {
    if let Ok(series) = entry {
        *entry = Err(Broken { reason, description: series.description.clone() });
    }
}

fn together(names: &[String]) -> String {
    match names {
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} and {} more of the same series", rest.len()),
        [] => String::new(),
    }
}
