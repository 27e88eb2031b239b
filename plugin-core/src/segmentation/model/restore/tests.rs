use super::*;
use crate::segmentation::model::manifest::{Class, Dropout};
use crate::segmentation::model::prepare::prepare;
use crate::segmentation::model::prepare::tests::{ct, manifest};
use crate::segmentation::model::window::Planes;
use crate::segmentation::model::{Manifest, Refinement};
use half::f16;
use ndarray::Array4;

fn class(name: &str, structure: Option<Structure>) -> Class {
    Class { name: name.to_owned(), structure, side: Side::None }
}

/// Background, femur, hip bone.
fn bones(orientation: &str, spacing: [f64; 3]) -> Manifest {
    let classes = vec![class("background", None), class("f", Some(Structure::Femur)), class("h", Some(Structure::HipBone))];
    Manifest { classes, ..manifest(orientation, spacing) }
}

/// Where a network sees `volume`, with the scores that `score` gives at `[class, axis 0, axis 1, axis 2]`.
fn predicted(volume: &CtVolume<'_>, manifest: &Manifest, score: impl Fn([usize; 4]) -> f32) -> Prediction {
    let grid = prepare(volume, manifest).unwrap().grid;
    let [a, b, c] = grid.shape;
    let shape = (manifest.classes.len(), a, b, c);
    let scores = Array4::from_shape_fn(shape, |(class, i, j, k)| f16::from_f32(score([class, i, j, k])));
    Prediction { grid, scores, variance: None, passes: 0 }
}

fn no_instances(prediction: &Prediction) -> Instances {
    Instances::nothing(prediction.grid.shape)
}

fn pattern([class, i, j, k]: [usize; 4]) -> f32 {
    ((11 * class + 7 * i + 5 * j + 3 * k).pow(2) % 101) as f32 / 16.0
}

/// Classes of all voxels: 1 femur, 2 hip bone.
fn labels(masks: &[StructureMask], shape: [usize; 3]) -> Vec<u8> {
    let mut labels = Array3::zeros(shape);
    for mask in masks {
        let class = if mask.structure == Structure::Femur { 1 } else { 2 };
        mask.indices().for_each(|index| labels[index] = class);
    }
    labels.into_iter().collect()
}

fn check_sum(labels: &[u8]) -> usize {
    labels.iter().enumerate().map(|(place, label)| usize::from(*label) * (place + 1)).sum()
}

fn text(labels: &[u8]) -> String {
    labels.iter().map(u8::to_string).collect()
}

/// `resample_data_or_seg_to_shape(pattern, (5, 7, 9), (1.25, 1.4, 1.5), (1, 1, 1), order=1, order_z=0, force_separate_z=None)` of
/// nnunetv2, then `argmax(0)`: slice 2, and the sum over all voxels of label times place from 1.
#[test]
fn labels_are_nnunets() {
    let shape = [5, 7, 9];
    let volume = ct(shape, [1.0; 3], |_| 1);
    let manifest = bones("SPL", [1.25, 1.4, 1.5]);
    let prediction = predicted(&volume, &manifest, pattern);
    let masks = masks(&prediction, &no_instances(&prediction), &volume, &manifest, Progress::silent()).unwrap();
    let labels = labels(&masks, shape);
    assert_eq!(text(&labels[126..189]), "000000111001120221011222222000002112122122011122011011200001222");
    assert_eq!(check_sum(&labels), 52091);
    let names: Vec<Structure> = masks.iter().map(|mask| mask.structure).collect();
    assert_eq!(names, [Structure::HipBone, Structure::Femur], "the order of structures, not that of classes");
}

