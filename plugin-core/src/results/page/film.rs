//! A radiograph as pixels: upright, more attenuation brighter, with the density that the model sees in it and the outlines of the
//! regions that were measured.

use super::overlay::is_edge;
use super::render;
use crate::measure::HipOnFilm;
use crate::report::Region;
use crate::results::WriteError;
use crate::results::color::region_color;
use crate::segmentation::StructureMask;
use crate::segmentation::film::Attenuation;
use rayon::prelude::*;

/// Points of the film that make one pixel of a picture, along each axis: without them fine pixels would be skipped.
const SAMPLES: usize = 3;
/// Share of the darkest and of the brightest pixels that may lose their differences.
const CLIPPED: f64 = 0.005;
/// Share of the full scale below which density is not coloured.
const LEAST_SHOWN: f32 = 0.08;
/// Steps of the full scale of density, g/cm2.
const SCALE_STEP: f32 = 0.5;
/// How strongly density covers the film.
const COVER: f32 = 0.65;
/// Thickness of outlines in pixels.
const OUTLINE: usize = 2;
/// No region at this pixel.
const NOTHING: u16 = u16::MAX;
/// From no density to the full scale; dark to bright, so that it can be read in a grey print too.
const COLORS: [[f32; 3]; 5] =
    [[40.0, 11.0, 84.0], [101.0, 21.0, 110.0], [188.0, 55.0, 84.0], [249.0, 142.0, 9.0], [252.0, 255.0, 164.0]];

/// What is painted.
#[derive(Clone, Copy)]
pub struct Painting<'a> {
    /// The film.
    pub attenuation: &'a Attenuation,
    /// What was found in it.
    pub hips: &'a [HipOnFilm],
    /// Density in g/cm2 that is shown in the last colour; none: no density is shown.
    pub full_scale: Option<f32>,
}

/// The density at which the colours end: that of the densest pixels of all hips, rounded up.
pub fn full_scale(hips: &[HipOnFilm]) -> Option<f32> {
    let values = hips.iter().flat_map(|hip| hip.density.iter().copied()).filter(|value| value.is_finite() && *value > 0.0);
    let mut values: Vec<f32> = values.collect();
    values.sort_unstable_by(f32::total_cmp);
    let high = values.get(((values.len() as f64 * (1.0 - CLIPPED)) as usize).min(values.len().checked_sub(1)?))?;
    Some((high / SCALE_STEP).ceil() * SCALE_STEP)
}

/// The colour of a share of the full scale.
pub fn color(share: f32) -> [u8; 3] {
    let place = share.clamp(0.0, 1.0) * (COLORS.len() - 1) as f32;
    let below = (place as usize).min(COLORS.len() - 2);
    let part = place - below as f32;
    std::array::from_fn(|i| (COLORS[below][i] * (1.0 - part) + COLORS[below + 1][i] * part).round() as u8)
}

