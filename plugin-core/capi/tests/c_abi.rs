//! The C ABI as a C program meets it, without an image.

mod common;

#[test]
fn careless_calls_end_in_a_status() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    common::run_c("boundary", &[empty.path()]);
}

#[test]
fn the_library_can_be_unloaded_and_loaded_again() {
    common::run_c("reload", &[&common::library()]);
}
