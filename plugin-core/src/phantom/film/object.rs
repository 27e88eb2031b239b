//! Digital X-Ray objects (PS3.3 A.26), for people and as the detector counts.

use super::{BACK, FilmSettings, SOURCE_TO_DETECTOR, SOURCE_TO_HIP};
use crate::phantom::object::{Element, decimal, equipment, number, patient, text, texts};
use crate::phantom::{PhantomSettings, femur, object};
use crate::results::{Identity, WriteError};
use dicom_core::value::{DataSetSequence, PrimitiveValue};
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use ndarray::Array2;

/// What a film is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Logarithm of the counts, bone bright, 12 bits.
    Presentation,
    /// The counts, 16 bits.
    Processing,
}

/// The file of one kind; `counts` are shares of the open beam.
pub(super) fn file(
    settings: &PhantomSettings,
    film: &FilmSettings,
    identity: &Identity,
    (kind, counts): (Kind, &Array2<f64>),
) -> Result<Vec<u8>, WriteError> {
    let stored = counts.iter().map(|share| kind.stored(*share)).collect();
    let mut object = InMemDicomObject::from_element_iter(
        patient(settings).into_iter().chain(equipment()).chain(study(identity)).chain(series(identity, kind)),
    );
    let groups = [
        anatomy().to_vec(),
        machine(film).to_vec(),
        image(identity, kind).to_vec(),
        pixel_module(film, kind).to_vec(),
        shown(kind),
    ];
    for element in groups.into_iter().flatten() {
        object.put(element);
    }
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(stored)));
    object::file(object)
}

/// A study of its own: films and CT of a patient are seldom taken on one order.
fn study(identity: &Identity) -> [Element; 7] {
    [
        text(tags::STUDY_INSTANCE_UID, VR::UI, identity.uid("film/study")),
        text(tags::STUDY_DATE, VR::DA, "20250401"),
        text(tags::STUDY_TIME, VR::TM, "110000"),
        text(tags::ACCESSION_NUMBER, VR::SH, "A2"),
        text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
        text(tags::STUDY_ID, VR::SH, "2"),
        text(tags::STUDY_DESCRIPTION, VR::LO, "Digital phantom, films"),
    ]
}

fn series(identity: &Identity, kind: Kind) -> [Element; 7] {
    let (class, intent, name, number) = match kind {
        Kind::Presentation => {
            (uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION, "FOR PRESENTATION", "film/presentation", "1")
        }
        Kind::Processing => (uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PROCESSING, "FOR PROCESSING", "film/processing", "2"),
    };
    [
        text(tags::SOP_CLASS_UID, VR::UI, class),
        text(tags::SOP_INSTANCE_UID, VR::UI, identity.uid(name)),
        text(tags::MODALITY, VR::CS, "DX"),
        text(tags::PRESENTATION_INTENT_TYPE, VR::CS, intent),
        text(tags::SERIES_INSTANCE_UID, VR::UI, identity.uid(&format!("{name}/series"))),
        text(tags::SERIES_NUMBER, VR::IS, number),
        text(tags::SERIES_DESCRIPTION, VR::LO, "Pelvis AP phantom"),
    ]
}

/// DX Anatomy Imaged and DX Positioning.
fn anatomy() -> [Element; 8] {
    let mut view = code("399348003", "antero-posterior");
    view.put(sequence(tags::VIEW_MODIFIER_CODE_SEQUENCE, Vec::new()));
    [
        text(tags::BODY_PART_EXAMINED, VR::CS, "PELVIS"),
        sequence(tags::ANATOMIC_REGION_SEQUENCE, vec![code("816092008", "Pelvis")]),
        text(tags::IMAGE_LATERALITY, VR::CS, "U"),
        texts(tags::PATIENT_ORIENTATION, VR::CS, ["L", "F"].map(String::from)),
        text(tags::VIEW_POSITION, VR::CS, "AP"),
        sequence(tags::VIEW_CODE_SEQUENCE, vec![view]),
        text(tags::POSITIONER_TYPE, VR::CS, "NONE"),
        sequence(tags::ACQUISITION_CONTEXT_SEQUENCE, Vec::new()),
    ]
}

