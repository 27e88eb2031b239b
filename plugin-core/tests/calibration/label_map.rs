//! Rods that the user drew.

use crate::scene::{OFFSET, SENSITIVITY, Scan, Scene, grid};
use plugin_core::calibration::{Calibration, CalibrationChoice, CalibrationError, RodSource};
use plugin_core::geometry::Grid;
use plugin_core::report::GateCode;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A NRRD of bytes on the grid of the CT, in LPS.
fn write(folder: &Path, grid: &Grid, value: impl Fn([f64; 3]) -> u8) -> PathBuf {
    let file = folder.join("rods.nrrd");
    let [slices, rows, columns] = grid.shape;
    let vector = |[x, y, z]: [f64; 3]| format!("({x},{y},{z})");
    let directions = [2, 1, 0].map(|axis| vector(grid.steps[axis])).join(" ");
    let mut out = std::fs::File::create(&file).expect("a file");
    write!(
        out,
        "NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: {columns} {rows} {slices}\n\
         space directions: {directions}\nspace origin: {}\nencoding: raw\n\n",
        vector(grid.origin)
    )
    .expect("written");
    let mut bytes = Vec::new();
    for z in 0..slices {
        for y in 0..rows {
            bytes.extend((0..columns).map(|x| value(grid.to_patient([z as f64, y as f64, x as f64]))));
        }
    }
    out.write_all(&bytes).expect("written");
    file
}

/// Numbers the five rods from the left, drawn a little too large.
fn rods([x, y, _]: [f64; 3]) -> u8 {
    (1..=5).find(|rod| (x - (f64::from(*rod) - 3.0) * 30.0).hypot(y - 85.0) <= 8.0).unwrap_or(0)
}

fn calibrate(scan: &Scan, file: PathBuf, phantom: Option<&str>) -> Result<(Calibration, Vec<GateCode>), CalibrationError> {
    let choice = CalibrationChoice::Phantom { phantom: phantom.map(str::to_owned), rods: Some(file) };
    let calibrated = scan.calibrate(choice)?;
    Ok((calibrated.calibration, calibrated.quality.into_iter().map(|one| one.code).collect()))
}

#[test]
fn drawn_rods_are_read_inside() {
    let folder = tempfile::tempdir().expect("a folder");
    let grid = grid(1.0, 3.0, 6);
    let scan = Scene { noise: 10.0, ..Scene::default() }.scan(&grid);
    let file = write(folder.path(), &grid, rods);
    let (calibration, codes) = calibrate(&scan, file.clone(), Some("b-mas200")).expect("no error");
    let Calibration::Phantom(phantom) = calibration else { panic!("{codes:?}") };
    assert_eq!((phantom.rods_from, codes), (RodSource::LabelMap, vec![GateCode::CalibrationUnconfirmed]));
    for rod in &phantom.rods {
        assert!((rod.hu - SENSITIVITY * rod.density - OFFSET).abs() < 2.0 && (rod.sd_hu - 10.0).abs() < 1.5, "{rod:?}");
    }
    // Without a name there must be one definition of the site's own.
    assert!(matches!(calibrate(&scan, file, None), Err(CalibrationError::Settings(reason)) if reason.contains("b-mas200")));
}

#[test]
fn rods_numbered_wrongly_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let grid = grid(1.0, 3.0, 6);
    let scan = Scene::default().scan(&grid);
    let swapped = write(folder.path(), &grid, |point| [0, 1, 4, 3, 2, 5][usize::from(rods(point))]);
    assert_eq!(calibrate(&scan, swapped, Some("b-mas200")).expect("no error").1, [GateCode::RodOrder]);
    let incomplete = write(folder.path(), &grid, |point| if rods(point) == 5 { 0 } else { rods(point) });
    assert_eq!(calibrate(&scan, incomplete, Some("b-mas200")).expect("no error").1, [GateCode::RodOrder]);
    let too_many = write(folder.path(), &grid, |point| if point[1] < -80.0 { 6 } else { rods(point) });
    assert!(matches!(calibrate(&scan, too_many, Some("b-mas200")), Err(CalibrationError::Settings(_))));
}

#[test]
fn rods_drawn_on_another_grid_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let axial = grid(1.0, 3.0, 6);
    let scan = Scene::default().scan(&axial);
    let shifted = Grid { origin: [-169.5, -90.0, -7.5], ..axial };
    let file = write(folder.path(), &shifted, rods);
    assert!(
        matches!(calibrate(&scan, file, Some("b-mas200")), Err(CalibrationError::Settings(reason)) if reason.contains("CT"))
    );
}

#[test]
fn two_rods_are_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let axial = grid(1.0, 3.0, 6);
    let scene = Scene { rods: vec![OFFSET, 200.0 * SENSITIVITY + OFFSET], ..Scene::default() };
    let two =
        |[x, y, _]: [f64; 3]| u8::from((x + 15.0).hypot(y - 85.0) <= 7.0) + 2 * u8::from((x - 15.0).hypot(y - 85.0) <= 7.0);
    let file = write(folder.path(), &axial, two);
    let (calibration, codes) = calibrate(&scene.scan(&axial), file, Some("siemens-osteo")).expect("no error");
    assert!((calibration.conversion().expect("a line").slope - 0.8).abs() < 1e-3);
    assert_eq!(codes, [GateCode::CalibrationLowConfidence, GateCode::CalibrationUnconfirmed]);
    let unnamed =
        scene.scan(&axial).calibrate(CalibrationChoice::Phantom { phantom: Some("siemens-osteo".to_owned()), rods: None });
    assert_eq!(unnamed.expect("no error").quality[0].code, GateCode::PhantomMissing);
}
