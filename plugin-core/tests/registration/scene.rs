//! Films of known pose, simulated from a CT that somebody else provides.
//!
//! The film is not drawn as the method draws: all tissue absorbs, the voxels are those of the CT resampled to 1.5 mm off its own
//! centres and go on below the CT as a film does, the beam has scatter and quantum noise, and a monotone curve that the method is not told turns it into 10 bits.

use ndarray::{Array2, Array3};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::projection::{FilmBeam, FilmGeometry, Pose, project};
use plugin_core::registration::Film;
use plugin_core::units::Mm;
use plugin_core::volume::CtVolume;
use rayon::prelude::*;

/// Attenuation of water per millimetre at 60 keV.
const WATER: f32 = 0.0206;
/// Side of a voxel that films are drawn from, in millimetres.
const DRAWN_MM: f64 = 1.5;
/// How far the last slice is repeated below the CT: its end is not to be seen on a film.
const BELOW_MM: f64 = 150.0;

/// Uniform numbers, the same on every machine (Knuth's MMIX generator).
pub struct Random(pub u64);

impl Random {
    /// 0 to 1.
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `-reach` to `reach`.
    pub fn around(&mut self, reach: f64) -> f64 {
        reach * (2.0 * self.next() - 1.0)
    }

    /// Mean 0, standard deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// A patient whose films can be taken.
pub struct Patient {
    pub ct: CtVolume<'static>,
    /// What the films are centred on.
    pub centre: Lps,
    /// Attenuation of all tissue, resampled.
    body: (Grid, Array3<f32>),
}

/// One film and what was done to take it.
pub struct Taken {
    pub attenuation: Array2<f32>,
    pub exposed: Array2<bool>,
    pub geometry: FilmGeometry,
    pub truth: Pose,
}

impl Taken {
    pub fn film(&self) -> Film<'_> {
        Film { attenuation: &self.attenuation, exposed: &self.exposed, geometry: self.geometry }
    }
}

impl Patient {
    pub fn new(ct: CtVolume<'static>, centre: Lps) -> Patient {
        let body = resampled(&ct);
        Patient { ct, centre, body }
    }

    /// A film of the patient, moved at random by up to `shift_mm` along and `turn_degrees` about each axis.
    pub fn film(&self, seed: u64, shift_mm: f64, turn_degrees: f64) -> Taken {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        // Seeds that are near each other give first numbers that are.
        for _ in 0..8 {
            random.next();
        }
        let translation_mm = std::array::from_fn(|_| random.around(shift_mm));
        let rotation_degrees = std::array::from_fn(|_| random.around(turn_degrees));
        let truth = Pose { rotation_degrees, translation_mm, centre: self.centre };
        let geometry = FilmGeometry {
            rows: 430,
            columns: 500,
            pixel_spacing_mm: [Mm(0.8), Mm(0.8)],
            principal_point: None,
            beam: FilmBeam::Cone { source_detector_distance_mm: Mm(1100.0), source_axis_distance_mm: Mm(960.0) },
        };
        let view = geometry.antero_posterior(self.centre).expect("a machine as there are");
        let integrals = project(self.body.1.view(), &truth.apply_to_grid(&self.body.0), &view);
        let attenuation = developed(&integrals, &mut random);
        Taken { exposed: Array2::from_elem(attenuation.dim(), true), attenuation, geometry, truth }
    }
}

/// Scatter, noise, and a curve of the maker's: the logarithm bent by a sigmoid of random middle and width, then 1024 levels.
fn developed(integrals: &Array2<f32>, random: &mut Random) -> Array2<f32> {
    let primary = integrals.mapv(|integral| f64::from(-integral).exp());
    let scatter =
        0.5 * primary.iter().filter(|x| **x < 0.2).sum::<f64>() / primary.iter().filter(|x| **x < 0.2).count().max(1) as f64;
    let photons = 2e4 * (1.0 + random.next());
    let noisy = primary.mapv(|primary| {
        let expected = primary + scatter;
        (expected + (expected / photons).sqrt() * random.normal()).max(1e-5)
    });
    let middle = 2.5 + random.next();
    let width = 0.6 + 0.6 * random.next();
    noisy.mapv(|intensity| {
        let grey = 1.0 / (1.0 + ((middle + intensity.ln()) / width).exp());
        (1023.0 * grey).round() as f32
    })
}

fn resampled(ct: &CtVolume<'_>) -> (Grid, Array3<f32>) {
    let spacing = ct.grid.spacing();
    let length: [f64; 3] = std::array::from_fn(|axis| (ct.grid.shape[axis] - 1) as f64 * spacing[axis]);
    let below = (BELOW_MM / DRAWN_MM).round();
    let mut shape = length.map(|length| (length / DRAWN_MM) as usize);
    shape[0] += below as usize;
    let share: [f64; 3] = std::array::from_fn(|axis| DRAWN_MM / spacing[axis]);
    let first = [0.5 - below, 0.5, 0.5];
    let grid = Grid {
        shape,
        origin: ct.grid.to_patient(std::array::from_fn(|axis| first[axis] * share[axis])),
        steps: std::array::from_fn(|axis| ct.grid.steps[axis].map(|step| step * share[axis])),
    };
    let at = |index: [usize; 3]| {
        let place: [f64; 3] = std::array::from_fn(|axis| ((index[axis] as f64 + first[axis]) * share[axis]).max(0.0));
        let below = place.map(|x| x as usize);
        let corner = |bits: usize| {
            let near: [usize; 3] = std::array::from_fn(|axis| (below[axis] + (bits >> axis & 1)).min(ct.grid.shape[axis] - 1));
            let weight = |axis: usize| match bits >> axis & 1 {
                0 => 1.0 - place[axis].fract(),
                _ => place[axis].fract(),
            };
            f64::from(ct.hu(near)) * weight(0) * weight(1) * weight(2)
        };
        let hu: f64 = (0..8).map(corner).sum();
        WATER * (1.0 + hu as f32 / 1000.0).max(0.0)
    };
    let values: Vec<f32> = (0..shape.iter().product())
        .into_par_iter()
        .map(|i: usize| at([i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]]))
        .collect();
    let field = Array3::from_shape_vec(shape, values).expect("as many as voxels");
    (grid, field)
}
