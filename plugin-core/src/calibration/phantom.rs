//! What a density phantom is.

use crate::units::{Material, Mm};
use serde::{Deserialize, Serialize};

/// A phantom's definition. Those that come with the program are templates: `certificate` and `confirmed_by` are filled in by a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhantomDefinition {
    /// Such as `b-mas200`.
    pub id: String,
    /// Such as `B-MAS200 (Kyoto Kagaku)`.
    pub name: String,
    /// Serial number.
    #[serde(default)]
    pub serial: Option<String>,
    /// Number and date of the certificate.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Who compared this file with the certificate.
    #[serde(default)]
    pub confirmed_by: Option<String>,
    /// Where the numbers come from.
    pub source: String,
    /// What the rods' densities are equivalent to.
    pub material: Material,
    /// How the line is fitted.
    pub convention: RegressionConvention,
    /// Radius of the rods, where detection may use it.
    #[serde(default)]
    pub rod_radius_mm: Option<Mm>,
    /// Distance of neighbouring rods' centres, where detection may use it.
    #[serde(default)]
    pub rod_spacing_mm: Option<Mm>,
    /// Rods in the order in which they lie; `rods` label maps number them from 1 in this order.
    pub inserts: Vec<Insert>,
}

/// One rod of a phantom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insert {
    /// mg/cm3 of the phantom's material.
    pub density: f64,
    /// mg/cm3 water equivalent (Mindways only).
    #[serde(default)]
    pub water: Option<f64>,
}

/// How the line is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegressionConvention {
    /// Least squares of density on HU.
    DensityOnHu,
    /// Mindways: HU less water on density, then the reference phantom's offsets.
    Mindways,
}
