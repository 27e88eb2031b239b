//! Which patients a row is for.

use super::withheld;
use crate::report::{Block, GateCode, Patient};
use serde::{Deserialize, Serialize};

/// Conditions on the patient; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patients {
    /// Sex.
    pub sex: Option<Sex>,
    /// Whole years, from.
    pub least_age: Option<u32>,
    /// Whole years, to and including.
    pub most_age: Option<u32>,
    /// Body mass index in kg/m2, from.
    pub least_bmi: Option<f64>,
    /// Body mass index in kg/m2, below.
    pub below_bmi: Option<f64>,
}

/// Sex, as far as reference values know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Patient's Sex (0010,0040) `F`.
    Female,
    /// Patient's Sex (0010,0040) `M`.
    Male,
}

impl Sex {
    /// Of the patient, if it is one that reference values exist for.
    pub fn of(patient: &Patient) -> Option<Sex> {
        match patient.sex.as_deref()? {
            "F" => Some(Sex::Female),
            "M" => Some(Sex::Male),
            _ => None,
        }
    }
}

impl Patients {
    /// Whether the row is for others, so that another row may be for this patient.
    pub(super) fn are_others(&self, patient: &Patient) -> bool {
        let other_sex = matches!((self.sex, Sex::of(patient)), (Some(wanted), Some(found)) if wanted != found);
        let other_weight = bmi(patient).is_some_and(|bmi| {
            self.least_bmi.is_some_and(|least| bmi < least) || self.below_bmi.is_some_and(|limit| bmi >= limit)
        });
        other_sex || other_weight
    }

    /// What withholds the row from a patient that it may be for.
    pub(super) fn blocks(&self, patient: &Patient) -> Vec<Block> {
        let sex = (self.sex.is_some() && Sex::of(patient).is_none()).then(|| withheld::sex_unknown(patient));
        let by_bmi = self.least_bmi.is_some() || self.below_bmi.is_some();
        let bmi = (by_bmi && bmi(patient).is_none()).then(bmi_unknown);
        [sex, self.age(patient), bmi].into_iter().flatten().collect()
    }

    fn age(&self, patient: &Patient) -> Option<Block> {
        let limit = match (self.least_age, self.most_age) {
            (None, None) => return None,
            (Some(least), None) => format!("from {least} years on"),
            (None, Some(most)) => format!("up to {most} years"),
            (Some(least), Some(most)) => format!("from {least} to {most} years"),
        };
        let Some(age) = patient.age_years else { return Some(withheld::age_unknown()) };
        let within = self.least_age.is_none_or(|least| age >= least) && self.most_age.is_none_or(|most| age <= most);
        let outside = || Block {
            code: GateCode::Age,
            reason: format!("the patient is {age} years old; the reference values are used {limit}"),
            found: Some(f64::from(age)),
        };
        (!within).then(|| withheld::minor(age).unwrap_or_else(outside))
    }
}

/// Body mass index in kg/m2.
fn bmi(patient: &Patient) -> Option<f64> {
    Some(patient.weight_kg? / patient.height_m?.powi(2))
}

fn bmi_unknown() -> Block {
    let reason = "the cut-off depends on the body mass index, and height or weight is not known; the settings may give them";
    Block { code: GateCode::HeightMissing, reason: reason.to_owned(), found: None }
}
