//! Muscles of known volume, CT number and fat: shares, ranges, grams by every model, and the site's regression to DXA.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;

use common::{Case, grid, labels, mask, volume};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::measure::Measured;
use plugin_core::report::{Finding, GateCode, Patient, Quantity, Region};
use plugin_core::segmentation::{Labels, StructureMask};
use plugin_core::settings::{MassModel, Settings, Site, SmiRegression};
use plugin_core::volume::CtVolume;
use std::f64::consts::PI;

/// Semi-axes of an ellipsoid whose centre is 30 mm beside the middle.
const RADII: Lps = [18.0, 20.0, 25.0];
const ELLIPSOID: f64 = 4.0 / 3.0 * PI * RADII[0] * RADII[1] * RADII[2] / 1000.0;

fn in_muscle(side: Side, [x, y, z]: Lps) -> bool {
    let centre = if side == Side::Left { 30.0 } else { -30.0 };
    ((x - centre) / RADII[0]).powi(2) + ((y - 10.0) / RADII[1]).powi(2) + (z / RADII[2]).powi(2) <= 1.0
}

fn muscle(grid: &Grid, structure: Structure, side: Side) -> StructureMask {
    mask(grid, structure, side, |point| in_muscle(side, point))
}

fn glutei(grid: &Grid) -> Labels {
    labels(grid, vec![muscle(grid, Structure::GluteusMedius, Side::Left), muscle(grid, Structure::GluteusMedius, Side::Right)])
}

/// A quarter is fat: two planes through the middle of the left ellipsoid.
fn quarter_of_fat([x, _, z]: Lps) -> f64 {
    if z < 0.0 && x.abs() < 30.0 { -100.0 } else { 50.0 }
}

fn left(measured: &Measured) -> &Finding {
    measured.findings.iter().find(|finding| finding.side == Side::Left).expect("was labelled")
}

fn value(finding: &Finding, quantity: Quantity) -> f64 {
    finding.value(Region::Whole, quantity).unwrap_or_else(|| panic!("{quantity:?}: {:?}", finding.not_measured))
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() < relative, "{found}, not {expected}");
}

