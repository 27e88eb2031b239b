//! Wrong usage and unreadable input: exit 2 with a sentence that says what is wrong, and nothing written.

mod common;

use common::{bonemuscle, ending, run};
use std::path::Path;

fn empty_folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn wrong_usage_is_named() {
    let folder = empty_folder();
    for (line, named) in [
        ("", "Usage"),
        ("weigh", "weigh"),
        ("measure study", "--output"),
        ("measure --output out", "FOLDER"),
        ("measure study --output out --labels map.nrrd", "--names"),
        ("measure study --output out --names totalsegmentator", "--labels"),
        ("measure study --output out --labels a --names b --seg 1.2", "--seg"),
        ("measure study --output out --only spleen", "spleen"),
        ("measure study --output out --height nan", "give a number above 0"),
        ("measure study --output out --threads 0", "--threads"),
        ("phantom out --noise -1", "-1"),
        ("measure study --output out --model m --seg 1.2", "--seg"),
        ("measure study --output out --model m --labels a --names b", "--labels"),
        ("measure study --output out --passes 101", "101"),
        ("measure study --output out --engine torch", "torch"),
        ("drr study", "--output"),
        ("drr study --output out --thickness", "--structure"),
        ("drr study --output out --rotation 0,1", "give three numbers"),
        ("drr study --output out --parallel --sdd 1000", "--parallel"),
        ("models", "Usage"),
        ("models run bonemuscle-ct", "--output"),
        ("models check", "FOLDER"),
    ] {
        let (code, error) = ending(&run(folder.path(), &line.split_whitespace().collect::<Vec<_>>()));
        assert_eq!(code, Some(2), "{line}: {error}");
        assert!(error.starts_with("bonemuscle: ") && error.contains(named), "{line}: {error}");
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = empty_folder();
    let (code, error) = ending(&run(folder.path(), &["measure", "missing", "--output", "out"]));
    assert_eq!(code, Some(2), "{error}");
    assert!(error.starts_with("bonemuscle: missing: "), "{error}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn results_never_go_where_the_next_run_reads() {
    let folder = empty_folder();
    std::fs::create_dir(folder.path().join("study")).expect("a folder can be made");
    std::os::unix::fs::symlink("study", folder.path().join("link")).expect("a link can be made");
    for output in ["study", "study/results", "link/results/today", "./study/../study"] {
        let (code, error) = ending(&run(folder.path(), &["measure", "study", "--output", output]));
        assert_eq!(code, Some(2), "{output}: {error}");
        assert!(error.contains("lies in the input folder study"), "{error}");
    }
    assert!(!folder.path().join("study/results").exists());
}

#[test]
fn a_missing_library_is_the_machines_fault_and_every_place_is_named() {
    let folder = empty_folder();
    let named = bonemuscle().env("BONEMUSCLE_LIBRARY", "/nonexistent/lib.so").args(["phantom", "out"]).output();
    let (code, error) = ending(&named.expect("the program can be started"));
    assert_eq!((code, error.contains("/nonexistent/lib.so cannot be loaded")), (Some(1), true), "{error}");

    // A second name of the program lies apart from any library. (Not a copy: while another thread starts a process, a file
    // just written can still be open for writing there, and cannot be run.)
    let apart = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk of the program");
    let program = apart.path().join("bin/bonemuscle");
    std::fs::create_dir(apart.path().join("bin")).expect("a folder can be made");
    std::fs::hard_link(env!("CARGO_BIN_EXE_bonemuscle"), &program).expect("the program can have a second name");
    let alone = std::process::Command::new(&program)
        .current_dir(folder.path())
        .env_remove("BONEMUSCLE_LIBRARY")
        .args(["phantom", "out"])
        .output();
    let (code, error) = ending(&alone.expect("the program can be started"));
    assert_eq!(code, Some(1), "{error}");
    let root = apart.path().canonicalize().expect("the folder exists");
    for place in ["bin/libbonemuscle.so", "lib/libbonemuscle.so", "lib/bonemuscle/libbonemuscle.so"] {
        assert!(error.contains(&root.join(place).display().to_string()), "{place}: {error}");
    }
}

#[test]
fn help_has_an_example_for_each_command() {
    for command in ["measure", "calibrate", "phantom", "models list", "models check", "models run"] {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = run(Path::new("/"), &words);
        let text = String::from_utf8_lossy(&help.stdout).into_owned();
        assert!(help.status.success() && text.contains(&format!("  bonemuscle {command} ")), "{text}");
    }
}

#[test]
fn a_model_that_is_not_there_is_refused_before_anything_is_written() {
    let folder = empty_folder();
    std::fs::create_dir(folder.path().join("study")).expect("a folder can be made");
    for line in ["measure study --output out --model none-such", "models run none-such study --output out"] {
        let (code, error) = ending(&run(folder.path(), &line.split(' ').collect::<Vec<_>>()));
        assert_eq!(code, Some(2), "{line}: {error}");
        assert!(error.contains("no model is called \"none-such\""), "{line}: {error}");
    }
    let (code, error) = ending(&run(folder.path(), &["models", "check", "study"]));
    assert_eq!((code, error.contains("manifest.json")), (Some(2), true), "{error}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn the_list_of_models_names_the_library_that_runs_them() {
    let table = run(Path::new("/"), &["models", "list"]);
    let text = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(table.status.success() && (text.contains("run by ") || text.contains("no network can be run")), "{text}");
    let json = run(Path::new("/"), &["models", "list", "--json"]);
    assert!(json.status.success() && json.stdout.starts_with(b"{"), "{}", String::from_utf8_lossy(&json.stdout));
}
