//! The area under the ROC curve with DeLong's interval, and the curve.
//!
//! The area is that of Mann and Whitney: how often a diseased patient has the more diseased value, ties counting one half. Its variance
//! is that of DeLong, DeLong & Clarke-Pearson, Biometrics 1988;44:837, by midranks (Sun & Xu, IEEE Signal Process Lett 2014;21:1389);
//! the interval is normal about the area and ends at 0 and 1.

use super::answer::{Answer, Estimate, Interval, at_least};
use super::quantiles::normal;
use serde::Serialize;

/// The area.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Roc {
    /// Area under the curve.
    pub auc: Estimate,
    /// Diseased patients.
    pub diseased: usize,
    /// Others.
    pub healthy: usize,
}

/// Values of both kinds of patients, turned so that a larger one is more diseased.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// Of the diseased.
    pub diseased: Vec<f64>,
    /// Of the others.
    pub healthy: Vec<f64>,
}

/// Of at least one patient of each kind; the interval of at least two.
pub fn roc(scores: &Scores, confidence: f64) -> Result<Roc, String> {
    let (diseased, healthy) = (scores.diseased.len(), scores.healthy.len());
    at_least(1, diseased, "diseased patients by the cut on the reference")?;
    at_least(1, healthy, "patients without disease by the cut on the reference")?;
    let (m, n) = (diseased as f64, healthy as f64);
    let all = midranks(&[scores.diseased.as_slice(), &scores.healthy].concat());
    let (of_diseased, of_healthy) = all.split_at(diseased);
    // Shares of the other kind that each patient beats.
    let placed = |in_all: &[f64], own: &[f64], others: f64| -> Vec<f64> {
        in_all.iter().zip(midranks(own)).map(|(all, own)| (all - own) / others).collect()
    };
    let wins = placed(of_diseased, &scores.diseased, n);
    let losses = placed(of_healthy, &scores.healthy, m);
    let auc = wins.iter().sum::<f64>() / m;
    let interval = delong(auc, &wins, &losses, confidence);
    Ok(Roc { auc: Estimate { value: auc, interval: Answer::from(interval) }, diseased, healthy })
}

fn delong(auc: f64, wins: &[f64], losses: &[f64], confidence: f64) -> Result<Interval, String> {
    at_least(2, wins.len(), "diseased patients by the cut on the reference")?;
    at_least(2, losses.len(), "patients without disease by the cut on the reference")?;
    let variance = variance(wins) / wins.len() as f64 + variance(losses) / losses.len() as f64;
    if variance <= 0.0 {
        return Err("the variance is zero, because every diseased patient ranks alike against all others".to_owned());
    }
    let half = normal(confidence) * variance.sqrt();
    Ok(Interval { low: (auc - half).max(0.0), high: (auc + half).min(1.0) })
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

/// Ranks from 1; equal values share the mean of theirs.
fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tie in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = before as f64 + (tie.len() as f64 + 1.0) / 2.0;
        tie.iter().for_each(|index| ranks[*index] = rank);
        before += tie.len();
    }
    ranks
}

/// Corners of the curve, `[1 - specificity, sensitivity]`, from `[0, 0]` to `[1, 1]`; none unless there are patients of both kinds.
pub fn curve(scores: &Scores) -> Vec<[f64; 2]> {
    let (m, n) = (scores.diseased.len() as f64, scores.healthy.len() as f64);
    if m == 0.0 || n == 0.0 {
        return Vec::new();
    }
    let diseased = scores.diseased.iter().map(|score| (*score, true));
    let mut all: Vec<(f64, bool)> = diseased.chain(scores.healthy.iter().map(|score| (*score, false))).collect();
    all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut corners = vec![[0.0, 0.0]];
    let (mut hits, mut alarms) = (0, 0);
    for tie in all.chunk_by(|a, b| a.0 == b.0) {
        let of_tie = tie.iter().filter(|(_, diseased)| *diseased).count();
        (hits, alarms) = (hits + of_tie, alarms + tie.len() - of_tie);
        corners.push([alarms as f64 / n, hits as f64 / m]);
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(diseased: &[f64], healthy: &[f64]) -> Scores {
        Scores { diseased: diseased.to_vec(), healthy: healthy.to_vec() }
    }

    /// By definition: every diseased patient against every other one.
    #[test]
    fn by_hand() {
        // Wins of 3, 2, 4 over 1, 2, 0: 3; 2 and a half; 3.
        let found = roc(&scores(&[3.0, 2.0, 4.0], &[1.0, 2.0, 0.0]), 0.95).expect("computed");
        assert!((found.auc.value - 8.5 / 9.0).abs() < 1e-15, "{found:?}");
        // Placements 1, 5/6, 1 and 0, 1/6, 0: variances 1/108 each.
        let half = 1.959_963_984_540_054 * (2.0_f64 / 108.0 / 3.0).sqrt();
        let interval = found.auc.interval.computed().expect("an interval");
        assert!((interval.low - (8.5 / 9.0 - half)).abs() < 1e-12 && interval.high == 1.0, "{found:?}");
    }

    #[test]
    fn the_area_below_the_curve_is_the_area() {
        let scores = scores(&[0.4, 0.9, 0.7, 0.7, 0.2], &[0.1, 0.7, 0.3, 0.2]);
        let curve = curve(&scores);
        let below: f64 = curve.windows(2).map(|pair| (pair[1][0] - pair[0][0]) * (pair[0][1] + pair[1][1]) / 2.0).sum();
        assert!((below - roc(&scores, 0.95).expect("computed").auc.value).abs() < 1e-15);
        assert_eq!((curve[0], curve[curve.len() - 1]), ([0.0, 0.0], [1.0, 1.0]));
    }

    #[test]
    fn without_one_kind_there_is_a_reason_and_without_spread_no_interval() {
        assert!(roc(&scores(&[], &[1.0]), 0.95).is_err_and(|reason| reason.contains("0 diseased")));
        let perfect = roc(&scores(&[3.0, 4.0], &[1.0, 2.0]), 0.95).expect("computed");
        assert!(perfect.auc.value == 1.0 && perfect.auc.interval.computed().is_none());
    }
}
