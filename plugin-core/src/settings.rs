//! What a host may choose, as the JSON that crosses the C ABI.

use crate::report::MeasurementKind;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// All settings; every one has a default, and an unknown key is an error.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What to measure; empty: everything the labels allow.
    pub measurements: Vec<MeasurementKind>,
    /// The series to measure; absent: the best CT series of the study.
    pub series_instance_uid: Option<String>,
    /// Where labels come from.
    pub segmentation: SegmentationChoice,
    /// What the headers may lack.
    pub patient: PatientDetails,
    /// What to build beside the report; absent: everything.
    pub outputs: Option<Vec<OutputKind>>,
    /// Threads to compute with; absent: one per core. Does not change any value.
    pub threads: Option<usize>,
    /// When the measurement started, ISO 8601 with offset; absent: now. Fixing it makes every byte repeatable.
    pub started: Option<String>,
}

impl Settings {
    /// What can change the content of a result, and so belongs to its identity.
    ///
    /// Left out are threads and time, the CT and the labels (known by UID and digest, not by how they were chosen), and which
    /// objects are wanted, but for the SEG, which the SR refers to.
    pub fn identity(&self) -> serde_json::Value {
        let mut measurements = self.measurements.clone();
        measurements.sort_unstable();
        measurements.dedup();
        serde_json::json!({"measurements": measurements, "patient": self.patient, "seg": self.writes(OutputKind::Seg)})
    }

    /// Whether objects of this kind are wanted.
    pub fn writes(&self, kind: OutputKind) -> bool {
        self.outputs.as_ref().is_none_or(|outputs| outputs.contains(&kind))
    }
}

/// Where labels come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SegmentationChoice {
    /// A SEG object among the inputs.
    #[default]
    Auto,
    /// The SEG series with this UID among the inputs.
    DicomSeg {
        /// Series Instance UID of the SEG.
        series_instance_uid: String,
    },
    /// A NIfTI or NRRD label map.
    LabelMap {
        /// The file.
        file: PathBuf,
        /// `totalsegmentator`, or a JSON file `{"1": "l1", "2": "gluteus_maximus_left"}`.
        names: String,
    },
}

/// Patient details given by the user; they take precedence over the headers and are marked so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatientDetails {
    /// Height in metres.
    pub height_m: Option<f64>,
    /// Weight in kilograms.
    pub weight_kg: Option<f64>,
}

/// What is written beside the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    /// Comprehensive 3D SR.
    Sr,
    /// BINARY SEG, when the labels are not already stored as one.
    Seg,
    /// The page as encapsulated PDF.
    Pdf,
    /// The page as Secondary Capture.
    Sc,
}
