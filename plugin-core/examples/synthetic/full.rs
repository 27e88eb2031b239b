//! A study that holds every kind of thing a report knows.

use super::{Study, anatomy, values};
use plugin_core::anatomy::{Kind, Side, Structure};
use plugin_core::calibration::{
    Calibration, Conversion, PhantomCalibration, RodReading, RodSource, StoredCalibration, Tissue, TissueCalibration,
    TissueReading,
};
use plugin_core::report::{GateCode, Quality, Region, Severity};
use plugin_core::units::Material;

/// `[0, 50, ... 200] mgHA/cm3`, lying below the patient.
const ROD_HU: [f64; 5] = [3.1, 66.0, 128.7, 190.9, 254.2];

fn line(slope: f64, intercept: f64, curvature: f64) -> Conversion {
    Conversion { material: Material::Hydroxyapatite, slope, intercept, curvature }
}

fn rods() -> Vec<RodReading> {
    let rod = |(i, hu): (usize, &f64)| RodReading {
        density: 50.0 * i as f64,
        hu: *hu,
        sd_hu: 11.25,
        voxels: 4321,
        centre_mm: [-60.0 + 30.0 * i as f64, 117.0, -50.0],
    };
    ROD_HU.iter().enumerate().map(rod).collect()
}

/// Every way of calibrating, with a name for its folder.
pub fn calibrations() -> Vec<(&'static str, Calibration)> {
    let tissue = |tissue, hu, voxels| TissueReading { tissue, hu, sd_hu: 14.5, voxels };
    let tissues =
        vec![tissue(Tissue::Air, -998.2, 51_234), tissue(Tissue::Fat, -103.9, 90_321), tissue(Tissue::Blood, 41.6, 2_345)];
    let by_tissue = TissueCalibration {
        mapping: Some("scanner-1-120kv".into()),
        confirmed_by: Some("A. Physicist".into()),
        conversion: line(0.791_234, -3.456_78, 0.0),
        standard_error: Some(3.1),
        effective_energy_kev: None,
        r_squared: None,
        tissues,
    };
    let physics = TissueCalibration {
        mapping: None,
        confirmed_by: None,
        conversion: line(0.271_234, 37.012_3, 1.234_5e-4),
        standard_error: None,
        effective_energy_kev: Some(79.5),
        r_squared: Some(0.999_61),
        tissues: by_tissue.tissues.clone(),
    };
    let stored = StoredCalibration {
        id: "ct1-120-b40".into(),
        manufacturer: Some("SYNTHETIC".into()),
        model: Some("Phantom".into()),
        serial_number: Some("1".into()),
        tube_voltage_kv: Some(120.0),
        kernel: Some("B40".into()),
        slice_thickness_mm: Some(4.0),
        phantom: "b-mas200".into(),
        phantom_serial: Some("S-77".into()),
        confirmed_by: Some("A. Physicist".into()),
        date: "2026-10-01".into(),
        expires: "2026-12-30".into(),
        conversion: line(0.797_316, -2.518_943, 0.0),
        r_squared: 0.999_994,
    };
    let phantom = PhantomCalibration {
        phantom: "b-mas200".into(),
        serial: Some("S-77".into()),
        certificate: Some("C-2025-14".into()),
        confirmed_by: Some("A. Physicist".into()),
        rods_from: RodSource::Detected,
        conversion: line(0.797_316, -2.518_943, 0.0),
        r_squared: 0.999_994,
        residual_sd: 0.224_1,
        rods: rods(),
    };
    vec![
        ("phantom", Calibration::Phantom(phantom)),
        ("stored-calibration", Calibration::Stored(stored)),
        ("tissues", Calibration::Internal(by_tissue)),
        ("physics", Calibration::Physics(physics)),
    ]
}

/// Calibrated lumbar spine with a fracture, a femur with scores and one withheld, muscles, the slice through L3.
pub fn study() -> Study {
    let grid = anatomy::grid();
    let masks = anatomy::masks(&grid);
    let rods = rods();
    let drawn: Vec<_> = rods.iter().map(|rod| (rod.centre_mm, rod.hu)).collect();
    let mut study = Study::on(grid.clone(), masks);
    study.volume.stored = anatomy::hu(&grid, &study.labels.masks, &drawn).into();
    study.regions = anatomy::regions(&grid);
    study.projections = vec![anatomy::projection(Side::Right)];
    study.report.calibration = calibrations().remove(0).1;
    study.report.references = values::references();
    let mut findings: Vec<_> = study
        .labels
        .masks
        .iter()
        .zip(0..)
        .filter_map(|(mask, number)| {
            Some(match (mask.structure, mask.structure.kind()) {
                (Structure::L2, _) => values::fractured(mask.structure),
                (_, Kind::LumbarVertebra) => values::vertebra(mask.structure, number),
                (Structure::Femur, _) if mask.side == Side::Left => values::withheld_femur(mask.side),
                (Structure::Femur, _) => values::femur(mask.side),
                (_, Kind::Muscle) => values::muscle(mask.structure, mask.side, number / 2 - 3),
                _ => return None,
            })
        })
        .collect();
    findings.insert(5, values::lumbar_spine());
    findings.push(values::body());
    study.report.findings = findings;
    study.report.quality = vec![
        Quality {
            code: GateCode::SliceThick,
            severity: Severity::Warning,
            message: "slices are 4 mm thick; 3 mm or less are recommended for density".into(),
            found: Some(4.0),
        },
        Quality {
            code: GateCode::Scoliosis,
            severity: Severity::Info,
            message: "the spine is curved by 6 degrees".into(),
            found: Some(6.2),
        },
    ];
    study
}

/// One of each kind of thing, small enough for a checker that takes minutes for a full study.
pub fn one_of_each() -> Study {
    let mut study = Study::new([21, 37, 45], vec![super::ellipsoid(Structure::Femur, Side::Right, [2, 9, 9], [15, 17, 21])]);
    let full = self::study();
    let mut femur = values::femur(Side::Right);
    femur.measurements.retain(|one| one.region == Region::FemoralNeck);
    femur.landmarks.truncate(2);
    femur.assessments.truncate(1);
    let mut withheld = values::withheld_femur(Side::Left);
    withheld.not_measured.truncate(1);
    study.report.findings = vec![values::lumbar_spine(), femur, withheld];
    study.report.calibration = full.report.calibration;
    study.report.references = full.report.references;
    study.report.quality = full.report.quality;
    study
}
