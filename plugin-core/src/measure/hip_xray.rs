//! The proximal femur and the muscles around it on a plain AP film of the hip.

use crate::anatomy::Side;
use crate::report::Region;
use crate::segmentation::StructureMask;
use crate::segmentation::film::Mapping;
use ndarray::Array2;

/// One hip as the model sees it, for pictures and segmentations.
#[derive(Debug, Clone)]
pub struct HipOnFilm {
    /// Which.
    pub side: Side,
    /// Centre of the femoral head, row and column of the film.
    pub head_centre: [f64; 2],
    /// Where pixels of [`HipOnFilm::density`] lie on the film.
    pub mapping: Mapping,
    /// Areal density of the proximal femur in g/cm2, mean over the passes; the canonical left hip, `[row, column]`.
    pub density: Array2<f32>,
    /// What was found, on the film.
    pub regions: Vec<FilmRegion>,
}

/// Pixels of the film that are a structure, or a part of one in which values were taken.
#[derive(Debug, Clone)]
pub struct FilmRegion {
    /// Which part of the structure; [`Region::Whole`] for all of it.
    pub region: Region,
    /// Structure, side and pixels: a mask of one slice, whose rows and columns are the film's.
    pub mask: StructureMask,
}
