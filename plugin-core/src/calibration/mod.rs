//! From HU to density.
//!
//! Calibration is never implied: without one, values stay in HU and no density or T-score is printed. There are four ways, behind
//! one trait, [`Calibrator`]: a phantom in the scan, a stored calibration of the scanner, the patient's own tissues, or none. The
//! report always names which one it was, with its numbers.

mod assign;
mod choose;
mod detect;
mod fit;
mod in_scan;
mod line;
mod model;
mod phantom;
mod rods;
mod stored;
pub mod tissue;

pub use choose::calibrate;
pub use fit::{Fit, GOOD_R_SQUARED, LEAST_R_SQUARED, fit};
pub use in_scan::{InScan, definitions};
pub use model::*;
pub use phantom::{Insert, PhantomDefinition, RegressionConvention, templates};
pub use stored::{Store, VALID_DAYS, stored_from_scan};
pub use tissue::TissueMapping;

use crate::progress::Cancelled;
use crate::read::{Acquisition, Equipment};
use crate::report::{GateCode, Quality};
use crate::segmentation::StructureMask;
use crate::volume::CtVolume;

/// What a calibration may look at.
#[derive(Clone)]
pub struct Evidence<'a> {
    /// The CT.
    pub volume: &'a CtVolume<'a>,
    /// How it was acquired.
    pub acquisition: &'a Acquisition,
    /// On which scanner.
    pub equipment: &'a Equipment,
    /// Study Date (0008,0020), `YYYYMMDD`.
    pub study_date: Option<&'a str>,
    /// Labels that a value may rest on: none that a model doubts too much; a scan of a phantom alone has none at all.
    pub labels: Vec<&'a StructureMask>,
}

/// A way from HU to density.
pub trait Calibrator {
    /// The calibration, and what is to be said of it.
    fn calibrate(&self, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError>;
}

/// What a [`Calibrator`] gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// The calibration.
    pub calibration: Calibration,
    /// Warnings about it.
    pub quality: Vec<Quality>,
}

/// Why there is no calibration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// A gate withheld it.
    #[error("{reason}")]
    Withheld {
        /// Which gate.
        code: GateCode,
        /// A sentence that says what was found and what would do.
        reason: String,
        /// The figure the gate saw.
        found: Option<f64>,
    },
    /// The choice names what the site's tables do not hold, or a file that cannot be read.
    #[error("calibration: {0}")]
    Settings(String),
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
