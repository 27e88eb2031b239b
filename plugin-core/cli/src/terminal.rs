use std::io::{Write, stderr, stdout};

/// One line on stderr. Where nobody reads it any more, the run goes on all the same.
pub fn tell(line: &str) {
    let _nobody_reads = writeln!(stderr(), "{}", printable(line));
}

/// `text` on stdout. A reader that has gone away, such as `head`, is no failure.
pub fn show(text: &str) {
    let _closed = stdout().write_all(printable(text).as_bytes());
}

/// `text` without what a terminal would obey: names and descriptions come from the files that are measured.
fn printable(text: &str) -> String {
    let harmless = |character: char| if character.is_control() && character != '\n' { '\u{fffd}' } else { character };
    text.chars().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_power_and_names_stay() {
        assert_eq!(printable("\u{1b}[2J山本\r\u{9b}1m\n"), "\u{fffd}[2J山本\u{fffd}\u{fffd}1m\n");
    }
}
