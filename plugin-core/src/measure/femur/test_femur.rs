//! A left femur made of a ball, cylinders and ellipsoids, with a dense shell, whose landmarks are known by construction.

use super::Landmarks;
use crate::anatomy::{Side, Structure};
use crate::calibration::Conversion;
use crate::geometry::{Grid, Lps, add_scaled, cross, dot, norm, unit};
use crate::segmentation::{Doubts, LabelOrigin, Labels, StructureMask};
use crate::units::{Hu, Material};
use crate::volume::CtVolume;
use ndarray::Array3;
use rayon::prelude::*;
use std::sync::OnceLock;

pub const HEAD: f64 = 23.0;
pub const NECK: f64 = 15.0;
/// From the centre of the head to the junction, where the neck's cylinder leaves the ball.
pub fn junction() -> f64 {
    (HEAD * HEAD - NECK * NECK).sqrt()
}
/// Lateral base of the greater trochanter, and tip of the lesser.
pub const BASE: Lps = [56.0, 3.0, -44.0];
pub const LESSER: Lps = [17.0, 9.0, -72.0];
/// Below it the shaft ends.
pub const END: f64 = -112.0;
const SHAFT: f64 = 38.0;
const SHELL: f64 = 3.0;
const SHELL_HU: f64 = 800.0;
const MARROW_HU: f64 = 250.0;
const SOFT_HU: f64 = 40.0;

pub const CONVERSION: Conversion =
    Conversion { material: Material::Hydroxyapatite, slope: 0.8, intercept: -2.0, curvature: 0.0 };

/// Direction of the neck, away from the head.
pub fn neck() -> Lps {
    let (sine, cosine) = 40.0_f64.to_radians().sin_cos();
    [cosine, 0.0, -sine]
}

/// Whether a point lies in the bone, `less` millimetres below its surface. The centre of the head is the origin.
fn inside(point: Lps, less: f64) -> bool {
    let [x, y, z] = point;
    let along = dot(point, neck());
    let ellipsoid = |centre: Lps, radii: Lps| {
        (0..3).map(|axis| ((point[axis] - centre[axis]) / (radii[axis] - less)).powi(2)).sum::<f64>() <= 1.0
    };
    norm(point) <= HEAD - less
        || ((0.0..=50.0).contains(&along) && norm(add_scaled(point, neck(), -along)) <= NECK - less)
        || ((END..=-20.0).contains(&z) && (x - SHAFT).hypot(y) <= 15.0 - less)
        || ellipsoid([50.0, 4.0, -22.0], [14.0, 18.0, 24.0])
        || ellipsoid([26.0, 9.0, -72.0], [9.0; 3])
}

/// CT number of the bone at a point; none outside.
pub fn hu(point: Lps) -> Option<f64> {
    inside(point, 0.0).then(|| if inside(point, SHELL) { MARROW_HU } else { SHELL_HU })
}

/// mg/cm3.
pub fn density(point: Lps) -> Option<f64> {
    hu(point).map(|hu| CONVERSION.density(Hu(hu)).0)
}

/// A rotation, as the images of the three axes.
#[derive(Debug, Clone, Copy)]
pub struct Turn([Lps; 3]);

impl Turn {
    pub fn none() -> Turn {
        Turn([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    }

    /// Rodrigues' formula.
    pub fn about(axis: Lps, degrees: f64) -> Turn {
        let (axis, (sine, cosine)) = (unit(axis), degrees.to_radians().sin_cos());
        Turn(Turn::none().0.map(|v| {
            let turned = add_scaled(v.map(|x| x * cosine), cross(axis, v), sine);
            add_scaled(turned, axis, dot(axis, v) * (1.0 - cosine))
        }))
    }

    pub fn vector(&self, v: Lps) -> Lps {
        [0, 1, 2].map(|axis| (0..3).map(|k| self.0[k][axis] * v[k]).sum())
    }

    fn back(&self, v: Lps) -> Lps {
        self.0.map(|axis| dot(axis, v))
    }
}

pub fn landmarks(turn: &Turn) -> Landmarks {
    let place = |point: Lps| turn.vector(point);
    let at = |along: f64, across: Lps| place(add_scaled(neck().map(|x| x * along), across, NECK));
    let up = [-neck()[2], 0.0, neck()[0]];
    let j = junction();
    Landmarks {
        head_centre: place([0.0; 3]),
        head_radius: HEAD,
        neck_centre: place(neck().map(|x| x * 28.0)),
        junction: [at(j, up), at(j, up.map(|x| -x)), at(j, [0.0, -1.0, 0.0]), at(j, [0.0, 1.0, 0.0])],
        lesser_trochanter: place(LESSER),
        greater_trochanter_base: Ok(place(BASE)),
        shaft: [place([SHAFT, 0.0, LESSER[2] - 20.0]), place([SHAFT, 0.0, LESSER[2] - 50.0])],
        report: Vec::new(),
    }
}

/// The femur in a CT.
pub struct Scene {
    pub volume: CtVolume<'static>,
    pub labels: Labels,
    pub landmarks: Landmarks,
}

/// Draws the turned femur; each voxel is what lies at its centre.
pub fn scene(turn: Turn, spacing: [f64; 3], noise: f64) -> Scene {
    let corners = (0..8).map(|corner| {
        let pick = |axis: usize, low: f64, high: f64| if corner >> axis & 1 == 1 { high } else { low };
        turn.vector([pick(0, -24.0, 65.0), pick(1, -24.0, 24.0), pick(2, END, 24.0)])
    });
    let (mut least, mut most) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for corner in corners {
        for axis in 0..3 {
            least[axis] = least[axis].min(corner[axis]);
            most[axis] = most[axis].max(corner[axis]);
        }
    }
    // Five voxels around it, and no voxel centre on a plane of symmetry.
    let origin = [0, 1, 2].map(|axis| least[axis] - spacing[2 - axis] * 5.37);
    let shape = [0, 1, 2].map(|k| ((most[2 - k] - least[2 - k]) / spacing[k] + 11.0) as usize);
    let steps = [[0.0, 0.0, spacing[0]], [0.0, spacing[1], 0.0], [spacing[2], 0.0, 0.0]];
    let grid = Grid { shape, origin, steps };
    let values: Vec<(bool, i16)> = (0..grid.len())
        .into_par_iter()
        .map(|i| {
            let index = [i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]];
            let found = hu(turn.back(grid.to_patient(index.map(|k| k as f64))));
            (found.is_some(), (found.unwrap_or(SOFT_HU) + noise * normal(i as u64)).round() as i16)
        })
        .collect();
    let voxels = Array3::from_shape_vec(shape, values.iter().map(|value| value.0).collect()).expect("one per voxel");
    let stored = Array3::from_shape_vec(shape, values.iter().map(|value| value.1).collect()).expect("one per voxel");
    let mask = StructureMask { structure: Structure::Femur, side: Side::Left, corner: [0; 3], voxels, segments: Vec::new() };
    let mask = super::part(&mask, |_| true).expect("the femur has voxels");
    Scene {
        volume: CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 },
        labels: labels(grid, mask),
        landmarks: landmarks(&turn),
    }
}

