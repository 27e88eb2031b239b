//! Segmentation objects beside the CT that they label: header, frames, masks on the CT's grid.
#![no_main]

use bonemuscle_fuzz::{instance, only_uncaught_panics_count};
use libfuzzer_sys::fuzz_target;
use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, scan};
use plugin_core::segmentation::labels_from_seg;
use plugin_core::volume::assemble;

/// The CT of the seeds.
const SLICES: [&[u8]; 6] = [
    include_bytes!("../study/0.dcm"),
    include_bytes!("../study/1.dcm"),
    include_bytes!("../study/2.dcm"),
    include_bytes!("../study/3.dcm"),
    include_bytes!("../study/4.dcm"),
    include_bytes!("../study/5.dcm"),
];

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let inputs: Inputs = SLICES.iter().copied().chain([data]).map(instance).collect();
    let contents = scan(&inputs, Progress::silent()).expect("nobody cancels");
    let Some(series) = contents.series.iter().max_by_key(|series| series.slices.len()) else { return };
    let Ok(volume) = assemble(series, &inputs, Progress::silent()) else { return };
    for object in &contents.segmentations {
        let _ = labels_from_seg(&[object], &inputs, series, &volume.grid, Progress::silent());
    }
});
