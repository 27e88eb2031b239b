//! Scores and categories of findings that were made up: golden numbers, boundaries, and every reason for withholding once tripped
//! and once not.

mod tables;
mod values;
mod withheld;

use plugin_core::anatomy::{Side, Structure};
use plugin_core::calibration::{Calibration, Conversion, StoredCalibration, TissueCalibration};
use plugin_core::criteria::{Context, ReferenceTables, apply};
use plugin_core::report::{
    Assessment, Category, Criterion, Finding, GateCode, Measurement, Patient, Quality, Quantity, ReferenceUsed, Region,
};
use plugin_core::units::Material;

/// A woman of 70 years on a calibrated CT without contrast agent; a test changes what it is about.
struct Study {
    patient: Patient,
    calibration: Calibration,
    quality: Vec<Quality>,
    tables: ReferenceTables,
}

impl Study {
    fn new() -> Study {
        let patient = Patient {
            sex: Some("F".into()),
            age_years: Some(70),
            height_m: Some(1.60),
            weight_kg: Some(60.0),
            ..Patient::default()
        };
        let calibration = stored(Material::Hydroxyapatite, Some("physicist"));
        Study { patient, calibration, quality: Vec::new(), tables: ReferenceTables::built_in() }
    }

    fn apply(&self, mut finding: Finding) -> (Finding, Vec<ReferenceUsed>) {
        let Study { patient, calibration, quality, tables } = self;
        let used = apply(std::slice::from_mut(&mut finding), Context { patient, calibration, quality, tables });
        (finding, used)
    }
}

fn conversion(material: Material) -> Conversion {
    Conversion { material, slope: 0.8, intercept: -2.5, curvature: 0.0 }
}

fn stored(material: Material, confirmed_by: Option<&str>) -> Calibration {
    Calibration::Stored(StoredCalibration {
        id: "main".into(),
        manufacturer: None,
        model: None,
        serial_number: None,
        tube_voltage_kv: Some(120.0),
        kernel: None,
        slice_thickness_mm: None,
        phantom: "phantom".into(),
        phantom_serial: None,
        confirmed_by: confirmed_by.map(str::to_owned),
        date: "2026-01-01".into(),
        expires: "2026-04-01".into(),
        conversion: conversion(material),
        r_squared: 1.0,
    })
}

fn physics() -> Calibration {
    Calibration::Physics(TissueCalibration {
        mapping: None,
        confirmed_by: Some("nobody can".into()),
        conversion: conversion(Material::DipotassiumPhosphate),
        standard_error: None,
        effective_energy_kev: Some(96.0),
        r_squared: Some(0.998),
        tissues: Vec::new(),
    })
}

fn with(structure: Structure, values: &[(Region, Quantity, f64)]) -> Finding {
    let mut finding = Finding::new(structure, Side::None);
    finding.measurements =
        values.iter().map(|(region, quantity, value)| Measurement::new(*region, *quantity, *value, "given/1")).collect();
    finding
}

fn femur(neck: f64, total_hip: f64) -> Finding {
    let density =
        |region, value| Measurement::mineral(region, Quantity::ArealDensity, value, "given/1", Material::Hydroxyapatite);
    let mut finding = Finding::new(Structure::Femur, Side::Left);
    finding.measurements = vec![density(Region::FemoralNeck, neck), density(Region::TotalHip, total_hip)];
    finding
}

fn spine(density: f64, material: Material) -> Finding {
    let mut finding = Finding::new(Structure::LumbarSpine, Side::None);
    finding.measurements = vec![Measurement::mineral(Region::Trabecular, Quantity::DensityMean, density, "given/1", material)];
    finding
}

fn body(quantity: Quantity, value: f64) -> Finding {
    let region = if quantity == Quantity::EstimatedDxaSmi { Region::Whole } else { Region::L3Slice };
    with(Structure::Body, &[(region, quantity, value)])
}

fn said(finding: &Finding, criterion: Criterion) -> Option<&Assessment> {
    finding.assessments.iter().find(|one| one.criterion == criterion)
}

fn category(study: &Study, finding: Finding, criterion: Criterion) -> Option<Category> {
    said(&study.apply(finding).0, criterion).map(|one| one.category)
}

/// Codes of the reasons for which `criterion` was withheld.
fn reasons(study: &Study, finding: Finding, criterion: Criterion) -> Vec<GateCode> {
    let (finding, _) = study.apply(finding);
    assert!(said(&finding, criterion).is_none() || finding.not_measured.iter().all(|one| !one.criteria.contains(&criterion)));
    finding.not_measured.iter().filter(|one| one.criteria.contains(&criterion)).map(|one| one.code).collect()
}

fn contrast() -> Quality {
    Quality::warning(GateCode::Contrast, "contrast agent was given".into(), None)
}

fn voltage() -> Quality {
    Quality::warning(GateCode::Kvp, "the tube voltage is 100 kV".into(), Some(100.0))
}

/// Every finding with every value that a criterion knows, all of them low.
fn everything_low() -> Vec<Finding> {
    let muscle = [
        (Region::L3Slice, Quantity::SkeletalMuscleIndex, 20.0),
        (Region::L3Slice, Quantity::SkeletalMuscleAttenuation, 10.0),
        (Region::L3Slice, Quantity::PsoasMuscleIndex, 2.0),
        (Region::Whole, Quantity::EstimatedDxaSmi, 4.0),
    ];
    vec![femur(0.4, 0.4), spine(40.0, Material::DipotassiumPhosphate), with(Structure::Body, &muscle)]
}
