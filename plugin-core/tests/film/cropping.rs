//! Where things land in a crop, and back.

use super::film_file::FilmFile;
use super::radiograph;
use dicom_core::VR;
use dicom_dictionary_std::tags;
use ndarray::Array2;
use plugin_core::anatomy::Side;
use plugin_core::read::{RadiographGeometry, RadiographView};
use plugin_core::report::GateCode;
use plugin_core::segmentation::film::{Attenuation, Crop, CropShape, Orientation, Scale, attenuation, crop, scale, whole_film};

const SHAPE: CropShape = CropShape { size: [96, 80], pixel_spacing_mm: 1.25, centre: [40.0, 30.0], percentiles: [0.0, 100.0] };
/// Film pixels of 0.5 mm at the detector.
const MAGNIFICATION: f64 = 1.25;

fn at_hip() -> Scale {
    let geometry = RadiographGeometry {
        imager_pixel_spacing: Some([0.5, 0.5]),
        magnification: Some(MAGNIFICATION),
        ..RadiographGeometry::default()
    };
    scale(&geometry).expect("stated").0
}

fn orientation(row: &str, column: &str) -> Orientation {
    let view = RadiographView { patient_orientation: Some([row.to_owned(), column.to_owned()]), ..RadiographView::default() };
    Orientation::of(&view).expect("coronal").expect("stated")
}

/// A disc of attenuation around `centre`, radius in film pixels, with an edge one pixel wide, on a slope that tells directions apart.
fn disc(size: [usize; 2], centre: [f64; 2], radius: f64) -> Attenuation {
    let film = FilmFile::new(size, 14, |row, column| {
        let distance = (row as f64 - centre[0]).hypot(column as f64 - centre[1]);
        (8000.0 * (radius - distance + 0.5).clamp(0.0, 1.0)) as u16
    });
    attenuation(&radiograph(&film)).expect("an image").0
}

/// Centre and radius in crop pixels of what is brighter than half.
fn found(crop: &Crop) -> ([f64; 2], f64) {
    let sum: f64 = crop.pixels.iter().map(|value| f64::from(*value)).sum();
    let moment = |axis: usize| {
        let weighted = crop.pixels.indexed_iter().map(|(place, value)| [place.0, place.1][axis] as f64 * f64::from(*value));
        weighted.sum::<f64>() / sum
    };
    ([moment(0), moment(1)], (sum / std::f64::consts::PI).sqrt())
}

#[test]
fn a_disc_lands_where_it_must_with_the_radius_it_has() {
    // 30 film pixels of 0.4 mm at the hip: 12 mm, 9.6 crop pixels.
    let head = [130.25, 110.5];
    let disc_centre = [150.0, 140.0];
    let film = disc([300, 280], disc_centre, 30.0);
    let crop = crop(&film, Orientation::STANDARD, &at_hip(), (Side::Left, head), &SHAPE).expect("inside");
    let (centre, radius) = found(&crop);
    let film_per_crop = 1.25 / 0.4;
    let expected = [0, 1].map(|axis| SHAPE.centre[axis] + (disc_centre[axis] - head[axis]) / film_per_crop);
    assert!(centre.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.01), "{centre:?} {expected:?}");
    assert!((radius - 9.6).abs() < 0.02, "{radius}");
    let back = crop.mapping.to_film(expected);
    assert!(back.iter().zip(disc_centre).all(|(a, b)| (a - b).abs() < 1e-9), "{back:?}");
    assert_eq!(crop.mapping.to_film(SHAPE.centre), head);
}

/// Where a place of one film lies on another.
type Moved<'a> = dyn Fn([f64; 2]) -> [f64; 2] + 'a;

