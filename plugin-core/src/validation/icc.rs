//! Intraclass correlation of two methods: two-way models, single measurements.
//!
//! With the mean squares between patients (MSR, n - 1 degrees of freedom), between methods (MSC, 1) and of the residual (MSE, n - 1),
//! and k = 2 methods:
//! - ICC(2,1), absolute agreement: `(MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n)`;
//! - ICC(3,1), consistency: `(MSR - MSE) / (MSR + (k - 1) MSE)`.
//!
//! Shrout & Fleiss, Psychol Bull 1979;86:420; intervals by McGraw & Wong, Psychol Methods 1996;1:30, table 7, cases A,1 and C,1.

use super::answer::{Answer, Estimate, Interval, at_least, finite};
use super::quantiles::fisher_f;
use serde::Serialize;

/// Both coefficients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Icc {
    /// ICC(2,1), absolute agreement.
    pub icc_2_1: Estimate,
    /// ICC(3,1), consistency.
    pub icc_3_1: Estimate,
}

/// Mean squares of the two-way analysis of variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquares {
    /// Between patients, the rows.
    pub patients: f64,
    /// Between methods, the columns.
    pub methods: f64,
    /// Of the residual.
    pub residual: f64,
    /// Number of patients.
    pub rows: f64,
    /// Number of methods.
    pub columns: f64,
}

/// Of at least three pairs.
pub fn icc(pairs: &[[f64; 2]], confidence: f64) -> Result<Icc, String> {
    at_least(3, pairs.len(), "pairs")?;
    let squares = mean_squares(pairs);
    if squares.patients == 0.0 && squares.residual == 0.0 {
        return Err("all patients have equal values".to_owned());
    }
    coefficients(squares, confidence)
}

/// Coefficients and intervals from the mean squares.
pub fn coefficients(squares: MeanSquares, confidence: f64) -> Result<Icc, String> {
    let MeanSquares { patients: msr, methods: msc, residual: mse, rows: n, columns: k } = squares;
    let consistency = finite((msr - mse) / (msr + (k - 1.0) * mse))?;
    let agreement = finite((msr - mse) / (msr + (k - 1.0) * mse + k * (msc - mse) / n))?;
    let of = |value, interval: Result<Interval, String>| Estimate { value, interval: Answer::from(interval) };
    Ok(Icc {
        icc_2_1: of(agreement, interval_of_agreement(squares, agreement, confidence)),
        icc_3_1: of(consistency, interval_of_consistency(squares, confidence)),
    })
}

fn mean_squares<const K: usize>(rows: &[[f64; K]]) -> MeanSquares {
    let (n, k) = (rows.len() as f64, K as f64);
    let means: Vec<f64> = rows.iter().map(|row| row.iter().sum::<f64>() / k).collect();
    let grand = means.iter().sum::<f64>() / n;
    let columns: [f64; K] = std::array::from_fn(|j| rows.iter().map(|row| row[j]).sum::<f64>() / n);
    let between = k * means.iter().map(|mean| (mean - grand).powi(2)).sum::<f64>();
    let methods = n * columns.iter().map(|mean| (mean - grand).powi(2)).sum::<f64>();
    let cells = rows.iter().zip(&means);
    let residual =
        cells.flat_map(|(row, mean)| row.iter().zip(&columns).map(move |(cell, column)| cell - mean - column + grand));
    let residual = residual.map(|rest| rest * rest).sum::<f64>();
    // What rounding leaves of equal values is no variation.
    let kept = |sum: f64| if sum <= n * k * (grand * f64::EPSILON * 8.0).powi(2) { 0.0 } else { sum };
    MeanSquares {
        patients: kept(between) / (n - 1.0),
        methods: kept(methods) / (k - 1.0),
        residual: kept(residual) / ((n - 1.0) * (k - 1.0)),
        rows: n,
        columns: k,
    }
}

