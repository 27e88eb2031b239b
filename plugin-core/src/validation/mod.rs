//! How far measured values agree with a reference: what a site asks before it trusts a number.
//!
//! ```text
//! pairs (CSV) -> stratum (all, in-house, external, every site) -> Validation (JSON) -> csv, figure, page, html
//! ```
//!
//! Statistics are pure functions, a file each: [`correlation`], [`icc`], [`agreement`], [`regression`], [`roc`], [`at_cut`],
//! [`precision`]. Their doc comments are the recipes.
//!
//! Agreement is that of one pair of every patient at every site, the first line of each; further lines are repeats and count for
//! precision only. Pooled, every pair weighs the same, whatever its site. A statistic that cannot be computed is a sentence, never NaN.

pub mod agreement;
pub mod answer;
pub mod at_cut;
pub mod correlation;
mod csv;
mod figure;
mod html;
pub mod icc;
mod moments;
mod page;
pub mod pairs;
pub mod precision;
mod printed;
mod quantiles;
pub mod regression;
pub mod roc;
mod settings;
mod sites;
pub mod stratum;

#[cfg(test)]
mod tests;

pub use pairs::PairsError;
pub use settings::{Diseased, Standardization, ValidationSettings};

use crate::drawing::render::RenderError;
use crate::results::OutputFile;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use stratum::{Members, Stratum, members, strata};

/// Names the version of the JSON form, `schema/validation.schema.json`.
pub const SCHEMA: &str = "bonemuscle-validation/1";

/// How the numbers are to be read; it stands on every output.
const METHODS: [&str; 6] = [
    "Difference: measured minus reference. Regression: measured on reference.",
    "One pair of every patient at every site, the first of the table; repeats count for precision only. Both hips are one patient.",
    "Pooled: every pair weighs the same, whatever its site.",
    "r: Fisher. ICC: McGraw and Wong 1996. Limits of agreement: bias \u{b1} 1.96 SD, Bland and Altman 1999.",
    "AUC: Mann-Whitney, DeLong 1988. Proportions at the pre-set cut: Wilson.",
    "RMS-SD, RMS-CV: weighted by degrees of freedom, chi-square, Gl\u{fc}er 1995. LSC = 2.77 RMS-SD.",
];

/// The result of a validation. It holds no patient's name or number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// [`crate::RESEARCH_USE_ONLY`].
    pub notice: &'static str,
    /// What computed it.
    pub software: Software,
    /// SHA-256 of the table.
    pub table_sha256: String,
    /// What was measured.
    pub quantity: Option<String>,
    /// Unit of all values; absent where the table states none.
    pub unit: Option<String>,
    /// What was asked for.
    pub settings: Asked,
    /// How the numbers are to be read.
    pub methods: [&'static str; 6],
    /// All, groups, sites.
    pub strata: Vec<Stratum>,
}

/// Name and version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Software {
    /// `BoneMuscle`.
    pub name: &'static str,
    /// [`crate::VERSION`].
    pub version: &'static str,
}

/// The settings that numbers depend on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    /// Diseased by the reference.
    pub reference_cut: Option<f64>,
    /// Diseased by the measured value.
    pub cut: Option<f64>,
    /// On which side.
    pub diseased: Diseased,
    /// Of predictive values.
    pub prevalence: Option<f64>,
    /// Of intervals.
    pub confidence: f64,
    /// Whether and how values were standardised.
    pub standardized: Option<Standardization>,
}

/// The numbers, and the files that show them.
#[derive(Debug)]
pub struct Validated {
    /// The numbers.
    pub validation: Validation,
    /// `validation.json`, `validation.csv`, `validation.html`, `validation.pdf`, and every figure as SVG and PNG.
    pub files: Vec<OutputFile>,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// The settings cannot be used.
    #[error("settings: {0}")]
    Settings(String),
    /// The table cannot be read.
    #[error("the table of pairs {} cannot be read: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The table cannot be used.
    #[error(transparent)]
    Pairs(#[from] PairsError),
    /// A figure could not be drawn, or the numbers not written.
    #[error("the validation could not be written: {0}")]
    Write(String),
}

impl From<RenderError> for ValidationError {
    fn from(error: RenderError) -> Self {
        ValidationError::Write(error.0)
    }
}

/// Validates the table in `bytes`, whose columns [`pairs`] describes.
pub fn validate(bytes: &[u8], settings: &ValidationSettings) -> Result<Validated, ValidationError> {
    settings.check().map_err(ValidationError::Settings)?;
    let pairs = pairs::read(bytes, settings)?;
    let members = members(&pairs);
    let validation = Validation {
        schema: SCHEMA,
        notice: crate::RESEARCH_USE_ONLY,
        software: Software { name: "BoneMuscle", version: crate::VERSION },
        table_sha256: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        quantity: pairs.quantity.clone(),
        unit: pairs.unit.clone(),
        settings: asked(settings),
        methods: METHODS,
        strata: strata(&members, settings),
    };
    let files = files(&validation, &members, settings)?;
    Ok(Validated { validation, files })
}

fn asked(settings: &ValidationSettings) -> Asked {
    Asked {
        reference_cut: settings.reference_cut,
        cut: settings.cut,
        diseased: settings.diseased,
        prevalence: settings.prevalence,
        confidence: settings.confidence,
        standardized: settings.standardized,
    }
}

fn files(
    validation: &Validation,
    members: &[Members<'_>],
    settings: &ValidationSettings,
) -> Result<Vec<OutputFile>, ValidationError> {
    let json = serde_json::to_vec_pretty(validation).map_err(|error| ValidationError::Write(error.to_string()))?;
    let columns = figure::columns(validation, members, settings);
    let file = |name, media_type, bytes| OutputFile { name, media_type, bytes };
    let mut files = vec![
        file("validation.json", "application/json", json),
        file("validation.csv", "text/csv", csv::to_csv(validation)?),
        file("validation.html", "text/html", html::draw(validation, &columns)?.into_bytes()),
        file("validation.pdf", "application/pdf", page::draw(validation, &columns)?),
    ];
    files.extend(figure::files(&columns)?);
    Ok(files)
}
