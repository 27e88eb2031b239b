//! A body of simple shapes whose answer is known, on grids that lie differently in the patient.

use super::super::prediction::Prediction;
use super::super::prepare::{Image, Prepared};
use super::{Instances, Manifest, find};
use crate::anatomy::{Side, Structure};
use crate::geometry::{Grid, Index, Lps};
use half::f16;
use ndarray::{Array3, Array4};
use std::collections::BTreeMap;

/// Height of a vertebra with a disc, in millimetres.
const PITCH: f64 = 34.0;
/// Middle of L5.
const L5: f64 = 30.0;

/// Classes of `models/ct/manifest.json`.
const OTHER: usize = 6;
const SACRUM: usize = 7;
const HIP: usize = 8;
const FEMUR: usize = 9;
const GLUTEUS_MINIMUS: usize = 12;
const ILIOPSOAS: usize = 13;
const DEEP_BACK: usize = 14;

/// The seventh body is cut by the field of view.
const RIGHT_NAMES: [usize; 7] = [5, 4, 3, 2, 1, OTHER, OTHER];

fn manifest() -> Manifest {
    Manifest::parse("ct", include_bytes!("../../../../../models/ct/manifest.json")).unwrap()
}

/// 3 mm, indices to the right, front and head.
fn ras() -> Grid {
    let steps = [[-3.0, 0.0, 0.0], [0.0, -3.0, 0.0], [0.0, 0.0, 3.0]];
    Grid { shape: [67, 37, 100], origin: [99.0, 60.0, -62.0], steps }
}

/// 3 mm, indices to the head, back and left, turned by 20 degrees about the patient's long axis.
fn turned() -> Grid {
    let (sine, cosine) = 20_f64.to_radians().sin_cos();
    let steps = [[0.0, 0.0, 3.0], [-3.0 * sine, 3.0 * cosine, 0.0], [3.0 * cosine, 3.0 * sine, 0.0]];
    let corner = [-99.0, -60.0];
    let origin = [corner[0] * cosine - corner[1] * sine, corner[0] * sine + corner[1] * cosine, -62.0];
    Grid { shape: [100, 41, 67], origin, steps }
}

fn vertebra([x, y, z]: Lps) -> Option<usize> {
    let above = ((z - L5) / PITCH).round();
    let height = z - L5 - above * PITCH;
    let body = (x / 22.0).hypot(y / 18.0) <= 1.0 && height.abs() <= 13.0;
    let arch = x.abs() <= 7.0 && (15.0..=50.0).contains(&y) && height.abs() <= 9.0;
    ((body || arch) && (0.0..7.0).contains(&above)).then_some(above as usize)
}

/// The class of a point, and its HU; `names` are the classes of the bodies from the sacrum upwards.
fn shape(point: Lps, names: &[usize; 7]) -> (usize, f32) {
    let [x, y, z] = point;
    let psoas = (x.abs() - 42.0).hypot(y) <= 14.0 && (0.0..=190.0).contains(&z);
    match vertebra(point) {
        Some(above) => (names[above], 180.0),
        None if x.abs() <= 35.0 && (-15.0..=25.0).contains(&y) && z <= 10.0 => (SACRUM, 180.0),
        None if (45.0..=80.0).contains(&x.abs()) && (20.0..=35.0).contains(&y) && z <= 40.0 => (HIP, 250.0),
        None if psoas => (ILIOPSOAS, 55.0),
        None => (0, 60.0),
    }
}

fn segment(grid: &Grid, shape: impl Fn(Lps) -> (usize, f32)) -> Instances {
    let manifest = manifest();
    let [a, b, c] = grid.shape;
    let mut scores = Array4::from_elem((manifest.classes.len(), a, b, c), f16::ZERO);
    let image = Array3::from_shape_fn(grid.shape, |(i, j, k)| {
        let (class, hu) = shape(grid.to_patient([i, j, k].map(|i| i as f64)));
        scores[[class, i, j, k]] = f16::ONE;
        (hu - manifest.normalisation.mean) / manifest.normalisation.standard_deviation
    });
    let prediction = Prediction { grid: grid.clone(), scores, variance: None, passes: 0 };
    find(&prediction, &manifest, &Prepared { grid: grid.clone(), image: Image::Resampled(image) })
}

