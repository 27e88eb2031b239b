//! Where the patient of a CT lay when a film was taken: the rigid pose at which the bones' projection looks like the film.
//!
//! The recipe (after Otake 2012, IEEE TMI 31:948, doi 10.1109/TMI.2011.2176555):
//! 1. HU become attenuation, `mu_water (1 + HU / 1000)`, of bone only: what a voxel absorbs more than one at the threshold, at least
//!    0. Soft parts move and change between CT and film, so the bones are projected as if soft parts surrounded and filled them; the
//!    film's own are a background that does not follow the pose.
//! 2. Bones and film are made coarse. At the coarsest level, where the caller gives no start, translations along both sides of the
//!    film are tried on a lattice over the whole length of the bones; the best one is the start.
//! 3. CMA-ES searches six degrees of freedom there, several times with different random steps (restarts; only three where the first
//!    three agree); each result is refined at the next level, within narrower bounds, twice. The best of them is refined at the finest
//!    level, on the part of the film that shows bone.
//! 4. Where the CT ends within bone, rays through that end are left out of every comparison, because the film goes on there. From the
//!    second refinement on they are those of its start for all poses: a search that may choose what it leaves out leaves out what fits
//!    badly.
//! 5. The pose is given only if its similarity reaches a threshold, and if a third of the restarts, at least two, agree on it in the
//!    plane of the film: some searches end beside the pose, but not in the same place. How far those that agree lie apart is reported
//!    beside it: in the plane, and in depth, of which one film tells little.
//!
//! The patient is one rigid body here. A hip that is bent otherwise on the film than in the CT puts the femora beside their shadow.
//!
//! | file | holds |
//! |---|---|
//! | `bone` | step 1: the bones of a CT |
//! | `image` | smoothing, shrinking, gradients |
//! | `similarity` | gradient correlation, normalised cross correlation, gradient information |
//! | `coverage` | step 4 |
//! | `stage` | film and bones at one resolution: what a pose costs |
//! | `cmaes` | the optimiser |
//! | `search` | steps 2, 3 and 5 |
//! | `target` | how far two poses put the same bone apart |
//! | `overlay` | a picture to judge a pose by |
//! | `error` | why there is no pose |

mod bone;
pub mod cmaes;
mod coverage;
mod error;
mod image;
mod overlay;
mod search;
mod similarity;
mod stage;
mod target;

pub use error::RegistrationError;
pub(crate) use image::shrink;
pub use overlay::overlay;
pub use search::register;
pub use similarity::Similarity;
pub use target::{TargetError, target_error};

use crate::geometry::Lps;
use crate::projection::{FilmGeometry, Pose, View};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// A film as it is compared.
#[derive(Debug, Clone, Copy)]
pub struct Film<'a> {
    /// Larger where more is absorbed, `[row, column]`: the patient's left at its right border, the feet at its lower one.
    pub attenuation: &'a Array2<f32>,
    /// Which pixels were exposed.
    pub exposed: &'a Array2<bool>,
    /// Detector and distances; of the same rows and columns.
    pub geometry: FilmGeometry,
}

/// A point that the user sees in both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landmark {
    /// Where it is in the CT.
    pub ct_mm: Lps,
    /// Row and column of the film, from the centre of the first pixel.
    pub film_pixel: [f64; 2],
}

/// What may be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistrationSettings {
    /// How film and projection are compared.
    pub similarity: Similarity,
    /// CT number at which bone begins, 0 to 500 HU.
    pub bone_threshold_hu: f32,
    /// Searches with different random steps, at most: 2 to 16.
    pub restarts: usize,
    /// Seed of the random steps.
    pub seed: u64,
    /// Where the search starts; none: the best place for the bones on the film.
    pub landmark: Option<Landmark>,
    /// A pose that is less like the film is refused. Absent: 0.22 of gradient correlation; of the others none is known, and it must be
    /// given.
    pub least_similarity: Option<f64>,
    /// Restarts that end farther from the best one, in millimetres in the plane of the film, do not agree with it.
    pub most_disagreement_mm: f64,
}

/// On simulated films (`examples/register_films.rs`) right poses had a gradient correlation of 0.24 to 0.55; wrong ones on which restarts
/// agreed had 0.13 at most on films of the phantom, and 0.20 on films of the real CT laid on the phantom. The value lies between.
const LEAST_CORRELATION: f64 = 0.22;

impl Default for RegistrationSettings {
    fn default() -> Self {
        RegistrationSettings {
            similarity: Similarity::default(),
            bone_threshold_hu: 100.0,
            restarts: 6,
            seed: 1,
            landmark: None,
            least_similarity: None,
            most_disagreement_mm: 2.0,
        }
    }
}

impl RegistrationSettings {
    /// With the least similarity that holds.
    pub fn complete(self) -> Result<RegistrationSettings, RegistrationError> {
        Ok(RegistrationSettings { least_similarity: Some(self.least()?), ..self })
    }

    fn least(&self) -> Result<f64, RegistrationError> {
        let known = (self.similarity == Similarity::GradientCorrelation).then_some(LEAST_CORRELATION);
        self.least_similarity.or(known).ok_or_else(|| {
            let sentence = "of this similarity it is not known how large it is on a film of somebody else; give least_similarity, \
                            such as the largest that films of others reach at your site";
            RegistrationError::Settings(sentence.to_owned())
        })
    }

    /// A sentence, where a setting is out of its range.
    fn check(&self) -> Result<(), RegistrationError> {
        let [threshold, restarts] = [f64::from(self.bone_threshold_hu), self.restarts as f64];
        let landmark = self.landmark.iter().flat_map(|one| one.ct_mm.into_iter().chain(one.film_pixel));
        let values = [
            ("bone_threshold_hu", threshold, 0.0, 500.0),
            ("restarts", restarts, 2.0, 16.0),
            ("least_similarity", self.least()?, 0.0, 1.0),
            ("most_disagreement_mm", self.most_disagreement_mm, 0.1, 50.0),
        ];
        let all = values.into_iter().chain(landmark.map(|value| ("landmark", value, -1e5, 1e5)));
        for (name, value, least, most) in all {
            if !(least..=most).contains(&value) {
                return Err(RegistrationError::Settings(format!("{name} is {value}; accepted: {least} to {most}")));
            }
        }
        Ok(())
    }
}

/// Where the patient lay.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// How the patient moved from the CT to the film; `view` stands still.
    pub pose: Pose,
    /// Source and detector of the whole film, in the coordinates of the CT before the pose.
    pub view: View,
    /// How alike the film and the bones at `pose` are, at the finest level.
    pub similarity: f64,
    /// Restarts that were run.
    pub restarts: usize,
    /// Those that agree with the best one, itself included.
    pub agreeing: usize,
    /// The largest mean distance of the bone in view between a restart that agrees and the best one, before the finest level.
    pub spread: TargetError,
    /// How many projections were compared.
    pub evaluations: usize,
    /// Centres of the bone in view, in the CT: what distances between poses are measured on.
    pub targets: Vec<Lps>,
    /// The projected bones at `pose`, attenuation, `[row, column]` of the film.
    pub projection: Array2<f32>,
}
