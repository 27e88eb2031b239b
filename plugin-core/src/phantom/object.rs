//! What all DICOM objects of the phantom have in common.

use super::{PhantomSettings, refused};
use crate::results::WriteError;
use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

pub(super) type Element = DataElement<InMemDicomObject>;

pub(super) fn file(object: InMemDicomObject) -> Result<Vec<u8>, WriteError> {
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let mut bytes = Vec::new();
    object.with_meta(meta).map_err(refused)?.write_all(&mut bytes).map_err(refused)?;
    Ok(bytes)
}

pub(super) fn text(tag: Tag, vr: VR, value: impl Into<String>) -> Element {
    DataElement::new(tag, vr, PrimitiveValue::from(value.into()))
}

/// Several values of one text attribute.
pub(super) fn texts<const N: usize>(tag: Tag, vr: VR, values: [String; N]) -> Element {
    DataElement::new(tag, vr, PrimitiveValue::Strs(values.into_iter().collect()))
}

pub(super) fn number(tag: Tag, value: u16) -> Element {
    DataElement::new(tag, VR::US, PrimitiveValue::from(value))
}

/// A Decimal String has at most 16 characters (PS3.5 6.2): a nanometre is fine enough, and every length here is below 10 m.
pub(super) fn decimal(value: f64) -> String {
    // Adding zero turns a negative zero into a plain one.
    format!("{}", (value * 1e6).round() / 1e6 + 0.0)
}

/// Patient and Patient Study modules.
pub(super) fn patient(settings: &PhantomSettings) -> [Element; 7] {
    [
        text(tags::PATIENT_NAME, VR::PN, settings.patient_name.as_str()),
        text(tags::PATIENT_ID, VR::LO, "PHANTOM-1"),
        text(tags::PATIENT_BIRTH_DATE, VR::DA, "19550101"),
        text(tags::PATIENT_SEX, VR::CS, "F"),
        text(tags::PATIENT_AGE, VR::AS, "070Y"),
        text(tags::PATIENT_SIZE, VR::DS, "1.55"),
        text(tags::PATIENT_WEIGHT, VR::DS, "52"),
    ]
}

/// General Equipment module.
pub(super) fn equipment() -> [Element; 4] {
    [
        text(tags::MANUFACTURER, VR::LO, "BoneMuscle phantom"),
        text(tags::MANUFACTURER_MODEL_NAME, VR::LO, "Digital phantom"),
        text(tags::DEVICE_SERIAL_NUMBER, VR::LO, "1"),
        text(tags::SOFTWARE_VERSIONS, VR::LO, crate::VERSION),
    ]
}
