//! What a host may choose, as the JSON that crosses the C ABI.

use crate::anatomy::Structure;
use crate::calibration::{CalibrationChoice, PhantomDefinition, StoredCalibration, TissueMapping};
use crate::criteria::ReferenceTables;
use crate::report::MeasurementKind;
use crate::report::named::named;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// All settings; every one has a default, and an unknown key is an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What to measure; empty: everything the labels allow.
    pub measurements: Vec<MeasurementKind>,
    /// The series to measure; absent: the best CT series of the study, or where it has none the newest film of a hip.
    pub series_instance_uid: Option<String>,
    /// Series that could be measured as well and that the host left out, as `choose` names them: the report says so.
    pub other_ct_series: Vec<String>,
    /// Where labels come from.
    pub segmentation: SegmentationChoice,
    /// How a model is run, where labels come from one.
    pub model: ModelSettings,
    /// What the headers may lack.
    pub patient: PatientDetails,
    /// How HU become density.
    pub calibration: CalibrationChoice,
    /// How femora are projected and divided.
    pub femur: FemurSettings,
    /// How a film of the hip is measured.
    pub xray: XraySettings,
    /// By which models grams of muscle are computed; every one gives values of its own.
    pub mass_models: Vec<MassModel>,
    /// What the site supplies.
    pub site: Site,
    /// Language of the page; report, table, SR and SEG are English.
    pub language: Language,
    /// What to build beside the report; absent: page and DICOM objects.
    pub outputs: Option<Vec<OutputKind>>,
    /// The format of volumes that are built.
    pub volume_format: VolumeFormat,
    /// Threads to compute with; absent: one per core. Does not change any value.
    pub threads: Option<usize>,
    /// When the measurement started, ISO 8601 with offset; absent: now. Fixing it makes every byte repeatable.
    pub started: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            measurements: Vec::new(),
            series_instance_uid: None,
            other_ct_series: Vec::new(),
            segmentation: SegmentationChoice::default(),
            model: ModelSettings::default(),
            patient: PatientDetails::default(),
            calibration: CalibrationChoice::default(),
            femur: FemurSettings::default(),
            xray: XraySettings::default(),
            mass_models: vec![MassModel::TwoComponent],
            site: Site::default(),
            language: Language::default(),
            outputs: None,
            volume_format: VolumeFormat::default(),
            threads: None,
            started: None,
        }
    }
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
        serde_json::json!({
            "measurements": measurements,
            "patient": self.patient,
            "femur": self.femur,
            "mass_models": self.mass_models,
            "references": self.site.references,
            "dxa_smi": self.site.dxa_smi,
            "seg": self.writes(OutputKind::Seg),
        })
    }

    /// Whether files of this kind are wanted.
    pub fn writes(&self, kind: OutputKind) -> bool {
        let by_default = !matches!(kind, OutputKind::Image | OutputKind::LabelMap);
        self.outputs.as_ref().map_or(by_default, |outputs| outputs.contains(&kind))
    }
}

/// Where labels come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SegmentationChoice {
    /// A SEG object among the inputs; where there is none, the reference model.
    #[default]
    Auto,
    /// A model, also where the inputs hold a SEG.
    Model {
        /// Its name: `bonemuscle-ct`, or one of the site's.
        name: String,
    },
    /// The SEG series with this UID among the inputs.
    DicomSeg {
        /// Series Instance UID of the SEG.
        series_instance_uid: String,
    },
    /// A NIfTI or NRRD label map.
    LabelMap {
        /// The file.
        file: PathBuf,
        /// `totalsegmentator`; `segments`, the names in a segmentation file of 3D Slicer; or a JSON file `{"1": "l1", "2":
        /// "gluteus_maximus_left"}`.
        names: String,
    },
}

/// How a model is run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSettings {
    /// Passes with dropout, from which the uncertainty comes, 2 to 200; 0: none; absent: as the model's manifest says.
    pub passes: Option<u16>,
    /// Seed of the dropout masks.
    pub seed: u64,
    /// The library that runs it.
    pub engine: Engine,
}

impl ModelSettings {
    /// More passes cost hours and tell nothing new.
    const MOST_PASSES: u16 = 200;

    /// Whether as many passes give an uncertainty, or none is asked for. A single one never differs from itself: it would call every
    /// label certain.
    pub fn accepts(passes: u16) -> bool {
        passes != 1 && passes <= ModelSettings::MOST_PASSES
    }

    /// Whether a model can be run so; else a sentence.
    pub fn check(&self) -> Result<(), String> {
        match self.passes.filter(|passes| !ModelSettings::accepts(*passes)) {
            None => Ok(()),
            Some(passes) => {
                Err(format!("model.passes is {passes}; accepted: 0 for no uncertainty, or 2 to {}", ModelSettings::MOST_PASSES))
            }
        }
    }
}

/// A library that runs networks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// OpenVINO where it is installed, else ONNX Runtime.
    #[default]
    Auto,
    /// ONNX Runtime.
    OnnxRuntime,
    /// OpenVINO, in f32.
    OpenVino,
}

/// Patient details given by the user; they take precedence over the headers and are marked so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatientDetails {
    /// Height in metres.
    pub height_m: Option<f64>,
    /// Weight in kilograms.
    pub weight_kg: Option<f64>,
    /// Sex by which reference values are chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Age in whole years at the time of the scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_years: Option<u32>,
}

/// Sex, as Patient's Sex (0010,0040) has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    F,
    /// Male.
    M,
}

impl Sex {
    /// The value of Patient's Sex (0010,0040).
    pub fn code(self) -> &'static str {
        match self {
            Sex::F => "F",
            Sex::M => "M",
        }
    }
}

