//! A real CT, from the shared data folder.

use plugin_core::calibration::tissue::read_tissue;
use plugin_core::calibration::{Evidence, Tissue};
use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, scan};
use plugin_core::volume::assemble;
use std::path::Path;

/// Five slices of the pelvis of the Visible Human Female, with a circle of padding and nothing labelled. By numpy, in bins of
/// 5 HU, the values between -150 and -50 HU are most often -115 to -110 HU, those between -1020 and -900 HU -990 to -985 HU.
#[test]
fn air_and_fat_of_a_real_pelvis_are_where_their_histograms_peak() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    if !root.exists() {
        assert!(std::env::var_os("CI").is_none(), "the shared data must be present on CI");
        println!("skipped: no shared data");
        return;
    }
    let folder = root.join("data/dicom_awkward/vhf_pelvis_5slices_mdai/humanct_0002_1000_1004");
    let inputs = Inputs::from_folder(&folder).expect("a folder");
    let contents = scan(&inputs, Progress::silent()).expect("nobody cancels");
    let series = &contents.series[0];
    let volume = assemble(series, &inputs, Progress::silent()).expect("a volume");
    let evidence = Evidence {
        volume: &volume,
        acquisition: &Default::default(),
        equipment: &Default::default(),
        study_date: None,
        labels: Vec::new(),
    };
    for (tissue, peak) in [(Tissue::Air, -987.5), (Tissue::Fat, -112.5)] {
        let reading = read_tissue(&evidence, tissue).expect("in the image");
        assert!((reading.hu - peak).abs() < 4.0, "{reading:?} instead of {peak}");
        assert!(reading.voxels > 20_000);
    }
}
