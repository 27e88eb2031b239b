//! Calibrating a scan that holds a density phantom, and learning from such scans.

use super::{Error, choice, labels};
use crate::calibration::{self, Calibration, CalibrationChoice, Evidence, StoredCalibration, TissueMapping, TissueReading};
use crate::progress::Progress;
use crate::read::{Inputs, scan};
use crate::report::Quality;
use crate::settings::Settings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What to calibrate, and as what to keep it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalibrationRequest {
    /// Name of the stored calibration.
    pub id: String,
    /// Days for which it may be used.
    pub valid_days: u16,
    /// The phantom (`calibration`), the series, and the site's phantoms (`site`).
    pub settings: Settings,
}

/// What one scan of a phantom says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanCalibration {
    /// For the site's stored calibrations.
    pub stored: StoredCalibration,
    /// With every rod.
    pub calibration: Calibration,
    /// The patient's own tissues, where labels tell them.
    pub tissues: Vec<TissueReading>,
    /// Warnings.
    pub quality: Vec<Quality>,
}
