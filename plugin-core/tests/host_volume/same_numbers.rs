//! The same image gives the same numbers to the last digit, whatever holds it and in whatever order.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use ndarray::{Array3, Axis};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::read::read_label_map;
use plugin_core::report::{Quantity, Region};
use std::io::Write;

/// `image.nrrd` once more, compressed.
fn compressed(study: &Study) -> PathBuf {
    let raw = std::fs::read(study.path("image.nrrd")).expect("a file");
    let end = raw.windows(2).position(|pair| pair == b"\n\n").expect("a header") + 2;
    let header = String::from_utf8_lossy(&raw[..end]).replace("encoding: raw", "encoding: gzip");
    let mut packed = GzEncoder::new(header.into_bytes(), Compression::fast());
    packed.write_all(&raw[end..]).expect("memory");
    let path = study.path("compressed.nrrd");
    std::fs::write(&path, packed.finish().expect("memory")).expect("a file");
    path
}

#[test]
fn files_and_memory_give_what_dicom_gives() {
    let study = Study::sheared();
    let expected = findings(&study.dicom, study.labels("labels.nrrd"));
    assert!(expected.iter().map(|finding| finding.measurements.len()).sum::<usize>() > 100);
    let outcome = run(&file(study.path("image.nrrd")), study.labels("labels.nrrd")).expect("a report");
    let series = outcome.report.series;
    assert_eq!((series.study_instance_uid, series.series_instance_uid), (None, None));
    assert_same(&outcome.report.findings, &expected, "raw NRRD");
    let digest = |inputs: &Inputs<'_>| run(inputs, study.labels("labels.nrrd")).expect("a report").report;
    let packed = digest(&file(compressed(&study)));
    assert_same(&packed.findings, &expected, "compressed NRRD");
    assert_eq!(packed.series.instances_sha256, series.instances_sha256);

    let image = loaded(&study.path("image.nrrd"));
    let shorts: Vec<i16> = image.stored.iter().copied().collect();
    let labels = read_label_map(&study.path("labels.nrrd")).expect("labels");
    let values: Vec<u8> = labels.values.iter().map(|value| *value as u8).collect();
    let given = || MemoryLabels { volume: memory(&labels.grid, Voxels::U8(&values)), names: study.names() };
    let borrowed = in_memory(memory(&image.grid, Voxels::I16(&shorts)), Some(given()));
    let report = run(&borrowed, json!({"patient": patient(), "outputs": []})).expect("a report").report;
    assert_same(&report.findings, &expected, "16 bits in memory");
    assert_eq!(report.series.instances_sha256, series.instances_sha256);
    let floats: Vec<f32> = shorts.iter().map(|hu| f32::from(*hu)).collect();
    let longs: Vec<i32> = shorts.iter().map(|hu| i32::from(*hu)).collect();
    for voxels in [Voxels::F32(&floats), Voxels::I32(&longs)] {
        let inputs = in_memory(memory(&image.grid, voxels), Some(given()));
        assert_same(&findings(&inputs, json!({"patient": patient(), "outputs": []})), &expected, "converted in memory");
    }
}

/// The places of a NIfTI are 32-bit floats, which hold those of an upright grid as they are.
#[test]
fn a_nifti_gives_what_dicom_gives() {
    let study = Study::of(&coarse());
    let expected = findings(&study.dicom, study.labels("labels.nrrd"));
    assert_same(&findings(&file(study.path("image.nii.gz")), study.labels("labels.nii.gz")), &expected, "NIfTI");
}

#[test]
fn sixteen_bits_in_memory_are_not_copied() {
    let voxels: Vec<i16> = (0..60).map(|number| number * 20 - 100).collect();
    let grid = Grid { shape: [3, 4, 5], origin: [0.0; 3], steps: [[0.0, 0.3, 2.0], [0.0, 1.0, 0.0], [1.0, 0.1, 0.0]] };
    let image = HostVolume::Memory(memory(&grid, Voxels::I16(&voxels)));
    let volume = from_host(&image, Progress::silent()).expect("a volume");
    assert_eq!((volume.stored.as_ptr(), &volume.grid), (voxels.as_ptr(), &grid));
}

/// The image with its axes in another order and direction.
fn reordered(image: &CtVolume<'_>, axes: [usize; 3], reversed: [bool; 3]) -> (Grid, Array3<i16>) {
    let mut voxels = image.stored.view().permuted_axes(axes);
    let mut first = [0.0; 3];
    let mut steps = axes.map(|axis| image.grid.steps[axis]);
    for place in (0..3).filter(|place| reversed[*place]) {
        first[axes[place]] = (image.grid.shape[axes[place]] - 1) as f64;
        steps[place] = steps[place].map(|x| -x);
        voxels.invert_axis(Axis(place));
    }
    let grid = Grid { shape: axes.map(|axis| image.grid.shape[axis]), origin: image.grid.to_patient(first), steps };
    (grid, voxels.as_standard_layout().to_owned())
}

/// Oblique and sheared as it is, and in the orders of other programs: a NIfTI's, a mirrored one, one cut sagittally.
#[test]
fn every_order_gives_the_truth_of_the_phantom() {
    let study = Study::sheared();
    let image = loaded(&study.path("image.nrrd"));
    let expected = findings(&study.dicom, study.labels("labels.nrrd"));
    assert_truth(&study.truth, &expected);
    for (axes, reversed) in [
        ([0, 1, 2], [false, true, true]),
        ([0, 1, 2], [true, false, false]),
        ([2, 0, 1], [false, true, false]),
        ([1, 2, 0], [true, true, true]),
    ] {
        let (grid, voxels) = reordered(&image, axes, reversed);
        let shorts = voxels.as_slice().expect("standard layout");
        let found = findings(&in_memory(memory(&grid, Voxels::I16(shorts)), None), study.labels("labels.nrrd"));
        assert_same(&found, &expected, &format!("{axes:?} {reversed:?}"));
    }
}

/// Volumes of whole muscles within 3 % of those of the shapes, and the trabecular CT number of every lumbar vertebra as drawn.
fn assert_truth(truth: &Value, findings: &[Finding]) {
    let of = |entry: &Value| {
        let structure: Structure = serde_json::from_value(entry["structure"].clone()).expect("a structure");
        let side: Side = entry.get("side").map_or(Side::None, |side| serde_json::from_value(side.clone()).expect("a side"));
        findings.iter().find(|finding| (finding.structure, finding.side) == (structure, side))
    };
    let mut compared = 0;
    for entry in truth["structures"].as_array().expect("structures") {
        let (Some(finding), Some(volume)) = (of(entry), entry["analytic_cm3"].as_f64()) else { continue };
        let Some(found) = finding.value(Region::Whole, Quantity::Volume) else { continue };
        assert!((found / volume - 1.0).abs() < 0.03, "{entry}: {found}");
        compared += 1;
    }
    assert!(compared >= 10, "{compared} volumes");
    for entry in truth["vertebrae"].as_array().expect("vertebrae") {
        let Some(finding) = of(entry) else { continue };
        let found = finding.value(Region::Trabecular, Quantity::AttenuationMean).expect("a trabecular region");
        assert!((found - entry["trabecular_hu"].as_f64().expect("HU")).abs() < 0.5, "{entry}: {found}");
    }
}