/// The same noise in every run: Box and Muller's normal deviates of a linear congruential generator.
fn with_noise(mut volume: CtVolume<'static>, sd: f64) -> CtVolume<'static> {
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    for stored in &mut volume.stored {
        *stored += (sd * (-2.0 * uniform().ln()).sqrt() * (2.0 * PI * uniform()).cos()).round() as i16;
    }
    volume
}

fn with_models(models: &[MassModel]) -> Case {
    Case { settings: Settings { mass_models: models.to_vec(), ..Settings::default() }, ..Case::default() }
}

#[test]
fn shares_and_attenuation_are_those_of_the_parts() {
    let mut grid = grid(1.0, 1.0);
    // The planes pass between voxels.
    grid.origin = [-59.5, -49.5, -59.5];
    let measured = Case::default().measure(&volume(&grid, quarter_of_fat), &glutei(&grid));
    let left = left(&measured);
    close(value(left, Quantity::Volume), ELLIPSOID, 0.005);
    let fat = value(left, Quantity::FatVoxelShare);
    assert!((fat - 25.0).abs() < 0.01, "{fat} %");
    assert!((value(left, Quantity::MuscleVoxelShare) + fat - 100.0).abs() < 1e-3);
    assert_eq!(value(left, Quantity::MuscleAttenuation), 50.0);
    assert_eq!(value(left, Quantity::AttenuationMedian), 50.0);
    let share = fat / 100.0;
    assert!((value(left, Quantity::AttenuationMean) - (50.0 - 150.0 * share)).abs() < 1e-3);
    assert!((value(left, Quantity::AttenuationSd) - 150.0 * (share * (1.0 - share)).sqrt()).abs() < 1e-3);
}

#[test]
fn fractions_of_hounsfield_units_between_the_ranges_are_muscle() {
    let grid = grid(2.0, 2.0);
    let shares = |slope: f32, intercept: f32| {
        let volume = CtVolume { slope, intercept, ..volume(&grid, |_| 0.0) };
        let measured = Case::default().measure(&volume, &glutei(&grid));
        (value(left(&measured), Quantity::FatVoxelShare), value(left(&measured), Quantity::MuscleVoxelShare))
    };
    assert_eq!(shares(0.5, -30.0), (100.0, 0.0));
    assert_eq!(shares(0.5, -29.5), (0.0, 100.0));
}

#[test]
fn a_muscle_that_is_all_fat_has_no_attenuation_of_muscle() {
    let grid = grid(2.0, 2.0);
    let measured = Case::default().measure(&volume(&grid, |_| -100.0), &glutei(&grid));
    let left = left(&measured);
    assert_eq!(value(left, Quantity::MuscleVoxelShare), 0.0);
    assert_eq!(value(left, Quantity::LeanMass), 0.0);
    let missing: Vec<_> = left.not_measured.iter().map(|missing| (missing.code, &missing.quantities[..])).collect();
    assert_eq!(missing, [(GateCode::RoiSmall, &[Quantity::MuscleAttenuation][..])]);
}

#[test]
fn grams_of_every_model() {
    let grid = grid(1.0, 1.0);
    let masses = |model, hu: f64| {
        let measured = with_models(&[model]).measure(&volume(&grid, move |_| hu), &glutei(&grid));
        let finding = left(&measured).clone();
        let volume = value(&finding, Quantity::Volume);
        let of = |quantity| finding.value(Region::Whole, quantity).map(|mass| mass / volume);
        (of(Quantity::Mass), of(Quantity::LeanMass), of(Quantity::FatMass))
    };
    let (mass, lean, fat) = masses(MassModel::Constant, 20.0);
    close(mass.unwrap(), 1.06, 1e-4);
    assert_eq!((lean, fat), (None, None));
    // A fifth of fat: 20 HU is 30 of the 150 HU between muscle and fat.
    let (mass, lean, fat) = masses(MassModel::TwoComponent, 20.0);
    close(lean.unwrap(), 0.8 * 1.06, 1e-4);
    close(fat.unwrap(), 0.2 * 0.92, 1e-4);
    close(mass.unwrap(), 1.032, 1e-4);
    // Water's attenuation by muscle's at 70 keV is 1.00661.
    let (mass, lean, fat) = masses(MassModel::Physics, 50.0);
    close(mass.unwrap(), 1.05 * 1.00661, 1e-4);
    assert_eq!((lean, fat), (None, None));
}

#[test]
fn each_model_gives_values_under_its_own_name() {
    let grid = grid(2.0, 2.0);
    let case = with_models(&[MassModel::Physics, MassModel::TwoComponent, MassModel::Constant, MassModel::Constant]);
    let measured = case.measure(&volume(&grid, |_| 40.0), &glutei(&grid));
    let methods: Vec<_> = left(&measured)
        .measurements
        .iter()
        .filter(|one| one.quantity == Quantity::Mass)
        .map(|one| one.method.as_str())
        .collect();
    assert_eq!(methods, ["constant-density/1", "two-component/1", "water-attenuation/1"]);
    let none = with_models(&[]).measure(&volume(&grid, |_| 40.0), &glutei(&grid));
    assert!(left(&none).measurements.iter().all(|one| one.quantity != Quantity::Mass));
}

#[test]
fn two_point_density_follows_air_and_fat_of_the_scan_and_is_withheld_without_them() {
    let grid = grid(1.0, 6.0);
    let from_middle = |[x, y, _]: Lps| x.hypot(y - 20.0);
    let hu = |point: Lps| match from_middle(point) {
        distance if distance < 52.0 => 40.0,
        distance if distance < 58.0 => -110.0,
        _ => -995.0,
    };
    let mut labels = glutei(&grid);
    labels.masks.push(mask(&grid, Structure::SubcutaneousFat, Side::None, |p| (52.0..58.0).contains(&from_middle(p))));
    let case = with_models(&[MassModel::InternalTwoPoint]);
    let measured = case.measure(&volume(&grid, hu), &labels);
    let finding = left(&measured);
    // 0.0012 g/cm3 at -995 HU, 0.92 g/cm3 at -110 HU.
    let density = 0.0012 + (0.92 - 0.0012) / 885.0 * 1035.0;
    close(value(finding, Quantity::Mass) / value(finding, Quantity::Volume), density, 1e-4);
    let filled = case.measure(&volume(&grid, |point| hu(point).max(-110.0)), &labels);
    let finding = left(&filled);
    let missing: Vec<_> = finding.not_measured.iter().map(|one| (one.code, &one.quantities[..])).collect();
    assert_eq!(missing, [(GateCode::FovTrunc, &[Quantity::Mass][..])]);
    assert!(value(finding, Quantity::Volume) > 0.0);
}

#[test]
fn noise_does_not_turn_muscle_into_fat() {
    let grid = grid(1.0, 1.0);
    for hu in [30.0, 45.0] {
        let noisy = with_noise(volume(&grid, move |_| hu), 15.0);
        let measured = Case::default().measure(&noisy, &glutei(&grid));
        let lean = value(left(&measured), Quantity::LeanMass) / value(left(&measured), Quantity::Volume);
        // Clamping every voxel would lose 2 to 3 % at 45 HU.
        close(lean, 1.06 * (1.0 - (50.0 - hu) / 150.0), 0.003);
    }
}

#[test]
fn a_withheld_muscle_gives_no_grams() {
    let grid = grid(2.0, 2.0);
    // Not Hounsfield units: as if the rescale intercept were missing.
    let case = with_models(&[MassModel::Constant, MassModel::TwoComponent]);
    let measured = case.measure(&volume(&grid, |_| 1074.0), &glutei(&grid));
    let left = left(&measured);
    assert!(left.measurements.is_empty());
    let missing = &left.not_measured[0];
    assert_eq!((missing.code, missing.quantities.len()), (GateCode::HuRange, 10));
}

fn regression() -> SmiRegression {
    SmiRegression {
        muscles: vec![Structure::GluteusMedius],
        slope: 20.0,
        intercept: 1.5,
        standard_error: 0.5,
        patients: 60,
        correlation: 0.9,
        device: "a DXA".to_owned(),
        source: "a site".to_owned(),
    }
}

/// The estimate, or the gate that withheld it.
fn estimated(regression: SmiRegression, height_m: Option<f64>, labels: &Labels, hu: f64) -> Result<f64, GateCode> {
    let settings = Settings { site: Site { dxa_smi: Some(regression), ..Site::default() }, ..Settings::default() };
    let case = Case { settings, patient: Patient { height_m, ..Patient::default() }, ..Case::default() };
    let measured = case.measure(&volume(&labels.grid, move |_| hu), labels);
    let body = measured.findings.iter().find(|finding| finding.structure == Structure::Body).expect("a regression was given");
    let missing = body.not_measured.iter().find(|missing| missing.quantities == [Quantity::EstimatedDxaSmi]);
    body.value(Region::Whole, Quantity::EstimatedDxaSmi).ok_or_else(|| missing.expect("withheld with a reason").code)
}

#[test]
fn the_sites_regression_is_applied_to_the_lean_mass_of_both_sides() {
    let labels = glutei(&grid(1.0, 1.0));
    let lean_kg = 2.0 * ELLIPSOID * 1.06 * 0.9 / 1000.0;
    let found = estimated(regression(), Some(1.6), &labels, 35.0).unwrap();
    close(found, 20.0 * lean_kg / 2.56 + 1.5, 0.003);
}

#[test]
fn a_regression_that_cannot_be_applied_says_why() {
    let grid = grid(2.0, 2.0);
    let both = glutei(&grid);
    let one = labels(&grid, vec![muscle(&grid, Structure::GluteusMedius, Side::Left)]);
    let try_with = |change: fn(&mut SmiRegression)| {
        let mut changed = regression();
        change(&mut changed);
        estimated(changed, Some(1.6), &both, 40.0)
    };
    assert!(try_with(|_| ()).is_ok());
    assert!(try_with(|r| r.patients = 10).is_ok());
    assert_eq!(estimated(regression(), None, &both, 40.0), Err(GateCode::HeightMissing));
    assert_eq!(estimated(regression(), Some(1.6), &one, 40.0), Err(GateCode::NotLabelled));
    assert_eq!(estimated(regression(), Some(1.6), &both, 1064.0), Err(GateCode::HuRange));
    assert_eq!(try_with(|r| r.muscles.push(Structure::Sartorius)), Err(GateCode::NotLabelled));
    let unusable: [fn(&mut SmiRegression); 8] = [
        |r| r.patients = 9,
        |r| r.slope = f64::NAN,
        |r| r.slope = 0.0,
        |r| r.intercept = f64::INFINITY,
        |r| r.standard_error = -1.0,
        |r| r.correlation = 1.5,
        |r| r.muscles.clear(),
        |r| r.muscles.push(Structure::Femur),
    ];
    for change in unusable {
        assert_eq!(try_with(change), Err(GateCode::NoReference));
    }
    assert_eq!(try_with(|r| r.muscles.push(Structure::GluteusMedius)), Err(GateCode::NoReference));
}
