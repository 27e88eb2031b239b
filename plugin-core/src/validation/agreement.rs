//! How far measured values lie from the reference: errors, and limits of agreement.
//!
//! The difference is measured minus reference. Limits of agreement are `bias +- 1.96 SD`; their standard error is
//! `SD sqrt(1/n + 1.96^2 / (2 (n - 1)))` (Bland & Altman, Stat Methods Med Res 1999;8:135), where the 1986 paper had `SD sqrt(3/n)`.
//! A proportional bias is the slope of the differences on the means of both.

use super::answer::{Answer, Estimate, Interval, at_least, finite};
use super::moments::Moments;
use super::quantiles::student_t;
use super::regression::{Line, line};
use serde::Serialize;

/// Standard deviations between the bias and a limit of agreement, which hold 95 % of normal differences.
const LIMIT: f64 = 1.96;

/// Errors of measured against reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Errors {
    /// Mean absolute error.
    pub mae: f64,
    /// Root mean square error.
    pub rmse: f64,
}

/// Bias and limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BlandAltman {
    /// Mean difference.
    pub bias: Estimate,
    /// Standard deviation of the differences.
    pub sd: f64,
    /// Bias minus 1.96 SD.
    pub lower_limit: Estimate,
    /// Bias plus 1.96 SD.
    pub upper_limit: Estimate,
    /// The differences on the means: its slope is the proportional bias.
    pub proportional: Answer<Line>,
}

/// Of at least one pair of reference and measured.
pub fn errors(pairs: &[[f64; 2]]) -> Result<Errors, String> {
    at_least(1, pairs.len(), "pairs")?;
    let count = pairs.len() as f64;
    let mae = pairs.iter().map(|[reference, measured]| (measured - reference).abs()).sum::<f64>() / count;
    let square = pairs.iter().map(|[reference, measured]| (measured - reference).powi(2)).sum::<f64>() / count;
    Ok(Errors { mae: finite(mae)?, rmse: finite(square.sqrt())? })
}

/// Of at least three pairs of reference and measured.
pub fn bland_altman(pairs: &[[f64; 2]], confidence: f64) -> Result<BlandAltman, String> {
    at_least(3, pairs.len(), "pairs")?;
    let points = pairs.iter().map(|pair| mean_and_difference(*pair));
    let moments = Moments::of(points);
    let (bias, sd, count) = (finite(moments.mean_y)?, finite(moments.sd_y())?, moments.count);
    let t = student_t(confidence, count - 1.0);
    let of_limit = sd * (1.0 / count + LIMIT.powi(2) / (2.0 * (count - 1.0))).sqrt();
    let limit = |value| Estimate::with(value, Interval::around(value, t * of_limit));
    Ok(BlandAltman {
        bias: Estimate::with(bias, Interval::around(bias, t * sd / count.sqrt())),
        sd,
        lower_limit: limit(bias - LIMIT * sd),
        upper_limit: limit(bias + LIMIT * sd),
        proportional: Answer::from(line(&moments, confidence)),
    })
}

/// A point of the Bland-Altman figure.
pub fn mean_and_difference([reference, measured]: [f64; 2]) -> [f64; 2] {
    [(reference + measured) / 2.0, measured - reference]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 1 of Bland & Altman, Lancet 1986;1:307: first readings of the Wright and the mini peak flow meter, l/min.
    const PEAK_FLOW: [[f64; 2]; 17] = [
        [494.0, 512.0],
        [395.0, 430.0],
        [516.0, 520.0],
        [434.0, 428.0],
        [476.0, 500.0],
        [557.0, 600.0],
        [413.0, 364.0],
        [442.0, 380.0],
        [650.0, 658.0],
        [433.0, 445.0],
        [417.0, 432.0],
        [656.0, 626.0],
        [267.0, 260.0],
        [478.0, 477.0],
        [178.0, 259.0],
        [423.0, 350.0],
        [427.0, 451.0],
    ];

    #[test]
    fn peak_flow() {
        let found = bland_altman(&PEAK_FLOW, 0.95).expect("computed");
        // Theirs is Wright minus mini: -2.1 with SD 38.8, and -22.0 to 17.8 with 95 % confidence.
        assert!((found.bias.value - 2.1).abs() < 0.05 && (found.sd - 38.8).abs() < 0.05, "{found:?}");
        let interval = found.bias.interval.computed().expect("an interval");
        assert!((interval.low + 17.8).abs() < 0.1 && (interval.high - 22.0).abs() < 0.1, "{found:?}");
        assert!((found.upper_limit.value - found.lower_limit.value - 3.92 * found.sd).abs() < 1e-9);
    }

    #[test]
    fn the_correlation_of_the_same_table() {
        let r = super::super::correlation::pearson(&Moments::of(PEAK_FLOW.into_iter()), 0.95).expect("computed");
        assert!((r.value - 0.94).abs() < 0.005, "{r:?}");
    }

    #[test]
    fn equal_differences_have_no_spread() {
        let found = bland_altman(&[[1.0, 1.5], [2.0, 2.5], [4.0, 4.5]], 0.95).expect("computed");
        assert_eq!((found.bias.value, found.sd), (0.5, 0.0));
        assert!(bland_altman(&[[1.0, 1.5], [2.0, 2.5]], 0.95).is_err());
    }
}
