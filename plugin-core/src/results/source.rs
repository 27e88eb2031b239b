//! Everything the objects are made from.

use super::Identity;
use crate::measure::FemurProjection;
use crate::read::{CtSeries, Equipment, StudyContext};
use crate::report::Report;
use crate::segmentation::{Labels, StructureMask};
use crate::settings::Language;
use crate::volume::CtVolume;

/// Everything the objects are made from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// What was measured.
    pub image: Image<'a>,
    /// Language of the page.
    pub language: Language,
    /// The values.
    pub report: &'a Report,
    /// From which UIDs are made.
    pub identity: &'a Identity,
}

/// The image that was measured, and what was found in it.
#[derive(Clone, Copy)]
pub enum Image<'a> {
    /// A CT.
    Ct(CtImage<'a>),
}

/// A CT and what was found in it.
#[derive(Clone, Copy)]
pub struct CtImage<'a> {
    /// Its headers.
    pub series: &'a CtSeries,
    /// Its pixels.
    pub volume: &'a CtVolume,
    /// The labels.
    pub labels: &'a Labels,
    /// Regions of interest inside structures, for the page.
    pub regions: &'a [StructureMask],
    /// Projected femora, for the page.
    pub projections: &'a [FemurProjection],
}

impl<'a> Image<'a> {
    /// Patient and study.
    pub(super) fn context(self) -> &'a StudyContext {
        match self {
            Image::Ct(ct) => &ct.series.context,
        }
    }

    /// What acquired it.
    pub(super) fn equipment(self) -> &'a Equipment {
        match self {
            Image::Ct(ct) => &ct.series.equipment,
        }
    }

    /// Series Number.
    pub(super) fn series_number(self) -> Option<i32> {
        match self {
            Image::Ct(ct) => ct.series.series_number,
        }
    }

    /// Body Part Examined.
    pub(super) fn body_part(self) -> Option<&'a str> {
        match self {
            Image::Ct(ct) => ct.series.acquisition.body_part.as_deref(),
        }
    }

    /// Frame of Reference UID; a radiograph has none.
    pub(super) fn frame_of_reference_uid(self) -> Option<&'a str> {
        match self {
            Image::Ct(ct) => ct.series.frame_of_reference_uid.as_deref(),
        }
    }

    /// The pixels of every structure that was found.
    pub(super) fn masks(self) -> &'a [StructureMask] {
        match self {
            Image::Ct(ct) => &ct.labels.masks,
        }
    }

    /// SOP Class and Instance UIDs of its instances, in the order of its slices, each once.
    pub(super) fn instances(self) -> Vec<(&'a str, &'a str)> {
        match self {
            Image::Ct(ct) => {
                let mut seen = std::collections::HashSet::new();
                let slices = ct.series.slices.iter();
                slices
                    .filter(|slice| seen.insert(slice.sop_instance_uid.as_str()))
                    .map(|slice| (slice.sop_class_uid.as_str(), slice.sop_instance_uid.as_str()))
                    .collect()
            }
        }
    }
}
