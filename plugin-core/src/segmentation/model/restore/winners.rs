//! The group of each voxel of the CT.

use super::Groups;
use crate::segmentation::model::Manifest;
use crate::segmentation::model::prediction::Prediction;
use crate::segmentation::model::prepare::{Placement, Protocol, nearest, position};
use crate::volume::CtVolume;
use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::parallel::prelude::*;
use ndarray::{Array3, ArrayView4, ArrayViewMut3, Axis};

/// Slices of the CT that one thread works on in a row: neighbours mostly lie between the same planes of the network.
const SLAB: usize = 8;

/// Where a voxel of the CT lies between two of the network: the lower index and the share of the next.
type Between = (usize, f32);

/// Scores of all groups in one plane, `[group][row, column]` of the network's grid.
type Plane = Vec<f32>;

/// The group with the highest score at each voxel of the box of `placement`, by linear interpolation; axes are the CT's.
pub(super) fn winners(
    prediction: &Prediction,
    groups: &Groups,
    placement: &Placement,
    volume: &CtVolume,
    manifest: &Manifest,
) -> Array3<u8> {
    let spacing = volume.grid.spacing();
    let network = placement.turn.to_ct(manifest.spacing_mm);
    let near = Protocol::of(manifest).nearest_axis(network, spacing);
    let between = [0, 1, 2].map(|axis| places(placement, axis, near == Some(axis)));
    let [a, b, c] = placement.turn.to_ct([1, 2, 3]);
    let scores = prediction.scores.view().permuted_axes([0, a, b, c]);
    let mut winners = Array3::zeros(placement.before);
    winners.axis_chunks_iter_mut(Axis(0), SLAB).into_par_iter().enumerate().for_each(|(slab, slices)| {
        of_slab(slices, &between[0][slab * SLAB..], &between, scores, groups);
    });
    winners
}

/// The places along one axis of the CT, at its outer voxels those of the network's outer voxels.
fn places(placement: &Placement, axis: usize, near: bool) -> Vec<Between> {
    let (ct, network) = (placement.before[axis], placement.after[axis]);
    let last = network as f64 - 1.0;
    let place = |i: usize| {
        let i = if placement.turn.reversed[axis] { ct - 1 - i } else { i };
        if near {
            return (nearest(i, network, ct), 0.0);
        }
        let x = position(i, network as f64, ct).clamp(0.0, last);
        (x as usize, x.fract() as f32)
    };
    (0..ct).map(place).collect()
}

fn of_slab(
    mut slices: ArrayViewMut3<'_, u8>,
    along: &[Between],
    [_, rows, columns]: &[Vec<Between>; 3],
    scores: ArrayView4<'_, f16>,
    groups: &Groups,
) {
    let (_, depth, height, width) = scores.dim();
    let area = height * width;
    let mut planes: Vec<(usize, Plane)> = Vec::new();
    let mut blended: Plane = vec![0.0; groups.count * area];
    let (mut line, mut best) = (vec![0.0; width], vec![0.0; columns.len()]);
    let (mut values, mut halves) = (vec![0.0; columns.len()], vec![f16::ZERO; columns.len()]);
    for (mut slice, (below, share)) in slices.outer_iter_mut().zip(along) {
        let above = (below + 1).min(depth - 1);
        planes.retain(|(index, _)| index == below || *index == above);
        for index in [*below, above] {
            if planes.iter().all(|(known, _)| *known != index) {
                planes.push((index, plane(scores, index, groups)));
            }
        }
        let known = |index: usize| planes.iter().find(|(known, _)| *known == index).map_or(&[][..], |(_, plane)| plane);
        mix(known(*below), known(above), *share, &mut blended);
        for (mut winners, (row, share)) in slice.rows_mut().into_iter().zip(rows) {
            best.fill(f32::NEG_INFINITY);
            for group in 0..groups.count {
                let of_group = &blended[group * area..(group + 1) * area];
                let row_at = |row: usize| &of_group[row * width..(row + 1) * width];
                mix(row_at(*row), row_at((row + 1).min(height - 1)), *share, &mut line);
                for (value, (column, share)) in values.iter_mut().zip(columns) {
                    let next = line[(column + 1).min(width - 1)];
                    *value = line[*column] + share * (next - line[*column]);
                }
                // nnU-Net keeps resampled logits in half precision, where nearly equal ones become equal.
                halves.convert_from_f32_slice(&values);
                halves.convert_to_f32_slice(&mut values);
                for ((winner, best), value) in winners.iter_mut().zip(&mut best).zip(&values) {
                    if value > best {
                        (*best, *winner) = (*value, group as u8);
                    }
                }
            }
        }
    }
}

/// `a + share * (b - a)`.
fn mix(a: &[f32], b: &[f32], share: f32, out: &mut [f32]) {
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a + share * (b - a));
}

/// Scores of all groups in the plane `index`.
fn plane(scores: ArrayView4<'_, f16>, index: usize, groups: &Groups) -> Plane {
    let (_, _, height, width) = scores.dim();
    let mut sums = vec![groups.nothing(); groups.count * height * width];
    for (class, group) in scores.outer_iter().zip(&groups.of_class) {
        let start = usize::from(*group) * height * width;
        let values = class.index_axis_move(Axis(0), index);
        for (sum, score) in sums[start..start + height * width].iter_mut().zip(values) {
            *sum = groups.add(*sum, score.to_f32());
        }
    }
    sums
}
