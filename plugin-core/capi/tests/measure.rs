//! The C ABI as a C program meets it, with the phantom measured.

mod common;

use common::NO_LEAKS;
use std::path::Path;

#[test]
fn the_phantom_is_measured_from_memory() {
    common::run_c("smoke", &[], NO_LEAKS);
}

#[test]
fn voxels_of_a_program_are_measured_where_they_lie() {
    common::run_c("memory", &[], NO_LEAKS);
}

#[test]
fn the_library_can_be_unloaded_after_a_run() {
    // Rayon's queues (crossbeam-epoch) keep their bookkeeping in a static that is never dropped, some kilobytes for each time
    // the library is loaded. Before unloading it is reachable, and the other programs look for leaks.
    common::run_c("reload", &[&common::library(), Path::new("run")], "detect_leaks=0");
}
