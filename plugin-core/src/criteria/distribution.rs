//! How areal density is distributed in a reference population.

use super::Patients;
use crate::anatomy::Structure;
use crate::report::{Criterion, Patient, Quantity, ReferenceUsed, Region};
use serde::{Deserialize, Serialize};

/// Mean and standard deviation of the areal density (g/cm2) of a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Identifier, unique in the tables.
    pub id: String,
    /// What it is, in words: `total hip of young white women, NHANES III`.
    pub description: String,
    /// Structures it is for, on either side.
    pub structures: Vec<Structure>,
    /// Region it is for.
    pub region: Region,
    /// Whose young adults these are: the T-scores of this criterion's cut-offs are taken against them.
    #[serde(default)]
    pub criterion: Option<Criterion>,
    /// Scores that are printed: `t_score`, `z_score`, `percent_young_adult_mean`.
    pub scores: Vec<Quantity>,
    /// Patients that may be compared with it.
    #[serde(default)]
    pub patients: Patients,
    /// g/cm2.
    pub mean: f64,
    /// g/cm2.
    pub sd: f64,
    /// Publication.
    pub source: String,
    /// Device that the values were measured with.
    pub device: String,
    /// Who was measured.
    pub population: String,
    /// Who checked the row against the publication; absent: nobody, and it is not used.
    #[serde(default)]
    pub verified_by: Option<String>,
}

impl Distribution {
    /// What a density of `value` g/cm2 scores; none for a quantity that is no score.
    pub fn score(&self, quantity: Quantity, value: f64) -> Option<f64> {
        match quantity {
            Quantity::TScore | Quantity::ZScore => Some((value - self.mean) / self.sd),
            Quantity::PercentYoungAdultMean => Some(100.0 * value / self.mean),
            _ => None,
        }
    }

    /// Whether it is verified and about this place in this patient, as far as sex is known.
    pub(super) fn concerns(&self, structure: Structure, region: Region, patient: &Patient) -> bool {
        self.verified_by.is_some()
            && self.region == region
            && self.structures.contains(&structure)
            && !self.patients.are_others(patient)
    }

    pub(super) fn as_used(&self) -> ReferenceUsed {
        ReferenceUsed {
            id: self.id.clone(),
            description: self.description.clone(),
            source: self.source.clone(),
            device: self.device.clone(),
            population: self.population.clone(),
            verified_by: self.verified_by.clone(),
            mean: Some(self.mean),
            sd: Some(self.sd),
            cut_offs: Vec::new(),
        }
    }
}
