use super::scene::{Part, shapes};
use super::*;
use crate::anatomy::{Kind, Side, Structure};
use std::process::Command;

fn noiseless() -> PhantomSettings {
    PhantomSettings { noise_hu: 0.0, ..PhantomSettings::default() }
}

fn mask_of(drawing: &Drawing, structure: Structure, side: Side) -> &StructureMask {
    drawing.masks.iter().find(|mask| mask.structure == structure && mask.side == side).expect("the phantom holds it")
}

#[test]
fn voxels_agree_with_the_analytic_volumes_and_fat_shares() {
    for settings in [noiseless(), PhantomSettings { tilt_degrees: 12.0, oblique_degrees: -7.0, ..noiseless() }] {
        let truth = draw(&settings).truth;
        let mut compared = 0;
        for one in truth.structures.iter().filter(|one| one.structure.kind() != Kind::Bone) {
            let (Some(volume), Some(fat)) = (one.analytic_cm3, one.analytic_fat_share) else { continue };
            compared += 1;
            let error = one.voxel_cm3.0 / volume.0 - 1.0;
            assert!(error.abs() < 0.01, "{:?} {:?}: {error:.4}", one.structure, one.side);
            assert!((one.fat_share.0 - fat.0).abs() < 0.5, "{:?} {:?}: {} {}", one.structure, one.side, one.fat_share.0, fat.0);
        }
        assert_eq!(compared, 15, "five lumbar vertebrae and ten sided muscles lie inside the image");
    }
}

#[test]
fn what_is_complete_keeps_five_voxels_from_every_border_and_the_quadriceps_is_cut_below() {
    let drawing = draw(&noiseless());
    for mask in drawing.masks.iter().filter(|mask| mask.structure.kind() != Kind::Bone) {
        let margins: Vec<usize> = (0..3)
            .flat_map(|axis| {
                let end = mask.corner[axis] + mask.voxels.shape()[axis];
                [mask.corner[axis], drawing.grid.shape[axis] - end]
            })
            .collect();
        if mask.structure == Structure::QuadricepsFemoris {
            assert_eq!(margins[0], 0, "{:?}", mask.side);
        } else {
            assert!(margins.iter().all(|&margin| margin >= 5), "{:?} {:?}: {margins:?}", mask.structure, mask.side);
        }
    }
}

#[test]
fn no_structure_paints_over_another() {
    let grid = paint::grid(&noiseless());
    let shapes = shapes(false);
    let painted = paint::paint(&grid, &shapes);
    for shape in shapes.iter().filter(|shape| shape.label.is_some() && shape.part == Part::Whole) {
        let alone = paint::paint(&grid, std::slice::from_ref(shape));
        for (index, _) in alone.indexed_iter().filter(|(_, number)| **number != 0) {
            let shown = paint::shape_of(&shapes, painted[index]).and_then(|shown| shown.label);
            assert_eq!(shown, shape.label, "at {index:?}");
        }
    }
}

#[test]
fn without_noise_every_ct_number_is_exact() {
    let drawing = draw(&noiseless());
    for level in &drawing.truth.vertebrae {
        let [slice, row, column] = drawing.grid.to_index(level.centre_mm).map(|i| i.round() as usize);
        assert_eq!(f64::from(drawing.hu[[slice, row, column]]), level.trabecular_hu.0);
    }
    let middle = drawing.grid.shape[0] / 2;
    let rods: Vec<i16> = drawing
        .truth
        .rods
        .iter()
        .map(|rod| {
            let [_, row, column] = drawing.grid.to_index([rod.centre_mm[0], rod.centre_mm[1], 0.0]).map(|i| i.round() as usize);
            drawing.hu[[middle, row, column]]
        })
        .collect();
    assert_eq!(rods, [237, 117, -3, 57, 177]);
    assert_eq!(drawing.hu[[middle, 0, 0]], -1000);

    let muscle = mask_of(&drawing, Structure::GluteusMaximus, Side::Left);
    let mut seen: Vec<i16> = muscle
        .voxels
        .indexed_iter()
        .filter(|(_, inside)| **inside)
        .map(|((k, j, i), _)| drawing.hu[[k + muscle.corner[0], j + muscle.corner[1], i + muscle.corner[2]]])
        .collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [-100, 46]);
}

#[test]
fn the_mirrored_phantom_swaps_sides_exactly() {
    let drawing = draw(&noiseless());
    let mirrored = draw(&PhantomSettings { mirrored: true, ..noiseless() });
    let mut reversed = mirrored.hu.view();
    reversed.invert_axis(ndarray::Axis(2));
    assert!(drawing.hu == reversed);
    for mask in &drawing.masks {
        let other = match mask.side {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
            Side::None => Side::None,
        };
        let mut there = mask_of(&mirrored, mask.structure, other).voxels.view();
        there.invert_axis(ndarray::Axis(2));
        assert!(mask.voxels == there, "{:?} {:?}", mask.structure, mask.side);
    }
}