/// The same from `(5, 1.4, 1.5)` to `(8, 7, 9)` voxels of `(2.5, 1, 1)`: slices are doubled, not interpolated.
#[test]
fn between_thick_slices_the_nearest_decides() {
    let shape = [8, 7, 9];
    let volume = ct(shape, [2.5, 1.0, 1.0], |_| 1);
    let manifest = bones("SPL", [5.0, 1.4, 1.5]);
    let prediction = predicted(&volume, &manifest, pattern);
    let masks = masks(&prediction, &no_instances(&prediction), &volume, &manifest, Progress::silent()).unwrap();
    let labels = labels(&masks, shape);
    assert_eq!(text(&labels[126..189]), "000000110001200222011222222000112122012222011112221211220201111");
    assert_eq!(check_sum(&labels), 136368);
}

#[test]
fn turned_axes_and_cropped_zeros_put_labels_where_they_belong() {
    let inside = |[z, y, x]: [usize; 3]| (1..6).contains(&z) && (2..9).contains(&y) && (3..12).contains(&x);
    let volume = ct([8, 10, 13], [1.0; 3], |index| i16::from(inside(index)));
    let manifest = bones("RAS", [1.5, 1.4, 1.25]);
    let turned = |[class, x, y, z]: [usize; 4]| pattern([class, z, 4 - y, 5 - x]);
    let prediction = predicted(&volume, &manifest, turned);
    assert_eq!(prediction.grid.shape, [6, 5, 4]);
    let masks = masks(&prediction, &no_instances(&prediction), &volume, &manifest, Progress::silent()).unwrap();
    let all = Array3::from_shape_vec((8, 10, 13), labels(&masks, [8, 10, 13])).unwrap();
    assert!(all.indexed_iter().all(|((z, y, x), label)| *label == 0 || inside([z, y, x])));
    let box_of = Extent { first: [1, 2, 3], last: [5, 8, 11] };
    let kept = all.slice_each_axis(|axis| Slice::from(box_of.range(axis.axis.index())));
    assert_eq!(check_sum(&kept.iter().copied().collect::<Vec<_>>()), 52091);
}

#[test]
fn planes_that_come_one_after_another_become_the_same_masks() {
    let volume = ct([17, 6, 7], [1.0; 3], |_| 1);
    // From the feet up as the CT, against it, and in voxels that are smaller, the same and larger.
    for (orientation, slices) in [("SPL", 0.6), ("SPL", 1.0), ("SPL", 2.3), ("IPL", 1.0), ("IPL", 1.4)] {
        let manifest = bones(orientation, [slices, 1.4, 1.5]);
        let prediction = predicted(&volume, &manifest, pattern);
        let whole = masks(&prediction, &no_instances(&prediction), &volume, &manifest, Progress::silent()).unwrap();
        let depth = prediction.grid.shape[0];
        for step in [1, 3, depth] {
            let found = masks_by_planes(&prediction.grid, &volume, &manifest, |sink| {
                (0..depth).step_by(step).try_for_each(|first| {
                    let planes = Slice::from(first..(first + step).min(depth));
                    sink(Planes { first, scores: prediction.scores.slice_axis(Axis(1), planes), variance: None })
                })
            });
            let [found, whole] = [&found.unwrap(), &whole].map(|masks| labels(masks, [17, 6, 7]));
            assert_eq!(found, whole, "{orientation} {slices} {step}");
            assert!((0..3).all(|label| whole.contains(&label)));
        }
    }
}

/// Background, L2, another vertebra, hip bone; probabilities.
fn refined() -> Manifest {
    Manifest {
        classes: vec![
            class("background", None),
            class("L2", Some(Structure::L2)),
            class("other_vertebra", None),
            class("hip_bone", Some(Structure::HipBone)),
        ],
        dropout: Some(Dropout { rate: 0.3, inputs: Vec::new(), passes: 0 }),
        refinements: vec![Refinement::VertebralColumn, Refinement::Sides],
        ..manifest("SPL", [3.0; 3])
    }
}

