//! Radiographs: Computed Radiography (PS3.3 A.2, C.8.1) and Digital X-Ray (PS3.3 A.26, C.8.11) images.
//!
//! Pixels are given as the Modality LUT leaves them. Neither window nor Presentation LUT is applied: both are for eyes.

mod field;
mod header;
mod modality;
mod pixels;

pub use field::Field;
pub(super) use header::{is_radiograph, read};
pub use modality::ModalityTransform;
pub use pixels::read_radiograph;

use super::{Equipment, PixelLayout, StudyContext};
use crate::anatomy::Side;
use crate::units::Mm;
use ndarray::Array2;
use std::ops::RangeInclusive;

/// One radiograph.
#[derive(Debug, Clone)]
pub struct Radiograph {
    /// What it says of itself.
    pub header: RadiographHeader,
    /// Values after the Modality LUT, `[row, column]`.
    pub pixels: Array2<f32>,
    /// Whether a pixel shows the patient or the beam beside him, `[row, column]`: no padding, inside every shutter and collimator.
    pub exposed: Array2<bool>,
}

/// A radiograph before its pixels are decoded; one instance, one frame.
#[derive(Debug, Clone)]
pub struct RadiographHeader {
    /// Index into [`super::Inputs::instances`].
    pub instance: usize,
    /// Patient and study.
    pub context: StudyContext,
    /// The machine.
    pub equipment: Equipment,
    /// SOP Class UID (0008,0016).
    pub sop_class_uid: String,
    /// SOP Instance UID (0008,0018).
    pub sop_instance_uid: String,
    /// Series Instance UID (0020,000E).
    pub series_instance_uid: String,
    /// SHA-256 over the SOP Instance UID, as the report names its source.
    pub instances_sha256: String,
    /// Series Number (0020,0011).
    pub series_number: Option<i32>,
    /// Instance Number (0020,0013).
    pub instance_number: Option<i32>,
    /// When it was taken, as digits that order films: Acquisition DateTime (0008,002A), else Acquisition, else Content Date and Time.
    pub acquired: Option<String>,
    /// Modality (0008,0060): `CR` or `DX`.
    pub modality: String,
    /// Image Type (0008,0008).
    pub image_type: Vec<String>,
    /// Rows and columns.
    pub size: [usize; 2],
    /// Where the beam met the patient and how large a pixel is.
    pub geometry: RadiographGeometry,
    /// What it shows, and from where.
    pub view: RadiographView,
    /// What a grey value means.
    pub greyscale: Greyscale,
    /// KVP (0018,0060), kilovolt.
    pub tube_voltage: Option<f64>,
    /// Detector Type (0018,7004).
    pub detector_type: Option<String>,
    /// Burned In Annotation (0028,0301): whether what identifies the patient is drawn into the image.
    pub burned_in_annotation: Option<bool>,
    /// Lossy Image Compression (0028,2110) is 01: values were changed after they were taken.
    pub lossy: bool,
    /// How its pixels are stored.
    pub layout: PixelLayout,
    /// Stored values that are no image: Pixel Padding Value (0028,0120) to Pixel Padding Range Limit (0028,0121).
    pub padding: Option<RangeInclusive<i32>>,
    /// Display shutters (PS3.3 C.7.6.11) and collimators (C.8.7.3): what lies outside of one was not exposed or is not to be seen.
    pub fields: Vec<Field>,
}

/// Lengths; each only where the header gives it, in millimetres above 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RadiographGeometry {
    /// Imager Pixel Spacing (0018,1164): between rows and between columns, at the front of the detector.
    pub imager_pixel_spacing: Option<[f64; 2]>,
    /// Pixel Spacing (0028,0030): between rows and between columns, in the patient if it was calibrated (PS3.3 10.7.1.1).
    pub pixel_spacing: Option<[f64; 2]>,
    /// Pixel Spacing Calibration Type (0028,0A02).
    pub spacing_calibration: Option<SpacingCalibration>,
    /// Nominal Scanned Pixel Spacing (0018,2010): of a film that was digitised.
    pub nominal_scanned_pixel_spacing: Option<[f64; 2]>,
    /// Distance Source to Detector (0018,1110).
    pub source_to_detector: Option<Mm>,
    /// Distance Source to Patient (0018,1111): to the side of the table or support that the patient touches (PS3.3 C.8.11.5).
    pub source_to_patient: Option<Mm>,
    /// Estimated Radiographic Magnification Factor (0018,1114).
    pub magnification: Option<f64>,
    /// How much larger than the hip its image at the detector is, as the user states it; no header does.
    pub magnification_given: Option<f64>,
}

/// How Pixel Spacing (0028,0030) was made that of the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpacingCalibration {
    /// `GEOMETRY`: corrected for a known or assumed magnification.
    Geometry,
    /// `FIDUCIAL`: by an object of known size in the image.
    Fiducial,
}

/// What is shown, and from where; each only where the header says it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RadiographView {
    /// View Position (0018,5101), such as `AP`.
    pub position: Option<String>,
    /// Code Value of the first item of View Code Sequence (0054,0220).
    pub code: Option<String>,
    /// Code Meaning of it and of its modifiers.
    pub meanings: Vec<String>,
    /// Patient Orientation (0020,0020): directions of a row (to larger columns) and of a column (to larger rows).
    pub patient_orientation: Option<[String; 2]>,
    /// The sides that Image Laterality (0020,0062), Laterality (0020,0060) and the modifiers of Anatomic Region Sequence (0008,2218)
    /// name, each once.
    pub lateralities: Vec<Laterality>,
    /// Body Part Examined (0018,0015).
    pub body_part: Option<String>,
    /// Code Value and Code Meaning of Anatomic Region Sequence (0008,2218).
    pub anatomic_region: Option<(String, String)>,
    /// Series Description (0008,103E).
    pub series_description: Option<String>,
    /// Acquisition Device Processing Description (0018,1400) and Protocol Name (0018,1030).
    pub protocols: Vec<String>,
}

/// A side of a paired body part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Laterality {
    /// `L` or `R`.
    One(Side),
    /// `B`.
    Both,
}

/// What a grey value means.
#[derive(Debug, Clone, PartialEq)]
pub struct Greyscale {
    /// Photometric Interpretation (0028,0004) is MONOCHROME1: small values are shown bright.
    pub inverted: bool,
    /// Pixel Intensity Relationship (0028,1040).
    pub relationship: Option<IntensityRelationship>,
    /// Pixel Intensity Relationship Sign (0028,1041): whether a larger stored value stands for less X-ray intensity.
    pub larger_is_less_intensity: Option<bool>,
    /// Presentation Intent Type (0008,0068) is FOR PROCESSING.
    pub for_processing: bool,
    /// From stored values to [`Radiograph::pixels`].
    pub modality: ModalityTransform,
}

/// How stored values follow the intensity of the beam at the detector (PS3.3 C.8.11.3.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntensityRelationship {
    /// `LIN`: in proportion.
    Linear,
    /// `LOG`: as its logarithm.
    Logarithmic,
    /// `DISP`, or a term that is not defined: made for display.
    Display,
}
