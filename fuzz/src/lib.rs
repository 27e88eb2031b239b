//! What the targets share.

use plugin_core::read::{Inputs, Instance};
use std::io::Write;
use tempfile::NamedTempFile;

/// Lets a panic that is caught be caught: codecs may panic on hostile code streams, which costs the series and not the process.
/// libFuzzer's own hook would end the process first; a panic that nobody catches still does.
pub fn only_uncaught_panics_count() {
    drop(std::panic::take_hook());
}

/// `data` as a DICOM instance.
pub fn instance(data: &[u8]) -> Instance {
    Instance::Bytes { name: "input".to_owned(), data: data.to_vec() }
}

/// `data` as the only instance.
pub fn alone(data: &[u8]) -> Inputs<'static> {
    std::iter::once(instance(data)).collect()
}

/// `data` in a file whose name ends in `suffix`.
pub fn file(data: &[u8], suffix: &str) -> NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(suffix).tempfile().expect("a folder for temporary files");
    file.write_all(data).expect("room for the input");
    file
}
