//! Known answers are nnU-Net's own, computed on the image `v[z, y, x] = (7z + 5y + 3x)^2 % 101 - 40`.

use super::*;
use crate::anatomy::Side;
use crate::segmentation::model::Class;
use ndarray::Array3;
use std::collections::BTreeMap;

/// A manifest without low-pass, whose input is HU itself.
pub(in crate::segmentation::model) fn manifest(orientation: &str, spacing_mm: [f64; 3]) -> Manifest {
    Manifest {
        schema: crate::segmentation::model::manifest::SCHEMA.to_owned(),
        name: "test".to_owned(),
        version: "1".to_owned(),
        description: String::new(),
        licence: "CC0-1.0".to_owned(),
        attribution: Vec::new(),
        networks: Vec::new(),
        input: "image".to_owned(),
        output: "logits".to_owned(),
        orientation: orientation.to_owned(),
        spacing_mm,
        stem: None,
        patch: [8, 8, 8],
        tile_step: 0.5,
        mirror_axes: Vec::new(),
        normalisation: Normalisation { clip: [-2000.0, 4000.0], mean: 0.0, standard_deviation: 1.0 },
        low_pass: false,
        classes: Vec::new(),
        dropout: None,
        refinements: Vec::new(),
        unchecked: Vec::new(),
        caveats: Vec::new(),
        least_age_years: None,
        quality: BTreeMap::new(),
    }
}

/// Slices to the head, rows to the back, columns to the left, HU by voxel.
pub(in crate::segmentation::model) fn ct(
    shape: [usize; 3],
    spacing: [f64; 3],
    hu: impl Fn([usize; 3]) -> i16,
) -> CtVolume<'static> {
    let steps = [[0.0, 0.0, spacing[0]], [0.0, spacing[1], 0.0], [spacing[2], 0.0, 0.0]];
    let stored = Array3::from_shape_fn(shape, |(z, y, x)| hu([z, y, x]));
    CtVolume { grid: Grid { shape, origin: [-7.0, 11.0, 100.0], steps }, stored: stored.into(), slope: 1.0, intercept: 0.0 }
}

fn pattern([z, y, x]: [usize; 3]) -> i16 {
    ((7 * z + 5 * y + 3 * x).pow(2) % 101) as i16 - 40
}

#[track_caller]
fn assert_near(found: impl IntoIterator<Item = f32>, expected: &[f32]) {
    let found: Vec<f32> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 5e-4, "{found} instead of {expected}");
    }
}

/// `resample_data_or_seg_to_shape(v[None], (4, 8, 5), (1, 1, 1), (1.2, .8, 1.4), order=3, order_z=0, force_separate_z=None)[0][:, 3]`
/// for `v` of 5 x 6 x 7 voxels.
const CUBIC: [f32; 20] = [
    51.1329, 14.3666, 18.7688, 7.1478, 24.4565, 41.3733, 12.5354, 32.0839, -10.7037, -27.076, 12.3283, 12.615, 37.9389,
    14.1471, 41.4407, -3.2612, -3.5939, 50.5072, 41.3353, -10.9022,
];

#[test]
fn cubic_resampling_is_nnunets() {
    let volume = ct([5, 6, 7], [1.0; 3], pattern);
    let prepared = prepare(&volume, &manifest("SPL", [1.2, 0.8, 1.4])).unwrap();
    assert_eq!(prepared.image.shape(), [4, 8, 5]);
    assert_near(prepared.image.values().index_axis(ndarray::Axis(1), 3).iter().copied(), &CUBIC);
}

/// The same with `(10, 4, 5), (5, 1, 1), (2.5, 1.5, 1.4)`, `[:, 2, 3]`; and with `(4, 9, 5), (1, 5, 1), (1.2, 3.3, 1.4)`, `[2, :, 3]`.
#[test]
fn thick_slices_are_resampled_one_by_one() {
    let volume = ct([5, 6, 7], [5.0, 1.0, 1.0], pattern);
    let prepared = prepare(&volume, &manifest("SPL", [2.5, 1.5, 1.4])).unwrap();
    let expected = [-5.9489, -5.9489, 2.6864, 2.6864, 15.1281, 15.1281, 44.0526, 44.0526, 22.0231, 22.0231];
    assert_near((0..10).map(|z| prepared.image.at([z, 2, 3])), &expected);
    let volume = ct([5, 6, 7], [1.0, 5.0, 1.0], pattern);
    let prepared = prepare(&volume, &manifest("SPL", [1.2, 3.3, 1.4])).unwrap();
    let expected = [37.8318, 9.9224, 9.9224, 11.4134, 34.6865, 34.6865, 32.7208, 19.1404, 19.1404];
    assert_near((0..9).map(|y| prepared.image.at([2, y, 3])), &expected);
}