#[test]
fn sides_and_orientations_give_the_same_bits() {
    let (size, head, place, radius) = ([240, 200], [110.0, 90.0], [130.0, 104.0], 22.0);
    let expected =
        crop(&disc(size, place, radius), Orientation::STANDARD, &at_hip(), (Side::Left, head), &SHAPE).expect("inside");
    let across = |[row, column]: [f64; 2]| [row, 199.0 - column];
    let down = |[row, column]: [f64; 2]| [239.0 - row, column];
    let turned = |[row, column]: [f64; 2]| [column, row];
    let same = |place: [f64; 2]| place;
    let cases: [(&str, &str, Side, &Moved, [usize; 2]); 7] = [
        ("L", "F", Side::Right, &across, size),
        ("R", "F", Side::Left, &across, size),
        ("R", "F", Side::Right, &same, size),
        ("L", "H", Side::Left, &down, size),
        ("R", "H", Side::Left, &|place| across(down(place)), size),
        ("F", "L", Side::Left, &turned, [200, 240]),
        ("F", "R", Side::Right, &turned, [200, 240]),
    ];
    for (row, column, side, moved, size) in cases {
        let film = disc(size, moved(place), radius);
        let found = crop(&film, orientation(row, column), &at_hip(), (side, moved(head)), &SHAPE).expect("inside");
        assert_eq!(found.pixels, expected.pixels, "{row}\\{column} {side:?}");
        for corner in [[0.0, 0.0], [95.0, 79.0], [12.5, 70.25]] {
            let there = found.mapping.to_film(corner);
            let back = found.mapping.to_crop(there);
            let wanted = moved(expected.mapping.to_film(corner));
            assert!(there.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9), "{there:?} {wanted:?}");
            assert!(back.iter().zip(corner).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
}

#[test]
fn pixels_that_are_not_square_become_square() {
    let film = disc([300, 400], [150.0, 200.0], 30.0);
    let scale = Scale { pixel_mm: [0.5, 0.25], ..at_hip() };
    let shape = CropShape { centre: [40.5, 30.5], ..SHAPE };
    let crop = crop(&film, Orientation::STANDARD, &scale, (Side::Left, [150.0, 200.0]), &shape).expect("inside");
    let extent = |axis: usize| {
        let bright = crop.pixels.indexed_iter().filter(|(_, value)| **value > 0.5).map(|(place, _)| [place.0, place.1][axis]);
        let (low, high) = bright.fold((usize::MAX, 0), |(low, high), place| (low.min(place), high.max(place)));
        (high - low + 1) as f64
    };
    assert_eq!([extent(0), extent(1)], [24.0, 12.0], "30 mm and 15 mm in pixels of 1.25 mm");
}

#[test]
fn finer_than_the_film_it_is_interpolated_without_overshoot() {
    let mut film = disc([60, 60], [30.0, 30.0], 8.0);
    // Something denser lies elsewhere: the disc is not clipped.
    film.clipped_from += 1.0;
    let fine = CropShape { pixel_spacing_mm: 0.1, centre: [47.5, 39.5], ..SHAPE };
    let crop = crop(&film, Orientation::STANDARD, &at_hip(), (Side::Left, [30.0, 30.0]), &fine).expect("inside");
    assert!(crop.pixels.iter().all(|value| (0.0..=1.0).contains(value)));
    assert_eq!(crop.pixels[[47, 39]], 1.0);
    assert_eq!(crop.pixels[[0, 0]], 0.0);
}

#[test]
fn percentiles_become_0_and_1_and_what_is_beyond_is_held() {
    let bright = |row: usize, column: usize| (158..=162).contains(&row) && (158..=162).contains(&column);
    let film = FilmFile::new([320, 320], 14, |row, column| if bright(row, column) { 16_000 } else { 10 * column as u16 });
    let image = attenuation(&radiograph(&film)).expect("an image").0;
    let shape = CropShape { percentiles: [25.0, 75.0], ..SHAPE };
    let crop = crop(&image, Orientation::STANDARD, &at_hip(), (Side::Left, [160.0, 160.0]), &shape).expect("inside");
    // A slope along the 80 columns: the quartiles lie at columns 20 and 60, which the few bright pixels move by one at most.
    let expected = |column: f64| ((column - 20.0) / 40.0) as f32;
    let close = |place: [usize; 2]| (crop.pixels[place] - expected(place[1] as f64)).abs() < 0.05;
    assert!(close([0, 0]) && close([85, 25]) && close([85, 79]));
    assert!(crop.pixels.iter().all(|value| (-0.5..=1.5).contains(value)));
    assert_eq!(crop.pixels[[40, 30]], 1.5, "what is bright is held");
}

#[test]
fn beyond_the_film_and_behind_shutters_there_is_nothing() {
    let mut file = FilmFile::new([300, 300], 12, |row, column| (row + column) as u16 + 500);
    file.text(tags::SHUTTER_SHAPE, VR::CS, "RECTANGULAR");
    for (tag, edge) in [
        (tags::SHUTTER_LEFT_VERTICAL_EDGE, "1"),
        (tags::SHUTTER_RIGHT_VERTICAL_EDGE, "200"),
        (tags::SHUTTER_UPPER_HORIZONTAL_EDGE, "1"),
        (tags::SHUTTER_LOWER_HORIZONTAL_EDGE, "300"),
    ] {
        file.text(tag, VR::IS, edge);
    }
    let image = attenuation(&radiograph(&file)).expect("an image").0;
    let cut = |head| crop(&image, Orientation::STANDARD, &at_hip(), (Side::Left, head), &SHAPE);
    let half = cut([150.0, 100.0]).expect("enough is exposed");
    let exposed: Vec<usize> = half.exposed.outer_iter().map(|row| row.iter().filter(|exposed| **exposed).count()).collect();
    // Column 199.5 of the film, the edge, lies at crop column 30 + 99.5 / 3.125 = 61.84.
    assert_eq!(exposed[50], 62);
    assert!(half.pixels.indexed_iter().all(|(place, value)| half.exposed[place] || *value == 0.0));
    let refused = cut([150.0, 260.0]).expect_err("behind the shutter");
    assert_eq!(refused.code, GateCode::FovTrunc);
}

#[test]
fn clipped_pixels_are_told_and_block_where_they_are_many() {
    let shape = CropShape { centre: [47.5, 39.5], ..SHAPE };
    let cut = |clipped_rows: usize| {
        let film = FilmFile::new([320, 320], 12, |row, column| if row < clipped_rows { 4000 } else { column as u16 });
        let image = attenuation(&radiograph(&film)).expect("an image").0;
        crop(&image, Orientation::STANDARD, &at_hip(), (Side::Left, [159.5, 159.5]), &shape)
    };
    // The crop shows the film from 9.5 to 309.5 rows, counted from the centre of the first.
    let few = cut(25).expect("few are clipped");
    assert!((few.clipped - 0.05).abs() < 1e-5, "{}", few.clipped);
    assert_eq!(few.remark().map(|remark| remark.code), Some(GateCode::Greyscale));
    assert_eq!(cut(0).expect("one at most").remark(), None);
    let many = cut(160).expect_err("half is clipped");
    assert_eq!((many.code, many.found.map(f64::round)), (GateCode::Greyscale, Some(50.0)));
}

#[test]
fn the_whole_film_lies_in_the_middle_of_a_square() {
    // 400 x 200 pixels: all rows of 128, half of the columns.
    let film = disc([400, 200], [100.0, 150.0], 20.0);
    let small = whole_film(&film, Orientation::STANDARD, &at_hip(), [128, 128], [0.0, 100.0]);
    let (centre, radius) = found(&small);
    let step = 400.0 / 128.0;
    let expected = [(100.0 + 0.5) / step - 0.5, 32.0 + (150.0 + 0.5) / step - 0.5];
    assert!(centre.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.01), "{centre:?} {expected:?}");
    assert!((radius - 20.0 / step).abs() < 0.02, "{radius}");
    assert!(
        small
            .exposed
            .columns()
            .into_iter()
            .enumerate()
            .all(|(column, pixels)| { pixels.iter().all(|exposed| *exposed == (32..96).contains(&column)) })
    );
    let mirrored =
        whole_film(&disc([400, 200], [100.0, 49.0], 20.0), orientation("R", "F"), &at_hip(), [128, 128], [0.0, 100.0]);
    assert_eq!(mirrored.pixels, small.pixels, "the patient's left is at the right");
    assert_eq!(small.pixels.dim(), Array2::<f32>::zeros([128, 128]).dim());
}
