//! The file with what a site supplies.

use crate::failure::Failure;
use serde_json::{Map, Value, json};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// What the file holds, a JSON object.
pub fn read(path: &Path) -> Result<Value, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("the site file {} cannot be read: {error}", path.display())))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(keys)) => Ok(Value::Object(keys)),
        Ok(_) => Err(Failure::usage(format!("the site file {} must hold a JSON object", path.display()))),
        Err(error) => Err(Failure::usage(format!("the site file {} is not JSON: {error}", path.display()))),
    }
}

/// What the file holds; nothing where there is none yet.
pub fn read_or_new(path: &Path) -> Result<Value, Failure> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Value::Object(Map::new())),
        _ => read(path),
    }
}

/// Puts `entry` into the list `key` of the file, in place of one with the same `id`. Earlier content is lost neither by an error
/// nor by a crash. Answers whether there was one before.
pub fn add(path: &Path, key: &str, entry: &Value) -> Result<bool, Failure> {
    let mut site = read_or_new(path)?;
    let list = &mut site[key];
    if list.is_null() {
        *list = json!([]);
    }
    let list = list
        .as_array_mut()
        .ok_or_else(|| Failure::usage(format!("\"{key}\" in the site file {} is not a list", path.display())))?;
    let before = list.len();
    list.retain(|one| one["id"] != entry["id"]);
    let replaced = list.len() < before;
    list.push(entry.clone());
    let unwritable = |error| Failure::machine(format!("the site file {} cannot be written: {error}", path.display()));
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(format!("{site:#}\n").as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _never_written = fs::remove_file(&part);
    }
    written.map(|()| replaced).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_replaces_its_namesake_and_leaves_the_rest() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("site.json");
        let one = |id: &str, slope: f64| json!({"id": id, "slope": slope});
        assert!(!add(&path, "calibrations", &one("a", 1.0)).expect("a new file"));
        assert!(!add(&path, "calibrations", &one("b", 2.0)).expect("a second entry"));
        assert!(!add(&path, "mappings", &one("a", 5.0)).expect("another list"));
        assert!(add(&path, "calibrations", &one("a", 3.0)).expect("the same name"));
        let expected = json!({"calibrations": [one("b", 2.0), one("a", 3.0)], "mappings": [one("a", 5.0)]});
        assert_eq!(read(&path).expect("JSON"), expected);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn what_is_no_site_file_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("notes.txt");
        for text in ["my notes", "[1]", r#"{"calibrations": {}}"#] {
            fs::write(&path, text).expect("writable");
            assert!(add(&path, "calibrations", &json!({"id": "a"})).is_err(), "{text}");
            assert_eq!(fs::read_to_string(&path).expect("still there"), text);
        }
    }
}
