//! What is kept of the headers, in UTF-8 whatever the source's character set was.

use crate::units::Mm;
use dicom_core::{Tag, VR};

/// Attributes of Patient, Patient Study and General Study modules that derived objects must repeat unchanged
/// (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StudyContext {
    /// Text attributes in order of tag; present but empty ones are kept as empty.
    pub attributes: Vec<CopiedAttribute>,
}

/// One attribute, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct CopiedAttribute {
    /// Its tag.
    pub tag: Tag,
    /// Its value representation.
    pub vr: VR,
    /// Its value, several values joined by `\`.
    pub value: String,
}

impl StudyContext {
    /// The value of an attribute, without padding; `None` when absent or empty.
    pub fn text(&self, tag: Tag) -> Option<&str> {
        let attribute = self.attributes.iter().find(|attribute| attribute.tag == tag)?;
        Some(attribute.value.trim_matches([' ', '\0'])).filter(|value| !value.is_empty())
    }
}

/// The scanner, as the source names it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Equipment {
    /// Manufacturer (0008,0070).
    pub manufacturer: Option<String>,
    /// Manufacturer's Model Name (0008,1090).
    pub model: Option<String>,
    /// Device Serial Number (0018,1000).
    pub serial_number: Option<String>,
    /// Software Versions (0018,1020).
    pub software_versions: Option<String>,
    /// Institution Name (0008,0080).
    pub institution: Option<String>,
    /// Station Name (0008,1010).
    pub station: Option<String>,
}

/// How the series was acquired, as far as the gates and the report need it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Acquisition {
    /// Slice Thickness (0018,0050).
    pub slice_thickness: Option<Mm>,
    /// KVP (0018,0060), kilovolt.
    pub tube_voltage: Option<f64>,
    /// Convolution Kernel (0018,1210).
    pub kernel: Option<String>,
    /// Contrast/Bolus Agent (0018,0010).
    pub contrast_agent: Option<String>,
    /// Patient Position (0018,5100).
    pub patient_position: Option<String>,
    /// Body Part Examined (0018,0015).
    pub body_part: Option<String>,
    /// Image Type (0008,0008).
    pub image_type: Vec<String>,
}
