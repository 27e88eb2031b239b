//! How the patient moved.

use crate::geometry::{Grid, Lps, add_scaled, dot, subtract};
use serde::{Deserialize, Serialize};

/// A rigid motion of the patient: `p -> R (p - centre) + centre + translation`, with `R = Rz Ry Rx`, so that the patient is
/// turned about the fixed x axis first, then about y, then about z, each by the right-hand rule.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pose {
    /// About x, y and z, in degrees.
    pub rotation_degrees: [f64; 3],
    /// In millimetres.
    pub translation_mm: Lps,
    /// The point that only the translation moves.
    pub centre: Lps,
}

impl Pose {
    /// Rows of `R`.
    pub fn rotation(&self) -> [Lps; 3] {
        let [(sx, cx), (sy, cy), (sz, cz)] = self.rotation_degrees.map(|angle| angle.to_radians().sin_cos());
        [
            [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
            [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
            [-sy, cy * sx, cy * cx],
        ]
    }

    /// Where a point of the patient comes to lie.
    pub fn apply(&self, point: Lps) -> Lps {
        let offset = subtract(point, self.centre);
        let turned = self.rotation().map(|row| dot(row, offset));
        add_scaled(add_scaled(self.centre, self.translation_mm, 1.0), turned, 1.0)
    }

    /// Which point of the patient comes to lie there.
    pub fn undo(&self, point: Lps) -> Lps {
        let offset = subtract(subtract(point, self.centre), self.translation_mm);
        let rotation = self.rotation();
        let mut start = self.centre;
        for (row, amount) in rotation.into_iter().zip(offset) {
            start = add_scaled(start, row, amount);
        }
        start
    }

    /// Where the patient's voxels come to lie.
    pub fn apply_to_grid(&self, grid: &Grid) -> Grid {
        let rotation = self.rotation();
        let turn = |step: Lps| rotation.map(|row| dot(row, step));
        Grid { shape: grid.shape, origin: self.apply(grid.origin), steps: grid.steps.map(turn) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::norm;

    #[test]
    fn x_is_turned_before_y_before_z() {
        let pose = Pose { rotation_degrees: [90.0, 90.0, 0.0], translation_mm: [1.0, 2.0, 3.0], centre: [10.0, 0.0, 0.0] };
        // About x: y -> z; then about y: z -> x.
        let moved = pose.apply([10.0, 5.0, 0.0]);
        assert!(norm(subtract(moved, [16.0, 2.0, 3.0])) < 1e-12, "{moved:?}");
        assert_eq!(pose.apply(pose.centre), [11.0, 2.0, 3.0]);
    }

    #[test]
    fn undo_takes_back_and_grids_move_like_points() {
        let pose = Pose { rotation_degrees: [12.0, -31.0, 77.0], translation_mm: [4.0, 5.0, -6.0], centre: [1.0, 20.0, -3.0] };
        let point = [31.0, -12.0, 55.0];
        assert!(norm(subtract(pose.undo(pose.apply(point)), point)) < 1e-12);
        let grid =
            Grid { shape: [3, 4, 5], origin: [7.0, 8.0, 9.0], steps: [[0.1, 0.2, 2.0], [0.0, 1.0, 0.0], [1.5, 0.0, 0.0]] };
        let index = [1.5, 2.0, 3.25];
        let there = pose.apply_to_grid(&grid).to_patient(index);
        assert!(norm(subtract(there, pose.apply(grid.to_patient(index)))) < 1e-12);
    }
}