impl Painting<'_> {
    /// A PNG of `rows` by `columns` pixels; `to_film` says where on the film, `[row, column]`, a place of the picture lies.
    pub fn paint(
        &self,
        [rows, columns]: [usize; 2],
        to_film: impl Fn([f64; 2]) -> [f64; 2] + Sync,
    ) -> Result<Vec<u8>, WriteError> {
        let place = |pixel: usize, offset: [f64; 2]| {
            to_film([(pixel / columns) as f64 + offset[0], (pixel % columns) as f64 + offset[1]])
        };
        let greys: Vec<Option<f32>> =
            (0..rows * columns).into_par_iter().map(|pixel| self.sampled(|offset| place(pixel, offset))).collect();
        let window = window(&greys);
        let places: Vec<[f64; 2]> = (0..rows * columns).into_par_iter().map(|pixel| place(pixel, [0.0; 2])).collect();
        let mut rgb: Vec<[u8; 3]> = greys
            .par_iter()
            .zip(&places)
            .map(|(grey, place)| self.pixel(grey.map(|grey| window.shade(grey)), *place))
            .collect();
        // The neck lies within the total hip, and its outline on that of the hip.
        for region in [Region::TotalHip, Region::FemoralNeck] {
            let owners: Vec<u16> = places.par_iter().map(|place| owner(self.hips, region, *place)).collect();
            let edge = |pixel: usize| owners[pixel] != NOTHING && is_edge(&owners, columns, pixel, OUTLINE);
            rgb.par_iter_mut()
                .enumerate()
                .filter(|(pixel, _)| edge(*pixel))
                .for_each(|(_, color)| *color = region_color(region));
        }
        render::png(columns as u32, rows as u32, rgb.as_flattened())
    }

    /// The mean of the exposed film around a pixel.
    fn sampled(&self, place: impl Fn([f64; 2]) -> [f64; 2]) -> Option<f32> {
        let offset = |i: usize| (i as f64 + 0.5) / SAMPLES as f64 - 0.5;
        let points = (0..SAMPLES * SAMPLES).filter_map(|i| self.attenuation(place([offset(i / SAMPLES), offset(i % SAMPLES)])));
        let (sum, count) = points.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        (count > 0.0).then(|| sum / count)
    }

    fn attenuation(&self, place: [f64; 2]) -> Option<f32> {
        let [row, column] = place.map(f64::round);
        if row < 0.0 || column < 0.0 {
            return None;
        }
        let index = [row as usize, column as usize];
        let exposed = self.attenuation.exposed.get(index).copied().unwrap_or(false);
        exposed.then(|| self.attenuation.pixels.get(index).copied()).flatten().filter(|value| value.is_finite())
    }

    fn pixel(&self, grey: Option<u8>, place: [f64; 2]) -> [u8; 3] {
        let Some(grey) = grey else { return [0; 3] };
        let density = self.full_scale.and_then(|full| Some(density(self.hips, place)? / full));
        match density.filter(|share| *share >= LEAST_SHOWN) {
            Some(share) => {
                color(share).map(|channel| (f32::from(channel) * COVER + f32::from(grey) * (1.0 - COVER)).round() as u8)
            }
            None => [grey; 3],
        }
    }
}

/// Black and white of a picture.
struct Window {
    low: f32,
    width: f32,
}

impl Window {
    fn shade(&self, value: f32) -> u8 {
        (((value - self.low) / self.width).clamp(0.0, 1.0) * 255.0).round() as u8
    }
}

fn window(greys: &[Option<f32>]) -> Window {
    let mut values: Vec<f32> = greys.iter().flatten().copied().collect();
    values.sort_unstable_by(f32::total_cmp);
    let at = |share: f64| values.get((values.len().saturating_sub(1) as f64 * share).round() as usize).copied().unwrap_or(0.0);
    let (low, high) = (at(CLIPPED), at(1.0 - CLIPPED));
    Window { low, width: if high > low { high - low } else { 1.0 } }
}

/// The density at a place of the film, where a hip has one.
fn density(hips: &[HipOnFilm], place: [f64; 2]) -> Option<f32> {
    let of_hip = |hip: &HipOnFilm| {
        let [row, column] = hip.mapping.to_crop(place).map(f64::round);
        let inside = row >= 0.0 && column >= 0.0;
        inside.then(|| hip.density.get([row as usize, column as usize]).copied()).flatten()
    };
    hips.iter().find_map(of_hip).filter(|value| value.is_finite())
}

