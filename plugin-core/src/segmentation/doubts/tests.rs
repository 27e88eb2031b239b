//! Labels that were written with their doubts and come back: as they were, corrected, moved, or with a spoilt table.

use super::*;
use crate::segmentation::LabelOrigin;
use ndarray::Array3;

const FEMUR: (Structure, Side) = (Structure::Femur, Side::Left);
const QUADRICEPS: (Structure, Side) = (Structure::QuadricepsFemoris, Side::Right);
const L3: (Structure, Side) = (Structure::L3, Side::None);
const NUMBERING: &str = "the disc above L4 is not clearly seen";
const CAVEAT: &str = "muscles are too large";

fn grid() -> Grid {
    Grid { shape: [20, 30, 40], origin: [1.0, 2.0, 3.0], steps: [[0.0, 0.0, 3.0], [0.0, 0.9, 0.0], [0.8, 0.0, 0.0]] }
}

fn mask((structure, side): (Structure, Side), corner: [usize; 3]) -> StructureMask {
    let voxels = Array3::from_shape_fn((5, 4, 6), |(z, y, x)| (z * 3 + y * 5 + x + corner[0]) % 4 != 1);
    StructureMask { structure, side, corner, voxels, segments: Vec::new() }
}

fn masks() -> Vec<StructureMask> {
    vec![mask(L3, [2, 3, 4]), mask(FEMUR, [8, 10, 20]), mask(QUADRICEPS, [9, 20, 30])]
}

fn uncertainty(variance: f64) -> StructureUncertainty {
    StructureUncertainty { variance, usual_variance: Some(1e-3), predicted_dice: Some(0.512_345_678_9) }
}

/// As a model gives them, which doubts everything that can be doubted.
fn labels() -> Labels {
    let doubts = Doubts {
        model: Some("some-model 1.0".to_owned()),
        structures: BTreeMap::from([(L3, uncertainty(0.1 + 0.02)), (FEMUR, uncertainty(1.0 / 3000.0))]),
        unchecked: BTreeSet::from([QUADRICEPS]),
        without_passes: BTreeSet::from([QUADRICEPS]),
        caveats: vec![CAVEAT.to_owned()],
        least_age_years: Some(18.0),
        numbering: Some(NUMBERING.to_owned()),
        ..Doubts::default()
    };
    let origin = LabelOrigin::LabelMap { file: None, sha256: String::new(), names: String::new(), resampled: false };
    Labels { grid: grid(), masks: masks(), origin, unknown: Vec::new(), contradictions: Vec::new(), doubts }
}

/// What holds of `masks` after `labels` were written and read.
fn back(labels: &Labels, masks: &[StructureMask], grid: &Grid) -> Doubts {
    let comment = StatedDoubts::of(labels).expect("a model made them").to_comment(10_000).expect("short");
    StatedDoubts::in_comment(&comment).expect("doubts").expect("ours").that_hold(masks, grid)
}

#[test]
fn what_nobody_changed_is_doubted_as_before() {
    assert_eq!(back(&labels(), &masks(), &grid()), labels().doubts);
}

#[test]
fn a_corrected_structure_is_no_longer_doubted_and_the_others_are() {
    let mut corrected = masks();
    corrected[1].clear([8, 10, 20]);
    let found = back(&labels(), &corrected, &grid());
    assert_eq!(found.corrected, BTreeSet::from([FEMUR]));
    assert_eq!(found.structures, BTreeMap::from([(L3, uncertainty(0.1 + 0.02))]));
    assert_eq!((found.numbering.as_deref(), found.caveats.len()), (Some(NUMBERING), 1), "no vertebra was corrected");
    assert_eq!((&found.unchecked, &found.without_passes), (&BTreeSet::from([QUADRICEPS]), &BTreeSet::from([QUADRICEPS])));
    // Written and read once more, it is still the only one that is not the model's.
    let again = back(&Labels { masks: corrected.clone(), doubts: found.clone(), ..labels() }, &corrected, &grid());
    assert_eq!(again, found);
}

#[test]
fn a_corrected_renamed_or_added_vertebra_settles_the_numbering_and_a_deleted_one_does_not() {
    let numbering = |masks: &[StructureMask]| {
        let found = back(&labels(), masks, &grid());
        (found.numbering.is_some(), found.settled_numbering.is_some())
    };
    let mut masks = masks();
    masks[0].structure = Structure::L2;
    assert_eq!(numbering(&masks), (false, true), "renamed");
    masks[0].structure = Structure::L3;
    masks[0].clear([2, 3, 4]);
    assert_eq!(numbering(&masks), (false, true), "corrected");
    masks[0] = mask(L3, [2, 3, 4]);
    masks.push(mask((Structure::T12, Side::None), [12, 3, 4]));
    assert_eq!(numbering(&masks), (false, true), "added");
    assert_eq!(numbering(&masks[1..3]), (true, false), "deleted");
}

