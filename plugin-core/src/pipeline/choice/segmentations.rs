//! The SEG objects of a study, and which of them labels a CT best.

use super::{Chosen, described, listed, slices};
use crate::pipeline::Error;
use crate::read::{Contents, CtSeries, Refused, SegmentationObject};
use crate::report::{GateCode, Quality};
use crate::results::MANUFACTURER;
use crate::segmentation::{LabelError, known_segments};
use crate::settings::{SegmentationChoice, Settings};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The SEG objects that may be used.
pub(super) struct Segmentations<'a> {
    /// Those that know a structure that can be measured, by series.
    known: Vec<Vec<&'a SegmentationObject>>,
    /// Those that know none.
    others: Vec<&'a SegmentationObject>,
}

impl<'a> Segmentations<'a> {
    /// Refuses a study whose only SEG cannot be read, unless labels come from elsewhere, and a named SEG that is not there.
    pub(super) fn find(contents: &'a Contents, settings: &Settings) -> Result<Self, Error> {
        let usable = |object: &&SegmentationObject| match &settings.segmentation {
            SegmentationChoice::DicomSeg { series_instance_uid } => object.series_instance_uid == *series_instance_uid,
            _ => object.manufacturer.as_deref() != Some(MANUFACTURER),
        };
        let objects: Vec<&SegmentationObject> = contents.segmentations.iter().filter(usable).collect();
        let (known, others) = objects.into_iter().partition(|object| !known_segments(object).is_empty());
        let found = Segmentations { known: by_series(known), others };
        match (&settings.segmentation, contents.unusable_segmentations.first()) {
            (SegmentationChoice::DicomSeg { series_instance_uid }, unusable) if found.is_empty() => {
                Err(unusable.map_or_else(|| not_there(series_instance_uid, contents), broken))
            }
            (SegmentationChoice::Auto, Some(unusable)) if found.known.is_empty() => Err(broken(unusable)),
            _ => Ok(found),
        }
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty() && self.others.is_empty()
    }

    /// The CT that is segmented best, with the objects of one series that do it.
    pub(super) fn best(
        &self,
        candidates: &[&'a CtSeries],
        instances_in_series: &BTreeMap<String, usize>,
    ) -> Option<Chosen<'a>> {
        let mut pairs: Vec<(&CtSeries, Vec<&SegmentationObject>)> = (self.known.iter())
            .flat_map(|objects| candidates.iter().map(move |series| (*series, about(objects, series))))
            .filter(|(_, objects)| !objects.is_empty())
            .collect();
        pairs.sort_by_key(|(series, objects)| {
            let newest = objects.iter().map(|object| object.content_time.as_str()).max();
            Reverse((known(objects), newest.map(str::to_owned), slices(series, instances_in_series)))
        });
        let mut pairs = pairs.into_iter();
        let (series, objects) = pairs.next()?;
        let unused = pairs.filter(|(other, _)| other.series_instance_uid == series.series_instance_uid);
        let unused: Vec<_> = unused.filter_map(|(_, objects)| objects.first().copied()).collect();
        let quality = not_used("other segmentations of this CT were not used", &unused).into_iter().collect();
        Some(Chosen { series, objects, others: Vec::new(), quality })
    }

    /// The sentence about the segmentations that a model was used in place of.
    pub(super) fn passed_over(&self) -> Option<Quality> {
        let known = self.known.iter().filter_map(|objects| objects.first().copied());
        let all: BTreeMap<&str, &SegmentationObject> =
            known.chain(self.others.iter().copied()).map(|object| (object.series_instance_uid.as_str(), object)).collect();
        not_used("labels come from a model; segmentations in the study were not used", &all.into_values().collect::<Vec<_>>())
    }

    /// Why the SEG that was asked for labels no CT here.
    pub(super) fn nothing_usable(&self, contents: &Contents, candidates: &[&CtSeries]) -> Error {
        Error::Labels(match self.known.is_empty() {
            true => {
                let labels: BTreeSet<_> =
                    self.others.iter().flat_map(|object| &object.segments).map(|segment| segment.label.as_str()).collect();
                LabelError::NothingKnown { found: labels.into_iter().collect::<Vec<_>>().join(", ") }
            }
            false => self.other_image(contents, candidates),
        })
    }

    fn other_image(&self, contents: &Contents, candidates: &[&CtSeries]) -> LabelError {
        let refusal = |uid: &String| {
            let refused = contents.refused.iter().find(|refused| refused.name.contains(uid.as_str()));
            refused.map_or(uid.clone(), |refused| format!("{uid} (which cannot be measured: {})", refused.reason))
        };
        let found = self.known.iter().flatten().map(|object| match object.referenced_series.as_slice() {
            [] => format!("no series of the study {}", object.study_instance_uid),
            series => format!(
                "the series {} of the study {}",
                series.iter().map(refusal).collect::<Vec<_>>().join(", "),
                object.study_instance_uid
            ),
        });
        LabelError::OtherImage {
            found: found.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; "),
            expected: candidates.iter().map(|series| series.series_instance_uid.as_str()).collect::<Vec<_>>().join(", "),
        }
    }
}

fn by_series(objects: Vec<&SegmentationObject>) -> Vec<Vec<&SegmentationObject>> {
    let mut groups: BTreeMap<&str, Vec<&SegmentationObject>> = BTreeMap::new();
    for object in objects {
        let group = groups.entry(&object.series_instance_uid).or_default();
        // A file that was given twice is one object.
        if group.iter().all(|other| other.sop_instance_uid != object.sop_instance_uid) {
            group.push(object);
        }
    }
    groups.into_values().collect()
}

fn known(objects: &[&SegmentationObject]) -> usize {
    objects.iter().map(|object| known_segments(object).len()).sum()
}

fn about<'a>(objects: &[&'a SegmentationObject], series: &CtSeries) -> Vec<&'a SegmentationObject> {
    objects.iter().copied().filter(|object| object.is_about(series)).collect()
}

fn not_used(what: &str, unused: &[&SegmentationObject]) -> Option<Quality> {
    let names = listed(unused.iter().map(|object| described(&object.series_instance_uid, Some(&object.description))));
    (!unused.is_empty())
        .then(|| Quality::warning(GateCode::LabelsNotUsed, format!("{what}: {names}"), Some(unused.len() as f64)))
}

fn broken(refused: &Refused) -> Error {
    Error::Labels(LabelError::Unusable(refused.reason.clone()))
}

fn not_there(series_instance_uid: &str, contents: &Contents) -> Error {
    let all = contents.segmentations.iter().map(|object| described(&object.series_instance_uid, Some(&object.description)));
    Error::Settings(format!(
        "the segmentation series is {series_instance_uid}; the SEG series of the input are {}",
        listed(all)
    ))
}
