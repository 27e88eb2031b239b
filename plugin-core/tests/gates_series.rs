//! Gates that look at the image of the whole series: blood, noise, labelled implants. Each once tripped and once not.

#[allow(dead_code, reason = "the vertebra is for other tests")]
mod common;

use common::{Case, grid, in_vertebra, labels, mask, volume};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::report::{GateCode, Quality};

fn in_ball([x, y, z]: Lps, centre: Lps, radius: f64) -> bool {
    (x - centre[0]).powi(2) + (y - centre[1]).powi(2) + (z - centre[2]).powi(2) <= radius * radius
}

fn gluteus(p: Lps) -> bool {
    in_ball(p, [25.0, 10.0, 0.0], 20.0)
}

fn said(quality: &[Quality], code: GateCode) -> Option<&Quality> {
    quality.iter().find(|one| one.code == code)
}

#[test]
fn bright_blood_is_said_to_be_contrast_agent() {
    let grid = grid(1.0, 2.0);
    let aorta = |[x, y, _]: Lps| x.hypot(y) <= 8.0;
    let found = |hu: f64| {
        // One voxel in nine is plaque, which does not move the median.
        let blood = move |[x, y, _]: Lps| if x.rem_euclid(3.0) < 1.0 && y.rem_euclid(3.0) < 1.0 { 900.0 } else { hu };
        let image = volume(&grid, |p| if aorta(p) { blood(p) } else { 40.0 });
        let masks =
            vec![mask(&grid, Structure::GluteusMedius, Side::Left, gluteus), mask(&grid, Structure::Aorta, Side::None, aorta)];
        let measured = Case::default().measure(&image, &labels(&grid, masks));
        said(&measured.quality, GateCode::Contrast).map(|quality| quality.found)
    };
    assert_eq!(found(45.0), None);
    assert_eq!(found(100.0), None);
    assert_eq!(found(101.0), Some(Some(101.0)));
    assert_eq!(found(180.0), Some(Some(180.0)));
}

#[test]
fn bright_vessels_before_the_spine_are_blood_where_no_aorta_is_labelled() {
    let grid =
        Grid { shape: [50, 71, 61], origin: [-60.0, -80.0, -50.0], steps: [[0.0, 0.0, 2.0], [0.0, 2.0, 0.0], [2.0, 0.0, 0.0]] };
    let level = |centre: f64| move |[x, y, z]: Lps| in_vertebra([x, y, z - centre]);
    let bone = |p: Lps| level(-20.0)(p) || level(20.0)(p);
    // 16 mm wide, 8 mm before the bodies, bowed by 10 mm; beside it plaque in one slice of ten.
    let vessel = |[x, y, z]: Lps| (x + 12.0 - z / 5.0).hypot(y + 33.0) <= 8.0;
    let found = |hu: f64, levels: usize| {
        let image = volume(&grid, |p| match () {
            () if bone(p) => 300.0,
            () if vessel(p) && p[2].rem_euclid(20.0) < 2.0 => 700.0,
            () if vessel(p) => hu,
            () => 30.0,
        });
        let masks = [(Structure::L2, 20.0), (Structure::L3, -20.0)].map(|(of, at)| mask(&grid, of, Side::None, level(at)));
        let measured = Case::default().measure(&image, &labels(&grid, masks.into_iter().take(levels).collect()));
        said(&measured.quality, GateCode::Contrast).map(|quality| quality.found)
    };
    assert_eq!(found(45.0, 2), None);
    assert_eq!(found(99.0, 2), None);
    assert_eq!(found(101.0, 2), Some(Some(101.0)));
    assert_eq!(found(180.0, 2), Some(Some(180.0)));
    assert_eq!(found(180.0, 1), None, "28 mm of spine tell too little");
}

/// Normal with standard deviation 1, repeatable: the sum of twelve uniform numbers less six.
fn noise(state: &mut u64) -> f64 {
    let mut uniform = || {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as f64 / (1_u64 << 31) as f64
    };
    (0..12).map(|_| uniform()).sum::<f64>() - 6.0
}

#[test]
fn noise_in_muscle_is_measured_and_said_above_85_hounsfield_units() {
    let grid = grid(1.0, 2.0);
    let found = |sd: f64, fat: bool| {
        let state = std::cell::Cell::new(1);
        let image = volume(&grid, |[x, y, z]| {
            let mut next = state.get();
            let noisy = sd * noise(&mut next);
            state.set(next);
            // Fat between fibres: sheets 2 mm thick.
            let tissue = if fat && (x + y + z).rem_euclid(20.0) < 2.0 { -100.0 } else { 50.0 };
            tissue + noisy
        });
        let masks = vec![mask(&grid, Structure::GluteusMedius, Side::Left, gluteus)];
        let measured = Case::default().measure(&image, &labels(&grid, masks));
        said(&measured.quality, GateCode::Noise).and_then(|quality| quality.found)
    };
    assert_eq!(found(15.0, false), None);
    assert_eq!(found(80.0, false), None);
    let plain = found(100.0, false).expect("noisy");
    assert!((plain / 100.0 - 1.0).abs() < 0.03, "{plain}");
    assert_eq!(found(15.0, true), None, "fat is no noise");
}

#[test]
fn a_labelled_implant_counts_as_metal_within_20_mm() {
    let grid = grid(1.0, 1.0);
    // The ball ends at x = 45 - 20 = 5 mm; a stem of 2 mm radius ends 2 mm closer than its centre.
    let withheld = |x: f64, side_of_label| {
        let stem = move |[px, py, pz]: Lps| (px - x).hypot(py - 10.0) <= 2.0 && pz.abs() <= 10.0;
        let masks = vec![
            mask(&grid, Structure::GluteusMedius, Side::Left, gluteus),
            mask(&grid, Structure::HipImplant, side_of_label, stem),
        ];
        let measured = Case::default().measure(&volume(&grid, |_| 50.0), &labels(&grid, masks));
        let finding = measured.findings.iter().find(|one| one.structure == Structure::GluteusMedius).expect("labelled");
        finding.not_measured.iter().map(|one| (one.code, one.reason.contains("labelled implant"))).collect::<Vec<_>>()
    };
    assert_eq!(withheld(-16.0, Side::None), [(GateCode::Metal, true)]);
    assert_eq!(withheld(-18.0, Side::None), []);
    assert_eq!(withheld(-16.0, Side::Right), [(GateCode::Metal, true)]);
}
