//! Lumbar vertebrae drawn from formulas: densities, heights, projections and L1 to L4 as one, all known beforehand.

#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod common;

use common::{Case, grid, labels, mask, rotated, volume};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::calibration::{Calibration, Conversion, StoredCalibration};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::measure::Measured;
use plugin_core::report::{Finding, GateCode, Measurement, Quantity, Region, Severity};
use plugin_core::units::{Material, Unit};

const SOFT: f64 = 40.0;
const CORTICAL: f64 = 600.0;
/// Half width and half depth of the body. With all lengths here, the voxels of 1 mm at whole millimetres that lie inside are as
/// wide together as the formula is.
const RADII: [f64; 2] = [24.4, 17.4];
const SHELL: f64 = 2.0;
/// Between centres.
const DISTANCE: f64 = 36.0;
const LINE: Conversion = Conversion { material: Material::Hydroxyapatite, slope: 0.8, intercept: -5.0, curvature: 0.0 };

/// A vertebra whose posterior elements lie in the shadow of its body, seen from the front.
#[derive(Clone, Copy)]
struct Form {
    /// Anterior, middle, posterior; a parabola between.
    heights: [f64; 3],
    trabecular: f64,
    /// Of the superior direction, towards the front.
    pitch: f64,
    /// Of the superior direction, towards the left.
    roll: f64,
    square: bool,
}

const SOUND: Form = Form { heights: [27.0; 3], trabecular: 150.0, pitch: 0.0, roll: 0.0, square: false };

impl Form {
    fn local(&self, [x, y, z]: Lps) -> Lps {
        let (sine, cosine) = self.roll.to_radians().sin_cos();
        rotated([cosine * x - sine * z, y, sine * x + cosine * z], self.pitch, 0.0)
    }

    fn height(&self, y: f64) -> f64 {
        let [anterior, middle, posterior] = self.heights;
        let t = y / RADII[1];
        middle + (posterior - anterior) / 2.0 * t + ((anterior + posterior) / 2.0 - middle) * t * t
    }

    fn in_body(&self, [x, y, z]: Lps, less: f64) -> bool {
        let [a, b] = RADII.map(|r| r - less);
        let within = if self.square { x.abs() <= a && y.abs() <= b } else { (x / a).powi(2) + (y / b).powi(2) <= 1.0 };
        within && z.abs() <= self.height(y) / 2.0 - less
    }

    fn contains(&self, point: Lps) -> bool {
        let [x, y, z] = point;
        let ellipse = |a: f64, b: f64| (x / a).powi(2) + ((y - 26.0) / b).powi(2) <= 1.0;
        let arch = ellipse(19.0, 15.0) && !ellipse(11.0, 9.5) && y > 12.0;
        let spinous = x.abs() <= 3.5 && (36.5..=60.5).contains(&y);
        self.in_body(point, 0.0) || ((arch || spinous) && z.abs() <= 7.5)
    }

    fn hu(&self, point: Lps) -> f64 {
        match (self.in_body(point, SHELL), self.contains(point)) {
            (true, _) => self.trabecular,
            (false, true) => CORTICAL,
            _ => SOFT,
        }
    }

    /// Volume in cm3 and mean HU of the formula where `y <= back`, on a grid four times as fine as any image here.
    fn truth(&self, back: f64) -> (f64, f64) {
        const STEP: f64 = 0.25;
        let places = |from: f64, to: f64| (0..((to - from) / STEP) as i32).map(move |i| from + (f64::from(i) + 0.5) * STEP);
        let (mut count, mut sum) = (0.0, 0.0);
        for z in places(-15.0, 15.0) {
            for y in places(-18.0, back.min(61.0)) {
                for x in places(-25.0, 25.0).filter(|x| self.contains([*x, y, z])) {
                    count += 1.0;
                    sum += self.hu([x, y, z]);
                }
            }
        }
        (count * STEP.powi(3) / 1000.0, sum / count)
    }
}

