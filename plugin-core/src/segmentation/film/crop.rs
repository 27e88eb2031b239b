//! A hip cut out of a film as the canonical left one, and the whole film made small.
//!
//! Every pixel of the result is the mean of the film over its own square (area resampling), or interpolated bilinearly where the film
//! is the coarser of the two. The film is turned and mirrored before, by indices alone: a right hip on a mirrored film gives the very
//! bits of the left one.

use super::resample::{Axis, resampled};
use super::{Attenuation, Orientation, Scale};
use crate::anatomy::Side;
use crate::report::{Block, GateCode, Quality};
use ndarray::{Array2, Zip};

/// Normalised values are held within these.
const CLIPPED: [f32; 2] = [-0.5, 1.5];
/// Share of a crop that must show the exposed field.
const LEAST_EXPOSED: f64 = 0.5;
/// Shares of clipped pixels from which values are read with care, and from which there are none: bone that is clipped has lost its
/// density. Both are a choice.
const CLIPPED_SHARES: [f64; 2] = [0.01, 0.1];

/// The form of a crop, as a model's manifest gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropShape {
    /// Rows and columns.
    pub size: [usize; 2],
    /// Length of a pixel at the hip, in millimetres.
    pub pixel_spacing_mm: f64,
    /// Row and column at which the centre of the femoral head lies.
    pub centre: [f64; 2],
    /// Percentiles that become 0 and 1.
    pub percentiles: [f64; 2],
}

/// What a network is given.
#[derive(Debug, Clone)]
pub struct Crop {
    /// `[row, column]`: 0 at the lower percentile of the exposed pixels, 1 at the upper one, within -0.5 and 1.5; 0 where the film
    /// shows nothing.
    pub pixels: Array2<f32>,
    /// Whether a pixel shows the exposed field of the film.
    pub exposed: Array2<bool>,
    /// Where its pixels lie on the film.
    pub mapping: Mapping,
    /// Share of the exposed pixels that have the film's largest value: what attenuates more was clipped.
    pub clipped: f64,
}

/// Where pixels of a crop lie on the film: exact, and the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mapping {
    /// The side that is shown as a left one.
    side: Side,
    orientation: Orientation,
    film: [usize; 2],
    /// Place of crop pixel `[0, 0]` on the upright film.
    first: [f64; 2],
    /// Pixels of the upright film per crop pixel, along rows and columns.
    step: [f64; 2],
}

impl Crop {
    /// The remark that belongs into the report, where a notable share is clipped.
    pub fn remark(&self) -> Option<Quality> {
        let percent = 100.0 * self.clipped;
        let message =
            format!("{percent:.1} % of the region around the hip have the largest value of the film: they were clipped");
        (self.clipped > CLIPPED_SHARES[0]).then(|| Quality::warning(GateCode::Greyscale, message, Some(percent)))
    }
}

impl Mapping {
    /// Where a place of the crop, `[row, column]`, lies on the film.
    pub fn to_film(&self, place: [f64; 2]) -> [f64; 2] {
        let upright = [self.first[0] + place[0] * self.step[0], self.first[1] + place[1] * self.step[1]];
        self.orientation.to_film(upright, self.side, self.film)
    }

    /// The inverse of [`Mapping::to_film`].
    pub fn to_crop(&self, place: [f64; 2]) -> [f64; 2] {
        let upright = self.orientation.to_upright(place, self.side, self.film);
        [(upright[0] - self.first[0]) / self.step[0], (upright[1] - self.first[1]) / self.step[1]]
    }
}

/// Cuts out the hip of `side` whose femoral head has its centre at `head`, `[row, column]` of the film: feet down, lateral to larger
/// columns. Refused where most of it lies outside the exposed field, or where much of it is clipped.
pub fn crop(
    film: &Attenuation,
    orientation: Orientation,
    scale: &Scale,
    (side, head): (Side, [f64; 2]),
    shape: &CropShape,
) -> Result<Crop, Block> {
    let size = film_size(film);
    let head = orientation.to_upright(head, side, size);
    let step = orientation.swapped(scale.pixel_mm).map(|pixel| shape.pixel_spacing_mm / pixel);
    let first = [0, 1].map(|axis| head[axis] - shape.centre[axis] * step[axis]);
    let mapping = Mapping { side, orientation, film: size, first, step };
    let crop = cut(film, mapping, shape.size, shape.percentiles);
    let exposed = crop.exposed.iter().filter(|exposed| **exposed).count() as f64 / crop.exposed.len() as f64;
    if exposed < LEAST_EXPOSED {
        let reason = format!(
            "only {:.0} % of the region around the {} hip lie in the exposed field; accepted: {:.0} % and more",
            100.0 * exposed,
            side.name(),
            100.0 * LEAST_EXPOSED
        );
        return Err(Block { code: GateCode::FovTrunc, reason, found: Some(100.0 * exposed) });
    }
    if crop.clipped > CLIPPED_SHARES[1] {
        let percent = 100.0 * crop.clipped;
        let reason = format!(
            "{percent:.0} % of the region around the {} hip have the largest value of the film; accepted: up to {:.0} %",
            side.name(),
            100.0 * CLIPPED_SHARES[1]
        );
        return Err(Block { code: GateCode::Greyscale, reason, found: Some(percent) });
    }
    Ok(crop)
}

