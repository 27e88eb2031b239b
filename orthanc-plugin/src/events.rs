//! Lines of the log: one event each, as `key=value`, so that machines read them as well as people.
//!
//! ```text
//! BoneMuscle: event=finished resource=studies/0cc9fb83-... state=done seconds=12.4
//! ```
//!
//! No patient data: resources are named by Orthanc's identifiers, and the sentence of a failure, which may name a series, stays in the
//! record of its study, under that study's access rules.

use crate::sdk;
use std::fmt::{Display, Write};

/// What a line says beside its event.
pub type Fields<'a> = [(&'a str, &'a dyn Display)];

/// What happens so often that administrators see it only when they ask for it (`--verbose`).
pub fn info(event: &str, fields: &Fields<'_>) {
    sdk::log_info(&line(event, fields));
}

/// What administrators see by default.
pub fn warning(event: &str, fields: &Fields<'_>) {
    sdk::log_warning(&line(event, fields));
}

/// What somebody has to look after.
pub fn error(event: &str, fields: &Fields<'_>) {
    sdk::log_error(&line(event, fields));
}

/// The text of a line.
pub fn line(event: &str, fields: &Fields<'_>) -> String {
    let mut line = format!("BoneMuscle: event={event}");
    for (key, value) in fields {
        // Writing into a text cannot fail.
        let _ = write!(line, " {key}={}", quoted(value.to_string()));
    }
    line
}

/// A value as it is, or in quotes where its end could not be told.
fn quoted(value: String) -> String {
    let plain = |letter: char| !letter.is_whitespace() && !letter.is_control() && !matches!(letter, '"' | '=' | '\\');
    if !value.is_empty() && value.chars().all(plain) {
        return value;
    }
    let mut text = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            _ if letter.is_control() => text.push(' '),
            _ => text.push(letter),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_key_by_key() {
        let fields: [(&str, &dyn Display); 3] = [("resource", &"studies/ab-cd"), ("state", &"done"), ("seconds", &1.5)];
        assert_eq!(line("finished", &fields), "BoneMuscle: event=finished resource=studies/ab-cd state=done seconds=1.5");
    }

    #[test]
    fn no_value_ends_a_line_or_makes_another_key() {
        for (value, written) in [
            ("", "\"\""),
            ("two words", "\"two words\""),
            ("a=b", "\"a=b\""),
            ("say \"x\"", "\"say \\\"x\\\"\""),
            ("C:\\", "\"C:\\\\\""),
            ("one\nBoneMuscle: event=forged", "\"one BoneMuscle: event=forged\""),
        ] {
            assert_eq!(line("e", &[("key", &value)]), format!("BoneMuscle: event=e key={written}"));
        }
    }
}
