//! What is kept of the headers, in UTF-8 whatever the source's character set was.

use super::elements::DataSet;
use super::image_type::image_type;
use super::kernel::is_sharp;
use super::text::decode_text;
use crate::units::Mm;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

/// Kilovolts within which two tube voltages are the same: the stations of scanners lie 10 kV and more apart.
const SAME_VOLTAGE: f64 = 5.0;

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
    /// Of an image that is not DICOM.
    pub const NONE: &StudyContext = &StudyContext { attributes: Vec::new() };

    pub(super) fn read(text: &Text<'_>) -> StudyContext {
        let copied = COPIED.iter().filter_map(|&(tag, vr)| Some(CopiedAttribute { tag, vr, value: text.decoded(tag)? }));
        StudyContext { attributes: copied.collect() }
    }

    /// The value of an attribute, without padding; `None` when absent or empty.
    pub fn text(&self, tag: Tag) -> Option<&str> {
        let attribute = self.attributes.iter().find(|attribute| attribute.tag == tag)?;
        Some(attribute.value.trim_matches([' ', '\0'])).filter(|value| !value.is_empty())
    }

    /// Completed years by Patient's Age (0010,1010), else from birth to study date; none where neither can be read. `000Y` stands where
    /// nobody stated an age: that of an infant is stated in days, weeks or months (PS3.5 6.2).
    pub fn age_in_years(&self) -> Option<f64> {
        let stated = self.text(tags::PATIENT_AGE).and_then(|age| {
            let (number, unit) = age.split_at_checked(age.len().checked_sub(1)?)?;
            let days = match unit {
                "Y" => 365.25,
                "M" => 365.25 / 12.0,
                "W" => 7.0,
                "D" => 1.0,
                _ => return None,
            };
            let number = number.parse::<u16>().ok().filter(|number| *number > 0 || unit != "Y")?;
            Some((f64::from(number) * days / 365.25).floor())
        });
        stated.or_else(|| {
            let date = |tag| {
                let text = self.text(tag)?;
                let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
                jiff::civil::Date::new(part(0..4)?, i8::try_from(part(4..6)?).ok()?, i8::try_from(part(6..8)?).ok()?).ok()
            };
            let (birth, study) = (date(tags::PATIENT_BIRTH_DATE)?, date(tags::STUDY_DATE)?);
            let years = birth.until((jiff::Unit::Year, study)).ok()?.get_years();
            (birth <= study).then(|| f64::from(years))
        })
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
    /// Slice Thickness (0018,0050), the largest of all slices.
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
    /// Of an image that is not DICOM.
    pub const UNKNOWN: &Equipment = &Equipment {
        manufacturer: None,
        model: None,
        serial_number: None,
        software_versions: None,
        institution: None,
        station: None,
    };

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
    /// Of an image that is not DICOM.
    pub const UNKNOWN: &Acquisition = &Acquisition {
        slice_thickness: None,
        tube_voltage: None,
        kernel: None,
        contrast_agent: None,
        patient_position: None,
        body_part: None,
        image_type: Vec::new(),
    };

    /// What one frame says of itself, in the data sets or items that the attributes stand in (PS3.3 C.7.6.16.2.1, C.8.15.3.9,
    /// C.8.15.3.7).
    pub(super) fn of_frame(measures: &DataSet<'_>, details: &DataSet<'_>, reconstruction: &DataSet<'_>) -> Acquisition {
        let number = |group: &DataSet<'_>, tag| group.decimals(tag)?.first().copied();
        Acquisition {
            slice_thickness: number(measures, tags::SLICE_THICKNESS).map(Mm),
            tube_voltage: number(details, tags::KVP),
            kernel: reconstruction.ascii(tags::CONVOLUTION_KERNEL).map(str::to_owned),
            ..Acquisition::default()
        }
    }

    /// What the top level says beside `frames`, which is that of all frames together.
    pub(super) fn read(text: &Text<'_>, frames: Acquisition) -> Acquisition {
        Acquisition {
            kernel: text.get(tags::CONVOLUTION_KERNEL).or(frames.kernel),
            contrast_agent: text.get(tags::CONTRAST_BOLUS_AGENT),
            patient_position: text.get(tags::PATIENT_POSITION),
            body_part: text.get(tags::BODY_PART_EXAMINED),
            image_type: image_type(text.data_set),
            ..frames
        }
    }

    /// Takes in what other slices of the same series say: the largest thickness, because slices are only as good as the thickest,
    /// and what was not said before. Refuses, in words that name tag and both values, another voltage or kernel: both change
    /// the CT number of bone. The tube current may change from slice to slice, and so may Acquisition Number (0020,0012), where
    /// one scan follows on another.
    pub(super) fn take_in(&mut self, other: &Acquisition) -> Result<(), String> {
        if let (Some(a), Some(b)) = (self.tube_voltage, other.tube_voltage)
            && (a - b).abs() > SAME_VOLTAGE
        {
            return Err(format!("KVP (0018,0060): {a} and {b}"));
        }
        if let (Some(a), Some(b)) = (&self.kernel, &other.kernel)
            && a != b
        {
            return Err(format!("Convolution Kernel (0018,1210): {a} and {b}"));
        }
        let thickest = |a: Mm, b: Mm| if b > a { b } else { a };
        self.slice_thickness = match (self.slice_thickness, other.slice_thickness) {
            (Some(a), Some(b)) => Some(thickest(a, b)),
            (a, b) => a.or(b),
        };
        self.tube_voltage = self.tube_voltage.or(other.tube_voltage);
        self.kernel = self.kernel.take().or_else(|| other.kernel.clone());
        Ok(())
    }

    /// Convolution Kernel, where it is a sharp one: noise is raised, edges overshoot.
    pub fn sharp_kernel(&self) -> Option<&str> {
        self.kernel.as_deref().filter(|kernel| is_sharp(kernel))
    }

    /// Contrast/Bolus Agent, unless its text says that there was none.
    pub fn agent(&self) -> Option<&str> {
        let agent = self.contrast_agent.as_deref()?;
        let is_none = ["NO", "NONE", "NO CONTRAST"].iter().any(|none| agent.eq_ignore_ascii_case(none));
        (!is_none).then_some(agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_of_no_years_is_that_of_nobody_and_the_birth_date_is_asked() {
        let age = |stated: &str, birth: Option<&str>| {
            let values = [(tags::PATIENT_AGE, VR::AS, Some(stated)), (tags::PATIENT_BIRTH_DATE, VR::DA, birth)];
            let study = (tags::STUDY_DATE, VR::DA, Some("20261121"));
            let given = values.into_iter().chain([study]).filter_map(|(tag, vr, value)| Some((tag, vr, value?.to_owned())));
            StudyContext { attributes: given.map(|(tag, vr, value)| CopiedAttribute { tag, vr, value }).collect() }
                .age_in_years()
        };
        assert_eq!(age("000Y", Some("19660302")), Some(60.0));
        assert_eq!(age("000Y", None), None);
        assert_eq!(age("061Y", Some("19660302")), Some(61.0));
        // A newborn.
        assert_eq!([age("000D", None), age("003W", None), age("011M", None)], [Some(0.0); 3]);
        assert_eq!(age("000Y", Some("20261101")), Some(0.0));
    }
}
