//! `Report`: what was measured, in what, how, and what was not measured and why.

use crate::anatomy::{Code, Kind, Scheme, Side, Structure, code};
use crate::calibration::Calibration;
use crate::segmentation::LabelOrigin;
use serde::{Deserialize, Serialize};

/// Name and version of the JSON form; the schema is `plugin-core/schema/report.schema.json`.
pub const SCHEMA: &str = "bonemuscle-report/1";

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// [`crate::RESEARCH_USE_ONLY`].
    pub notice: String,
    /// What measured.
    pub software: Software,
    /// When measuring started, ISO 8601 with offset.
    pub started: String,
    /// The CT.
    pub series: SeriesSummary,
    /// What the gates and criteria may use of the patient; never the name.
    pub patient: Patient,
    /// How HU became density.
    pub calibration: Calibration,
    /// Where the labels came from.
    pub segmentation: LabelOrigin,
    /// Gates that spoke about the series as a whole.
    pub quality: Vec<Quality>,
    /// One per structure and side.
    pub findings: Vec<Finding>,
}

/// What measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Software {
    /// `BoneMuscle`.
    pub name: String,
    /// Semantic version.
    pub version: String,
}

/// The CT that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesSummary {
    /// Study Instance UID.
    pub study_instance_uid: String,
    /// Series Instance UID.
    pub series_instance_uid: String,
    /// Series Description.
    pub description: Option<String>,
    /// Slices, rows, columns.
    pub shape: [usize; 3],
    /// Millimetres between voxel centres along slices, rows, columns.
    pub spacing_mm: [f64; 3],
    /// Slice Thickness (0018,0050).
    pub slice_thickness_mm: Option<f64>,
    /// KVP.
    pub tube_voltage_kv: Option<f64>,
    /// Convolution Kernel.
    pub kernel: Option<String>,
    /// SHA-256 over the sorted SOP Instance UIDs, hexadecimal.
    pub instances_sha256: String,
}

/// What is known of the patient; absent stays absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Patient {
    /// Patient's Sex (0010,0040): `F`, `M`, `O`.
    pub sex: Option<String>,
    /// Patient's Age (0010,1010) in whole years, where the source gives it in years.
    pub age_years: Option<u32>,
    /// Patient's Size (0010,1020), or as the user gave it.
    pub height_m: Option<f64>,
    /// Patient's Weight (0010,1030), or as the user gave it.
    pub weight_kg: Option<f64>,
}

/// What a host may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasurementKind {
    /// Trabecular attenuation of the lumbar vertebrae.
    LumbarBmd,
    /// Volume, attenuation and fat share of muscles.
    Muscle,
}

impl MeasurementKind {
    /// All, in the order of reports.
    pub const ALL: [MeasurementKind; 2] = [MeasurementKind::LumbarBmd, MeasurementKind::Muscle];

    /// Which structures it measures.
    pub fn covers(self, structure: Structure) -> bool {
        match self {
            MeasurementKind::LumbarBmd => structure.kind() == Kind::LumbarVertebra,
            MeasurementKind::Muscle => structure.kind() == Kind::Muscle,
        }
    }
}

/// Everything about one structure on one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub structure: Structure,
    /// Which side.
    pub side: Side,
    /// Values.
    pub measurements: Vec<Measurement>,
    /// Values that could not be given.
    pub not_measured: Vec<NotMeasured>,
    /// How sure the labels are.
    pub uncertainty: Uncertainty,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Where in the structure.
    pub region: Region,
    /// What.
    pub quantity: Quantity,
    /// Six significant digits, so that JSON, CSV, SR and page agree to the last one.
    pub value: f64,
    /// UCUM code of the unit.
    pub unit: String,
    /// Identifier and version of the recipe, such as `trabecular-body/1`.
    pub method: String,
}

impl Measurement {
    /// A value rounded to six significant digits. `value` must be finite.
    pub fn new(region: Region, quantity: Quantity, value: f64, method: &str) -> Self {
        debug_assert!(value.is_finite());
        Measurement {
            region,
            quantity,
            value: six_digits(value),
            unit: quantity.unit().value.to_owned(),
            method: method.to_owned(),
        }
    }
}