fn labels(grid: Grid, mask: StructureMask) -> Labels {
    let origin = LabelOrigin::LabelMap {
        file: Some("formula".to_owned()),
        sha256: String::new(),
        names: "none".to_owned(),
        resampled: false,
    };
    Labels { grid, masks: vec![mask], origin, unknown: Vec::new(), contradictions: Vec::new(), doubts: Doubts::default() }
}

/// The same patient seen in a mirror: the femur becomes a right one.
pub fn mirrored(scene: &Scene) -> Scene {
    let grid = super::as_left(&scene.labels.grid, Side::Right);
    let mask = StructureMask { side: Side::Right, ..scene.labels.masks[0].clone() };
    let volume = CtVolume { grid: grid.clone(), ..scene.volume.clone() };
    Scene { volume, labels: labels(grid, mask), landmarks: scene.landmarks.clone() }
}

/// About normal, with standard deviation 1, the same for the same number (splitmix64, sum of twelve).
fn normal(i: u64) -> f64 {
    (0..12)
        .map(|k| {
            let mut z = (i * 12 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        })
        .sum::<f64>()
        - 6.0
}

/// Rays through the upright femur, integrated from the formulas alone.
pub struct Truth(Vec<Ray>);

pub struct Ray {
    /// `[x, z]` from the centre of the head.
    pub place: [f64; 2],
    /// Millimetres.
    pub thickness: f64,
    /// mg/cm3 times mm.
    pub content: f64,
}

/// Distance of rays, and of points along them, in millimetres.
const FINE: f64 = 0.3;

impl Truth {
    /// Integrated once for all tests.
    pub fn get() -> &'static Truth {
        static TRUTH: OnceLock<Truth> = OnceLock::new();
        TRUTH.get_or_init(Truth::integrate)
    }

    fn integrate() -> Truth {
        let columns = (90.0 / FINE) as usize;
        let rows = (140.0 / FINE) as usize;
        let rays = (0..rows * columns).into_par_iter().filter_map(|i| {
            let place = [(i % columns) as f64 * FINE - 24.05, 24.05 - (i / columns) as f64 * FINE];
            let points = (0..(50.0 / FINE) as usize).filter_map(|k| density([place[0], k as f64 * FINE - 25.0, place[1]]));
            let (count, sum) = points.fold((0, 0.0), |(count, sum), rho| (count + 1, sum + rho));
            (count > 0).then(|| Ray { place, thickness: f64::from(count) * FINE, content: sum * FINE })
        });
        Truth(rays.collect())
    }

    /// Area in cm2, volume in cm3 and content in g of the rays that `wanted` accepts.
    pub fn sum(&self, wanted: impl Fn([f64; 2]) -> bool) -> [f64; 3] {
        let mut sums = [0.0; 3];
        for ray in self.0.iter().filter(|ray| wanted(ray.place)) {
            sums[0] += FINE * FINE / 100.0;
            sums[1] += ray.thickness * FINE * FINE / 1000.0;
            sums[2] += ray.content * FINE * FINE * 1e-6;
        }
        sums
    }

    /// Highest point across the neck at `along` of its axis.
    pub fn upper(&self, along: f64) -> f64 {
        let [a, _, c] = neck();
        let near = self.0.iter().filter(|ray| (ray.place[0] * a + ray.place[1] * c - along).abs() < FINE / 2.0);
        near.map(|ray| ray.place[1] * a - ray.place[0] * c).fold(f64::NEG_INFINITY, f64::max)
    }
}
