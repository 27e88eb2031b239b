//! A patient drawn from ellipsoids: lumbar spine, femora, muscles, and the rods of a phantom below.

use ndarray::{Array2, Array3};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::measure::FemurProjection;
use plugin_core::segmentation::StructureMask;
use plugin_core::units::Material;

/// 4 mm slices, 2.5 mm pixels; neither side nor area of a slice is a multiple of eight.
pub fn grid() -> Grid {
    Grid {
        shape: [101, 101, 149],
        origin: [-185.0, -130.0, -260.0],
        steps: [[0.0, 0.0, 4.0], [0.0, 2.5, 0.0], [2.5, 0.0, 0.0]],
    }
}

/// Half axes and centre.
type Ellipsoid = (Lps, Lps);

fn holds((centre, axes): &Ellipsoid, point: Lps) -> bool {
    (0..3).map(|axis| ((point[axis] - centre[axis]) / axes[axis]).powi(2)).sum::<f64>() <= 1.0
}

/// The voxels in any of `parts`, in their bounding box.
fn mask(grid: &Grid, structure: Structure, side: Side, parts: &[Ellipsoid]) -> StructureMask {
    let inside = |[z, y, x]: [usize; 3]| {
        let point = grid.to_patient([z, y, x].map(|i| i as f64));
        parts.iter().any(|part| holds(part, point))
    };
    let [mut low, mut high] = [grid.shape, [0; 3]];
    for (z, y, x) in ndarray::indices(grid.shape) {
        if inside([z, y, x]) {
            for (axis, i) in [z, y, x].into_iter().enumerate() {
                (low[axis], high[axis]) = (low[axis].min(i), high[axis].max(i));
            }
        }
    }
    let size: [usize; 3] = std::array::from_fn(|axis| high[axis] + 1 - low[axis]);
    let voxels = Array3::from_shape_fn(size, |(z, y, x)| inside([low[0] + z, low[1] + y, low[2] + x]));
    StructureMask { structure, side, corner: low, voxels, segments: vec![] }
}

pub const LEVELS: [Structure; 5] = [Structure::L1, Structure::L2, Structure::L3, Structure::L4, Structure::L5];

fn level_centre(level: usize) -> Lps {
    [2.0 * level as f64 - 4.0, 25.0 - 6.0 * (1.0 - (level as f64 - 2.5).abs() / 2.5), 118.0 - 34.0 * level as f64]
}

fn vertebra(level: usize) -> [Ellipsoid; 2] {
    let [x, y, z] = level_centre(level);
    [([x, y, z], [23.0, 16.0, 14.0]), ([x, y + 36.0, z - 4.0], [7.0, 20.0, 9.0])]
}

fn femur(left: f64) -> [Ellipsoid; 4] {
    [
        ([left * 85.0, 5.0, -140.0], [23.0, 23.0, 23.0]),
        ([left * 107.0, 8.0, -152.0], [22.0, 14.0, 15.0]),
        ([left * 128.0, 10.0, -165.0], [17.0, 20.0, 30.0]),
        ([left * 124.0, 10.0, -225.0], [14.0, 14.0, 80.0]),
    ]
}

const MUSCLES: [(Structure, Lps, Lps); 8] = [
    (Structure::ErectorSpinae, [38.0, 68.0, 60.0], [26.0, 18.0, 110.0]),
    (Structure::QuadratusLumborum, [66.0, 42.0, 40.0], [12.0, 18.0, 60.0]),
    (Structure::PsoasMajor, [46.0, 22.0, 10.0], [17.0, 20.0, 90.0]),
    (Structure::GluteusMaximus, [85.0, 75.0, -130.0], [48.0, 26.0, 66.0]),
    (Structure::GluteusMedius, [122.0, 34.0, -80.0], [24.0, 30.0, 46.0]),
    (Structure::GluteusMinimus, [112.0, 14.0, -92.0], [14.0, 14.0, 34.0]),
    (Structure::TensorFasciaeLatae, [130.0, -38.0, -130.0], [13.0, 17.0, 50.0]),
    (Structure::QuadricepsFemoris, [110.0, -30.0, -225.0], [32.0, 24.0, 60.0]),
];

const SIDES: [(Side, f64); 2] = [(Side::Left, 1.0), (Side::Right, -1.0)];

