//! `Report`: what was measured, in what, how, and what was not measured and why.

use super::{Assessment, Block, Criterion, GateCode, Landmark, Quality, Quantity, ReferenceUsed, Region, SeriesSummary};
use crate::anatomy::{Kind, Side, Structure};
use crate::calibration::Calibration;
use crate::segmentation::LabelOrigin;
use crate::units::{Material, Unit};
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
    /// The CT series or the radiograph.
    pub series: SeriesSummary,
    /// What the gates and criteria may use of the patient; never the name.
    pub patient: Patient,
    /// How HU became density; none of a radiograph, whose densities come from the model.
    pub calibration: Calibration,
    /// Where the labels came from.
    pub segmentation: LabelOrigin,
    /// Gates that spoke about the series as a whole.
    pub quality: Vec<Quality>,
    /// One per structure and side.
    pub findings: Vec<Finding>,
    /// Reference values and cut-offs that findings were compared with.
    pub references: Vec<ReferenceUsed>,
}

/// What measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Software {
    /// `BoneMuscle`.
    pub name: String,
    /// Semantic version.
    pub version: String,
}

/// What is known of the patient; absent stays absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Patient {
    /// Patient's Sex (0010,0040): `F`, `M`, `O`; or as the user gave it.
    pub sex: Option<String>,
    /// Patient's Age (0010,1010) in whole years, where the source gives it in years; or as the user gave it.
    pub age_years: Option<u32>,
    /// Patient's Size (0010,1020), or as the user gave it.
    pub height_m: Option<f64>,
    /// Patient's Weight (0010,1030), or as the user gave it.
    pub weight_kg: Option<f64>,
    /// Which of these the user gave, by their names here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
}

/// What a host may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasurementKind {
    /// Lumbar vertebrae: density, heights, projection.
    LumbarBmd,
    /// Proximal femora: density of the projected regions.
    FemurBmd,
    /// Muscles, and the slice through the middle of L3.
    Muscle,
    /// Proximal femora and the muscles around them on a plain radiograph.
    HipXray,
}

impl MeasurementKind {
    /// Those of a CT, in the order of reports.
    pub const OF_CT: [MeasurementKind; 3] = [MeasurementKind::LumbarBmd, MeasurementKind::FemurBmd, MeasurementKind::Muscle];

    /// Which structures it measures on a CT.
    pub fn covers(self, structure: Structure) -> bool {
        match self {
            MeasurementKind::LumbarBmd => structure.kind() == Kind::LumbarVertebra,
            MeasurementKind::FemurBmd => structure == Structure::Femur,
            MeasurementKind::Muscle => structure.kind() == Kind::Muscle || structure == Structure::SkeletalMuscle,
            MeasurementKind::HipXray => false,
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
    /// What published criteria say of the values.
    pub assessments: Vec<Assessment>,
    /// Landmarks that the values rest on.
    pub landmarks: Vec<Landmark>,
    /// How sure the labels are.
    pub uncertainty: Uncertainty,
}

impl Finding {
    /// Nothing yet.
    pub fn new(structure: Structure, side: Side) -> Finding {
        Finding {
            structure,
            side,
            measurements: Vec::new(),
            not_measured: Vec::new(),
            assessments: Vec::new(),
            landmarks: Vec::new(),
            uncertainty: Uncertainty::None,
        }
    }

    /// The value of `quantity` in `region`, if it was measured; the first, where several recipes gave one.
    pub fn value(&self, region: Region, quantity: Quantity) -> Option<f64> {
        self.measurements.iter().find(|one| (one.region, one.quantity) == (region, quantity)).map(|one| one.value)
    }
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
    /// By how much such values of the model are off, root mean square, in the unit of the value, six significant digits: found on
    /// simulated films of makers that the model had not seen, and the same for every film. None where no network gave the value, or
    /// its makers do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_mean_square_error: Option<f64>,
    /// UCUM, with the equivalence material of mineral densities as annotation.
    pub unit: Unit,
    /// Identifier and version of the recipe, such as `trabecular-body/1`.
    pub method: String,
    /// For scores: identifier of the row of the reference table, an entry of the report's `references`.
    pub reference: Option<String>,
}

impl Measurement {
    /// A value rounded to six significant digits. `value` must be finite.
    pub fn new(region: Region, quantity: Quantity, value: f64, method: &str) -> Self {
        debug_assert!(value.is_finite());
        Measurement {
            region,
            quantity,
            value: six_digits(value),
            root_mean_square_error: None,
            unit: quantity.unit(),
            method: method.to_owned(),
            reference: None,
        }
    }

    /// The same value, of which it is known by how much its like are off; none: it is not known.
    pub fn off_by(self, root_mean_square_error: Option<f64>) -> Self {
        Measurement { root_mean_square_error: root_mean_square_error.map(six_digits), ..self }
    }

    /// A mineral density or content, equivalent to `material`.
    pub fn mineral(region: Region, quantity: Quantity, value: f64, method: &str, material: Material) -> Self {
        let plain = Measurement::new(region, quantity, value, method);
        Measurement { unit: plain.unit.of_material(material), ..plain }
    }
}

/// `value` rounded to six significant digits.
pub fn six_digits(value: f64) -> f64 {
    digits(value, 6)
}

/// `value` rounded to `count` significant digits.
pub(crate) fn digits(value: f64, count: usize) -> f64 {
    format!("{value:.*e}", count.saturating_sub(1)).parse().unwrap_or(value)
}

/// A value that could not be given: never zero, never NaN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotMeasured {
    /// Where in the structure.
    pub region: Region,
    /// What is missing.
    pub quantities: Vec<Quantity>,
    /// Which criteria could therefore not be applied, or were withheld themselves.
    pub criteria: Vec<Criterion>,
    /// Which gate.
    pub code: GateCode,
    /// A sentence that says what was found and what would do.
    pub reason: String,
    /// The figure the gate saw, where there is one.
    pub found: Option<f64>,
}

impl NotMeasured {
    /// The values that `block` withholds.
    pub fn values(region: Region, quantities: &[Quantity], block: Block) -> NotMeasured {
        let Block { code, reason, found } = block;
        NotMeasured { region, quantities: quantities.to_vec(), criteria: Vec::new(), code, reason, found }
    }
}

/// How sure the labels are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Uncertainty {
    /// The source of the labels gives none.
    None,
    /// Repeated passes of a network with dropout (Hiasa 2020, IEEE TMI 39:1030).
    MonteCarloDropout {
        /// Mean predictive variance over the structure's voxels, six significant digits; of a finding that rests on several labels
        /// the largest.
        predictive_variance: f64,
        /// Dice that it predicts, where the model has coefficients, six significant digits; of several labels the least.
        predicted_dice: Option<f64>,
    },
}
