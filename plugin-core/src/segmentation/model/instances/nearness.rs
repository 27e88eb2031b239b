//! Distance to the nearest voxel of something.

use crate::geometry::{Grid, Index};
use ndarray::Array3;

/// Chamfer distance in millimetres over steps to all 26 neighbours, at most 8 % too long; infinite where nothing is a member.
pub(super) fn nearness(grid: &Grid, member: impl Fn(Index) -> bool) -> Array3<f32> {
    let [slices, rows, columns] = grid.shape;
    let start = Array3::from_shape_fn(grid.shape, |(i, j, k)| if member([i, j, k]) { 0.0 } else { f32::INFINITY });
    let mut distances = start.into_raw_vec_and_offset().0;
    let steps = steps_before(grid);
    for pass in [1, -1] {
        for place in 0..slices * rows {
            let here = if pass == 1 { place } else { slices * rows - 1 - place };
            // The rows beside it are done, so that all its voxels can be compared with them at once, and after that with each other.
            let mut row = distances[here * columns..][..columns].to_vec();
            for (step, length) in &steps {
                let slice = (here / rows).wrapping_add_signed(step[0] * pass);
                let line = (here % rows).wrapping_add_signed(step[1] * pass);
                if step[..2] == [0, 0] {
                    along(&mut row, *length, pass);
                } else if slice < slices && line < rows {
                    across(&mut row, &distances[(slice * rows + line) * columns..][..columns], *length, step[2] * pass);
                }
            }
            distances[here * columns..][..columns].copy_from_slice(&row);
        }
    }
    Array3::from_shape_fn(grid.shape, |(i, j, k)| distances[(i * rows + j) * columns + k])
}

/// Voxels may be reached from those of another row, `step` further on in it.
fn across(row: &mut [f32], other: &[f32], length: f32, step: isize) {
    let (behind, ahead) = (step.min(0).unsigned_abs(), step.max(0).unsigned_abs());
    let shared = row.len().saturating_sub(behind + ahead);
    for (here, there) in row[behind..][..shared].iter_mut().zip(&other[ahead..][..shared]) {
        *here = shorter(*here, there + length);
    }
}

/// Voxels may be reached from the one before them in their row, as the pass goes.
fn along(row: &mut [f32], length: f32, pass: isize) {
    let mut before = f32::INFINITY;
    let mut go = |here: &mut f32| {
        *here = shorter(*here, before + length);
        before = *here;
    };
    if pass == 1 { row.iter_mut().for_each(&mut go) } else { row.iter_mut().rev().for_each(&mut go) }
}

/// Distances are numbers, so that it need not look for others as `f32::min` does.
fn shorter(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

/// The thirteen neighbours that come earlier in memory, and how far they are; that in the same row last.
fn steps_before(grid: &Grid) -> Vec<([isize; 3], f32)> {
    let mut steps = Vec::new();
    for n in 0..13_isize {
        let step = [n / 9 - 1, n / 3 % 3 - 1, n % 3 - 1];
        let there = grid.to_patient(step.map(|i| i as f64));
        steps.push((step, crate::geometry::norm(crate::geometry::subtract(there, grid.origin)) as f32));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_patient() {
        let grid = Grid { shape: [5, 5, 5], origin: [7.0; 3], steps: [[0.0, 0.0, 4.0], [0.0, 3.0, 0.0], [2.0, 0.0, 0.0]] };
        let distances = nearness(&grid, |index| index == [2, 2, 2]);
        assert_eq!(distances[[2, 2, 4]], 4.0);
        assert_eq!(distances[[0, 2, 2]], 8.0);
        assert!((distances[[3, 3, 3]] - 29_f32.sqrt()).abs() < 1e-5);
        assert!((distances[[1, 1, 1]] - 29_f32.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn every_distance_is_that_of_the_shortest_way() {
        let grid = Grid { shape: [4, 5, 6], origin: [0.0; 3], steps: [[0.0, 0.4, 3.0], [0.0, 0.9, 0.0], [0.7, 0.0, 0.0]] };
        let member = |[i, j, k]: Index| (i * 7 + j * 5 + k * 3) % 31 == 0;
        let distances = nearness(&grid, member);
        let (places, steps) = (Vec::from_iter(ndarray::indices(grid.shape)), steps_before(&grid));
        // Bellman and Ford: ways of any number of steps.
        let mut shortest = Array3::from_shape_fn(grid.shape, |(i, j, k)| if member([i, j, k]) { 0.0 } else { f32::INFINITY });
        for _ in 0..places.len() {
            for (place, (step, length)) in places.iter().flat_map(|place| steps.iter().map(move |step| (*place, step))) {
                let place: Index = place.into();
                let other = [0, 1, 2].map(|axis| place[axis].wrapping_add_signed(step[axis]));
                if let Some(there) = shortest.get(other).copied() {
                    let here = shortest[place];
                    shortest[place] = here.min(there + length);
                    shortest[other] = there.min(here + length);
                }
            }
        }
        assert!(distances.iter().zip(&shortest).all(|(found, expected)| (found - expected).abs() < 1e-5));
    }

    #[test]
    fn nothing_is_near_nothing() {
        let grid = Grid { shape: [2; 3], origin: [0.0; 3], steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] };
        assert!(nearness(&grid, |_| false).iter().all(|distance| distance.is_infinite()));
    }
}
