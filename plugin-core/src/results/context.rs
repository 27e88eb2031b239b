//! What every object of the results shares: patient, study, series, and the instance itself.

use super::concepts::OWN_SCHEME_NAME;
use super::dataset::{DataSet, element, sequence, set};
use super::equipment;
use super::identity::name_based_uid;
use super::moment::Moment;
use super::{Source, WriteError};
use crate::anatomy::{Kind, Scheme};
use crate::settings::Language;
use dicom_core::{DataElement, PrimitiveValue};
use dicom_dictionary_std::{tags, uids};

/// One of the objects; each is the only instance of its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Seg,
    Sr,
    Pdf,
    Sc,
}

impl Role {
    /// From which UIDs are made, and what errors call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Role::Seg => "seg",
            Role::Sr => "sr",
            Role::Pdf => "pdf",
            Role::Sc => "sc",
        }
    }

    pub(super) fn sop_class_uid(self) -> &'static str {
        match self {
            Role::Seg => uids::SEGMENTATION_STORAGE,
            Role::Sr => uids::COMPREHENSIVE3_DSR_STORAGE,
            Role::Pdf => uids::ENCAPSULATED_PDF_STORAGE,
            Role::Sc => uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
        }
    }

    fn modality(self) -> &'static str {
        match self {
            Role::Seg => "SEG",
            Role::Sr => "SR",
            Role::Pdf => "DOC",
            Role::Sc => "OT",
        }
    }

    fn series_description(self) -> &'static str {
        match self {
            Role::Seg => "BoneMuscle segmentation (research use only)",
            Role::Sr => "BoneMuscle measurements (research use only)",
            Role::Pdf => "BoneMuscle report PDF (research use only)",
            Role::Sc => "BoneMuscle report page (research use only)",
        }
    }

    /// High, so that results sort behind what a scanner numbers; the last two digits are the CT's.
    fn series_number(self, source: Source<'_>) -> i32 {
        let base = match self {
            Role::Seg => 9100,
            Role::Sr => 9200,
            Role::Pdf => 9400,
            Role::Sc => 9450,
        };
        base + source.image.series_number().unwrap_or(0).rem_euclid(100)
    }
}

/// Type 2 attributes of Patient and General Study (PS3.3 C.7.1.1, C.7.2.1): present even where the CT lacks them.
const TYPE_2: [dicom_core::Tag; 9] = [
    tags::STUDY_DATE,
    tags::STUDY_TIME,
    tags::ACCESSION_NUMBER,
    tags::REFERRING_PHYSICIAN_NAME,
    tags::PATIENT_NAME,
    tags::PATIENT_ID,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_SEX,
    tags::STUDY_ID,
];

/// The data set of `role` before anything that only it has.
pub(super) fn begin(source: Source<'_>, role: Role) -> Result<DataSet, WriteError> {
    let moment = Moment::parse(&source.report.started)?;
    // Only pages speak Japanese: SR and SEG are the same in every language.
    let name = match (role, source.language) {
        (Role::Pdf | Role::Sc, Language::Ja) => format!("{}/ja", role.name()),
        _ => role.name().to_owned(),
    };
    let mut object = DataSet::from_element_iter(TYPE_2.map(|tag| element(tag, PrimitiveValue::Empty)));
    for copied in &source.image.context().attributes {
        object.put(DataElement::new(copied.tag, copied.vr, PrimitiveValue::from(copied.value.as_str())));
    }
    for added in [
        element(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192"),
        element(tags::STUDY_INSTANCE_UID, source.report.series.study_uid()),
        element(tags::SOP_CLASS_UID, role.sop_class_uid()),
        element(tags::SOP_INSTANCE_UID, source.identity.uid(&name)),
        element(tags::SERIES_INSTANCE_UID, source.identity.uid(&format!("{name}/series"))),
        element(tags::SERIES_NUMBER, role.series_number(source).to_string()),
        element(tags::INSTANCE_NUMBER, "1"),
        element(tags::MODALITY, role.modality()),
        element(tags::SERIES_DESCRIPTION, role.series_description()),
        element(tags::SERIES_DATE, moment.date.as_str()),
        element(tags::SERIES_TIME, moment.time.as_str()),
        element(tags::CONTENT_DATE, moment.date.as_str()),
        element(tags::CONTENT_TIME, moment.time.as_str()),
        element(tags::INSTANCE_CREATION_DATE, moment.date.as_str()),
        element(tags::INSTANCE_CREATION_TIME, moment.time.as_str()),
        element(tags::TIMEZONE_OFFSET_FROM_UTC, moment.offset.as_str()),
        element(tags::CONTENT_QUALIFICATION, "RESEARCH"),
        sequence(tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, vec![own_scheme()]),
    ] {
        object.put(added);
    }
    equipment::describe(&mut object, source);
    Ok(object)
}

fn own_scheme() -> DataSet {
    set([
        element(tags::CODING_SCHEME_DESIGNATOR, Scheme::BoneMuscle.designator()),
        element(tags::CODING_SCHEME_UID, name_based_uid("coding scheme")),
        element(tags::CODING_SCHEME_NAME, OWN_SCHEME_NAME),
        element(tags::CODING_SCHEME_RESPONSIBLE_ORGANIZATION, equipment::MANUFACTURER),
    ])
}

/// Unpaired values of Body Part Examined (PS3.16 annex L): with a paired one, Laterality (0020,0060) would be required.
const UNPAIRED: [&str; 12] = [
    "ABDOMEN",
    "ABDOMENPELVIS",
    "CHEST",
    "CHESTABDOMEN",
    "CHESTABDPELVIS",
    "LSPINE",
    "LSSPINE",
    "PELVIS",
    "SPINE",
    "TLSPINE",
    "TSPINE",
    "WHOLEBODY",
];

/// Body Part Examined (0018,0015): the CT's where it is unpaired, else what was measured.
pub(super) fn body_part(source: Source<'_>) -> &'static str {
    let stated = source.image.body_part().unwrap_or_default();
    if let Some(part) = UNPAIRED.iter().find(|part| **part == stated.trim()) {
        return part;
    }
    let measured = |kind| source.report.findings.iter().any(|finding| finding.structure.kind() == kind);
    // Femora and the muscles around them lie in the pelvis; HIP and THIGH are paired.
    match (measured(Kind::LumbarVertebra), measured(Kind::Muscle) || measured(Kind::Bone)) {
        (true, false) => "LSPINE",
        (false, true) => "PELVIS",
        _ => "ABDOMENPELVIS",
    }
}
