//! Everything the objects are made from.

use super::Identity;
use crate::anatomy::Side;
use crate::measure::FemurProjection;
use crate::read::{CtSeries, Equipment, RadiographHeader, StudyContext};
use crate::report::{Region, Report};
use crate::segmentation::film::{Attenuation, Mapping, Orientation};
use crate::segmentation::{Labels, StructureMask};
use crate::settings::Language;
use crate::volume::CtVolume;
use ndarray::Array2;

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
    /// A radiograph.
    Radiograph(RadiographImage<'a>),
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

/// A radiograph and what was found in it.
#[derive(Clone, Copy)]
pub struct RadiographImage<'a> {
    /// Its headers.
    pub header: &'a RadiographHeader,
    /// Its pixels, for the page; none where its grey values tell no attenuation.
    pub attenuation: Option<&'a Attenuation>,
    /// How it lies on the patient; none where nobody says.
    pub orientation: Option<Orientation>,
    /// Millimetres between rows and between columns at the hip; none where the headers do not tell.
    pub pixel_mm: Option<[f64; 2]>,
    /// The hips that a model has looked at.
    pub hips: &'a [FilmHip],
}

/// What a model sees of one hip.
#[derive(Debug, Clone)]
pub struct FilmHip {
    /// The patient's left or right.
    pub side: Side,
    /// Where the pixels of `density` and `regions` lie on the film.
    pub mapping: Mapping,
    /// Length of their pixels at the hip, in millimetres.
    pub pixel_spacing_mm: f64,
    /// Areal density of the proximal femur in g/cm2, `[row, column]`, as of a left hip.
    pub density: Array2<f32>,
    /// The regions that were measured in it, in the order of reports.
    pub regions: Vec<FilmRegion>,
}

/// A region of a hip.
#[derive(Debug, Clone)]
pub struct FilmRegion {
    /// Which.
    pub region: Region,
    /// Its pixels, as many as of the density.
    pub pixels: Array2<bool>,
}

impl<'a> Image<'a> {
    /// Patient and study.
    pub(super) fn context(self) -> &'a StudyContext {
        match self {
            Image::Ct(ct) => &ct.series.context,
            Image::Radiograph(film) => &film.header.context,
        }
    }

    /// What acquired it.
    pub(super) fn equipment(self) -> &'a Equipment {
        match self {
            Image::Ct(ct) => &ct.series.equipment,
            Image::Radiograph(film) => &film.header.equipment,
        }
    }

    /// Series Number.
    pub(super) fn series_number(self) -> Option<i32> {
        match self {
            Image::Ct(ct) => ct.series.series_number,
            Image::Radiograph(film) => film.header.series_number,
        }
    }

    /// Body Part Examined.
    pub(super) fn body_part(self) -> Option<&'a str> {
        match self {
            Image::Ct(ct) => ct.series.acquisition.body_part.as_deref(),
            Image::Radiograph(film) => film.header.view.body_part.as_deref(),
        }
    }

    /// Frame of Reference UID; a radiograph has none.
    pub(super) fn frame_of_reference_uid(self) -> Option<&'a str> {
        match self {
            Image::Ct(ct) => ct.series.frame_of_reference_uid.as_deref(),
            Image::Radiograph(_) => None,
        }
    }

    /// Rows and columns of every slice or of the film.
    pub(super) fn size(self) -> [usize; 2] {
        match self {
            Image::Ct(ct) => ct.series.size,
            Image::Radiograph(film) => film.header.size,
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
            Image::Radiograph(film) => vec![(film.header.sop_class_uid.as_str(), film.header.sop_instance_uid.as_str())],
        }
    }
}
