//! Coded entries (Code Sequence Macro, PS3.3 8.8).

use super::dataset::{DataSet, element, sequence, set};
use crate::anatomy::Code;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::mem::InMemElement;

/// The item that carries `code`.
pub(super) fn code_item(code: Code) -> DataSet {
    set([
        element(tags::CODE_VALUE, code.value),
        element(tags::CODING_SCHEME_DESIGNATOR, code.scheme.designator()),
        element(tags::CODE_MEANING, code.meaning),
    ])
}

/// A sequence of one coded entry.
pub(super) fn code_sequence(tag: Tag, code: Code) -> InMemElement {
    sequence(tag, vec![code_item(code)])
}