/// What is written beside the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    /// Comprehensive 3D SR.
    Sr,
    /// BINARY SEG, when the labels are not already stored as one.
    Seg,
    /// The page as `report.pdf` and, of a DICOM study, as encapsulated PDF.
    Pdf,
    /// The page as `report.png` and, of a DICOM study, as Secondary Capture.
    Sc,
    /// The CT as it was measured, in Hounsfield units: `image.nii.gz` or `image.nrrd`.
    Image,
    /// The labels of the CT: `labels.nii.gz` or `labels.nrrd`, and `labels.json`, which names the values.
    LabelMap,
}

/// The format of a volume.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VolumeFormat {
    /// NIfTI-1, gzip.
    #[default]
    Nifti,
    /// NRRD, uncompressed; places keep all digits.
    Nrrd,
}

/// How a femur is turned, projected and divided into regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FemurSettings {
    /// Where the femoral neck is read.
    pub neck: NeckRegion,
    /// How the bone is turned before it is projected.
    pub pose: PoseMode,
    /// How far below the lesser trochanter the total hip ends, in millimetres.
    pub distal_mm: f64,
}

impl Default for FemurSettings {
    fn default() -> Self {
        FemurSettings { neck: NeckRegion::Osaka10mm, pose: PoseMode::NeckShaftFrame, distal_mm: 20.0 }
    }
}

impl FemurSettings {
    /// A sentence, where a setting is out of its range.
    pub fn check(&self) -> Result<(), String> {
        let accepted = 5.0..=40.0;
        if accepted.contains(&self.distal_mm) {
            return Ok(());
        }
        Err(format!("femur.distal_mm is {}; accepted: {} to {}", self.distal_mm, accepted.start(), accepted.end()))
    }
}

named! {
    /// Where the femoral neck is read.
    NeckRegion {
        /// A strip of 10 mm along the junction of head and neck (Uemura 2022).
        Osaka10mm = "osaka_10mm",
        /// A box of 15 mm across the neck that touches the notch of the greater trochanter.
        HologicLike = "hologic_like",
        /// The 10 mm of the neck with the lowest mean.
        MinBmdScan = "min_bmd_scan",
    }
}

named! {
    /// How the bone is turned before it is projected.
    PoseMode {
        /// Neck axis into the coronal plane, shaft upright in it; flexion is left (Uemura 2022).
        Uemura2022 = "uemura2022",
        /// The frame of neck and shaft axes, which removes flexion as well.
        NeckShaftFrame = "neck_shaft_frame",
        /// As the patient lay.
        AsScanned = "as_scanned",
    }
}

/// How a film of the hip is measured. What the user states stands in place of what the headers say, and is marked so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct XraySettings {
    /// Name of the model; absent: that of the library.
    pub model: Option<String>,
    /// Which hips the film shows.
    pub side: Option<FilmSide>,
    /// How much larger than the hip its image at the detector is.
    pub magnification: Option<f64>,
    /// SOP Instance UID of the film to measure; absent: the newest that nothing speaks against.
    pub film: Option<String>,
}

named! {
    /// Which hips a film shows, as the user states it.
    FilmSide {
        /// The left one.
        Left = "left",
        /// The right one.
        Right = "right",
        /// Both, lying as an AP film is read where Patient Orientation (0020,0020) is absent.
        Both = "both",
    }
}

impl XraySettings {
    /// A sentence, where a setting is out of its range.
    pub fn check(&self) -> Result<(), String> {
        // At 1 the hip would lie on the detector; at 1.5 half a metre and more before it.
        let accepted = 1.0..=1.5;
        if let Some(factor) = self.magnification.filter(|factor| !accepted.contains(factor)) {
            return Err(format!("xray.magnification is {factor}; accepted: {} to {}", accepted.start(), accepted.end()));
        }
        Ok(())
    }
}

/// How grams of muscle follow from volume and CT number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MassModel {
    /// 1.06 g/cm3 of volume.
    Constant,
    /// Muscle and fat, mixed linearly by CT number.
    TwoComponent,
    /// Density by attenuation relative to water.
    Physics,
    /// Density by the line through air and subcutaneous fat of the same scan (Smith 2022).
    InternalTwoPoint,
}

/// What a site supplies: its phantoms, its scanners, its reference values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    /// Phantoms with their certificates, before those that the program knows as templates.
    pub phantoms: Vec<PhantomDefinition>,
    /// Stored calibrations.
    pub calibrations: Vec<StoredCalibration>,
    /// Mappings from tissues to density, learnt from scans with a phantom.
    pub mappings: Vec<TissueMapping>,
    /// Reference values and cut-offs in place of the built-in tables.
    pub references: Option<ReferenceTables>,
    /// From CT muscle to what DXA would call SMI.
    pub dxa_smi: Option<SmiRegression>,
    /// Models: folders with a `manifest.json`, or folders of such folders.
    pub models: Vec<PathBuf>,
}

/// A site's regression from the mass of muscles on CT to appendicular lean mass by height squared on DXA.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmiRegression {
    /// Muscles whose lean masses, of both sides, are added; all must be measured.
    pub muscles: Vec<Structure>,
    /// kg/m2 of DXA-SMI per kg/m2 of CT muscle.
    pub slope: f64,
    /// kg/m2.
    pub intercept: f64,
    /// Standard error of the estimate, kg/m2.
    pub standard_error: f64,
    /// Number of patients it was fitted on.
    pub patients: u32,
    /// Pearson's r.
    pub correlation: f64,
    /// DXA device.
    pub device: String,
    /// Where it is described, and who answers for it.
    pub source: String,
}

/// Language of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}
