//! The line through the vertebral bodies.
//!
//! In each slice across the patient the body is the thickest part of the column, with the processes at most half as thick; the line
//! is a local regression through the middles of the thickest parts. It ends in straight lines, which reach into the sacrum and out
//! of the column's other end.

use super::classes::{Classes, Role};
use crate::geometry::{Grid, Lps, add_scaled, norm, subtract, unit};
use ndarray::{Array2, ArrayView2, Axis};

/// Distance of neighbouring points of the line in millimetres.
pub(super) const STEP: f64 = 1.5;
/// A slice shows a body where its thickest part has at least this share of the radius that bodies have; facets reach a half.
const LEAST_SHARE: f64 = 0.65;
/// Bodies have the radius of this quantile of the slices; the rest are discs and arches.
const RADIUS_QUANTILE: f64 = 0.75;
/// A column whose bodies are thinner is none: the body of a child of six years has about 12 mm.
const LEAST_RADIUS: f64 = 8.0;
/// No body is thicker, in millimetres.
const LARGEST_RADIUS: f64 = 40.0;
/// The line bridges as much without a body, in millimetres: a disc, or a flattened body between two.
const LARGEST_GAP: f64 = 40.0;
/// Bodies of neighbouring slices lie over each other; a larger step aside, in millimetres, leads to something else.
const LARGEST_JUMP: f64 = 12.0;
/// Width of the regression in millimetres: half a vertebra, so that discs do not bend the line.
const SMOOTHING: f64 = 15.0;
/// The line reaches as far below and above the bodies, in millimetres: through the disc into the sacrum.
const REACH: f64 = 45.0;

/// The line through the bodies, upwards.
pub(super) struct BodyAxis {
    /// Points [`STEP`] apart.
    pub points: Vec<Lps>,
    /// Radius of the largest circle inside a body, in millimetres.
    pub radius: f64,
}

/// Middle and radius of the thickest part in one slice.
#[derive(Clone, Copy)]
struct Middle {
    point: Lps,
    radius: f64,
}

impl BodyAxis {
    /// None where no column is seen.
    pub fn find(classes: &Classes<'_>) -> Option<BodyAxis> {
        let mut middles = middles(classes);
        let mut radii: Vec<f64> = middles.iter().map(|middle| middle.radius).collect();
        radii.sort_by(f64::total_cmp);
        let radius = *radii.get((radii.len() as f64 * RADIUS_QUANTILE) as usize)?;
        middles.retain(|middle| middle.radius >= LEAST_SHARE * radius);
        middles.sort_by(|a, b| a.point[2].total_cmp(&b.point[2]));
        let run = longest_run(&middles);
        (radius >= LEAST_RADIUS && run.len() >= 3).then(|| BodyAxis { points: line(run), radius })
    }

    /// Direction of the line at a point, upwards, length one.
    pub fn direction(&self, at: usize) -> Lps {
        let before = self.points[at.saturating_sub(2)];
        let after = self.points[(at + 2).min(self.points.len() - 1)];
        unit(subtract(after, before))
    }

    /// The nearest point of the line and the distance from it.
    pub fn nearest(&self, point: Lps) -> (usize, f64) {
        let squared = |other: &Lps| subtract(point, *other).iter().map(|x| x * x).sum::<f64>();
        let mut best = (0, f64::INFINITY);
        for (at, other) in self.points.iter().enumerate() {
            let distance = squared(other);
            if distance < best.1 {
                best = (at, distance);
            }
        }
        (best.0, best.1.sqrt())
    }
}

/// The axis of the grid that runs most nearly along the patient.
pub(super) fn long_axis(grid: &Grid) -> usize {
    let rise = |axis: &usize| unit(grid.steps[*axis])[2].abs();
    (0..3).max_by(|a, b| rise(a).total_cmp(&rise(b))).unwrap_or(0)
}

fn middles(classes: &Classes<'_>) -> Vec<Middle> {
    let grid = classes.grid();
    let along = long_axis(grid);
    let across: Vec<usize> = (0..3).filter(|axis| *axis != along).collect();
    let spacing = [grid.spacing()[across[0]], grid.spacing()[across[1]]];
    let slices = classes.map.axis_iter(Axis(along)).enumerate();
    slices
        .filter_map(|(slice, map)| {
            let member = map.mapv(|class| matches!(classes.roles[usize::from(class)], Role::Vertebra(_)));
            let (place, radius) = thickest(member.view(), spacing)?;
            let mut index = [slice as f64; 3];
            index[across[0]] = place[0];
            index[across[1]] = place[1];
            Some(Middle { point: grid.to_patient(index), radius })
        })
        .collect()
}

