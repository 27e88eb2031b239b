//! Vertebrae and muscles drawn from formulas, whose values are known beforehand; every gate once tripped and once not.

mod common;

use common::{CORTICAL, Case, TRABECULAR, grid, in_spongiosa, in_vertebra, labels, mask, rotated, volume};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::measure::Measured;
use plugin_core::read::Acquisition;
use plugin_core::report::{Finding, GateCode, MeasurementKind, NotMeasured, Quantity, Region};
use plugin_core::segmentation::{Labels, StructureMask};
use plugin_core::settings::Settings;
use plugin_core::units::Mm;
use plugin_core::volume::CtVolume;

fn run(volume: &CtVolume<'_>, labels: &Labels) -> Measured {
    Case::default().measure(volume, labels)
}

fn finding(measured: &Measured, structure: Structure, side: Side) -> &Finding {
    measured.findings.iter().find(|f| f.structure == structure && f.side == side).expect("structure was labelled")
}

fn value(finding: &Finding, region: Region, quantity: Quantity) -> f64 {
    let found = finding.measurements.iter().find(|m| m.region == region && m.quantity == quantity);
    found.unwrap_or_else(|| panic!("{quantity:?} missing: {:?}", finding.not_measured)).value
}

/// Why CT numbers are missing; densities are missing everywhere, for want of a calibration.
fn codes(finding: &Finding) -> Vec<GateCode> {
    let attenuation = |missing: &&NotMeasured| missing.quantities.contains(&Quantity::AttenuationMean);
    finding.not_measured.iter().filter(attenuation).map(|missing| missing.code).collect()
}

fn vertebra_hu(local: Lps) -> f64 {
    match (in_spongiosa(local), in_vertebra(local)) {
        (true, _) => TRABECULAR,
        (false, true) => CORTICAL,
        _ => 40.0,
    }
}

/// One L3, turned by pitch and yaw.
fn turned(grid: &Grid, pitch: f64, yaw: f64) -> (CtVolume<'static>, Labels) {
    let local = |point| rotated(point, pitch, yaw);
    let l3 = mask(grid, Structure::L3, Side::None, |point| in_vertebra(local(point)));
    (volume(grid, |point| vertebra_hu(local(point))), labels(grid, vec![l3]))
}

#[test]
fn the_region_holds_only_trabecular_bone_however_the_vertebra_is_turned() {
    // Ellipse with semi-axes shortened by 4 mm, half the height of 28 mm, less the half cylinder of the vein channel: the
    // channel is 12 mm wide and reaches 0.4 x 34 mm from the wall, of which about 9 mm lie beyond the 4 mm margin.
    let expected = (std::f64::consts::PI * 20.0 * 13.0 * 14.0 - std::f64::consts::PI * 36.0 * 9.0) / 1000.0;
    for (in_plane, between) in [(1.0, 1.0), (0.8, 3.0)] {
        let grid = grid(in_plane, between);
        for (pitch, yaw) in [(0.0, 0.0), (15.0, 0.0), (-20.0, 0.0), (0.0, 8.0), (10.0, -8.0)] {
            let (volume, labels) = turned(&grid, pitch, yaw);
            let measured = run(&volume, &labels);
            let l3 = finding(&measured, Structure::L3, Side::None);
            assert_eq!(value(l3, Region::Trabecular, Quantity::AttenuationMedian), TRABECULAR, "{between} mm, {pitch}, {yaw}");
            // A vertebra turned about its long axis shows a few voxels of one pedicle's root, here at the cortex's 600 HU.
            let allowed = if yaw == 0.0 { 0.0 } else { 0.01 * TRABECULAR };
            let mean = value(l3, Region::Trabecular, Quantity::AttenuationMean);
            assert!((mean - TRABECULAR).abs() <= allowed, "{mean} HU: {between} mm, {pitch}, {yaw}");
            let found = value(l3, Region::Trabecular, Quantity::Volume);
            assert!((found / expected - 1.0).abs() < 0.15, "{found} cm3, not {expected}: {between} mm, {pitch}, {yaw}");
        }
    }
}

#[test]
fn mirroring_changes_nothing() {
    let grid = grid(1.0, 2.0);
    let slanted = |sign: f64| {
        let hu = move |[x, y, z]: Lps| vertebra_hu([x, y, z]) + sign * x + 0.5 * y;
        let l3 = mask(&grid, Structure::L3, Side::None, in_vertebra);
        let measured = run(&volume(&grid, hu), &labels(&grid, vec![l3]));
        value(finding(&measured, Structure::L3, Side::None), Region::Trabecular, Quantity::AttenuationMean)
    };
    assert!((slanted(1.0) - slanted(-1.0)).abs() < 0.05);
}

