//! Metal on simulated films of a hip: found where it is an implant, not where it is a letter or bone.

use super::film_file::FilmFile;
use super::radiograph;
use plugin_core::anatomy::Side;
use plugin_core::read::RadiographGeometry;
use plugin_core::report::GateCode;
use plugin_core::segmentation::film::{Attenuation, Metal, Scale, attenuation, implant, metal, scale};

/// Film pixels of 0.25 mm at the hip.
const PIXEL: f64 = 0.25;
/// Centre of the femoral head, millimetres down and right.
const HEAD: [f64; 2] = [70.0, 60.0];

fn at_hip() -> Scale {
    let geometry = RadiographGeometry {
        imager_pixel_spacing: Some([PIXEL * 1.2; 2]),
        magnification: Some(1.2),
        ..RadiographGeometry::default()
    };
    scale(&geometry).expect("stated").0
}

/// Path through a cylinder or ball whose axis is `distance` away.
fn chord(radius: f64, distance: f64) -> f64 {
    2.0 * (radius * radius - distance * distance).max(0.0).sqrt()
}

fn to_segment(place: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let t = ((place[0] - from[0]) * along[0] + (place[1] - from[1]) * along[1]) / (along[0].powi(2) + along[1].powi(2));
    let t = t.clamp(0.0, 1.0);
    (place[0] - from[0] - t * along[0]).hypot(place[1] - from[1] - t * along[1])
}

/// -ln(I/I0) of a thigh with head, neck and a shaft of compact bone, at about 65 keV: 0.2 /cm in soft tissue, 0.6 /cm in compact and 0.3
/// /cm in trabecular bone (NIST's table of mass attenuation, rounded), beyond those of soft tissue.
fn hip(place: [f64; 2]) -> f64 {
    let soft = if place[1] < 110.0 { 0.02 * 180.0 } else { 0.02 * chord(90.0, place[1] - 110.0).min(180.0) };
    let head = 0.012 * chord(23.0, (place[0] - HEAD[0]).hypot(place[1] - HEAD[1]));
    let neck = 0.015 * chord(14.0, to_segment(place, HEAD, [95.0, 90.0]));
    let axis = to_segment(place, [95.0, 92.0], [200.0, 92.0]);
    let shaft = 0.04 * (chord(15.0, axis) - chord(9.0, axis));
    let pelvis = 0.012 * chord(40.0, (place[0] - 30.0).hypot(place[1] - 20.0));
    soft + head + neck + shaft + pelvis
}

/// A film of 160 x 130 mm with scatter of a tenth of the open beam behind the patient, `metal` in millimetres of cobalt-chromium (8 /cm),
/// stored as a detector does (LOG), after a curve that a maker may apply.
fn film(curve: impl Fn(f64) -> f64, metal: impl Fn([f64; 2]) -> f64) -> Attenuation {
    let file = FilmFile::new([640, 520], 14, |row, column| {
        let place = [row as f64 * PIXEL, column as f64 * PIXEL];
        let primary = (-hip(place) - 0.8 * metal(place)).exp();
        let scatter = 0.1 * (-0.02f64 * 180.0 * 0.8).exp();
        // Half a per cent of noise, by place only.
        let noise = ((row * 7919 + column * 104_729) % 1000) as f64 / 1e5 - 0.005;
        let value = -((primary + scatter) * (1.0 + noise)).ln();
        (curve((value / 6.0).clamp(0.0, 1.0)) * 16_000.0) as u16
    });
    attenuation(&radiograph(&file)).expect("an image").0
}

fn plain(value: f64) -> f64 {
    value
}

/// An S, as wide and high as lead letters are, steeper than soft tissue.
fn curved(value: f64) -> f64 {
    1.0 / (1.0 + (-9.0 * (value - 0.5)).exp())
}

fn none(_: [f64; 2]) -> f64 {
    0.0
}

fn prosthesis(place: [f64; 2]) -> f64 {
    let ball = chord(16.0, (place[0] - HEAD[0]).hypot(place[1] - HEAD[1]));
    ball + chord(6.0, to_segment(place, [85.0, 85.0], [150.0, 92.0]))
}

