//! From HU to density.
//!
//! Calibration is never implied: without one, values stay in HU and no density or T-score is printed.

use serde::{Deserialize, Serialize};

/// How HU became density.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Calibration {
    /// No calibration: values are in HU.
    None,
}