#[test]
fn labels_of_which_nothing_is_left_are_not_the_models() {
    let mut others = masks();
    for mask in &mut others {
        let first = mask.indices().next().expect("a voxel");
        mask.clear(first);
    }
    assert_eq!(back(&labels(), &others, &grid()), Doubts::default());
    assert_eq!(StatedDoubts::of(&Labels { doubts: Doubts::default(), ..labels() }), None);
}

/// Slices from the feet, rows from the back, columns from the left; axes in another order; a crop; empty planes around the box.
#[test]
fn neither_the_order_of_voxels_nor_the_image_around_them_matters() {
    let mask = masks().remove(1);
    let expected = digest(&mask, &grid());
    let Grid { shape, origin, steps } = grid();
    let turned = Grid { shape, origin, steps: steps.map(|step| step.map(|x| -x)) };
    let mut voxels = mask.voxels.clone();
    (0..3).for_each(|axis| voxels.invert_axis(Axis(axis)));
    assert_eq!(digest(&StructureMask { voxels, ..mask.clone() }, &turned), expected);
    let swapped = Grid { shape, origin, steps: [steps[2], steps[0], steps[1]] };
    let voxels = mask.voxels.clone().permuted_axes([2, 0, 1]).as_standard_layout().to_owned();
    assert_eq!(digest(&StructureMask { voxels, ..mask.clone() }, &swapped), expected);
    let inside = |(z, y, x): (usize, usize, usize)| mask.contains([z + 6, y + 9, x + 17].map(|i| i as i64));
    let voxels = Array3::from_shape_fn((9, 9, 10), inside);
    assert_eq!(voxels.iter().filter(|member| **member).count(), mask.count());
    assert_eq!(digest(&StructureMask { voxels, corner: [0; 3], ..mask.clone() }, &grid()), expected);
    let mut other = mask;
    other.voxels[[0, 0, 0]] = !other.voxels[[0, 0, 0]];
    assert_ne!(digest(&other, &grid()), expected);
}

/// `hashlib.sha256(struct.pack("<3I", 1, 1, 2) + bytes([1, 1]))`: other programs can compute it.
#[test]
fn the_digest_is_that_of_lengths_and_bytes() {
    let mask = StructureMask { voxels: Array3::from_elem((1, 1, 2), true), ..masks().remove(0) };
    assert_eq!(digest(&mask, &grid()), "c2495c848ec250ad9bd322fcc68e8d7dff03c5284c5a6c4f3e2efcad73478c23");
}

#[test]
fn every_name_that_is_written_is_understood() {
    // The spine and the body are of findings only.
    for structure in Structure::ALL.iter().filter(|structure| !matches!(structure, Structure::LumbarSpine | Structure::Body)) {
        let sides: &[Side] = if structure.paired() { &[Side::None, Side::Left, Side::Right] } else { &[Side::None] };
        for side in sides {
            assert_eq!(structure_of_name(&label_name(*structure, *side)), Some((*structure, *side)));
        }
    }
}

#[test]
fn spoilt_doubts_are_refused_with_a_sentence() {
    let sha = "0".repeat(64);
    let with = |doubt: &str| format!(r#"{{"doubts":{{"model": "m 1", "structures": {{"l3": {doubt}}}}}}}"#);
    let of = |variance: &str| format!(r#"{{"voxels_sha256": "{sha}", "uncertainty": {{"variance": {variance}}}}}"#);
    assert!(StatedDoubts::in_comment(&with(&of("0.1"))).is_ok_and(|stated| stated.is_some()));
    for (json, word) in [
        (with(&of("0.3")), "0.25"),
        (with(&of("-1")), "0.25"),
        (with(r#"{"voxels_sha256": "12"}"#), "64 lower-case"),
        (with(r#"{"voxels": 3}"#), "unknown field"),
        (with(&of("0.1")).replace("l3", "spleen"), "no structure"),
        (with(&of("0.1")).replace("m 1", "a\\nb"), "model"),
        (with(&of("0.1")).replace(r#""structures""#, r#""least_age_years": 121, "structures""#), "0 to 120"),
        (r#"{"doubts":{"model": "m 1"}}"#.to_owned(), "structures"),
    ] {
        let error = StatedDoubts::in_comment(&json).expect_err(&json);
        assert!(error.contains(word), "{error}");
    }
    assert_eq!(StatedDoubts::in_comment("edges look doubtful").expect("somebody's comment"), None);
    assert_eq!(StatedDoubts::of(&labels()).expect("a model made them").to_comment(100), None, "too long for its element");
}
