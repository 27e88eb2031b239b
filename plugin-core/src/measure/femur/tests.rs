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
    measured.write(&mut finding, conversion, &method(settings));
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
            *worst = worst.max(error.abs());
        }
    }
    worst
}

fn osaka() -> [[f64; 3]; 4] {
    expected(Truth::get(), junction(), junction() + 10.0)
}

#[test]
fn regions_agree_with_integration_of_the_formulas() {
    let found = finding(&scene(Turn::none(), [1.0; 3], 0.0), NeckRegion::Osaka10mm);
    let [area, volume, areal, density] = errors(&found, &osaka());
    assert!(area < 0.01 && volume < 0.01 && areal < 0.01 && density < 0.01, "{area} {volume} {areal} {density}");
}

#[test]
fn twenty_turns_change_nothing_by_a_percent() {
    for i in 0..20 {
        let k = f64::from(i);
        let turn = Turn::about([(k * 1.7).sin(), (k * 2.9).cos(), (k * 0.7).sin()], k * 17.0 - 160.0);
        let found = finding(&scene(turn, [1.0; 3], 0.0), NeckRegion::Osaka10mm);
        let [_, volume, areal, density] = errors(&found, &osaka());
        assert!(volume < 0.01 && areal < 0.01 && density < 0.01, "{turn:?}: {volume} {areal} {density}");
    }
}

#[test]
fn thick_and_noisy_slices_cost_less_than_three_percent() {
    for turn in [Turn::none(), Turn::about([0.3, 0.2, 1.0], 25.0), Turn::about([1.0, 0.4, 0.1], -15.0)] {
        let found = finding(&scene(turn, [3.0, 0.8, 0.8], 15.0), NeckRegion::Osaka10mm);
        let [_, _, areal, density] = errors(&found, &osaka());
        assert!(areal < 0.03 && density < 0.03, "{turn:?}: {areal} {density}");
    }
}

/// Where the outline stands 2 mm above the cylinder of the neck, half a millimetre at a time.
fn notch() -> f64 {
    (40..).map(|i| f64::from(i) * 0.5).find(|along| Truth::get().upper(*along) > 15.0 + 2.0).expect("a trochanter")
}

#[test]
fn the_box_touches_the_notch() {
    let found = finding(&scene(Turn::about([0.2, 0.3, 1.0], 12.0), [1.0; 3], 0.0), NeckRegion::HologicLike);
    // The recipe looks in bins of 1 mm, so it may stop up to 1 mm earlier or later.
    let areas = [-1.0, 1.0].map(|off| expected(Truth::get(), notch() - 15.0 + off, notch() + off)[0][0]);
    let area = value(&found, Region::TotalHip, Quantity::Area);
    assert!(areas[1] < area && area < areas[0], "{areas:?}: {area}");
    // Where between the two is told by the area, for one millimetre of neck is as wide as the next.
    let to = notch() + 1.0 - 2.0 * (area - areas[1]) / (areas[0] - areas[1]);
    let [_, _, areal, density] = errors(&found, &expected(Truth::get(), to - 15.0, to));
    assert!(areal < 0.01 && density < 0.01, "{areal} {density}");
}

#[test]
fn the_scan_finds_the_thinnest_ten_millimetres() {
    let found = finding(&scene(Turn::about([0.1, 1.0, 0.4], 21.0), [1.0; 3], 0.0), NeckRegion::MinBmdScan);
    let means = (0..).map(|i| junction() + f64::from(i) * 0.25).take_while(|from| from + 10.0 <= notch()).map(|from| {
        let [area, _, content] = expected(Truth::get(), from, from + 10.0)[1];
        content / area
    });
    let least = means.fold(f64::INFINITY, f64::min);
    let areal = value(&found, Region::FemoralNeck, Quantity::ArealDensity);
    assert!((areal / least - 1.0).abs() < 0.01, "{areal}, not {least}");
}

#[test]
fn content_of_the_parts_is_that_of_the_whole() {
    let scene = scene(Turn::about([1.0, 1.0, 0.2], 9.0), [2.0; 3], 0.0);
    for neck in [NeckRegion::Osaka10mm, NeckRegion::HologicLike, NeckRegion::MinBmdScan] {
        let found = finding(&scene, neck);
        for quantity in [Quantity::Area, Quantity::Volume, Quantity::MineralContent] {
            let parts: f64 = ALL[1..].iter().map(|region| value(&found, *region, quantity)).sum();
            // Each of the four is rounded to six digits.
            assert!((parts / value(&found, Region::TotalHip, quantity) - 1.0).abs() < 1e-5, "{neck:?} {quantity:?}");
        }
        let ratio = value(&found, Region::TotalHip, Quantity::MineralContent) / value(&found, Region::TotalHip, Quantity::Area);
        assert!((value(&found, Region::TotalHip, Quantity::ArealDensity) / ratio - 1.0).abs() < 1e-5);
    }
}

