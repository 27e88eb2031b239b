//! One scale for slices that were stored with several.

use super::AssembleError;
use crate::read::CtSeries;

/// `HU = slope * stored + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rescale {
    pub slope: f64,
    pub intercept: f64,
}

/// The scale of the volume: the only one, else that of the slice with the smallest slope, so that no slice is stored more
/// coarsely than it was and none is off by more than half the smallest slope.
pub(super) fn common(series: &CtSeries) -> Rescale {
    let scales = series.slices.iter().map(|slice| Rescale { slope: slice.slope, intercept: slice.intercept });
    let finest = scales.min_by(|a, b| a.slope.total_cmp(&b.slope));
    finest.unwrap_or(Rescale { slope: 1.0, intercept: 0.0 })
}

/// Rewrites `stored` from scale `from` to scale `to`; refuses values that do not fit into 16 bits.
pub(super) fn requantise(stored: &mut [i16], from: Rescale, to: Rescale) -> Result<(), AssembleError> {
    if from == to {
        return Ok(());
    }
    for value in stored {
        let hu = from.slope * f64::from(*value) + from.intercept;
        let rewritten = ((hu - to.intercept) / to.slope).round();
        if !(f64::from(i16::MIN)..=f64::from(i16::MAX)).contains(&rewritten) {
            return Err(AssembleError::Rescale { hu, slope: to.slope, intercept: to.intercept });
        }
        *value = rewritten as i16;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_moves_by_more_than_half_the_smallest_slope() {
        let (from, to) = (Rescale { slope: 1.7, intercept: -1000.0 }, Rescale { slope: 0.5, intercept: -900.25 });
        let before: Vec<i16> = (-500..500).collect();
        let mut after = before.clone();
        requantise(&mut after, from, to).expect("fits");
        for (before, after) in before.iter().zip(after) {
            let moved = (1.7 * f64::from(*before) - 1000.0) - (0.5 * f64::from(after) - 900.25);
            assert!(moved.abs() <= 0.25 + 1e-9, "{moved}");
        }
    }

    #[test]
    fn integer_shifts_are_exact() {
        let mut values = [0, 24, 2000];
        requantise(&mut values, Rescale { slope: 1.0, intercept: -1024.0 }, Rescale { slope: 1.0, intercept: 0.0 })
            .expect("fits");
        assert_eq!(values, [-1024, -1000, 976]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = requantise(&mut [32767], Rescale { slope: 2.0, intercept: 0.0 }, Rescale { slope: 1.0, intercept: 0.0 });
        assert!(matches!(refused, Err(AssembleError::Rescale { hu, .. }) if hu == 65534.0));
    }
}
