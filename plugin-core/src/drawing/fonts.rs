//! The three fonts that every page is set in. System fonts are never loaded: the same input must give the same page anywhere.

use resvg::usvg::fontdb;
use std::sync::{Arc, LazyLock};
use ttf_parser::Face;

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Bold.ttf");
const JAPANESE: &[u8] = include_bytes!("../../assets/fonts/NotoSansCJKjp-Regular.otf");

/// Family name of the first choice; the others are found as its fallback.
pub const FAMILY: &str = "Noto Sans";

/// What stands for a character that no font has, so that nothing vanishes silently.
const REPLACEMENT: char = '\u{FFFD}';

/// Stroke thickness of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Regular.
    Regular,
    /// Bold; Japanese stays regular.
    Bold,
}

struct Faces {
    regular: Face<'static>,
    bold: Face<'static>,
    japanese: Face<'static>,
}

static FACES: LazyLock<Faces> = LazyLock::new(|| {
    let face = |bytes| Face::parse(bytes, 0).expect("the committed fonts are well formed; a test draws with each of them");
    Faces { regular: face(REGULAR), bold: face(BOLD), japanese: face(JAPANESE) }
});

static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut database = fontdb::Database::new();
    for bytes in [REGULAR, BOLD, JAPANESE] {
        database.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
    }
    Arc::new(database)
});

/// The fonts as the SVG parser wants them.
pub fn database() -> Arc<fontdb::Database> {
    Arc::clone(&DATABASE)
}

/// Width of `text` set in `size` points, in points.
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    text.chars().map(|c| advance(c, weight)).sum::<f64>() * size
}

/// `text` with control characters made blanks and characters that cannot be drawn made visible as U+FFFD.
pub fn drawable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            _ if c.is_control() => ' ',
            _ if glyph_width(c, Weight::Regular).is_some() => c,
            _ => REPLACEMENT,
        })
        .collect()
}

/// Advance of one character, in em.
fn advance(c: char, weight: Weight) -> f64 {
    glyph_width(c, weight).unwrap_or(1.0)
}

fn glyph_width(c: char, weight: Weight) -> Option<f64> {
    let faces = &*FACES;
    let first = match weight {
        Weight::Regular => &faces.regular,
        Weight::Bold => &faces.bold,
    };
    [first, &faces.japanese].into_iter().find_map(|face| {
        let units = face.glyph_hor_advance(face.glyph_index(c)?)?;
        Some(f64::from(units) / f64::from(face.units_per_em()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_equally_wide_so_columns_of_numbers_align() {
        for weight in [Weight::Regular, Weight::Bold] {
            let zero = width("0", 10.0, weight);
            assert!(('1'..='9').all(|digit| width(&digit.to_string(), 10.0, weight) == zero));
        }
    }

    #[test]
    fn japanese_is_drawn_and_what_cannot_be_drawn_is_seen() {
        assert_eq!(drawable("腹部CT 単純 ｱｲｳ"), "腹部CT 単純 ｱｲｳ");
        assert_eq!(drawable("a\u{1}b\nc \u{1F600}"), "a b c \u{FFFD}");
    }

    #[test]
    fn a_kanji_is_as_wide_as_its_size() {
        assert_eq!(width("腰椎", 8.0, Weight::Bold), 16.0);
    }
}