#[test]
fn whole_volume_is_the_voxel_sum() {
    let grid = grid(1.0, 1.0);
    let (volume, labels) = turned(&grid, 0.0, 0.0);
    let measured = run(&volume, &labels);
    let expected = labels.masks[0].count() as f64 / 1000.0;
    let found = value(finding(&measured, Structure::L3, Side::None), Region::Whole, Quantity::Volume);
    assert!((found - expected).abs() < 1e-4 * expected);
}

#[test]
fn a_dense_island_is_left_out_and_said() {
    let grid = grid(1.0, 1.0);
    let island = |[x, y, z]: Lps| (x - 12.0).powi(2) + y.powi(2) + z.powi(2) <= 36.0;
    // Alternating 148 and 152 HU: the median absolute deviation is not zero.
    let hu = |[x, y, z]: Lps| match (island([x, y, z]), vertebra_hu([x, y, z])) {
        (true, _) => 700.0,
        (false, TRABECULAR) => TRABECULAR + if (x + y + z).rem_euclid(2.0) < 1.0 { 2.0 } else { -2.0 },
        (false, other) => other,
    };
    let l3 = mask(&grid, Structure::L3, Side::None, in_vertebra);
    let measured = run(&volume(&grid, hu), &labels(&grid, vec![l3]));
    let mean = value(finding(&measured, Structure::L3, Side::None), Region::Trabecular, Quantity::AttenuationMean);
    assert!((mean - TRABECULAR).abs() < 0.1, "{mean}");
    assert!(measured.quality.iter().any(|quality| quality.code == GateCode::FocalDense));
}

#[test]
fn levels_that_are_not_labelled_are_listed() {
    let (volume, labels) = turned(&grid(1.0, 2.0), 0.0, 0.0);
    let measured = run(&volume, &labels);
    assert_eq!(codes(finding(&measured, Structure::L1, Side::None)), [GateCode::NotLabelled; 3]);
    let asked =
        Case { settings: Settings { measurements: vec![MeasurementKind::Muscle], ..Settings::default() }, ..Case::default() }
            .measure(&volume, &labels);
    assert!(asked.findings.is_empty() && asked.quality.iter().any(|quality| quality.code == GateCode::NotLabelled));
}

#[test]
fn a_label_without_a_canal_gives_no_region() {
    let grid = grid(1.0, 2.0);
    let block = |[x, y, z]: Lps| x.abs() < 20.0 && (-17.0..50.0).contains(&y) && z.abs() < 14.0;
    let l3 = mask(&grid, Structure::L3, Side::None, block);
    let measured = run(&volume(&grid, |_| TRABECULAR), &labels(&grid, vec![l3]));
    assert_eq!(codes(finding(&measured, Structure::L3, Side::None)), [GateCode::BodyNotFound; 3]);
}

#[test]
fn levels_out_of_order_are_withheld() {
    let grid = grid(1.0, 2.0);
    let at = |structure, z: f64| mask(&grid, structure, Side::None, move |[x, y, h]| in_vertebra([x, y, (h - z) * 2.0]));
    let order = |upper, lower| {
        let measured = run(&volume(&grid, |_| TRABECULAR), &labels(&grid, vec![at(upper, 25.0), at(lower, -25.0)]));
        codes(finding(&measured, Structure::L3, Side::None)).contains(&GateCode::LevelOrder)
    };
    assert!(!order(Structure::L3, Structure::L4));
    assert!(order(Structure::L4, Structure::L3));
}

#[test]
fn thick_slices_warn_above_three_and_block_bone_above_five_millimetres() {
    let grid = grid(1.0, 2.0);
    let (volume, labels) = turned(&grid, 0.0, 0.0);
    let with = |thickness| {
        let acquisition = Acquisition { slice_thickness: Some(Mm(thickness)), ..Acquisition::default() };
        let measured = Case { acquisition, ..Case::default() }.measure(&volume, &labels);
        let warned = measured.quality.iter().any(|quality| quality.code == GateCode::SliceThick);
        (warned, codes(finding(&measured, Structure::L3, Side::None)))
    };
    assert_eq!(with(3.0), (false, vec![]));
    assert_eq!(with(5.0), (true, vec![]));
    assert_eq!(with(5.5), (true, vec![GateCode::SliceThick; 3]));
}

