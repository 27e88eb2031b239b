//! How the bone is turned before it is projected.

use super::Landmarks;
use crate::geometry::{Lps, add_scaled, cross, dot, norm, subtract, unit};
use crate::report::{Block, GateCode};
use crate::settings::PoseMode;

/// Axes shorter than this, before they are made unit, point nowhere.
const LEAST_AXIS: f64 = 1e-3;

/// A right-handed frame around the centre of the neck of a left femur, all vectors unit and in LPS.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub origin: Lps,
    pub lateral: Lps,
    /// The direction of projection.
    pub posterior: Lps,
    pub superior: Lps,
}

impl Frame {
    /// Step 1 of the recipe.
    pub fn new(mode: PoseMode, landmarks: &Landmarks) -> Result<Frame, Block> {
        let neck = subtract(landmarks.neck_centre, landmarks.head_centre);
        let shaft = subtract(landmarks.shaft[0], landmarks.shaft[1]);
        let (posterior, superior) = match mode {
            PoseMode::NeckShaftFrame => {
                let superior = direction(shaft)?;
                (direction(cross(superior, neck))?, superior)
            }
            PoseMode::Uemura2022 => {
                let posterior = direction(cross([0.0, 0.0, 1.0], neck))?;
                (posterior, direction(add_scaled(shaft, posterior, -dot(shaft, posterior)))?)
            }
            PoseMode::AsScanned => ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
        };
        Ok(Frame { origin: landmarks.neck_centre, lateral: cross(posterior, superior), posterior, superior })
    }

    /// A vector of the patient as `[lateral, superior]` of the projection.
    pub fn flat(&self, vector: Lps) -> [f64; 2] {
        [dot(vector, self.lateral), dot(vector, self.superior)]
    }

    /// Where a point of the patient falls in the projection, `[lateral, superior]`, millimetres from the centre of the neck.
    pub fn project(&self, point: Lps) -> [f64; 2] {
        self.flat(subtract(point, self.origin))
    }

    /// How far behind the centre of the neck a point lies.
    pub fn depth(&self, point: Lps) -> f64 {
        dot(subtract(point, self.origin), self.posterior)
    }

    /// The point of the patient at a place of the projection.
    pub fn point(&self, [lateral, superior]: [f64; 2], depth: f64) -> Lps {
        let point = add_scaled(self.origin, self.lateral, lateral);
        add_scaled(add_scaled(point, self.superior, superior), self.posterior, depth)
    }
}

fn direction(vector: Lps) -> Result<Lps, Block> {
    // Not `<`, so that NaN is refused too.
    if norm(vector) > LEAST_AXIS {
        return Ok(unit(vector));
    }
    Err(Block {
        code: GateCode::NeckQc,
        reason: "the axes of neck and shaft are parallel or have no length, so the femur cannot be turned".to_owned(),
        found: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_femur::{self, Turn};
    use super::*;

    fn angle(a: Lps, b: Lps) -> f64 {
        dot(a, b).clamp(-1.0, 1.0).acos().to_degrees()
    }

    #[test]
    fn the_frame_follows_any_turn() {
        let turn = Turn::about([0.3, -0.5, 0.8], 37.0);
        let upright = Frame::new(PoseMode::NeckShaftFrame, &test_femur::landmarks(&Turn::none())).expect("axes");
        let turned = Frame::new(PoseMode::NeckShaftFrame, &test_femur::landmarks(&turn)).expect("axes");
        for (before, after) in
            [(upright.lateral, turned.lateral), (upright.posterior, turned.posterior), (upright.superior, turned.superior)]
        {
            assert!(angle(turn.vector(before), after) < 1e-5);
        }
        assert!(angle(upright.lateral, [1.0, 0.0, 0.0]) < 1e-5 && angle(upright.superior, [0.0, 0.0, 1.0]) < 1e-5);
    }

    #[test]
    fn uemura_takes_out_rotation_and_adduction_but_leaves_flexion() {
        let frame = |turn: &Turn| Frame::new(PoseMode::Uemura2022, &test_femur::landmarks(turn)).expect("axes");
        let rotated = frame(&Turn::about([0.0, 0.0, 1.0], 20.0));
        assert!(angle(rotated.posterior, Turn::about([0.0, 0.0, 1.0], 20.0).vector([0.0, 1.0, 0.0])) < 1e-5);
        let adducted = frame(&Turn::about([0.0, 1.0, 0.0], 8.0));
        assert!(angle(adducted.superior, Turn::about([0.0, 1.0, 0.0], 8.0).vector([0.0, 0.0, 1.0])) < 1e-5);
        // The beam stays horizontal however the thigh is flexed.
        let flexed = frame(&Turn::about([1.0, 0.0, 0.0], 15.0));
        assert!(flexed.posterior[2].abs() < 1e-12);
    }

    #[test]
    fn as_scanned_is_the_patient() {
        let frame = Frame::new(PoseMode::AsScanned, &test_femur::landmarks(&Turn::none())).expect("axes");
        assert_eq!((frame.lateral, frame.posterior, frame.superior), ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]));
        let point = [3.0, -4.0, 5.0];
        assert!(norm(subtract(frame.point(frame.project(point), frame.depth(point)), point)) < 1e-12);
    }

    #[test]
    fn a_neck_along_the_shaft_is_refused() {
        let mut landmarks = test_femur::landmarks(&Turn::none());
        landmarks.neck_centre = add_scaled(landmarks.head_centre, [0.0, 0.0, 1.0], -30.0);
        assert_eq!(Frame::new(PoseMode::NeckShaftFrame, &landmarks).map_err(|block| block.code), Err(GateCode::NeckQc));
    }
}
