//! Tiles blended into the whole image.

use super::passes::Answer;
use super::tiles::Tiles;
use crate::geometry::Index;
use crate::segmentation::model::{Manifest, ModelError};
use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::parallel::prelude::*;
use ndarray::{Array, Array3, Array4, ArrayView2, ArrayViewMut2, ArrayViewMut3, Axis, Dimension, IntoDimension, Slice};

/// Weighted sums. Those of scores and weights are in half precision and round at every tile, exactly as nnU-Net's do.
pub(super) struct Sums {
    scores: Array4<f16>,
    weights: Array3<f16>,
    variance: Option<Array3<f32>>,
}

impl Sums {
    pub fn new(classes: usize, [a, b, c]: Index, with_variance: bool) -> Sums {
        Sums {
            scores: Array::from_elem((classes, a, b, c), f16::ZERO),
            weights: Array::from_elem((a, b, c), f16::ZERO),
            variance: with_variance.then(|| Array::zeros((a, b, c))),
        }
    }

    /// Adds what a network said of the tile at `start`; none: that it is background.
    pub fn add(&mut self, answer: Option<&Answer>, start: Index, patch: Index, gaussian: &[f32]) {
        let voxels = gaussian.len();
        let spot = |axis: usize| Slice::from(start[axis]..start[axis] + patch[axis]);
        let mut weights = self.weights.slice_each_axis_mut(|axis| spot(axis.axis.index()));
        add_halves(&mut weights, gaussian, None);
        let Some(answer) = answer else {
            let mut background = self.scores.index_axis_mut(Axis(0), 0);
            return add_halves(&mut background.slice_each_axis_mut(|axis| spot(axis.axis.index())), gaussian, None);
        };
        self.scores.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(class, mut sums)| {
            let scores = &answer.scores[class * voxels..(class + 1) * voxels];
            add_halves(&mut sums.slice_each_axis_mut(|axis| spot(axis.axis.index())), gaussian, Some(scores));
        });
        if let Some(variance) = &mut self.variance {
            let sums = variance.slice_each_axis_mut(|axis| spot(axis.axis.index()));
            let terms = answer.variance.iter().zip(gaussian);
            sums.into_iter().zip(terms).for_each(|(sum, (variance, weight))| *sum += variance * weight);
        }
    }

    /// Sums over weights, without what was added around the image.
    pub fn finish(
        self,
        tiles: &Tiles,
        image: Index,
        manifest: &Manifest,
    ) -> Result<(Array4<f16>, Option<Array3<f32>>), ModelError> {
        let Sums { mut scores, weights, variance } = self;
        let planes = scores.axis_iter_mut(Axis(1)).into_par_iter().zip(weights.axis_iter(Axis(0)));
        let bad = planes
            .map(|(mut sums, weights)| sums.axis_iter_mut(Axis(0)).find_map(|mut sums| divide_halves(&mut sums, &weights)));
        if let Some(score) = bad.find_any(Option::is_some).flatten() {
            let reason = format!("its answers are too large for half precision: their mean is {score}");
            return Err(ModelError::Run { model: manifest.name.clone(), reason });
        }
        let variance = variance.map(|sums| {
            let mut mean = sums;
            mean.iter_mut().zip(&weights).for_each(|(sum, weight)| *sum /= weight.to_f32());
            without_padding(mean, tiles.below, image)
        });
        Ok((without_padding(scores, tiles.below, image), variance))
    }
}

/// `sums += gaussian * scores` (or `gaussian`), each rounded to half.
fn add_halves(sums: &mut ArrayViewMut3<'_, f16>, gaussian: &[f32], scores: Option<&[f32]>) {
    let length = sums.dim().2;
    let mut line = vec![0.0_f32; length];
    for (i, mut row) in sums.rows_mut().into_iter().enumerate() {
        let Some(row) = row.as_slice_mut() else { continue };
        let here = i * length..(i + 1) * length;
        row.convert_to_f32_slice(&mut line);
        match scores {
            Some(scores) => {
                let terms = scores[here.clone()].iter().zip(&gaussian[here]);
                line.iter_mut().zip(terms).for_each(|(sum, (score, weight))| *sum += score * weight);
            }
            None => line.iter_mut().zip(&gaussian[here]).for_each(|(sum, weight)| *sum += weight),
        }
        row.convert_from_f32_slice(&line);
    }
}

/// `sums /= weights`, rounded to half; the first quotient that is not finite, if there is one.
fn divide_halves(sums: &mut ArrayViewMut2<'_, f16>, weights: &ArrayView2<'_, f16>) -> Option<f16> {
    let length = sums.dim().1;
    let (mut line, mut divisors) = (vec![0.0_f32; length], vec![0.0_f32; length]);
    for (mut row, weights) in sums.rows_mut().into_iter().zip(weights.rows()) {
        let (Some(row), Some(weights)) = (row.as_slice_mut(), weights.to_slice()) else { continue };
        row.convert_to_f32_slice(&mut line);
        weights.convert_to_f32_slice(&mut divisors);
        line.iter_mut().zip(&divisors).for_each(|(sum, weight)| *sum /= weight);
        row.convert_from_f32_slice(&line);
        if let Some(bad) = row.iter().find(|quotient| !quotient.is_finite()) {
            return Some(*bad);
        }
    }
    None
}

/// The image alone, of an array whose last three axes are those of the continued image.
fn without_padding<T: Clone, D: Dimension>(array: Array<T, D>, below: Index, image: Index) -> Array<T, D> {
    let leading = array.ndim() - 3;
    let shape = array.raw_dim().into_dimension();
    if (0..3).all(|axis| shape[leading + axis] == image[axis]) {
        return array;
    }
    let kept = array.slice_each_axis(|axis| match axis.axis.index().checked_sub(leading) {
        Some(axis) => Slice::from(below[axis]..below[axis] + image[axis]),
        None => Slice::from(..),
    });
    kept.to_owned()
}
