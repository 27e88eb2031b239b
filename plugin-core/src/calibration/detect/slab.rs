//! A few neighbouring slices as one smaller, quieter picture.

use crate::geometry::{Lps, add_scaled, cross, dot, norm, unit};
use crate::units::Mm;
use crate::volume::CtVolume;
use ndarray::Axis;

/// Pixels are joined up to about this size.
const PIXEL: Mm = Mm(1.4);
/// Slices within this of the middle one are averaged: rods run across them.
const HALF_THICKNESS: Mm = Mm(2.5);
/// Less than that is air, foam or outside the field of view.
const MATTER: f32 = -300.0;

/// Mean HU around one slice.
pub(super) struct Slab {
    /// `[row, column]` of the joined pixels.
    pub shape: [usize; 2],
    /// HU, row by row.
    pub hu: Vec<f32>,
    /// Millimetres of matter from each pixel on downwards, towards the table.
    pub matter_below: Vec<f32>,
    /// Millimetres between joined pixels, `[row, column]`.
    pub spacing: [f64; 2],
    /// Centre of the first joined pixel, and the steps along rows and columns.
    origin: Lps,
    steps: [Lps; 2],
}

impl Slab {
    /// Around slice `middle`; `down` points to the table.
    pub fn new(volume: &CtVolume<'_>, middle: usize, down: Lps) -> Slab {
        let grid = &volume.grid;
        let [slices, rows, columns] = grid.shape;
        let [_, row, column] = grid.spacing();
        let joined = [row, column].map(|spacing| ((PIXEL.0 / spacing).round() as usize).max(1));
        let shape = [rows / joined[0], columns / joined[1]];
        let reach = (HALF_THICKNESS.0 / slice_distance(volume)) as usize;
        let (first, last) = (middle.saturating_sub(reach), middle.saturating_add(reach).min(slices - 1));
        let mut sums = vec![0_i64; shape[0] * shape[1]];
        for slice in first..=last {
            for y in 0..shape[0] * joined[0] {
                let line = volume.stored.index_axis(Axis(0), slice);
                let line = line.index_axis(Axis(0), y);
                let target = (y / joined[0]) * shape[1];
                for (x, value) in line.iter().take(shape[1] * joined[1]).enumerate() {
                    sums[target + x / joined[1]] += i64::from(*value);
                }
            }
        }
        let count = ((last - first + 1) * joined[0] * joined[1]) as f64;
        let hu: Vec<f32> = sums.into_iter().map(|sum| volume.slope * (sum as f64 / count) as f32 + volume.intercept).collect();
        let steps = [1, 2].map(|axis| grid.steps[axis].map(|step| step * joined[axis - 1] as f64));
        let half = joined.map(|joined| (joined as f64 - 1.0) / 2.0);
        let mut slab = Slab {
            shape,
            hu,
            matter_below: Vec::new(),
            spacing: steps.map(norm),
            origin: grid.to_patient([middle as f64, half[0], half[1]]),
            steps,
        };
        slab.matter_below = slab.matter_below(down);
        slab
    }

    /// Patient position of a fractional `[row, column]`.
    pub fn to_patient(&self, [y, x]: [f64; 2]) -> Lps {
        add_scaled(add_scaled(self.origin, self.steps[0], y), self.steps[1], x)
    }

    /// HU of a pixel, none outside.
    pub fn get(&self, y: i64, x: i64) -> Option<f32> {
        let (y, x) = (usize::try_from(y).ok()?, usize::try_from(x).ok()?);
        (y < self.shape[0] && x < self.shape[1]).then(|| self.hu[y * self.shape[1] + x])
    }

    /// Along the axis of the picture that is nearest to `down`.
    fn matter_below(&self, down: Lps) -> Vec<f32> {
        let [rows, columns] = self.shape;
        let along = self.steps.map(|step| dot(unit(step), down));
        let by_rows = along[0].abs() >= along[1].abs();
        let (lines, length, axis) = if by_rows { (columns, rows, 0) } else { (rows, columns, 1) };
        let mut below = vec![0.0; self.hu.len()];
        for line in 0..lines {
            let mut sum = 0.0;
            for step in 0..length {
                let place = if along[axis] > 0.0 { length - 1 - step } else { step };
                let pixel = if by_rows { place * columns + line } else { line * columns + place };
                if self.hu[pixel] > MATTER {
                    sum += self.spacing[axis] as f32;
                }
                below[pixel] = sum;
            }
        }
        below
    }
}

/// Distance between the planes of neighbouring slices in millimetres.
pub(super) fn slice_distance(volume: &CtVolume<'_>) -> f64 {
    dot(volume.grid.steps[0], slice_normal(volume)).abs()
}

/// At right angles to the slices.
pub(super) fn slice_normal(volume: &CtVolume<'_>) -> Lps {
    let [_, row, column] = volume.grid.steps;
    unit(cross(column, row))
}