/// DX Detector, X-Ray Generation and the distances of DX Positioning. Distance Source to Patient ends at the table (PS3.3 Table
/// C.8-72), the magnification is that of the hips.
fn machine(film: &FilmSettings) -> [Element; 6] {
    [
        text(tags::DETECTOR_TYPE, VR::CS, "SCINTILLATOR"),
        texts(tags::IMAGER_PIXEL_SPACING, VR::DS, [film.pixel_spacing_mm; 2].map(decimal)),
        text(tags::KVP, VR::DS, "80"),
        text(tags::DISTANCE_SOURCE_TO_DETECTOR, VR::DS, decimal(SOURCE_TO_DETECTOR)),
        text(tags::DISTANCE_SOURCE_TO_PATIENT, VR::DS, decimal(SOURCE_TO_HIP + BACK - femur::HEAD[1])),
        text(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, VR::DS, decimal(SOURCE_TO_DETECTOR / SOURCE_TO_HIP)),
    ]
}

/// SOP Common, General Image and General Acquisition.
fn image(identity: &Identity, kind: Kind) -> [Element; 10] {
    let from = match kind {
        Kind::Presentation => "DERIVED",
        Kind::Processing => "ORIGINAL",
    };
    [
        text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        texts(tags::IMAGE_TYPE, VR::CS, [from, "PRIMARY", ""].map(String::from)),
        text(tags::INSTANCE_NUMBER, VR::IS, "1"),
        text(tags::CONTENT_DATE, VR::DA, "20250401"),
        text(tags::CONTENT_TIME, VR::TM, "110100"),
        text(tags::ACQUISITION_DATE, VR::DA, "20250401"),
        text(tags::ACQUISITION_TIME, VR::TM, "110100"),
        text(tags::IRRADIATION_EVENT_UID, VR::UI, identity.uid("film/irradiation")),
        text(tags::BURNED_IN_ANNOTATION, VR::CS, "NO"),
        text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00"),
    ]
}

/// Image Pixel and the relation of values to the beam (PS3.3 C.8.11.3).
fn pixel_module(film: &FilmSettings, kind: Kind) -> [Element; 14] {
    let [rows, columns] = film.size().map(|side| side as u16);
    // A film of counts is shown inverted, so that bone is bright.
    let (bits, photometric, relationship, sign, shape) = match kind {
        Kind::Presentation => (12, "MONOCHROME2", "LOG", -1i16, "IDENTITY"),
        Kind::Processing => (16, "MONOCHROME1", "LIN", 1i16, "INVERSE"),
    };
    [
        number(tags::SAMPLES_PER_PIXEL, 1),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, photometric),
        number(tags::ROWS, rows),
        number(tags::COLUMNS, columns),
        number(tags::BITS_ALLOCATED, 16),
        number(tags::BITS_STORED, bits),
        number(tags::HIGH_BIT, bits - 1),
        number(tags::PIXEL_REPRESENTATION, 0),
        text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, relationship),
        DataElement::new(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, VR::SS, PrimitiveValue::from(sign)),
        text(tags::RESCALE_INTERCEPT, VR::DS, "0"),
        text(tags::RESCALE_SLOPE, VR::DS, "1"),
        text(tags::RESCALE_TYPE, VR::LO, "US"),
        text(tags::PRESENTATION_LUT_SHAPE, VR::CS, shape),
    ]
}

/// VOI LUT of a film for people.
fn shown(kind: Kind) -> Vec<Element> {
    let window = || [text(tags::WINDOW_CENTER, VR::DS, "2400"), text(tags::WINDOW_WIDTH, VR::DS, "2400")].to_vec();
    if kind == Kind::Presentation { window() } else { Vec::new() }
}

fn sequence(tag: Tag, items: Vec<InMemDicomObject>) -> Element {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
}

/// An item of a SNOMED CT code.
fn code(value: &str, meaning: &str) -> InMemDicomObject {
    InMemDicomObject::from_element_iter([
        text(tags::CODE_VALUE, VR::SH, value),
        text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, "SCT"),
        text(tags::CODE_MEANING, VR::LO, meaning),
    ])
}