/// A lead L of strokes of 2.5 mm beside the hip.
fn letter(place: [f64; 2]) -> f64 {
    let (row, column) = (place[0] - 10.0, place[1] - 100.0);
    let upright = (0.0..2.5).contains(&column) && (0.0..18.0).contains(&row);
    let foot = (0.0..11.0).contains(&column) && (15.5..18.0).contains(&row);
    if upright || foot { 10.0 } else { 0.0 }
}

fn gated(pieces: &[Metal]) -> Option<GateCode> {
    implant(pieces, (Side::Left, HEAD.map(|place| place / PIXEL)), &at_hip()).map(|block| block.code)
}

#[test]
fn a_hip_without_metal_has_none() {
    for curve in [plain, curved] {
        let pieces = metal(&film(curve, none), &at_hip());
        assert!(pieces.is_empty(), "{:?}", pieces.iter().map(|piece| piece.cells.len()).collect::<Vec<_>>());
    }
}

#[test]
fn a_prosthesis_is_found_and_blocks_its_hip() {
    for curve in [plain, curved] {
        let pieces = metal(&film(curve, prosthesis), &at_hip());
        assert_eq!(gated(&pieces), Some(GateCode::Implant));
        let cells: usize = pieces.iter().map(|piece| piece.cells.len()).sum();
        // The ball alone covers 804 mm2, the stem 12 mm of 65 mm.
        assert!((700..1900).contains(&cells), "{cells}");
    }
}

#[test]
fn a_nail_is_found() {
    let nail = |place: [f64; 2]| chord(5.0, to_segment(place, [80.0, 92.0], [158.0, 92.0]));
    for curve in [plain, curved] {
        assert_eq!(gated(&metal(&film(curve, nail), &at_hip())), Some(GateCode::Implant));
    }
}

#[test]
fn a_screw_is_found_and_a_smaller_white_place_is_no_metal() {
    let screw = |place: [f64; 2]| chord(3.25, to_segment(place, [80.0, 92.0], [105.0, 92.0]));
    // 64 mm2.
    let spot = |place: [f64; 2]| if (place[0] - 92.0).hypot(place[1] - 92.0) < 4.5 { 10.0 } else { 0.0 };
    for curve in [plain, curved] {
        assert_eq!(gated(&metal(&film(curve, screw), &at_hip())), Some(GateCode::Implant));
        assert!(metal(&film(curve, spot), &at_hip()).is_empty());
    }
}

#[test]
fn lead_letters_are_no_implants() {
    for curve in [plain, curved] {
        let pieces = metal(&film(curve, letter), &at_hip());
        assert!(pieces.is_empty(), "{:?}", pieces.iter().map(|piece| piece.cells.len()).collect::<Vec<_>>());
    }
}

#[test]
fn a_letter_does_not_hide_a_prosthesis() {
    let both = |place: [f64; 2]| prosthesis(place) + letter(place);
    assert_eq!(gated(&metal(&film(plain, both), &at_hip())), Some(GateCode::Implant));
}

#[test]
fn a_ball_far_from_the_hip_blocks_nothing() {
    let ball = |place: [f64; 2]| chord(8.0, (place[0] - 152.0).hypot(place[1] - 118.0));
    let pieces = metal(&film(plain, ball), &at_hip());
    assert!(!pieces.is_empty(), "it is metal");
    assert_eq!(gated(&pieces), None);
}

#[test]
fn blades_of_the_collimator_are_no_implants_and_hide_none() {
    let blades = |place: [f64; 2]| if place[1] < 8.0 || place[0] > 150.0 { 100.0 } else { 0.0 };
    let pieces = metal(&film(plain, blades), &at_hip());
    assert!(pieces.is_empty(), "{:?}", pieces.iter().map(|piece| piece.cells.len()).collect::<Vec<_>>());
    let both = |place: [f64; 2]| blades(place) + prosthesis(place);
    assert_eq!(gated(&metal(&film(plain, both), &at_hip())), Some(GateCode::Implant));
}
