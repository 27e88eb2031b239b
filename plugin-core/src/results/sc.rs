//! The page as Secondary Capture (PS3.3 A.8.1), for viewers that show no PDF.

use super::context::{self, Role};
use super::dataset::element;
use super::page::Page;
use super::{Source, WriteError, file, run_lengths};
use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};

/// Builds the object of `page`, on which no name stands but one that is drawn into a film.
pub(super) fn build(source: Source<'_>, page: &Page) -> Result<Vec<u8>, WriteError> {
    let (Ok(rows), Ok(columns)) = (u16::try_from(page.height), u16::try_from(page.width)) else {
        return Err(WriteError::Page(format!("{} x {} pixels; 65535 each can be written", page.width, page.height)));
    };
    // A fifth of the raw pixels, of which an archive holds several copies while it stores them.
    let frame = run_lengths::encode(page.rgb.as_chunks::<3>().0, usize::from(columns));
    let mut object = context::begin(source, Role::Sc)?;
    for added in [
        element(tags::IMAGE_TYPE, "DERIVED\\SECONDARY\\OTHER"),
        element(tags::CONVERSION_TYPE, "WSD"),
        element(tags::BODY_PART_EXAMINED, context::body_part(source)),
        element(tags::PATIENT_ORIENTATION, PrimitiveValue::Empty),
        element(tags::BURNED_IN_ANNOTATION, source.image.burned_in_annotation()),
        element(tags::SAMPLES_PER_PIXEL, 3_u16),
        element(tags::PHOTOMETRIC_INTERPRETATION, "RGB"),
        element(tags::PLANAR_CONFIGURATION, 0_u16),
        element(tags::ROWS, rows),
        element(tags::COLUMNS, columns),
        element(tags::BITS_ALLOCATED, 8_u16),
        element(tags::BITS_STORED, 8_u16),
        element(tags::HIGH_BIT, 7_u16),
        element(tags::PIXEL_REPRESENTATION, 0_u16),
        DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new(vec![0], vec![frame])),
    ] {
        object.put(added);
    }
    file::to_bytes(object, Role::Sc, uids::RLE_LOSSLESS)
}
