//! How values and foreign text are written.

use super::fonts::{self, Weight};
use crate::report::{Measurement, Quantity, digits};

/// Characters of a foreign text that are looked at; more cannot be a name or a sentence.
const LONGEST: usize = 1000;

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

/// A value, and by how much it varies over the passes of a model where that is known: `0.725 ± 0.024`.
pub fn measured(one: &Measurement) -> String {
    let value = printed(one.quantity, one.value);
    let spread = one.standard_deviation.map(|deviation| format!(" ± {}", printed(one.quantity, deviation)));
    value + &spread.unwrap_or_default()
}

/// `value` with so many decimals, and no negative zero.
pub fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = text.starts_with('-') && text.bytes().all(|digit| matches!(digit, b'-' | b'0' | b'.'));
    if zero { text[1..].to_owned() } else { text }
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

/// `text` on one line of `room` points, cut with an ellipsis where it is longer.
pub fn fit(text: &str, room: f64, size: f64, weight: Weight) -> String {
    let text = clean(text);
    if fonts::width(&text, size, weight) <= room {
        return text;
    }
    let room = room - fonts::width("…", size, weight);
    let mut used = 0.0;
    let kept = text.chars().take_while(|c| {
        used += fonts::width(c.encode_utf8(&mut [0; 4]), size, weight);
        used <= room
    });
    kept.collect::<String>().trim_end().to_owned() + "…"
}

/// `text` in lines of at most `room` points, broken at blanks, within Japanese, and inside a word that alone is longer.
pub fn wrap(text: &str, room: f64, size: f64, weight: Weight) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in clean(text).split(' ') {
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fonts::width(&joined, size, weight) <= room {
            line = joined;
            continue;
        }
        if word.chars().any(is_japanese) && !line.is_empty() {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            line.push(c);
            if line.chars().count() > 1 && fonts::width(&line, size, weight) > room {
                line.pop();
                lines.push(std::mem::replace(&mut line, c.to_string()));
            }
        }
    }
    lines.push(line);
    lines
}

/// Kana, kanji and their punctuation, between which a line may end.
fn is_japanese(c: char) -> bool {
    c >= '\u{3000}'
}

/// Drawable, blanks single, bounded.
fn clean(text: &str) -> String {
    let mut words = fonts::drawable(&text.chars().take(LONGEST).collect::<String>());
    if text.chars().nth(LONGEST).is_some() {
        words.push('…');
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
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
    fn lines_keep_every_letter_and_stay_inside() {
        let text = "The region of interest holds 12 voxels; at least 50 are needed. Donaudampfschifffahrtsgesellschaftskapitän";
        let lines = wrap(text, 60.0, 8.0, Weight::Regular);
        assert!(lines.iter().all(|line| fonts::width(line, 8.0, Weight::Regular) <= 60.0), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn japanese_fills_its_lines() {
        let lines = wrap("WHO基準: 骨量減少の範囲。DXAの測定値ではない。", 80.0, 8.0, Weight::Regular);
        assert!(lines.iter().all(|line| fonts::width(line, 8.0, Weight::Regular) <= 80.0), "{lines:?}");
        assert!(lines[0].starts_with("WHO基準: 骨"), "{lines:?}");
    }

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(fit("short", 100.0, 8.0, Weight::Regular), "short");
        let cut = fit(&"腹部".repeat(400), 50.0, 8.0, Weight::Regular);
        assert!(cut.ends_with('…') && fonts::width(&cut, 8.0, Weight::Regular) <= 50.0, "{cut}");
    }

    #[test]
    fn only_a_dicom_date_is_rewritten() {
        assert_eq!(date("20240131"), "2024-01-31");
        assert_eq!(date("2024.01.31"), "2024.01.31");
        assert_eq!(date("ÄÖÜÄ"), "ÄÖÜÄ");
    }
}
