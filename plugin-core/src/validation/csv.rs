//! The numbers as a table, a row for each.

use super::answer::{Answer, Estimate, Interval};
use super::printed::unit_or_unstated;
use super::stratum::Stratum;
use super::{Validation, ValidationError};
use csv::Writer;

const HEADER: [&str; 8] = ["stratum", "name", "statistic", "value", "low", "high", "unit", "not_computed"];

/// RFC 4180, with all digits of the JSON form. `low` and `high` end the confidence interval; `not_computed` says why a value, or the
/// interval of one that is there, is missing.
pub fn to_csv(validation: &Validation) -> Result<Vec<u8>, ValidationError> {
    let failed = |error: csv::Error| ValidationError::Write(error.to_string());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER).map_err(failed)?;
    for stratum in &validation.strata {
        let mut rows = Rows { stratum, unit: unit_or_unstated(validation), writer: &mut writer };
        rows.of_stratum().map_err(failed)?;
    }
    writer.into_inner().map_err(|error| ValidationError::Write(error.to_string()))
}

struct Rows<'a> {
    stratum: &'a Stratum,
    unit: &'a str,
    writer: &'a mut Writer<Vec<u8>>,
}

/// A value of a row, or why it is missing.
type Cell<'a> = Result<(f64, Option<&'a Answer<Interval>>), &'a str>;

impl<'a> Rows<'a> {
    fn of_stratum(&mut self) -> Result<(), csv::Error> {
        let (stratum, unit) = (self.stratum, self.unit);
        self.row("pairs", Ok((stratum.pairs as f64, None)), "1")?;
        self.row("sites", Ok((stratum.sites as f64, None)), "1")?;
        self.row("reference_mean", stratum.reference.known().map(|one| (one.mean, None)), unit)?;
        self.row("reference_sd", stratum.reference.known().map(|one| (one.sd, None)), unit)?;
        self.row("measured_mean", stratum.measured.known().map(|one| (one.mean, None)), unit)?;
        self.row("measured_sd", stratum.measured.known().map(|one| (one.sd, None)), unit)?;
        self.row("pearson_r", estimate(&stratum.pearson_r, |one| one), "1")?;
        self.row("icc_2_1", estimate(&stratum.icc, |one| &one.icc_2_1), "1")?;
        self.row("icc_3_1", estimate(&stratum.icc, |one| &one.icc_3_1), "1")?;
        self.row("mae", stratum.errors.known().map(|one| (one.mae, None)), unit)?;
        self.row("rmse", stratum.errors.known().map(|one| (one.rmse, None)), unit)?;
        self.row("regression_slope", estimate(&stratum.regression, |one| &one.slope), "1")?;
        self.row("regression_intercept", estimate(&stratum.regression, |one| &one.intercept), unit)?;
        self.row("see", stratum.regression.known().map(|one| (one.see, None)), unit)?;
        self.of_differences()?;
        self.of_disease()?;
        self.of_repeats()
    }

    fn of_differences(&mut self) -> Result<(), csv::Error> {
        let (found, unit) = (&self.stratum.bland_altman, self.unit);
        self.row("bias", estimate(found, |one| &one.bias), unit)?;
        self.row("difference_sd", found.known().map(|one| (one.sd, None)), unit)?;
        self.row("lower_limit", estimate(found, |one| &one.lower_limit), unit)?;
        self.row("upper_limit", estimate(found, |one| &one.upper_limit), unit)?;
        let line = found.known().and_then(|one| one.proportional.known());
        self.row("proportional_bias_slope", line.map(|line| (line.slope.value, Some(&line.slope.interval))), "1")?;
        self.row("proportional_bias_p", line.map(|line| (line.slope_p, None)), "1")
    }

    fn of_disease(&mut self) -> Result<(), csv::Error> {
        let stratum = self.stratum;
        self.row("diseased", stratum.roc.known().map(|one| (one.diseased as f64, None)), "1")?;
        self.row("auc", estimate(&stratum.roc, |one| &one.auc), "1")?;
        for (name, part) in super::printed::PROPORTIONS {
            let found = stratum.at_cut.known().and_then(|one| part(one).known());
            let interval = found.ok().map(|one| Answer::Computed(one.interval));
            self.row(name, found.map(|one| (one.value, interval.as_ref())), "1")?;
        }
        let bayes = stratum.at_cut.known().and_then(|one| one.at_prevalence.known());
        self.row("ppv_at_prevalence", bayes.map(|one| (one.ppv, None)), "1")?;
        self.row("npv_at_prevalence", bayes.map(|one| (one.npv, None)), "1")
    }

    fn of_repeats(&mut self) -> Result<(), csv::Error> {
        let (found, unit) = (&self.stratum.precision, self.unit);
        self.row("repeats_degrees_of_freedom", found.known().map(|one| (one.degrees_of_freedom as f64, None)), "1")?;
        self.row("rms_sd", estimate(found, |one| &one.rms_sd), unit)?;
        let cv = found.known().and_then(|one| one.rms_cv_percent.known());
        self.row("rms_cv", cv.map(|one| (one.value, Some(&one.interval))), "%")?;
        self.row("lsc", estimate(found, |one| &one.lsc), unit)
    }

    fn row(&mut self, statistic: &str, cell: Cell<'_>, unit: &str) -> Result<(), csv::Error> {
        let kind = match self.stratum.kind {
            super::stratum::Kind::Pooled => "pooled",
            super::stratum::Kind::Group => "group",
            super::stratum::Kind::Site => "site",
        };
        let [value, low, high, reason] = match cell {
            Err(reason) => [String::new(), String::new(), String::new(), reason.to_owned()],
            Ok((value, None)) => [value.to_string(), String::new(), String::new(), String::new()],
            Ok((value, Some(Answer::Computed(interval)))) => {
                [value.to_string(), interval.low.to_string(), interval.high.to_string(), String::new()]
            }
            Ok((value, Some(Answer::NotComputed { not_computed }))) => {
                [value.to_string(), String::new(), String::new(), format!("interval: {not_computed}")]
            }
        };
        self.writer.write_record([kind, &self.stratum.name, statistic, &value, &low, &high, unit, &reason])
    }
}

fn estimate<'a, T>(answer: &'a Answer<T>, part: impl FnOnce(&'a T) -> &'a Estimate) -> Cell<'a> {
    answer.known().map(part).map(|one| (one.value, Some(&one.interval)))
}
