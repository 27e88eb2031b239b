//! A slice of trunk with two femora, drawn from formulas, on a couch.

use ndarray::{Array3, s};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::calibration::Evidence;
use plugin_core::geometry::Grid;
use plugin_core::read::{Acquisition, Equipment};
use plugin_core::segmentation::{Doubts, LabelOrigin, Labels, StructureMask};
use plugin_core::volume::CtVolume;

const STEP: f64 = 1.5;
const SHAPE: [usize; 3] = [8, 208, 256];

/// HU of each tissue, and what is wrong with the scan.
#[derive(Clone)]
pub struct Body {
    pub air: f64,
    pub fat: f64,
    pub blood: f64,
    pub muscle: f64,
    pub cortical_bone: f64,
    /// Standard deviation, HU.
    pub noise: f64,
    /// Radius beyond which the scanner did not measure, millimetres.
    pub field_of_view: f64,
    pub labelled: Vec<Structure>,
    pub acquisition: Acquisition,
    pub equipment: Equipment,
}

impl Default for Body {
    fn default() -> Body {
        Body {
            air: -998.0,
            fat: -104.0,
            blood: 42.0,
            muscle: 55.0,
            cortical_bone: 1370.0,
            noise: 0.0,
            field_of_view: 230.0,
            labelled: vec![Structure::SubcutaneousFat, Structure::Aorta, Structure::GluteusMaximus, Structure::Femur],
            acquisition: Acquisition { tube_voltage: Some(120.0), ..Acquisition::default() },
            equipment: Equipment {
                manufacturer: Some("Maker".to_owned()),
                model: Some("Scanner One".to_owned()),
                ..Equipment::default()
            },
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Padding,
    Air,
    Skin,
    Couch,
    Fat,
    Muscle,
    Viscera,
    Aorta,
    Cortex,
    Marrow,
}

impl Body {
    /// Volume and labels.
    pub fn draw(&self) -> (CtVolume<'static>, Labels) {
        let grid = Grid {
            shape: SHAPE,
            origin: [-STEP * 127.5, -STEP * 103.5, 0.0],
            steps: [[0.0, 0.0, 4.0], [0.0, STEP, 0.0], [STEP, 0.0, 0.0]],
        };
        let parts = Array3::from_shape_fn(SHAPE, |(z, y, x)| {
            let [x, y, _] = grid.to_patient([z as f64, y as f64, x as f64]);
            self.part(x, y)
        });
        let mut noise = Noise(7);
        let stored = parts.mapv(|part| match part {
            Part::Padding => -2000,
            part => (self.hu(part) + self.noise * noise.normal()).round() as i16,
        });
        let masks = self.labelled.iter().map(|structure| mask(*structure, &parts)).collect();
        let origin = LabelOrigin::LabelMap { file: None, sha256: String::new(), names: String::new(), resampled: false };
        let labels = Labels {
            grid: grid.clone(),
            masks,
            origin,
            unknown: Vec::new(),
            contradictions: Vec::new(),
            doubts: Doubts::default(),
        };
        (CtVolume { grid, stored: stored.into(), slope: 1.0, intercept: 0.0 }, labels)
    }

    /// What a calibration sees of it.
    pub fn with_evidence<T>(&self, look: impl FnOnce(&Evidence<'_>) -> T) -> T {
        let (volume, labels) = self.draw();
        look(&Evidence {
            volume: &volume,
            acquisition: &self.acquisition,
            equipment: &self.equipment,
            study_date: None,
            labels: labels.masks.iter().collect(),
        })
    }

    /// The same without some labels.
    pub fn without(mut self, structures: &[Structure]) -> Body {
        self.labelled.retain(|structure| !structures.contains(structure));
        self
    }

    fn part(&self, x: f64, y: f64) -> Part {
        let ellipse = |inset: f64| (x / (165.0 - inset)).powi(2) + (y / (120.0 - inset)).powi(2) <= 1.0;
        let from_femur = (x.abs() - 70.0).hypot(y);
        if x.hypot(y) > self.field_of_view {
            Part::Padding
        } else if !ellipse(0.0) {
            if (130.0..140.0).contains(&y) { Part::Couch } else { Part::Air }
        } else if !ellipse(2.0) {
            Part::Skin
        } else if !ellipse(25.0) {
            Part::Fat
        } else if from_femur < 16.0 {
            if from_femur < 10.0 { Part::Marrow } else { Part::Cortex }
        } else if x.hypot(y - 30.0) < 11.0 {
            Part::Aorta
        } else if !ellipse(60.0) {
            Part::Muscle
        } else {
            Part::Viscera
        }
    }

    fn hu(&self, part: Part) -> f64 {
        match part {
            Part::Padding => -2000.0,
            Part::Air => self.air,
            Part::Skin => 20.0,
            // As bright as fat, so that it is told from fat by where it lies.
            Part::Couch => -140.0,
            Part::Fat => self.fat,
            Part::Muscle => self.muscle,
            Part::Viscera => 20.0,
            Part::Aorta => self.blood,
            Part::Cortex => self.cortical_bone,
            Part::Marrow => -50.0,
        }
    }
}

/// Labels reach one voxel too far, as labels do.
fn mask(structure: Structure, parts: &Array3<Part>) -> StructureMask {
    let is = |part: Part| match structure {
        Structure::SubcutaneousFat => part == Part::Fat,
        Structure::Aorta => part == Part::Aorta,
        Structure::Femur | Structure::L3 => matches!(part, Part::Cortex | Part::Marrow),
        _ => part == Part::Muscle,
    };
    let exact = parts.mapv(is);
    let near = |index: [usize; 3]| {
        let [z, y, x] = index;
        [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)].into_iter().any(|(dy, dx): (isize, isize)| {
            exact.get([z, y.wrapping_add_signed(dy), x.wrapping_add_signed(dx)]).copied().unwrap_or(false)
        })
    };
    let corner = [0, 2, 2];
    let voxels = Array3::from_shape_fn(SHAPE, |(z, y, x)| near([z, y, x])).slice(s![.., 2.., 2..]).to_owned();
    let side = if structure.paired() { Side::Left } else { Side::None };
    StructureMask { structure, side, corner, voxels, segments: Vec::new() }
}

/// SplitMix64 (Steele 2014), and Box-Muller.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}
