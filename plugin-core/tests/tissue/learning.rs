//! Learning of mappings.

use plugin_core::calibration::tissue::{LearnError, LearningScan, MappingScope, learn};
use plugin_core::calibration::{Conversion, Tissue, TissueReading};
use plugin_core::units::Material;

const TISSUES: [Tissue; 2] = [Tissue::Air, Tissue::Fat];

fn scope() -> MappingScope {
    MappingScope { id: "learnt".to_owned(), manufacturer: None, model: Some("A".to_owned()), tube_voltage_kv: Some(120.0) }
}

fn scan(air: f64, fat: f64, slope: f64, intercept: f64) -> LearningScan {
    let reading = |tissue, hu| TissueReading { tissue, hu, sd_hu: 10.0, voxels: 1000 };
    LearningScan {
        readings: vec![reading(Tissue::Fat, fat), reading(Tissue::Air, air)],
        conversion: Conversion { material: Material::Hydroxyapatite, slope, intercept, curvature: 0.0 },
        r_squared: 0.999,
    }
}

/// Scans that obey `slope = 1.3 + 0.0005 air + 0.001 fat`, `intercept = 20 + 0.02 air - 0.1 fat` exactly.
fn lawful() -> Vec<LearningScan> {
    (0..9)
        .map(|i| {
            let (air, fat) = (-1000.0 + f64::from(i % 3) * 4.0, -110.0 + f64::from(i / 3) * 8.0);
            scan(air, fat, 1.3 + 0.0005 * air + 0.001 * fat, 20.0 + 0.02 * air - 0.1 * fat)
        })
        .collect()
}

#[test]
fn a_linear_law_is_recovered_with_its_ranges_and_no_error() {
    let mapping = learn(scope(), &TISSUES, &lawful()).expect("nine scans");
    for (found, expected) in mapping.slope.iter().zip([1.3, 0.0005, 0.001]) {
        assert!((found - expected).abs() < 1e-9, "{mapping:?}");
    }
    for (found, expected) in mapping.intercept.iter().zip([20.0, 0.02, -0.1]) {
        assert!((found - expected).abs() < 1e-7, "{mapping:?}");
    }
    assert_eq!(mapping.ranges_hu, [[-1000.0, -992.0], [-110.0, -94.0]]);
    assert!(mapping.standard_error < 1e-6 && mapping.scans == 9 && mapping.confirmed_by.is_none());
}

/// With a slope of 1 and intercepts that differ from a constant by a pattern at right angles to constant and tissues, the
/// leave-one-out difference of scan i is `pattern / (1 - leverage)` (Allen's PRESS). In a 3 x 3 design the leverage is 1/9, and
/// 1/6 more for each tissue that is off its middle.
#[test]
fn the_standard_error_is_that_of_leaving_one_out() {
    let pattern = [1.0, -2.0, 1.0, -2.0, 4.0, -2.0, 1.0, -2.0, 1.0];
    let scans: Vec<_> =
        (0..9).map(|i| scan(-1000.0 + f64::from(i % 3), -100.0 + f64::from(i / 3), 1.0, 0.5 * pattern[i as usize])).collect();
    let leverage = |i: usize| 1.0 / 9.0 + [i % 3, i / 3].into_iter().filter(|position| *position != 1).count() as f64 / 6.0;
    let squares: f64 = (0..9).map(|i| (0.5 * pattern[i] / (1.0 - leverage(i))).powi(2)).sum();
    let mapping = learn(scope(), &TISSUES, &scans).expect("nine scans");
    assert!((mapping.standard_error - (squares / 9.0).sqrt()).abs() < 1e-9, "{}", mapping.standard_error);
}

#[test]
fn what_cannot_be_learnt_from_is_refused() {
    let refused = |change: fn(&mut Vec<LearningScan>)| {
        let mut scans = lawful();
        change(&mut scans);
        learn(scope(), &TISSUES, &scans).expect_err("must be refused")
    };
    let eight = refused(|scans| scans.truncate(8));
    assert_eq!(eight, LearnError::TooFew { found: 8, tissues: 2, needed: 9 });
    assert_eq!(learn(scope(), &[], &lawful()), Err(LearnError::Tissues));
    assert_eq!(learn(scope(), &[Tissue::Air, Tissue::Air], &lawful()), Err(LearnError::Tissues));
    assert_eq!(refused(|scans| scans[4].readings.truncate(1)), LearnError::Missing { scan: 5, tissue: Tissue::Air });
    assert!(matches!(refused(|scans| scans[0].r_squared = 0.96), LearnError::Line { scan: 1, .. }));
    assert!(matches!(refused(|scans| scans[1].conversion.slope = 0.0), LearnError::Line { scan: 2, .. }));
    assert!(matches!(refused(|scans| scans[1].conversion.curvature = 1e-5), LearnError::Line { scan: 2, .. }));
    let other = refused(|scans| scans[2].conversion.material = Material::DipotassiumPhosphate);
    assert_eq!(other, LearnError::Material { scan: 3 });
}

#[test]
fn tissues_that_do_not_vary_or_vary_together_are_refused() {
    let constant: Vec<_> = (0..9).map(|i| scan(-1000.1, -100.0 + f64::from(i), 0.8, 0.0)).collect();
    assert_eq!(learn(scope(), &TISSUES, &constant), Err(LearnError::Collinear { tissue: Tissue::Air }));
    let together: Vec<_> = (0..9).map(|i| scan(-1000.0 + f64::from(i), -100.0 + 2.0 * f64::from(i), 0.8, 0.0)).collect();
    assert_eq!(learn(scope(), &TISSUES, &together), Err(LearnError::Collinear { tissue: Tissue::Fat }));
}
