//! A trunk of discs and rings around an L3 vertebra: areas known by formula; everything that withholds them once tripped and once not.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;

use common::{Case, in_vertebra, labels, mask, volume};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::measure::Measured;
use plugin_core::report::{Finding, GateCode, MeasurementKind, Patient, Quantity, Region};
use plugin_core::segmentation::{Labels, StructureMask};
use plugin_core::settings::Settings;
use plugin_core::volume::CtVolume;
use std::f64::consts::PI;

/// From the middle of the trunk, 20 mm behind that of the vertebral body: muscle's ring, then subcutaneous fat.
const RING: [f64; 3] = [42.0, 48.0, 54.0];
const PSOAS_RADIUS: f64 = 6.0;
const HEIGHT: f64 = 1.6;

fn from_middle([x, y, _]: Lps) -> f64 {
    x.hypot(y - 20.0)
}

fn in_psoas(side: Side, [x, y, _]: Lps) -> bool {
    let centre = if side == Side::Left { 31.0 } else { -31.0 };
    (x - centre).hypot(y - 8.0) <= PSOAS_RADIUS
}

fn in_muscle(point: Lps) -> bool {
    (RING[0]..RING[1]).contains(&from_middle(point)) || in_psoas(Side::Left, point) || in_psoas(Side::Right, point)
}

fn in_subcutaneous(point: Lps) -> bool {
    (RING[1]..RING[2]).contains(&from_middle(point))
}

fn in_visceral(point: Lps) -> bool {
    from_middle(point) < RING[0] && !in_muscle(point) && point[1] < -17.25
}

/// A quarter of the ring is fat, psoas is 60 HU, the rest of muscle 40; a fifth of the subcutaneous label is skin.
fn hu(point: Lps) -> f64 {
    let [x, y, _] = point;
    let psoas = in_psoas(Side::Left, point) || in_psoas(Side::Right, point);
    match () {
        _ if in_vertebra(point) => 300.0,
        _ if psoas => 60.0,
        _ if in_muscle(point) && x > 0.0 && y > 20.0 => -80.0,
        _ if in_muscle(point) => 40.0,
        _ if in_subcutaneous(point) && from_middle(point) >= 53.0 => 20.0,
        _ if in_subcutaneous(point) || in_visceral(point) => -105.0,
        _ if from_middle(point) < RING[0] => 30.0,
        _ => -1000.0,
    }
}

type Shape = fn(Lps) -> bool;

const TISSUES: [(Structure, Shape); 3] = [
    (Structure::SkeletalMuscle, in_muscle),
    (Structure::SubcutaneousFat, in_subcutaneous),
    (Structure::VisceralFat, in_visceral),
];

fn trunk_masks(grid: &Grid) -> Vec<StructureMask> {
    let mut masks = vec![mask(grid, Structure::L3, Side::None, in_vertebra)];
    masks.extend([Side::Left, Side::Right].map(|side| mask(grid, Structure::PsoasMajor, side, move |p| in_psoas(side, p))));
    masks.extend(TISSUES.map(|(structure, inside)| mask(grid, structure, Side::None, inside)));
    masks
}

fn trunk(grid: &Grid) -> (CtVolume<'static>, Labels) {
    (volume(grid, hu), labels(grid, trunk_masks(grid)))
}

fn without(labels: &Labels, structures: &[Structure]) -> Labels {
    let mut labels = labels.clone();
    labels.masks.retain(|mask| !structures.contains(&mask.structure));
    labels
}

fn grown() -> Case {
    Case { patient: Patient { height_m: Some(HEIGHT), ..Patient::default() }, ..Case::default() }
}

fn asked() -> Case {
    Case { settings: Settings { measurements: vec![MeasurementKind::Muscle], ..Settings::default() }, ..grown() }
}

fn body(measured: &Measured) -> Option<&Finding> {
    measured.findings.iter().find(|finding| finding.structure == Structure::Body)
}

fn run(volume: &CtVolume<'_>, labels: &Labels) -> Finding {
    body(&grown().measure(volume, labels)).expect("muscle and L3 are labelled").clone()
}

fn here(finding: &Finding, quantity: Quantity) -> f64 {
    finding.value(Region::L3Slice, quantity).unwrap_or_else(|| panic!("{quantity:?}: {:?}", finding.not_measured))
}

