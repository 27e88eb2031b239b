//! Bodies whose edges are known exactly.

use super::*;
use crate::anatomy::{Side, Structure};
use crate::geometry::{Lps, norm, subtract};

/// Standard deviation of the blur of the made-up CT, millimetres: a scanner's, some 1.6 mm at half height.
const BLUR_MM: f64 = 0.7;

/// HU around a bone.
const SOFT_TISSUE: f64 = 50.0;

fn grid(shape: Index, spacing: [f64; 3], lean: f64) -> Grid {
    let steps = [[0.0, lean, spacing[0]], [0.0, spacing[1], 0.0], [spacing[2], 0.0, 0.0]];
    Grid { shape, origin: [0.0; 3], steps }
}

fn middle(grid: &Grid) -> Lps {
    grid.to_patient(grid.shape.map(|n| (n - 1) as f64 / 2.0))
}

/// Share of a blurred half-space at a distance outside its edge.
fn step(outside: f64) -> f64 {
    // The logistic curve whose slope at the edge is the Gaussian's.
    0.5 * (1.0 - (outside / (BLUR_MM * 1.2533)).tanh())
}

/// HU at a signed distance from the edge of a bone with a cortex of 1.5 mm.
fn bone(outside: f64, cortex: f64, inner: f64) -> f64 {
    SOFT_TISSUE + (cortex - SOFT_TISSUE) * step(outside) + (inner - cortex) * step(outside + 1.5)
}

/// A CT of `hu` of a place, with noise of 15 HU that is the same each time.
fn ct(grid: &Grid, hu: impl Fn(Lps) -> f64) -> CtVolume<'static> {
    let mut seed = 1u64;
    let mut noise = || {
        let sum: f64 = (0..12)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 11) as f64 / (1u64 << 53) as f64
            })
            .sum();
        15.0 * (sum - 6.0)
    };
    let stored = Array3::from_shape_fn(grid.shape, |(z, y, x)| {
        (hu(grid.to_patient([z, y, x].map(|i| i as f64))) + noise()).round() as i16
    });
    CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 }
}

fn mask(grid: &Grid, structure: Structure, inside: impl Fn(Lps) -> bool) -> StructureMask {
    let voxels = Array3::from_shape_fn(grid.shape, |(z, y, x)| inside(grid.to_patient([z, y, x].map(|i| i as f64))));
    StructureMask { structure, side: Side::None, corner: [0; 3], voxels, segments: Vec::new() }
}

/// What the network says of a ball: too large, and cut in cubes of 3 mm.
fn coarse(grid: &Grid, structure: Structure, centre: Lps, radius: f64) -> StructureMask {
    mask(grid, structure, |p| norm(subtract(p.map(|x| (x / 3.0).floor() * 3.0 + 1.5), centre)) <= radius)
}

fn refine_all(mut masks: Vec<StructureMask>, volume: &CtVolume<'_>) -> Vec<StructureMask> {
    refine(&mut masks, volume, Progress::silent()).unwrap();
    masks
}

/// Share by which the volume differs from a ball's; longest distance of a wrong voxel from the ball's surface.
fn against_ball(mask: &StructureMask, grid: &Grid, centre: Lps, radius: f64) -> (f64, f64) {
    let truth = 4.0 / 3.0 * std::f64::consts::PI * radius.powi(3);
    let volume = mask.count() as f64 * grid.voxel_volume().0;
    let mut worst: f64 = 0.0;
    for ((z, y, x), _) in Array3::<u8>::zeros(grid.shape).indexed_iter() {
        let outside = norm(subtract(grid.to_patient([z, y, x].map(|i| i as f64)), centre)) - radius;
        if mask.contains([z, y, x].map(|i| i as i64)) != (outside <= 0.0) {
            worst = worst.max(outside.abs());
        }
    }
    (volume / truth - 1.0, worst)
}

/// The half height of a thin cortex that is blurred lies outside its edge, by 0.2 to 0.4 mm; that of a solid bone on it.
#[test]
fn a_ball_has_its_edge_where_it_is_on_every_grid() {
    for (grid, thick) in [
        (grid([50, 50, 50], [1.0, 0.9, 0.9], 0.0), -1.5),
        (grid([50, 50, 50], [1.0, 0.9, 0.9], 0.36), 1.5),
        (grid([20, 50, 50], [2.5, 0.9, 0.9], 0.0), 1.5),
    ] {
        let longest = grid.spacing()[0];
        for (cortex, inner, bias) in [(400.0, 400.0, 0.0), (700.0, 180.0, 0.2), (300.0, 30.0, 0.35)] {
            let centre = middle(&grid);
            let volume = ct(&grid, |p| bone(norm(subtract(p, centre)) - 15.0, cortex, inner));
            let before = coarse(&grid, Structure::L3, centre, 15.0 + thick);
            let after = refine_all(vec![before], &volume);
            let (change, worst) = against_ball(&after[0], &grid, centre, 15.0);
            let shift = change * 15.0 / 3.0;
            let case = format!("{:?} {thick} {cortex} {inner}: {shift:.2} mm, {worst:.2} mm", grid.spacing());
            assert!((shift - bias).abs() <= 0.15 * longest && worst <= 0.6 * longest + bias, "{case}");
        }
    }
}

