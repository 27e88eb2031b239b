//! Every gate of a femur once tripped and once not.

use super::test_femur::{Scene, Turn, mirrored, scene};
use super::*;
use crate::calibration::Calibration;
use crate::read::Acquisition;
use crate::report::{LandmarkName, Patient};
use crate::segmentation::StructureUncertainty;
use crate::settings::Settings;
use crate::units::Mm;

/// Measures the first label, whose landmarks are given.
fn measure(scene: &Scene, slice_thickness: Option<Mm>, landmarks: Result<Landmarks, Block>) -> (Finding, Option<Pictures>) {
    let acquisition = Acquisition { slice_thickness, ..Acquisition::default() };
    let subject = Subject {
        volume: &scene.volume,
        acquisition: &acquisition,
        labels: &scene.labels,
        calibration: &Calibration::None,
        patient: &Patient::default(),
        settings: &Settings::default(),
    };
    let gates = Gates::new(&scene.volume, &acquisition, &scene.labels);
    measure_femur(&subject, &scene.labels.masks[0], &gates, |_, _| landmarks.clone())
}

/// Why the first femur was not measured, if it was not.
fn code(scene: &Scene) -> Option<GateCode> {
    let (finding, pictures) = measure(scene, None, Ok(scene.landmarks.clone()));
    assert_eq!(finding.measurements.is_empty(), pictures.is_none());
    assert_eq!(finding.not_measured.len(), 4);
    finding.not_measured.first().map(|missing| missing.code).filter(|code| *code != GateCode::NotCalibrated)
}

fn upright() -> Scene {
    scene(Turn::none(), [2.0; 3], 0.0)
}

#[test]
fn a_label_that_its_model_doubts_gives_no_values() {
    let doubted = |dice| {
        let mut scene = upright();
        let label = (scene.labels.masks[0].structure, scene.labels.masks[0].side);
        let doubt = StructureUncertainty { variance: 0.001, usual_variance: None, predicted_dice: Some(dice) };
        scene.labels.doubts.structures.insert(label, doubt);
        code(&scene)
    };
    assert_eq!(doubted(0.59), Some(GateCode::Uncertain));
    assert_eq!(doubted(0.6), None);
}

/// Gives every voxel that `wanted` accepts, by its place, the CT number `hu`.
fn painted(hu: i16, wanted: impl Fn(Lps) -> bool) -> Scene {
    let mut scene = upright();
    for ((z, y, x), stored) in scene.volume.stored.indexed_iter_mut() {
        if wanted(scene.labels.grid.to_patient([z, y, x].map(|i| i as f64))) {
            *stored = hu;
        }
    }
    scene
}

/// Takes away what lies before and after along an axis of the image.
fn cropped(axis: usize, before: usize, after: usize) -> Scene {
    let mut scene = upright();
    let length = scene.labels.grid.shape[axis] - before - after;
    let mut start = [0.0; 3];
    start[axis] = before as f64;
    scene.volume.stored =
        scene.volume.stored.slice_axis(ndarray::Axis(axis), (before..before + length).into()).to_owned().into();
    scene.labels.grid.origin = scene.labels.grid.to_patient(start);
    scene.labels.grid.shape[axis] = length;
    scene.volume.grid = scene.labels.grid.clone();
    let mask = &mut scene.labels.masks[0];
    let skipped = before.saturating_sub(mask.corner[axis]);
    mask.corner[axis] = mask.corner[axis].saturating_sub(before);
    let stays = (mask.voxels.shape()[axis] - skipped).min(length - mask.corner[axis]);
    mask.voxels = mask.voxels.slice_axis(ndarray::Axis(axis), (skipped..skipped + stays).into()).to_owned();
    scene
}

fn near([x, y, z]: Lps, [a, b, c]: Lps, radius: f64) -> bool {
    (x - a).hypot(y - b).hypot(z - c) <= radius
}

#[test]
fn landmarks_of_a_right_femur_are_mirrored_back() {
    let mut femur = mirrored(&upright());
    let there = [-91.0, 12.0, 40.0];
    femur.landmarks.report =
        vec![Landmark { name: LandmarkName::HeadCentre, position_mm: [91.0, 12.0, 40.0], figures: Vec::new() }];
    let (finding, _) = measure(&femur, None, Ok(femur.landmarks.clone()));
    assert_eq!((finding.side, finding.landmarks[0].position_mm), (Side::Right, there));
}

