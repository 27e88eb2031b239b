//! Calibrations that were stored, and which scans they fit.

use crate::scene::{Scan, Scene, grid};
use plugin_core::calibration::{
    Calibration, CalibrationChoice, CalibrationError, StoredCalibration, VALID_DAYS, stored_from_scan,
};
use plugin_core::report::{GateCode, Severity};
use plugin_core::units::Mm;

/// A scan of the phantom, and what is stored of it.
fn stored() -> (Scan, StoredCalibration) {
    let scan = Scene::default().scan(&grid(1.0, 3.0, 10));
    let (stored, calibrated) = stored_from_scan(&scan.settings, &scan.evidence(), None, VALID_DAYS).expect("a calibration");
    assert_eq!(calibrated.quality.iter().map(|one| one.code).collect::<Vec<_>>(), [GateCode::CalibrationUnconfirmed]);
    (scan, stored)
}

/// A scan without a phantom, on the same scanner, a day later.
fn patient(stored: &[StoredCalibration]) -> Scan {
    let mut scan = Scene { z: [1000.0, 2000.0], ..Scene::default() }.scan(&grid(2.0, 5.0, 4));
    scan.study_date = Some("20260201");
    scan.settings.site.calibrations = stored.to_vec();
    scan
}

fn by_id(id: &str) -> CalibrationChoice {
    CalibrationChoice::Stored { id: Some(id.to_owned()) }
}

type Change<T> = fn(&mut T);

const FITTING: CalibrationChoice = CalibrationChoice::Stored { id: None };

#[test]
fn what_is_stored_is_what_the_phantom_gave() {
    let (scan, stored) = stored();
    assert_eq!(stored.id, "scanner-64-120kv-standard-2026-01-31");
    assert_eq!((stored.date.as_str(), stored.expires.as_str()), ("2026-01-31", "2026-05-01"));
    assert_eq!(stored.conversion, scan.conversion(CalibrationChoice::Auto));
    let again: StoredCalibration = serde_json::from_str(&serde_json::to_string(&stored).expect("JSON")).expect("the same form");
    assert_eq!(again, stored);
}

#[test]
fn the_same_protocol_is_calibrated_without_being_asked() {
    let (_, stored) = stored();
    let scan = patient(std::slice::from_ref(&stored));
    for choice in [CalibrationChoice::Auto, FITTING, by_id(&stored.id)] {
        let calibrated = scan.calibrate(choice).expect("no error");
        assert_eq!(calibrated.calibration, Calibration::Stored(stored.clone()));
        assert!(!calibrated.calibration.confirmed());
        assert_eq!(calibrated.quality[0].code, GateCode::CalibrationUnconfirmed);
    }
}

#[test]
fn every_difference_is_named() {
    let (_, stored) = stored();
    let cases: [(&str, Change<Scan>); 10] = [
        ("Manufacturer \"ACME\"", |scan| scan.equipment.manufacturer = Some("Other".to_owned())),
        ("Manufacturer's Model Name", |scan| scan.equipment.model = None),
        ("Device Serial Number", |scan| scan.equipment.serial_number = Some("S2".to_owned())),
        ("KVP 120, the scan has 100", |scan| scan.acquisition.tube_voltage = Some(100.0)),
        ("KVP 120, the scan has none", |scan| scan.acquisition.tube_voltage = None),
        ("Convolution Kernel", |scan| scan.acquisition.kernel = Some("BONE".to_owned())),
        ("Slice Thickness 1.25, the scan has 1.31", |scan| scan.acquisition.slice_thickness = Some(Mm(1.31))),
        ("the scan is of 2026-01-30", |scan| scan.study_date = Some("20260130")),
        ("the scan is of 2026-05-02", |scan| scan.study_date = Some("20260502")),
        ("Study Date", |scan| scan.study_date = None),
    ];
    for (words, change) in cases {
        let mut scan = patient(std::slice::from_ref(&stored));
        change(&mut scan);
        let asked = scan.calibrate(FITTING).expect("no error");
        assert_eq!((asked.calibration, asked.quality[0].severity), (Calibration::None, Severity::Block));
        assert_eq!(asked.quality[0].code, GateCode::CalibrationNoMatch);
        assert!(asked.quality[0].message.contains(words), "{words} is not in {}", asked.quality[0].message);
        let unasked = scan.calibrate(CalibrationChoice::Auto).expect("no error");
        assert_eq!((unasked.calibration, unasked.quality[0].severity), (Calibration::None, Severity::Info));
    }
}