fn code(finding: &Finding, quantity: Quantity) -> Option<GateCode> {
    finding.not_measured.iter().find(|missing| missing.quantities.contains(&quantity)).map(|missing| missing.code)
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() < relative, "{found}, not {expected}");
}

fn ring(inner: f64, outer: f64) -> f64 {
    PI * (outer * outer - inner * inner) / 100.0
}

fn psoas_area() -> f64 {
    2.0 * PI * PSOAS_RADIUS * PSOAS_RADIUS / 100.0
}

#[test]
fn areas_and_what_follows_from_them() {
    let (volume, labels) = trunk(&common::grid(0.5, 4.0));
    let finding = run(&volume, &labels);
    let muscle = 0.75 * ring(RING[0], RING[1]) + psoas_area();
    close(here(&finding, Quantity::SkeletalMuscleArea), muscle, 0.01);
    close(here(&finding, Quantity::IntermuscularFatArea), 0.25 * ring(RING[0], RING[1]), 0.01);
    close(here(&finding, Quantity::SubcutaneousFatArea), ring(RING[1], 53.0), 0.01);
    // Pixels of 0.5 mm draw so small a disc to 3 %.
    close(here(&finding, Quantity::PsoasArea), psoas_area(), 0.03);
    let attenuation = 40.0 + 20.0 * psoas_area() / muscle;
    close(here(&finding, Quantity::SkeletalMuscleAttenuation), attenuation, 0.005);
    // A segment of a circle, 37.25 mm from its middle.
    let angle = 2.0 * (37.25_f64 / RING[0]).acos();
    let visceral = RING[0] * RING[0] / 2.0 * (angle - angle.sin()) / 100.0;
    close(here(&finding, Quantity::VisceralFatArea), visceral, 0.02);
    close(here(&finding, Quantity::SkeletalMuscleIndex), muscle / 2.56, 0.01);
    close(here(&finding, Quantity::PsoasMuscleIndex), here(&finding, Quantity::PsoasArea) / 2.56, 1e-4);
    close(here(&finding, Quantity::SkeletalMuscleGauge), attenuation * muscle / 2.56, 0.01);
    let whole = |quantity| finding.value(Region::Whole, quantity).expect("follows from the areas");
    close(whole(Quantity::BodyFatFreeMass), 0.30 * muscle + 6.06, 0.01);
    close(whole(Quantity::BodyFatMass), 0.042 * (ring(RING[1], 53.0) + visceral) + 11.2, 0.01);
    assert!(finding.not_measured.is_empty(), "{:?}", finding.not_measured);
}

#[test]
fn the_slice_passes_the_middle_of_the_body_wherever_slices_lie() {
    for offset in [0.0, 0.6, -0.6, 1.4, -1.4] {
        let mut grid = common::grid(2.0, 3.0);
        grid.origin[2] += offset;
        let (volume, labels) = trunk(&grid);
        let found = here(&run(&volume, &labels), Quantity::SlicePosition);
        // Half the distance of slices, and a little where as many of them pass the body above its middle as below.
        assert!(found.abs() <= 1.601, "{found} mm for slices at {offset} mm");
    }
}

#[test]
fn a_tilted_gantry_changes_areas_only_by_the_lean_of_the_section() {
    let upright = common::grid(1.0, 3.0);
    let area = |grid: &Grid| {
        let (volume, labels) = trunk(grid);
        here(&run(&volume, &labels), Quantity::SkeletalMuscleArea)
    };
    let straight = area(&upright);
    // Slices shifted against each other: the sections are the same.
    let mut sheared = upright.clone();
    sheared.steps[0] = [0.0, 0.15, 3.0];
    close(area(&sheared), straight, 0.01);
    let (sine, cosine) = 15.0_f64.to_radians().sin_cos();
    let mut tilted = upright;
    tilted.steps[1] = [0.0, cosine, sine];
    tilted.origin[2] -= 70.0 * sine;
    close(area(&tilted), straight / cosine, 0.02);
}

#[test]
fn the_counted_pixels_are_given_for_pictures() {
    let (volume, labels) = trunk(&common::grid(1.0, 4.0));
    let measured = grown().measure(&volume, &labels);
    let region = measured.regions.iter().find(|region| region.structure == Structure::Body).expect("areas were measured");
    let finding = body(&measured).expect("areas were measured");
    let areas = [
        Quantity::SkeletalMuscleArea,
        Quantity::IntermuscularFatArea,
        Quantity::SubcutaneousFatArea,
        Quantity::VisceralFatArea,
    ];
    close(region.count() as f64 / 100.0, areas.iter().map(|quantity| here(finding, *quantity)).sum(), 1e-4);
    assert_eq!(region.voxels.shape()[0], 1);
    assert_eq!(region.centroid(&labels.grid)[2], here(finding, Quantity::SlicePosition));
}

