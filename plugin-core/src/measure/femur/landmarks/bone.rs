//! The proximal part of the mask on a lattice of its own: steps 1 and 2 of the recipe.

use crate::geometry::{Grid, Lps, add_scaled};
use crate::segmentation::StructureMask;
use crate::units::Mm;
use ndarray::{Array2, Array3, ArrayViewMut2, Axis};
use rayon::prelude::*;

/// What lies farther below the top cannot hold a landmark, even in the largest femur and at a tilt of 30 degrees.
const PROXIMAL: Mm = Mm(250.0);
/// No femur is wider; a mislabelled volume must not ask for the memory of a city.
const WIDEST: Mm = Mm(300.0);
/// Cells of background around the bone, so that every surface is closed.
const MARGIN: f64 = 3.0;
/// Membership of the surface.
pub(super) const SURFACE: f32 = 0.5;
/// Interpolated memberships of one half must not fall to either side by rounding.
const ROUNDING: f32 = 1e-6;

/// A membership from 0 to 1 for every cubic millimetre of the patient.
pub(super) struct Bone {
    /// Centre of cell `[0, 0, 0]`.
    origin: Lps,
    /// `[z, y, x]`, 1 mm apart along the axes of the patient.
    membership: Array3<f32>,
}

impl Bone {
    /// The uppermost [`PROXIMAL`] of `mask`, a single component; the width that was too large otherwise.
    pub fn sample(grid: &Grid, mask: &StructureMask) -> Result<Bone, Mm> {
        let (low, high) = bounds(grid, mask);
        let floor = [low[0], low[1], low[2].max(high[2] - PROXIMAL.0)];
        let width = (high[0] - floor[0]).max(high[1] - floor[1]);
        if width > WIDEST.0 {
            return Err(Mm(width));
        }
        let origin = floor.map(|x| x.floor() - MARGIN);
        let count = |axis: usize| (high[axis] + MARGIN - origin[axis]).ceil() as usize + 1;
        let mut inside = Array3::from_elem([count(2), count(1), count(0)], false);
        let part = Padded::new(mask);
        inside.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(z, mut slice)| {
            for ((y, x), cell) in slice.indexed_iter_mut() {
                let point = [origin[0] + x as f64, origin[1] + y as f64, origin[2] + z as f64];
                *cell = point[2] >= floor[2] && part.interpolate(grid.to_index(point)) >= SURFACE - ROUNDING;
            }
            fill_holes(&mut slice);
        });
        let mut membership = inside.mapv(|member| f32::from(u8::from(member)));
        for axis in 0..3 {
            smooth(&mut membership, Axis(axis));
        }
        Ok(Bone { origin, membership })
    }

    /// Trilinear interpolation; 0 beyond the lattice.
    pub fn membership(&self, point: Lps) -> f32 {
        let [x, y, z] = [0, 1, 2].map(|axis| point[axis] - self.origin[axis]);
        let (depth, height, width) = self.membership.dim();
        let last = [depth, height, width].map(|n| (n - 1) as f64);
        if !(x >= 0.0 && y >= 0.0 && z >= 0.0 && x < last[2] && y < last[1] && z < last[0]) {
            return 0.0;
        }
        let first = [z as usize, y as usize, x as usize];
        let [c, b, a] = [z.fract(), y.fract(), x.fract()].map(|fraction| fraction as f32);
        let row = |z: usize, y: usize| {
            let near = self.membership[[z, y, first[2]]];
            near + a * (self.membership[[z, y, first[2] + 1]] - near)
        };
        let plane = |z: usize| {
            let near = row(z, first[1]);
            near + b * (row(z, first[1] + 1) - near)
        };
        let near = plane(first[0]);
        near + c * (plane(first[0] + 1) - near)
    }

    /// Whether a point lies in the bone.
    pub fn contains(&self, point: Lps) -> bool {
        self.membership(point) >= SURFACE
    }

    /// Distance at which a ray from inside the bone first leaves it; none where it starts outside, or does not leave within
    /// `limit`.
    pub fn exit(&self, from: Lps, direction: Lps, limit: Mm) -> Option<f64> {
        const STEP: f64 = 0.5;
        let at = |distance: f64| self.membership(add_scaled(from, direction, distance));
        let mut before = at(0.0);
        if before < SURFACE {
            return None;
        }
        for step in 1..=(limit.0 / STEP) as usize {
            let here = at(step as f64 * STEP);
            if here < SURFACE {
                return Some((step as f64 - f64::from((SURFACE - here) / (before - here))) * STEP);
            }
            before = here;
        }
        None
    }

    /// Centres of the topmost and lowest slices that hold bone.
    pub fn heights(&self) -> [f64; 2] {
        let holds = |slice: ndarray::ArrayView2<'_, f32>| slice.iter().any(|value| *value >= SURFACE);
        let first = self.membership.outer_iter().position(holds).unwrap_or(0);
        let last = self.membership.outer_iter().rposition(holds).unwrap_or(0);
        [last, first].map(|slice| self.origin[2] + slice as f64)
    }

    /// Mean of the cells of the axial slice nearest to the height `z`, and their area in square millimetres.
    pub fn axial_slice(&self, z: f64) -> Option<(Lps, f64)> {
        let slice = (z - self.origin[2]).round();
        if slice < 0.0 || slice as usize >= self.membership.len_of(Axis(0)) {
            return None;
        }
        let (mut count, mut sum) = (0.0, [0.0; 2]);
        for ((y, x), value) in self.membership.index_axis(Axis(0), slice as usize).indexed_iter() {
            if *value >= SURFACE {
                count += 1.0;
                sum = [sum[0] + x as f64, sum[1] + y as f64];
            }
        }
        let mean = |axis: usize| self.origin[axis] + sum[axis] / count;
        (count > 0.0).then(|| ([mean(0), mean(1), self.origin[2] + slice], count))
    }

    /// Where edges between neighbouring cells cross the surface, from the height `z` upwards.
    pub fn surface_above(&self, z: f64) -> Vec<Lps> {
        let lowest = (z - self.origin[2]).max(0.0) as usize;
        let mut points = Vec::new();
        for ((k, j, i), here) in self.membership.indexed_iter().filter(|((k, _, _), _)| *k >= lowest) {
            for (axis, next) in [[k, j, i + 1], [k, j + 1, i], [k + 1, j, i]].into_iter().enumerate() {
                if let Some(there) = self.membership.get(next).filter(|there| (**there >= SURFACE) != (*here >= SURFACE)) {
                    let mut point = [i, j, k].map(|n| n as f64);
                    point[axis] += f64::from((SURFACE - here) / (there - here));
                    points.push([0, 1, 2].map(|axis| point[axis] + self.origin[axis]));
                }
            }
        }
        points
    }
}