/// Middle of the voxels deepest inside, and how deep they are.
fn thickest(member: ArrayView2<'_, bool>, spacing: [f64; 2]) -> Option<([f64; 2], f64)> {
    if !member.iter().any(|member| *member) {
        return None;
    }
    let depth = depths(member, spacing);
    let deepest = depth.iter().copied().fold(0.0, f64::max);
    let mut sum = [0.0; 3];
    for ((row, column), depth) in depth.indexed_iter().filter(|(_, depth)| **depth >= 0.8 * deepest) {
        sum = add_scaled(sum, [row as f64, column as f64, 1.0], *depth);
    }
    Some(([sum[0] / sum[2], sum[1] / sum[2]], deepest))
}

/// Chamfer distance to the nearest voxel outside, in millimetres; what is beyond the edge is inside, for a column that the field of
/// view cuts is as thick as one that it does not.
fn depths(member: ArrayView2<'_, bool>, [down, right]: [f64; 2]) -> Array2<f64> {
    let (rows, columns) = member.dim();
    let mut depth = member.mapv(|member| if member { LARGEST_RADIUS } else { 0.0 });
    let steps = [(-1, 0, down), (0, -1, right), (-1, -1, down.hypot(right)), (-1, 1, down.hypot(right))];
    for pass in [1, -1] {
        for place in 0..rows * columns {
            let place = if pass == 1 { place } else { rows * columns - 1 - place };
            let (row, column) = (place / columns, place % columns);
            for (a, b, length) in steps {
                let neighbour = (row.checked_add_signed(a * pass), column.checked_add_signed(b * pass));
                if let (Some(a), Some(b)) = neighbour
                    && let Some(other) = depth.get([a, b])
                {
                    depth[[row, column]] = depth[[row, column]].min(other + length);
                }
            }
        }
    }
    depth
}

/// The longest run of slices without a large gap or jump.
fn longest_run(middles: &[Middle]) -> &[Middle] {
    let follows = |a: &Middle, b: &Middle| {
        let step = subtract(b.point, a.point);
        step[2] <= LARGEST_GAP && step[0].hypot(step[1]) <= LARGEST_JUMP + step[2]
    };
    middles.chunk_by(follows).max_by_key(|run| run.len()).unwrap_or(&[])
}

/// Smoothed, lengthened at both ends, in equal steps.
fn line(run: &[Middle]) -> Vec<Lps> {
    let (low, high) = (run[0].point[2], run[run.len() - 1].point[2]);
    let fine = STEP / 3.0;
    let count = ((high - low + 2.0 * REACH) / fine) as usize;
    let mut points: Vec<Lps> = Vec::new();
    let mut last: Option<Lps> = None;
    for n in 0..=count {
        let z = low - REACH + n as f64 * fine;
        let point = regression(run, z, z.clamp(low, high));
        if last.is_none_or(|last| norm(subtract(point, last)) >= STEP) {
            let placed = last.map_or(point, |last| add_scaled(last, unit(subtract(point, last)), STEP));
            points.push(placed);
            last = Some(placed);
        }
    }
    points
}

/// The point at height `z` of the straight line fitted around height `around`.
fn regression(run: &[Middle], z: f64, around: f64) -> Lps {
    let (mut weights, mut first, mut second) = (0.0, 0.0, 0.0);
    let (mut sum, mut moment) = ([0.0; 2], [0.0; 2]);
    for Middle { point, .. } in run {
        let offset = point[2] - around;
        let weight = (-0.5 * (offset / SMOOTHING).powi(2)).exp();
        weights += weight;
        first += weight * offset;
        second += weight * offset * offset;
        for axis in 0..2 {
            sum[axis] += weight * point[axis];
            moment[axis] += weight * offset * point[axis];
        }
    }
    let determinant = weights * second - first * first;
    let at = |axis: usize| {
        let slope = (weights * moment[axis] - first * sum[axis]) / determinant;
        (sum[axis] - slope * first) / weights + slope * (z - around)
    };
    [at(0), at(1), z]
}
