//! What a calibration is, as the report, the store and the site's tables hold it.

use crate::report::{digits, six_digits};
use crate::units::{Hu, Material, MgPerCm3};
use serde::{Deserialize, Serialize};

/// How HU became density.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Calibration {
    /// No calibration: values are in HU.
    #[default]
    None,
    /// A density phantom in the scan.
    Phantom(PhantomCalibration),
    /// A phantom scanned apart, on the same scanner with the same protocol.
    Stored(StoredCalibration),
    /// The patient's own tissues, by a mapping that was learnt from scans with a phantom.
    Internal(TissueCalibration),
    /// The patient's own tissues and tables of attenuation alone: low confidence.
    Physics(TissueCalibration),
}

impl Calibration {
    /// From HU to density; none where there is no calibration.
    pub fn conversion(&self) -> Option<&Conversion> {
        match self {
            Calibration::None => None,
            Calibration::Phantom(one) => Some(&one.conversion),
            Calibration::Stored(one) => Some(&one.conversion),
            Calibration::Internal(one) | Calibration::Physics(one) => Some(&one.conversion),
        }
    }

    /// Whether categories may rest on it: somebody confirmed the phantom's densities with its certificate.
    pub fn confirmed(&self) -> bool {
        match self {
            Calibration::None | Calibration::Physics(_) => false,
            Calibration::Phantom(one) => one.confirmed_by.is_some(),
            Calibration::Stored(one) => one.confirmed_by.is_some(),
            Calibration::Internal(one) => one.confirmed_by.is_some(),
        }
    }
}

impl Calibration {
    /// With the digits that a report prints, and that densities are then computed with: eight of a line, six of what it was read
    /// from.
    pub(super) fn rounded(mut self) -> Calibration {
        let tissues = |one: &mut TissueCalibration| {
            one.conversion = one.conversion.rounded();
            let figures = [&mut one.standard_error, &mut one.effective_energy_kev, &mut one.r_squared];
            figures.into_iter().flatten().for_each(|figure| *figure = six_digits(*figure));
            one.tissues.iter_mut().flat_map(|tissue| [&mut tissue.hu, &mut tissue.sd_hu]).for_each(|hu| *hu = six_digits(*hu));
        };
        match &mut self {
            // A stored calibration is what its file says.
            Calibration::None | Calibration::Stored(_) => {}
            Calibration::Internal(one) | Calibration::Physics(one) => tissues(one),
            Calibration::Phantom(one) => {
                one.conversion = one.conversion.rounded();
                (one.r_squared, one.residual_sd) = (six_digits(one.r_squared), six_digits(one.residual_sd));
                for rod in &mut one.rods {
                    (rod.hu, rod.sd_hu, rod.centre_mm) =
                        (six_digits(rod.hu), six_digits(rod.sd_hu), rod.centre_mm.map(six_digits));
                }
            }
        }
        self
    }
}

/// `density = curvature * HU^2 + slope * HU + intercept`, in mg/cm3 of `material`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// What the density is equivalent to.
    pub material: Material,
    /// mg/cm3 per HU.
    pub slope: f64,
    /// mg/cm3 at 0 HU.
    pub intercept: f64,
    /// mg/cm3 per HU squared; 0 for every way but physics.
    #[serde(default)]
    pub curvature: f64,
}

impl Conversion {
    fn rounded(self) -> Conversion {
        let [slope, intercept, curvature] = [self.slope, self.intercept, self.curvature].map(|value| digits(value, 8));
        Conversion { slope, intercept, curvature, ..self }
    }

    /// Density of one CT number.
    pub fn density(&self, hu: Hu) -> MgPerCm3 {
        MgPerCm3((self.curvature * hu.0 + self.slope) * hu.0 + self.intercept)
    }

    /// Whether it is a straight line that a phantom could have given: slope 0.1 to 3, intercept -500 to 500.
    pub(super) fn is_plausible_line(&self) -> bool {
        (0.1..=3.0).contains(&self.slope) && self.intercept.abs() <= 500.0 && self.curvature == 0.0
    }
}

