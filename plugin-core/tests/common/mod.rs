//! A vertebra and a body to put it in, drawn from formulas.

use ndarray::Array3;
use plugin_core::anatomy::{Side, Structure};
use plugin_core::calibration::Calibration;
use plugin_core::geometry::{Grid, Lps};
use plugin_core::measure::{Measured, Subject, measure};
use plugin_core::progress::Progress;
use plugin_core::read::Acquisition;
use plugin_core::report::Patient;
use plugin_core::segmentation::{Doubts, LabelOrigin, Labels, StructureMask};
use plugin_core::settings::Settings;
use plugin_core::volume::CtVolume;

/// Semi-axes and half height of the vertebral body in millimetres.
pub const BODY: [f64; 3] = [24.0, 17.0, 14.0];
/// Trabecular and cortical HU.
pub const TRABECULAR: f64 = 150.0;
pub const CORTICAL: f64 = 600.0;

/// `[x, y, z]` relative to the centre of the body, along its own left, posterior and superior axes.
pub fn in_vertebra([x, y, z]: Lps) -> bool {
    let ellipse = |centre: f64, a: f64, b: f64| (x / a).powi(2) + ((y - centre) / b).powi(2) <= 1.0;
    let body = ellipse(0.0, BODY[0], BODY[1]) && z.abs() <= BODY[2];
    let canal = ellipse(25.0, 11.0, 9.0);
    let arch = ellipse(25.0, 19.0, 15.0) && y > 10.0 && (-8.0..=12.0).contains(&z) && !canal;
    let spinous = x.abs() <= 4.0 && (34.0..=60.0).contains(&y) && (-18.0..=2.0).contains(&z);
    body || arch || spinous
}

/// Whether a point of the vertebra lies in the spongy inside of its body, 2 mm below the surface.
pub fn in_spongiosa([x, y, z]: Lps) -> bool {
    (x / (BODY[0] - 2.0)).powi(2) + (y / (BODY[1] - 2.0)).powi(2) <= 1.0 && z.abs() <= BODY[2] - 2.0
}

/// Rotation about x by `pitch` (lordosis) and then about z by `yaw`, in degrees.
pub fn rotated([x, y, z]: Lps, pitch: f64, yaw: f64) -> Lps {
    let ((sp, cp), (sy, cy)) = (pitch.to_radians().sin_cos(), yaw.to_radians().sin_cos());
    let (y, z) = (cp * y - sp * z, sp * y + cp * z);
    [cy * x - sy * y, sy * x + cy * y, z]
}

/// An axial grid of 120 x 140 x 120 mm around the origin.
pub fn grid(in_plane: f64, between: f64) -> Grid {
    let count = |length: f64, step: f64| (length / step).round() as usize + 1;
    Grid {
        shape: [count(120.0, between), count(140.0, in_plane), count(120.0, in_plane)],
        origin: [-60.0, -50.0, -60.0],
        steps: [[0.0, 0.0, between], [0.0, in_plane, 0.0], [in_plane, 0.0, 0.0]],
    }
}

pub fn volume(grid: &Grid, hu: impl Fn(Lps) -> f64) -> CtVolume<'static> {
    let stored = Array3::from_shape_fn(grid.shape, |(z, y, x)| hu(grid.to_patient([z, y, x].map(|i| i as f64))).round() as i16);
    CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 }
}

/// The voxels of a formula, cropped to their bounding box.
pub fn mask(grid: &Grid, structure: Structure, side: Side, inside: impl Fn(Lps) -> bool) -> StructureMask {
    let all = Array3::from_shape_fn(grid.shape, |(z, y, x)| inside(grid.to_patient([z, y, x].map(|i| i as f64))));
    let mut low = grid.shape;
    let mut high = [0; 3];
    for ((z, y, x), _) in all.indexed_iter().filter(|(_, member)| **member) {
        for (axis, i) in [z, y, x].into_iter().enumerate() {
            low[axis] = low[axis].min(i);
            high[axis] = high[axis].max(i + 1);
        }
    }
    let voxels = all.slice(ndarray::s![low[0]..high[0], low[1]..high[1], low[2]..high[2]]).to_owned();
    StructureMask { structure, side, corner: low, voxels, segments: Vec::new() }
}

pub fn labels(grid: &Grid, masks: Vec<StructureMask>) -> Labels {
    let origin = LabelOrigin::LabelMap {
        file: Some("formula".to_owned()),
        sha256: String::new(),
        names: "none".to_owned(),
        resampled: false,
    };
    Labels { grid: grid.clone(), masks, origin, unknown: Vec::new(), contradictions: Vec::new(), doubts: Doubts::default() }
}

/// What a measurement may look at beside volume and labels.
#[derive(Default)]
pub struct Case {
    pub acquisition: Acquisition,
    pub calibration: Calibration,
    pub patient: Patient,
    pub settings: Settings,
}

impl Case {
    pub fn measure(&self, volume: &CtVolume<'_>, labels: &Labels) -> Measured {
        let subject = Subject {
            volume,
            acquisition: &self.acquisition,
            labels,
            calibration: &self.calibration,
            patient: &self.patient,
            settings: &self.settings,
        };
        measure(subject, Progress::silent()).expect("nobody cancels")
    }
}