/// A left and a right gluteus medius: balls of 20 mm radius, one quarter of the left one being fat.
fn glutei(grid: &Grid, left_x: f64) -> Vec<StructureMask> {
    let ball = |side, x: f64| mask(grid, Structure::GluteusMedius, side, move |p: Lps| in_ball(p, x));
    vec![ball(Side::Left, left_x), ball(Side::Right, -left_x)]
}

fn in_ball([x, y, z]: Lps, centre: f64) -> bool {
    (x - centre).powi(2) + (y - 10.0).powi(2) + z.powi(2) <= 400.0
}

fn muscle_hu([x, _, z]: Lps) -> f64 {
    // Fat where x > 25 and z > 0: a quarter of a ball centred at x = 25.
    if x > 25.0 && z > 0.0 { -100.0 } else { 50.0 }
}

#[test]
fn muscle_volume_mean_and_fat_share() {
    let grid = grid(1.0, 1.0);
    let masks = glutei(&grid, 25.25);
    let counts: Vec<f64> = masks.iter().map(|mask| mask.count() as f64).collect();
    // Independent of the shapes of the masks: counted over all voxels of the formula.
    let fat = masks[0].indices().filter(|index| muscle_hu(grid.to_patient(index.map(|i| i as f64))) < 0.0).count() as f64;
    let measured = run(&volume(&grid, muscle_hu), &labels(&grid, masks));
    let left = finding(&measured, Structure::GluteusMedius, Side::Left);
    let right = finding(&measured, Structure::GluteusMedius, Side::Right);
    let ball = 4.0 / 3.0 * std::f64::consts::PI * 8.0;
    assert!((value(right, Region::Whole, Quantity::Volume) / ball - 1.0).abs() < 0.01);
    assert!((value(left, Region::Whole, Quantity::Volume) - counts[0] / 1000.0).abs() < 1e-3);
    let share = fat / counts[0];
    assert!((share - 0.25).abs() < 0.03, "the phantom is as described: {share}");
    assert!((value(left, Region::Whole, Quantity::FatVoxelShare) - 100.0 * share).abs() < 1e-3);
    assert!((value(left, Region::Whole, Quantity::AttenuationMean) - (50.0 - 150.0 * share)).abs() < 1e-3);
    assert_eq!(value(right, Region::Whole, Quantity::FatVoxelShare), 0.0);
    assert_eq!(value(right, Region::Whole, Quantity::AttenuationMean), 50.0);
}

#[test]
fn sides_that_contradict_the_image_are_withheld() {
    let grid = grid(1.0, 2.0);
    let withheld = |masks: Vec<StructureMask>| {
        let measured = run(&volume(&grid, muscle_hu), &labels(&grid, masks));
        measured.findings.iter().all(|finding| codes(finding) == [GateCode::Laterality])
    };
    assert!(!withheld(glutei(&grid, 25.0)));
    assert!(withheld(glutei(&grid, -25.0)));
    let unsided = mask(&grid, Structure::GluteusMedius, Side::None, |p| in_ball(p, 25.0));
    assert!(withheld(vec![unsided]));
}

#[test]
fn a_muscle_near_the_border_is_withheld() {
    let grid = grid(1.0, 1.0);
    // The grid ends at x = 60: a ball of 20 mm around 37 stays 3 voxels away, one around 38 only 2.
    for (x, withheld) in [(37.0, false), (38.0, true)] {
        let measured = run(&volume(&grid, muscle_hu), &labels(&grid, glutei(&grid, x)));
        let left = finding(&measured, Structure::GluteusMedius, Side::Left);
        assert_eq!(codes(left).contains(&GateCode::BorderMask), withheld, "{x}");
    }
}

#[test]
fn metal_withholds_what_is_near_it_and_nothing_else() {
    let grid = grid(1.0, 1.0);
    // A cube of 6 mm = 216 mm3 of metal, 16 mm beyond the left ball and far from the right one.
    let metal = |edge: f64| {
        let hu = move |p: Lps| {
            let inside = p[0].abs() < edge / 2.0 && (p[1] - 42.0).abs() < edge / 2.0 && p[2].abs() < edge / 2.0;
            if inside { 3000.0 } else { muscle_hu(p) }
        };
        let left = mask(&grid, Structure::GluteusMedius, Side::Left, |p| in_ball(p, 12.0));
        let right = mask(&grid, Structure::GluteusMedius, Side::Right, |[x, y, z]| in_ball([x, y + 25.0, z], -35.0));
        let measured = run(&volume(&grid, hu), &labels(&grid, vec![left, right]));
        let withheld = |side| codes(finding(&measured, Structure::GluteusMedius, side)) == [GateCode::Metal];
        (withheld(Side::Left), withheld(Side::Right))
    };
    assert_eq!(metal(6.5), (true, false));
    // 64 mm3 are not metal but noise.
    assert_eq!(metal(4.0), (false, false));
}