/// Smallest and largest coordinates of the voxel centres.
fn bounds(grid: &Grid, mask: &StructureMask) -> (Lps, Lps) {
    mask.indices().fold(([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]), |(low, high), index| {
        let point = grid.to_patient(index.map(|i| i as f64));
        ([0, 1, 2].map(|axis| low[axis].min(point[axis])), [0, 1, 2].map(|axis| high[axis].max(point[axis])))
    })
}

/// The mask with a voxel of background on every side, so that interpolation needs no exception at the edge.
struct Padded {
    corner: [f64; 3],
    voxels: Array3<f32>,
}

impl Padded {
    fn new(mask: &StructureMask) -> Padded {
        let (depth, height, width) = mask.voxels.dim();
        let mut voxels = Array3::zeros([depth + 2, height + 2, width + 2]);
        for ((z, y, x), member) in mask.voxels.indexed_iter() {
            voxels[[z + 1, y + 1, x + 1]] = f32::from(u8::from(*member));
        }
        Padded { corner: mask.corner.map(|i| i as f64 - 1.0), voxels }
    }

    /// Trilinear interpolation of membership at a fractional voxel index of the CT.
    fn interpolate(&self, index: [f64; 3]) -> f32 {
        let shape: [usize; 3] = self.voxels.dim().into();
        let mut first = [0; 3];
        let mut fraction = [0.0; 3];
        for axis in 0..3 {
            let place = index[axis] - self.corner[axis];
            if !(place >= 0.0 && place < (shape[axis] - 1) as f64) {
                return 0.0;
            }
            first[axis] = place as usize;
            fraction[axis] = place.fract() as f32;
        }
        let mut sum = 0.0;
        for corner in 0..8 {
            let mut weight = 1.0;
            let mut place = first;
            for axis in 0..3 {
                let far = corner >> axis & 1;
                place[axis] += far;
                weight *= if far == 1 { fraction[axis] } else { 1.0 - fraction[axis] };
            }
            sum += weight * self.voxels[place];
        }
        sum
    }
}

/// Adds the background that does not reach the edge of the slice over faces of its cells.
fn fill_holes(slice: &mut ArrayViewMut2<'_, bool>) {
    let (height, width) = slice.dim();
    let mut outside = Array2::from_elem([height, width], false);
    let mut open = vec![(0_usize, 0_usize)];
    outside[[0, 0]] = true;
    while let Some((y, x)) = open.pop() {
        for (ny, nx) in [(y.wrapping_sub(1), x), (y + 1, x), (y, x.wrapping_sub(1)), (y, x + 1)] {
            if ny < height && nx < width && !slice[[ny, nx]] && !outside[[ny, nx]] {
                outside[[ny, nx]] = true;
                open.push((ny, nx));
            }
        }
    }
    for (cell, outside) in slice.iter_mut().zip(&outside) {
        *cell |= !outside;
    }
}

/// Means of neighbours with the weights 1, 2, 1 along one axis: takes away the steps of the voxels, shifts no plane and shrinks a
/// sphere of 18 mm by less than 0.03 mm.
fn smooth(values: &mut Array3<f32>, axis: Axis) {
    values.lanes_mut(axis).into_iter().for_each(|mut lane| {
        let mut before = 0.0;
        for i in 0..lane.len() {
            let here = lane[i];
            let after = lane.get(i + 1).copied().unwrap_or(0.0);
            lane[i] = (before + 2.0 * here + after) / 4.0;
            before = here;
        }
    });
}