/// Levels from the top of the grid downwards, the middle one (of three) or the only one at the origin.
fn spine(grid: &Grid, levels: &[(Structure, Form)], calibration: Option<Conversion>, noise: f64) -> Measured {
    let centre = |place: usize| DISTANCE * ((levels.len() - 1) as f64 / 2.0 - place as f64);
    let at = |place: usize, [x, y, z]: Lps| levels[place].1.local([x, y, z - centre(place)]);
    let masks = (0..levels.len())
        .map(|place| mask(grid, levels[place].0, Side::None, |point| levels[place].1.contains(at(place, point))))
        .collect();
    let mut random = 1_u64;
    let random = std::cell::RefCell::new(move || {
        // Irwin-Hall: the sum of twelve uniform numbers has a standard deviation of 1.
        (0..12)
            .map(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 40) as f64 / (1_u64 << 24) as f64
            })
            .sum::<f64>()
            - 6.0
    });
    let of_point = |point| {
        (0..levels.len())
            .map(|place| (place, at(place, point)))
            .find(|(place, local)| levels[*place].1.contains(*local))
            .map_or(SOFT, |(place, local)| levels[place].1.hu(local))
    };
    // A voxel is the mean over its thickness: a shell of 2 mm is not as thick as a slice of 3 mm.
    let thickness = grid.spacing()[0];
    let parts = (2.0 * thickness).round() as i32;
    let volume = volume(grid, |[x, y, z]| {
        let part = |i: i32| z + thickness * ((f64::from(i) + 0.5) / f64::from(parts) - 0.5);
        let hu = (0..parts).map(|i| of_point([x, y, part(i)])).sum::<f64>() / f64::from(parts);
        if noise > 0.0 { hu + noise * (random.borrow_mut())() } else { hu }
    });
    let calibration = calibration.map_or(Calibration::None, |conversion| {
        Calibration::Stored(StoredCalibration {
            id: "test".to_owned(),
            manufacturer: None,
            model: None,
            serial_number: None,
            tube_voltage_kv: None,
            kernel: None,
            slice_thickness_mm: None,
            phantom: "test".to_owned(),
            phantom_serial: None,
            confirmed_by: None,
            date: "2025-01-01".to_owned(),
            expires: "2025-04-01".to_owned(),
            conversion,
            r_squared: 1.0,
        })
    });
    Case { calibration, ..Case::default() }.measure(&volume, &labels(grid, masks))
}

fn of(measured: &Measured, structure: Structure) -> &Finding {
    measured.findings.iter().find(|finding| finding.structure == structure).expect("reported, measured or not")
}

fn one(finding: &Finding, region: Region, quantity: Quantity) -> &Measurement {
    let found = finding.measurements.iter().find(|one| (one.region, one.quantity) == (region, quantity));
    found.unwrap_or_else(|| panic!("{region:?} {quantity:?}: {:?}", finding.not_measured))
}

fn value(finding: &Finding, region: Region, quantity: Quantity) -> f64 {
    one(finding, region, quantity).value
}

fn refusal(finding: &Finding, region: Region, quantity: Quantity) -> Option<GateCode> {
    assert!(finding.value(region, quantity).is_none(), "{region:?} {quantity:?} was measured");
    finding.not_measured.iter().find(|one| one.region == region && one.quantities.contains(&quantity)).map(|one| one.code)
}

fn within(found: f64, expected: f64, share: f64, what: &str) {
    assert!((found - expected).abs() <= share * expected.abs(), "{what}: {found}, not {expected}");
}

const THREE: [Structure; 3] = [Structure::L2, Structure::L3, Structure::L4];

fn three(forms: [Form; 3]) -> [(Structure, Form); 3] {
    [0, 1, 2].map(|place| (THREE[place], forms[place]))
}