#[test]
fn density_is_proportional_to_what_is_projected() {
    let scene = scene(Turn::none(), [2.0; 3], 0.0);
    let with = |k: f64| {
        let conversion = Conversion { slope: CONVERSION.slope * k, intercept: CONVERSION.intercept * k, ..CONVERSION };
        run(&scene, &FemurSettings::default(), Some(&conversion)).expect("plausible").0
    };
    let (once, thrice) = (with(1.0), with(3.0));
    for region in ALL {
        for quantity in [Quantity::ArealDensity, Quantity::MineralContent, Quantity::DensityMean] {
            assert!((value(&thrice, region, quantity) / value(&once, region, quantity) / 3.0 - 1.0).abs() < 1e-5);
        }
        assert_eq!(value(&thrice, region, Quantity::Area), value(&once, region, Quantity::Area));
    }
}

#[test]
fn the_mirrored_patient_has_the_same_values_to_the_last_bit() {
    let left = scene(Turn::about([0.4, 0.1, 0.9], 14.0), [1.5, 1.0, 1.0], 10.0);
    let right = mirrored(&left);
    for neck in [NeckRegion::Osaka10mm, NeckRegion::HologicLike, NeckRegion::MinBmdScan] {
        for pose in [PoseMode::NeckShaftFrame, PoseMode::Uemura2022, PoseMode::AsScanned] {
            let settings = FemurSettings { neck, pose, ..FemurSettings::default() };
            let [here, there] = [&left, &right].map(|scene| run(scene, &settings, Some(&CONVERSION)).expect("plausible"));
            assert_eq!(here.0.measurements, there.0.measurements, "{neck:?} {pose:?}");
            assert_eq!(here.1.0.voxels, there.1.0.voxels);
            let (mut image, mut regions) = (there.1.1.image, there.1.1.regions);
            image.invert_axis(ndarray::Axis(1));
            regions.invert_axis(ndarray::Axis(1));
            assert_eq!((here.1.1.image, here.1.1.regions), (image, regions));
        }
    }
}

#[test]
fn turning_the_projection_alone_moves_no_mass() {
    let scene = scene(Turn::about([0.4, 0.1, 0.9], 14.0), [1.5, 0.7, 0.7], 15.0);
    let mask = &scene.labels.masks[0];
    let bone = Bone { grid: &scene.labels.grid, volume: &scene.volume, mask, conversion: Some(&CONVERSION) };
    let voxel = scene.labels.grid.voxel_volume().0 * 1e-6;
    let grams: f64 =
        mask.indices().map(|i| CONVERSION.density(crate::units::Hu(f64::from(scene.volume.hu(i)))).0 * voxel).sum();
    for pose in [PoseMode::NeckShaftFrame, PoseMode::Uemura2022, PoseMode::AsScanned] {
        let frame = Frame::new(pose, &scene.landmarks).expect("axes");
        let whole = project(bone, &frame, -300.0).expect("small enough");
        let content: f64 = whole.content.expect("calibrated").iter().sum::<f64>() * SPACING * SPACING / 100.0;
        assert!((content / grams - 1.0).abs() < 0.001, "{pose:?}: {content} g of {grams} g");
    }
}

/// A solid of uniform density, projected from front to back.
fn solid(inside: impl Fn(Lps) -> bool, density: f64) -> (Projection, f64) {
    let grid = Grid { shape: [60, 60, 60], origin: [-29.5; 3], steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] };
    let voxels = Array3::from_shape_fn(grid.shape, |(z, y, x)| inside(grid.to_patient([z, y, x].map(|i| i as f64))));
    let stored = voxels.mapv(|member| if member { density as i16 } else { 2000 });
    let volume = crate::volume::CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 };
    let mask = StructureMask { structure: Structure::Femur, side: Side::Left, corner: [0; 3], voxels, segments: Vec::new() };
    let plain = Conversion { material: Material::Hydroxyapatite, slope: 1.0, intercept: 0.0, curvature: 0.0 };
    let frame = Frame { origin: [0.0; 3], lateral: [1.0, 0.0, 0.0], posterior: [0.0, 1.0, 0.0], superior: [0.0, 0.0, 1.0] };
    let projection = project(Bone { grid: &grid, volume: &volume, mask: &mask, conversion: Some(&plain) }, &frame, -100.0);
    let projection = projection.expect("small enough");
    let middle = projection.raster.pixel([0.0, 0.0]).expect("within");
    let value = projection.content.as_ref().expect("calibrated")[middle];
    (projection, value)
}

