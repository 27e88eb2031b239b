//! From values to scores and to what published criteria say of them.
//!
//! # The recipe
//!
//! 1. **Rows.** Only rows of the tables with `verified_by` are used, for scores and for categories; the others are kept as
//!    information for whoever verifies them.
//! 2. **Scores** of an areal density `x` (g/cm2), against the mean `m` and the standard deviation `s` of the first row that fits
//!    region, sex and age: `t-score/1` and `z-score/1` are `(x - m) / s`, `percent-young-adult-mean/1` is `100 x / m`.
//! 3. **Categories.** A value goes into the first step that it lies below, or at where the step is inclusive; into `otherwise` when
//!    there is none. Values and scores are compared as reported and unrounded for display, but to 1e-9: 0.637 g/cm2 against 0.942
//!    and 0.122 is a T-score of -2.5, which binary fractions miss by 4e-16.
//! 4. **Several sites.** Of a criterion's rows and regions on one structure the worst category counts, and the lowest value among
//!    equals. Each femur is judged alone.
//! 5. **Withheld.** Scores: below the age of the row or without age (`AGE`), without sex where the row is for one (`SEX`), with no
//!    calibration or one by physics alone (`NOT_CALIBRATED`, `CAL_LOW_CONFIDENCE`), without a verified row (`NO_REFERENCE`). Categories:
//!    all of these, always without age or sex and below 20 years; of mineral density or CT numbers with contrast agent
//!    (`CONTRAST`); of mineral density when nobody confirmed the calibration (`CAL_UNCONFIRMED`) or when it is equivalent to another
//!    material than the row's (`NO_REFERENCE`); of CT numbers at another tube voltage than 120 kV (`KVP`); by body mass index without
//!    height or weight (`HEIGHT_MISSING`). Reasons are given only where the value itself exists, once for each structure. A
//!    criterion without any verified row is not offered and not mentioned.
//!
//! `tables` holds every number with its source.

mod assess;
mod cut_offs;
mod distribution;
mod patients;
mod precision;
mod score;
mod sentence;
mod standardized;
mod tables;
mod withheld;

pub use cut_offs::{CutOffs, Step};
pub use distribution::Distribution;
pub use patients::{Patients, Sex};
pub use precision::least_significant_change;
pub use standardized::{DxaDevice, DxaSite, standardized_bmd};
pub use tables::{ReferenceTables, TableError};

use crate::calibration::Calibration;
use crate::report::{Finding, Patient, Quality, ReferenceUsed};
use withheld::Withheld;

/// What criteria may look at beside the values.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Age, sex, height.
    pub patient: &'a Patient,
    /// How HU became density.
    pub calibration: &'a Calibration,
    /// What the gates said of the series: contrast and tube voltage withhold categories.
    pub quality: &'a [Quality],
    /// Built-in or the site's.
    pub tables: &'a ReferenceTables,
}

/// Adds scores and assessments to `findings`; answers the reference values that were used, in the order of the tables.
pub fn apply(findings: &mut [Finding], context: Context<'_>) -> Vec<ReferenceUsed> {
    let mut used = Vec::new();
    for finding in findings {
        let mut withheld = Withheld::default();
        let scores = score::scores(finding, context, &mut withheld);
        let verdicts = assess::verdicts(finding, context, &mut withheld);
        used.extend(scores.iter().filter_map(|score| score.reference.clone()));
        for verdict in verdicts {
            used.extend(verdict.distribution.map(|row| row.id.clone()));
            used.push(verdict.row.id.clone());
            finding.assessments.push(verdict.into_assessment());
        }
        finding.measurements.extend(scores);
        finding.not_measured.extend(withheld.into_not_measured());
    }
    context.tables.used(&used)
}
