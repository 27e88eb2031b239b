//! A statistic, or the reason why there is none. Neither is ever a number that means nothing.

use serde::Serialize;

/// A statistic, or a sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer<T> {
    /// It could be computed.
    Computed(T),
    /// It could not.
    NotComputed {
        /// Why, as a sentence without a full stop.
        not_computed: String,
    },
}

impl<T> Answer<T> {
    /// The statistic, if there is one.
    pub fn computed(&self) -> Option<&T> {
        match self {
            Answer::Computed(value) => Some(value),
            Answer::NotComputed { .. } => None,
        }
    }

    /// The statistic, or the reason.
    pub(super) fn known(&self) -> Result<&T, &str> {
        match self {
            Answer::Computed(value) => Ok(value),
            Answer::NotComputed { not_computed } => Err(not_computed),
        }
    }
}

impl<T> From<Result<T, String>> for Answer<T> {
    fn from(result: Result<T, String>) -> Self {
        match result {
            Ok(value) => Answer::Computed(value),
            Err(not_computed) => Answer::NotComputed { not_computed },
        }
    }
}

/// A confidence interval, at the confidence of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    pub(super) fn around(value: f64, half_width: f64) -> Self {
        Interval { low: value - half_width, high: value + half_width }
    }
}

/// A value with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its confidence interval.
    pub interval: Answer<Interval>,
}

impl Estimate {
    pub(super) fn with(value: f64, interval: Interval) -> Self {
        Estimate { value, interval: Answer::Computed(interval) }
    }
}

/// `value` where it is a number; a sum that overflowed is not.
pub(super) fn finite(value: f64) -> Result<f64, String> {
    match value.is_finite() {
        true => Ok(value),
        false => Err("the numbers are too large or too close together for this statistic".to_owned()),
    }
}

/// A reason, where there are fewer than `least` of `what`.
pub(super) fn at_least(least: usize, found: usize, what: &str) -> Result<(), String> {
    match found >= least {
        true => Ok(()),
        false => Err(format!("{found} {what}; at least {least} are needed")),
    }
}
