//! A mapping from the patient's own tissues to a line, learnt from scans that hold a phantom.

use super::Tissue;
use crate::units::Material;
use serde::{Deserialize, Serialize};

/// A mapping of one scanner model and tube voltage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TissueMapping {
    /// Name by which it is stored.
    pub id: String,
    /// Manufacturer (0008,0070) it holds for.
    pub manufacturer: Option<String>,
    /// Manufacturer's Model Name (0008,1090) it holds for.
    pub model: Option<String>,
    /// KVP (0018,0060) it holds for.
    pub tube_voltage_kv: Option<f64>,
    /// Equivalence material of the phantom.
    pub material: Material,
    /// Who confirmed it; absent: nobody.
    #[serde(default)]
    pub confirmed_by: Option<String>,
    /// Tissues in the order of the coefficients.
    pub tissues: Vec<Tissue>,
    /// `slope = slope[0] + sum slope[1 + i] * HU of tissue i`.
    pub slope: Vec<f64>,
    /// `intercept = intercept[0] + sum intercept[1 + i] * HU of tissue i`.
    pub intercept: Vec<f64>,
    /// Lowest and highest HU of each tissue among the scans it was learnt from.
    pub ranges_hu: Vec<[f64; 2]>,
    /// Number of scans it was learnt from.
    pub scans: usize,
    /// Residual standard deviation of the density at 100 mg/cm3, cross-validated.
    pub standard_error: f64,
}
