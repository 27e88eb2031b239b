//! Runs the program against the library that cargo built beside these tests.

use std::path::Path;
use std::process::{Command, Output};

/// The program, not yet started.
pub fn bonemuscle() -> Command {
    let test = std::env::current_exe().expect("the test knows its path");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bonemuscle"));
    command.env("BONEMUSCLE_LIBRARY", test.with_file_name("libbonemuscle.so"));
    command
}

/// What `arguments` end in.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    bonemuscle().current_dir(folder).args(arguments).output().expect("the program can be started")
}

/// stderr, with the exit code.
pub fn ending(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}