#[test]
fn densities_are_those_of_the_formula() {
    let forms = [120.0, 150.0, 180.0].map(|trabecular| Form { trabecular, ..SOUND });
    for (grid, noise, share) in [(grid(1.0, 1.0), 0.0, 0.01), (grid(0.8, 3.0), 15.0, 0.03)] {
        let measured = spine(&grid, &three(forms), Some(LINE), noise);
        for (structure, form) in three(forms) {
            let finding = of(&measured, structure);
            let expected = 0.8 * form.trabecular - 5.0;
            within(value(finding, Region::Trabecular, Quantity::DensityMean), expected, share, "trabecular mean");
            within(value(finding, Region::Trabecular, Quantity::DensityMedian), expected, share, "trabecular median");
            let sd = value(finding, Region::Trabecular, Quantity::DensitySd);
            assert!((sd - 0.8 * noise).abs() <= 1.0, "{sd}");
            let (_, body) = form.truth(RADII[1]);
            within(value(finding, Region::VertebralBody, Quantity::DensityMean), 0.8 * body - 5.0, share, "body");
            let (_, whole) = form.truth(f64::INFINITY);
            within(value(finding, Region::Whole, Quantity::DensityMean), 0.8 * whole - 5.0, share, "whole");
            within(value(finding, Region::Whole, Quantity::AttenuationMean), whole, share, "whole, HU");
        }
        let mean = value(of(&measured, Structure::LumbarSpine), Region::Trabecular, Quantity::DensityMean);
        within(mean, 0.8 * 150.0 - 5.0, share, "mean of the levels");
    }
}

#[test]
fn content_is_density_times_volume_and_the_unit_names_the_material() {
    let measured = spine(&grid(1.0, 1.0), &[(Structure::L3, SOUND)], Some(LINE), 0.0);
    let l3 = of(&measured, Structure::L3);
    for (region, back) in [(Region::VertebralBody, RADII[1]), (Region::Whole, f64::INFINITY)] {
        let (volume, hu) = SOUND.truth(back);
        within(value(l3, region, Quantity::Volume), volume, 0.01, "volume");
        within(value(l3, region, Quantity::MineralContent), volume * (0.8 * hu - 5.0) / 1000.0, 0.015, "content");
    }
    let material = Some(Material::Hydroxyapatite);
    assert_eq!(one(l3, Region::Trabecular, Quantity::DensityMean).unit, Unit::VolumetricDensity(material));
    assert_eq!(one(l3, Region::Whole, Quantity::MineralContent).unit, Unit::MineralContent(material));
    assert_eq!(one(l3, Region::Whole, Quantity::ArealDensity).unit, Unit::ArealDensity(material));
}

#[test]
fn a_curved_conversion_is_applied_to_voxels_not_to_their_mean() {
    // Noise of 30 HU: the mean of squares is 900 HU2 above the square of the mean.
    let curved = Conversion { curvature: 0.01, ..LINE };
    let measured = spine(&grid(1.0, 1.0), &[(Structure::L3, SOUND)], Some(curved), 30.0);
    let l3 = of(&measured, Structure::L3);
    let [mean, sd] = [Quantity::AttenuationMean, Quantity::AttenuationSd].map(|q| value(l3, Region::Trabecular, q));
    let expected = 0.01 * (mean * mean + sd * sd) + 0.8 * mean - 5.0;
    within(value(l3, Region::Trabecular, Quantity::DensityMean), expected, 1e-4, "mean of a curve");
    assert!(0.01 * sd * sd > 8.0, "the test can tell: {sd}");
}

#[test]
fn without_calibration_densities_are_withheld_and_areas_are_not() {
    let measured = spine(&grid(1.0, 1.0), &three([SOUND; 3]), None, 0.0);
    let (l3, spine) = (of(&measured, Structure::L3), of(&measured, Structure::LumbarSpine));
    for (finding, region, quantity) in [
        (l3, Region::Trabecular, Quantity::DensityMean),
        (l3, Region::Trabecular, Quantity::DensityMedian),
        (l3, Region::Trabecular, Quantity::DensitySd),
        (l3, Region::VertebralBody, Quantity::DensityMean),
        (l3, Region::VertebralBody, Quantity::MineralContent),
        (l3, Region::Whole, Quantity::DensityMean),
        (l3, Region::Whole, Quantity::MineralContent),
        (l3, Region::Whole, Quantity::ArealDensity),
        (spine, Region::Trabecular, Quantity::DensityMean),
        (spine, Region::L1ToL4, Quantity::MineralContent),
        (spine, Region::L1ToL4, Quantity::ArealDensity),
    ] {
        assert_eq!(refusal(finding, region, quantity), Some(GateCode::NotCalibrated), "{region:?} {quantity:?}");
    }
    within(value(l3, Region::VertebralBody, Quantity::AttenuationMean), SOUND.truth(RADII[1]).1, 0.01, "HU");
    assert!(value(l3, Region::Whole, Quantity::Area) > 0.0 && value(spine, Region::L1ToL4, Quantity::Area) > 0.0);
}

