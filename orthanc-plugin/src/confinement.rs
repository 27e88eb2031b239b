//! What the worker gives up before it reads the first byte of somebody else's file: capabilities, the network, starting programs,
//! writing files, and reading others than those it needs.
//!
//! The codecs of JPEG, JPEG-LS and JPEG 2000 are C and C++ that a hostile code stream may take over. What it would then hold are
//! the bytes of one study and a connection to the plugin, which takes results from it.
//!
//! | given up | by | where that is missing |
//! |---|---|---|
//! | files that Orthanc had open | close_range, first of all ([`close_inherited`](crate::sdk::close_inherited)) | `/proc`, by number |
//! | capabilities, where Orthanc runs as root | capset | nothing to give up |
//! | network, programs, writing, other processes | seccomp ([`system_calls`]) | a machine that is neither x86-64, ARM64 nor RISC-V |
//! | reading what it was not given | Landlock ([`files`]) | Linux before 5.13, or started without it |
//!
//! All of it holds for the thread that calls and those that it starts, so the worker calls it before there are others.

mod files;
mod system_calls;

use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};
use std::path::{Path, PathBuf};

/// Confines the process to computing, and to reading the folders of `libraries` and `models`. What the machine has no means for is
/// left out, and told in sentences: a worker that is less confined measures all the same.
pub fn confine(libraries: &[PathBuf], models: &[PathBuf]) -> Vec<String> {
    let steps = [
        drop_capabilities(),
        // The next two need it, and it outlives both.
        set_no_new_privs(true).map_err(|error| format!("it may gain privileges: {error}")),
        files::restrict(libraries, models).map_err(|reason| format!("it may read every file that Orthanc may: {reason}")),
        system_calls::restrict()
            .map_err(|reason| format!("it may connect, write files and start programs as Orthanc may: {reason}")),
    ];
    steps.into_iter().filter_map(Result::err).collect()
}

fn drop_capabilities() -> Result<(), String> {
    let none = CapabilitySet::empty();
    let dropped = set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none });
    dropped.map_err(|error| format!("it keeps its capabilities: {error}"))
}

/// The folder of libbonemuscle, and those beside it that hold the libraries which run networks.
pub fn library_folders(folder: &Path) -> Vec<PathBuf> {
    // By name, because either may be a link.
    ["", "onnxruntime", "openvino"].map(|name| folder.join(name)).into()
}