/// `value` rounded to six significant digits.
pub fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// A value that could not be given: never zero, never NaN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotMeasured {
    /// Where in the structure.
    pub region: Region,
    /// What is missing.
    pub quantities: Vec<Quantity>,
    /// Which gate.
    pub code: GateCode,
    /// A sentence that says what was found and what would do.
    pub reason: String,
    /// The figure the gate saw, where there is one.
    pub found: Option<f64>,
}

/// A gate that spoke about the whole series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Which gate.
    pub code: GateCode,
    /// What it does.
    pub severity: Severity,
    /// A sentence.
    pub message: String,
    /// The figure the gate saw, where there is one.
    pub found: Option<f64>,
}

/// What a gate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For information.
    Info,
    /// Read the value with care.
    Warning,
    /// The value is withheld.
    Block,
}

/// Names of gates, as they stand in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum GateCode {
    /// Slices are thick.
    SliceThick,
    /// The structure touches, or nearly touches, the edge of the image.
    BorderMask,
    /// Metal lies near the structure.
    Metal,
    /// Side in doubt.
    Laterality,
    /// Too few voxels remain in the region of interest.
    RoiSmall,
    /// The labels hold no such structure.
    NotLabelled,
    /// The order of vertebrae is not anatomical.
    LevelOrder,
    /// The vertebral body cannot be told from the label of the vertebra.
    BodyNotFound,
    /// Part of a region was left out as focal dense bone.
    FocalDense,
    /// A mean that the tissue cannot have.
    HuRange,
    /// The label lacks slices.
    LabelGap,
    /// The source contradicts itself about a label.
    LabelContradiction,
    /// The study holds other segmentations of the same CT.
    LabelsNotUsed,
    /// Contrast agent was given.
    Contrast,
    /// Another tube voltage than the usual.
    Kvp,
    /// A sharp convolution kernel.
    Kernel,
}

impl GateCode {
    /// The code as it stands in JSON, such as `SLICE_THICK`.
    pub fn name(self) -> &'static str {
        match self {
            GateCode::SliceThick => "SLICE_THICK",
            GateCode::BorderMask => "BORDER_MASK",
            GateCode::Metal => "METAL",
            GateCode::Laterality => "LATERALITY",
            GateCode::RoiSmall => "ROI_SMALL",
            GateCode::NotLabelled => "NOT_LABELLED",
            GateCode::LevelOrder => "LEVEL_ORDER",
            GateCode::BodyNotFound => "BODY_NOT_FOUND",
            GateCode::FocalDense => "FOCAL_DENSE",
            GateCode::HuRange => "HU_RANGE",
            GateCode::LabelGap => "LABEL_GAP",
            GateCode::LabelContradiction => "LABEL_CONTRADICTION",
            GateCode::LabelsNotUsed => "LABELS_NOT_USED",
            GateCode::Contrast => "CONTRAST",
            GateCode::Kvp => "KVP",
            GateCode::Kernel => "KERNEL",
        }
    }
}

/// Where in a structure a value was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// All labelled voxels.
    Whole,
    /// The trabecular region of interest of a vertebral body.
    Trabecular,
}

impl Region {
    /// Identifier in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Region::Whole => "whole",
            Region::Trabecular => "trabecular",
        }
    }
}

/// What is measured; each quantity has one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Volume.
    Volume,
    /// Mean CT number.
    AttenuationMean,
    /// Median CT number.
    AttenuationMedian,
    /// Standard deviation of the CT number.
    AttenuationSd,
    /// Share of voxels whose CT number is that of fat, -190 to -30 HU (Aubrey 2014).
    FatVoxelShare,
}

impl Quantity {
    /// Identifier in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Volume => "volume",
            Quantity::AttenuationMean => "attenuation_mean",
            Quantity::AttenuationMedian => "attenuation_median",
            Quantity::AttenuationSd => "attenuation_sd",
            Quantity::FatVoxelShare => "fat_voxel_share",
        }
    }

    /// Its unit in UCUM.
    pub fn unit(self) -> Code {
        match self {
            Quantity::Volume => code("cm3", Scheme::Ucum, "cubic centimeter"),
            Quantity::AttenuationMean | Quantity::AttenuationMedian | Quantity::AttenuationSd => {
                code("[hnsf'U]", Scheme::Ucum, "Hounsfield unit")
            }
            Quantity::FatVoxelShare => code("%", Scheme::Ucum, "percent"),
        }
    }
}

/// How sure the labels are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Uncertainty {
    /// The source of the labels gives none.
    None,
}