#[test]
fn heights_are_those_of_the_formula_however_the_vertebra_is_turned() {
    for heights in [[27.0, 27.0, 27.0], [23.0, 25.5, 28.0], [28.0, 23.5, 28.0], [27.0, 25.0, 23.0]] {
        for (pitch, roll) in [(0.0, 0.0), (15.0, 0.0), (-20.0, 0.0), (8.0, 10.0)] {
            let form = Form { heights, pitch, roll, ..SOUND };
            let measured = spine(&grid(1.0, 1.0), &[(Structure::L3, form)], None, 0.0);
            let l3 = of(&measured, Structure::L3);
            let found = [Quantity::AnteriorHeight, Quantity::MiddleHeight, Quantity::PosteriorHeight]
                .map(|quantity| value(l3, Region::VertebralBody, quantity));
            // Both end plates are rounded to voxels of 1 mm, untilted ones the same way over their whole depth.
            let near = found.iter().zip(heights).all(|(found, height)| (found - height).abs() <= 1.5);
            assert!(near, "{found:?}, not {heights:?}: {pitch}, {roll}");
            let ratio = value(l3, Region::VertebralBody, Quantity::AnteriorHeightRatio);
            assert!((ratio - found[0] / found[2]).abs() < 1e-4, "{ratio}");
        }
    }
}

#[test]
fn lost_height_withholds_the_level_and_leaves_it_out_of_the_mean() {
    let fractured = |heights: [f64; 3]| {
        let forms = [SOUND, Form { heights, trabecular: 180.0, ..SOUND }, SOUND];
        spine(&grid(1.0, 1.0), &three(forms), Some(LINE), 0.0)
    };
    for (name, heights) in [("wedge", [19.0, 23.0, 27.0]), ("biconcave", [27.0, 19.0, 27.0]), ("crush", [19.0, 19.0, 19.0])] {
        let measured = fractured(heights);
        let l3 = of(&measured, Structure::L3);
        for (region, quantity) in [
            (Region::Trabecular, Quantity::AttenuationMean),
            (Region::Trabecular, Quantity::DensityMean),
            (Region::VertebralBody, Quantity::MineralContent),
            (Region::Whole, Quantity::Area),
        ] {
            assert_eq!(refusal(l3, region, quantity), Some(GateCode::VertebralFracture), "{name}");
        }
        assert!(value(l3, Region::VertebralBody, Quantity::PosteriorHeight) > 18.0);
        let spine = of(&measured, Structure::LumbarSpine);
        within(value(spine, Region::Trabecular, Quantity::DensityMean), 115.0, 0.001, name);
        let said = measured.quality.iter().find(|q| q.code == GateCode::LevelsFew && q.severity == Severity::Info);
        let said = &said.expect("the levels are named").message;
        assert!(said.contains("over L2, L4") && said.contains("L3: VERT_FX") && said.contains("L1: NOT_LABELLED"), "{said}");
    }
    // Slightly wedged, as L1 may be.
    let measured = fractured([25.0, 26.0, 27.0]);
    assert!(of(&measured, Structure::L3).value(Region::Trabecular, Quantity::DensityMean).is_some());
}

#[test]
fn a_sound_l5_is_no_fracture() {
    let l5 = Form { heights: [28.0, 25.0, 20.5], ..SOUND };
    let measured = spine(&grid(1.0, 1.0), &[(Structure::L4, SOUND), (Structure::L5, l5)], None, 0.0);
    let l5 = of(&measured, Structure::L5);
    assert!(value(l5, Region::VertebralBody, Quantity::NeighbourHeightRatio) < 0.8);
    within(value(l5, Region::Trabecular, Quantity::AttenuationMean), 150.0, 0.01, "L5");
}