#[test]
fn metal_in_a_ct_that_was_clipped_above_bone_is_what_is_at_its_greatest_value() {
    let grid = grid(1.0, 1.0);
    let codes_of = |dense: f64, greatest: f64| {
        // 729 mm3 whose values differ.
        let hu = move |[x, y, z]: Lps| {
            let is_dense = x.abs() <= 4.0 && (y - 42.0).abs() <= 4.0 && z.abs() <= 4.0;
            let own = dense + x + 10.0 * (y - 42.0) + 3.0 * z;
            if is_dense { own.min(greatest) } else { muscle_hu([x, y, z]) }
        };
        let left = mask(&grid, Structure::GluteusMedius, Side::Left, |p| in_ball(p, 12.0));
        codes(finding(&run(&volume(&grid, hu), &labels(&grid, vec![left])), Structure::GluteusMedius, Side::Left))
    };
    assert_eq!(codes_of(3000.0, 2000.0), [GateCode::Metal]);
    assert_eq!(codes_of(3000.0, 2499.0), [GateCode::Metal]);
    // Below 2000 HU it may be bone; and what was not clipped is not all the same.
    assert_eq!(codes_of(3000.0, 1999.0), []);
    assert_eq!(codes_of(2300.0, f64::INFINITY), []);
}

#[test]
fn cement_withholds_the_vertebra() {
    let grid = grid(1.0, 1.0);
    let hu = |p: Lps| if p[0].abs() < 4.0 && p[1].abs() < 4.0 && p[2].abs() < 4.0 { 1800.0 } else { vertebra_hu(p) };
    let l3 = mask(&grid, Structure::L3, Side::None, in_vertebra);
    let measured = run(&volume(&grid, hu), &labels(&grid, vec![l3]));
    assert_eq!(codes(finding(&measured, Structure::L3, Side::None)), [GateCode::Metal; 3]);
}

#[test]
fn a_muscle_outside_the_field_of_view_is_withheld() {
    let grid = grid(1.0, 1.0);
    // The scanner measured a circle; beyond it the image is padded.
    let padded = |radius: f64| move |p: Lps| if p[0].hypot(p[1] - 10.0) > radius { -2000.0 } else { muscle_hu(p) };
    let withheld = |hu: &dyn Fn(Lps) -> f64, model: Option<&str>| {
        let mut labels = labels(&grid, glutei(&grid, 25.0));
        labels.doubts.model = model.map(str::to_owned);
        let measured = run(&volume(&grid, hu), &labels);
        codes(finding(&measured, Structure::GluteusMedius, Side::Left)) == [GateCode::BorderMask]
    };
    // The muscle reaches to 45 mm.
    assert_eq!([46.0, 40.0].map(|radius| withheld(&padded(radius), None)), [false, true]);
    // A network's label may end a little before what cuts it.
    assert_eq!([49.0, 46.0].map(|radius| withheld(&padded(radius), Some("m 1"))), [false, true]);
    // Skin beside clipped air; gas in the bowel.
    let ring = |width: f64, ring: f64, beyond: f64| {
        move |p: Lps| match p[0].hypot(p[1] - 10.0) {
            r if r <= 46.0 => muscle_hu(p),
            r if r <= 46.0 + width => ring,
            _ => beyond,
        }
    };
    assert!(!withheld(&ring(1.5, -500.0, -1024.0), Some("m 1")));
    assert!(!withheld(&ring(6.0, -1024.0, 40.0), Some("m 1")));
}