#[test]
fn without_landmarks_a_gate_may_know_the_reason() {
    let code = |femur: &Scene, code| {
        let block = Block { code, reason: String::new(), found: None };
        measure(femur, None, Err(block)).0.not_measured[0].code
    };
    assert_eq!(code(&upright(), GateCode::NeckQc), GateCode::NeckQc);
    let stem = painted(3000, |place| near(place, [20.0, 0.0, -15.0], 12.0));
    assert_eq!(code(&stem, GateCode::NeckQc), GateCode::Metal);
    assert_eq!(code(&cropped(0, 0, 8), GateCode::NeckQc), GateCode::FovTrunc);
    assert_eq!(code(&stem, GateCode::ShaftTruncated), GateCode::ShaftTruncated);
}

#[test]
fn slices_above_five_millimetres_withhold_the_femur() {
    let femur = upright();
    let code = |thickness| measure(&femur, Some(Mm(thickness)), Ok(femur.landmarks.clone())).0.not_measured[0].code;
    assert_eq!(code(5.0), GateCode::NotCalibrated);
    assert_eq!(code(5.5), GateCode::SliceThick);
}

#[test]
fn a_femur_without_a_side_or_across_its_twin_is_withheld() {
    let mut femur = upright();
    assert_eq!(code(&femur), None);
    let mut twin = femur.labels.masks[0].clone();
    twin.side = Side::Right;
    femur.labels.masks.push(twin);
    assert_eq!(code(&femur), Some(GateCode::Laterality));
    femur.labels.masks.pop();
    femur.labels.masks[0].side = Side::None;
    assert_eq!(code(&femur), Some(GateCode::Laterality));
}

#[test]
fn a_femur_may_leave_the_image_below_the_total_hip_only() {
    // Five voxels of 2 mm lie around the bone.
    assert_eq!(code(&cropped(0, 7, 0)), None);
    assert_eq!(code(&cropped(0, 0, 4)), Some(GateCode::FovTrunc));
    assert_eq!(code(&cropped(2, 0, 7)), Some(GateCode::FovTrunc));
    assert_eq!(code(&cropped(1, 4, 0)), Some(GateCode::FovTrunc));
}

#[test]
fn padding_withholds_what_it_covers() {
    assert_eq!(code(&painted(-2000, |[x, _, _]| x > 61.0)), Some(GateCode::FovTrunc));
    assert_eq!(code(&painted(-2000, |[_, _, z]| z < -108.0)), None);
}

#[test]
fn metal_withholds_the_hip_it_is_near_to() {
    assert_eq!(code(&painted(3000, |place| near(place, [-30.0, 0.0, 0.0], 4.0))), Some(GateCode::Metal));
    // The total hip ends at -92.
    assert_eq!(code(&painted(3000, |place| near(place, [55.0, 0.0, -115.0], 4.0))), None);
}

#[test]
fn cement_within_the_bone_withholds_it_and_a_dense_cortex_does_not() {
    assert_eq!(code(&painted(1800, |place| near(place, [38.0, 0.0, -50.0], 5.0))), Some(GateCode::Metal));
    let mut young = upright();
    young.volume.stored.mapv_inplace(|hu| if hu == 800 { 1600 } else { hu });
    assert_eq!(code(&young), None);
}

#[test]
fn a_labelled_implant_withholds_its_own_hip_only() {
    let with = |centre: Lps| {
        let mut femur = upright();
        let mut implant = femur.labels.masks[0].clone();
        implant.structure = Structure::HipImplant;
        let grid = femur.labels.grid.clone();
        implant.corner = [0; 3];
        implant.voxels =
            Array3::from_shape_fn(grid.shape, |(z, y, x)| near(grid.to_patient([z, y, x].map(|i| i as f64)), centre, 5.0));
        femur.labels.masks.push(implant);
        code(&femur)
    };
    assert_eq!(with([0.0, 0.0, 0.0]), Some(GateCode::Metal));
    assert_eq!(with([-30.0, 0.0, -110.0]), None);
}

#[test]
fn a_label_with_lost_slices_is_withheld_and_one_with_a_stray_island_is_not() {
    let mut femur = upright();
    femur.labels.masks[0].voxels.slice_axis_mut(ndarray::Axis(0), (30..32).into()).fill(false);
    assert_eq!(code(&femur), Some(GateCode::LabelGap));
    let mut femur = upright();
    let mask = &mut femur.labels.masks[0];
    let (slices, _, columns) = mask.voxels.dim();
    mask.voxels[[slices - 2, 0, columns - 1]] = true;
    assert_eq!(code(&femur), None);
}

#[test]
fn what_are_no_hounsfield_units_is_withheld() {
    let mut femur = upright();
    // As if the rescale intercept of -1024 were missing; the dense shell then looks like cement.
    femur.volume.intercept = 1024.0;
    assert!([Some(GateCode::HuRange), Some(GateCode::Metal)].contains(&code(&femur)));
    // As if stored values were unsigned and halved.
    femur.volume.intercept = -900.0;
    assert_eq!(code(&femur), Some(GateCode::HuRange));
}
