//! A body, a phantom and a table, drawn from formulas.

use ndarray::Array3;
use plugin_core::calibration::{Calibrated, CalibrationChoice, CalibrationError, Conversion, Evidence, calibrate};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::read::{Acquisition, Equipment};
use plugin_core::settings::Settings;
use plugin_core::units::Mm;
use plugin_core::volume::CtVolume;

/// HU of 1 mg/cm3, and of none.
pub const SENSITIVITY: f64 = 1.25;
pub const OFFSET: f64 = 4.0;

/// What is drawn. Lengths in millimetres, LPS; the table is at greater y.
#[derive(Clone)]
pub struct Scene {
    /// HU of the rods in the order in which they lie, left to right.
    pub rods: Vec<f64>,
    pub radius: f64,
    pub spacing: f64,
    /// HU of the plastic.
    pub matrix: f64,
    /// Where the phantom begins and ends.
    pub z: [f64; 2],
    /// x of the middle of the phantom.
    pub x: f64,
    /// How far x runs per z: the phantom lies crooked on the table.
    pub yaw: f64,
    /// Whether somebody lies on it.
    pub body: bool,
    /// Standard deviation of the noise, HU.
    pub noise: f64,
}

impl Default for Scene {
    /// A B-MAS200.
    fn default() -> Self {
        Scene {
            rods: [200.0, 100.0, 0.0, 50.0, 150.0].map(|density| SENSITIVITY * density + OFFSET).to_vec(),
            radius: 7.5,
            spacing: 30.0,
            matrix: OFFSET,
            z: [-1000.0, 1000.0],
            x: 0.0,
            yaw: 0.0,
            body: true,
            noise: 0.0,
        }
    }
}

/// y of the middle of the phantom.
const PHANTOM_Y: f64 = 85.0;

impl Scene {
    /// HU at a point: a body with a spine and two legs' worth of bone, the phantom behind it, a table behind that.
    fn hu(&self, [x, y, z]: Lps) -> f64 {
        let round = |cx: f64, cy: f64, r: f64| (x - cx).hypot(y - cy) <= r;
        let in_phantom = (self.z[0]..=self.z[1]).contains(&z) && (y - PHANTOM_Y).abs() <= 14.0;
        let aside = x - self.x - self.yaw * z;
        let half = self.spacing * (self.rods.len() as f64 - 1.0) / 2.0;
        if in_phantom && aside.abs() <= half + 20.0 {
            let rod = self.rods.iter().enumerate().find(|(index, _)| {
                let centre = *index as f64 * self.spacing - half;
                (aside - centre).hypot(y - PHANTOM_Y) <= self.radius
            });
            return rod.map_or(self.matrix, |(_, hu)| *hu);
        }
        match y {
            // Five bones in a row near the back, as unlike rods as vertebral processes can be.
            _ if y < 70.0 && !self.body => -1000.0,
            _ if (0..5).any(|i| round(-60.0 + 30.0 * f64::from(i), 48.0, 7.5 - f64::from(i % 2))) => 350.0,
            _ if round(0.0, 10.0, 20.0) => 180.0,
            _ if (x / 150.0).powi(2) + (y / 68.0).powi(2) <= 1.0 => 45.0,
            _ if (108.0..=111.0).contains(&y) && x.abs() < 170.0 => 100.0,
            _ if (111.0..=118.0).contains(&y) && x.abs() < 170.0 => -900.0,
            _ => -1000.0,
        }
    }

    /// Every voxel the mean of 2 x 2 points of its slice.
    pub fn scan(&self, grid: &Grid) -> Scan {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut uniform = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let stored = Array3::from_shape_fn(grid.shape, |(z, y, x)| {
            let quarter = |dy: f64, dx: f64| self.hu(grid.to_patient([z as f64, y as f64 + dy, x as f64 + dx]));
            let mean = (quarter(-0.25, -0.25) + quarter(-0.25, 0.25) + quarter(0.25, -0.25) + quarter(0.25, 0.25)) / 4.0;
            // The sum of four uniform numbers has a variance of a third.
            let noise: f64 = if self.noise > 0.0 { (0..4).map(|_| uniform()).sum::<f64>() * 3.0_f64.sqrt() } else { 0.0 };
            (mean + self.noise * noise).round() as i16
        });
        Scan::of(CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 })
    }
}

/// An axial grid of 340 x 220 mm around the body.
pub fn grid(in_plane: f64, between: f64, slices: usize) -> Grid {
    Grid {
        shape: [slices, (220.0 / in_plane) as usize, (340.0 / in_plane) as usize],
        origin: [-170.0, -90.0, -between * (slices as f64 - 1.0) / 2.0],
        steps: [[0.0, 0.0, between], [0.0, in_plane, 0.0], [in_plane, 0.0, 0.0]],
    }
}

/// A volume and what its headers say.
#[derive(Clone)]
pub struct Scan {
    pub volume: CtVolume<'static>,
    pub acquisition: Acquisition,
    pub equipment: Equipment,
    pub study_date: Option<&'static str>,
    pub settings: Settings,
}

impl Scan {
    pub fn of(volume: CtVolume<'static>) -> Scan {
        Scan {
            volume,
            acquisition: Acquisition {
                slice_thickness: Some(Mm(1.25)),
                tube_voltage: Some(120.0),
                kernel: Some("STANDARD".to_owned()),
                patient_position: Some("HFS".to_owned()),
                ..Acquisition::default()
            },
            equipment: Equipment {
                manufacturer: Some("ACME".to_owned()),
                model: Some("Scanner 64".to_owned()),
                serial_number: Some("S1".to_owned()),
                ..Equipment::default()
            },
            study_date: Some("20260131"),
            settings: Settings::default(),
        }
    }

    pub fn evidence(&self) -> Evidence<'_> {
        Evidence {
            volume: &self.volume,
            acquisition: &self.acquisition,
            equipment: &self.equipment,
            study_date: self.study_date,
            labels: Vec::new(),
        }
    }

    pub fn calibrate(&self, choice: CalibrationChoice) -> Result<Calibrated, CalibrationError> {
        let settings = Settings { calibration: choice, ..self.settings.clone() };
        calibrate(&settings, &self.evidence())
    }

    /// The line; the scan must give one.
    pub fn conversion(&self, choice: CalibrationChoice) -> Conversion {
        let calibrated = self.calibrate(choice).expect("no error");
        *calibrated.calibration.conversion().unwrap_or_else(|| panic!("{calibrated:?}"))
    }
}
