//! What a host asks for.

use super::field::Subject;
use crate::geometry::Lps;
use crate::pipeline::Error;
use crate::projection::{FilmGeometry, View};
use crate::segmentation::structure_of_name;
use crate::settings::Settings;
use serde::{Deserialize, Serialize};

/// Farther than any patient moves before a film, in millimetres.
const FARTHEST: f64 = 2000.0;
/// Farther from the origin of its coordinates no CT lies, in millimetres.
const FAR: f64 = 100_000.0;

/// What to project, and where machine and patient stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DrrRequest {
    /// The CT, its labels, its calibration, the threads.
    pub settings: Settings,
    /// Detector and distances of an antero-posterior film.
    pub film: FilmGeometry,
    /// The point of the CT that the film is centred on, LPS in millimetres; absent: the middle of the CT, or of the structure.
    pub centre_mm: Option<Lps>,
    /// How the patient is moved before.
    pub pose: PatientPose,
    /// The structure that is shown, such as `femur_left`; absent: the whole CT.
    pub structure: Option<String>,
    /// Shows how thick the structure is, not how dense.
    pub thickness: bool,
}

/// A motion of the patient about the point that the film is centred on, as [`crate::projection::Pose`] defines it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatientPose {
    /// About x, then y, then z, in degrees.
    pub rotation_degrees: [f64; 3],
    /// In millimetres, to the left, to the back, to the head.
    pub translation_mm: [f64; 3],
}

impl DrrRequest {
    /// The machine, before the patient is moved.
    pub(super) fn view(&self, centre: Lps) -> Result<View, Error> {
        self.film.antero_posterior(centre).map_err(|error| Error::Settings(error.to_string()))
    }

    /// What is shown; else a sentence. Asks before anything is read, so that a slip costs no time.
    pub(super) fn check(&self) -> Result<Subject, Error> {
        let refused = |sentence: String| Err(Error::Settings(sentence));
        self.view([0.0; 3])?;
        let PatientPose { rotation_degrees, translation_mm } = self.pose;
        if let Some(angle) = rotation_degrees.iter().find(|angle| !(-360.0..=360.0).contains(*angle)) {
            return refused(format!("pose.rotation_degrees holds {angle}; accepted: -360 to 360"));
        }
        if let Some(shift) = translation_mm.iter().find(|shift| !(-FARTHEST..=FARTHEST).contains(*shift)) {
            return refused(format!("pose.translation_mm holds {shift}; accepted: -{FARTHEST} to {FARTHEST}"));
        }
        if let Some(place) = self.centre_mm.iter().flatten().find(|place| !(-FAR..=FAR).contains(*place)) {
            return refused(format!("centre_mm holds {place}; accepted: -{FAR} to {FAR}"));
        }
        match &self.structure {
            None if self.thickness => refused("thickness is that of a structure; name one, such as femur_left".to_owned()),
            None => Ok(Subject::Whole),
            Some(name) => match structure_of_name(name) {
                Some((structure, side)) => Ok(Subject::Structure { structure, side, thickness: self.thickness }),
                None => refused(format!("structure is \"{name}\", which is none that is known; accepted: l1, femur_left, ...")),
            },
        }
    }
}
