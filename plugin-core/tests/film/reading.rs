//! Headers and values, as the Modality LUT leaves them.

use super::film_file::{FilmFile, code};
use super::{contents, header, inputs, radiograph, refusal};
use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use plugin_core::anatomy::Side;
use plugin_core::read::{Laterality, SpacingCalibration};
use plugin_core::units::Mm;

/// Values 0 to 15, by row.
fn small() -> FilmFile {
    FilmFile::new([4, 4], 12, |row, column| (4 * row + column) as u16)
}

fn values(film: &FilmFile) -> Vec<f32> {
    radiograph(film).pixels.into_iter().collect()
}

#[test]
fn what_the_header_states_is_kept() {
    let mut film = small();
    film.text(tags::PIXEL_SPACING, VR::DS, "0.4\\0.41").text(tags::PIXEL_SPACING_CALIBRATION_TYPE, VR::CS, "FIDUCIAL");
    film.text(tags::DISTANCE_SOURCE_TO_DETECTOR, VR::DS, "1150").text(tags::DISTANCE_SOURCE_TO_PATIENT, VR::DS, "1000");
    film.text(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, VR::DS, "1.15").text(tags::KVP, VR::DS, "75");
    film.text(tags::MANUFACTURER, VR::LO, "Maker").text(tags::DETECTOR_TYPE, VR::CS, "SCINTILLATOR");
    film.text(tags::LATERALITY, VR::CS, "R").text(tags::IMAGE_LATERALITY, VR::CS, "R");
    film.text(tags::BURNED_IN_ANNOTATION, VR::CS, "YES").text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "01");
    let mut region = code("24136001", "Hip joint");
    let modifier = dicom_core::value::DataSetSequence::from(vec![code("24028007", "Right")]);
    region.put(DataElement::new(tags::ANATOMIC_REGION_MODIFIER_SEQUENCE, VR::SQ, modifier));
    film.sequence(tags::ANATOMIC_REGION_SEQUENCE, region);
    film.code(tags::VIEW_CODE_SEQUENCE, "399348003", "antero-posterior");
    let header = header(&film);
    assert_eq!(header.size, [4, 4]);
    assert_eq!(header.geometry.imager_pixel_spacing, Some([0.5, 0.5]));
    assert_eq!(header.geometry.pixel_spacing, Some([0.4, 0.41]));
    assert_eq!(header.geometry.spacing_calibration, Some(SpacingCalibration::Fiducial));
    assert_eq!(header.geometry.source_to_detector, Some(Mm(1150.0)));
    assert_eq!(header.geometry.source_to_patient, Some(Mm(1000.0)));
    assert_eq!(header.geometry.magnification, Some(1.15));
    assert_eq!((header.tube_voltage, header.equipment.manufacturer.as_deref()), (Some(75.0), Some("Maker")));
    assert_eq!(header.view.lateralities, [Laterality::One(Side::Right)]);
    assert_eq!(header.view.anatomic_region, Some(("24136001".to_owned(), "Hip joint".to_owned())));
    assert_eq!((header.view.code.as_deref(), header.view.position.as_deref()), (Some("399348003"), Some("AP")));
    assert_eq!(header.view.patient_orientation, Some(["L".to_owned(), "F".to_owned()]));
    assert!(header.burned_in_annotation == Some(true) && header.lossy);
    // `printf 1.2.3.5 | sha256sum`
    assert_eq!(header.instances_sha256, "f53eea05fa9e492da3a048b6a9050791b7d6c20c1dafef710d0754bb4425f573");
}

#[test]
fn values_are_those_of_the_modality_lut_whatever_the_bits() {
    let plain: Vec<f32> = (0..16u8).map(f32::from).collect();
    assert_eq!(values(&small()), plain);
    let mut bytes = small();
    bytes.bytes_as_pixels((0..16).collect());
    assert_eq!(values(&bytes), plain);
    let mut full = small();
    full.pixels(16, false, (0..16).map(|value| 65_520 + value).collect());
    assert_eq!(values(&full), plain.iter().map(|value| value + 65_520.0).collect::<Vec<_>>());
    let mut signed = small();
    signed.pixels(10, true, (0..16).map(|value: i16| (value - 8) as u16).collect());
    assert_eq!(values(&signed), plain.iter().map(|value| value - 8.0).collect::<Vec<_>>());
    let mut rescaled = small();
    rescaled.text(tags::RESCALE_SLOPE, VR::DS, "-0.5").text(tags::RESCALE_INTERCEPT, VR::DS, "100.25");
    assert_eq!(values(&rescaled), plain.iter().map(|value| 100.25 - 0.5 * value).collect::<Vec<_>>());
    assert_eq!(header(&rescaled).greyscale.modality.ascends(), Some(false));
}