fn interval_of_consistency(squares: MeanSquares, confidence: f64) -> Result<Interval, String> {
    let MeanSquares { patients: msr, residual: mse, rows: n, columns: k, .. } = squares;
    if mse == 0.0 {
        return Err("the methods differ by a constant only, so no residual is left to judge by".to_owned());
    }
    let upper = 1.0 - (1.0 - confidence) / 2.0;
    let (df, residual_df) = (n - 1.0, (n - 1.0) * (k - 1.0));
    let low = msr / mse / fisher_f(upper, df, residual_df);
    let high = msr / mse * fisher_f(upper, residual_df, df);
    let bound = |f: f64| finite((f - 1.0) / (f + k - 1.0));
    Ok(Interval { low: bound(low)?, high: bound(high)? })
}

fn interval_of_agreement(squares: MeanSquares, icc: f64, confidence: f64) -> Result<Interval, String> {
    let MeanSquares { patients: msr, methods: msc, residual: mse, rows: n, columns: k } = squares;
    if mse == 0.0 || icc >= 1.0 {
        return Err("the methods differ by a constant only, so no residual is left to judge by".to_owned());
    }
    let a = k * icc / (n * (1.0 - icc));
    let b = 1.0 + k * icc * (n - 1.0) / (n * (1.0 - icc));
    let denominator = (a * msc).powi(2) / (k - 1.0) + (b * mse).powi(2) / ((n - 1.0) * (k - 1.0));
    let v = finite((a * msc + b * mse).powi(2) / denominator)?;
    if v <= 0.0 {
        return Err("the degrees of freedom of its denominator are zero".to_owned());
    }
    let upper = 1.0 - (1.0 - confidence) / 2.0;
    let (to_low, to_high) = (fisher_f(upper, n - 1.0, v), fisher_f(upper, v, n - 1.0));
    let spread = k * msc + (k * n - k - n) * mse;
    let low = n * (msr - to_low * mse) / (to_low * spread + n * msr);
    let high = n * (to_high * msr - mse) / (spread + n * to_high * msr);
    Ok(Interval { low: finite(low)?, high: finite(high)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 2 of Shrout & Fleiss 1979: six patients, four judges.
    const TABLE: [[f64; 4]; 6] = [
        [9.0, 2.0, 5.0, 8.0],
        [6.0, 1.0, 3.0, 2.0],
        [8.0, 4.0, 6.0, 8.0],
        [7.0, 1.0, 2.0, 6.0],
        [10.0, 5.0, 6.0, 9.0],
        [6.0, 2.0, 4.0, 7.0],
    ];

    #[test]
    fn shrout_and_fleiss() {
        let squares = mean_squares(&TABLE);
        // Their table 3: 11.24, 32.49, 1.02.
        for (found, published) in [(squares.patients, 11.24), (squares.methods, 32.49), (squares.residual, 1.02)] {
            assert!((found - published).abs() < 0.005, "{found} {published}");
        }
        let icc = coefficients(squares, 0.95).expect("computed");
        assert!((icc.icc_2_1.value - 0.29).abs() < 0.005 && (icc.icc_3_1.value - 0.71).abs() < 0.005, "{icc:?}");
        // As the R package psych prints them for this table.
        let within = |estimate: &Estimate, low: f64, high: f64| {
            let interval = estimate.interval.computed().expect("an interval");
            (interval.low - low).abs() < 0.005 && (interval.high - high).abs() < 0.005
        };
        assert!(within(&icc.icc_2_1, 0.02, 0.76) && within(&icc.icc_3_1, 0.34, 0.95), "{icc:?}");
    }

    #[test]
    fn a_constant_difference_is_perfect_consistency_without_an_interval() {
        let icc = icc(&[[1.0, 2.0], [2.0, 3.0], [4.0, 5.0]], 0.95).expect("computed");
        assert_eq!(icc.icc_3_1.value, 1.0);
        assert!(icc.icc_2_1.value < 1.0 && icc.icc_3_1.interval.computed().is_none());
    }

    #[test]
    fn too_few_or_equal_pairs_have_a_reason() {
        assert!(icc(&[[1.0, 2.0], [2.0, 3.0]], 0.95).is_err_and(|reason| reason.contains("2 pairs")));
        assert!(icc(&[[1.1, 1.1]; 9], 0.95).is_err_and(|reason| reason.contains("equal")));
    }
}
