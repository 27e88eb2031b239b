//! The C ABI as a C program meets it, without an image.

mod common;

use common::NO_LEAKS;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
#[test]
fn careless_calls_end_in_a_status() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    common::run_c("boundary", &[empty.path()], NO_LEAKS);
}

#[test]
fn the_library_can_be_unloaded_and_loaded_again() {
    common::run_c("reload", &[&common::library()], NO_LEAKS);
}

/// A symbol beside these, such as one of a bundled codec, could be mixed up with the host's own.
#[test]
fn the_library_exports_the_functions_of_the_header_only() {
    let listed = Command::new("nm").args(["-D", "--defined-only", "--format=just-symbols"]).arg(common::library()).output();
    let listed = String::from_utf8(listed.expect("nm can be started").stdout).expect("symbols are ASCII");
    let exported: BTreeSet<&str> = listed.lines().collect();

    let header = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("include/bonemuscle.h"));
    let header = header.expect("the header can be read");
    let lines = header.lines().filter(|line| !line.starts_with("//") && !line.starts_with("typedef"));
    let declared: BTreeSet<&str> = lines
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("bonemuscle_"))
        .collect();
    assert_eq!(declared.len(), 27);
    assert_eq!(exported, declared);
}
