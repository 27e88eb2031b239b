//! The series that was measured: a CT, or a radiograph.

use super::named::named;
use crate::anatomy::Side;
use serde::{Deserialize, Serialize};

/// The series that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesSummary {
    /// Study Instance UID; none of an image that is not DICOM.
    pub study_instance_uid: Option<String>,
    /// Series Instance UID; none of an image that is not DICOM.
    pub series_instance_uid: Option<String>,
    /// Series Description.
    pub description: Option<String>,
    /// What only a CT, or only a radiograph has.
    #[serde(flatten)]
    pub image: ImageSummary,
    /// SHA-256 over the sorted SOP Instance UIDs, hexadecimal; of a radiograph, the one that was measured; of an image that is not
    /// DICOM, over grid and voxels.
    pub instances_sha256: String,
}

impl SeriesSummary {
    /// Study Instance UID; empty of an image that is not DICOM.
    pub fn study_uid(&self) -> &str {
        self.study_instance_uid.as_deref().unwrap_or_default()
    }

    /// Series Instance UID; empty of an image that is not DICOM.
    pub fn series_uid(&self) -> &str {
        self.series_instance_uid.as_deref().unwrap_or_default()
    }
}

/// What only a CT, or only a radiograph has. A CT's stands beside the UIDs, as it always did; a radiograph's in an object of that name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ImageSummary {
    /// One radiograph.
    Radiograph {
        /// What it is.
        radiograph: RadiographSummary,
    },
    /// A volume.
    Ct(CtSummary),
}

/// The CT that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CtSummary {
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
}

/// The radiograph that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RadiographSummary {
    /// SOP Instance UID.
    pub sop_instance_uid: String,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// KVP.
    pub tube_voltage_kv: Option<f64>,
    /// View Position (0018,5101).
    pub view_position: Option<String>,
    /// Which side the headers or the user name: `left`, `right`, `both`.
    pub laterality: Option<String>,
    /// What the model says it shows; none where it was not asked, because the headers speak against measuring.
    pub view: Option<SeenView>,
    /// How large a pixel is at the hip; none where the headers do not tell.
    pub scale: Option<HipScale>,
    /// The hips that were found, the patient's right first.
    pub hips: Vec<HipPlace>,
}

/// What a model says a radiograph shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenView {
    /// As its manifest calls it, such as `ap`.
    pub name: String,
    /// How probable, 0 to 1; three significant digits.
    pub probability: f64,
}

/// How large a pixel of a radiograph is at the hip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HipScale {
    /// Millimetres between rows and between columns at the detector; none where the headers give only those in the patient.
    pub detector_spacing_mm: Option<[f64; 2]>,
    /// By how much the hip is larger on the detector than it is; none where the headers give only the spacing in the patient.
    pub magnification: Option<f64>,
    /// Where the magnification, or the spacing in the patient, comes from.
    pub magnification_from: MagnificationOrigin,
    /// Millimetres between rows and between columns at the hip; areas are by it.
    pub spacing_mm: [f64; 2],
}

named! {
    /// Where the magnification of a radiograph comes from.
    MagnificationOrigin {
        /// The user.
        Given = "given",
        /// Estimated Radiographic Magnification Factor (0018,1114).
        Header = "header",
        /// Distances from the source to the detector and to the patient.
        Geometry = "geometry",
        /// Pixel Spacing (0028,0030), which the header says was calibrated in the patient.
        Calibrated = "calibrated",
        /// Nobody: the usual one was taken.
        Assumed = "assumed",
    }
}

/// Where a hip lies on a radiograph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HipPlace {
    /// Which.
    pub side: Side,
    /// Centre of the femoral head: row and column of the stored image, from 0.
    pub head_centre: [f64; 2],
}
