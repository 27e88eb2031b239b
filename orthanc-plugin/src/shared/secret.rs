//! Text that must appear in no log, no answer and no message.

use std::fmt;
use std::path::Path;

/// A password, or a text that holds one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// From a file, without the end of its line.
    pub fn read(key: &str, file: &Path) -> Result<Secret, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("\"{key}\": {}: {error}", file.display()))?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(format!("\"{key}\": {} is empty", file.display())),
            text => Ok(Secret::new(text)),
        }
    }

    /// The text, for whom it is meant.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(***)");
    }

    #[test]
    fn a_file_ends_before_its_line_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "a b \r\n").unwrap();
        assert_eq!(Secret::read("PasswordFile", &file).unwrap().reveal(), "a b ");
        std::fs::write(&file, "\n").unwrap();
        for path in [&file, &folder.path().join("none")] {
            assert!(Secret::read("PasswordFile", path).unwrap_err().starts_with("\"PasswordFile\": "));
        }
    }
}
