//! One scene in every greyscale gives one attenuation.

use super::film_file::FilmFile;
use super::radiograph;
use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use ndarray::Array2;
use plugin_core::report::GateCode;
use plugin_core::segmentation::film::{Attenuation, attenuation};

const SIZE: [usize; 2] = [24, 20];

/// A known attenuation: -ln(intensity) from 0 to 4.
fn scene(row: usize, column: usize) -> f64 {
    4.0 * (row * SIZE[1] + column) as f64 / (SIZE[0] * SIZE[1] - 1) as f64
}

fn of(film: &FilmFile) -> Attenuation {
    attenuation(&radiograph(film)).expect("an image").0
}

/// To 0 at the least and 1 at the largest value.
fn normal(image: &Attenuation) -> Array2<f64> {
    let [low, high] = image.range.map(f64::from);
    image.pixels.mapv(|value| (f64::from(value) - low) / (high - low))
}

/// A film for processing: what its tags say of its curve holds.
fn raw(size: [usize; 2], bits: u16, value: impl Fn(usize, usize) -> u16) -> FilmFile {
    let mut film = FilmFile::new(size, bits, value);
    film.text(tags::SOP_CLASS_UID, VR::UI, uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PROCESSING);
    film
}

fn logarithmic() -> FilmFile {
    raw(SIZE, 14, |row, column| (4000.0 * scene(row, column)).round() as u16)
}

fn linear(sign: i16) -> FilmFile {
    let full = 65_535.0;
    let mut film = raw(SIZE, 16, |row, column| {
        let intensity = (full * (-scene(row, column)).exp()).round();
        (if sign > 0 { intensity } else { full - intensity }) as u16
    });
    film.text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LIN").signed(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, sign);
    film
}

#[test]
fn lin_and_log_give_the_same_attenuation() {
    let expected = Array2::from_shape_fn(SIZE, |(row, column)| scene(row, column) / 4.0);
    for film in [logarithmic(), linear(1), linear(-1)] {
        let found = normal(&of(&film));
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // A step of 16 bits is 1/1200 of the least intensity.
        assert!(worst < 2e-4, "{worst}");
    }
    assert!((of(&linear(1)).range[1] - of(&linear(1)).range[0] - 4.0).abs() < 1e-3, "the natural logarithm");
}

#[test]
fn a_black_pixel_of_a_linear_film_is_half_a_unit() {
    let mut film = raw([1, 2], 12, |_, column| [0, 4095][column]);
    film.text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LIN").signed(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, 1);
    assert_eq!(of(&film).range, [-(4095f32.ln()), -(0.5f32.ln())]);
}

#[test]
fn the_sign_decides_and_without_it_the_way_bone_is_shown() {
    let upward = logarithmic();
    let mut inverse = raw(SIZE, 14, |row, column| 16_383 - (4000.0 * scene(row, column)).round() as u16);
    inverse.signed(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, 1);
    assert_eq!(normal(&of(&inverse)), normal(&of(&upward)));

    // MONOCHROME1 is MONOCHROME2 inverted, where nothing else tells.
    let mut monochrome2 = upward.clone();
    monochrome2.without(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN);
    let mut monochrome1 = inverse.clone();
    monochrome1.without(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN).text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
    assert_eq!(normal(&of(&monochrome1)), normal(&of(&monochrome2)));
    assert_eq!(normal(&of(&monochrome2)), normal(&of(&upward)));

    // The sign speaks of stored values: a falling Modality LUT turns it round.
    let mut falling = upward.clone();
    falling.text(tags::RESCALE_SLOPE, VR::DS, "-1").text(tags::RESCALE_INTERCEPT, VR::DS, "16383");
    assert_eq!(normal(&of(&falling)), normal(&of(&upward)));
    // What is shown dark by its sign stays what it is, in MONOCHROME1 too.
    let mut shown_dark = upward.clone();
    shown_dark.text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
    assert_eq!(normal(&of(&shown_dark)), normal(&of(&upward)));
}