#[test]
fn without_height_there_are_areas_and_no_indices() {
    let (volume, labels) = trunk(&common::grid(1.0, 4.0));
    let measured = Case::default().measure(&volume, &labels);
    let finding = body(&measured).expect("was labelled");
    assert!(here(finding, Quantity::SkeletalMuscleArea) > 0.0);
    for quantity in [Quantity::SkeletalMuscleIndex, Quantity::PsoasMuscleIndex, Quantity::SkeletalMuscleGauge] {
        assert_eq!(code(finding, quantity), Some(GateCode::HeightMissing));
    }
}

#[test]
fn what_is_not_labelled_is_named_and_takes_only_what_rests_on_it() {
    let (volume, labels) = trunk(&common::grid(1.0, 4.0));
    let finding = run(&volume, &without(&labels, &[Structure::SkeletalMuscle, Structure::VisceralFat]));
    assert!(here(&finding, Quantity::PsoasMuscleIndex) > 0.0 && here(&finding, Quantity::SubcutaneousFatArea) > 0.0);
    for (quantity, label) in [
        (Quantity::SkeletalMuscleArea, "skeletal_muscle"),
        (Quantity::SkeletalMuscleGauge, "skeletal_muscle"),
        (Quantity::BodyFatFreeMass, "skeletal_muscle"),
        (Quantity::VisceralFatArea, "visceral_fat"),
        (Quantity::BodyFatMass, "visceral_fat"),
    ] {
        let missing = finding.not_measured.iter().find(|one| one.quantities.contains(&quantity)).expect("withheld");
        assert!(missing.code == GateCode::NotLabelled && missing.reason.contains(label), "{}", missing.reason);
    }
}

#[test]
fn iliopsoas_serves_where_psoas_is_not_labelled_and_one_side_is_not_enough() {
    let (volume, mut labels) = trunk(&common::grid(1.0, 4.0));
    let psoas = here(&run(&volume, &labels), Quantity::PsoasArea);
    for mask in labels.masks.iter_mut().filter(|mask| mask.structure == Structure::PsoasMajor) {
        mask.structure = Structure::Iliopsoas;
    }
    assert_eq!(here(&run(&volume, &labels), Quantity::PsoasArea), psoas);
    labels.masks.retain(|mask| mask.side != Side::Right);
    assert_eq!(code(&run(&volume, &labels), Quantity::PsoasArea), Some(GateCode::NotLabelled));
}

#[test]
fn without_l3_nothing_is_said_unless_it_was_asked_for() {
    let (volume, labels) = trunk(&common::grid(1.0, 4.0));
    let no_level = without(&labels, &[Structure::L3]);
    assert_eq!(code(&run(&volume, &no_level), Quantity::SkeletalMuscleArea), Some(GateCode::NotLabelled));
    let psoas_alone = without(&no_level, &TISSUES.map(|(structure, _)| structure));
    assert!(body(&grown().measure(&volume, &psoas_alone)).is_none());
    let answered = asked().measure(&volume, &psoas_alone);
    let finding = body(&answered).expect("was asked for");
    assert!(finding.measurements.is_empty());
    // One sentence for the slice, one for the masses of the whole body.
    let regions: Vec<_> = finding.not_measured.iter().map(|missing| missing.region).collect();
    assert_eq!(regions, [Region::L3Slice, Region::Whole]);
}

#[test]
fn a_doubtful_l3_withholds_everything() {
    let grid = common::grid(1.0, 4.0);
    let (volume, labels) = trunk(&grid);
    let with = |change: &dyn Fn(&mut Labels)| {
        let mut changed = labels.clone();
        change(&mut changed);
        code(&run(&volume, &changed), Quantity::SlicePosition)
    };
    let vertebra = |structure, z: f64| mask(&grid, structure, Side::None, move |[x, y, h]| in_vertebra([x, y, (h - z) * 3.0]));
    assert_eq!(with(&|labels| labels.masks.push(vertebra(Structure::L4, -35.0))), None);
    assert_eq!(with(&|labels| labels.masks.push(vertebra(Structure::L4, 35.0))), Some(GateCode::LevelOrder));
    // The vertebra ends at the last slice.
    let cut = |labels: &mut Labels| {
        labels.masks[0] = mask(&grid, Structure::L3, Side::None, |[x, y, z]| in_vertebra([x, y, z - 45.0]))
    };
    assert_eq!(with(&cut), Some(GateCode::BorderMask));
}

