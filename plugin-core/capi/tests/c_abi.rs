//! The C ABI as a C program meets it, without an image.

mod common;

use common::NO_LEAKS;
#[test]
fn careless_calls_end_in_a_status() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    common::run_c("boundary", &[empty.path()], NO_LEAKS);
}

#[test]
fn the_library_can_be_unloaded_and_loaded_again() {
    common::run_c("reload", &[&common::library()], NO_LEAKS);
}
