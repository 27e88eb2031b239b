//! NIfTI files, plain and compressed: as a label map with names of its own, and as a CT.
#![no_main]

use bonemuscle_fuzz::file;
use libfuzzer_sys::fuzz_target;
use plugin_core::geometry::Grid;
use plugin_core::progress::Progress;
use plugin_core::read::HostVolume;
use plugin_core::segmentation::{NameTable, labels_from_map, labels_from_slicer};
use plugin_core::volume::from_host;
use std::sync::LazyLock;

static NAMES: LazyLock<NameTable> = LazyLock::new(NameTable::totalsegmentator);

fuzz_target!(|data: &[u8]| {
    let file = file(data, if data.starts_with(&[0x1F, 0x8B]) { ".nii.gz" } else { ".nii" });
    // That of the seeds.
    let steps = [[0.0, 0.0, 3.0], [0.0, 4.0, 0.0], [4.0, 0.0, 0.0]];
    let grid = Grid { shape: [6, 36, 32], origin: [-20.0, -30.0, 100.0], steps };
    let _ = labels_from_map(file.path(), &NAMES, &grid, Progress::silent());
    let _ = labels_from_slicer(file.path(), &grid, Progress::silent());
    let _ = from_host(&HostVolume::File(file.path().to_owned()), Progress::silent());
});
