//! What is looked at and not measured.

use super::*;

/// The only block, with a report that holds no value.
fn refused(film: &FilmFile, settings: &Settings) -> Option<(GateCode, Report)> {
    let report = report(&[film], settings)?;
    let blocks = blocks(&report);
    assert_eq!(blocks.len(), 1, "{:?}", report.quality);
    assert!(report.findings.is_empty() && radiograph(&report).hips.is_empty());
    Some((blocks[0], report))
}

#[test]
fn headers_that_speak_against_measuring_are_an_answer() {
    let mut child = pelvis();
    child.text(tags::PATIENT_AGE, VR::AS, "012Y");
    let Some((code, report)) = refused(&child, &settings()) else { return };
    assert_eq!((code, radiograph(&report).view.clone()), (GateCode::Child, None), "the model was not asked");
    let mut lateral = pelvis();
    lateral.text(tags::VIEW_POSITION, VR::CS, "LL");
    assert_eq!(refused(&lateral, &settings()).expect("a library").0, GateCode::View);
}

#[test]
fn a_film_that_the_model_takes_for_another_view_is_not_measured() {
    let bright = film(|row, column| if row < 200 { 0.9 + cone([row, column], HEADS[0]) / 10.0 } else { 0.0 });
    let Some((code, report)) = refused(&bright, &settings()) else { return };
    let view = radiograph(&report).view.clone().expect("the model was asked");
    assert_eq!((code, view.name.as_str()), (GateCode::View, "lateral"));
    assert!(view.probability > 0.5);
}

#[test]
fn a_film_of_one_hip_needs_its_side() {
    let mut one = film(|row, column| cone([row, column], [120, 170]));
    one.text(tags::BODY_PART_EXAMINED, VR::CS, "HIP");
    one.without(tags::PATIENT_ORIENTATION);
    let Some((code, _)) = refused(&one, &settings()) else { return };
    assert_eq!(code, GateCode::Laterality);
    let stated = Settings { xray: XraySettings { side: Some(FilmSide::Left), ..settings().xray }, ..settings() };
    let report = report(&[&one], &stated).expect("a library");
    assert_eq!(report.findings.iter().map(|finding| finding.side).collect::<Vec<_>>(), [Side::Left; 2]);
    assert!(femur(&report, Side::Left).value(Region::FemoralNeck, Quantity::ArealDensity).is_some());
    assert_eq!(radiograph(&report).laterality.as_deref(), Some("left"));
}

/// Narrow as a film of one hip: no second one has room on it.
fn narrow(head: [usize; 2]) -> FilmFile {
    let mut film = FilmFile::new([240, 160], 14, |row, column| 1000 + (8000.0 * cone([row, column], head)).round() as u16);
    film.text(tags::IMAGER_PIXEL_SPACING, VR::DS, "1.4375\\1.4375");
    film
}

#[test]
fn a_film_without_room_for_a_second_hip_tells_no_side_by_its_halves() {
    // A left hip, whose head lies in the half in which that of a pelvis would be the right one.
    let one = narrow([120, 60]);
    let Some((code, report)) = refused(&one, &settings()) else { return };
    assert_eq!(code, GateCode::Laterality);
    assert!(report.quality.iter().any(|said| said.message.contains("room for another")), "{:?}", report.quality);
    let stated = Settings { xray: XraySettings { side: Some(FilmSide::Left), ..settings().xray }, ..settings() };
    let report = super::report(&[&one], &stated).expect("a library");
    assert_eq!(report.findings.iter().map(|finding| finding.side).collect::<Vec<_>>(), [Side::Left; 2]);
}