#[test]
fn a_label_that_misses_the_slice_is_no_area_of_zero() {
    let grid = common::grid(1.0, 4.0);
    let (volume, mut labels) = trunk(&grid);
    labels.masks.retain(|mask| mask.structure != Structure::VisceralFat);
    labels.masks.push(mask(&grid, Structure::VisceralFat, Side::None, |p| in_visceral(p) && p[2] > 10.0));
    let finding = run(&volume, &labels);
    assert_eq!(code(&finding, Quantity::VisceralFatArea), Some(GateCode::NotLabelled));
    assert!(here(&finding, Quantity::SubcutaneousFatArea) > 0.0);
}

#[test]
fn fat_that_the_image_cuts_is_withheld_and_muscle_that_is_whole_is_not() {
    // Rows begin at y = -50 and the trunk at -34: `first` rows less, and its fat is cut from 17 on, its muscle from 23.
    for (first, fat, muscle) in [(10, false, false), (18, true, false), (26, true, true)] {
        let mut grid = common::grid(1.0, 4.0);
        grid.origin[1] += f64::from(first);
        grid.shape[1] -= first as usize;
        let (volume, labels) = trunk(&grid);
        let measured = grown().measure(&volume, &labels);
        let finding = body(&measured).expect("was labelled");
        let is_cut = |quantity| code(finding, quantity) == Some(GateCode::FovTrunc);
        assert_eq!(is_cut(Quantity::SubcutaneousFatArea), fat, "{first}: {:?}", finding.not_measured);
        assert_eq!(is_cut(Quantity::BodyFatMass), fat, "{first}");
        assert_eq!(is_cut(Quantity::SkeletalMuscleArea), muscle, "{first}");
        let warned = measured.quality.iter().any(|quality| quality.code == GateCode::FovTrunc);
        assert_eq!(warned, fat && !muscle, "{first}");
    }
}

#[test]
fn fat_outside_a_round_field_of_view_is_withheld_and_air_that_was_clipped_is_not() {
    let grid = common::grid(1.0, 4.0);
    let labels = labels(&grid, trunk_masks(&grid));
    let judge = |hu: &dyn Fn(Lps) -> f64| code(&run(&volume(&grid, hu), &labels), Quantity::SubcutaneousFatArea);
    assert_eq!(judge(&|p: Lps| if p[0].hypot(p[1] - 20.0) > 58.0 { -2000.0 } else { hu(p) }), None);
    // The field is 2 mm off the middle of the trunk and cuts one flank.
    assert_eq!(judge(&|p: Lps| if (p[0] - 8.0).hypot(p[1] - 20.0) > 56.0 { -2000.0 } else { hu(p) }), Some(GateCode::FovTrunc));
    // One pixel of seven of the air around is at the lowest value.
    let clipped = |[x, y, z]: Lps| match hu([x, y, z]) {
        -1000.0 if (x * 3.0 + y * 5.0).rem_euclid(7.0) < 1.0 => -1024.0,
        other => other,
    };
    assert_eq!(judge(&clipped), None);
}

#[test]
fn a_section_that_is_not_of_muscle_is_withheld() {
    let grid = common::grid(1.0, 4.0);
    let labels = labels(&grid, trunk_masks(&grid));
    let judge = |hu: &dyn Fn(Lps) -> f64| code(&run(&volume(&grid, hu), &labels), Quantity::SkeletalMuscleArea);
    assert_eq!(judge(&hu), None);
    assert_eq!(judge(&|p| if in_muscle(p) { 700.0 } else { hu(p) }), Some(GateCode::HuRange));
    assert_eq!(judge(&|p| if in_muscle(p) { -100.0 } else { hu(p) }), Some(GateCode::RoiSmall));
}

#[test]
fn sagittal_slices_hold_no_section() {
    let grid =
        Grid { shape: [59, 70, 60], origin: [-58.0, -50.0, 59.0], steps: [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, -2.0]] };
    let (volume, labels) = trunk(&grid);
    assert_eq!(code(&run(&volume, &labels), Quantity::SkeletalMuscleArea), Some(GateCode::FovTrunc));
}
