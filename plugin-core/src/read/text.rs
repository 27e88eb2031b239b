//! Text in any DICOM character set to UTF-8 (PS3.3 C.12.1.1.2, PS3.5 6.1).

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6};
use encoding_rs::{ISO_8859_7, ISO_8859_8, ISO_8859_15, WINDOWS_874, WINDOWS_1254};

/// Decodes `bytes` by Specific Character Set (0008,0005) `character_sets` (empty: the default repertoire).
///
/// Several values of one attribute stay joined by `\`. They are never split before decoding: the byte 0x5C is also the second
/// half of common kanji (本 is 4B 5C), so only decoding tells which one separates. Bytes that the declared set does not have
/// become U+FFFD; without a declaration, or with one that is not DICOM's, they are read as Latin-1, as archives do.
pub fn decode_text(bytes: &[u8], character_sets: &[&str]) -> String {
    match character_sets.first().copied().unwrap_or("").trim() {
        "ISO_IR 192" => String::from_utf8_lossy(bytes).into_owned(),
        "GB18030" => GB18030.decode_without_bom_handling(bytes).0.into_owned(),
        "GBK" => GBK.decode_without_bom_handling(bytes).0.into_owned(),
        first => decode_iso_2022(bytes, initial(first)),
    }
}

/// A code table that stands in the left (G0) or right (G1) half of the bytes.
#[derive(Debug, Clone, Copy)]
enum Table {
    Ascii,
    Latin1,
    /// One byte per character, right half.
    Single(&'static Encoding),
    /// JIS X 0201 half-width katakana.
    Katakana,
    /// Two bytes per character.
    Kanji,
    SupplementaryKanji,
    Korean,
    SimplifiedChinese,
}

impl Table {
    fn width(self) -> usize {
        match self {
            Table::Kanji | Table::SupplementaryKanji | Table::Korean | Table::SimplifiedChinese => 2,
            _ => 1,
        }
    }

    /// Appends the character that `code` (one or two bytes, either half) stands for.
    fn decode(self, code: &[u8], out: &mut String) {
        let right: Vec<u8> = code.iter().map(|byte| byte | 0x80).collect();
        let (encoding, coded) = match self {
            Table::Ascii | Table::Latin1 => return out.extend(code.iter().map(|&byte| char::from(byte))),
            // encoding_rs maps 80..9F as Windows does; in ISO 8859 they are control characters.
            Table::Single(_) if matches!(code, [0x80..=0x9F]) => return out.extend(code.iter().map(|&byte| char::from(byte))),
            Table::Single(encoding) => (encoding, right),
            Table::Katakana => (EUC_JP, [&[0x8E], &right[..]].concat()),
            Table::Kanji => (EUC_JP, right),
            Table::SupplementaryKanji => (EUC_JP, [&[0x8F], &right[..]].concat()),
            Table::Korean => (EUC_KR, right),
            Table::SimplifiedChinese => (GBK, right),
        };
        let (decoded, _) = encoding.decode_without_bom_handling(&coded);
        match self {
            Table::Kanji => out.extend(decoded.chars().map(jis_symbol)),
            _ => out.push_str(&decoded),
        }
    }
}

/// Six symbols of JIS X 0208 that the WHATWG table maps to Microsoft's choice instead of the standard's.
fn jis_symbol(character: char) -> char {
    match character {
        '\u{FF5E}' => '\u{301C}',
        '\u{2225}' => '\u{2016}',
        '\u{FF0D}' => '\u{2212}',
        '\u{FFE0}' => '\u{00A2}',
        '\u{FFE1}' => '\u{00A3}',
        '\u{FFE2}' => '\u{00AC}',
        other => other,
    }
}

/// The tables in force: G0 for bytes below 80, G1 above.
#[derive(Debug, Clone, Copy)]
struct Tables {
    left: Table,
    right: Table,
}

/// What the first value of Specific Character Set puts in force (PS3.3 tables C.12-2 to C.12-4).
fn initial(term: &str) -> Tables {
    let number = term.strip_prefix("ISO_IR ").or_else(|| term.strip_prefix("ISO 2022 IR ")).unwrap_or("");
    let right = match number {
        "13" => Table::Katakana,
        "101" => Table::Single(ISO_8859_2),
        "109" => Table::Single(ISO_8859_3),
        "110" => Table::Single(ISO_8859_4),
        "144" => Table::Single(ISO_8859_5),
        "127" => Table::Single(ISO_8859_6),
        "126" => Table::Single(ISO_8859_7),
        "138" => Table::Single(ISO_8859_8),
        "148" => Table::Single(WINDOWS_1254),
        "203" => Table::Single(ISO_8859_15),
        "166" => Table::Single(WINDOWS_874),
        "149" => Table::Korean,
        "58" => Table::SimplifiedChinese,
        _ => Table::Latin1,
    };
    Tables { left: Table::Ascii, right }
}

/// Escape sequences without the ESC (PS3.3 tables C.12-3 and C.12-4), and whether they change the left half.
const ESCAPES: [(&[u8], bool, Table); 20] = [
    (b"(B", true, Table::Ascii),
    (b"(J", true, Table::Ascii),
    (b"(I", true, Table::Katakana),
    (b")I", false, Table::Katakana),
    (b"$B", true, Table::Kanji),
    (b"$@", true, Table::Kanji),
    (b"$(D", true, Table::SupplementaryKanji),
    (b"$)C", false, Table::Korean),
    (b"$)A", false, Table::SimplifiedChinese),
    (b"-A", false, Table::Latin1),
    (b"-B", false, Table::Single(ISO_8859_2)),
    (b"-C", false, Table::Single(ISO_8859_3)),
    (b"-D", false, Table::Single(ISO_8859_4)),
    (b"-L", false, Table::Single(ISO_8859_5)),
    (b"-G", false, Table::Single(ISO_8859_6)),
    (b"-F", false, Table::Single(ISO_8859_7)),
    (b"-H", false, Table::Single(ISO_8859_8)),
    (b"-M", false, Table::Single(WINDOWS_1254)),
    (b"-b", false, Table::Single(ISO_8859_15)),
    (b"-T", false, Table::Single(WINDOWS_874)),
];

fn decode_iso_2022(bytes: &[u8], initial: Tables) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut tables = initial;
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        if byte == 0x1B {
            let escape = ESCAPES.iter().find(|(sequence, _, _)| rest[1..].starts_with(sequence));
            match escape {
                Some((_, true, table)) => tables.left = *table,
                Some((_, false, table)) => tables.right = *table,
                None => out.push('\u{FFFD}'),
            }
            rest = &rest[1 + escape.map_or(0, |(sequence, _, _)| sequence.len())..];
            continue;
        }
        let table = if byte < 0x80 { tables.left } else { tables.right };
        // Control characters, space and delimiters stand for themselves unless they may be half of a character.
        if byte <= 0x20 || (table.width() == 1 && byte < 0x80 && ends_component(byte)) {
            if byte != 0x20 {
                tables = initial;
            }
            out.push(char::from(byte));
            rest = &rest[1..];
            continue;
        }
        let (code, after) = rest.split_at(table.width().min(rest.len()));
        table.decode(code, &mut out);
        rest = after;
    }
    out
}