/// What is labelled, and beside it a tissue that nothing is said of.
pub fn masks(grid: &Grid) -> Vec<StructureMask> {
    let mut all: Vec<_> = (0..5).map(|level| mask(grid, LEVELS[level], Side::None, &vertebra(level))).collect();
    all.extend(SIDES.map(|(side, left)| mask(grid, Structure::Femur, side, &femur(left))));
    for (structure, [x, y, z], axes) in MUSCLES {
        all.extend(SIDES.map(|(side, left)| mask(grid, structure, side, &[([left * x, y, z], axes)])));
    }
    all.push(mask(grid, Structure::Aorta, Side::None, &[([-8.0, -8.0, 50.0], [10.0, 10.0, 90.0])]));
    all
}

/// The trabecular regions of L1 to L4 and the total hip of the right femur.
pub fn regions(grid: &Grid) -> Vec<StructureMask> {
    let trabecular = (0..4).map(|level| {
        let [x, y, z] = level_centre(level);
        mask(grid, LEVELS[level], Side::None, &[([x, y - 2.0, z], [16.0, 9.0, 8.0])])
    });
    let hip = mask(grid, Structure::Femur, Side::Right, &femur(-1.0)[1..3]);
    trabecular.chain([hip]).collect()
}

/// HU of the whole scan: air, fat, soft tissue, `masks`, and rods below the patient.
pub fn hu(grid: &Grid, masks: &[StructureMask], rods: &[(Lps, f64)]) -> Array3<i16> {
    let noise = |z: usize, y: usize, x: usize| ((z * 7919 + y * 104_729 + x * 1_299_709) % 41) as i16 - 20;
    let mut hu = Array3::from_shape_fn(grid.shape, |(z, y, x)| {
        let [px, py, _] = grid.to_patient([z, y, x].map(|i| i as f64));
        let within = |a: f64, b: f64| (px / a).powi(2) + (py / b).powi(2) <= 1.0;
        let rod = rods.iter().find(|([rx, ry, _], _)| (px - rx).hypot(py - ry) <= 6.0);
        match (within(150.0, 100.0), within(165.0, 115.0), rod) {
            (true, ..) => 35 + noise(z, y, x),
            (_, true, _) => -100 + noise(z, y, x),
            (.., Some((_, rod))) => *rod as i16 + noise(z, y, x),
            _ => -1000,
        }
    });
    for mask in masks {
        let bone = matches!(mask.structure, Structure::Femur) || LEVELS.contains(&mask.structure);
        for [z, y, x] in mask.indices() {
            let edge = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
                .iter()
                .any(|step| !mask.contains(std::array::from_fn(|axis| [z, y, x][axis] as i64 + step[axis])));
            hu[[z, y, x]] = noise(z, y, x)
                + if !bone {
                    55
                } else if edge {
                    420
                } else {
                    140
                };
        }
    }
    hu
}

/// A femur from the front, areal density growing with the depth of the bone.
pub fn projection(side: Side) -> FemurProjection {
    let spacing_mm = 0.5;
    let left = if side == Side::Left { 1.0 } else { -1.0 };
    let parts = femur(left);
    let point =
        |row: usize, column: usize| [left * 105.0 - 50.0 + column as f64 * spacing_mm, -112.0 - row as f64 * spacing_mm];
    let depth = |[x, z]: [f64; 2], (centre, axes): &Ellipsoid| {
        let rest = 1.0 - ((x - centre[0]) / axes[0]).powi(2) - ((z - centre[2]) / axes[2]).powi(2);
        if rest > 0.0 { 2.0 * axes[1] * rest.sqrt() } else { 0.0 }
    };
    let shape = (170, 200);
    let thickness = |row, column| parts.iter().map(|part| depth(point(row, column), part)).fold(0.0, f64::max);
    let image = Array2::from_shape_fn(shape, |(row, column)| (thickness(row, column) * 0.022) as f32);
    let regions = Array2::from_shape_fn(shape, |(row, column)| {
        let [x, z] = point(row, column);
        let lateral = left * x - 98.0 + (z + 148.0) * 0.6;
        match (thickness(row, column) > 0.0 && lateral > 0.0 && z > -190.0, lateral <= 12.0, z > -165.0) {
            (false, ..) => 0,
            (_, true, _) => 1,
            (.., true) => 2,
            _ => 3,
        }
    });
    FemurProjection { structure: Structure::Femur, side, spacing_mm, image, material: Some(Material::Hydroxyapatite), regions }
}