fn voxel(grid: &Grid, point: Lps) -> Index {
    grid.to_index(point).map(|x| x.round() as usize)
}

fn at(found: &Instances, grid: &Grid, point: Lps) -> Option<(Structure, Side)> {
    usize::from(found.numbers[voxel(grid, point)]).checked_sub(1).map(|at| found.table[at])
}

fn has(found: &Instances, structure: Structure) -> bool {
    found.table.iter().any(|entry| entry.0 == structure)
}

/// Bodies and spinous processes from the sacrum upwards.
fn assert_levels(found: &Instances, grid: &Grid) {
    let levels = [Structure::L5, Structure::L4, Structure::L3, Structure::L2, Structure::L1, Structure::T12];
    for (above, level) in levels.into_iter().enumerate() {
        let z = L5 + above as f64 * PITCH;
        for y in [0.0, 45.0] {
            assert_eq!(at(found, grid, [0.0, y, z]), Some((level, Side::None)), "{level:?} at {y} {z}");
        }
    }
    assert_eq!(at(found, grid, [0.0, 0.0, L5 + 6.0 * PITCH]), None);
}

#[test]
fn right_names_stay_and_raise_no_doubt() {
    let found = segment(&ras(), |point| shape(point, &RIGHT_NAMES));
    assert_levels(&found, &ras());
    assert_eq!(found.numbering, None);
}

#[test]
fn five_names_over_six_bodies_are_counted_from_the_sacrum_and_doubted() {
    let wrong = |point: Lps| {
        let (class, hu) = shape(point, &[5, 4, 3, 3, 2, 1, OTHER]);
        let upper_half_of_l2 = class == 3 && point[2] > L5 + 3.0 * PITCH;
        (if upper_half_of_l2 { 2 } else { class }, hu)
    };
    let found = segment(&ras(), wrong);
    assert_levels(&found, &ras());
    let doubt = found.numbering.unwrap();
    assert!(doubt.contains("L2 vertebra where L1 vertebra is counted"), "{doubt}");
}

#[test]
fn names_upside_down_are_counted_and_doubted() {
    let found = segment(&ras(), |point| shape(point, &[1, 2, 3, 4, 5, OTHER, OTHER]));
    assert_levels(&found, &ras());
    assert!(found.numbering.is_some());
}

#[test]
fn a_patient_turned_against_the_grid_keeps_levels_and_sides() {
    let found = segment(&turned(), |point| shape(point, &RIGHT_NAMES));
    assert_levels(&found, &turned());
    assert_eq!(at(&found, &turned(), [42.0, 0.0, 60.0]), Some((Structure::Iliopsoas, Side::Left)));
    assert_eq!(at(&found, &turned(), [-42.0, 0.0, 60.0]), Some((Structure::Iliopsoas, Side::Right)));
}

#[test]
fn without_sacrum_names_need_three_bodies_and_are_doubted() {
    let grid = Grid { shape: [67, 37, 60], origin: [99.0, 60.0, 20.0], ..ras() };
    let found = segment(&grid, |point| shape(point, &RIGHT_NAMES));
    assert_eq!(at(&found, &grid, [0.0, 0.0, L5 + 2.0 * PITCH]), Some((Structure::L3, Side::None)));
    assert_eq!(at(&found, &grid, [0.0, 0.0, L5]), None, "cut by the field of view");
    assert!(found.numbering.unwrap().contains("sacrum"));
    let mixed = segment(&grid, |point| shape(point, &[5, 3, 3, 2, 2, 1, OTHER]));
    assert!(!has(&mixed, Structure::L3) && !has(&mixed, Structure::L2));
}

#[test]
fn a_chest_holds_no_lumbar_or_pelvic_structure() {
    let grid = Grid { shape: [67, 37, 60], origin: [99.0, 60.0, 20.0], ..ras() };
    let stray = |point: Lps| match shape(point, &[OTHER; 7]) {
        (HIP, hu) => (0, hu),
        // Iliopsoas where the aorta is: beside the column, full of contrast medium.
        (ILIOPSOAS, _) => (ILIOPSOAS, 300.0),
        other => other,
    };
    let found = segment(&grid, stray);
    assert_eq!((found.table, found.numbering), (Vec::new(), None));
}