/// What becomes of vertebrae everywhere, and of L3 in columns 0 to 4 of the network's grid, 3 mm each, T12 in 7 to 9, and a hip bone
/// (never a vertebra's) in 16; `class` is what the network says of the columns between them.
fn spine_with_gaps(class: u16) -> Vec<(Structure, usize, usize, usize)> {
    let volume = ct([6, 6, 60], [1.0; 3], |_| 1);
    let manifest = refined();
    // No single vertebral class wins, both together do, everywhere.
    let prediction = predicted(&volume, &manifest, |[class, ..]| [0.4, 0.3, 0.3, 0.0][class]);
    let mut instances = no_instances(&prediction);
    instances.table = vec![(Structure::L3, Side::None), (Structure::T12, Side::None), (Structure::HipBone, Side::Left)];
    for ((_, _, column), number) in instances.numbers.indexed_iter_mut() {
        *number = [(0..5, 1), (7..10, 2), (16..17, 3)].iter().find(|(range, _)| range.contains(&column)).map_or(0, |(_, n)| *n);
    }
    instances.classes = instances.numbers.mapv(|number| if number == 0 { class } else { 1 });
    let masks = masks(&prediction, &instances, &volume, &manifest, Progress::silent()).unwrap();
    let columns = |mask: &StructureMask| (mask.structure, mask.corner[2], mask.corner[2] + mask.voxels.dim().2, mask.count());
    masks.iter().map(columns).collect()
}

#[test]
fn vertebrae_win_together_and_take_the_nearest_instance() {
    // The centre of the network's column k is 3k + 1 in columns of the CT; between 4 (13) and 7 (22) the middle is 17.5; T12 ends two
    // voxels, 6 columns, behind the centre of column 9, which is 28: at 34 only where nothing is added across, four rows of six.
    assert_eq!(spine_with_gaps(0), [(Structure::L3, 0, 18, 18 * 36), (Structure::T12, 18, 35, 16 * 36 + 16)]);
}

#[test]
fn a_vertebra_that_was_left_out_does_not_grow_back_beside_one_that_stays() {
    // Half-way between columns 4 (13) and 5 (16), 6 (19) and 7 (22), 9 (28) and 10 (31).
    assert_eq!(spine_with_gaps(2), [(Structure::L3, 0, 15, 15 * 36), (Structure::T12, 21, 30, 9 * 36)]);
    // Of a hip bone that was left out they take no notice.
    assert_eq!(spine_with_gaps(3), spine_with_gaps(0));
}

#[test]
fn sides_follow_the_nearest_instance_of_the_same_class() {
    let volume = ct([6, 6, 30], [1.0; 3], |_| 1);
    let manifest = refined();
    let prediction =
        predicted(&volume, &manifest, |[class, _, _, k]| if class == (if k < 8 { 3 } else { 0 }) { 0.9 } else { 0.01 });
    let mut instances = no_instances(&prediction);
    instances.table = vec![(Structure::HipBone, Side::Left), (Structure::HipBone, Side::Right), (Structure::L2, Side::None)];
    for ((_, _, column), number) in instances.numbers.indexed_iter_mut() {
        *number = if column < 4 {
            2
        } else if column < 8 {
            1
        } else {
            3
        };
    }
    let masks = masks(&prediction, &instances, &volume, &manifest, Progress::silent()).unwrap();
    let found: Vec<_> =
        masks.iter().map(|mask| (mask.structure, mask.side, mask.corner[2], mask.corner[2] + mask.voxels.dim().2)).collect();
    // Between columns 7 (centre 22) and 8 (25) the scores cross in the middle, 23.5.
    assert_eq!(found, [(Structure::HipBone, Side::Left, 12, 24), (Structure::HipBone, Side::Right, 0, 12)]);
}

#[test]
fn logits_of_a_group_add_up_as_probabilities_do() {
    let manifest = Manifest { dropout: None, ..refined() };
    let groups = Groups::new(&manifest, &[]);
    assert_eq!((groups.of_class.clone(), groups.count), (vec![0, 1, 1, 2], 3));
    let sum = groups.add(0.2_f32.ln(), 0.3_f32.ln());
    assert!((sum - 0.5_f32.ln()).abs() < 1e-6, "{sum}");
}
