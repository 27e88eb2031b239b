//! What a validation is told beforehand.

use crate::criteria::{DxaDevice, DxaSite};
use serde::{Deserialize, Serialize};

/// All settings; every one has a default, and an unknown key is an error.
///
/// Cuts are given by the user before the data are seen. None is ever chosen from the data: the best cut of a sample flatters it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationSettings {
    /// Which quantity of the table; may be absent where it holds only one.
    pub quantity: Option<String>,
    /// Which patients are diseased, by the reference; absent: no ROC curve and nothing at a cut.
    pub reference_cut: Option<f64>,
    /// Which patients the measured value calls diseased; absent: nothing at a cut.
    pub cut: Option<f64>,
    /// On which side of either cut disease lies; a value on the cut is diseased.
    pub diseased: Diseased,
    /// Share of diseased in the population that predictive values are computed for, 0 to 1; absent: the sample's only.
    pub prevalence: Option<f64>,
    /// Of every interval.
    pub confidence: f64,
    /// Compares as standardised BMD; absent: as the table says.
    pub standardized: Option<Standardization>,
    /// Threads to compute with; absent: one per core. Does not change any value.
    pub threads: Option<usize>,
}

impl Default for ValidationSettings {
    fn default() -> Self {
        ValidationSettings {
            quantity: None,
            reference_cut: None,
            cut: None,
            diseased: Diseased::default(),
            prevalence: None,
            confidence: 0.95,
            standardized: None,
            threads: None,
        }
    }
}

/// On which side of a cut disease lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diseased {
    /// As with density.
    #[default]
    AtOrBelow,
    /// As with muscle fat.
    AtOrAbove,
}

impl Diseased {
    /// Whether `value` is diseased by `cut`.
    pub fn by(self, value: f64, cut: f64) -> bool {
        match self {
            Diseased::AtOrBelow => value <= cut,
            Diseased::AtOrAbove => value >= cut,
        }
    }

    /// `value`, turned so that a larger one is more diseased.
    pub fn score(self, value: f64) -> f64 {
        match self {
            Diseased::AtOrBelow => -value,
            Diseased::AtOrAbove => value,
        }
    }

    /// As people write it.
    pub fn sign(self) -> &'static str {
        match self {
            Diseased::AtOrBelow => "≤",
            Diseased::AtOrAbove => "≥",
        }
    }
}

/// Areal densities in g/cm2 of several makers of DXA, compared as standardised BMD in mg/cm2. The table then has a column `device`,
/// that of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standardization {
    /// Where both values were measured.
    pub site: DxaSite,
    /// As whose device measured values were calibrated.
    pub measured: DxaDevice,
}

/// No bone has less, in mg/cm2, and none more in g/cm2: a smaller cut was meant in the unit of the table.
const LEAST_STANDARDIZED_CUT: f64 = 10.0;

impl ValidationSettings {
    /// A sentence, where a setting cannot be used.
    pub fn check(&self) -> Result<(), String> {
        if !(0.5..=0.999).contains(&self.confidence) {
            return Err(format!("confidence is {}; accepted: 0.5 to 0.999", self.confidence));
        }
        if let Some(prevalence) = self.prevalence.filter(|one| !(*one > 0.0 && *one < 1.0)) {
            return Err(format!("prevalence is {prevalence}; accepted: a share between 0 and 1"));
        }
        for (name, cut) in [("reference_cut", self.reference_cut), ("cut", self.cut)] {
            if let Some(cut) = cut.filter(|cut| !cut.is_finite()) {
                return Err(format!("{name} is {cut}; give a number in the unit of the table"));
            }
            if let Some(cut) = cut.filter(|cut| self.standardized.is_some() && *cut < LEAST_STANDARDIZED_CUT) {
                return Err(format!("{name} is {cut}; standardised BMD is compared in mg/cm2, so give it in mg/cm2"));
            }
        }
        match (self.reference_cut, self.cut) {
            (None, Some(cut)) => Err(format!("cut is {cut}, but without reference_cut nobody is diseased; give both")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named() {
        let refused = |json: &str| {
            let settings: ValidationSettings = serde_json::from_str(json).expect("settings");
            settings.check().expect_err("refused")
        };
        assert!(refused(r#"{"cut": 0.6}"#).contains("reference_cut"));
        assert!(refused(r#"{"prevalence": 20}"#).contains("prevalence is 20"));
        assert!(refused(r#"{"confidence": 95}"#).contains("confidence is 95"));
        let in_grams = r#"{"standardized": {"site": "total_hip", "measured": "hologic"}, "reference_cut": 0.637}"#;
        assert!(refused(in_grams).contains("reference_cut is 0.637; standardised BMD is compared in mg/cm2"));
        assert_eq!(ValidationSettings::default().check(), Ok(()));
        assert!(serde_json::from_str::<ValidationSettings>(r#"{"best_cut": true}"#).is_err());
    }

    #[test]
    fn a_value_on_the_cut_is_diseased() {
        assert!(Diseased::AtOrBelow.by(0.5, 0.5) && Diseased::AtOrAbove.by(0.5, 0.5));
        assert!(!Diseased::AtOrBelow.by(0.6, 0.5) && Diseased::AtOrBelow.score(0.4) > Diseased::AtOrBelow.score(0.6));
    }
}