/// The whole film, upright with the patient's left at the right, as large as it fits into `size` rows and columns with square pixels,
/// in the middle.
pub fn whole_film(
    film: &Attenuation,
    orientation: Orientation,
    scale: &Scale,
    size: [usize; 2],
    percentiles: [f64; 2],
) -> Crop {
    let film_pixels = film_size(film);
    let upright = orientation.swapped(film_pixels).map(|side| side as f64);
    let pixel_mm = orientation.swapped(scale.pixel_mm);
    // Millimetres of a pixel of the small image.
    let spacing = [0, 1].map(|axis| upright[axis] * pixel_mm[axis] / size[axis] as f64).into_iter().fold(0.0, f64::max);
    let step = pixel_mm.map(|pixel| spacing / pixel);
    let first = [0, 1].map(|axis| (upright[axis] - 1.0) / 2.0 - (size[axis] as f64 - 1.0) / 2.0 * step[axis]);
    cut(film, Mapping { side: Side::Left, orientation, film: film_pixels, first, step }, size, percentiles)
}

fn film_size(film: &Attenuation) -> [usize; 2] {
    let (rows, columns) = film.pixels.dim();
    [rows, columns]
}

fn cut(film: &Attenuation, mapping: Mapping, size: [usize; 2], percentiles: [f64; 2]) -> Crop {
    let upright = |image| mapping.orientation.upright(image, mapping.side);
    let (values, exposed) = (upright(film.pixels.view()), mapping.orientation.upright(film.exposed.view(), mapping.side));
    let length = [values.nrows(), values.ncols()];
    let axes = [0, 1].map(|axis| Axis::new(mapping.first[axis], mapping.step[axis], size[axis], length[axis]));
    let masked = Zip::from(values).and(exposed).map_collect(|value, exposed| if *exposed { *value } else { 0.0 });
    let weights = resampled(exposed.mapv(|exposed| if exposed { 1.0 } else { 0.0 }).view(), &axes);
    let sums = resampled(masked.view(), &axes);
    let saturated =
        Zip::from(values).and(exposed).map_collect(|value, exposed| f32::from(*exposed && *value >= film.clipped_from));
    let saturated = resampled(saturated.view(), &axes);
    // A pixel that is mostly shuttered has no value of its own.
    let exposed = weights.mapv(|weight| weight >= 0.5);
    let mut pixels = Zip::from(&sums).and(&weights).map_collect(|sum, weight| if *weight >= 0.5 { sum / weight } else { 0.0 });
    let clipped = share(&saturated, &weights);
    normalise(&mut pixels, &exposed, percentiles);
    Crop { pixels, exposed, mapping, clipped }
}

fn share(part: &Array2<f32>, whole: &Array2<f32>) -> f64 {
    let sum = |image: &Array2<f32>| image.iter().map(|value| f64::from(*value)).sum::<f64>();
    let whole = sum(whole);
    if whole > 0.0 { sum(part) / whole } else { 0.0 }
}

/// Maps the percentiles of the exposed pixels to 0 and 1, in place; the others become 0.
fn normalise(pixels: &mut Array2<f32>, exposed: &Array2<bool>, percentiles: [f64; 2]) {
    let mut values: Vec<f32> = pixels.iter().zip(exposed).filter(|(_, exposed)| **exposed).map(|(value, _)| *value).collect();
    values.sort_unstable_by(f32::total_cmp);
    let [low, high] = percentiles.map(|percentile| percentile_of(&values, percentile));
    // An even film has nothing to tell apart.
    let width = if high > low { high - low } else { 1.0 };
    Zip::from(pixels).and(exposed).for_each(|pixel, exposed| {
        let normal = ((f64::from(*pixel) - low) / width) as f32;
        *pixel = if *exposed { normal.clamp(CLIPPED[0], CLIPPED[1]) } else { 0.0 };
    });
}

/// Interpolated linearly between the two nearest of the sorted values; 0 of none.
fn percentile_of(sorted: &[f32], percentile: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = (percentile / 100.0 * last as f64).clamp(0.0, last as f64);
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(last);
    f64::from(sorted[below]) * (1.0 - part) + f64::from(sorted[above]) * part
}
