//! The numbers as people read them, the same on page and HTML.

use super::Validation;
use super::answer::{Answer, Estimate, Interval};
use super::at_cut::{AtCut, Proportion};
use super::stratum::Stratum;
use crate::drawing::text::rounded;

/// How a proportion at the cut is found.
type Part = fn(&AtCut) -> &Answer<Proportion>;

/// Proportions at the cut, by their names in the table.
pub const PROPORTIONS: [(&str, Part); 4] = [
    ("sensitivity", |one| &one.sensitivity),
    ("specificity", |one| &one.specificity),
    ("ppv", |one| &one.ppv),
    ("npv", |one| &one.npv),
];
const PROPORTION_LABELS: [&str; 4] = ["Sensitivity", "Specificity", "PPV of this sample", "NPV of this sample"];

/// A row of a list of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What.
    pub label: String,
    /// The number with its interval, or why there is none.
    pub text: Result<String, String>,
}

/// The unit, or that nobody stated one.
pub fn unit_or_unstated(validation: &Validation) -> &str {
    validation.unit.as_deref().unwrap_or("unit not stated")
}

/// How values of a validation are printed.
#[derive(Debug, Clone)]
pub struct Printer<'a> {
    /// Of values and differences.
    pub unit: &'a str,
    decimals: usize,
    confidence: f64,
    settings: &'a super::Asked,
}

impl<'a> Printer<'a> {
    /// With as many decimals as the size of the values calls for.
    pub fn new(validation: &'a Validation) -> Self {
        let mean = validation.strata.first().and_then(|all| all.reference.computed()).map_or(1.0, |one| one.mean.abs());
        let magnitude = if mean > 0.0 { mean.log10().floor() } else { 0.0 };
        let decimals = if magnitude < 0.0 { 2.0 - magnitude } else { 3.0 - magnitude };
        Printer {
            unit: validation.unit.as_deref().unwrap_or(""),
            decimals: decimals.clamp(0.0, 8.0) as usize,
            confidence: validation.settings.confidence,
            settings: &validation.settings,
        }
    }

    /// `95 % CI`.
    pub fn interval_name(&self) -> String {
        format!("{} % CI", rounded(self.confidence * 100.0, 1).trim_end_matches(".0"))
    }

    /// A value of the table.
    pub fn value(&self, value: f64) -> String {
        rounded(value, self.decimals)
    }

    fn interval(&self, interval: &Answer<Interval>, decimals: usize) -> String {
        interval.computed().map_or(String::new(), |interval| {
            format!(" ({} to {})", rounded(interval.low, decimals), rounded(interval.high, decimals))
        })
    }

    fn estimate(&self, estimate: &Estimate, decimals: usize) -> String {
        rounded(estimate.value, decimals) + &self.interval(&estimate.interval, decimals)
    }

    /// A value with its interval and unit.
    fn with_unit(&self, estimate: &Estimate) -> String {
        format!("{} {}", self.estimate(estimate, self.decimals), self.unit).trim_end().to_owned()
    }

    /// A coefficient with its interval.
    pub fn coefficient(&self, estimate: &Estimate) -> String {
        self.estimate(estimate, 3)
    }

    /// A proportion in percent with its counts.
    fn proportion(&self, one: &Proportion) -> String {
        let interval = Interval { low: 100.0 * one.interval.low, high: 100.0 * one.interval.high };
        let interval = self.interval(&Answer::Computed(interval), 1);
        format!("{} %{interval}, {} of {}", rounded(100.0 * one.value, 1), one.count, one.of)
    }

    /// Every number of a stratum.
    pub fn rows(&self, stratum: &Stratum) -> Vec<Row> {
        let mut rows = vec![row("Pairs", Ok(format!("{} of {}", stratum.pairs, counted(stratum.sites, "site"))))];
        rows.extend(self.agreement(stratum));
        rows.extend(self.disease(stratum));
        rows.extend(self.repeats(stratum));
        rows
    }