#[test]
fn of_two_hips_on_a_film_that_names_one_side_it_is_that_one() {
    // The other head is the more conspicuous one.
    let mut film = film(|row, column| cone([row, column], HEADS[0]).max(0.9 * cone([row, column], HEADS[1])));
    film.text(tags::BODY_PART_EXAMINED, VR::CS, "HIP").text(tags::IMAGE_LATERALITY, VR::CS, "L");
    let Some(report) = report(&[&film], &settings()) else { return };
    let hips = &radiograph(&report).hips;
    assert_eq!(hips.iter().map(|hip| hip.side).collect::<Vec<_>>(), [Side::Left]);
    let away = (hips[0].head_centre[0] - HEADS[1][0] as f64).hypot(hips[0].head_centre[1] - HEADS[1][1] as f64);
    assert!(away < 5.0, "{:?}", hips[0].head_centre);
    // Where nothing says how the film lies, it may be either.
    film.without(tags::PATIENT_ORIENTATION);
    assert_eq!(refused(&film, &settings()).expect("a library").0, GateCode::Laterality);
}

#[test]
fn a_pelvis_without_orientation_is_measured_where_somebody_says_how_it_lies() {
    let mut film = pelvis();
    film.without(tags::PATIENT_ORIENTATION);
    let Some((code, _)) = refused(&film, &settings()) else { return };
    assert_eq!(code, GateCode::Laterality);
    let stated = Settings { xray: XraySettings { side: Some(FilmSide::Both), ..settings().xray }, ..settings() };
    let report = report(&[&film], &stated).expect("a library");
    assert_eq!(radiograph(&report).hips.iter().map(|hip| hip.side).collect::<Vec<_>>(), [Side::Right, Side::Left]);
    assert!(report.quality.iter().any(|one| one.code == GateCode::Laterality && one.message.contains("stated to show both")));
    // What the header says of how it lies is not overruled.
    let turned = |film: &mut FilmFile| {
        film.text(tags::PATIENT_ORIENTATION, VR::CS, "R\\F");
    };
    turned(&mut film);
    let report = super::report(&[&film], &stated).expect("a library");
    let right = radiograph(&report).hips[0].clone();
    assert!(right.side == Side::Right && (right.head_centre[1] - HEADS[1][1] as f64).abs() < 5.0, "{right:?}");
}

#[test]
fn one_head_that_is_taken_for_both_is_nobodys() {
    // The toy looks for the right head in the left half of the film, which ends at column 160, and finds the flank of the same cone.
    let Some((code, report)) = refused(&film(|row, column| cone([row, column], [120, 160])), &settings()) else { return };
    assert_eq!((code, radiograph(&report).view.clone().map(|view| view.name)), (GateCode::Laterality, Some("ap".to_owned())));
}

#[test]
fn metal_at_one_hip_withholds_it_and_not_the_other() {
    // A ball of 30 mm beside the left head, sharp and brighter than all else.
    let ball = |row: usize, column: usize| (row as f64 - 150.0).hypot(column as f64 - 255.0) < 12.0;
    let film = film(|row, column| {
        let hips = HEADS.iter().map(|head| cone([row, column], *head)).fold(0.0, f64::max);
        if ball(row, column) { 1.5 } else { hips }
    });
    let Some(report) = report(&[&film], &settings()) else { return };
    let left = femur(&report, Side::Left);
    assert!(left.measurements.is_empty() && left.not_measured.iter().all(|missing| missing.code == GateCode::Implant));
    assert!(femur(&report, Side::Right).value(Region::TotalHip, Quantity::ArealDensity).is_some());
    assert_eq!(radiograph(&report).hips.len(), 1);
}

#[test]
fn a_hip_that_the_film_does_not_show_is_said_to_be_missing() {
    let film = film(|row, column| cone([row, column], HEADS[0]));
    let Some(report) = report(&[&film], &settings()) else { return };
    let left = femur(&report, Side::Left);
    assert!(left.measurements.is_empty() && left.not_measured.iter().all(|missing| missing.code == GateCode::NotLabelled));
    assert!(femur(&report, Side::Right).value(Region::TotalHip, Quantity::ArealDensity).is_some());
}
