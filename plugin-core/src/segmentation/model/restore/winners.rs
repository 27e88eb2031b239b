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
    let mut contest = Contest::new(groups.count, width);
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
            for group in 0..groups.count {
                let row_at = |row: usize| &blended[group * area + row * width..group * area + (row + 1) * width];
                mix(row_at(*row), row_at((row + 1).min(height - 1)), *share, contest.line_mut(group));
            }
            contest.prepare();
            winners.iter_mut().zip(columns).for_each(|(winner, between)| *winner = contest.winner(*between));
        }
    }
}

/// In [`Contest::reached`]: the group that reached the score last.
const LAST: u32 = 0xff;
/// Some group did.
const ANY: u32 = 0x100;
/// More than one did.
const SEVERAL: u32 = 0x200;

/// Scores of all groups along one row of the network's grid, and who can win between each voxel and the next.
///
/// Interpolated scores lie between those of their two voxels, so that most groups are beaten by the lower of another's two scores
/// and need not be computed at every voxel of the CT; mostly one group is left.
struct Contest {
    width: usize,
    /// `[group][voxel]`.
    lines: Vec<f32>,
    /// For each voxel, the least score with which a group may still win before the next.
    needed: Vec<f32>,
    /// For each voxel, the higher of a group's own two scores.
    highest: Vec<f32>,
    /// For each voxel, the group that reaches the needed score, and whether several do ([`ANY`], [`SEVERAL`]); a word as wide as a
    /// score, so that both are compared and kept many at a time.
    reached: Vec<u32>,
}

impl Contest {
    fn new(groups: usize, width: usize) -> Contest {
        let line = || vec![0.0; width];
        Contest { width, lines: vec![0.0; groups * width], needed: line(), highest: line(), reached: vec![0; width] }
    }

    fn line_mut(&mut self, group: usize) -> &mut [f32] {
        &mut self.lines[group * self.width..(group + 1) * self.width]
    }

    /// After the lines are written.
    fn prepare(&mut self) {
        let Contest { width, lines, needed, highest, reached } = self;
        needed.fill(f32::NEG_INFINITY);
        for line in lines.chunks_exact(*width) {
            with_next(line, needed, |needed, a, b| *needed = needed.max(a.min(b)));
        }
        // Scores nearer than two steps of half precision may round to the same number, of which the first group wins.
        needed.iter_mut().for_each(|needed| *needed -= needed.abs() / 512.0 + 1.2e-7);
        reached.fill(0);
        for (line, group) in lines.chunks_exact(*width).zip(0..) {
            highest.fill(f32::NEG_INFINITY);
            with_next(line, highest, |highest, a, b| *highest = a.max(b));
            for ((reached, highest), needed) in reached.iter_mut().zip(highest.iter()).zip(needed.iter()) {
                let again = *reached & !LAST | group | if *reached == 0 { ANY } else { SEVERAL };
                *reached = if highest >= needed { again } else { *reached };
            }
        }
    }

    fn winner(&self, (voxel, share): Between) -> u8 {
        let reached = self.reached[voxel];
        if reached & SEVERAL == 0 {
            return (reached & LAST) as u8;
        }
        let after = (voxel + 1).min(self.width - 1);
        let mut best = (f16::NEG_INFINITY, 0);
        for (group, line) in self.lines.chunks_exact(self.width).enumerate() {
            let (a, b) = (line[voxel], line[after]);
            if a.max(b) >= self.needed[voxel] {
                // nnU-Net keeps resampled logits in half precision, where nearly equal ones become equal.
                let score = f16::from_f32(a + share * (b - a));
                if score > best.0 {
                    best = (score, group as u8);
                }
            }
        }
        best.1
    }
}

/// Calls `work` with each voxel's place in `out`, its value and the next one's; the last one's next is itself.
fn with_next(line: &[f32], out: &mut [f32], work: impl Fn(&mut f32, f32, f32)) {
    let (Some(last), Some((end, inner))) = (line.last(), out.split_last_mut()) else { return };
    inner.iter_mut().zip(line.iter().zip(&line[1..])).for_each(|(out, (a, b))| work(out, *a, *b));
    work(end, *last, *last);
}

/// `a + share * (b - a)`.
fn mix(a: &[f32], b: &[f32], share: f32, out: &mut [f32]) {
    if share == 0.0 {
        return out.copy_from_slice(a);
    }
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a + share * (b - a));
}

/// Scores of all groups in the plane `index`.
fn plane(scores: ArrayView4<'_, f16>, index: usize, groups: &Groups) -> Plane {
    let (_, _, height, width) = scores.dim();
    let mut sums = vec![0.0; groups.count * height * width];
    let mut line = vec![0.0; width];
    let mut begun = vec![false; groups.count];
    for (class, group) in scores.outer_iter().zip(&groups.of_class) {
        let group = usize::from(*group);
        let first = !std::mem::replace(&mut begun[group], true);
        let sums = &mut sums[group * height * width..(group + 1) * height * width];
        for (sums, row) in sums.chunks_exact_mut(width).zip(class.index_axis(Axis(0), index).rows()) {
            match row.to_slice() {
                Some(row) => row.convert_to_f32_slice(&mut line),
                None => line.iter_mut().zip(row).for_each(|(score, half)| *score = half.to_f32()),
            }
            match first {
                true => sums.copy_from_slice(&line),
                false => sums.iter_mut().zip(&line).for_each(|(sum, score)| *sum = groups.add(*sum, *score)),
            }
        }
    }
    sums
}