    fn agreement(&self, stratum: &Stratum) -> Vec<Row> {
        let icc = &stratum.icc;
        let (line, differences) = (stratum.regression.known(), stratum.bland_altman.known());
        let proportional = differences.and_then(|one| one.proportional.known());
        let with_unit = |value: f64| format!("{} {}", self.value(value), self.unit).trim_end().to_owned();
        vec![
            row("Pearson r", stratum.pearson_r.known().map(|one| self.coefficient(one))),
            row("ICC(2,1), agreement", icc.known().map(|one| self.coefficient(&one.icc_2_1))),
            row("ICC(3,1), consistency", icc.known().map(|one| self.coefficient(&one.icc_3_1))),
            row("MAE", stratum.errors.known().map(|one| with_unit(one.mae))),
            row("RMSE", stratum.errors.known().map(|one| with_unit(one.rmse))),
            row("Regression: slope", line.map(|line| self.coefficient(&line.slope))),
            row("Regression: intercept", line.map(|line| self.with_unit(&line.intercept))),
            row("Regression: SEE", line.map(|line| with_unit(line.see))),
            row("Bias", differences.map(|one| self.with_unit(&one.bias))),
            row("Lower limit of agreement", differences.map(|one| self.with_unit(&one.lower_limit))),
            row("Upper limit of agreement", differences.map(|one| self.with_unit(&one.upper_limit))),
            row(
                "Proportional bias",
                proportional.map(|line| format!("{}, p {}", self.coefficient(&line.slope), p_value(line.slope_p))),
            ),
        ]
    }

    fn disease(&self, stratum: &Stratum) -> Vec<Row> {
        if self.settings.reference_cut.is_none() {
            return vec![row("AUC", stratum.roc.known().map(|_| String::new()))];
        }
        let mut rows = vec![
            row("Diseased by the reference", Ok(diseased_share(stratum))),
            row("AUC", stratum.roc.known().map(|one| self.coefficient(&one.auc))),
        ];
        if self.settings.cut.is_none() {
            rows.push(row("At the cut", stratum.at_cut.known().map(|_| String::new())));
            return rows;
        }
        for (label, (_, part)) in PROPORTION_LABELS.iter().zip(PROPORTIONS) {
            rows.push(row(label, stratum.at_cut.known().and_then(|one| part(one).known()).map(|one| self.proportion(one))));
        }
        if let Some(prevalence) = self.settings.prevalence {
            let label = format!("PPV, NPV at prevalence {} %", rounded(100.0 * prevalence, 1));
            let bayes = stratum.at_cut.known().and_then(|one| one.at_prevalence.known());
            let text = |ppv: f64, npv: f64| format!("{} %, {} %", rounded(100.0 * ppv, 1), rounded(100.0 * npv, 1));
            rows.push(row(&label, bayes.map(|one| text(one.ppv, one.npv))));
        }
        rows
    }

    fn repeats(&self, stratum: &Stratum) -> Vec<Row> {
        let found = match stratum.precision.known() {
            Ok(found) => found,
            Err(reason) => return vec![row("Precision of repeats", Err(reason))],
        };
        let few = if found.enough_for_iscd { "" } else { "; ISCD asks for 30" };
        let cv = found.rms_cv_percent.known();
        vec![
            row(
                "Repeats",
                Ok(format!(
                    "{} of {}, {} degrees of freedom{few}",
                    found.measurements,
                    counted(found.patients, "patient"),
                    found.degrees_of_freedom
                )),
            ),
            row("RMS-SD", Ok(self.with_unit(&found.rms_sd))),
            row("RMS-CV", cv.map(|one| format!("{} %", self.estimate(one, 2)))),
            row("LSC", Ok(self.with_unit(&found.lsc))),
        ]
    }

    /// The cuts and the side of disease, in words.
    pub fn cuts(&self) -> Option<String> {
        let reference = self.settings.reference_cut?;
        let sign = self.settings.diseased.sign();
        let measured = match self.settings.cut {
            Some(cut) => format!("; measured {sign} {cut}, set beforehand"),
            None => String::new(),
        };
        Some(format!("Diseased: reference {sign} {reference} {}{measured}", self.unit))
    }
}

/// `1 site`, `2 sites`.
pub fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

fn diseased_share(stratum: &Stratum) -> String {
    stratum
        .roc
        .computed()
        .map_or_else(|| "all or none".to_owned(), |roc| format!("{} of {}", roc.diseased, roc.diseased + roc.healthy))
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("= {p:.3}") }
}

fn row(label: &str, text: Result<String, &str>) -> Row {
    Row { label: label.to_owned(), text: text.map_err(str::to_owned) }
}
