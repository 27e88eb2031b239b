//! The program with the phantom's CT and film registered.

mod common;

use common::{ending, run};
use std::fs;
use std::path::Path;

/// A folder with a CT in `ct/` and a film beside it.
fn study() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, error) = ending(&run(
        folder.path(),
        &["phantom", "ct", "--pixel-spacing", "2.5", "--slice-spacing", "3", "--film", "--without-labels"],
    ));
    assert_eq!(code, Some(0), "{error}");
    for film in ["film-processing.dcm", "film-presentation.dcm"] {
        fs::rename(folder.path().join("ct").join(film), folder.path().join(film)).expect("the film was written");
    }
    folder
}

fn registration(folder: &Path) -> serde_json::Value {
    let text = fs::read_to_string(folder.join("pose/registration.json")).expect("registration.json");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_pose_or_its_refusal_is_told_and_written() {
    let folder = study();
    // Above the density phantom of the scanner, which is not on the film.
    let line = ["register", "ct", "film-processing.dcm", "--output", "pose", "--bone-threshold", "250"];
    let output = run(folder.path(), &line);
    let (code, error) = ending(&output);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("Research use only."), "{error}");
    let written = registration(folder.path());
    assert_eq!(written["schema"], "bonemuscle-registration/1");
    let (exit, shown) = match written["refused"].is_null() {
        true => (0, "similarity"),
        false => (3, "no pose: "),
    };
    assert_eq!(code, Some(exit), "{error}");
    assert!(text.contains(shown) && text.contains("assumed: "), "{text}");
    assert_eq!(folder.path().join("pose/overlay.png").is_file(), exit == 0);
}

#[test]
fn half_a_landmark_is_wrong_usage() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let line = ["register", "ct", "film.dcm", "--output", "pose", "--at", "1,2", "--of", "1,2"];
    let (code, error) = ending(&run(folder.path(), &line));
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("--of has 2 numbers"), "{error}");
}