#[test]
fn a_film_for_presentation_keeps_its_makers_curve_whatever_its_tags_say() {
    let shown = |relationship: &str| {
        let mut film = logarithmic();
        film.text(tags::SOP_CLASS_UID, VR::UI, uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION);
        film.text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, relationship);
        film
    };
    for relationship in ["LIN", "LOG"] {
        let film = shown(relationship);
        assert_eq!(normal(&of(&film)), normal(&of(&logarithmic())), "{relationship}");
        let remarks = attenuation(&radiograph(&film)).expect("an image").1;
        assert!(remarks[0].message.contains("not stored for processing") && remarks.len() == 1, "{remarks:?}");
    }
    // Dark bone by its sign, bright bone by the way it is shown.
    let mut contradicted = shown("LOG");
    contradicted.signed(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, 1);
    let block = attenuation(&radiograph(&contradicted)).expect_err("which of them");
    assert!(block.code == GateCode::Greyscale && block.reason.contains("bone is shown dark"), "{block:?}");
    contradicted.text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
    assert!(attenuation(&radiograph(&contradicted)).is_ok());
}

#[test]
fn what_lossy_compression_made_of_a_clipped_value_is_clipped() {
    // A tenth is clipped at 4000; a lossy codec left them 0 to 40 below.
    let mut film = raw([10, 10], 12, |row, column| if row == 9 { 4000 - 4 * column as u16 } else { (300 * row) as u16 });
    let clipped = |film: &FilmFile| {
        let image = of(film);
        image.pixels.iter().filter(|value| **value >= image.clipped_from).count()
    };
    assert_eq!(clipped(&film), 1);
    film.text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "01");
    assert_eq!(clipped(&film), 10);
    assert!(attenuation(&radiograph(&film)).expect("an image").1.iter().any(|one| one.message.contains("(0028,2110) is 01")));
}

#[test]
fn eight_bits_give_what_sixteen_give_and_are_flagged() {
    let levels = |row: usize, column: usize| ((row * SIZE[1] + column) % 256) as u16;
    let sixteen = raw(SIZE, 16, |row, column| 257 * levels(row, column));
    let mut eight = raw(SIZE, 8, levels);
    eight.bytes_as_pixels((0..SIZE[0] * SIZE[1]).map(|place| (place % 256) as u8).collect());
    let (a, b) = (normal(&of(&eight)), normal(&of(&sixteen)));
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6));
    let remarks = |film: &FilmFile| attenuation(&radiograph(film)).expect("an image").1;
    assert!(remarks(&sixteen).is_empty());
    let flagged = remarks(&eight);
    assert_eq!((flagged.len(), flagged[0].code), (1, GateCode::Greyscale));
    assert!(flagged[0].message.contains("Bits Stored (0028,0101) is 8"), "{}", flagged[0].message);
}

#[test]
fn greyscales_without_meaning_are_flagged_or_refused() {
    let mut display = logarithmic();
    display.text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "DISP");
    let mut absent = logarithmic();
    absent.without(tags::PIXEL_INTENSITY_RELATIONSHIP).without(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN);
    for (film, remarks) in [(display, 1), (absent, 2)] {
        assert_eq!(attenuation(&radiograph(&film)).expect("an image").1.len(), remarks);
    }
    let mut scaled = linear(1);
    scaled.text(tags::RESCALE_SLOPE, VR::DS, "2");
    let even = FilmFile::new(SIZE, 12, |_, _| 7);
    let mut hidden = logarithmic();
    hidden.text(tags::SHUTTER_SHAPE, VR::CS, "CIRCULAR").text(tags::CENTER_OF_CIRCULAR_SHUTTER, VR::IS, "900\\900");
    hidden.text(tags::RADIUS_OF_CIRCULAR_SHUTTER, VR::IS, "2");
    for film in [scaled, even, hidden] {
        assert_eq!(attenuation(&radiograph(&film)).expect_err("no meaning").code, GateCode::Greyscale);
    }
}
