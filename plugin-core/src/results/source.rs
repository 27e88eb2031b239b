//! Everything the objects are made from.

use super::Identity;
use crate::measure::{FemurProjection, HipOnFilm};
use crate::read::{CtSeries, Equipment, Radiograph, StudyContext};
use crate::report::{ImageSummary, Region, Report};
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

impl Source<'_> {
    /// Millimetres between rows and between columns of a film, at the hip; none of a CT, or where the headers do not tell.
    pub(super) fn hip_spacing(self) -> Option<[f64; 2]> {
        match &self.report.series.image {
            ImageSummary::Ct(_) => None,
            ImageSummary::Radiograph { radiograph } => radiograph.scale.as_ref().map(|scale| scale.spacing_mm),
        }
    }
}

/// The image that was measured, and what was found in it.
#[derive(Clone, Copy)]
pub enum Image<'a> {
    /// A CT.
    Ct(CtImage<'a>),
    /// A radiograph.
    Film(FilmImage<'a>),
}

/// A CT and what was found in it.
#[derive(Clone, Copy)]
pub struct CtImage<'a> {
    /// Its headers; none of an image that is not DICOM.
    pub series: Option<&'a CtSeries>,
    /// Its pixels.
    pub volume: &'a CtVolume<'a>,
    /// The labels.
    pub labels: &'a Labels,
    /// Regions of interest inside structures, for the page.
    pub regions: &'a [StructureMask],
    /// Projected femora, for the page.
    pub projections: &'a [FemurProjection],
}

/// A radiograph and what was found in it.
#[derive(Clone, Copy)]
pub struct FilmImage<'a> {
    /// Headers and pixels.
    pub film: &'a Radiograph,
    /// The hips that were decomposed, the patient's right first.
    pub hips: &'a [HipOnFilm],
}

impl<'a> Image<'a> {
    /// Patient and study.
    pub(super) fn context(self) -> &'a StudyContext {
        match self {
            Image::Ct(ct) => ct.series.map_or(StudyContext::NONE, |series| &series.context),
            Image::Film(image) => &image.film.header.context,
        }
    }

    /// What acquired it.
    pub(super) fn equipment(self) -> &'a Equipment {
        match self {
            Image::Ct(ct) => ct.series.map_or(Equipment::UNKNOWN, |series| &series.equipment),
            Image::Film(image) => &image.film.header.equipment,
        }
    }

    /// Series Number.
    pub(super) fn series_number(self) -> Option<i32> {
        match self {
            Image::Ct(ct) => ct.series?.series_number,
            Image::Film(image) => image.film.header.series_number,
        }
    }

    /// Body Part Examined.
    pub(super) fn body_part(self) -> Option<&'a str> {
        match self {
            Image::Ct(ct) => ct.series?.acquisition.body_part.as_deref(),
            Image::Film(image) => image.film.header.view.body_part.as_deref(),
        }
    }

    /// Frame of Reference UID; a radiograph has none.
    pub(super) fn frame_of_reference_uid(self) -> Option<&'a str> {
        match self {
            Image::Ct(ct) => ct.series?.frame_of_reference_uid.as_deref(),
            Image::Film(_) => None,
        }
    }

    /// Rows and columns of every slice, or of the film.
    pub(super) fn size(self) -> [usize; 2] {
        match self {
            Image::Ct(ct) => {
                let [_, rows, columns] = ct.volume.grid.shape;
                [rows, columns]
            }
            Image::Film(image) => image.film.header.size,
        }
    }

    /// The pixels of everything that was found: whole structures in a CT, on a film also parts of them.
    pub(super) fn masks(self) -> Vec<(Region, &'a StructureMask)> {
        match self {
            Image::Ct(ct) => ct.labels.masks.iter().map(|mask| (Region::Whole, mask)).collect(),
            Image::Film(image) => {
                image.hips.iter().flat_map(|hip| &hip.regions).map(|region| (region.region, &region.mask)).collect()
            }
        }
    }

    /// Burned In Annotation (0028,0301) of a page that shows it. Films often have the name of the patient drawn into them; where
    /// nobody says that this one has not, the page may show it.
    pub(super) fn burned_in_annotation(self) -> &'static str {
        match self {
            Image::Film(image) if image.film.header.burned_in_annotation != Some(false) => "YES",
            Image::Film(_) | Image::Ct(_) => "NO",
        }
    }

    /// SOP Class and Instance UIDs of its instances, in the order of its slices, each once.
    pub(super) fn instances(self) -> Vec<(&'a str, &'a str)> {
        match self {
            Image::Ct(ct) => {
                let mut seen = std::collections::HashSet::new();
                let slices = ct.series.into_iter().flat_map(|series| &series.slices);
                slices
                    .filter(|slice| seen.insert(slice.sop_instance_uid.as_str()))
                    .map(|slice| (slice.sop_class_uid.as_str(), slice.sop_instance_uid.as_str()))
                    .collect()
            }
            Image::Film(image) => {
                let header = &image.film.header;
                vec![(header.sop_class_uid.as_str(), header.sop_instance_uid.as_str())]
            }
        }
    }
}
