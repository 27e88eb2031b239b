//! Which image of a study is measured.

use super::*;
use dicom_core::DataElement;
use dicom_core::value::{PixelFragmentSequence, Value};
use dicom_dictionary_std::uids;
use std::collections::BTreeMap;

/// The pelvis in a series and at a date of its own.
fn at(series: &str, date: &str) -> FilmFile {
    let mut film = pelvis();
    film.text(tags::SERIES_INSTANCE_UID, VR::UI, series);
    film.text(tags::SOP_INSTANCE_UID, VR::UI, &format!("{series}.1"));
    film.text(tags::ACQUISITION_DATE, VR::DA, date);
    film
}

#[test]
fn of_several_films_the_newest_is_measured_and_the_others_are_named() {
    let (older, newer) = (at("1.2.3.7", "20250102"), at("1.2.3.6", "20250304"));
    let choice = pipeline::choose(&inputs(&[&older, &newer]), &BTreeMap::new(), &settings()).expect("a choice");
    assert_eq!((choice.ct_series, choice.film_series.as_deref()), (None, Some("1.2.3.6")));
    assert_eq!((choice.model.as_deref(), &choice.other_ct_series[..]), (Some("tiny-hip-xray"), &["1.2.3.7".to_owned()][..]));
    let Some(report) = report(&[&older, &newer], &settings()) else { return };
    assert_eq!(report.series.series_uid(), "1.2.3.6");
    let named = report.quality.iter().find(|one| one.code == GateCode::SeriesNotMeasured).expect("it is said");
    assert!(named.message.contains("1.2.3.7") && named.message.contains("radiographs"), "{named:?}");

    let this = Settings { series_instance_uid: Some("1.2.3.7".into()), ..settings() };
    let report = super::report(&[&older, &newer], &this).expect("a library");
    assert_eq!(report.series.series_uid(), "1.2.3.7");
    assert!(report.quality.iter().all(|one| one.code != GateCode::SeriesNotMeasured), "it was asked for");
}

#[test]
fn a_film_that_cannot_be_measured_gives_way_to_an_older_one() {
    let (older, mut newer) = (at("1.2.3.7", "20250102"), at("1.2.3.6", "20250304"));
    newer.text(tags::VIEW_POSITION, VR::CS, "LL");
    let choice = pipeline::choose(&inputs(&[&newer, &older]), &BTreeMap::new(), &settings()).expect("a choice");
    assert_eq!(choice.film_series.as_deref(), Some("1.2.3.7"));
    let Some(report) = report(&[&newer, &older], &settings()) else { return };
    assert_eq!(report.series.series_uid(), "1.2.3.7");
    assert!(femur(&report, Side::Left).value(Region::FemoralNeck, Quantity::ArealDensity).is_some());
    // What spoke against the newer film may matter to the older one's values.
    let said =
        report.quality.iter().any(|one| one.message.contains("1.2.3.6.1 was passed over: View Position (0018,5101) is LL"));
    assert!(said, "{:?}", report.quality);
}

#[test]
fn films_of_one_series_are_named_and_chosen_by_their_own_uid() {
    let (older, mut newer) = (at("1.2.3.7", "20250102"), at("1.2.3.7", "20250304"));
    newer.text(tags::SOP_INSTANCE_UID, VR::UI, "1.2.3.7.2");
    let Some(report) = report(&[&older, &newer], &settings()) else { return };
    assert_eq!(radiograph(&report).sop_instance_uid, "1.2.3.7.2");
    let named = report.quality.iter().find(|one| one.code == GateCode::SeriesNotMeasured).expect("it is said");
    assert!(named.message.contains("1.2.3.7.1"), "{named:?}");
    let this = |uid: &str| Settings { xray: XraySettings { film: Some(uid.into()), ..settings().xray }, ..settings() };
    let report = super::report(&[&older, &newer], &this("1.2.3.7.1")).expect("a library");
    assert_eq!(radiograph(&report).sop_instance_uid, "1.2.3.7.1");
    let error = pipeline::choose(&inputs(&[&older, &newer]), &BTreeMap::new(), &this("1.2.3.7.9")).expect_err("none");
    assert!(error.to_string().contains("xray.film is 1.2.3.7.9") && error.to_string().contains("1.2.3.7.2"), "{error}");
}

#[test]
fn a_film_that_cannot_be_read_gives_way_to_an_older_one_and_is_named() {
    let (older, mut newer, mut newest) = (at("1.2.3.7", "20250102"), at("1.2.3.6", "20250304"), at("1.2.3.8", "20250305"));
    // Its header contradicts the length of its pixels.
    newer.pixels(14, false, vec![0; 99]);
    // Its header is sound and its JPEG-LS stream is not.
    let stream = PixelFragmentSequence::new(vec![0_u32], vec![vec![0xff, 0xd8, 0xff, 0xf7, 0, 3, 1, 0]]);
    newest.0.put(DataElement::new(tags::PIXEL_DATA, VR::OB, Value::PixelSequence(stream)));
    let newest = || Instance::Bytes { name: "newest".into(), data: newest.encoded(uids::JPEGLS_LOSSLESS) };
    let Some(installation) = installation() else { return };
    let measured = |instances: Vec<Instance>| {
        pipeline::measure(&Inputs { instances, ..Inputs::default() }, &settings(), &installation, Progress::silent())
    };
    let file = |film: &FilmFile| Instance::Bytes { name: "film".into(), data: film.bytes() };

    let report = measured(vec![newest(), file(&newer), file(&older)]).expect("a report").report;
    assert_eq!(report.series.series_uid(), "1.2.3.7");
    assert!(femur(&report, Side::Left).value(Region::FemoralNeck, Quantity::ArealDensity).is_some());
    for series in ["1.2.3.6", "1.2.3.8"] {
        let mut said = report.quality.iter().filter(|one| one.code == GateCode::SeriesNotMeasured);
        assert!(said.any(|one| one.message.contains("cannot be read") && one.message.contains(series)), "{series}");
    }
    for alone in [newest(), file(&newer)] {
        assert!(matches!(measured(vec![alone]), Err(Error::Read(_))));
    }
}

#[test]
fn a_kind_of_measurement_asks_for_its_image() {
    let of = |kinds: &[MeasurementKind]| Settings { measurements: kinds.to_vec(), ..settings() };
    let pelvis = pelvis();
    let ct = pipeline::choose(&inputs(&[&pelvis]), &BTreeMap::new(), &of(&[MeasurementKind::Muscle]));
    assert!(ct.is_err_and(|error| error.to_string().contains("no CT series")));
    let film = pipeline::choose(&inputs(&[&pelvis]), &BTreeMap::new(), &of(&[MeasurementKind::HipXray]));
    assert_eq!(film.expect("a choice").film_series.as_deref(), Some("1.2.3.4"));
    let none = pipeline::choose(&inputs(&[]), &BTreeMap::new(), &of(&[MeasurementKind::HipXray]));
    assert!(none.is_err_and(|error| error.to_string().contains("no radiograph")));
}

#[test]
fn films_of_two_patients_are_refused_unless_one_is_named() {
    let mut other = at("2.3.4", "20250304");
    other.text(tags::STUDY_INSTANCE_UID, VR::UI, "2.3");
    let error = pipeline::choose(&inputs(&[&pelvis(), &other]), &BTreeMap::new(), &settings()).expect_err("two studies");
    assert!(error.to_string().contains("films of 2 studies") && error.to_string().contains("2.3.4"), "{error}");
}
