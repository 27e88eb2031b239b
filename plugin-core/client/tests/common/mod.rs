//! What the tests of the client share.
#![allow(dead_code, reason = "each test program uses its part")]

use bonemuscle_client::Library;
use std::path::Path;
use std::process::Command;

/// The library that cargo built for these tests.
pub fn library() -> Library {
    let test = std::env::current_exe().expect("the test knows its path");
    Library::load(&test.with_file_name("libbonemuscle.so")).expect("cargo built the library beside this test")
}

/// Makes a shared library from `source`, which is C.
pub fn compile(path: &Path, source: &str) {
    let file = path.with_extension("c");
    std::fs::write(&file, source).expect("the source can be written");
    let compiled = Command::new("gcc").args(["-shared", "-fPIC", "-o"]).args([path, &file]).status();
    assert!(compiled.expect("gcc can be started").success());
}
