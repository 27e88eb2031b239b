//! Why there is no pose.

use crate::progress::Cancelled;

/// Why a film was not registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The CT holds no skeleton.
    #[error("the CT holds {found_cm3:.1} cm3 above {threshold_hu} HU; at least 20 cm3 of bone are needed")]
    NoBone {
        /// Volume above the threshold.
        found_cm3: f64,
        /// The threshold.
        threshold_hu: f32,
    },
    /// There is no film that can be compared.
    #[error("no radiograph that can be registered: {reason}")]
    Radiograph {
        /// What was found, and what would do.
        reason: String,
    },
    /// The film is too small to be compared.
    #[error("the film is {found_mm:.0} mm wide or high; at least {least_mm:.0} mm are needed")]
    SmallFilm {
        /// Its shorter side.
        found_mm: f64,
        /// What is needed.
        least_mm: f64,
    },
    /// The settings ask for what cannot be done.
    #[error("{0}")]
    Settings(String),
    /// The best pose does not look like the film.
    #[error(
        "the best pose has a similarity of {found:.3}; below {least} it is not trusted: CT and film may be of different patients or \
         regions, or the start may be too far off"
    )]
    Unlike {
        /// Similarity of the best pose.
        found: f64,
        /// The threshold.
        least: f64,
    },
    /// Searches from different random steps ended in different poses.
    #[error(
        "{agreeing} of {restarts} restarts ended within {most_mm} mm of the best pose in the plane of the film, and {} must; the next one \
         ended {nearest_mm:.1} mm away", super::search::needed(*.restarts)
    )]
    Disagreement {
        /// How many agree, the best one included.
        agreeing: usize,
        /// How many there were.
        restarts: usize,
        /// Of the restarts that do not agree, the least distance.
        nearest_mm: f64,
        /// The threshold.
        most_mm: f64,
    },
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
