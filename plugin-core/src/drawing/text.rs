//! Numbers with their decimals, and text that fits the room it has.

use super::fonts::{self, Weight};

/// Characters of a foreign text that are looked at; more cannot be a name or a sentence.
const LONGEST: usize = 1000;

/// `value` with so many decimals, and no negative zero.
pub fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = text.starts_with('-') && text.bytes().all(|digit| matches!(digit, b'-' | b'0' | b'.'));
    if zero { text[1..].to_owned() } else { text }
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
}
