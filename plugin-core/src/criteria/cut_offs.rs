//! Cut-offs of a criterion.

use super::Patients;
use crate::anatomy::Structure;
use crate::report::{Category, Criterion, Quantity, ReferenceUsed, Region};
use crate::units::Material;
use serde::{Deserialize, Serialize};

/// The cut-offs of one criterion for one quantity and some patients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutOffs {
    /// Identifier, unique in the tables.
    pub id: String,
    /// Name for sentences: `WHO 1994`.
    pub description: String,
    /// Which criterion.
    pub criterion: Criterion,
    /// Structures it is for, on either side.
    pub structures: Vec<Structure>,
    /// Regions it is for.
    pub regions: Vec<Region>,
    /// What is compared, in the unit of the report; scores are taken against the criterion's own [`super::Distribution`].
    pub quantity: Quantity,
    /// Equivalence materials that the cut-offs hold for; none: any. Densities are never converted.
    #[serde(default)]
    pub materials: Vec<Material>,
    /// Patients it is for.
    #[serde(default)]
    pub patients: Patients,
    /// From the worst to the best.
    pub steps: Vec<Step>,
    /// Beyond the last step.
    pub otherwise: Category,
    /// What the sentence adds: what of the criterion CT cannot see.
    #[serde(default)]
    pub note: Option<String>,
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

/// One cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The cut-off.
    pub at: f64,
    /// Whether a value at the cut-off belongs below it.
    pub inclusive: bool,
    /// What a value below it is.
    pub category: Category,
}

impl CutOffs {
    /// What `value` is; compared to 1e-9, so that binary fractions do not decide.
    pub fn category(&self, value: f64) -> Category {
        let value = decimal(value);
        let step = self.steps.iter().find(|step| value < step.at || (step.inclusive && value == step.at));
        step.map_or(self.otherwise, |step| step.category)
    }

    pub(super) fn as_used(&self) -> ReferenceUsed {
        ReferenceUsed {
            id: self.id.clone(),
            description: self.description.clone(),
            source: self.source.clone(),
            device: self.device.clone(),
            population: self.population.clone(),
            verified_by: self.verified_by.clone(),
            mean: None,
            sd: None,
            cut_offs: self.steps.iter().map(|step| step.at).collect(),
        }
    }
}

/// The decimal number that was meant: 1e-9 is far below the six digits of a value and far above the error of its division.
fn decimal(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::ReferenceTables;
    use Category::{LowBoneMass, Normal, Osteoporosis};

    fn judge(id: &str, value: f64) -> Category {
        let tables = ReferenceTables::built_in();
        tables.cut_offs().iter().find(|row| row.id == id).expect("built in").category(value)
    }

    #[test]
    fn a_value_at_a_cut_off_goes_where_the_publication_puts_it() {
        let cases = [
            ("who-1994", [(-2.500001, Osteoporosis), (-2.5, Osteoporosis), (-2.499999, LowBoneMass)]),
            ("who-1994", [(-1.000001, LowBoneMass), (-1.0, Normal), (0.0, Normal)]),
            ("jsbmr-2012-percent", [(69.9999, Osteoporosis), (70.0, Osteoporosis), (70.0001, Normal)]),
            ("spine-qct", [(79.9999, Osteoporosis), (80.0, LowBoneMass), (119.999, LowBoneMass)]),
            ("spine-qct", [(120.0, LowBoneMass), (120.001, Normal), (200.0, Normal)]),
        ];
        for (id, values) in cases {
            for (value, category) in values {
                assert_eq!(judge(id, value), category, "{id} at {value}");
            }
        }
    }

    #[test]
    fn binary_fractions_do_not_decide() {
        // 0.637 g/cm2 against 0.942 +- 0.122 and 0.558 against 0.858 +- 0.120 are -2.5 by decimal arithmetic.
        let total_hip: f64 = (0.637 - 0.942) / 0.122;
        let femoral_neck: f64 = (0.558 - 0.858) / 0.12;
        assert!(total_hip > -2.5, "the case is no case");
        assert_eq!((judge("who-1994", total_hip), judge("who-1994", femoral_neck)), (Osteoporosis, Osteoporosis));
    }
}
