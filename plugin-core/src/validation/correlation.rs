//! Pearson's r. Its interval is Fisher's: normal about `artanh r` with the standard error `1 / sqrt(n - 3)`.

use super::answer::{Answer, Estimate, Interval, at_least, finite};
use super::moments::Moments;
use super::quantiles::normal;

/// Of at least three pairs, neither series being constant; the interval of at least four.
pub fn pearson(moments: &Moments, confidence: f64) -> Result<Estimate, String> {
    at_least(3, moments.count as usize, "pairs")?;
    if moments.xx == 0.0 || moments.yy == 0.0 {
        let constant = if moments.xx == 0.0 { "reference" } else { "measured" };
        return Err(format!("all {constant} values are equal"));
    }
    let value = finite(moments.xy / moments.xx.sqrt() / moments.yy.sqrt())?.clamp(-1.0, 1.0);
    Ok(Estimate { value, interval: Answer::from(fisher(value, moments.count, confidence)) })
}

fn fisher(r: f64, count: f64, confidence: f64) -> Result<Interval, String> {
    at_least(4, count as usize, "pairs")?;
    if r.abs() == 1.0 {
        return Err("all pairs lie on one line, where Fisher's z is infinite".to_owned());
    }
    let half = normal(confidence) / (count - 3.0).sqrt();
    Ok(Interval { low: (r.atanh() - half).tanh(), high: (r.atanh() + half).tanh() })
}
