//! Femora drawn from formulas, from label to areal density: landmarks found, against rays in the known pose.

#[allow(dead_code, reason = "the vertebra is for other tests")]
mod common;
mod femur_support;

use common::{Case, labels};
use femur_support::Femur;
use plugin_core::calibration::{Calibration, Conversion, TissueCalibration};
use plugin_core::geometry::{Lps, add_scaled, cross, dot, subtract, unit};
use plugin_core::report::{Finding, Quantity, Region};
use plugin_core::units::Material;
use rayon::prelude::*;

const FEMORA: u64 = 40;

const CONVERSION: Conversion = Conversion { material: Material::Hydroxyapatite, slope: 0.8, intercept: -2.0, curvature: 0.0 };

fn find(femur: &Femur) -> Finding {
    let grid = femur.grid([1.0; 3]);
    let calibration = Calibration::Physics(TissueCalibration {
        mapping: None,
        confirmed_by: None,
        conversion: CONVERSION,
        standard_error: None,
        effective_energy_kev: None,
        r_squared: None,
        tissues: Vec::new(),
    });
    let case = Case { calibration, ..Case::default() };
    case.measure(&femur.volume(&grid, &CONVERSION), &labels(&grid, vec![femur.mask(&grid)])).findings.remove(0)
}

/// Areal density of the 10 mm beyond the junction, in the frame of the true landmarks of either side.
fn neck(femur: &Femur) -> f64 {
    let truth = femur.truth();
    let superior = unit(subtract(truth.shaft[0], truth.shaft[1]));
    let beam = unit(cross(superior, subtract(truth.neck_centre, truth.head_centre)));
    let middle = [0, 1, 2].map(|axis| truth.junction.iter().map(|point| point[axis]).sum::<f64>() / 4.0);
    // Within the picture: across the line of the junction, and along it.
    let flat = |v: Lps| unit(add_scaled(v, beam, -dot(v, beam)));
    let along = flat(subtract(truth.neck_centre, truth.head_centre));
    let across = cross(beam, along);
    const STEP: f64 = 0.4;
    let rays: Vec<(f64, f64)> = (0..25 * 150)
        .into_par_iter()
        .map(|i| {
            let (s, t) = ((f64::from(i / 150) + 0.5) * STEP, (f64::from(i % 150) - 74.5) * STEP);
            let start = add_scaled(add_scaled(middle, along, s), across, t);
            let bone = femur.drawn();
            let points =
                (-100..=100).map(|k| add_scaled(start, beam, f64::from(k) * STEP)).filter(|point| bone.contains(*point));
            points.fold((0.0, 0.0), |(content, _), point| (content + bone.density_at(point) * STEP * 1e-4, 1.0))
        })
        .collect();
    rays.iter().map(|ray| ray.0).sum::<f64>() / rays.iter().map(|ray| ray.1).sum::<f64>()
}

#[test]
fn the_neck_of_random_femora_is_within_three_percent_of_the_known_pose() {
    let errors: Vec<f64> = (0..FEMORA)
        .into_par_iter()
        .filter_map(|seed| {
            let femur = Femur::random(seed);
            let found = find(&femur).value(Region::FemoralNeck, Quantity::ArealDensity)?;
            let truth = neck(&femur);
            let error = found / truth - 1.0;
            assert!(error.abs() < 0.03, "{seed}: {found}, not {truth}");
            Some(error)
        })
        .collect();
    let worst = errors.iter().fold(0.0, |worst: f64, error| worst.max(error.abs()));
    println!("{} of {FEMORA} measured, worst error {:.2} %", errors.len(), 100.0 * worst);
    // A femur may be refused, but hardly ever.
    assert!(errors.len() as u64 >= FEMORA - 2, "{} of {FEMORA}", errors.len());
}
