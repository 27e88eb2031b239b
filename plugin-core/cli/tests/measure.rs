//! The program with the phantom measured.

mod common;

use common::{bonemuscle, ending, run};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

/// A folder that holds a phantom in `phantom/`.
fn with_phantom() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, error) = ending(&run(folder.path(), &["phantom", "phantom", "--pixel-spacing", "3", "--slice-spacing", "4"]));
    assert_eq!(code, Some(0), "{error}");
    assert!(folder.path().join("phantom/truth.json").is_file());
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be read").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn values_are_printed_and_files_written() {
    let folder = with_phantom();
    let measured = run(folder.path(), &["measure", "phantom", "--output", "results"]);
    let (code, error) = ending(&measured);
    assert_eq!(code, Some(0), "{error}");
    let table = String::from_utf8_lossy(&measured.stdout).into_owned();
    assert!(table.starts_with("Research use only."), "{table}");
    assert!(table.contains("attenuation_mean") && table.contains(" HU\n") && table.contains(" cm3\n"), "{table}");
    assert!(error.lines().any(|line| line.starts_with("write ") && line.ends_with(" %")), "{error}");
    assert!(!error.contains('\u{1b}'), "a pipe gets no bar: {error}");

    let results = folder.path().join("results");
    let written = names(&results);
    for name in ["report.json", "results.csv", "sr.dcm", "pdf.dcm", "sc.dcm"] {
        assert!(written.iter().any(|found| found == name), "{name} is missing: {written:?}");
    }
    assert!(written.iter().all(|name| !name.ends_with(".part")), "{written:?}");
}

#[test]
fn a_fixed_start_makes_every_byte_repeatable_whatever_the_threads() {
    let folder = with_phantom();
    let measure = |output: &str, threads: &str| {
        let started = ["--started", "2026-01-02T03:04:05+09:00", "--threads", threads];
        let (code, error) = ending(&run(folder.path(), &[&["measure", "phantom", "--output", output], &started[..]].concat()));
        assert_eq!(code, Some(0), "{error}");
    };
    measure("first", "1");
    measure("second", "2");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    assert_eq!(names(&first), names(&second));
    for name in names(&first) {
        assert!(fs::read(first.join(&name)).ok() == fs::read(second.join(&name)).ok(), "{name} differs");
    }
}

#[test]
fn only_muscles_when_only_muscles_are_asked_for() {
    let folder = with_phantom();
    let measured = run(folder.path(), &["measure", "phantom", "--output", "results", "--only", "muscle"]);
    let table = String::from_utf8_lossy(&measured.stdout).into_owned();
    assert_eq!(measured.status.code(), Some(0));
    assert!(table.contains("volume") && !table.contains("trabecular"), "{table}");
}

#[test]
fn a_radiograph_is_written_or_refused_with_the_limit() {
    let folder = with_phantom();
    let drawn = run(folder.path(), &["drr", "phantom", "--output", "drr", "--structure", "femur_left", "--thickness"]);
    let (code, error) = ending(&drawn);
    assert_eq!(code, Some(0), "{error}");
    assert!(String::from_utf8_lossy(&drawn.stdout).contains("thickness of femur_left: 0.0 to "));
    assert_eq!(names(&folder.path().join("drr")), ["drr.json", "drr.nrrd", "drr.png"]);
    let huge = ["drr", "phantom", "--output", "huge", "--rows", "20000", "--columns", "20000"];
    let (code, error) = ending(&run(folder.path(), &huge));
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("20000 rows and 20000 columns; accepted: 1 to 8192 each"), "{error}");
}

#[test]
fn what_is_not_dicom_is_unreadable_input() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("study")).expect("a folder can be made");
    fs::write(folder.path().join("study/notes.txt"), "not DICOM").expect("a file can be written");
    let (code, error) = ending(&run(folder.path(), &["measure", "study", "--output", "results"]));
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("bonemuscle: "), "{error}");
    assert!(names(&folder.path().join("results")).is_empty());
}

#[test]
fn ctrl_c_ends_the_run_with_130_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Of ordinary size, so that the run is still under way when the signal comes.
    let (code, error) = ending(&run(folder.path(), &["phantom", "ordinary"]));
    assert_eq!(code, Some(0), "{error}");
    let started = bonemuscle()
        .current_dir(folder.path())
        .args(["measure", "ordinary", "--output", "results", "--threads", "1"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut running = started.expect("the program can be started");
    let mut lines = std::io::BufReader::new(running.stderr.take().expect("stderr is a pipe"));
    // The first line of progress says that Ctrl-C is listened for.
    std::io::BufRead::read_line(&mut lines, &mut String::new()).expect("stderr can be read");
    let sent = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status();
    assert!(sent.expect("kill can be started").success());
    let ended = running.wait().expect("the program ends");
    assert_eq!((ended.code(), ended.signal()), (Some(130), None));
    assert!(names(&folder.path().join("results")).is_empty());
}
