//! The fields of the library's JSON as a person is shown them; what lacks is shown as nothing.

use serde_json::Value;

/// The array at `key`.
pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The text at `key`.
pub fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

/// Structure and side of a finding or a label, such as `gluteus_maximus left`.
pub fn name(value: &Value) -> String {
    match text_of(value, "side") {
        "none" => text_of(value, "structure").to_owned(),
        side => format!("{} {side}", text_of(value, "structure")),
    }
}

/// What the gates said, a line each: `warning: slices are 5 mm thick`.
pub fn remarks(value: &Value) -> impl Iterator<Item = String> {
    list(value, "quality").iter().map(|one| format!("{}: {}", text_of(one, "severity"), text_of(one, "message")))
}