/// A phantom in the scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhantomCalibration {
    /// Identifier of its definition, such as `b-mas200`.
    pub phantom: String,
    /// Serial number, where the definition has one.
    pub serial: Option<String>,
    /// Certificate that states its densities.
    pub certificate: Option<String>,
    /// Who confirmed them; absent: a template that nobody confirmed.
    pub confirmed_by: Option<String>,
    /// How its rods were found.
    pub rods_from: RodSource,
    /// The line.
    pub conversion: Conversion,
    /// Share of the variance that the line explains.
    pub r_squared: f64,
    /// Residual standard deviation, mg/cm3.
    pub residual_sd: f64,
    /// The rods, by increasing density.
    pub rods: Vec<RodReading>,
}

/// How rods were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RodSource {
    /// By the program.
    Detected,
    /// Given by the user.
    LabelMap,
}

/// One rod.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RodReading {
    /// mg/cm3 of the phantom's material, by its definition.
    pub density: f64,
    /// Mean (trimmed) CT number.
    pub hu: f64,
    /// Standard deviation of the CT number.
    pub sd_hu: f64,
    /// Voxels that were read.
    pub voxels: usize,
    /// LPS millimetres.
    pub centre_mm: [f64; 3],
}

/// A scanner and protocol, and the line that a phantom gave there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredCalibration {
    /// Name by which it is stored: letters, digits, `-`, `_`, `.`.
    pub id: String,
    /// Manufacturer (0008,0070).
    pub manufacturer: Option<String>,
    /// Manufacturer's Model Name (0008,1090).
    pub model: Option<String>,
    /// Device Serial Number (0018,1000).
    pub serial_number: Option<String>,
    /// KVP (0018,0060).
    pub tube_voltage_kv: Option<f64>,
    /// Convolution Kernel (0018,1210).
    pub kernel: Option<String>,
    /// Slice Thickness (0018,0050).
    pub slice_thickness_mm: Option<f64>,
    /// Definition of the phantom.
    pub phantom: String,
    /// Serial number of the phantom.
    pub phantom_serial: Option<String>,
    /// Who confirmed its densities with the certificate; absent: nobody.
    pub confirmed_by: Option<String>,
    /// When the phantom was scanned, `YYYY-MM-DD`.
    pub date: String,
    /// Last day on which it may be used, `YYYY-MM-DD`.
    pub expires: String,
    /// The line.
    pub conversion: Conversion,
    /// Share of the variance that the line explains.
    pub r_squared: f64,
}

/// A calibration by the patient's own tissues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TissueCalibration {
    /// Identifier of the mapping; none for physics alone.
    pub mapping: Option<String>,
    /// Who confirmed the mapping; absent: nobody.
    pub confirmed_by: Option<String>,
    /// The curve.
    pub conversion: Conversion,
    /// Standard error of a density of 100 mg/cm3, where the mapping tells it.
    pub standard_error: Option<f64>,
    /// Energy at which tables and CT numbers agree best (physics).
    pub effective_energy_kev: Option<f64>,
    /// Share of the variance that the tissues' line explains.
    pub r_squared: Option<f64>,
    /// The tissues.
    pub tissues: Vec<TissueReading>,
}

/// A reference tissue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tissue {
    /// Air around the patient.
    Air,
    /// Subcutaneous fat.
    Fat,
    /// Blood in the aorta.
    Blood,
    /// Skeletal muscle.
    Muscle,
    /// Dense cortical bone.
    CorticalBone,
}

/// What was read in one tissue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TissueReading {
    /// Which.
    pub tissue: Tissue,
    /// Mean CT number.
    pub hu: f64,
    /// Standard deviation.
    pub sd_hu: f64,
    /// Voxels that were read.
    pub voxels: usize,
}

/// How a host wants HU to become density.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CalibrationChoice {
    /// A phantom in the scan; else a stored calibration that fits; else the site's mapping of tissues; else none.
    #[default]
    Auto,
    /// Values in HU.
    None,
    /// The phantom in the scan.
    Phantom {
        /// Identifier of its definition; absent: the one that fits.
        #[serde(default)]
        phantom: Option<String>,
        /// Label map of the rods on the CT, NIfTI or NRRD: value 1 is the first rod of the definition. Absent: they are detected.
        #[serde(default)]
        rods: Option<std::path::PathBuf>,
    },
    /// A stored calibration.
    Stored {
        /// Its identifier; absent: the one that fits scanner and protocol.
        #[serde(default)]
        id: Option<String>,
    },
    /// The patient's own tissues by one of the site's mappings.
    Internal {
        /// Its identifier; absent: the one that fits scanner and protocol.
        #[serde(default)]
        mapping: Option<String>,
    },
    /// The patient's own tissues and tables of attenuation alone.
    Physics,
}