/// The same for 4 x 3 x 3 voxels with `(2, 3, 3), (5, 1, 1), (10, 1, 1)`: every new slice lies between two old ones, and is the later.
#[test]
fn between_two_slices_the_later_is_taken_in_the_networks_direction() {
    let volume = ct([4, 3, 3], [5.0, 1.0, 1.0], pattern);
    let column = |orientation: &str| -> Vec<f32> {
        let prepared = prepare(&volume, &manifest(orientation, [10.0, 1.0, 1.0])).unwrap();
        prepared
            .image
            .values()
            .slice_each_axis(|axis| if axis.axis.index() == 0 { (..).into() } else { (1..2).into() })
            .iter()
            .copied()
            .collect()
    };
    // The slices are 24, -17, 40, -7 there.
    assert_eq!(column("SPL"), [-17.0, -7.0]);
    assert_eq!(column("IPL"), [40.0, 24.0]);
}

#[test]
fn equal_voxels_stay_as_they_are() {
    let volume = ct([5, 6, 7], [2.0, 1.0, 1.0], pattern);
    let prepared = prepare(&volume, &manifest("SPL", [2.0, 1.0, 1.0])).unwrap();
    assert!(matches!(prepared.image, Image::Stored(_)));
    assert_eq!(prepared.image.values(), volume.stored.mapv(f32::from));
    assert!(prepared.grid.coincides_with(&volume.grid));
}

#[test]
fn other_axes_give_the_same_values_elsewhere() {
    let volume = ct([5, 6, 7], [1.0; 3], pattern);
    let straight = prepare(&volume, &manifest("SPL", [1.2, 0.8, 1.4])).unwrap();
    let turned = prepare(&volume, &manifest("RAS", [1.4, 0.8, 1.2])).unwrap();
    assert_eq!(turned.image.shape(), [5, 8, 4]);
    for ((x, y, z), value) in turned.image.values().indexed_iter() {
        let there = straight.image.at([z, 7 - y, 4 - x]);
        assert!((value - there).abs() < 1e-4, "{value} and {there}");
        let (a, b) = (turned.grid.to_patient([x as f64, y as f64, z as f64]), [z as f64, 7.0 - y as f64, 4.0 - x as f64]);
        let b = straight.grid.to_patient(b);
        assert!((0..3).all(|axis| (a[axis] - b[axis]).abs() < 1e-9), "{a:?} and {b:?}");
    }
}

/// A linear ramp is its own cubic spline away from the ends, so every voxel tells where it lies in the patient.
#[test]
fn on_an_oblique_leaning_grid_every_voxel_knows_its_place() {
    let shape = [60, 70, 64];
    // Turned by about 10 degrees, slices lean, slices run downwards and columns to the right.
    let steps = [[0.1, 0.3, -2.0], [0.05, 0.95, 0.16], [-0.9, 0.05, 0.1]];
    let grid = Grid { shape, origin: [20.0, -30.0, 500.0], steps };
    for axis in 0..3 {
        let mut volume = CtVolume { grid: grid.clone(), stored: Array3::zeros(shape).into(), slope: 0.01, intercept: 0.0 };
        for ((z, y, x), stored) in volume.stored.indexed_iter_mut() {
            *stored = (volume.grid.to_patient([z as f64, y as f64, x as f64])[axis] * 50.0).round() as i16;
        }
        let prepared = prepare(&volume, &manifest("RAS", [1.7, 1.3, 2.6])).unwrap();
        assert_eq!(Placement::between(&volume.grid, &prepared.grid, &manifest("RAS", [1.0; 3])).unwrap().before, shape);
        let [a, b, c] = prepared.image.shape();
        for index in [[a / 2, b / 2, c / 2], [a / 3, b / 2, c / 3], [a / 2, b / 3, 2 * c / 3]] {
            let place = prepared.grid.to_patient(index.map(|i| i as f64));
            let seen = f64::from(prepared.image.at(index)) * 2.0;
            assert!((seen - place[axis]).abs() < 0.03, "axis {axis}: {seen} seen at {place:?}");
        }
    }
}

