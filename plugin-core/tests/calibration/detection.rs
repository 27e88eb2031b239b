//! Rods that the program finds by itself, where the truth is known.

use crate::scene::{OFFSET, SENSITIVITY, Scan, Scene, grid};
use plugin_core::calibration::{Calibration, CalibrationChoice, PhantomCalibration};
use plugin_core::geometry::Grid;
use plugin_core::report::{GateCode, Severity};

fn found(scan: &Scan) -> PhantomCalibration {
    match scan.calibrate(CalibrationChoice::Auto).expect("no error").calibration {
        Calibration::Phantom(phantom) => phantom,
        other => panic!("{other:?}: {:?}", scan.calibrate(phantom())),
    }
}

fn phantom() -> CalibrationChoice {
    CalibrationChoice::Phantom { phantom: None, rods: None }
}

/// The gate that withheld the phantom.
fn withheld(scan: &Scan, choice: CalibrationChoice) -> GateCode {
    let calibrated = scan.calibrate(choice).expect("no error");
    assert_eq!(calibrated.calibration, Calibration::None);
    assert_eq!(calibrated.quality.len(), 1);
    assert_eq!(calibrated.quality[0].severity, Severity::Block);
    calibrated.quality[0].code
}

/// Every rod within `tolerance` HU.
fn is_true(phantom: &PhantomCalibration, tolerance: f64) {
    let densities: Vec<f64> = phantom.rods.iter().map(|rod| rod.density).collect();
    assert_eq!(densities, [0.0, 50.0, 100.0, 150.0, 200.0]);
    for rod in &phantom.rods {
        let truth = SENSITIVITY * rod.density + OFFSET;
        assert!((rod.hu - truth).abs() <= tolerance, "{rod:?} should have {truth} HU");
    }
}

#[test]
fn rods_without_noise_are_exact_at_every_slice_thickness() {
    for (in_plane, between, slices) in [(0.7, 1.0, 30), (1.0, 2.0, 20), (0.9, 5.0, 10)] {
        let phantom = found(&Scene::default().scan(&grid(in_plane, between, slices)));
        // The rods' HU have no fraction but a half.
        is_true(&phantom, 0.51);
        assert!(phantom.r_squared > 0.9999 && phantom.residual_sd < 0.5, "{phantom:?}");
        for (rod, x) in phantom.rods.iter().zip([0.0, 30.0, -30.0, 60.0, -60.0]) {
            let [cx, cy, _] = rod.centre_mm;
            assert!((cx - x).hypot(cy - 85.0) < 0.5, "{rod:?} should be at {x}");
        }
    }
}

#[test]
fn noise_is_averaged_out() {
    let scene = Scene { noise: 30.0, ..Scene::default() };
    is_true(&found(&scene.scan(&grid(0.8, 2.0, 30))), 2.0);
}

#[test]
fn tilted_and_oblique_slices_cut_the_same_rods() {
    let tilted = {
        let axial = grid(0.9, 2.0, 20);
        // The gantry leans by 15 degrees: slices lean, the table moves along z.
        let (sine, cosine) = 15.0_f64.to_radians().sin_cos();
        Grid { steps: [[0.0, 0.0, 2.0], [0.0, 0.9 * cosine, 0.9 * sine], [0.9, 0.0, 0.0]], ..axial }
    };
    let oblique = {
        let axial = grid(0.9, 2.0, 20);
        let (sine, cosine) = 12.0_f64.to_radians().sin_cos();
        let turn = |[x, y, z]: [f64; 3]| [cosine * x + sine * z, y, cosine * z - sine * x];
        Grid { shape: axial.shape, origin: turn(axial.origin), steps: axial.steps.map(turn) }
    };
    for grid in [tilted, oblique] {
        is_true(&found(&Scene::default().scan(&grid)), 0.51);
    }
}

#[test]
fn a_crooked_phantom_is_followed() {
    let scene = Scene { yaw: 0.1, ..Scene::default() };
    is_true(&found(&scene.scan(&grid(1.0, 3.0, 30))), 0.51);
}

#[test]
fn a_short_phantom_is_read_where_it_is() {
    let scene = Scene { z: [-20.0, 25.0], ..Scene::default() };
    let phantom = found(&scene.scan(&grid(1.0, 3.0, 60)));
    is_true(&phantom, 0.51);
    assert!(phantom.rods.iter().all(|rod| (rod.centre_mm[2] - 2.5).abs() <= 1.5), "{phantom:?}");
}

#[test]
fn a_phantom_that_nobody_lies_on() {
    let scene = Scene { body: false, noise: 10.0, ..Scene::default() };
    is_true(&found(&scene.scan(&grid(1.0, 2.0, 20))), 1.0);
}

#[test]
fn two_of_three_rods_count_only_when_the_phantom_is_named() {
    let rods = [8.0, 97.3, 189.8].map(|density| SENSITIVITY * density + OFFSET).to_vec();
    let scan = Scene { matrix: rods[0], rods, ..Scene::default() }.scan(&grid(1.0, 3.0, 12));
    let unnamed = scan.calibrate(CalibrationChoice::Auto).expect("no error");
    assert_eq!((unnamed.calibration, unnamed.quality), (Calibration::None, Vec::new()));
    let named = CalibrationChoice::Phantom { phantom: Some("image-analysis-qct-3d-plus".to_owned()), rods: None };
    let conversion = scan.conversion(named);
    assert!((conversion.slope - 0.8).abs() < 5e-3 && (conversion.intercept + 3.2).abs() < 0.7, "{conversion:?}");
}

