//! Elements and sequences in one line each.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemElement;

/// A data set under construction.
pub(super) type DataSet = InMemDicomObject;

/// An element with the value representation of PS3.6.
pub(super) fn element(tag: Tag, value: impl Into<PrimitiveValue>) -> InMemElement {
    let vr = StandardDataDictionary.by_tag(tag).and_then(|entry| entry.vr().exact()).unwrap_or(VR::UN);
    DataElement::new(tag, vr, value.into())
}

/// A sequence element.
pub(super) fn sequence(tag: Tag, items: Vec<DataSet>) -> InMemElement {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
}

/// A data set of these elements.
pub(super) fn set<const N: usize>(elements: [InMemElement; N]) -> DataSet {
    InMemDicomObject::from_element_iter(elements)
}

/// A reference to an instance (SOP Instance Reference Macro, PS3.3 10.8).
pub(super) fn instance_reference(sop_class_uid: &str, sop_instance_uid: &str) -> DataSet {
    set([element(tags::REFERENCED_SOP_CLASS_UID, sop_class_uid), element(tags::REFERENCED_SOP_INSTANCE_UID, sop_instance_uid)])
}

/// The first `most` characters of `text`: what does not fit its value representation is cut, not refused.
pub(super) fn shortened(text: &str, most: usize) -> String {
    text.chars().filter(|c| *c != '\\' && !c.is_control()).take(most).collect()
}