#[test]
fn a_round_field_that_is_padded_like_air_is_known_by_its_shape() {
    // The middle of the image lies at (0, 10).
    let steps = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
    let grid = Grid { shape: [61, 121, 121], origin: [-60.0, -50.0, -30.0], steps };
    // A body and a muscle that reaches its skin; the field cuts both where the body lies off the middle.
    let withheld = |air: &dyn Fn(Lps) -> f64, padding: f64, [x0, y0]: [f64; 2]| {
        let hu = |[x, y, z]: Lps| match x.hypot(y - 10.0) {
            r if r > 58.0 => padding,
            _ if ((x - x0) / 50.0).hypot((y - y0) / 40.0) <= 1.0 => 50.0,
            _ => air([x, y, z]).max(padding),
        };
        let ball = |[x, y, z]: Lps| (x - x0 - 20.0).powi(2) + (y - y0 - 16.0).powi(2) + z.powi(2) <= 400.0;
        let mut labels = labels(&grid, vec![mask(&grid, Structure::GluteusMedius, Side::Left, ball)]);
        labels.doubts.model = Some("m 1".to_owned());
        codes(finding(&run(&volume(&grid, hu), &labels), Structure::GluteusMedius, Side::Left)) == [GateCode::BorderMask]
    };
    let noisy = |[x, y, z]: Lps| -1000.0 + 20.0 * (x * 12.9 + y * 78.2 + z * 2.3).sin();
    let smooth = |_: Lps| -1000.0;
    let (cut, whole) = ([14.0, 24.0], [0.0, 10.0]);
    for padding in [-2000.0, -1000.0, -991.0] {
        assert_eq!([cut, whole].map(|middle| withheld(&noisy, padding, middle)), [true, false], "{padding}");
    }
    // Air that is padding everywhere cuts nothing; where it does nobody can tell.
    assert_eq!([cut, whole].map(|middle| withheld(&smooth, -1000.0, middle)), [false; 2]);
}

#[test]
fn values_that_are_not_hounsfield_units_are_withheld() {
    let grid = grid(1.0, 2.0);
    let l3 = mask(&grid, Structure::L3, Side::None, in_vertebra);
    // As if the rescale intercept of -1024 were missing.
    let measured = run(&volume(&grid, |p| vertebra_hu(p) + 1024.0), &labels(&grid, vec![l3]));
    assert!(
        codes(finding(&measured, Structure::L3, Side::None))
            .iter()
            .all(|code| [GateCode::HuRange, GateCode::Metal].contains(code))
    );
    let measured = run(&volume(&grid, |p| muscle_hu(p) + 1024.0), &labels(&grid, glutei(&grid, 25.0)));
    assert_eq!(codes(finding(&measured, Structure::GluteusMedius, Side::Right)), [GateCode::HuRange]);
}

#[test]
fn a_side_is_judged_by_the_spine_and_by_its_twin() {
    let grid = grid(1.0, 2.0);
    let l3 = |x: f64| {
        mask(&grid, Structure::L3, Side::None, move |p: Lps| (p[0] - x).abs() < 5.0 && p[1].abs() < 5.0 && p[2].abs() < 5.0)
    };
    let alone = |x: f64| mask(&grid, Structure::GluteusMedius, Side::Left, move |p: Lps| in_ball(p, x));
    let withheld = |masks| {
        let measured = run(&volume(&grid, muscle_hu), &labels(&grid, masks));
        codes(finding(&measured, Structure::GluteusMedius, Side::Left)).contains(&GateCode::Laterality)
    };
    assert!(!withheld(vec![l3(0.0), alone(25.0)]));
    assert!(withheld(vec![l3(0.0), alone(-25.0)]));
    // Balls of 20 mm radius whose centres are 10 mm apart share most of their voxels, at 50 mm none.
    assert!(withheld(glutei(&grid, 5.0)));
    assert!(!withheld(glutei(&grid, 25.0)));
}

#[test]
fn a_label_with_lost_slices_is_withheld_and_one_with_a_stray_voxel_is_not() {
    let grid = grid(1.0, 2.0);
    let withheld = |inside: &dyn Fn(Lps) -> bool| {
        let left = mask(&grid, Structure::GluteusMedius, Side::Left, inside);
        let right = mask(&grid, Structure::GluteusMedius, Side::Right, |p| in_ball(p, -25.0));
        let measured = run(&volume(&grid, muscle_hu), &labels(&grid, vec![left, right]));
        codes(finding(&measured, Structure::GluteusMedius, Side::Left))
    };
    assert_eq!(withheld(&|p| in_ball(p, 25.0) && p[2].abs() > 3.0), [GateCode::LabelGap]);
    assert_eq!(withheld(&|p| in_ball(p, 25.0) || p == [25.0, 10.0, 30.0]), []);
}
