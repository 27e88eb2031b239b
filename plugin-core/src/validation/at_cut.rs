//! What a cut that was set beforehand finds and misses.
//!
//! Proportions have Wilson's interval (J Am Stat Assoc 1927;22:209). Predictive values are those of the sample and, where a prevalence is
//! given, those of a population with that prevalence, by Bayes' rule from sensitivity and specificity.

use super::answer::{Answer, Interval, at_least};
use super::quantiles::normal;
use serde::Serialize;

/// Counts and proportions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtCut {
    /// Diseased and found.
    pub true_positives: usize,
    /// Not diseased, but found.
    pub false_positives: usize,
    /// Not diseased and not found.
    pub true_negatives: usize,
    /// Diseased, but not found.
    pub false_negatives: usize,
    /// Found among the diseased.
    pub sensitivity: Answer<Proportion>,
    /// Not found among those without disease.
    pub specificity: Answer<Proportion>,
    /// Diseased among those found, in this sample.
    pub ppv: Answer<Proportion>,
    /// Not diseased among those not found, in this sample.
    pub npv: Answer<Proportion>,
    /// Predictive values in a population.
    pub at_prevalence: Answer<Predictive>,
}

/// A count of a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proportion {
    /// The count.
    pub count: usize,
    /// The whole.
    pub of: usize,
    /// Their ratio.
    pub value: f64,
    /// Wilson's interval.
    pub interval: Interval,
}

/// Predictive values at a prevalence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Predictive {
    /// The prevalence.
    pub prevalence: f64,
    /// Positive predictive value.
    pub ppv: f64,
    /// Negative predictive value.
    pub npv: f64,
}

/// From pairs of whether the reference says diseased and whether the measured value does.
pub fn at_cut(said: impl Iterator<Item = (bool, bool)>, prevalence: Option<f64>, confidence: f64) -> AtCut {
    // [diseased][found]
    let mut counts = [[0_usize; 2]; 2];
    said.for_each(|(diseased, found)| counts[usize::from(diseased)][usize::from(found)] += 1);
    let [[true_negatives, false_positives], [false_negatives, true_positives]] = counts;
    let of = |count, rest, whole| Answer::from(proportion(count, count + rest, whole, confidence));
    let sensitivity = of(true_positives, false_negatives, "diseased patients by the cut on the reference");
    let specificity = of(true_negatives, false_positives, "patients without disease by the cut on the reference");
    AtCut {
        true_positives,
        false_positives,
        true_negatives,
        false_negatives,
        at_prevalence: Answer::from(predictive(&sensitivity, &specificity, prevalence)),
        sensitivity,
        specificity,
        ppv: of(true_positives, false_positives, "patients beyond the cut on the measured value"),
        npv: of(true_negatives, false_negatives, "patients on the other side of the cut on the measured value"),
    }
}

fn proportion(count: usize, of: usize, whole: &str, confidence: f64) -> Result<Proportion, String> {
    at_least(1, of, whole)?;
    let (n, value, z) = (of as f64, count as f64 / of as f64, normal(confidence));
    let denominator = 1.0 + z * z / n;
    let centre = (value + z * z / (2.0 * n)) / denominator;
    let half = z * (value * (1.0 - value) / n + z * z / (4.0 * n * n)).sqrt() / denominator;
    // At the ends rounding must not step over 0 and 1.
    let low = if count == 0 { 0.0 } else { centre - half };
    let high = if count == of { 1.0 } else { centre + half };
    Ok(Proportion { count, of, value, interval: Interval { low, high } })
}

fn predictive(
    sensitivity: &Answer<Proportion>,
    specificity: &Answer<Proportion>,
    prevalence: Option<f64>,
) -> Result<Predictive, String> {
    let prevalence = prevalence.ok_or("no prevalence was given")?;
    let (sensitivity, specificity) = (sensitivity.known()?.value, specificity.known()?.value);
    let (hits, alarms) = (sensitivity * prevalence, (1.0 - specificity) * (1.0 - prevalence));
    let (clear, misses) = (specificity * (1.0 - prevalence), (1.0 - sensitivity) * prevalence);
    if hits + alarms == 0.0 || clear + misses == 0.0 {
        return Err("the cut on the measured value has all patients on one side".to_owned());
    }
    Ok(Predictive { prevalence, ppv: hits / (hits + alarms), npv: clear / (clear + misses) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_proportions_and_bayes() {
        let said = [(true, true); 9].into_iter().chain([(true, false)]).chain([(false, true); 2]).chain([(false, false); 8]);
        let found = at_cut(said, Some(0.5), 0.95);
        assert_eq!((found.true_positives, found.false_negatives, found.false_positives, found.true_negatives), (9, 1, 2, 8));
        let sensitivity = found.sensitivity.computed().expect("computed");
        // 9 of 10: 0.5958 to 0.9821, as R's prop.test(9, 10, correct = FALSE) prints.
        assert!((sensitivity.interval.low - 0.5958).abs() < 5e-5 && (sensitivity.interval.high - 0.9821).abs() < 5e-5);
        let bayes = found.at_prevalence.computed().expect("computed");
        assert!((bayes.ppv - 0.9 / 1.1).abs() < 1e-15 && (bayes.npv - 0.8 / 0.9).abs() < 1e-15);
    }

    #[test]
    fn without_diseased_there_is_a_reason() {
        let found = at_cut([(false, false); 5].into_iter(), Some(0.1), 0.95);
        assert!(
            found.sensitivity.computed().is_none()
                && found.ppv.computed().is_none()
                && found.at_prevalence.computed().is_none()
        );
        assert_eq!(found.specificity.computed().expect("computed").interval.high, 1.0);
    }
}