#[test]
fn golden_slab_and_cylinder() {
    // 20 mm at 150 mg/cm3 are 0.300 g/cm2 along every ray that meets the slab; sums over half voxels are exact here.
    let (_, slab) = solid(|[x, y, z]| x.abs() < 20.0 && y.abs() < 10.0 && z.abs() < 20.0, 150.0);
    assert!((slab - 0.300).abs() < 1e-9, "{slab}");
    // 30 mm in diameter at 300 mg/cm3: pi / 4 of 0.9 g/cm2. A cylinder with 1 mm voxels misses its section by up to
    // 0.3 % and its outline by up to a quarter of a voxel on each side; both together stay below 1 %.
    let (cylinder, _) = solid(|[x, y, z]| x.hypot(y) <= 15.0 && z.abs() < 20.0, 300.0);
    let rows = [-10.0, 10.0].map(|z| cylinder.raster.pixel([0.0, z]).expect("within")[0]);
    let content = cylinder.content.expect("calibrated");
    let (mut sum, mut area) = (0.0, 0.0);
    for row in rows[1]..=rows[0] {
        sum += content.row(row).sum();
        area += cylinder.outline.row(row).iter().filter(|counts| **counts).count() as f64;
    }
    assert!((sum / area / 0.706858 - 1.0).abs() < 0.01, "{}", sum / area);
}

#[test]
fn without_calibration_there_is_attenuation_but_no_density() {
    let (found, (region, picture)) =
        run(&scene(Turn::none(), [2.0; 3], 0.0), &FemurSettings::default(), None).expect("plausible");
    for region in ALL {
        let hu = value(&found, region, Quantity::AttenuationMean);
        assert!((250.0..800.0).contains(&hu), "{hu}");
        assert_eq!(found.value(region, Quantity::ArealDensity), None);
    }
    assert!(found.not_measured.iter().all(|missing| missing.code == GateCode::NotCalibrated) && found.not_measured.len() == 4);
    assert_eq!(picture.material, None);
    assert_eq!(picture.regions.dim(), picture.image.dim());
    assert!(region.count() > 0 && (1..=3).all(|part| picture.regions.iter().any(|one| *one == part)));
}

#[test]
fn the_head_is_not_in_the_total_hip_and_the_cut_is_where_it_was_asked_for() {
    let scene = scene(Turn::none(), [1.0; 3], 0.0);
    for distal_mm in [10.0, 20.0, 30.0] {
        let settings = FemurSettings { distal_mm, ..FemurSettings::default() };
        let (_, (region, _)) = run(&scene, &settings, None).expect("plausible");
        let heights: Vec<f64> = region.indices().map(|i| scene.labels.grid.to_patient(i.map(|k| k as f64))[2]).collect();
        let lowest = heights.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((lowest - (LESSER[2] - distal_mm)).abs() <= 1.0, "{lowest}");
        assert!(!region.contains(scene.labels.grid.to_index([0.0; 3]).map(|i| i.round() as i64)));
    }
}

#[test]
fn a_label_that_ends_too_early_is_withheld() {
    let mut scene = scene(Turn::none(), [1.0; 3], 0.0);
    // The shaft ends at -112: 20 mm below a cut 15 mm below the lesser trochanter, and less than 5 mm below one at 36 mm.
    let code = |scene: &Scene, distal_mm| {
        let settings = FemurSettings { distal_mm, ..FemurSettings::default() };
        run(scene, &settings, None).err().map(|block| block.code)
    };
    assert_eq!(code(&scene, 34.0), None);
    assert_eq!(code(&scene, 36.0), Some(GateCode::ShaftTruncated));
    scene.landmarks.greater_trochanter_base = Ok([0.0, 0.0, -44.0]);
    assert_eq!(code(&scene, 20.0), Some(GateCode::NeckQc));
}

#[test]
fn the_method_names_what_was_chosen() {
    let settings = FemurSettings { neck: NeckRegion::HologicLike, pose: PoseMode::AsScanned, distal_mm: 12.5 };
    let (found, _) = run(&scene(Turn::none(), [2.0; 3], 0.0), &settings, Some(&CONVERSION)).expect("plausible");
    assert!(found.measurements.iter().all(|one| one.method == "femur-projection.hologic_like.as_scanned.12.5mm/1"));
    assert_eq!(method(&FemurSettings::default()), "femur-projection.osaka_10mm.neck_shaft_frame.20mm/1");
}