#[test]
fn the_projection_has_the_area_and_content_of_the_formula() {
    let uniform = Form { trabecular: CORTICAL, ..SOUND };
    for (square, pitch, roll) in [
        (false, 0.0, 0.0),
        (false, 3.0, 0.0),
        (false, -20.0, 0.0),
        (false, 15.0, 0.0),
        (false, 0.0, 12.0),
        (false, 10.0, -14.0),
        (true, 12.0, 0.0),
        (true, 0.0, 8.0),
    ] {
        let form = Form { square, pitch, roll, ..uniform };
        let measured = spine(&grid(1.0, 1.0), &[(Structure::L3, form)], Some(LINE), 0.0);
        let l3 = of(&measured, Structure::L3);
        let area = 2.0 * RADII[0] * 27.0 / 100.0;
        let name = format!("square {square}, pitch {pitch}, roll {roll}");
        within(value(l3, Region::Whole, Quantity::Area), area, 0.01, &name);
        let density = (0.8 * CORTICAL - 5.0) / 1000.0;
        let content = form.truth(f64::INFINITY).0 * density;
        within(value(l3, Region::Whole, Quantity::MineralContent), content, 0.015, &name);
        let areal = value(l3, Region::Whole, Quantity::MineralContent) / value(l3, Region::Whole, Quantity::Area);
        within(value(l3, Region::Whole, Quantity::ArealDensity), areal, 1e-5, &name);
    }
}

#[test]
fn thick_slices_do_not_widen_the_projection_and_give_no_ratios() {
    let form = Form { pitch: 12.0, ..SOUND };
    let measured = spine(&grid(0.8, 3.0), &[(Structure::L3, form)], None, 0.0);
    let l3 = of(&measured, Structure::L3);
    assert_eq!(refusal(l3, Region::VertebralBody, Quantity::AnteriorHeightRatio), Some(GateCode::SliceThick));
    let area = value(l3, Region::Whole, Quantity::Area);
    // The outermost steps of the staircase alone would add more than 2 mm to the height of 27 mm.
    within(area, 2.0 * RADII[0] * 27.0 / 100.0, 0.02, "3 mm slices");
}

#[test]
fn l1_to_l4_is_sum_by_sum() {
    let forms = [Form { heights: [24.0; 3], ..SOUND }, SOUND, Form { trabecular: 120.0, ..SOUND }];
    let measured = spine(&grid(1.0, 1.0), &three(forms), Some(LINE), 0.0);
    let sum = |quantity| THREE.iter().map(|level| value(of(&measured, *level), Region::Whole, quantity)).sum::<f64>();
    let (area, content) = (sum(Quantity::Area), sum(Quantity::MineralContent));
    let whole = of(&measured, Structure::LumbarSpine);
    within(value(whole, Region::L1ToL4, Quantity::Area), area, 1e-5, "area");
    within(value(whole, Region::L1ToL4, Quantity::MineralContent), content, 1e-5, "content");
    within(value(whole, Region::L1ToL4, Quantity::ArealDensity), content / area, 1e-5, "areal density");
}

#[test]
fn one_level_makes_no_mean() {
    let measured = spine(&grid(1.0, 2.0), &[(Structure::L3, SOUND)], Some(LINE), 0.0);
    let whole = of(&measured, Structure::LumbarSpine);
    assert_eq!(refusal(whole, Region::Trabecular, Quantity::DensityMean), Some(GateCode::LevelsFew));
    assert_eq!(refusal(whole, Region::L1ToL4, Quantity::ArealDensity), Some(GateCode::LevelsFew));
    let l3 = of(&measured, Structure::L3);
    assert_eq!(refusal(l3, Region::VertebralBody, Quantity::NeighbourHeightRatio), Some(GateCode::LevelsFew));
}

