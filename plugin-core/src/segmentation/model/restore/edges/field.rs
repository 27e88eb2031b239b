//! Millimetres on a grid that may be sheared, and a field of distances on it.

use crate::geometry::{Grid, Index, cross, dot};
use ndarray::Array3;

/// Lengths and directions on the grid of the CT.
#[derive(Debug, Clone)]
pub(super) struct Metric {
    /// Scalar products of the steps along slices, rows and columns, square millimetres.
    steps: [[f32; 3]; 3],
    /// Its inverse: the scalar products of the reciprocal steps.
    inverse: [[f32; 3]; 3],
}

impl Metric {
    /// None for a grid whose steps lie in a plane.
    pub fn new(grid: &Grid) -> Option<Metric> {
        let [a, b, c] = grid.steps;
        let volume = dot(a, cross(b, c));
        let reciprocal = [cross(b, c), cross(c, a), cross(a, b)].map(|normal| normal.map(|x| x / volume));
        let products = |of: [[f64; 3]; 3]| of.map(|p| of.map(|q| dot(p, q) as f32));
        let metric = Metric { steps: products(grid.steps), inverse: products(reciprocal) };
        metric.inverse.iter().flatten().all(|x| x.is_finite()).then_some(metric)
    }

    /// Square of the length in millimetres of an offset in voxels.
    pub fn squared_length(&self, offset: [f32; 3]) -> f32 {
        product(&self.steps, offset, offset).max(0.0)
    }

    /// Half the size in millimetres of a voxel in the direction of an offset: the root of the mean square of its half sides, weighted
    /// by how much of the offset runs along each.
    pub fn half_voxel(&self, offset: [f32; 3]) -> f32 {
        let along: [f32; 3] = std::array::from_fn(|axis| offset[axis] * offset[axis] * self.steps[axis][axis]);
        let sum: f32 = along.iter().sum();
        let sides: f32 = (0..3).map(|axis| along[axis] * self.steps[axis][axis]).sum();
        if sum > 0.0 { 0.5 * (sides / sum).sqrt() } else { 0.0 }
    }

    /// Distance in millimetres between neighbouring voxels along an axis.
    pub fn spacing(&self, axis: usize) -> f32 {
        self.steps[axis][axis].sqrt()
    }

    /// How many voxels a ball of `radius` millimetres reaches along each axis, rounded up.
    pub fn extent_of_ball(&self, radius: f32) -> Index {
        std::array::from_fn(|axis| (radius * self.inverse[axis][axis].sqrt()).ceil() as usize)
    }

    /// Offset in voxels that leads one millimetre up a field whose differences between neighbouring voxels are `gradient`; zero where
    /// the field is flat.
    fn uphill(&self, gradient: [f32; 3]) -> [f32; 3] {
        let length = product(&self.inverse, gradient, gradient).max(0.0).sqrt();
        if length < 1e-3 {
            return [0.0; 3];
        }
        self.inverse.map(|row| (row[0] * gradient[0] + row[1] * gradient[1] + row[2] * gradient[2]) / length)
    }
}

fn product(matrix: &[[f32; 3]; 3], a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|i| a[i] * (matrix[i][0] * b[0] + matrix[i][1] * b[1] + matrix[i][2] * b[2])).sum()
}

/// Signed distances from a surface, millimetres, negative inside.
pub(super) struct Field {
    /// `[slice, row, column]`.
    pub values: Array3<f32>,
    /// Voxel of the CT at which `values[[0, 0, 0]]` lies.
    pub corner: Index,
    /// Of the CT's grid.
    pub metric: Metric,
}

impl Field {
    /// `values` begin at voxel `corner` of the CT.
    pub fn new(values: Array3<f32>, corner: Index, metric: Metric) -> Field {
        Field { values, corner, metric }
    }

    /// Offset in voxels of one millimetre outwards; zero far from the surface.
    pub fn outward(&self, index: Index) -> [f32; 3] {
        let shape = self.values.shape();
        self.metric.uphill(std::array::from_fn(|axis| {
            let (mut before, mut after) = (index, index);
            before[axis] = index[axis].saturating_sub(1);
            after[axis] = (index[axis] + 1).min(shape[axis] - 1);
            let steps = after[axis] - before[axis];
            if steps == 0 { 0.0 } else { (self.values[after] - self.values[before]) / steps as f32 }
        }))
    }

    /// The way from the surface to a voxel in millimetres, negative from inside, and where it begins, in voxels from the corner.
    ///
    /// It is found in two steps: smoothed distances near the surface are a little shorter than the way.
    pub fn foot(&self, index: Index, outward: [f32; 3]) -> (f32, [f32; 3]) {
        let back = |way: f32| std::array::from_fn::<f32, 3, _>(|axis| index[axis] as f32 - way * outward[axis]);
        let first = self.values[index];
        let way = first + interpolate(|place| self.values[place], self.values.dim().into(), back(first));
        (way, back(way))
    }
}

/// Trilinear interpolation between voxels of a block of `shape`; its outermost voxels go on beyond it.
pub(super) fn interpolate(value: impl Fn(Index) -> f32, shape: Index, place: [f32; 3]) -> f32 {
    let mut low = [0; 3];
    let mut high = [0; 3];
    let mut share = [0.0; 3];
    for axis in 0..3 {
        let position = place[axis].clamp(0.0, (shape[axis] - 1) as f32);
        low[axis] = position as usize;
        high[axis] = (low[axis] + 1).min(shape[axis] - 1);
        share[axis] = position - low[axis] as f32;
    }
    let along = |z, y| value([z, y, low[2]]) * (1.0 - share[2]) + value([z, y, high[2]]) * share[2];
    let across = |z| along(z, low[1]) * (1.0 - share[1]) + along(z, high[1]) * share[1];
    across(low[0]) * (1.0 - share[0]) + across(high[0]) * share[0]
}
