//! A real hip slice with five rods under the patient, five times over.
//!
//! What is expected was read by hand, with circles of a few millimetres in the middle of each rod, when the slice was chosen:
//! -4.5, 59.5, 114.6, 179.6, 236.3 HU at 0, 50, 100, 150, 200 mg/cm3, which is HU = 1.203 rho - 3.2.

use crate::scene::Scan;
use ndarray::Array3;
use plugin_core::calibration::{Calibration, CalibrationChoice, RodSource};
use plugin_core::geometry::Grid;
use plugin_core::volume::CtVolume;
use std::io::Read;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/naist_qct_phantom_slice/sample_1.mat");
const PIXEL: f64 = 0.703125;
const SIZE: usize = 512;
const BY_HAND: [(f64, f64); 5] = [(0.0, -4.5), (50.0, 59.5), (100.0, 114.6), (150.0, 179.6), (200.0, 236.3)];
/// `[row, column]` of 200, 100, 50 and 150 mg/cm3, seen in the picture; that of 0 cannot be seen.
const CENTRES: [(f64, [f64; 2]); 4] =
    [(200.0, [401.5, 200.0]), (100.0, [402.3, 242.5]), (50.0, [399.0, 327.5]), (150.0, [394.5, 370.0])];

/// The only 512 x 512 array of 16-bit integers of a compressed MATLAB 5 file, by columns.
fn image() -> Option<Vec<i16>> {
    let Ok(file) = std::fs::read(FILE) else {
        assert!(std::env::var_os("CI").is_none(), "no shared data");
        println!("skipped: no shared data");
        return None;
    };
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(&file[136..]).read_to_end(&mut bytes).expect("zlib");
    let tag: Vec<u8> = [3_u32, (SIZE * SIZE * 2) as u32].iter().flat_map(|word| word.to_le_bytes()).collect();
    let start = bytes.windows(8).position(|window| window == tag).expect("miINT16") + 8;
    let words = bytes[start..start + SIZE * SIZE * 2].chunks_exact(2);
    Some(words.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}

fn scan() -> Option<Scan> {
    let image = image()?;
    let shape = [5, SIZE, SIZE];
    let stored = Array3::from_shape_fn(shape, |(_, row, column)| image[column * SIZE + row]);
    let grid = Grid { shape, origin: [0.0; 3], steps: [[0.0, 0.0, 2.0], [0.0, PIXEL, 0.0], [PIXEL, 0.0, 0.0]] };
    Some(Scan::of(CtVolume { grid, stored: stored.into(), slope: 1.0, intercept: 0.0 }))
}

#[test]
fn the_rods_are_found_and_read_as_by_hand() {
    let Some(scan) = scan() else { return };
    let calibrated = scan.calibrate(CalibrationChoice::Auto).expect("calibrated");
    let Calibration::Phantom(phantom) = &calibrated.calibration else { panic!("{calibrated:?}") };
    assert_eq!((phantom.phantom.as_str(), phantom.rods_from), ("b-mas200", RodSource::Detected));
    // One per cent of the range of the rods' HU.
    for (rod, (density, hu)) in phantom.rods.iter().zip(BY_HAND) {
        assert_eq!(rod.density, density);
        assert!((rod.hu - hu).abs() <= 2.4, "{rod:?} is not {hu}");
    }
    for (density, [row, column]) in CENTRES {
        let rod = phantom.rods.iter().find(|rod| rod.density == density).expect("a rod");
        let off = (rod.centre_mm[0] - column * PIXEL).hypot(rod.centre_mm[1] - row * PIXEL);
        assert!(off < 0.7, "{density}: {off} mm off, {rod:?}");
    }
    let slope = 1.0 / phantom.conversion.slope;
    let offset = -phantom.conversion.intercept / phantom.conversion.slope;
    assert!((slope / 1.203 - 1.0).abs() < 0.01, "HU = {slope} rho + {offset}");
    for density in [0.0, 50.0, 100.0, 150.0, 200.0] {
        let there = slope * density + offset;
        assert!((there - (1.203 * density - 3.2)).abs() <= 2.4, "HU = {slope} rho + {offset}");
    }
    assert!(phantom.r_squared > 0.999, "{}", phantom.r_squared);
}

#[test]
fn the_same_slice_mirrored_or_prone_gives_the_same() {
    let Some(scan) = scan() else { return };
    let expected = scan.conversion(CalibrationChoice::Auto);
    let mut mirrored = scan.clone();
    mirrored.volume.stored.invert_axis(ndarray::Axis(2));
    mirrored.volume.stored = mirrored.volume.stored.as_standard_layout().to_owned().into();
    let mut prone = scan;
    prone.volume.grid.steps[1][1] = -PIXEL;
    prone.volume.grid.steps[2][0] = -PIXEL;
    prone.acquisition.patient_position = Some("HFP".to_owned());
    for other in [mirrored.conversion(CalibrationChoice::Auto), prone.conversion(CalibrationChoice::Auto)] {
        assert!((other.slope - expected.slope).abs() < 2e-3 && (other.intercept - expected.intercept).abs() < 0.5, "{other:?}");
    }
}

#[test]
fn without_the_phantom_there_is_none() {
    let Some(mut scan) = scan() else { return };
    // Rows 376 on hold the phantom and the table.
    scan.volume
        .stored
        .slice_each_axis_mut(|axis| match axis.axis.index() {
            1 => ndarray::Slice::from(376..),
            _ => ndarray::Slice::from(..),
        })
        .fill(-1000);
    assert_eq!(scan.calibrate(CalibrationChoice::Auto).expect("no error").calibration, Calibration::None);
}
