//! The page as Encapsulated PDF (PS3.3 A.45.1).

use super::code::code_sequence;
use super::concepts::DIAGNOSTIC_IMAGING_REPORT;
use super::context::{self, Role};
use super::dataset::{element, instance_reference, sequence};
use super::{Source, WriteError, file};
use dicom_core::PrimitiveValue;
use dicom_dictionary_std::{tags, uids};

/// Builds the object around `pdf`, on which no name stands but one that is drawn into a film.
pub(super) fn build(source: Source<'_>, pdf: &[u8]) -> Result<Vec<u8>, WriteError> {
    let too_long = |_| WriteError::Page(format!("the PDF has {} bytes; 4 GiB is the limit of one element", pdf.len()));
    let length = u32::try_from(pdf.len()).map_err(too_long)?;
    let padded: Vec<u8> = pdf.iter().copied().chain((pdf.len() % 2 == 1).then_some(0)).collect();
    let instances = source.image.instances().into_iter().map(|(class, uid)| instance_reference(class, uid)).collect();
    let mut object = context::begin(source, Role::Pdf)?;
    for added in [
        element(tags::CONVERSION_TYPE, "WSD"),
        element(tags::ACQUISITION_DATE_TIME, PrimitiveValue::Empty),
        element(tags::BURNED_IN_ANNOTATION, source.image.burned_in_annotation()),
        code_sequence(tags::CONCEPT_NAME_CODE_SEQUENCE, DIAGNOSTIC_IMAGING_REPORT),
        element(tags::DOCUMENT_TITLE, "Bone and muscle measurements, research use only"),
        element(tags::MIME_TYPE_OF_ENCAPSULATED_DOCUMENT, "application/pdf"),
        element(tags::ENCAPSULATED_DOCUMENT, PrimitiveValue::U8(padded.into())),
        element(tags::ENCAPSULATED_DOCUMENT_LENGTH, length),
        sequence(tags::SOURCE_INSTANCE_SEQUENCE, instances),
    ] {
        object.put(added);
    }
    file::to_bytes(object, Role::Pdf, uids::EXPLICIT_VR_LITTLE_ENDIAN)
}