#[test]
fn neither_window_nor_presentation_lut_nor_monochrome1_changes_values() {
    let mut shown = small();
    shown.text(tags::WINDOW_CENTER, VR::DS, "8").text(tags::WINDOW_WIDTH, VR::DS, "4");
    shown.text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "INVERSE").text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
    assert_eq!(values(&shown), values(&small()));
    assert!(header(&shown).greyscale.inverted);
}

fn lut(descriptor: [u16; 3], data: PrimitiveValue) -> InMemDicomObject {
    let vr = if descriptor[2] > 8 { VR::US } else { VR::OW };
    InMemDicomObject::from_element_iter([
        DataElement::new(tags::LUT_DESCRIPTOR, VR::US, PrimitiveValue::U16(descriptor.as_slice().into())),
        DataElement::new(tags::LUT_DATA, vr, data),
    ])
}

#[test]
fn a_modality_lut_holds_its_ends_and_counts_from_its_first_value() {
    let table: Vec<u16> = (0..8).map(|entry| 1000 - 100 * entry).collect();
    let expected: Vec<f32> = (0..16i16).map(|stored| f32::from(1000 - 100 * (stored - 4).clamp(0, 7))).collect();
    let mut film = small();
    film.sequence(tags::MODALITY_LUT_SEQUENCE, lut([8, 4, 16], PrimitiveValue::U16(table.clone().into())));
    assert_eq!(values(&film), expected);
    assert_eq!(header(&film).greyscale.modality.ascends(), Some(false));

    let mut signed = small();
    signed.pixels(12, true, (0..16).map(|value: i16| (value - 8) as u16).collect());
    let first = -4i16 as u16;
    signed.sequence(tags::MODALITY_LUT_SEQUENCE, lut([8, first, 16], PrimitiveValue::U16(table.into())));
    assert_eq!(values(&signed), expected);

    for data in [
        PrimitiveValue::U16([200u16, 150, 100, 50].as_slice().into()),
        PrimitiveValue::U16([0x96C8u16, 0x3264].as_slice().into()),
    ] {
        let mut eight = small();
        eight.sequence(tags::MODALITY_LUT_SEQUENCE, lut([4, 0, 8], data));
        assert_eq!(values(&eight)[..6], [200.0, 150.0, 100.0, 50.0, 50.0, 50.0]);
    }
}

#[test]
fn transfer_syntaxes_give_the_same_values() {
    let film = FilmFile::new([4, 4], 16, |row, column| (4099 * (4 * row + column)) as u16);
    for syntax in [uids::IMPLICIT_VR_LITTLE_ENDIAN, uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.2"] {
        let inputs = inputs(vec![film.encoded(syntax)]);
        let contents = contents(&inputs);
        let read = plugin_core::read::read_radiograph(&inputs, &contents.radiographs[0]).expect(syntax);
        assert_eq!(read.pixels, radiograph(&film).pixels, "{syntax}");
    }
}

