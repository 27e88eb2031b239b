//! What stands in one cell.

/// Longest text of a cell.
const LONGEST: usize = 100;

/// A text that is there and of sensible length.
pub fn text(cell: &str) -> Result<String, String> {
    match cell.chars().count() {
        0 => Err("is empty".to_owned()),
        1..=LONGEST if !cell.contains(char::is_control) => Ok(cell.to_owned()),
        1..=LONGEST => Err("holds a control character or a line break; is a quotation mark missing?".to_owned()),
        length => Err(format!("holds {length} characters; at most {LONGEST} are read")),
    }
}

/// A finite number. What else stands there may be anybody's name, and is not repeated.
pub fn number(cell: &str) -> Result<f64, String> {
    if cell.is_empty() {
        return Err("is empty; leave out pairs without a value, and say how many".to_owned());
    }
    if cell.contains(',') {
        return Err("holds a comma; write decimals with a point".to_owned());
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_nan() => Err("is NaN; leave out pairs without a value, and say how many".to_owned()),
        // What is squared and summed a million times must not overflow.
        Ok(value) if value.abs() > 1e100 => Err("is not finite, or beyond any measurement".to_owned()),
        Ok(value) => Ok(value),
        Err(_) => Err("is not a number".to_owned()),
    }
}

/// One of the words of a table.
pub fn name_of<T: Copy>(cell: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == cell);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        match cell {
            "" => format!("is empty; known are {}", known.join(", ")),
            _ => format!("is none of {}", known.join(", ")),
        }
    })
}

/// A name as an error shows it.
pub fn shown(name: &str) -> String {
    name.chars().take(40).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