/// Characters at which the tables of the first value are in force again (PS3.5 6.1.2.5.3).
fn ends_component(byte: u8) -> bool {
    matches!(byte, b'\\' | b'^' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair was decoded by pydicom 3.0.2: `pydicom.charset.decode_bytes(value, convert_encodings(sets), PN_DELIMS)`,
    /// but for GB 2312, where pydicom leaves the escapes in; there the answer is PS3.5 annex K's.
    #[test]
    fn agrees_with_pydicom() {
        let cases: [(&[u8], &[&str], &str); 22] = [
            (b"Doe^J\xfcrgen", &["ISO_IR 100"], "Doe^Jürgen"),
            (b"Dvo\xf8\xe1k^\xaeofie", &["ISO_IR 101"], "Dvořák^Žofie"),
            (b"\xa1al^\xd5or\xf5", &["ISO_IR 109"], "Ħal^Ġorġ"),
            (b"\xd3\xbani\xf1\xb9^\xabirts", &["ISO_IR 110"], "Ķēniņš^Ģirts"),
            (b"\xbb\xee\xdace\xdc\xd1yp\xd3", &["ISO_IR 144"], "Люкceмбypг"),
            (b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", &["ISO_IR 127"], "قباني^لنزار"),
            (b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", &["ISO_IR 126"], "Διονυσιος"),
            (b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", &["ISO_IR 138"], "שרון^דבורה"),
            (b"\xc7avu\xfeo\xf0lu", &["ISO_IR 148"], "Çavuşoğlu"),
            (b"\xca\xc1\xaa\xd2\xc2", &["ISO_IR 166"], "สมชาย"),
            (b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", &["ISO_IR 13"], "ﾔﾏﾀﾞ^ﾀﾛｳ"),
            (b"\xe5\xb1\xb1\xe7\x94\xb0^\xe6\x9c\xac", &["ISO_IR 192"], "山田^本"),
            (b"\xcd\xf5^\xd0\xa1\xb6\xab", &["GB18030"], "王^小东"),
            (b"\xcd\xf5^\xd0\xa1\xb6\xab", &["GBK"], "王^小东"),
            (
                b"Yamamoto^Omote=\x1b$B;3K\x5c\x1b(B^\x1b$BI=%=\x1b(B=\x1b$B$d$^$b$H\x1b(B^\x1b$B$*$b$F\x1b(B",
                &["", "ISO 2022 IR 87"],
                "Yamamoto^Omote=山本^表ソ=やまもと^おもて",
            ),
            (b"\xd4\xcf\xd3\xc4=\x1b$B;3K\x5c\x1b(J^\x1b$B%=\x1b(B", &["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾓﾄ=山本^ソ"),
            (b"A=\x1b$(D0!0~\x1b(B", &["", "ISO 2022 IR 87", "ISO 2022 IR 159"], "A=丂侄"),
            (
                b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
                &["", "ISO 2022 IR 149"],
                "Hong^Gildong=洪^吉洞=홍^길동",
            ),
            (b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", &["", "ISO 2022 IR 58"], "Zhang^XiaoDong=张^小东="),
            (
                b"\x1b-F\xc4\xe9\xef\xed=\x1b-L\xbb\xee\xda",
                &["ISO 2022 IR 100", "ISO 2022 IR 144", "ISO 2022 IR 126"],
                "Διον=Люк",
            ),
            (b"\x1b$B!A!B!]\x1b(B\x5c\x1b$BK\x5cI=\x1b(B", &["", "ISO 2022 IR 87"], "〜‖−\\本表"),
            (b"M\xfcller", &[], "Müller"),
        ];
        for (bytes, sets, expected) in cases {
            assert_eq!(decode_text(bytes, sets), expected, "{sets:?}");
        }
    }
}