#[test]
fn padding_and_what_shutters_hide_is_not_exposed() {
    let mut film = small();
    film.short(tags::PIXEL_PADDING_VALUE, 15).short(tags::PIXEL_PADDING_RANGE_LIMIT, 14);
    film.text(tags::SHUTTER_SHAPE, VR::CS, "RECTANGULAR\\CIRCULAR");
    for (tag, edge) in [
        (tags::SHUTTER_LEFT_VERTICAL_EDGE, "2"),
        (tags::SHUTTER_RIGHT_VERTICAL_EDGE, "4"),
        (tags::SHUTTER_UPPER_HORIZONTAL_EDGE, "1"),
        (tags::SHUTTER_LOWER_HORIZONTAL_EDGE, "4"),
    ] {
        film.text(tag, VR::IS, edge);
    }
    film.text(tags::CENTER_OF_CIRCULAR_SHUTTER, VR::IS, "4\\4").text(tags::RADIUS_OF_CIRCULAR_SHUTTER, VR::IS, "3");
    film.text(tags::COLLIMATOR_SHAPE, VR::CS, "POLYGONAL");
    film.text(tags::VERTICES_OF_THE_POLYGONAL_COLLIMATOR, VR::IS, "-9\\-9\\-9\\90\\90\\90");
    let exposed = radiograph(&film).exposed;
    // Column 0 lies left of the shutter, 14 and 15 are padding, [0, 1] is farther than 3 from [3, 3], and below the diagonal lies
    // nothing of the collimator.
    let expected: Vec<[usize; 2]> = vec![[0, 3], [1, 2], [1, 3], [2, 3]];
    let found: Vec<[usize; 2]> =
        exposed.indexed_iter().filter(|(_, exposed)| **exposed).map(|((row, column), _)| [row, column]).collect();
    let on_diagonal = |[row, column]: &[usize; 2]| row == column;
    assert_eq!(found.into_iter().filter(|place| !on_diagonal(place)).collect::<Vec<_>>(), expected);
}

/// What is wrong with a file, and what the refusal says of it.
type Spoilt = (fn(&mut FilmFile), &'static str);

#[test]
fn what_cannot_be_used_is_refused_with_tag_and_value() {
    let spoilt: [Spoilt; 9] = [
        (
            |film| {
                film.text(tags::NUMBER_OF_FRAMES, VR::IS, "2");
            },
            "Number of Frames (0028,0008) is 2; accepted: 1",
        ),
        (
            |film| {
                film.text(tags::IMAGE_TYPE, VR::CS, "DERIVED\\SECONDARY");
            },
            "Image Type (0008,0008) is DERIVED\\SECONDARY",
        ),
        (
            |film| {
                film.without(tags::SOP_INSTANCE_UID).text(tags::SOP_INSTANCE_UID, VR::UI, "x");
            },
            "SOP Instance UID (0008,0018)",
        ),
        (
            |film| {
                film.text(tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.7");
            },
            "SOP Class UID (0008,0016) is 1.2.840",
        ),
        (
            |film| {
                film.short(tags::SAMPLES_PER_PIXEL, 3);
            },
            "Samples per Pixel (0028,0002) is 3; accepted: 1",
        ),
        (
            |film| {
                film.text(tags::IMAGER_PIXEL_SPACING, VR::DS, "0\\0");
            },
            "Imager Pixel Spacing (0018,1164) is 0\\0",
        ),
        (
            |film| {
                film.signed(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, 0);
            },
            "Sign (0028,1041) is 0; accepted: 1 or -1",
        ),
        (
            |film| {
                film.text(tags::RESCALE_SLOPE, VR::DS, "0");
            },
            "Rescale Slope (0028,1053) is 0",
        ),
        (
            |film| {
                film.sequence(tags::MODALITY_LUT_SEQUENCE, lut([9, 0, 16], PrimitiveValue::U16(vec![1, 2].into())));
            },
            "LUT Data (0028,3006) is 4 bytes long; accepted: 9 entries",
        ),
    ];
    for (spoil, expected) in spoilt {
        let mut film = small();
        spoil(&mut film);
        let found = refusal(&film);
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn one_defective_film_does_not_void_its_series_but_two_under_one_uid_do() {
    let second = |uid: &str| {
        let mut film = small();
        film.text(tags::SOP_INSTANCE_UID, VR::UI, uid);
        film
    };
    let mut defective = second("1.2.3.6");
    defective.text(tags::NUMBER_OF_FRAMES, VR::IS, "2");
    let mixed = contents(&inputs(vec![small().bytes(), defective.bytes(), second("1.2.3.7").bytes(), small().bytes()]));
    let uids: Vec<&str> = mixed.radiographs.iter().map(|film| film.sop_instance_uid.as_str()).collect();
    assert_eq!(uids, ["1.2.3.5", "1.2.3.7"]);
    assert_eq!(mixed.refused.len(), 2, "the defective one and the copy: {:?}", mixed.refused);

    let other = FilmFile::new([4, 4], 12, |_, _| 3);
    let doubled = contents(&inputs(vec![small().bytes(), other.bytes()]));
    assert!(doubled.radiographs.is_empty());
    assert!(doubled.refused[0].reason.contains("whose contents differ"), "{:?}", doubled.refused);
}
