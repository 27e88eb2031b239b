//! The program draws what a registration tells.

mod common;

use common::{ending, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn drawn(folder: &Path, output: &str, arguments: &str) -> (Vec<u8>, Value) {
    let line: Vec<&str> = ["drr", "ct", "--output", output].into_iter().chain(arguments.split_whitespace()).collect();
    let (code, error) = ending(&run(folder, &line));
    assert_eq!(code, Some(0), "{error}");
    let read = |name: &str| fs::read(folder.join(output).join(name)).expect("it was written");
    (read("drr.nrrd"), serde_json::from_slice(&read("drr.json")).expect("JSON"))
}

/// Lines of an NRRD header that say where the image lies.
fn place(image: &[u8]) -> Vec<String> {
    let header = String::from_utf8_lossy(&image[..400]).into_owned();
    header.lines().filter(|line| line.starts_with("space ") || line.starts_with("sizes")).map(str::to_owned).collect()
}

#[test]
fn a_registered_pose_is_drawn_as_the_pose_that_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, error) = ending(&run(folder.path(), &["phantom", "ct", "--pixel-spacing", "3", "--slice-spacing", "4"]));
    assert_eq!(code, Some(0), "{error}");
    let femur = "--structure femur_left --thickness";
    let stated = "--rows 60 --columns 48 --pixel-spacing 4 --sdd 1100 --sad 950 --rotation 3,-4,5 --translation 6,7,-8";
    let (image, said) = drawn(folder.path(), "stated", &format!("{femur} {stated}"));
    assert!(said["greatest"].as_f64().is_some_and(|thickest| thickest > 20.0), "{said}");

    let written = json!({
        "schema": "bonemuscle-registration/1",
        "ct": said["series"],
        "refused": null,
        "found": {"geometry": {"film": said["film"], "centre_mm": said["pose"]["centre"]}, "pose": said["pose"]},
    });
    fs::write(folder.path().join("registration.json"), written.to_string()).expect("a file can be written");
    let (registered, _) = drawn(folder.path(), "registered", &format!("{femur} --pose registration.json"));
    assert!(registered == image, "the same femur, film and pose");
    // The whole CT has another middle, on which this film is not centred.
    let (whole, _) = drawn(folder.path(), "whole", "--pose registration.json");
    assert_eq!(place(&whole), place(&image));

    let both = ["drr", "ct", "--output", "none", "--pose", "registration.json", "--rows", "20"];
    let (code, error) = ending(&run(folder.path(), &both));
    assert!(code == Some(2) && error.contains("--pose"), "{error}");
    let other = ["drr", "ct", "--output", "none", "--pose", "stated/drr.json"];
    let (code, error) = ending(&run(folder.path(), &other));
    assert!(code == Some(2) && error.contains("give a registration.json"), "{error}");
    assert!(!folder.path().join("none").exists());
}
