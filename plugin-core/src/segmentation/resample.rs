//! Nearest-neighbour sampling onto the grid of the CT.
//!
//! A CT voxel belongs to a structure when its centre, expressed in the index coordinates of the labels, rounds to a labelled voxel.
//! A centre exactly between two voxels belongs to the one with the higher index; centres outside the labels belong to nothing.

use super::extent::Extent;
use crate::geometry::{Grid, Index, Lps, add_scaled};
use ndarray::parallel::prelude::*;
use ndarray::{Array3, Axis, Slice};

/// Centres this close to the middle between two voxels (in voxels) count as being there, so that rounding errors of the geometry do
/// not decide.
pub(super) const TIE: f64 = 1e-6;

/// The index nearest to a fractional one; `None` outside `0..length`.
pub(super) fn nearest(fraction: f64, length: usize) -> Option<usize> {
    let index = (fraction + 0.5 + TIE).floor();
    (index >= 0.0 && index < length as f64).then_some(index as usize)
}

/// The voxels of `grid` that can lie in the convex hull of `points` (in its patient coordinates); `None` if there are none.
pub(super) fn window(grid: &Grid, points: &[Lps]) -> Option<Extent> {
    let indices: Vec<[f64; 3]> = points.iter().map(|point| grid.to_index(*point)).collect();
    let mut window = Extent { first: [0; 3], last: [0; 3] };
    for axis in 0..3 {
        let along = || indices.iter().map(|index| index[axis]);
        let (low, high) = (along().fold(f64::INFINITY, f64::min).floor(), along().fold(f64::NEG_INFINITY, f64::max).ceil());
        let end = grid.shape[axis] as f64 - 1.0;
        if !(low <= end && high >= 0.0) {
            return None;
        }
        window.first[axis] = low.max(0.0) as usize;
        window.last[axis] = high.min(end) as usize;
    }
    Some(window)
}

/// The corners of a box of voxels, outer faces included, in index coordinates.
pub(super) fn corners(extent: &Extent) -> [[f64; 3]; 8] {
    let low = extent.first.map(|index| index as f64 - 0.5);
    let high = extent.last.map(|index| index as f64 + 0.5);
    std::array::from_fn(|bits| std::array::from_fn(|axis| if bits >> axis & 1 == 0 { low[axis] } else { high[axis] }))
}

/// The voxels of `grid` inside `window` whose centres are members, cropped to where there are any, with the corner of the crop.
pub(super) fn sample(grid: &Grid, window: &Extent, is_member: impl Fn(Lps) -> bool + Sync) -> Option<(Index, Array3<bool>)> {
    let mut voxels = Array3::from_elem(window.shape(), false);
    voxels.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(slice, mut plane)| {
        for (row, mut line) in plane.rows_mut().into_iter().enumerate() {
            let index = [slice + window.first[0], row + window.first[1], window.first[2]];
            let start = grid.to_patient(index.map(|i| i as f64));
            for (column, voxel) in line.iter_mut().enumerate() {
                *voxel = is_member(add_scaled(start, grid.steps[2], column as f64));
            }
        }
    });
    let found = tight(&voxels)?;
    let corner = std::array::from_fn(|axis| window.first[axis] + found.first[axis]);
    if found.shape() == window.shape() {
        return Some((corner, voxels));
    }
    Some((corner, voxels.slice_each_axis(|axis| Slice::from(found.range(axis.axis.index()))).to_owned()))
}

fn tight(voxels: &Array3<bool>) -> Option<Extent> {
    let here = |(slice, row, column)| Extent { first: [slice, row, column], last: [slice, row, column] };
    voxels.indexed_iter().filter(|(_, member)| **member).fold(None, |known, (index, _)| Extent::join(known, here(index)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_in_the_middle_goes_to_the_higher_index() {
        assert_eq!(nearest(0.5, 3), Some(1));
        assert_eq!(nearest(0.5 - 1e-9, 3), Some(1));
        assert_eq!(nearest(0.49, 3), Some(0));
        assert_eq!(nearest(-0.5, 3), Some(0));
        assert_eq!(nearest(-0.51, 3), None);
        assert_eq!(nearest(2.5, 3), None);
        assert_eq!(nearest(f64::NAN, 3), None);
    }

    #[test]
    fn a_ball_has_the_same_voxels_as_when_counted() {
        let grid = Grid {
            shape: [20, 20, 20],
            origin: [-10.0, -10.0, -10.0],
            steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        };
        let whole = Extent { first: [0; 3], last: [19; 3] };
        let (corner, voxels) = sample(&grid, &whole, |[x, y, z]| x * x + y * y + z * z <= 4.0).expect("a ball");
        // Lattice points within radius 2 of the origin: 33 (OEIS A000605).
        assert_eq!((corner, voxels.dim()), ([8, 8, 8], (5, 5, 5)));
        assert_eq!(voxels.iter().filter(|member| **member).count(), 33);
        assert!(sample(&grid, &whole, |_| false).is_none());
    }
}
