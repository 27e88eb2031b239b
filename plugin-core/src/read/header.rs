//! What is kept of the headers, in UTF-8 whatever the source's character set was.

use super::elements::{DataSet, Defect};
use super::text::decode_text;
use crate::units::Mm;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

/// The text attributes of the Patient, Patient Study and General Study modules (PS3.3 C.7.1.1, C.7.2.2, C.7.2.1), by tag.
const COPIED: [(Tag, VR); 53] = [
    (tags::STUDY_DATE, VR::DA),
    (tags::STUDY_TIME, VR::TM),
    (tags::ACCESSION_NUMBER, VR::SH),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::CONSULTING_PHYSICIAN_NAME, VR::PN),
    (tags::STUDY_DESCRIPTION, VR::LO),
    (tags::PHYSICIANS_OF_RECORD, VR::PN),
    (tags::NAME_OF_PHYSICIANS_READING_STUDY, VR::PN),
    (tags::ADMITTING_DIAGNOSES_DESCRIPTION, VR::LO),
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_ID, VR::LO),
    (tags::ISSUER_OF_PATIENT_ID, VR::LO),
    (tags::TYPE_OF_PATIENT_ID, VR::CS),
    (tags::PATIENT_BIRTH_DATE, VR::DA),
    (tags::PATIENT_BIRTH_TIME, VR::TM),
    (tags::PATIENT_BIRTH_DATE_IN_ALTERNATIVE_CALENDAR, VR::LO),
    (tags::PATIENT_DEATH_DATE_IN_ALTERNATIVE_CALENDAR, VR::LO),
    (tags::PATIENT_ALTERNATIVE_CALENDAR, VR::CS),
    (tags::PATIENT_SEX, VR::CS),
    (tags::QUALITY_CONTROL_SUBJECT, VR::CS),
    (tags::STRAIN_DESCRIPTION, VR::UC),
    (tags::STRAIN_NOMENCLATURE, VR::LO),
    (tags::STRAIN_ADDITIONAL_INFORMATION, VR::UT),
    (tags::OTHER_PATIENT_NAMES, VR::PN),
    (tags::PATIENT_AGE, VR::AS),
    (tags::PATIENT_SIZE, VR::DS),
    (tags::PATIENT_BODY_MASS_INDEX, VR::DS),
    (tags::MEASURED_AP_DIMENSION, VR::DS),
    (tags::MEASURED_LATERAL_DIMENSION, VR::DS),
    (tags::PATIENT_WEIGHT, VR::DS),
    (tags::MEDICAL_ALERTS, VR::LO),
    (tags::ALLERGIES, VR::LO),
    (Tag(0x0010, 0x2160), VR::SH), // Ethnic Group, retired but in use
    (tags::ETHNIC_GROUPS, VR::UC),
    (tags::OCCUPATION, VR::SH),
    (tags::SMOKING_STATUS, VR::CS),
    (tags::ADDITIONAL_PATIENT_HISTORY, VR::LT),
    (tags::LAST_MENSTRUAL_DATE, VR::DA),
    (tags::PATIENT_SPECIES_DESCRIPTION, VR::LO),
    (tags::PATIENT_SEX_NEUTERED, VR::CS),
    (tags::PATIENT_BREED_DESCRIPTION, VR::LO),
    (tags::RESPONSIBLE_PERSON, VR::PN),
    (tags::RESPONSIBLE_PERSON_ROLE, VR::CS),
    (tags::RESPONSIBLE_ORGANIZATION, VR::LO),
    (tags::PATIENT_COMMENTS, VR::LT),
    (tags::PATIENT_IDENTITY_REMOVED, VR::CS),
    (tags::DEIDENTIFICATION_METHOD, VR::LO),
    (tags::STUDY_INSTANCE_UID, VR::UI),
    (tags::STUDY_ID, VR::SH),
    (tags::REASON_FOR_VISIT, VR::UT),
    (tags::ADMISSION_ID, VR::LO),
    (tags::SERVICE_EPISODE_ID, VR::LO),
    (tags::SERVICE_EPISODE_DESCRIPTION, VR::LO),
];

