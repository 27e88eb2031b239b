//! Least squares of y on x.

use super::answer::{Estimate, Interval, at_least, finite};
use super::moments::Moments;
use super::quantiles::{student_t, student_t_p_value};
use serde::Serialize;

/// A fitted line `y = intercept + slope x`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Change of y for one unit of x.
    pub slope: Estimate,
    /// y where x is zero.
    pub intercept: Estimate,
    /// Standard error of the estimate: root of the residual sum of squares by n - 2, in the unit of y.
    pub see: f64,
    /// Two-sided p of the hypothesis that the slope is zero, by Student's t.
    pub slope_p: f64,
}

/// Of at least three pairs with different x.
pub fn line(moments: &Moments, confidence: f64) -> Result<Line, String> {
    at_least(3, moments.count as usize, "pairs")?;
    if moments.xx == 0.0 {
        return Err("all values on the horizontal axis are equal, so no line can be fitted".to_owned());
    }
    let degrees = moments.count - 2.0;
    let slope = finite(moments.xy / moments.xx)?;
    let intercept = moments.mean_y - slope * moments.mean_x;
    // Rounding must not make the rest of a perfect line negative.
    let residual = (moments.yy - slope * moments.xy).max(0.0);
    let see = finite((residual / degrees).sqrt())?;
    let of_slope = see / moments.xx.sqrt();
    let of_intercept = see * (1.0 / moments.count + moments.mean_x.powi(2) / moments.xx).sqrt();
    let t = student_t(confidence, degrees);
    Ok(Line {
        slope: Estimate::with(slope, Interval::around(slope, t * of_slope)),
        intercept: Estimate::with(intercept, Interval::around(intercept, t * of_intercept)),
        see,
        slope_p: match of_slope > 0.0 {
            true => student_t_p_value(slope / of_slope, degrees),
            false if slope == 0.0 => 1.0,
            false => 0.0,
        },
    })
}
