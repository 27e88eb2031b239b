//! Mean, median, standard deviation.

use crate::units::Hu;

/// Of a set of CT numbers, or of other values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Statistics<U = Hu> {
    pub mean: U,
    /// Mean of the two middle values for an even count.
    pub median: U,
    /// Population standard deviation.
    pub sd: U,
}

/// Of at least one CT number.
pub(super) fn statistics(values: Vec<f32>) -> Statistics {
    statistics_of(values, Hu)
}

/// Of at least one value of any unit.
pub(super) fn statistics_of<U>(mut values: Vec<f32>, unit: fn(f64) -> U) -> Statistics<U> {
    let count = values.len() as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
    let variance = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count;
    let middle = values.len() / 2;
    let (lower, upper, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    let upper = f64::from(*upper);
    let median = match count as usize % 2 {
        0 => (lower.iter().copied().fold(f32::NEG_INFINITY, f32::max) as f64 + upper) / 2.0,
        _ => upper,
    };
    Statistics { mean: unit(mean), median: unit(median), sd: unit(variance.sqrt()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_known_numbers() {
        let even = statistics(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!((even.mean, even.median), (Hu(2.5), Hu(2.5)));
        assert!((even.sd.0 - 1.25_f64.sqrt()).abs() < 1e-12);
        assert_eq!(statistics(vec![9.0, -1.0, 2.0]).median, Hu(2.0));
    }
}
