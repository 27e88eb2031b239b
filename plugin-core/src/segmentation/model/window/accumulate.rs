//! Tiles blended into the image, plane by plane.

use super::Sink;
use super::tiles::Tiles;
use crate::geometry::Index;
use crate::segmentation::model::{Manifest, ModelError};
use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::parallel::prelude::*;
use ndarray::{Array, Array3, Array4, ArrayView2, ArrayView3, ArrayView4, ArrayViewMut2, ArrayViewMut3, Axis, Slice};
use std::ops::Range;

/// Finished planes of the image along its first axis, without what was added around it.
pub(in crate::segmentation::model) struct Planes<'a> {
    /// Number of the first of them.
    pub first: usize,
    /// `[class, plane, axis 1, axis 2]`: sums over weights.
    pub scores: ArrayView4<'a, f16>,
    /// `[plane, axis 1, axis 2]`: sums over weights; none without passes.
    pub variance: Option<ArrayView3<'a, f32>>,
}

/// What a network says of a tile.
pub(super) struct Said<'a> {
    /// Logits or probabilities, `[class, voxel]`.
    pub scores: &'a [f32],
    /// Per voxel; empty without dropout.
    pub variance: &'a [f32],
}

/// Weighted sums of the planes that the tiles at hand reach, which are as many as a tile has: those before are finished, those after
/// not begun. Sums of scores and weights are in half precision and round at every tile, exactly as nnU-Net's do.
pub(super) struct Sums<'t> {
    tiles: &'t Tiles,
    /// Shape without what was added around it.
    image: Index,
    /// The first plane of the sums.
    first: usize,
    scores: Array4<f16>,
    weights: Array3<f16>,
    variance: Option<Array3<f32>>,
}

impl<'t> Sums<'t> {
    pub fn new(classes: usize, tiles: &'t Tiles, image: Index, with_variance: bool) -> Sums<'t> {
        let [_, b, c] = tiles.padded;
        let a = tiles.patch[0];
        Sums {
            tiles,
            image,
            first: 0,
            scores: Array::from_elem((classes, a, b, c), f16::ZERO),
            weights: Array::from_elem((a, b, c), f16::ZERO),
            variance: with_variance.then(|| Array::zeros((a, b, c))),
        }
    }

    /// Adds what a network said of the tile at `start`; none: that it is background. Planes before the tile are finished and go to
    /// `sink`: tiles come in the order of the first axis.
    pub fn add(
        &mut self,
        answer: Option<Said<'_>>,
        start: Index,
        gaussian: &[f32],
        manifest: &Manifest,
        sink: &mut Sink<'_>,
    ) -> Result<(), ModelError> {
        if start[0] > self.first {
            self.finish(start[0], manifest, sink)?;
            self.advance(start[0]);
        }
        let voxels = gaussian.len();
        let patch = self.tiles.patch;
        let spot = |axis: usize| if axis == 0 { Slice::from(..) } else { Slice::from(start[axis]..start[axis] + patch[axis]) };
        let mut weights = self.weights.slice_each_axis_mut(|axis| spot(axis.axis.index()));
        add_halves(&mut weights, gaussian, None);
        let Some(answer) = answer else {
            let mut background = self.scores.index_axis_mut(Axis(0), 0);
            add_halves(&mut background.slice_each_axis_mut(|axis| spot(axis.axis.index())), gaussian, None);
            return Ok(());
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
        Ok(())
    }

    /// Divides the planes before `until` by their weights and hands them to `sink`.
    pub fn finish(&mut self, until: usize, manifest: &Manifest, sink: &mut Sink<'_>) -> Result<(), ModelError> {
        let Sums { tiles, image, first, scores, weights, variance } = self;
        let below = tiles.below;
        // What was added around the image is of no use to anybody.
        let inside = |axis: usize, planes: Range<usize>| {
            planes.start.max(below[axis])..planes.end.min(below[axis] + image[axis]).max(below[axis])
        };
        let planes = inside(0, *first..until);
        if planes.is_empty() {
            return Ok(());
        }
        let held = planes.start - *first..planes.end - *first;
        let [_, b, c] = tiles.padded;
        let (rows, columns) = (inside(1, 0..b), inside(2, 0..c));
        let mut finished = scores.slice_axis_mut(Axis(1), Slice::from(held.clone()));
        let weights = weights.slice_axis(Axis(0), Slice::from(held.clone()));
        let divided = finished.axis_iter_mut(Axis(1)).into_par_iter().zip(weights.axis_iter(Axis(0)));
        let bad = divided
            .map(|(mut sums, weights)| sums.axis_iter_mut(Axis(0)).find_map(|mut sums| divide_halves(&mut sums, &weights)));
        if let Some(score) = bad.find_any(Option::is_some).flatten() {
            let reason = format!("its answers are too large for half precision: their mean is {score}");
            return Err(ModelError::Run { model: manifest.name.clone(), reason });
        }
        let mut variance = variance.as_mut().map(|sums| sums.slice_axis_mut(Axis(0), Slice::from(held)));
        if let Some(sums) = &mut variance {
            sums.iter_mut().zip(&weights).for_each(|(sum, weight)| *sum /= weight.to_f32());
        }
        finished.slice_axis_inplace(Axis(2), Slice::from(rows.clone()));
        finished.slice_axis_inplace(Axis(3), Slice::from(columns.clone()));
        if let Some(sums) = &mut variance {
            sums.slice_axis_inplace(Axis(1), Slice::from(rows.clone()));
            sums.slice_axis_inplace(Axis(2), Slice::from(columns.clone()));
        }
        sink(Planes {
            first: planes.start - below[0],
            scores: finished.view(),
            variance: variance.as_ref().map(|variance| variance.view()),
        })
    }

    /// Makes `first` the first plane; those that come in behind are empty.
    fn advance(&mut self, first: usize) {
        let gone = first - self.first;
        self.first = first;
        let [_, b, c] = self.tiles.padded;
        let (gone, all) = (gone * b * c, self.weights.len());
        let classes = self.scores.as_slice_mut().into_iter().flat_map(|sums| sums.chunks_exact_mut(all));
        classes.chain(self.weights.as_slice_mut()).for_each(|sums| move_up(sums, gone, f16::ZERO));
        let variance = self.variance.as_mut().and_then(|variance| variance.as_slice_mut());
        variance.into_iter().for_each(|sums| move_up(sums, gone, 0.0));
    }
}

/// Drops the first `gone` values and appends as many of `nothing`.
fn move_up<T: Copy>(values: &mut [T], gone: usize, nothing: T) {
    values.copy_within(gone.., 0);
    let kept = values.len() - gone;
    values[kept..].fill(nothing);
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
