//! How far two poses put the same bone apart.

use crate::geometry::{Lps, add_scaled, dot, norm, subtract, unit};
use crate::projection::{Beam, Pose, View};
use serde::Serialize;

/// Mean distance of targets between two poses (mean target registration error, mTRE, where one of them is the truth), millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TargetError {
    /// Of the whole distances.
    pub total_mm: f64,
    /// Of the parts across the ray through the target: what moves the shadow.
    pub in_plane_mm: f64,
    /// Of the parts along the ray, of which a single film tells little.
    pub depth_mm: f64,
}

/// The distances of `targets` (points of the patient) between `found` and `truth`; zero without targets.
pub fn target_error(view: &View, targets: &[Lps], found: &Pose, truth: &Pose) -> TargetError {
    let mut sums = [0.0; 3];
    for target in targets {
        let place = truth.apply(*target);
        let off = subtract(found.apply(*target), place);
        let ray = match view.beam {
            Beam::Cone { source } => unit(subtract(place, source)),
            Beam::Parallel { direction } => unit(direction),
        };
        let along = dot(off, ray);
        for (sum, part) in sums.iter_mut().zip([norm(off), norm(add_scaled(off, ray, -along)), along.abs()]) {
            *sum += part;
        }
    }
    let [total_mm, in_plane_mm, depth_mm] = sums.map(|sum| sum / targets.len().max(1) as f64);
    TargetError { total_mm, in_plane_mm, depth_mm }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::Detector;

    fn view() -> View {
        let detector = Detector {
            rows: 1,
            columns: 1,
            first: [0.0, 200.0, 0.0],
            row_step: [0.0, 0.0, -1.0],
            column_step: [1.0, 0.0, 0.0],
        };
        View { beam: Beam::Cone { source: [0.0, -800.0, 0.0] }, detector }
    }

    #[test]
    fn a_shift_is_divided_into_its_parts_by_the_ray() {
        let truth = Pose::default();
        let shifted = |translation_mm: Lps| Pose { translation_mm, ..truth };
        let error = |shift: Lps, target: Lps| target_error(&view(), &[target], &shifted(shift), &truth);
        assert_eq!(error([3.0, 12.0, 4.0], [0.0; 3]), TargetError { total_mm: 13.0, in_plane_mm: 5.0, depth_mm: 12.0 });
        // Along the ray of a target beside the centre (600 : 800) nothing moves in the film.
        let along = error([3.0, 4.0, 0.0], [600.0, 0.0, 0.0]);
        assert!((along.depth_mm - 5.0).abs() < 1e-12 && along.in_plane_mm < 1e-12, "{along:?}");
    }

    #[test]
    fn a_turn_moves_targets_by_their_distance_from_the_centre() {
        let turned = Pose { rotation_degrees: [0.0, 2.0, 0.0], ..Pose::default() };
        let targets = [[100.0, 0.0, 0.0], [0.0, 0.0, 50.0]];
        let error = target_error(&view(), &targets, &turned, &Pose::default());
        let chord = 2.0 * 1.0_f64.to_radians().sin() * 75.0;
        assert!((error.total_mm - chord).abs() < 1e-9, "{error:?} {chord}");
    }
}