/// The text of a data set, decoded by its own Specific Character Set (0008,0005).
pub(super) struct Text<'a> {
    data_set: &'a DataSet<'a>,
    character_sets: Vec<&'a str>,
}

impl<'a> Text<'a> {
    pub(super) fn of(data_set: &'a DataSet<'a>) -> Self {
        let declared = data_set.bytes(tags::SPECIFIC_CHARACTER_SET).and_then(|value| std::str::from_utf8(value).ok());
        let character_sets =
            declared.map_or(Vec::new(), |value| value.split('\\').map(|term| term.trim_matches([' ', '\0'])).collect());
        Text { data_set, character_sets }
    }

    /// The decoded value without trailing padding, empty where the element is.
    fn decoded(&self, tag: Tag) -> Option<String> {
        let text = decode_text(self.data_set.bytes(tag)?, &self.character_sets);
        Some(text.trim_end_matches([' ', '\0']).to_owned())
    }

    /// The decoded value; none when absent or empty.
    pub(super) fn get(&self, tag: Tag) -> Option<String> {
        self.decoded(tag).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

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
    pub(super) fn read(text: &Text<'_>) -> StudyContext {
        let copied = COPIED.iter().filter_map(|&(tag, vr)| Some(CopiedAttribute { tag, vr, value: text.decoded(tag)? }));
        StudyContext { attributes: copied.collect() }
    }

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

impl Equipment {
    pub(super) fn read(text: &Text<'_>) -> Equipment {
        Equipment {
            manufacturer: text.get(tags::MANUFACTURER),
            model: text.get(tags::MANUFACTURER_MODEL_NAME),
            serial_number: text.get(tags::DEVICE_SERIAL_NUMBER),
            software_versions: text.get(tags::SOFTWARE_VERSIONS),
            institution: text.get(tags::INSTITUTION_NAME),
            station: text.get(tags::STATION_NAME),
        }
    }
}

impl Acquisition {
    /// From the top level, else, for an enhanced object, from the functional groups shared by all frames (PS3.3 C.8.15.3).
    pub(super) fn read(text: &Text<'_>, shared_groups: Option<&DataSet<'_>>) -> Result<Acquisition, Defect> {
        let data_set = text.data_set;
        let group = |sequence| shared_groups.map_or(Ok(Vec::new()), |groups| groups.items(sequence));
        let measures = group(tags::PIXEL_MEASURES_SEQUENCE)?;
        let details = group(tags::CTX_RAY_DETAILS_SEQUENCE)?;
        let reconstruction = group(tags::CT_RECONSTRUCTION_SEQUENCE)?;
        let number = |tag, nested: &[DataSet<'_>]| {
            let values = data_set.decimals(tag).or_else(|| nested.first()?.decimals(tag))?;
            values.first().copied()
        };
        let nested_kernel = || reconstruction.first()?.ascii(tags::CONVOLUTION_KERNEL).map(str::to_owned);
        Ok(Acquisition {
            slice_thickness: number(tags::SLICE_THICKNESS, &measures).map(Mm),
            tube_voltage: number(tags::KVP, &details),
            kernel: text.get(tags::CONVOLUTION_KERNEL).or_else(nested_kernel),
            contrast_agent: text.get(tags::CONTRAST_BOLUS_AGENT),
            patient_position: text.get(tags::PATIENT_POSITION),
            body_part: text.get(tags::BODY_PART_EXAMINED),
            image_type: image_type(data_set),
        })
    }
}

/// The values of Image Type (0008,0008).
pub(super) fn image_type(data_set: &DataSet<'_>) -> Vec<String> {
    let values = data_set.ascii(tags::IMAGE_TYPE).map(|value| value.split('\\').map(|part| part.trim().to_owned()));
    values.map_or(Vec::new(), Iterator::collect)
}
