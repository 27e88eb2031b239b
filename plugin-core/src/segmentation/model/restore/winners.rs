//! The group of each voxel of the CT.

use super::Groups;
use crate::segmentation::model::Manifest;
use crate::segmentation::model::prepare::{Placement, Protocol, nearest, position};
use crate::volume::CtVolume;
use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::parallel::prelude::*;
use ndarray::{Array3, ArrayView3, ArrayView4, ArrayViewMut3, Axis, Slice};
use rayon::slice::ParallelSlice;
use std::ops::Range;

/// Slices of the CT that one thread works on in a row: neighbours mostly lie between the same planes of the network.
const SLAB: usize = 8;

/// Where a voxel of the CT lies between two of the network: the lower index and the share of the next.
type Between = (usize, f32);

/// Scores of all groups in one plane, `[group][row, column]` of the network's grid.
type Plane = Vec<f32>;

/// The group with the highest score at each voxel of a box of the CT, found as the network's planes come in.
pub(super) struct Winners<'g> {
    groups: &'g Groups,
    /// Order of the axes `[class, slice, row, column]` in the network's scores.
    axes: [usize; 4],
    between: [Vec<Between>; 3],
    /// Planes that the network has along the slices.
    depth: usize,
    numbers: Array3<u8>,
    /// Slices that are known.
    known: Range<usize>,
    /// The last plane that came in; slices lie between it and the next.
    last: Option<(usize, Array3<f16>)>,
}

impl<'g> Winners<'g> {
    /// By linear interpolation in the box of `placement`.
    pub fn new(groups: &'g Groups, placement: &Placement, volume: &CtVolume<'_>, manifest: &Manifest) -> Winners<'g> {
        let spacing = volume.grid.spacing();
        let network = placement.turn.to_ct(manifest.spacing_mm);
        let near = Protocol::of(manifest).nearest_axis(network, spacing);
        let between = [0, 1, 2].map(|axis| places(placement, axis, near == Some(axis)));
        let [a, b, c] = placement.turn.to_ct([1, 2, 3]);
        // Of a reversed axis the last slices come first.
        let start = if placement.turn.reversed[0] { placement.before[0] } else { 0 };
        Winners {
            groups,
            axes: [0, a, b, c],
            between,
            depth: placement.after[0],
            numbers: Array3::zeros(placement.before),
            known: start..start,
            last: None,
        }
    }

    /// Takes the network's scores `[class, axis 0, axis 1, axis 2]` from plane `first` on: all at once, or, where its
    /// first axis is that of the CT's slices, those that follow on what came in before.
    pub fn take(&mut self, first: usize, scores: ArrayView4<'_, f16>) {
        let scores = scores.permuted_axes(self.axes);
        let end = first + scores.len_of(Axis(1));
        let (depth, between) = (self.depth, &self.between);
        let above = |below: usize| (below + 1).min(depth - 1);
        let is_ready = |slice: &usize| above(between[0][*slice].0) < end;
        let ready = match self.known.start {
            0 => self.known.end..(self.known.end..between[0].len()).find(|slice| !is_ready(slice)).unwrap_or(between[0].len()),
            start => (0..start).rev().find(|slice| !is_ready(slice)).map_or(0, |slice| slice + 1)..start,
        };
        let last = self.last.as_ref();
        let plane_at = |index: usize| match index.checked_sub(first) {
            Some(index) => plane(scores.index_axis(Axis(1), index), self.groups),
            None => {
                last.filter(|(known, _)| *known == index).map_or_else(Vec::new, |(_, last)| plane(last.view(), self.groups))
            }
        };
        let size = [2, 3].map(|axis| scores.len_of(Axis(axis)));
        let mut slices = self.numbers.slice_axis_mut(Axis(0), Slice::from(ready.clone()));
        let slabs = slices.axis_chunks_iter_mut(Axis(0), SLAB).into_par_iter().zip(between[0][ready.clone()].par_chunks(SLAB));
        slabs.for_each(|(slices, along)| {
            let places = along.iter().map(|(below, share)| ([*below, above(*below)], *share));
            of_slab(slices, places, between, size, &plane_at, self.groups);
        });
        self.known = self.known.start.min(ready.start)..self.known.end.max(ready.end);
        self.last = (end < depth).then(|| (end - 1, scores.index_axis(Axis(1), end - first - 1).to_owned()));
    }

    /// The groups, when every plane has come in; axes are the CT's.
    pub fn numbers(self) -> Array3<u8> {
        self.numbers
    }
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
    along: impl Iterator<Item = ([usize; 2], f32)>,
    [_, rows, columns]: &[Vec<Between>; 3],
    [height, width]: [usize; 2],
    plane_at: &impl Fn(usize) -> Plane,
    groups: &Groups,
) {
    let area = height * width;
    let mut planes: Vec<(usize, Plane)> = Vec::new();
    let mut blended: Plane = vec![0.0; groups.count * area];
    let mut contest = Contest::new(groups.count, width);
    for (mut slice, (pair, share)) in slices.outer_iter_mut().zip(along) {
        planes.retain(|(index, _)| pair.contains(index));
        for index in pair {
            if planes.iter().all(|(known, _)| *known != index) {
                planes.push((index, plane_at(index)));
            }
        }
        let known = |index: usize| planes.iter().find(|(known, _)| *known == index).map_or(&[][..], |(_, plane)| plane);
        let [below, above] = pair.map(known);
        mix(below, above, share, &mut blended);
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

/// Scores of all groups in a plane `[class, row, column]`.
fn plane(scores: ArrayView3<'_, f16>, groups: &Groups) -> Plane {
    let (_, height, width) = scores.dim();
    let mut sums = vec![0.0; groups.count * height * width];
    let mut line = vec![0.0; width];
    let mut begun = vec![false; groups.count];
    for (class, group) in scores.outer_iter().zip(&groups.of_class) {
        let group = usize::from(*group);
        let first = !std::mem::replace(&mut begun[group], true);
        let sums = &mut sums[group * height * width..(group + 1) * height * width];
        for (sums, row) in sums.chunks_exact_mut(width).zip(class.rows()) {
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
