//! A mapping from the patient's own tissues to a line, learnt from scans that hold a phantom.

use crate::calibration::phantom::is_identifier;
use crate::calibration::{Conversion, Tissue};
use crate::read::{Acquisition, Equipment};
use crate::units::Material;
use serde::{Deserialize, Serialize};

/// Tube voltages nearer than this are one and the same.
const SAME_KILOVOLT: f64 = 0.5;

/// A mapping of one scanner model and tube voltage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TissueMapping {
    /// Name by which it is stored.
    pub id: String,
    /// Manufacturer (0008,0070) it holds for.
    pub manufacturer: Option<String>,
    /// Manufacturer's Model Name (0008,1090) it holds for; needed.
    pub model: Option<String>,
    /// KVP (0018,0060) it holds for; needed.
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

impl TissueMapping {
    /// The line at HU in the order of `tissues`.
    pub(super) fn predict(&self, hu: &[f64]) -> Conversion {
        let value =
            |coefficients: &[f64]| coefficients.iter().zip(std::iter::once(&1.0).chain(hu)).map(|(c, hu)| c * hu).sum::<f64>();
        Conversion { material: self.material, slope: value(&self.slope), intercept: value(&self.intercept), curvature: 0.0 }
    }

    /// What is wrong with a table that somebody wrote.
    pub fn contradiction(&self) -> Option<String> {
        let tissues = self.tissues.len();
        let repeated = self.tissues.iter().enumerate().any(|(i, tissue)| self.tissues[..i].contains(tissue));
        let finite = self.slope.iter().chain(&self.intercept).chain(self.ranges_hu.iter().flatten()).all(|x| x.is_finite());
        let problem = if !is_identifier(&self.id) {
            "its id must be 1 to 64 letters, digits, '-', '_' or '.'".to_owned()
        } else if self.model.is_none() || self.tube_voltage_kv.is_none() {
            "it must state model and tube_voltage_kv, or it would fit scans of any".to_owned()
        } else if tissues == 0 || repeated {
            "tissues must name at least one, and none twice".to_owned()
        } else if self.slope.len() != tissues + 1 || self.intercept.len() != tissues + 1 || self.ranges_hu.len() != tissues {
            format!(
                "{tissues} tissues need {} slope and intercept coefficients and {tissues} ranges; it has {}, {} and {}",
                tissues + 1,
                self.slope.len(),
                self.intercept.len(),
                self.ranges_hu.len()
            )
        } else if !finite || self.ranges_hu.iter().any(|[low, high]| low > high) {
            "its coefficients must be finite, and its ranges must go from low to high".to_owned()
        } else if !(self.standard_error.is_finite() && self.standard_error >= 0.0) {
            format!("its standard_error is {}; it must be 0 or more", self.standard_error)
        } else {
            return None;
        };
        Some(format!("the mapping {} is not usable: {problem}", self.id))
    }

    /// What of scanner and protocol is other than the mapping states; nothing: it fits. What the mapping does not state, it
    /// leaves open; what the image does not state, does not fit.
    pub(super) fn misfit(&self, equipment: &Equipment, acquisition: &Acquisition) -> Option<String> {
        let text = |name: &str, stated: &Option<String>, found: &Option<String>| {
            let stated = stated.as_deref()?;
            let found = found.as_deref().unwrap_or("not stated");
            (!stated.trim().eq_ignore_ascii_case(found.trim())).then(|| format!("{name} is {found}, it holds for {stated}"))
        };
        text("Manufacturer (0008,0070)", &self.manufacturer, &equipment.manufacturer)
            .or_else(|| text("Manufacturer's Model Name (0008,1090)", &self.model, &equipment.model))
            .or_else(|| {
                let stated = self.tube_voltage_kv?;
                let found = acquisition.tube_voltage;
                let same = found.is_some_and(|found| (found - stated).abs() < SAME_KILOVOLT);
                let found = found.map_or("not stated".to_owned(), |found| format!("{found} kV"));
                (!same).then(|| format!("KVP (0018,0060) is {found}, it holds for {stated} kV"))
            })
    }
}