#[test]
fn left_lies_at_greater_x_and_differs_from_right() {
    let drawing = draw(&noiseless());
    for left in drawing.masks.iter().filter(|mask| mask.side == Side::Left) {
        let right = mask_of(&drawing, left.structure, Side::Right);
        let middle = drawing.grid.shape[2] / 2;
        assert!(left.corner[2] >= middle && right.corner[2] + right.voxels.shape()[2] <= middle, "{:?}", left.structure);
        let [a, b] = [Side::Left, Side::Right].map(|side| {
            drawing.truth.structures.iter().find(|one| one.structure == left.structure && one.side == side).expect("both sides")
        });
        if left.structure.kind() == Kind::Muscle {
            assert!((a.mean_hu.0 - b.mean_hu.0).abs() > 0.5 && a.voxel_cm3.0 > 1.05 * b.voxel_cm3.0, "{:?}", left.structure);
        }
    }
}

#[test]
fn noise_has_the_stated_deviation_and_depends_on_the_seed_alone() {
    let settings = PhantomSettings { noise_hu: 12.0, slice_spacing_mm: 8.0, ..PhantomSettings::default() };
    let clean = draw(&PhantomSettings { noise_hu: 0.0, ..settings.clone() }).hu;
    let noisy = draw(&settings).hu;
    let n = clean.len() as f64;
    let difference = || clean.iter().zip(&noisy).map(|(a, b)| f64::from(b - a));
    let mean = difference().sum::<f64>() / n;
    let sd = (difference().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    // Rounding to whole HU adds a variance of 1/12.
    assert!(mean.abs() < 0.05 && (sd - (144.0f64 + 1.0 / 12.0).sqrt()).abs() < 0.05, "{mean} {sd}");
    assert!(noisy == draw(&settings).hu);
    assert!(noisy != draw(&PhantomSettings { seed: 2, ..settings }).hu);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let settings = PhantomSettings { pixel_spacing_mm: f64::NAN, ..PhantomSettings::default() };
    let message = phantom(&settings).expect_err("not a number").to_string();
    assert!(message.contains("pixel_spacing_mm is NaN"), "{message}");
}

#[test]
fn the_same_settings_give_the_same_bytes() {
    let settings = PhantomSettings { slice_spacing_mm: 10.0, ..PhantomSettings::default() };
    let files = || phantom(&settings).expect("good settings").files;
    assert!(files() == files());
}

#[test]
fn dciodvfy_and_dcentvfy_find_no_error_in_the_study() {
    if Command::new("dciodvfy").arg("-version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "dciodvfy (dicom3tools) is not installed");
        eprintln!("skipped: no dciodvfy");
        return;
    }
    let settings = PhantomSettings {
        slice_spacing_mm: 5.0,
        tilt_degrees: 10.0,
        oblique_degrees: 3.0,
        patient_name: "Phantom^Digital=模型^骨筋=もけい^こつきん".to_owned(),
        ..PhantomSettings::default()
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut paths = Vec::new();
    for (name, bytes) in phantom(&settings).expect("good settings").files.into_iter().filter(|(name, _)| name.ends_with(".dcm"))
    {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("writable");
        paths.push(path);
    }
    let says = |command: &mut Command| {
        let output = command.output().expect("it runs");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    for (path, kind) in [(&paths[0], "CTImage"), (&paths[paths.len() - 1], "Segmentation")] {
        let verdict = says(Command::new("dciodvfy").arg("-new").arg(path));
        assert!(verdict.contains(kind) && !verdict.contains("Error"), "{verdict}");
    }
    let together = says(Command::new("dcentvfy").args(&paths));
    assert_eq!(together.trim(), "", "dcentvfy");
}

#[test]
fn the_study_is_small_and_its_seg_is_not_taken_for_a_result() {
    let settings = PhantomSettings::default();
    let files = phantom(&settings).expect("default settings").files;
    let size: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size < 30_000_000, "{size} bytes");
    let seg = &files.iter().find(|(name, _)| name == "seg.dcm").expect("a SEG").1;
    let object = dicom_object::from_reader(&seg[..]).expect("readable");
    let maker = object.element_by_name("Manufacturer").expect("present").to_str().expect("text").into_owned();
    assert_eq!(maker.trim(), "BoneMuscle phantom");
    let segments = object.element_by_name("SegmentSequence").expect("present").items().map_or(0, <[_]>::len);
    assert_eq!(segments, draw(&settings).masks.len());
}