#[test]
fn a_template_does_not_overrule_the_site() {
    let mut scan = Scene::default().scan(&grid(1.0, 3.0, 12));
    let mut ours = plugin_core::calibration::templates().swap_remove(0);
    ours.id = "ours".to_owned();
    ours.inserts.swap(0, 1);
    scan.settings.site.phantoms = vec![ours];
    assert_eq!(withheld(&scan, phantom()), GateCode::RodOrder);
}

#[test]
fn prone_and_feet_first() {
    let axial = grid(1.0, 2.0, 20);
    let mut prone = Scene::default().scan(&axial);
    // The patient on the belly: the table is before him; the picture is the same.
    prone.volume.grid.steps[1][1] = -1.0;
    prone.volume.grid.steps[2][0] = -1.0;
    prone.acquisition.patient_position = Some("FFP".to_owned());
    is_true(&found(&prone), 0.51);
    let mut upside_down = Scene::default().scan(&axial);
    upside_down.volume.grid.steps[0][2] = -2.0;
    is_true(&found(&upside_down), 0.51);
}

#[test]
fn a_body_alone_is_no_phantom() {
    let scan = Scene { z: [1000.0, 2000.0], ..Scene::default() }.scan(&grid(1.0, 3.0, 20));
    let silent = scan.calibrate(CalibrationChoice::Auto).expect("no error");
    assert_eq!((silent.calibration, silent.quality), (Calibration::None, Vec::new()));
    assert_eq!(withheld(&scan, phantom()), GateCode::PhantomMissing);
}

#[test]
fn an_unconfirmed_template_is_said() {
    let mut scan = Scene::default().scan(&grid(1.0, 3.0, 10));
    let codes = |scan: &Scan| {
        let quality = scan.calibrate(CalibrationChoice::Auto).expect("no error").quality;
        quality.iter().map(|one| (one.code, one.severity)).collect::<Vec<_>>()
    };
    assert_eq!(codes(&scan), [(GateCode::CalibrationUnconfirmed, Severity::Warning)]);
    let mut confirmed = plugin_core::calibration::templates().swap_remove(0);
    confirmed.confirmed_by = Some("a physicist".to_owned());
    scan.settings.site.phantoms = vec![confirmed];
    assert_eq!(codes(&scan), []);
    assert!(scan.calibrate(CalibrationChoice::Auto).expect("no error").calibration.confirmed());
}

#[test]
fn rods_in_another_order_are_refused() {
    let mut scene = Scene::default();
    scene.rods.swap(1, 3);
    let scan = scene.scan(&grid(1.0, 3.0, 12));
    assert_eq!(withheld(&scan, phantom()), GateCode::RodOrder);
    let unasked = scan.calibrate(CalibrationChoice::Auto).expect("no error");
    assert_eq!(unasked.calibration, Calibration::None);
    assert_eq!((unasked.quality[0].code, unasked.quality[0].severity), (GateCode::RodOrder, Severity::Warning));
}

#[test]
fn a_rod_outside_the_image_is_refused() {
    // The brightest rod is cut, or gone altogether.
    for x in [-110.0, -125.0] {
        let scan = Scene { x, ..Scene::default() }.scan(&grid(1.0, 3.0, 12));
        assert_eq!(withheld(&scan, phantom()), GateCode::RodOrder, "{x}");
    }
}

#[test]
fn rods_that_fit_no_line_are_no_phantom() {
    let mut scene = Scene::default();
    scene.rods[0] = 900.0;
    assert_eq!(withheld(&scene.scan(&grid(1.0, 3.0, 12)), phantom()), GateCode::PhantomMissing);
    // r2 = 0.96 at 200, 100, 0, 50, 150 mg/cm3.
    scene.rods = vec![340.0, 100.0, 4.0, 90.0, 190.0];
    assert_eq!(withheld(&scene.scan(&grid(1.0, 3.0, 12)), phantom()), GateCode::CalibrationFit);
}

#[test]
fn phantoms_that_look_alike_are_not_guessed() {
    let mut scan = Scene::default().scan(&grid(1.0, 3.0, 12));
    let template = plugin_core::calibration::templates().swap_remove(0);
    let other = |id: &str| plugin_core::calibration::PhantomDefinition { id: id.to_owned(), ..template.clone() };
    scan.settings.site.phantoms = vec![other("old"), other("new")];
    let calibrated = scan.calibrate(phantom()).expect("no error");
    assert_eq!(calibrated.calibration, Calibration::None);
    assert!(calibrated.quality[0].message.contains("old and new"), "{calibrated:?}");
    let named = scan.calibrate(CalibrationChoice::Phantom { phantom: Some("new".to_owned()), rods: None }).expect("no error");
    assert!(matches!(named.calibration, Calibration::Phantom(one) if one.phantom == "new"));
}

#[test]
fn mindways_is_found_and_read_by_its_own_convention() {
    // Golden HU: sigma_ref 1.62, beta_ref -1000.
    let rods = vec![-71.7146, -29.558, 198.9556, 373.941, 532.0446];
    let scene = Scene { rods, matrix: 20.0, radius: 9.0, ..Scene::default() };
    let phantom = found(&scene.scan(&grid(1.0, 3.0, 12)));
    assert_eq!(phantom.phantom, "mindways-model3-ct");
    assert!((1.0 / phantom.conversion.slope - 1.4026).abs() < 2e-3, "{:?}", phantom.conversion);
    assert!((phantom.conversion.intercept / phantom.conversion.slope - 0.4).abs() < 0.5, "{:?}", phantom.conversion);
}
