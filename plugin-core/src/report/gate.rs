//! Names of the gates, and what they say of a series.

use super::named::named;
use serde::{Deserialize, Serialize};

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

impl Quality {
    /// Read values with care.
    pub fn warning(code: GateCode, message: String, found: Option<f64>) -> Quality {
        Quality { code, severity: Severity::Warning, message, found }
    }

    /// Values were withheld.
    pub fn block(code: GateCode, message: String, found: Option<f64>) -> Quality {
        Quality { code, severity: Severity::Block, message, found }
    }
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

/// A value that is withheld, before it is known which.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Which gate.
    pub code: GateCode,
    /// A sentence that says what was found and what would do.
    pub reason: String,
    /// The figure the gate saw, where there is one.
    pub found: Option<f64>,
}

named! {
    /// Names of gates, as they stand in reports.
    GateCode {
        /// Slices are thick.
        SliceThick = "SLICE_THICK",
        /// The structure touches, or nearly touches, the edge of the image.
        BorderMask = "BORDER_MASK",
        /// The field of view cuts what the value needs: subcutaneous fat, the outline of the body.
        FovTrunc = "FOV_TRUNC",
        /// Metal lies near the structure.
        Metal = "METAL",
        /// Side in doubt.
        Laterality = "LATERALITY",
        /// Too few voxels remain in the region of interest.
        RoiSmall = "ROI_SMALL",
        /// The labels hold no such structure.
        NotLabelled = "NOT_LABELLED",
        /// The order of vertebrae is not anatomical.
        LevelOrder = "LEVEL_ORDER",
        /// The numbering of the vertebrae is in doubt.
        LevelAmbiguous = "LEVEL_AMBIG",
        /// Fewer vertebrae can be evaluated than a mean needs.
        LevelsFew = "LEVELS_FEW",
        /// A vertebra differs from its neighbours as degeneration makes it do.
        LevelOutlier = "LEVEL_OUTLIER",
        /// A vertebra has lost height.
        VertebralFracture = "VERT_FX",
        /// The spine is curved sideways.
        Scoliosis = "SCOLIOSIS",
        /// The vertebral body cannot be told from the label of the vertebra.
        BodyNotFound = "BODY_NOT_FOUND",
        /// Part of a region was left out as focal dense bone.
        FocalDense = "FOCAL_DENSE",
        /// A landmark of the femur is not plausible.
        NeckQc = "NECK_QC",
        /// Too little of the femoral shaft is in the image.
        ShaftTruncated = "SHAFT_TRUNC",
        /// A mean that the tissue cannot have.
        HuRange = "HU_RANGE",
        /// The image is noisy.
        Noise = "NOISE",
        /// The label lacks slices.
        LabelGap = "LABEL_GAP",
        /// The model that made the label is unsure of it.
        Uncertain = "UNCERT",
        /// The source contradicts itself about a label.
        LabelContradiction = "LABEL_CONTRADICTION",
        /// The study holds other segmentations of the same CT.
        LabelsNotUsed = "LABELS_NOT_USED",
        /// The study holds other series or radiographs that could be measured.
        SeriesNotMeasured = "SERIES_NOT_MEASURED",
        /// A region on a radiograph is in pieces, or larger or smaller than in any adult.
        RegionShape = "REGION_SHAPE",
        /// The model has seen simulated radiographs only.
        SimulatedOnly = "SIMULATED_ONLY",
        /// Contrast agent was given.
        Contrast = "CONTRAST",
        /// Another tube voltage than the usual.
        Kvp = "KVP",
        /// A sharp convolution kernel.
        Kernel = "KERNEL",
        /// HU were not turned into density.
        NotCalibrated = "NOT_CALIBRATED",
        /// No density phantom was found in the scan.
        PhantomMissing = "PHANTOM_MISSING",
        /// The rods of the phantom are not in the order that its definition states, or one is missing.
        RodOrder = "CAL_RODS",
        /// The line through the rods or tissues does not fit.
        CalibrationFit = "CAL_R2",
        /// Nobody has confirmed the definition of the phantom or the mapping with a certificate.
        CalibrationUnconfirmed = "CAL_UNCONFIRMED",
        /// No stored calibration fits scanner and protocol, or it has expired.
        CalibrationNoMatch = "CAL_NO_MATCH",
        /// The way of calibrating is known to be inexact.
        CalibrationLowConfidence = "CAL_LOW_CONFIDENCE",
        /// A reference tissue is not there, or has attenuation that it cannot have.
        TissueRange = "TISSUE_RANGE",
        /// Age missing, or no criterion exists for it.
        Age = "AGE",
        /// Sex missing, or no criterion exists for it.
        Sex = "SEX",
        /// Height missing, or weight where a cut-off depends on the body mass index.
        HeightMissing = "HEIGHT_MISSING",
        /// The film is not an AP view of the hip.
        View = "VIEW",
        /// Metal covers the hip on the film.
        Implant = "IMPLANT",
        /// The patient is not an adult.
        Child = "CHILD",
        /// How long a pixel is cannot be told.
        SpacingUnknown = "SPACING_UNKNOWN",
        /// How much larger than the hip its image is was assumed, or is in doubt.
        Magnification = "MAGNIFICATION",
        /// What a grey value of the film means is not known, or was clipped.
        Greyscale = "GREYSCALE",
        /// No verified reference value exists.
        NoReference = "NO_REFERENCE",
    }
}
