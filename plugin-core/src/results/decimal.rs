//! Numbers as Decimal Strings.

/// Longest Decimal String (DS), PS3.5 6.2.
const MOST_CHARACTERS: usize = 16;

/// `value` as a Decimal String, the closest one of at most 16 characters. `value` must be finite.
pub(super) fn decimal_string(value: f64) -> String {
    let shortest = value.to_string();
    if shortest.len() <= MOST_CHARACTERS {
        return shortest;
    }
    let error = |text: &String| text.parse().map_or(f64::INFINITY, |written: f64| (written - value).abs());
    (0..MOST_CHARACTERS)
        .flat_map(|digits| [format!("{value:.digits$}"), format!("{value:.digits$e}")])
        .filter(|text| text.len() <= MOST_CHARACTERS)
        .min_by(|a, b| error(a).total_cmp(&error(b)))
        .unwrap_or(shortest)
}

/// Several values, joined as DICOM joins them.
pub(super) fn decimal_strings(values: &[f64]) -> String {
    values.iter().map(|value| decimal_string(*value)).collect::<Vec<_>>().join("\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_are_written_as_they_are() {
        assert_eq!(decimal_strings(&[1.5, -0.0625, 100.0]), "1.5\\-0.0625\\100");
    }

    #[test]
    fn long_values_keep_the_most_digits_that_fit() {
        assert_eq!(decimal_string(-123.456_789_012_345_6), "-123.45678901235");
        assert_eq!(decimal_string(1.0 / 3.0 * 1e-12), "3.3333333333e-13");
        assert_eq!(decimal_string(1.234_56e-20), "1.23456e-20");
        assert_eq!(decimal_string(-1.0 / 3.0), "-0.3333333333333");
    }
}
