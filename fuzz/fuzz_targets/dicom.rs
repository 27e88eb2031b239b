//! CT slices, enhanced CT and radiographs: headers, then pixels.
#![no_main]

use bonemuscle_fuzz::{alone, only_uncaught_panics_count};
use libfuzzer_sys::fuzz_target;
use plugin_core::progress::Progress;
use plugin_core::read::{decode_slice, read_radiograph, scan};

/// Frames of an enhanced CT are alike.
const SLICES: usize = 4;

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let inputs = alone(data);
    let contents = scan(&inputs, Progress::silent()).expect("nobody cancels");
    for series in &contents.series {
        let mut pixels = vec![0; series.size[0] * series.size[1]];
        for slice in series.slices.iter().take(SLICES) {
            let _ = decode_slice(&inputs, series, slice, &mut pixels);
        }
    }
    for header in &contents.radiographs {
        let _ = read_radiograph(&inputs, header);
    }
});
