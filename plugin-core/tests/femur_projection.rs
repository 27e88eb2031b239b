//! What a host sees of the femora: settings that cannot be used, and femora that cannot be measured.

#[allow(dead_code, reason = "no vertebra is drawn here")]
mod common;

use common::{Case, grid, labels, mask, volume};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::Lps;
use plugin_core::report::{GateCode, MeasurementKind, Quantity, Region};
use plugin_core::settings::{FemurSettings, NeckRegion, PoseMode, Settings};

#[test]
fn the_distal_end_is_from_5_to_40_mm() {
    for distal_mm in [5.0, 10.0, 20.0, 40.0] {
        assert_eq!(FemurSettings { distal_mm, ..FemurSettings::default() }.check(), Ok(()));
    }
    for distal_mm in [4.9, 40.1, -20.0, f64::NAN, f64::INFINITY] {
        let refused = FemurSettings { distal_mm, ..FemurSettings::default() }.check().expect_err("out of range");
        assert!(refused.contains("femur.distal_mm") && refused.contains("5 to 40"), "{refused}");
    }
}

#[test]
fn modes_are_read_by_their_published_names() {
    let settings: Settings =
        serde_json::from_str(r#"{"femur": {"neck": "osaka_10mm", "pose": "uemura2022", "distal_mm": 10}}"#)
            .expect("known names");
    assert_eq!(settings.femur, FemurSettings { neck: NeckRegion::Osaka10mm, pose: PoseMode::Uemura2022, distal_mm: 10.0 });
    assert!(serde_json::from_str::<Settings>(r#"{"femur": {"neck": "osaka"}}"#).is_err());
}

/// A ball that is called a femur.
fn ball(side: Side) -> plugin_core::measure::Measured {
    let grid = grid(2.0, 2.0);
    let inside = |[x, y, z]: Lps| (x - 20.0).hypot(y - 10.0).hypot(z) <= 20.0;
    let femur = mask(&grid, Structure::Femur, side, inside);
    let settings = Settings { measurements: vec![MeasurementKind::FemurBmd], ..Settings::default() };
    Case { settings, ..Case::default() }.measure(&volume(&grid, |_| 300.0), &labels(&grid, vec![femur]))
}

#[test]
fn every_region_of_a_withheld_femur_is_named_with_all_its_values() {
    let measured = ball(Side::None);
    let finding = &measured.findings[0];
    assert!(finding.measurements.is_empty() && measured.regions.is_empty() && measured.projections.is_empty());
    let regions: Vec<Region> = finding.not_measured.iter().map(|missing| missing.region).collect();
    assert_eq!(regions, [Region::TotalHip, Region::FemoralNeck, Region::Trochanter, Region::Intertrochanter]);
    for missing in &finding.not_measured {
        assert_eq!(missing.code, GateCode::Laterality);
        assert_eq!(
            missing.quantities,
            [
                Quantity::Area,
                Quantity::Volume,
                Quantity::AttenuationMean,
                Quantity::ArealDensity,
                Quantity::MineralContent,
                Quantity::DensityMean
            ]
        );
    }
}
