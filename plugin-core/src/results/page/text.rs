//! How values and foreign text are written.

pub use crate::drawing::text::{fit, rounded, wrap};
use crate::report::{Measurement, Quantity, digits};

/// The one way a value is printed: correctly rounded from the report's value, with the decimals its quantity is read with.
pub fn printed(quantity: Quantity, value: f64) -> String {
    let decimals = match quantity {
        Quantity::ArealDensity => 3,
        Quantity::MineralContent
        | Quantity::AnteriorHeightRatio
        | Quantity::MiddleHeightRatio
        | Quantity::NeighbourHeightRatio
        | Quantity::EstimatedDxaSmi => 2,
        Quantity::PercentYoungAdultMean => 0,
        _ => 1,
    };
    rounded(value, decimals)
}

/// A value, and by how much its like are off where that is known: `0.725 ± 0.104`.
pub fn measured(one: &Measurement) -> String {
    let value = printed(one.quantity, one.value);
    let error = one.root_mean_square_error.map(|error| format!(" ± {}", printed(one.quantity, error)));
    value + &error.unwrap_or_default()
}

/// A recipe's name short enough for the heading of a column: the initials of its words, as in `(tc)` for `two-component/1`.
pub fn initials(method: &str) -> String {
    let name = method.split('/').next().unwrap_or_default();
    let letters: String = name.split('-').filter_map(|word| word.chars().next()).collect();
    format!("({letters})")
}

/// A DICOM date as `2024-01-31`; anything else stays as it is.
pub fn date(value: &str) -> String {
    match (value.get(0..4), value.get(4..6), value.get(6..8)) {
        (Some(year), Some(month), Some(day)) if value.len() == 8 && value.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{year}-{month}-{day}")
        }
        _ => value.to_owned(),
    }
}

/// A number of a header with at most two decimals and no trailing zeros; a small one with three digits.
pub fn plain(value: f64) -> String {
    if value.abs() < 0.01 {
        return digits(value, 3).to_string();
    }
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_decimals_of_their_quantity_and_no_negative_zero() {
        assert_eq!(printed(Quantity::Volume, 152.347), "152.3");
        assert_eq!(printed(Quantity::TScore, -0.04), "0.0");
        assert_eq!(printed(Quantity::AttenuationMean, -27.06), "-27.1");
        assert_eq!(printed(Quantity::Volume, 1234.56), "1234.6");
        assert_eq!(printed(Quantity::ArealDensity, 0.612_345), "0.612");
        assert_eq!(printed(Quantity::PercentYoungAdultMean, 79.5), "80");
    }

    #[test]
    fn a_figure_of_a_gate_is_never_rounded_away() {
        assert_eq!([40.0, 2.506, 0.72, 0.003_217_9, 0.0].map(plain), ["40", "2.51", "0.72", "0.00322", "0"]);
    }

    #[test]
    fn only_a_dicom_date_is_rewritten() {
        assert_eq!(date("20240131"), "2024-01-31");
        assert_eq!(date("2024.01.31"), "2024.01.31");
        assert_eq!(date("ÄÖÜÄ"), "ÄÖÜÄ");
    }
}
