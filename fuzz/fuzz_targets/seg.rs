//! Segmentation objects of a CT: header, frames, masks on the CT's grid.
#![no_main]

use bonemuscle_fuzz::{alone, instance, only_uncaught_panics_count};
use libfuzzer_sys::fuzz_target;
use plugin_core::geometry::Grid;
use plugin_core::progress::Progress;
use plugin_core::read::{CtSeries, Inputs, scan};
use plugin_core::segmentation::labels_from_seg;
use plugin_core::volume::assemble;
use std::sync::LazyLock;

/// The CT of the seeds, and its grid.
static CT: LazyLock<(CtSeries, Grid)> = LazyLock::new(|| {
    let slices: [&[u8]; 6] = [
        include_bytes!("../study/0.dcm"),
        include_bytes!("../study/1.dcm"),
        include_bytes!("../study/2.dcm"),
        include_bytes!("../study/3.dcm"),
        include_bytes!("../study/4.dcm"),
        include_bytes!("../study/5.dcm"),
    ];
    let inputs: Inputs = slices.into_iter().map(instance).collect();
    let series = scan(&inputs, Progress::silent()).expect("nobody cancels").series.remove(0);
    let grid = assemble(&series, &inputs, Progress::silent()).expect("a volume").grid;
    (series, grid)
});

fuzz_target!(init: only_uncaught_panics_count(), |data: &[u8]| {
    let (series, grid) = &*CT;
    let inputs = alone(data);
    for object in &scan(&inputs, Progress::silent()).expect("nobody cancels").segmentations {
        let _ = labels_from_seg(&[object], &inputs, series, grid, Progress::silent());
    }
});