#[test]
fn what_is_not_stated_and_the_last_day_fit() {
    let (_, mut stored) = stored();
    (stored.manufacturer, stored.serial_number, stored.slice_thickness_mm) = (None, None, None);
    let mut scan = patient(std::slice::from_ref(&stored));
    (scan.equipment.manufacturer, scan.equipment.serial_number, scan.acquisition.slice_thickness) = (None, None, Some(Mm(5.0)));
    for date in ["20260131", "20260501"] {
        scan.study_date = Some(date);
        assert!(matches!(scan.calibrate(FITTING).expect("no error").calibration, Calibration::Stored(_)), "{date}");
    }
    stored.slice_thickness_mm = Some(1.3);
    scan.settings.site.calibrations = vec![stored];
    scan.acquisition.slice_thickness = Some(Mm(1.25));
    assert!(matches!(scan.calibrate(FITTING).expect("no error").calibration, Calibration::Stored(_)));
}

#[test]
fn the_latest_that_fits_is_taken() {
    let (_, first) = stored();
    let later = StoredCalibration { id: "later".to_owned(), date: "2026-02-01".to_owned(), ..first.clone() };
    let later_still = StoredCalibration { id: "too-late".to_owned(), date: "2026-02-02".to_owned(), ..first.clone() };
    let scan = patient(&[first, later, later_still]);
    assert!(matches!(scan.calibrate(FITTING).expect("no error").calibration, Calibration::Stored(one) if one.id == "later"));
}

#[test]
fn a_name_that_nothing_has_says_what_there_is() {
    let (_, stored) = stored();
    let scan = patient(std::slice::from_ref(&stored));
    let reason = |choice| match scan.calibrate(choice) {
        Err(CalibrationError::Settings(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason(by_id("other")).contains(&stored.id));
    let phantom = CalibrationChoice::Phantom { phantom: Some("other".to_owned()), rods: None };
    assert!(reason(phantom).contains("b-mas200, mindways-model3-ct"));
}

#[test]
fn what_would_fit_anything_is_refused() {
    let (_, good) = stored();
    let cases: [(&str, Change<StoredCalibration>); 7] = [
        ("its id", |one| one.id = "a/b".to_owned()),
        ("kernel", |one| one.kernel = None),
        ("tube_voltage_kv", |one| one.tube_voltage_kv = None),
        ("model", |one| one.model = None),
        ("dates", |one| one.date = "31.1.2026".to_owned()),
        ("slope", |one| one.conversion.slope = f64::NAN),
        ("r_squared", |one| one.r_squared = 0.5),
    ];
    for (word, change) in cases {
        let mut broken = good.clone();
        change(&mut broken);
        let refused = patient(&[broken]).calibrate(CalibrationChoice::Auto);
        assert!(matches!(&refused, Err(CalibrationError::Settings(reason)) if reason.contains(word)), "{refused:?}");
    }
    let mut scan = Scene::default().scan(&grid(1.0, 3.0, 4));
    scan.acquisition.kernel = None;
    let refused = stored_from_scan(&scan.settings, &scan.evidence(), None, VALID_DAYS);
    assert!(matches!(&refused, Err(CalibrationError::Settings(reason)) if reason.contains("(0018,1210)")), "{refused:?}");
}
