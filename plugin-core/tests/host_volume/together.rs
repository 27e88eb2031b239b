//! An image beside the DICOM files that it was made of.

use super::*;

#[test]
fn the_image_in_the_files_is_measured_from_the_files() {
    let study = Study::of(&coarse());
    let expected = run(&study.dicom, study.labels("labels.nrrd")).expect("a report").report;
    // The order of a NIfTI is another one, the image is the same.
    for name in ["image.nrrd", "image.nii.gz"] {
        let inputs = Inputs { volume: Some(HostVolume::File(study.path(name))), ..again(&study) };
        let report = run(&inputs, study.labels("labels.nrrd")).expect("a report").report;
        assert_eq!((&report.series, &report.findings), (&expected.series, &expected.findings), "{name}");
        assert!(report.series.series_instance_uid.is_some());
    }
}

fn again(study: &Study) -> Inputs<'static> {
    let copied = study.dicom.instances.iter().map(|instance| match instance {
        Instance::Bytes { name, data } => Instance::Bytes { name: name.clone(), data: data.clone() },
        Instance::File(path) => Instance::File(path.clone()),
    });
    copied.collect()
}

#[test]
fn another_image_than_the_one_in_the_files_is_refused() {
    let study = Study::of(&coarse());
    let image = loaded(&study.path("image.nrrd"));
    let mut changed: Vec<i16> = image.stored.iter().copied().collect();
    let beside = |volume| Inputs { volume: Some(HostVolume::Memory(volume)), ..again(&study) };
    let moved = Grid { origin: [image.grid.origin[0] + 1.0, image.grid.origin[1], image.grid.origin[2]], ..image.grid.clone() };
    let told = sentence(run(&beside(memory(&moved, Voxels::I16(&changed))), study.labels("labels.nrrd")));
    assert!(told.contains("lie elsewhere") && told.contains("without DICOM the image is measured"), "{told}");
    changed[12345] += 3;
    let told = sentence(run(&beside(memory(&image.grid, Voxels::I16(&changed))), study.labels("labels.nrrd")));
    assert!(told.contains("1 of its voxels"), "{told}");
    let [slices, rows, columns] = image.grid.shape;
    let cropped = Grid { shape: [slices - 1, rows, columns], ..image.grid.clone() };
    let voxels = &changed[..(slices - 1) * rows * columns];
    let told = sentence(run(&beside(memory(&cropped, Voxels::I16(voxels))), study.labels("labels.nrrd")));
    assert!(told.contains("slices, rows and columns instead of"), "{told}");
}

#[test]
fn labels_in_memory_are_the_ones_that_are_measured() {
    let study = Study::of(&coarse());
    let image = loaded(&study.path("image.nrrd"));
    let mut values = vec![0u8; image.grid.len()];
    // A cube in the middle of the image, called a muscle.
    let [slices, rows, columns] = image.grid.shape;
    for (slice, row, column) in (0..10 * 10 * 10).map(|i| (slices / 2 + i / 100, rows / 2 + i / 10 % 10, columns / 2 + i % 10)) {
        values[(slice * rows + row) * columns + column] = 5;
    }
    let names = r#"{"5": "gluteus maximus left"}"#.to_owned();
    let labels = Some(MemoryLabels { volume: memory(&image.grid, Voxels::U8(&values)), names });
    let inputs = Inputs { labels, ..again(&study) };
    let report = run(&inputs, json!({"outputs": [], "measurements": ["muscle"]})).expect("a report").report;
    let volume = 1000.0 * image.grid.voxel_volume().0 / 1000.0;
    let found = report.findings.iter().find_map(|finding| finding.measurements.first()).expect("a value");
    assert!((found.value - volume).abs() < 1e-3 * volume, "{found:?} instead of {volume}");
    let told = sentence(run(&inputs, study.labels("labels.nrrd")));
    assert!(told.contains("labels were handed over in memory"), "{told}");
}
