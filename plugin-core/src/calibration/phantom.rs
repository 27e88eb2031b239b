//! What a density phantom is.

mod templates;

pub use templates::templates;

use crate::units::{Material, Mm};
use serde::{Deserialize, Serialize};

/// HU per mg/cm3 of bone mineral, roughly, at 120 kV: good enough to tell which rod is brighter.
const NOMINAL_SENSITIVITY: f64 = 1.5;
/// mg/cm3 of water.
pub(super) const WATER: f64 = 1000.0;
/// No phantom has more; beyond it a definition is a mistake.
const MOST_INSERTS: usize = 16;

/// A phantom's definition. Those that come with the program are templates: `certificate` and `confirmed_by` are filled in by a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhantomDefinition {
    /// Such as `b-mas200`: letters, digits, `-`, `_`, `.`.
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
    /// Whether `inserts` stand in the order in which the rods lie, from either end; a scan that shows another order is then refused.
    #[serde(default)]
    pub ordered: bool,
    /// The rods; `rods` label maps number them from 1 in this order.
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

impl Insert {
    /// About which HU it has: only its place among the others is meant.
    pub(super) fn nominal_hu(&self) -> f64 {
        self.water.map_or(0.0, |water| water - WATER) + NOMINAL_SENSITIVITY * self.density
    }
}

impl PhantomDefinition {
    /// What is wrong with it, as a sentence.
    pub fn validate(&self) -> Result<(), String> {
        let wrong = |what: String| Err(format!("phantom {:?}: {what}", self.id));
        if !is_identifier(&self.id) {
            return wrong("its id must be 1 to 64 letters, digits, '-', '_' or '.'".to_owned());
        }
        let least = match self.convention {
            RegressionConvention::DensityOnHu => 2,
            RegressionConvention::Mindways => 3,
        };
        if !(least..=MOST_INSERTS).contains(&self.inserts.len()) {
            return wrong(format!("it has {} inserts; {least} to {MOST_INSERTS} are accepted", self.inserts.len()));
        }
        for (number, insert) in (1..).zip(&self.inserts) {
            if !(-200.0..=2000.0).contains(&insert.density) {
                return wrong(format!("insert {number} has a density of {}; -200 to 2000 mg/cm3 are accepted", insert.density));
            }
            match (self.convention, insert.water) {
                (RegressionConvention::DensityOnHu, None) => {}
                (RegressionConvention::DensityOnHu, Some(_)) => {
                    return wrong(format!("insert {number} has a water equivalent, which only the convention mindways uses"));
                }
                (RegressionConvention::Mindways, Some(water)) if (500.0..=2000.0).contains(&water) => {}
                (RegressionConvention::Mindways, water) => {
                    return wrong(format!("insert {number} has the water equivalent {water:?}; 500 to 2000 mg/cm3 are needed"));
                }
            }
        }
        let densities = || self.inserts.iter().map(|insert| insert.density);
        let range = densities().fold(f64::NEG_INFINITY, f64::max) - densities().fold(f64::INFINITY, f64::min);
        if range < 50.0 {
            return wrong(format!("its densities span {range} mg/cm3; at least 50 are needed"));
        }
        for (name, length) in [("rod_radius_mm", self.rod_radius_mm), ("rod_spacing_mm", self.rod_spacing_mm)] {
            if let Some(Mm(length)) = length
                && !(1.0..=100.0).contains(&length)
            {
                return wrong(format!("{name} is {length}; 1 to 100 are accepted"));
            }
        }
        Ok(())
    }
}

/// Whether `id` may name a phantom or a stored calibration, also as part of a path.
pub(super) fn is_identifier(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && !id.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> PhantomDefinition {
        templates().swap_remove(0)
    }

    #[test]
    fn a_definition_that_cannot_be_meant_is_refused() {
        let refused = |change: fn(&mut PhantomDefinition), word: &str| {
            let mut changed = definition();
            change(&mut changed);
            let reason = changed.validate().expect_err(word);
            assert!(reason.contains(word), "{reason}");
        };
        refused(|one| one.id = "../x".to_owned(), "its id");
        refused(|one| one.inserts.truncate(1), "1 inserts");
        refused(|one| one.inserts[1].density = f64::NAN, "insert 2");
        refused(|one| one.inserts[0].water = Some(1000.0), "water equivalent");
        refused(|one| one.convention = RegressionConvention::Mindways, "None");
        refused(|one| one.inserts.iter_mut().for_each(|insert| insert.density = 100.0), "span 0");
        refused(|one| one.rod_radius_mm = Some(Mm(0.0)), "rod_radius_mm");
        assert_eq!(definition().validate(), Ok(()));
    }
}