#[test]
fn zeros_around_the_image_are_cut_off_and_the_way_back_is_known() {
    let inside = |[z, y, x]: [usize; 3]| (2..9).contains(&z) && (3..11).contains(&y) && (1..6).contains(&x);
    let volume = ct([10, 12, 11], [1.0; 3], |index| if inside(index) { -5 } else { 0 });
    let manifest = manifest("RAS", [2.0; 3]);
    let prepared = prepare(&volume, &manifest).unwrap();
    let placement = Placement::between(&volume.grid, &prepared.grid, &manifest).unwrap();
    assert_eq!((placement.corner, placement.before, placement.after), ([2, 3, 1], [7, 8, 5], [4, 4, 2]));
    assert!(prepared.image.values().iter().all(|value| *value == -5.0));
    // The box's outer faces, in columns: 0.5 and 5.5; the network's two voxels of 2.5 mm fill it from the left.
    let [x, ..] = prepared.grid.origin;
    assert!((x - (-7.0 + 5.5 - 1.25)).abs() < 1e-12, "{x}");
}

/// Of 3 mm from 1 mm: `scipy.ndimage.gaussian_filter1d(step, sqrt(9 - 1) / 2.355, truncate=4, mode='nearest')`, then
/// `skimage.transform.resize(..., (8,), order=3, mode='edge', anti_aliasing=False)`, for 24 samples of -250 below 12 and 500 from there.
const LOW_PASS_STEP: [f32; 8] = [-250.0, -250.0, -249.957, -175.7119, 425.7119, 499.957, 500.0, 500.0];

#[test]
fn low_pass_models_see_coarse_voxels() {
    let volume = ct([24, 24, 24], [1.0; 3], |[_, _, x]| if x < 12 { -250 } else { 500 });
    let prepared = prepare(&volume, &Manifest { low_pass: true, ..manifest("SPL", [3.0; 3]) }).unwrap();
    assert_eq!(prepared.image.shape(), [8, 8, 8]);
    assert_near((0..8).map(|x| prepared.image.at([4, 4, x])), &LOW_PASS_STEP);
}

#[test]
fn low_pass_models_see_the_body_without_the_table() {
    // A ball of water of radius 20 voxels, a table two voxels thick below it, air elsewhere.
    let hu = |[z, y, x]: [usize; 3]| {
        let ball = (z as f64 - 32.0).powi(2) + (y as f64 - 32.0).powi(2) + (x as f64 - 40.0).powi(2) <= 400.0;
        if ball || (72..74).contains(&y) { 0 } else { -1000 }
    };
    let volume = ct([64, 80, 80], [1.0; 3], hu);
    let manifest = Manifest { low_pass: true, ..manifest("SPL", [3.0; 3]) };
    let prepared = prepare(&volume, &manifest).unwrap();
    let placement = Placement::between(&volume.grid, &prepared.grid, &manifest).unwrap();
    for (axis, centre) in [32, 32, 40].into_iter().enumerate() {
        let (first, last) = (placement.corner[axis], placement.corner[axis] + placement.before[axis]);
        assert!((centre - 20 - 12..=centre - 20 - 2).contains(&first), "axis {axis} begins at {first}");
        assert!((centre + 20 + 2..=centre + 20 + 13).contains(&last), "axis {axis} ends at {last}");
    }
    let air = ct([8, 8, 8], [1.0; 3], |_| -1000);
    assert!(matches!(prepare(&air, &manifest), Err(ModelError::Volume { .. })));
}

#[test]
fn hu_are_clipped_and_scaled() {
    let normalisation = Normalisation { clip: [-300.0, 1000.0], mean: 150.0, standard_deviation: 300.0 };
    assert_eq!(
        [-1000.0, -300.0, 150.0, 450.0, 3000.0].map(|hu| normalised(hu, &normalisation)),
        [-1.5, -1.5, 0.0, 1.0, 850.0 / 300.0]
    );
    assert_eq!((Protocol::LowPass.padding(&normalisation), Protocol::NnUnet.padding(&normalisation)), (-1.5, 0.0));
}

#[test]
fn impossible_manifests_are_refused() {
    let volume = ct([5, 6, 7], [1.0; 3], pattern);
    for orientation in ["", "SP", "SPP", "SPR?", "LRA"] {
        assert!(
            matches!(prepare(&volume, &manifest(orientation, [1.0; 3])), Err(ModelError::Manifest { .. })),
            "{orientation}"
        );
    }
    let found = prepare(&volume, &manifest("SPL", [1e-6; 3])).unwrap_err().to_string();
    assert!(found.contains("more than 536870912"), "{found}");
}

#[test]
fn scores_that_no_memory_holds_are_refused_before_they_are_made() {
    let class = Class { name: "c".to_owned(), structure: None, side: Side::None };
    let mut manifest = manifest("SPL", [0.1; 3]);
    manifest.classes = vec![class; 255];
    // 300 voxels along each axis, 27 million in all.
    let refused = prepare(&ct([3; 3], [10.0; 3], |_| 1), &manifest).unwrap_err().to_string();
    assert!(refused.contains("300 x 300 x 300 voxels") && refused.contains("255 classes need more than 8 GiB"), "{refused}");
}
