//! Compiles a C program of `tests/c` against the library under test, and runs it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The library that cargo built for these tests; it lies beside the test program.
pub fn library() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its path");
    let library = test.with_file_name("libbonemuscle.so");
    assert!(library.is_file(), "{} is not built", library.display());
    library
}

/// Options of the address sanitizer under which a leak is an error, too.
pub const NO_LEAKS: &str = "detect_leaks=1";

/// Runs `tests/c/<name>.c` under the address and undefined-behaviour sanitizers; it must end with success.
pub fn run_c(name: &str, arguments: &[&Path], sanitizer_options: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join(name);
    let library = library();
    let library_folder = library.parent().expect("the library lies in a folder");
    let compiled = Command::new("gcc")
        .args(["-std=c11", "-g", "-Wall", "-Wextra", "-Werror", "-pthread"])
        .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
        // A program that names no function of the library (it loads it itself) must not be linked with it.
        .arg("-Wl,--as-needed")
        .arg("-I")
        .arg(here.join("include"))
        .arg(here.join("tests/c").join(name).with_extension("c"))
        .arg("-o")
        .arg(&program)
        .arg(&library)
        .arg("-lm")
        .arg(format!("-Wl,-rpath,{}", library_folder.display()))
        .status()
        .expect("gcc can be started");
    assert!(compiled.success(), "gcc refused {name}.c");
    run(Command::new(&program).args(arguments), sanitizer_options);
}

fn run(command: &mut Command, sanitizer_options: &str) {
    let ran = command.env("ASAN_OPTIONS", sanitizer_options).output().expect("the program can be started");
    let (out, error) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{command:?} ended with {}\n{out}\n{error}", ran.status);
}
