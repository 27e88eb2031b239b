//! One ray in voxel coordinates.

use crate::geometry::Index;

/// Beyond this slope's inverse no border is met in any grid that fits in memory.
const NEVER: f64 = f64::INFINITY;

/// A straight path through the grid, in voxel coordinates whose borders are the whole numbers (voxel `i` reaches from `i` to
/// `i + 1`), with the axis along which it covers most voxels as its parameter: along each of the others it then crosses at most
/// as many borders.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Path {
    /// The axis of the parameter.
    pub axis: usize,
    /// Parameter where the path enters the grid.
    pub enter: f64,
    /// Parameter where it leaves; more than `enter`.
    pub leave: f64,
    /// Millimetres of path to one voxel of the axis.
    pub millimetres: f64,
    /// The other two axes.
    pub sides: [Side; 2],
}

/// Position across the path's axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    /// Which axis of the grid.
    pub axis: usize,
    /// Position where the parameter is 0.
    pub at_zero: f64,
    /// Change with one voxel of the parameter, -1 to 1.
    pub slope: f64,
}

impl Side {
    /// The voxel at `parameter`; rounding may put it just outside of the grid.
    pub fn voxel(&self, parameter: f64, count: usize) -> usize {
        ((self.at_zero + self.slope * parameter).max(0.0) as usize).min(count - 1)
    }

    /// Parameter of the next border after `voxel`, and between borders.
    pub fn borders(&self, voxel: usize) -> [f64; 2] {
        if self.slope == 0.0 {
            return [NEVER, NEVER];
        }
        let border = voxel as f64 + if self.slope > 0.0 { 1.0 } else { 0.0 };
        [(border - self.at_zero) / self.slope, 1.0 / self.slope.abs()]
    }
}

impl Path {
    /// The path from `start` along `direction`, for `from..=to` times it, clipped to a grid of `shape`; none where it misses the
    /// grid. `length` is that of `direction` in millimetres.
    pub fn new(start: [f64; 3], direction: [f64; 3], length: f64, [from, to]: [f64; 2], shape: Index) -> Option<Path> {
        let [mut enter, mut leave] = [from, to];
        for axis in 0..3 {
            let far = shape[axis] as f64;
            if direction[axis] == 0.0 {
                if !(0.0..far).contains(&start[axis]) {
                    return None;
                }
                continue;
            }
            let [a, b] = [-start[axis] / direction[axis], (far - start[axis]) / direction[axis]];
            enter = enter.max(a.min(b));
            leave = leave.min(a.max(b));
        }
        let steepness = |axis: &usize| direction[*axis].abs();
        let axis = (0..3).max_by(|a, b| steepness(a).total_cmp(&steepness(b)))?;
        if !(enter < leave && steepness(&axis) > 0.0) {
            return None;
        }
        let parameter = |t: f64| (start[axis] + t * direction[axis]).clamp(0.0, shape[axis] as f64);
        let (first, last) = (parameter(enter), parameter(leave));
        let side = |axis_across: usize| {
            let slope = direction[axis_across] / direction[axis];
            Side { axis: axis_across, at_zero: start[axis_across] - slope * start[axis], slope }
        };
        let sides = match axis {
            0 => [side(1), side(2)],
            1 => [side(0), side(2)],
            _ => [side(0), side(1)],
        };
        let millimetres = length / steepness(&axis);
        Some(Path { axis, enter: first.min(last), leave: first.max(last), millimetres, sides })
    }
}
