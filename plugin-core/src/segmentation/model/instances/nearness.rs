//! Distance to the nearest voxel of something.

use crate::geometry::{Grid, Index};
use ndarray::Array3;

/// Chamfer distance in millimetres over steps to all 26 neighbours, at most 8 % too long; infinite where nothing is a member.
pub(super) fn nearness(grid: &Grid, member: impl Fn(Index) -> bool) -> Array3<f32> {
    let mut distances = Array3::from_shape_fn(grid.shape, |(i, j, k)| if member([i, j, k]) { 0.0 } else { f32::INFINITY });
    let steps = steps_before(grid);
    let count = grid.len();
    let [_, rows, columns] = grid.shape;
    for pass in [1, -1] {
        for place in 0..count {
            let place = if pass == 1 { place } else { count - 1 - place };
            let here = [place / (rows * columns), place / columns % rows, place % columns];
            for (step, length) in &steps {
                let neighbour = [0, 1, 2].map(|axis| here[axis].wrapping_add_signed(step[axis] * pass));
                if let Some(other) = distances.get(neighbour) {
                    distances[here] = distances[here].min(other + length);
                }
            }
        }
    }
    distances
}

/// The thirteen neighbours that come earlier in memory, and how far they are.
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
    fn nothing_is_near_nothing() {
        let grid = Grid { shape: [2; 3], origin: [0.0; 3], steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] };
        assert!(nearness(&grid, |_| false).iter().all(|distance| distance.is_infinite()));
    }
}