#[test]
fn a_level_unlike_its_neighbours_is_pointed_out_and_stays() {
    let with = |trabecular| {
        let measured = spine(&grid(1.0, 2.0), &three([SOUND, Form { trabecular, ..SOUND }, SOUND]), None, 0.0);
        assert!(of(&measured, Structure::L3).value(Region::Trabecular, Quantity::AttenuationMean).is_some());
        let said = measured.quality.into_iter().find(|quality| quality.code == GateCode::LevelOutlier);
        said.and_then(|quality| quality.found).map(f64::round)
    };
    assert_eq!(with(185.0), None);
    // L2 and L4 differ from their only neighbour, L3, by as much; the first of them is found first.
    assert_eq!(with(195.0), Some(-45.0));
}

#[test]
fn a_curved_spine_is_pointed_out() {
    let with = |roll: f64| {
        let forms = [Form { roll, ..SOUND }, SOUND, Form { roll: -roll, ..SOUND }];
        let measured = spine(&grid(1.0, 1.0), &three(forms), None, 0.0);
        measured.quality.into_iter().find(|quality| quality.code == GateCode::Scoliosis).and_then(|quality| quality.found)
    };
    assert_eq!(with(8.0), None);
    let cobb = with(12.0).expect("24 degrees");
    assert!((cobb - 24.0).abs() < 2.0, "{cobb}");
}

/// Cubes of 10 mm at these heights.
fn cubes(levels: &[(Structure, f64)]) -> Measured {
    let grid = grid(2.0, 2.0);
    let cube = |z: f64| move |p: Lps| p[0].abs() <= 5.0 && p[1].abs() <= 5.0 && (p[2] - z).abs() <= 5.0;
    let masks = levels.iter().map(|(structure, z)| mask(&grid, *structure, Side::None, cube(*z))).collect();
    Case::default().measure(&volume(&grid, |_| SOFT), &labels(&grid, masks))
}

#[test]
fn doubtful_numbers_withhold_every_level() {
    use Structure::{L1, L2, L3, L4, L6, T12};
    let withheld = |levels: &[(Structure, f64)]| {
        let measured = cubes(levels);
        let l2 = of(&measured, L2);
        let volume = l2.not_measured.iter().find(|one| one.quantities == [Quantity::Volume]);
        volume.map(|one| (one.code, one.found))
    };
    assert_eq!(withheld(&[(L1, 44.0), (L2, 20.0), (L3, -4.0), (L4, -28.0)]), None);
    let six = [(L1, 44.0), (L2, 20.0), (L3, -4.0), (L4, -28.0), (L6, -50.0)];
    assert_eq!(withheld(&six), Some((GateCode::LevelAmbiguous, Some(6.0))));
    assert_eq!(withheld(&[(L2, 20.0), (L4, -28.0)]), Some((GateCode::LevelAmbiguous, None)));
    assert_eq!(withheld(&[(T12, 44.0), (L2, 20.0)]), Some((GateCode::LevelAmbiguous, None)));
    let skipped = [(L1, 44.0), (L2, 20.0), (L3, -4.0), (L4, -52.0)];
    assert_eq!(withheld(&skipped), Some((GateCode::LevelAmbiguous, Some(2.0))));
    let divided = [(L1, 44.0), (L2, 20.0), (L3, 8.0), (L4, -16.0)];
    assert_eq!(withheld(&divided), Some((GateCode::LevelAmbiguous, Some(0.5))));
}

#[test]
fn a_count_without_anchor_is_pointed_out() {
    use Structure::{L1, L2, Sacrum, T12};
    let warned = |levels: &[(Structure, f64)]| {
        cubes(levels).quality.iter().any(|q| q.code == GateCode::LevelAmbiguous && q.severity == Severity::Warning)
    };
    assert!(warned(&[(L1, 20.0), (L2, -4.0)]));
    assert!(!warned(&[(T12, 44.0), (L1, 20.0), (L2, -4.0)]));
    assert!(!warned(&[(L1, 20.0), (L2, -4.0), (Sacrum, -50.0)]));
}
