//! Made-up radiographs.

use dicom_core::value::{DataSetSequence, PrimitiveValue};
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

/// A Digital X-Ray image: AP pelvis of an adult, logarithmic, bone bright, 16 bits allocated.
#[derive(Clone)]
pub struct FilmFile(pub InMemDicomObject);

impl FilmFile {
    /// `value` gives the stored value of each row and column, of `bits` bits.
    pub fn new([rows, columns]: [usize; 2], bits: u16, value: impl Fn(usize, usize) -> u16) -> FilmFile {
        let mut film = FilmFile(InMemDicomObject::new_empty());
        for (tag, vr, value) in [
            (tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\"),
            (tags::SOP_CLASS_UID, VR::UI, uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION),
            (tags::SOP_INSTANCE_UID, VR::UI, "1.2.3.5"),
            (tags::STUDY_DATE, VR::DA, "20250601"),
            (tags::MODALITY, VR::CS, "DX"),
            (tags::PATIENT_ID, VR::LO, "P1"),
            (tags::PATIENT_AGE, VR::AS, "070Y"),
            (tags::BODY_PART_EXAMINED, VR::CS, "PELVIS"),
            (tags::VIEW_POSITION, VR::CS, "AP"),
            (tags::IMAGER_PIXEL_SPACING, VR::DS, "0.5\\0.5"),
            (tags::STUDY_INSTANCE_UID, VR::UI, "1.2.3"),
            (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3.4"),
            (tags::PATIENT_ORIENTATION, VR::CS, "L\\F"),
            (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            (tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LOG"),
        ] {
            film.text(tag, vr, value);
        }
        film.signed(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, -1);
        film.short(tags::SAMPLES_PER_PIXEL, 1).short(tags::ROWS, rows as u16).short(tags::COLUMNS, columns as u16);
        let values = (0..rows).flat_map(|row| (0..columns).map(move |column| [row, column]));
        film.pixels(bits, false, values.map(|[row, column]| value(row, column)).collect());
        film
    }

    pub fn text(&mut self, tag: Tag, vr: VR, value: &str) -> &mut FilmFile {
        let values = value.split('\\').map(str::to_owned).collect();
        self.0.put(DataElement::new(tag, vr, PrimitiveValue::Strs(values)));
        self
    }

    pub fn short(&mut self, tag: Tag, value: u16) -> &mut FilmFile {
        self.0.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
        self
    }

    pub fn signed(&mut self, tag: Tag, value: i16) -> &mut FilmFile {
        self.0.put(DataElement::new(tag, VR::SS, PrimitiveValue::from(value)));
        self
    }

    pub fn without(&mut self, tag: Tag) -> &mut FilmFile {
        self.0.remove_element(tag);
        self
    }

    /// A sequence of one item.
    pub fn sequence(&mut self, tag: Tag, item: InMemDicomObject) -> &mut FilmFile {
        self.0.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![item])));
        self
    }

    /// A sequence of one code.
    pub fn code(&mut self, tag: Tag, value: &str, meaning: &str) -> &mut FilmFile {
        self.sequence(tag, code(value, meaning))
    }

    /// Pixel data of `bits` bits in words of 16; negative values as two's complement of 16 bits.
    pub fn pixels(&mut self, bits: u16, signed: bool, values: Vec<u16>) -> &mut FilmFile {
        self.short(tags::BITS_ALLOCATED, 16).short(tags::BITS_STORED, bits).short(tags::HIGH_BIT, bits - 1);
        self.short(tags::PIXEL_REPRESENTATION, u16::from(signed));
        self.0.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
        self
    }

    /// Pixel data of one byte each.
    pub fn bytes_as_pixels(&mut self, values: Vec<u8>) -> &mut FilmFile {
        self.short(tags::BITS_ALLOCATED, 8).short(tags::BITS_STORED, 8).short(tags::HIGH_BIT, 7);
        self.0.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(values.into())));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.encoded(uids::EXPLICIT_VR_LITTLE_ENDIAN)
    }

    pub fn encoded(&self, transfer_syntax: &'static str) -> Vec<u8> {
        let meta = FileMetaTableBuilder::new().transfer_syntax(transfer_syntax);
        let mut bytes = Vec::new();
        self.0.clone().with_meta(meta).expect("UIDs").write_all(&mut bytes).expect("memory");
        bytes
    }
}

pub fn code(value: &str, meaning: &str) -> InMemDicomObject {
    InMemDicomObject::from_element_iter([
        DataElement::new(tags::CODE_VALUE, VR::SH, PrimitiveValue::from(value)),
        DataElement::new(tags::CODING_SCHEME_DESIGNATOR, VR::SH, PrimitiveValue::from("SCT")),
        DataElement::new(tags::CODE_MEANING, VR::LO, PrimitiveValue::from(meaning)),
    ])
}
