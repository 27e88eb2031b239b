//! Which pixels of a film a CT that ends within the bone can explain.

use crate::geometry::{Grid, Index, Lps, add_scaled};
use crate::projection::{Beam, View};
use ndarray::Array2;

/// Which pixels of `view` get their bone from inside the box `grid` alone: their ray passes neither through an end of its slices at
/// which the bone is `cut`, nor through where bone goes on beyond it. All of them, where the CT holds the bones whole.
pub(super) fn coverage(grid: &Grid, cut: [bool; 2], view: &View) -> Array2<bool> {
    let shape = (view.detector.rows, view.detector.columns);
    if cut == [false, false] {
        return Array2::from_elem(shape, true);
    }
    Array2::from_shape_fn(shape, |(row, column)| {
        let pixel = view.detector.to_patient([row as f64, column as f64]);
        !leaves(grid.shape, cut, ends(&view.beam, pixel).map(|end| grid.to_index(end)))
    })
}

/// Two points of a pixel's ray.
fn ends(beam: &Beam, pixel: Lps) -> [Lps; 2] {
    match beam {
        Beam::Cone { source } => [*source, pixel],
        Beam::Parallel { direction } => [add_scaled(pixel, *direction, -1.0), pixel],
    }
}

/// Whether the line through two fractional indices meets the box of voxels, made endless along the slices, beyond an end at which
/// the bone is cut.
fn leaves(shape: Index, cut: [bool; 2], [from, to]: [[f64; 3]; 2]) -> bool {
    let (mut enter, mut exit) = (f64::NEG_INFINITY, f64::INFINITY);
    for axis in [1, 2] {
        let (start, step) = (from[axis], to[axis] - from[axis]);
        let faces = [-0.5, shape[axis] as f64 - 0.5];
        if step == 0.0 {
            if !(faces[0]..=faces[1]).contains(&start) {
                return false;
            }
            continue;
        }
        let [a, b] = faces.map(|face| (face - start) / step);
        (enter, exit) = (enter.max(a.min(b)), exit.min(a.max(b)));
    }
    // A ray along the slices' normal, which meets every slice, has infinite ends.
    let slice = |t: f64| from[0] + t * (to[0] - from[0]);
    let last = shape[0] as f64 - 0.5;
    enter < exit
        && [slice(enter), slice(exit)].into_iter().any(|at| (cut[0] && at < -0.5) || (cut[1] && at > last) || at.is_nan())
}

/// `valid` without what lies within `reach` pixels of an invalid one.
pub(super) fn eroded(valid: &Array2<bool>, reach: usize) -> Array2<bool> {
    let (rows, columns) = valid.dim();
    let along_rows = Array2::from_shape_fn((rows, columns), |(row, column)| {
        (column.saturating_sub(reach)..(column + reach + 1).min(columns)).all(|near| valid[[row, near]])
    });
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        (row.saturating_sub(reach)..(row + reach + 1).min(rows)).all(|near| along_rows[[near, column]])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::Detector;

    /// A box from -20 to 20 mm in x and y and from 0 to 40 mm in z, before a detector of pixels of 1 mm, whose row 0 lies at z 80.
    fn covered(beam: Beam, cut: [bool; 2]) -> Vec<usize> {
        let grid = Grid {
            shape: [20, 20, 20],
            origin: [-19.0, -19.0, 1.0],
            steps: [[0.0, 0.0, 2.0], [0.0, 2.0, 0.0], [2.0, 0.0, 0.0]],
        };
        let detector = Detector {
            rows: 121,
            columns: 3,
            first: [-1.0, 100.0, 80.5],
            row_step: [0.0, 0.0, -1.0],
            column_step: [1.0, 0.0, 0.0],
        };
        let valid = coverage(&grid, cut, &View { beam, detector });
        (0..121).filter(|row| (0..3).all(|column| valid[[*row, column]])).collect()
    }

    #[test]
    fn parallel_rays_are_covered_between_the_ends() {
        let beam = Beam::Parallel { direction: [0.0, 1.0, 0.0] };
        assert_eq!(covered(beam, [false, false]).len(), 121);
        // z = 80.5 - row.
        assert_eq!(covered(beam, [true, true]), (41..=80).collect::<Vec<_>>());
        assert_eq!(covered(beam, [true, false]), (0..=80).collect::<Vec<_>>());
    }

    #[test]
    fn a_widening_beam_loses_more_where_it_leaves_the_box_earlier() {
        // From z 20 the upper ray that leaves the back of the box at 40 ends at 20 + 20 * 200 / 120.
        let beam = Beam::Cone { source: [0.0, -100.0, 20.0] };
        let rows = covered(beam, [true, true]);
        let reach = 20.0 * 200.0 / 120.0;
        let expected: Vec<usize> = (0..121).filter(|row| (80.5 - *row as f64 - 20.0).abs() < reach).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn erosion_widens_holes_on_all_sides() {
        let mut valid = Array2::from_elem((7, 7), true);
        valid[[3, 1]] = false;
        let left = eroded(&valid, 2);
        let hole = |row: usize, column: usize| (1..=5).contains(&row) && column <= 3;
        assert!(left.indexed_iter().all(|((row, column), valid)| *valid != hole(row, column)));
    }
}
