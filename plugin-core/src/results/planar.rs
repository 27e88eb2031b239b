//! The regions of a radiograph on its own pixels.

use super::{FilmHip, FilmRegion, RadiographImage, Source, segments};
use crate::anatomy::Structure;
use ndarray::Array2;

/// What the regions are regions of.
pub(super) const STRUCTURE: Structure = Structure::Femur;

/// The pixels of the film that belong to a region.
pub(super) struct FilmMask {
    /// Row and column of its first pixel on the film.
    pub corner: [usize; 2],
    /// `[row, column]`.
    pub pixels: Array2<bool>,
}

/// The regions of hips that have a finding, in the order of the image: what our SEG of a radiograph holds, numbered from 1.
pub(super) fn regions<'a>(source: Source<'_>, image: RadiographImage<'a>) -> Vec<(&'a FilmHip, &'a FilmRegion)> {
    let hips = image.hips.iter().filter(|hip| segments::has_finding(source, STRUCTURE, hip.side));
    let regions = hips.flat_map(|hip| hip.regions.iter().map(move |one| (hip, one)));
    regions.filter(|(_, one)| one.pixels.iter().any(|pixel| *pixel)).collect()
}

/// A pixel of the film belongs to a region where its centre lies in a pixel of the region as it was measured, so that what is stored
/// has its very area.
pub(super) fn mask(hip: &FilmHip, region: &FilmRegion, film: [usize; 2]) -> FilmMask {
    let pixels = &region.pixels;
    let [from, end] = bounds(hip, pixels, film).unwrap_or_default();
    let inside = |[row, column]: [usize; 2]| {
        let [row, column] = hip.mapping.to_crop([row as f64, column as f64]).map(f64::round);
        row >= 0.0 && column >= 0.0 && pixels.get([row as usize, column as usize]).copied().unwrap_or(false)
    };
    let shape = (end[0] - from[0], end[1] - from[1]);
    let pixels = Array2::from_shape_fn(shape, |(row, column)| inside([from[0] + row, from[1] + column]));
    FilmMask { corner: from, pixels }
}

/// Rows and columns of the film that the region can cover: first, and one after the last. None where they lie beyond the film.
fn bounds(hip: &FilmHip, pixels: &Array2<bool>, film: [usize; 2]) -> Option<[[usize; 2]; 2]> {
    let set = || pixels.indexed_iter().filter(|(_, set)| **set).map(|((row, column), _)| [row, column]);
    let least = |axis: usize| set().map(|place| place[axis]).min();
    let most = |axis: usize| set().map(|place| place[axis]).max();
    let near = [least(0)? as f64 - 0.5, least(1)? as f64 - 0.5];
    let far = [most(0)? as f64 + 0.5, most(1)? as f64 + 0.5];
    let corners = [near, [near[0], far[1]], far, [far[0], near[1]]].map(|place| hip.mapping.to_film(place));
    let range = |axis: usize| {
        let values = corners.map(|corner| corner[axis]);
        let low = values.into_iter().fold(f64::INFINITY, f64::min).floor().clamp(0.0, film[axis] as f64);
        let high = (values.into_iter().fold(f64::NEG_INFINITY, f64::max).ceil() + 1.0).clamp(0.0, film[axis] as f64);
        [low as usize, high as usize]
    };
    let [rows, columns] = [range(0), range(1)];
    (rows[0] < rows[1] && columns[0] < columns[1]).then_some([[rows[0], columns[0]], [rows[1], columns[1]]])
}