#[test]
fn balls_three_millimetres_apart_stay_apart() {
    let grid = grid([36, 40, 76], [1.0, 0.9, 0.9], 0.0);
    let middle = middle(&grid);
    let centres = [-13.5, 13.5].map(|x| [middle[0] + x, middle[1], middle[2]]);
    let volume = ct(&grid, |p| {
        centres.iter().map(|c| bone(norm(subtract(p, *c)) - 12.0, 700.0, 200.0) - SOFT_TISSUE).sum::<f64>() + SOFT_TISSUE
    });
    let mut second = coarse(&grid, Structure::HipBone, centres[1], 13.5);
    let first = coarse(&grid, Structure::Femur, centres[0], 13.5);
    second.voxels.zip_mut_with(&first.voxels, |here, there| *here &= !there);
    let after = refine_all(vec![first, second], &volume);
    for (mask, centre) in after.iter().zip(centres) {
        let (change, worst) = against_ball(mask, &grid, centre, 12.0);
        assert!(change.abs() <= 0.1 && worst <= 0.8, "{change} {worst}");
    }
    let gap = after[0].indices().map(|i| i[2]).max().unwrap() + 1..after[1].indices().map(|i| i[2]).min().unwrap();
    assert!(gap.len() >= 2, "{gap:?}");
}

#[test]
fn a_vessel_with_contrast_beside_a_bone_is_not_bone() {
    let grid = grid([50, 50, 64], [1.0, 0.9, 0.9], 0.0);
    let centre = middle(&grid);
    let from_axis = |p: Lps| (p[0] - centre[0] - 25.5).hypot(p[1] - centre[1]) - 10.0;
    let volume = ct(&grid, |p| bone(norm(subtract(p, centre)) - 15.0, 500.0, 120.0) + 300.0 * step(from_axis(p)));
    let before = coarse(&grid, Structure::L2, centre, 16.0);
    let after = refine_all(vec![before], &volume);
    let (change, worst) = against_ball(&after[0], &grid, centre, 15.0);
    assert!(change.abs() <= 0.08 && worst <= 4.0, "{change} {worst}");
}

#[test]
fn without_contrast_the_mask_stays() {
    let grid = grid([40, 44, 44], [1.0, 0.9, 0.9], 0.0);
    let centre = middle(&grid);
    let before = mask(&grid, Structure::L4, |p| norm(subtract(p, centre)) <= 12.0);
    let after = refine_all(vec![before], &ct(&grid, |_| SOFT_TISSUE));
    let (change, worst) = against_ball(&after[0], &grid, centre, 12.0);
    assert!(change.abs() <= 0.05 && worst <= 1.0, "{change} {worst}");
}

#[test]
fn a_bone_takes_from_muscles_and_gives_nothing_back() {
    let grid = grid([44, 46, 46], [1.0, 0.9, 0.9], 0.0);
    let centre = middle(&grid);
    let volume = ct(&grid, |p| bone(norm(subtract(p, centre)) - 14.0, 700.0, 200.0));
    let small = mask(&grid, Structure::L1, |p| norm(subtract(p, centre)) <= 13.0);
    let muscle = mask(&grid, Structure::PsoasMajor, |p| (13.0..17.0).contains(&norm(subtract(p, centre))));
    let after = refine_all(vec![small, muscle.clone()], &volume);
    assert!(after[1].count() < muscle.count());
    assert!(after[1].indices().all(|i| !after[0].contains(i.map(|i| i as i64)) && muscle.contains(i.map(|i| i as i64))));
    let large = mask(&grid, Structure::L1, |p| norm(subtract(p, centre)) <= 15.0);
    let beyond = mask(&grid, Structure::PsoasMajor, |p| norm(subtract(p, centre)) > 15.0);
    let after = refine_all(vec![large, beyond.clone()], &volume);
    assert_eq!(after[1].count(), beyond.count());
}

/// What the network calls one bone is far too large, so it stays; the ball within, told from it by its edge, grows into it.
#[test]
fn no_voxel_is_of_two_bones() {
    let grid = grid([50, 50, 70], [1.0, 0.9, 0.9], 0.0);
    let centre = middle(&grid);
    let beside = [centre[0] + 21.0, centre[1], centre[2]];
    let from = |p: Lps, place: Lps| norm(subtract(p, place));
    let volume = ct(&grid, |p| bone(from(p, centre) - 14.0, 700.0, 200.0).max(bone(from(p, beside) - 4.0, 700.0, 700.0)));
    let femur = mask(&grid, Structure::Femur, |p| from(p, centre) <= 12.0);
    let hip = mask(&grid, Structure::HipBone, |p| from(p, beside) <= 9.0 && from(p, centre) > 12.0);
    let before = hip.count();
    let after = refine_all(vec![hip, femur], &volume);
    let [hip, femur] =
        [Structure::HipBone, Structure::Femur].map(|one| after.iter().find(|mask| mask.structure == one).unwrap());
    assert_eq!(hip.count(), before);
    assert!(femur.indices().all(|index| !hip.contains(index.map(|i| i as i64))));
}

/// Sides in millimetres: slices, rows, columns.
#[test]
fn edges_are_sought_where_the_ct_is_finer_than_the_network() {
    for (spacing, network, expected) in [
        ([1.0, 0.8, 0.8], [3.0; 3], true),
        ([5.0, 0.8, 0.8], [3.0; 3], true),
        ([0.8, 5.0, 0.8], [3.0; 3], true),
        ([3.0, 3.0, 3.0], [3.0; 3], false),
        ([1.0, 2.5, 2.5], [3.0; 3], false),
        ([1.5, 1.5, 1.5], [1.5; 3], false),
        ([1.0, 0.8, 0.8], [1.5; 3], true),
        ([1.0, 1.5, 1.5], [5.0, 1.5, 1.5], false),
    ] {
        assert_eq!(shows_more(&grid([4; 3], spacing, 0.0), network), expected, "{spacing:?} {network:?}");
    }
}
