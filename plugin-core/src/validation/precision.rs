//! How far repeated measurements of one patient differ.
//!
//! Precision errors are root mean squares over patients, each weighing as its degrees of freedom (repeats minus one), with intervals by
//! chi-square (Gluer et al, Osteoporos Int 1995;5:262). The least significant change follows from the RMS-SD (ISCD Official Positions).

use super::answer::{Answer, Estimate, Interval, at_least};
use super::quantiles::chi_square;
use crate::criteria::least_significant_change;
use serde::Serialize;

/// Degrees of freedom that ISCD asks for: 15 patients measured three times, or 30 measured twice.
const ISCD_DEGREES: usize = 30;

/// Of repeated measurements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Precision {
    /// Patients measured at least twice.
    pub patients: usize,
    /// Their measurements.
    pub measurements: usize,
    /// Measurements minus patients.
    pub degrees_of_freedom: usize,
    /// Whether these are as many as ISCD asks for.
    pub enough_for_iscd: bool,
    /// Root mean square of the standard deviations.
    pub rms_sd: Estimate,
    /// Root mean square of the coefficients of variation, in percent.
    pub rms_cv_percent: Answer<Estimate>,
    /// Least significant change, at 95 % confidence.
    pub lsc: Estimate,
}

/// Of the measurements of each patient; those measured once do not count.
pub fn precision<'a>(patients: impl Iterator<Item = &'a [f64]>, confidence: f64) -> Result<Precision, String> {
    let repeated: Vec<&[f64]> = patients.filter(|values| values.len() > 1).collect();
    at_least(1, repeated.len(), "patients measured more than once")?;
    let measurements: usize = repeated.iter().map(|values| values.len()).sum();
    let degrees_of_freedom = measurements - repeated.len();
    let degrees = degrees_of_freedom as f64;
    let squares = repeated.iter().map(|values| squares(values));
    let rms_sd = (squares.clone().map(|[_, sum]| sum).sum::<f64>() / degrees).sqrt();
    // (repeats - 1) x (SD / mean)^2 of each patient.
    let relative = (squares.clone().map(|[mean, sum]| sum / (mean * mean)).sum::<f64>() / degrees).sqrt();
    let positive = squares.clone().all(|[mean, _]| mean > 0.0) && relative.is_finite();
    let estimate = |value| Estimate::with(value, by_chi_square(value, degrees, confidence));
    let rms_sd = estimate(rms_sd);
    Ok(Precision {
        patients: repeated.len(),
        measurements,
        degrees_of_freedom,
        enough_for_iscd: degrees_of_freedom >= ISCD_DEGREES,
        rms_cv_percent: match positive {
            true => Answer::Computed(estimate(100.0 * relative)),
            false => Answer::from(Err("a patient's mean is not above zero".to_owned())),
        },
        lsc: changed(&rms_sd),
        rms_sd,
    })
}

/// Mean, and sum of squared deviations from it.
fn squares(values: &[f64]) -> [f64; 2] {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    [mean, values.iter().map(|value| (value - mean).powi(2)).sum()]
}

fn by_chi_square(value: f64, degrees: f64, confidence: f64) -> Interval {
    let tail = (1.0 - confidence) / 2.0;
    let bound = |probability| value * (degrees / chi_square(probability, degrees)).sqrt();
    Interval { low: bound(1.0 - tail), high: bound(tail) }
}

fn changed(rms_sd: &Estimate) -> Estimate {
    let interval = rms_sd.interval.known().map(|interval| Interval {
        low: least_significant_change(interval.low),
        high: least_significant_change(interval.high),
    });
    Estimate { value: least_significant_change(rms_sd.value), interval: Answer::from(interval.map_err(str::to_owned)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let patients: [&[f64]; 3] = [&[1.0, 1.2], &[2.0, 2.2, 2.4], &[5.0]];
        let found = precision(patients.into_iter(), 0.95).expect("computed");
        assert_eq!((found.patients, found.measurements, found.degrees_of_freedom), (2, 5, 3));
        // Sums of squares 0.02 and 0.08.
        assert!((found.rms_sd.value - (0.1_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((found.lsc.value - 2.77 * found.rms_sd.value).abs() < 1e-12 && !found.enough_for_iscd);
        let cv = found.rms_cv_percent.computed().expect("computed").value;
        assert!((cv - 100.0 * ((0.02_f64 / 1.21 + 0.08 / 4.84) / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn twenty_seven_degrees_bound_the_error_to_thirty_per_cent() {
        // Gluer 1995: with 27 degrees of freedom the upper bound of 90 % lies 30 % above the precision error.
        let interval = by_chi_square(1.0, 27.0, 0.9);
        assert!((interval.high - 1.3).abs() < 0.01, "{interval:?}");
    }

    #[test]
    fn nobody_measured_twice_is_a_reason() {
        assert!(precision([[1.0].as_slice()].into_iter(), 0.95).is_err());
    }
}
