//! Tables of names and doubts that stand beside a label map.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plugin_core::segmentation::NameTable;

fuzz_target!(|data: &[u8]| {
    let _ = NameTable::from_json(data, "fuzz.json");
});
