//! How large a change must be to be one.

/// The least significant change at 95 % confidence, in the unit of the precision error `rms_sd` (root mean square of the standard
/// deviations of repeated measurements): 2.77 times it (ISCD Official Positions, precision assessment).
pub fn least_significant_change(rms_sd: f64) -> f64 {
    2.77 * rms_sd
}

#[cfg(test)]
mod tests {
    #[test]
    fn golden() {
        assert!((super::least_significant_change(0.012) - 0.03324).abs() < 1e-15);
    }
}