#[test]
fn a_sixth_body_that_the_network_calls_l1_is_doubted() {
    let found = segment(&ras(), |point| shape(point, &[5, 4, 3, 2, 1, 1, OTHER]));
    let doubt = found.numbering.unwrap();
    assert!(doubt.contains("L1 vertebra where T12 vertebra is counted"), "{doubt}");
}

#[test]
fn a_count_from_what_is_no_sacrum_is_doubted() {
    // 11 cm3: enough to count from, and less than any sacrum.
    let small = |point: Lps| match shape(point, &RIGHT_NAMES) {
        (SACRUM, hu) if point[2] < 1.0 || point[0].abs() > 10.0 => (0, hu),
        other => other,
    };
    let found = segment(&ras(), small);
    assert!(!has(&found, Structure::Sacrum) && has(&found, Structure::L3), "{:?}", found.table);
    assert!(found.numbering.unwrap().contains("is too small for a sacrum"));
}

#[test]
fn a_count_from_what_the_image_cuts_is_doubted_unless_it_is_higher_than_a_vertebra() {
    let doubt = |lowest: f64, stray: bool| {
        let grid = Grid { origin: [99.0, 60.0, lowest], ..ras() };
        let doubt = segment(&grid, |point| match shape(point, &RIGHT_NAMES) {
            // Far from the column: 19 cm3 that are no reason to believe in what it stands on.
            (0, _) if stray && point[0] < -66.0 && point[1] < -30.0 && (40.0..=70.0).contains(&point[2]) => (SACRUM, 180.0),
            other => other,
        });
        doubt.numbering
    };
    // Its top is at 10 mm.
    assert!(doubt(-14.0, false).unwrap().contains("the image ends 27 mm below the top"));
    assert!(doubt(-14.0, true).is_some());
    assert_eq!(doubt(-26.0, false), None);
}

#[test]
fn what_is_called_sacrum_elsewhere_makes_none_of_what_is_too_small() {
    let found = segment(&ras(), |point| match shape(point, &RIGHT_NAMES) {
        (SACRUM, hu) if point[2] < 1.0 || point[0].abs() > 10.0 => (0, hu),
        (0, _) if point[0] < -66.0 && point[1] < -30.0 && (40.0..=70.0).contains(&point[2]) => (SACRUM, 180.0),
        other => other,
    });
    assert!(found.numbering.unwrap().contains("is too small for a sacrum"));
}

/// Columns behind the arches, on both sides, from the sacrum to `top`.
fn with_back(top: f64) -> Instances {
    segment(&ras(), |point| match shape(point, &RIGHT_NAMES) {
        (0, _)
            if (15.0..=40.0).contains(&point[0].abs())
                && (25.0..=48.0).contains(&point[1])
                && (-20.0..=top).contains(&point[2]) =>
        {
            (DEEP_BACK, 50.0)
        }
        other => other,
    })
}

#[test]
fn a_back_muscle_that_ends_below_the_top_of_the_column_is_no_whole_one() {
    assert!(has(&with_back(200.0), Structure::DeepBackMuscle));
    let piece = with_back(120.0);
    assert!(!has(&piece, Structure::DeepBackMuscle));
    let reasons: Vec<_> = piece.left_out.iter().map(|(label, reason)| (label.1, reason.contains("below the middle"))).collect();
    assert_eq!(reasons, [(Side::Left, true), (Side::Right, true)]);
}

#[test]
fn a_scapula_and_a_humerus_that_hold_each_other_are_no_hip_and_no_femur() {
    let shoulder = |point: Lps| match point {
        [x, y, z] if (55.0..=80.0).contains(&x.abs()) && (0.0..=30.0).contains(&y) && (120.0..=200.0).contains(&z) => {
            (HIP, 250.0)
        }
        [x, y, z] if (82.0..=96.0).contains(&x.abs()) && (0.0..=20.0).contains(&y) && (100.0..=220.0).contains(&z) => {
            (FEMUR, 300.0)
        }
        _ => match shape(point, &[OTHER; 7]) {
            (HIP | ILIOPSOAS | SACRUM, _) => (0, 60.0),
            other => other,
        },
    };
    assert_eq!(segment(&ras(), shoulder).table, []);
}

