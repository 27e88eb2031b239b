//! The analytic femur measured, against integration of its formulas and against itself turned, mirrored and made denser.

use super::test_femur::{BASE, CONVERSION, LESSER, Scene, Truth, Turn, junction, mirrored, neck, scene};
use super::*;
use crate::calibration::Conversion;
use crate::read::Acquisition;
use crate::report::Quantity;
use crate::settings::{NeckRegion, PoseMode};

const ALL: [Region; 4] = [Region::TotalHip, Region::FemoralNeck, Region::Trochanter, Region::Intertrochanter];

fn run(scene: &Scene, settings: &FemurSettings, conversion: Option<&Conversion>) -> Result<(Finding, Pictures), Block> {
    let mask = &scene.labels.masks[0];
    let gates = Gates::new(&scene.volume, &Acquisition::default(), &scene.labels);
    let grid = as_left(&scene.labels.grid, mask.side);
    let bone = Bone { grid: &grid, volume: &scene.volume, mask, conversion };
    let (divided, measured) = evaluate(bone, &scene.landmarks, settings, &gates)?;
    let mut finding = Finding::new(Structure::Femur, mask.side);
    measured.write(&mut finding, conversion);
    let pictures = (divided.total_hip(bone).expect("voxels"), divided.picture(mask.side, conversion.map(|c| c.material)));
    Ok((finding, pictures))
}

fn finding(scene: &Scene, neck: NeckRegion) -> Finding {
    run(scene, &FemurSettings { neck, ..FemurSettings::default() }, Some(&CONVERSION)).expect("a plausible femur").0
}

fn value(finding: &Finding, region: Region, quantity: Quantity) -> f64 {
    finding.value(region, quantity).expect("measured")
}

/// Area, volume and content of each region by the definitions of the recipe and the formulas of the solids.
fn expected(truth: &Truth, neck_from: f64, neck_to: f64) -> [[f64; 3]; 4] {
    let along = |[x, z]: [f64; 2]| x * neck()[0] + z * neck()[2];
    let end = [neck()[0] * neck_to, neck()[2] * neck_to];
    let above = |[x, z]: [f64; 2]| (BASE[0] - end[0]) * (z - end[1]) > (BASE[2] - end[1]) * (x - end[0]);
    let hip = |place: [f64; 2]| along(place) > neck_from && place[1] > LESSER[2] - 20.0;
    let in_neck = |place: [f64; 2]| hip(place) && along(place) <= neck_to && place[0] < 45.0;
    [
        truth.sum(hip),
        truth.sum(in_neck),
        truth.sum(|place| hip(place) && !in_neck(place) && above(place)),
        truth.sum(|place| hip(place) && !in_neck(place) && !above(place)),
    ]
}

/// Largest relative errors of area, volume, areal and volumetric density over the regions.
fn errors(finding: &Finding, expected: &[[f64; 3]; 4]) -> [f64; 4] {
    let mut worst = [0.0_f64; 4];
    for (region, [area, volume, content]) in ALL.into_iter().zip(*expected) {
        let pairs = [
            (Quantity::Area, area),
            (Quantity::Volume, volume),
            (Quantity::ArealDensity, content / area),
            (Quantity::DensityMean, content / volume * 1000.0),
        ];
        for (worst, (quantity, truth)) in worst.iter_mut().zip(pairs) {
            let error = value(finding, region, quantity) / truth - 1.0;
            println!("{} {}: {:+.2} %", region.name(), quantity.name(), error * 100.0);
            *worst = worst.max(error.abs());
        }
    }
    worst
}

fn osaka(truth: &Truth) -> [[f64; 3]; 4] {
    expected(truth, junction(), junction() + 10.0)
}

#[test]
fn regions_agree_with_integration_of_the_formulas() {
    let truth = Truth::new();
    let found = finding(&scene(Turn::none(), [1.0; 3], 0.0), NeckRegion::Osaka10mm);
    let [area, volume, areal, density] = errors(&found, &osaka(&truth));
    assert!(area < 0.015 && volume < 0.01 && areal < 0.01 && density < 0.01, "{area} {volume} {areal} {density}");
}

#[test]
fn twenty_turns_change_nothing_by_a_percent() {
    let truth = osaka(&Truth::new());
    for i in 0..20 {
        let k = f64::from(i);
        let turn = Turn::about([(k * 1.7).sin(), (k * 2.9).cos(), (k * 0.7).sin()], k * 17.0 - 160.0);
        let found = finding(&scene(turn, [1.0; 3], 0.0), NeckRegion::Osaka10mm);
        let [_, volume, areal, density] = errors(&found, &truth);
        assert!(volume < 0.01 && areal < 0.01 && density < 0.01, "{turn:?}: {volume} {areal} {density}");
    }
}

#[test]
fn thick_and_noisy_slices_cost_less_than_three_percent() {
    let truth = osaka(&Truth::new());
    for turn in [Turn::none(), Turn::about([0.3, 0.2, 1.0], 25.0), Turn::about([1.0, 0.4, 0.1], -15.0)] {
        let found = finding(&scene(turn, [3.0, 0.8, 0.8], 15.0), NeckRegion::Osaka10mm);
        let [_, _, areal, density] = errors(&found, &truth);
        assert!(areal < 0.03 && density < 0.03, "{turn:?}: {areal} {density}");
    }
}
