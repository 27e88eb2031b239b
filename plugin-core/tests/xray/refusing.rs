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
    let stated = Settings { xray: XraySettings { side: Some(Side::Left), ..settings().xray }, ..settings() };
    let report = report(&[&one], &stated).expect("a library");
    assert_eq!(report.findings.iter().map(|finding| finding.side).collect::<Vec<_>>(), [Side::Left; 2]);
    assert!(femur(&report, Side::Left).value(Region::FemoralNeck, Quantity::ArealDensity).is_some());
    assert_eq!(radiograph(&report).laterality.as_deref(), Some("left"));
    let neither = Settings { xray: XraySettings { side: Some(Side::None), ..settings().xray }, ..settings() };
    assert!(pipeline::check(&neither).is_err_and(|error| error.to_string().contains("accepted: left, right")));
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