#[test]
fn a_structure_seen_on_one_side_is_on_that_side_only_and_a_stray_is_left_out() {
    let one = |point: Lps| match shape(point, &RIGHT_NAMES) {
        (ILIOPSOAS, _) if point[0] > 0.0 => (0, 60.0),
        // In the bowel, not connected to the muscle: smaller than a tenth of it.
        (0, _) if (point[0] - 20.0).abs() < 8.0 && point[1] < -35.0 && (point[2] - 100.0).abs() < 8.0 => (ILIOPSOAS, 55.0),
        other => other,
    };
    let found = segment(&ras(), one);
    let psoas: Vec<_> = found.table.iter().filter(|entry| entry.0 == Structure::Iliopsoas).collect();
    assert_eq!(psoas, [&(Structure::Iliopsoas, Side::Right)]);
    let hips: Vec<_> = found.table.iter().filter(|entry| entry.0 == Structure::HipBone).map(|entry| entry.1).collect();
    assert_eq!(hips, [Side::Left, Side::Right]);
}

#[test]
fn a_crooked_column_divides_what_lies_beside_it_and_the_pelvis_what_lies_below() {
    // A bow of 58 mm to the left over L5 to T12: end plates at 80 degrees to each other.
    let bow = |z: f64| 58.0 * (std::f64::consts::PI * ((z - L5) / (6.0 * PITCH)).clamp(0.0, 1.0)).sin();
    let found = segment(&ras(), |[x, y, z]| shape([x - bow(z), y, z], &RIGHT_NAMES));
    let apex = L5 + 3.0 * PITCH;
    assert_eq!(at(&found, &ras(), [90.0, 0.0, apex]), Some((Structure::Iliopsoas, Side::Left)));
    assert_eq!(at(&found, &ras(), [16.0, 0.0, apex]), Some((Structure::Iliopsoas, Side::Right)));
    let at_hip = |x: f64| at(&found, &ras(), [x, 28.0, 20.0]);
    assert_eq!([60.0, -60.0].map(at_hip), [Side::Left, Side::Right].map(|side| Some((Structure::HipBone, side))));
    assert!(found.table.iter().all(|(structure, side)| structure.paired() == (*side != Side::None)), "{:?}", found.table);
}

#[test]
fn a_fatty_gluteus_stays_and_what_is_left_out_where_it_belongs_is_named() {
    let found = |hu: f32| {
        segment(&ras(), |point| match shape(point, &RIGHT_NAMES) {
            (0, _)
                if (45.0..=80.0).contains(&point[0].abs())
                    && (35.0..=48.0).contains(&point[1])
                    && (0.0..=40.0).contains(&point[2]) =>
            {
                (GLUTEUS_MINIMUS, if point[0] > 0.0 { hu } else { 40.0 })
            }
            other => other,
        })
    };
    let sides = |found: &Instances| -> Vec<Side> {
        found.table.iter().filter(|entry| entry.0 == Structure::GluteusMinimus).map(|entry| entry.1).collect()
    };
    assert_eq!(sides(&found(-70.0)), [Side::Left, Side::Right]);
    assert_eq!(found(-70.0).left_out, BTreeMap::new());
    let fat = found(-100.0);
    assert_eq!(sides(&fat), [Side::Right]);
    let reason = &fat.left_out[&(Structure::GluteusMinimus, Side::Left)];
    assert!(fat.left_out.len() == 1 && reason.contains("-100 HU") && reason.contains("-90 to 130"), "{reason}");
}

/// A thigh alone, and nothing that tells whether it is the left one.
#[test]
fn where_nothing_tells_the_middle_a_structure_stays_without_a_side() {
    let thigh = |[x, y, z]: Lps| if x.hypot(y) <= 14.0 && (0.0..=180.0).contains(&z) { (FEMUR, 300.0) } else { (0, 60.0) };
    let found = segment(&ras(), thigh);
    assert_eq!(found.table, [(Structure::Femur, Side::None)]);
}
