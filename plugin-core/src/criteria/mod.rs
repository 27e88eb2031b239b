//! From values to scores and to what published criteria say of them.
//!
//! No score without a verified reference value, no category that calibration, age, sex or contrast do not support: what is missing is
//! said, with its reason. `tables` holds every number with its source.

mod tables;

pub use tables::ReferenceTables;

use crate::calibration::Calibration;
use crate::report::{Finding, Patient, Quality, ReferenceUsed};

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

/// Adds scores and assessments to `findings`; answers the reference values that were used.
pub fn apply(_findings: &mut [Finding], _context: Context<'_>) -> Vec<ReferenceUsed> {
    Vec::new()
}
