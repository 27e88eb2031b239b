//! Figures of quality, and the refusals they lead to.

use crate::report::{Block, GateCode, QualityFigure, six_digits};
use std::ops::RangeInclusive;

/// No landmark for `reason`.
pub(super) fn refuse(code: GateCode, found: Option<f64>, reason: &str) -> Block {
    Block { code, reason: reason.to_owned(), found }
}

/// A figure within `accepted`; a block that says `outside` of it otherwise. An end of `accepted` may be infinite.
pub(super) fn check(
    name: &str,
    value: f64,
    accepted: RangeInclusive<f64>,
    code: GateCode,
    outside: &str,
) -> Result<QualityFigure, Block> {
    let words = match (accepted.start().is_finite(), accepted.end().is_finite()) {
        (true, true) => format!("{} to {}", accepted.start(), accepted.end()),
        (true, false) => format!(">= {}", accepted.start()),
        _ => format!("<= {}", accepted.end()),
    };
    if accepted.contains(&value) {
        return Ok(QualityFigure { name: name.to_owned(), value: six_digits(value), accepted: words });
    }
    Err(refuse(code, Some(value), &format!("{outside} ({name} {value:.1}; accepted {words})")))
}