/// Which hip has this place in its region.
fn owner(hips: &[HipOnFilm], region: Region, place: [f64; 2]) -> u16 {
    let [row, column] = place.map(f64::round);
    let holds = |mask: &StructureMask| {
        let [_, top, left] = mask.corner;
        let inside = |index: f64, first: usize| (index >= 0.0).then(|| (index as usize).checked_sub(first)).flatten();
        let index = inside(row, top).zip(inside(column, left));
        index.and_then(|(row, column)| mask.voxels.get([0, row, column])).copied().unwrap_or(false)
    };
    let is_in = |hip: &HipOnFilm| hip.regions.iter().any(|one| one.region == region && holds(&one.mask));
    hips.iter().position(is_in).and_then(|position| u16::try_from(position).ok()).unwrap_or(NOTHING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::{Side, Structure};
    use crate::measure::FilmRegion;
    use crate::segmentation::film::{CropShape, Magnification, MagnificationSource, Orientation, Scale, crop};
    use ndarray::{Array2, Array3};
    use resvg::tiny_skia::Pixmap;

    /// 40 x 60 pixels of 1 mm; attenuation grows to the right.
    fn attenuation() -> Attenuation {
        let pixels = Array2::from_shape_fn((40, 60), |(_, column)| column as f32);
        Attenuation { pixels, exposed: Array2::from_elem((40, 60), true), range: [0.0, 59.0], clipped_from: 59.0 }
    }

    /// A hip with its head at row 20, column 30, whose density is 1.9 g/cm2 four pixels lateral of it.
    fn hip(side: Side) -> HipOnFilm {
        let magnification = Magnification { factor: None, source: MagnificationSource::PixelSpacing };
        let scale = Scale { pixel_mm: [1.0; 2], detector_pixel_mm: None, magnification };
        let shape = CropShape { size: [20, 20], pixel_spacing_mm: 1.0, centre: [10.0; 2], percentiles: [0.0, 100.0] };
        let head = [20.0, 30.0];
        let cut = crop(&attenuation(), Orientation::STANDARD, &scale, (side, head), &shape).expect("inside the film");
        let mut density = Array2::zeros((20, 20));
        density[[10, 14]] = 1.9;
        let mask = StructureMask {
            structure: Structure::Femur,
            side,
            corner: [0, 15, 25],
            voxels: Array3::from_elem((1, 10, 12), true),
            segments: Vec::new(),
        };
        let regions = vec![FilmRegion { region: Region::TotalHip, mask }];
        HipOnFilm { side, head_centre: head, mapping: cut.mapping, density, regions }
    }

    #[test]
    fn density_lies_where_the_crop_was_cut_out_and_that_of_a_right_hip_mirrored() {
        let shown = |side, place| density(&[hip(side)], place);
        assert_eq!(shown(Side::Left, [20.0, 34.0]), Some(1.9));
        assert_eq!(shown(Side::Left, [20.0, 26.0]), Some(0.0));
        assert_eq!(shown(Side::Right, [20.0, 26.0]), Some(1.9));
        assert_eq!(shown(Side::Right, [0.0, 0.0]), None);
    }

    #[test]
    fn the_scale_ends_above_the_densest_pixel_at_a_round_number() {
        assert_eq!(full_scale(&[hip(Side::Left)]), Some(2.0));
        assert_eq!(full_scale(&[]), None);
        assert_eq!([0.0, 1.0, 7.0].map(color), [[40, 11, 84], [252, 255, 164], [252, 255, 164]]);
    }

    #[test]
    fn a_picture_has_the_film_the_density_and_the_outline_where_they_are() {
        let (attenuation, hips) = (attenuation(), [hip(Side::Left)]);
        let painting = Painting { attenuation: &attenuation, hips: &hips, full_scale: Some(1.9) };
        let file = painting.paint([40, 60], |place| place).expect("a picture");
        let picture = Pixmap::decode_png(&file).expect("a PNG");
        let at = |row: u32, column: u32| picture.pixel(column, row).map(|it| [it.red(), it.green(), it.blue()]);
        // The region covers rows 15 to 24 and columns 25 to 36; its outline is two pixels wide.
        assert_eq!([at(15, 30), at(24, 30), at(20, 25), at(20, 36)], [Some(region_color(Region::TotalHip)); 4]);
        assert_eq!(at(30, 10), at(5, 10), "the film is the same in every row");
        assert!(at(30, 50) > at(30, 10), "more attenuation is brighter");
        let covered = at(20, 34).expect("inside");
        assert!(covered[0] > covered[2], "{covered:?} has the colour of the densest bone");
    }

    #[test]
    fn what_was_not_exposed_is_black() {
        let mut attenuation = attenuation();
        attenuation.exposed.slice_axis_mut(ndarray::Axis(1), (..20).into()).fill(false);
        let painting = Painting { attenuation: &attenuation, hips: &[], full_scale: None };
        let picture = Pixmap::decode_png(&painting.paint([40, 60], |place| place).expect("a picture")).expect("a PNG");
        assert_eq!(picture.pixel(5, 5).map(|it| it.red()), Some(0));
        assert_eq!(picture.pixel(59, 5).map(|it| it.red()), Some(255));
    }
}
