//! The C ABI as a C program meets it, with the phantom measured.

mod common;

use std::path::Path;

#[test]
fn the_phantom_is_measured_from_memory() {
    common::run_c("smoke", &[]);
}

#[test]
fn the_library_can_be_unloaded_after_a_run() {
    common::run_c("reload", &[&common::library(), Path::new("run")]);
}
