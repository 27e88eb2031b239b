//! One image onto another grid, axis by axis.

use ndarray::{Array2, ArrayView2};

/// Which pixels of the source, and how much of each, make one pixel of the result: those of each result pixel along one axis.
pub(super) struct Axis {
    taps: Vec<Taps>,
}

/// Neighbouring pixels of the source with their weights; the weights add up to the share of the result pixel that the source covers.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Axis {
    /// `size` result pixels, the centre of the first at `first` of a source of `length` pixels, then every `step` of them.
    pub(super) fn new(first: f64, step: f64, size: usize, length: usize) -> Axis {
        // A result pixel is a box as wide as itself. Finer than the source, it is a triangle of two source pixels.
        let weight = |distance: f64| {
            if step >= 1.0 {
                ((distance + 0.5).min(step / 2.0) - (distance - 0.5).max(-step / 2.0)).clamp(0.0, 1.0) / step
            } else {
                (1.0 - distance.abs()).max(0.0)
            }
        };
        let reach = step.max(1.0) / 2.0 + 0.5;
        let taps = (0..size).map(|number| {
            let centre = first + number as f64 * step;
            let from = (centre - reach).floor().clamp(0.0, length as f64) as usize;
            let end = ((centre + reach).ceil() + 1.0).clamp(0.0, length as f64) as usize;
            let weights = (from..end).map(|pixel| weight(pixel as f64 - centre) as f32).collect();
            Taps { first: from, weights }
        });
        Axis { taps: taps.collect() }
    }
}

/// Sums of `image` (rows, columns) with the weights of both axes.
pub(super) fn resampled(image: ArrayView2<'_, f32>, [rows, columns]: &[Axis; 2]) -> Array2<f32> {
    let mut narrow = Array2::zeros((image.nrows(), columns.taps.len()));
    for (line, mut out) in image.outer_iter().zip(narrow.outer_iter_mut()) {
        for (taps, out) in columns.taps.iter().zip(&mut out) {
            *out = taps.weights.iter().zip(line.iter().skip(taps.first)).map(|(weight, value)| weight * value).sum();
        }
    }
    let mut result = Array2::zeros((rows.taps.len(), columns.taps.len()));
    for (taps, mut out) in rows.taps.iter().zip(result.outer_iter_mut()) {
        for (place, weight) in taps.weights.iter().enumerate() {
            out.scaled_add(*weight, &narrow.row(taps.first + place));
        }
    }
    result
}
