//! Mappings of a site: which one is taken, what it gives, when it is withheld.

use super::body::Body;
use super::withheld;
use plugin_core::anatomy::Structure;
use plugin_core::calibration::tissue::Internal;
use plugin_core::calibration::{
    Calibrated, Calibration, CalibrationError, Calibrator, Tissue, TissueCalibration, TissueMapping,
};
use plugin_core::report::GateCode;
use plugin_core::units::Material;

fn mapping() -> TissueMapping {
    TissueMapping {
        id: "ward-ct".to_owned(),
        manufacturer: None,
        model: Some("scanner one ".to_owned()),
        tube_voltage_kv: Some(120.0),
        material: Material::Hydroxyapatite,
        confirmed_by: Some("physicist".to_owned()),
        tissues: vec![Tissue::Air, Tissue::Blood],
        slope: vec![0.3, -0.0005, 0.001],
        intercept: vec![-1000.0, -1.0, 0.1],
        ranges_hu: vec![[-1005.0, -990.0], [30.0, 50.0]],
        scans: 20,
        standard_error: 2.5,
    }
}

fn calibrate(body: &Body, mappings: &[TissueMapping], wanted: Option<&str>) -> Result<Calibrated, CalibrationError> {
    body.with_evidence(|evidence| Internal { mappings, wanted }.calibrate(evidence))
}

fn internal(calibrated: &Calibrated) -> &TissueCalibration {
    match &calibrated.calibration {
        Calibration::Internal(one) => one,
        other => panic!("{other:?}"),
    }
}

#[test]
fn slope_and_intercept_follow_from_the_tissues() {
    let calibrated = calibrate(&Body::default(), &[mapping()], None).expect("fits");
    let internal = internal(&calibrated);
    // Air -998, blood 42: 0.3 + 0.499 + 0.042, and -1000 + 998 + 4.2.
    assert!((internal.conversion.slope - 0.841).abs() < 1e-9 && (internal.conversion.intercept - 2.2).abs() < 1e-9);
    assert_eq!((internal.mapping.as_deref(), internal.standard_error), (Some("ward-ct"), Some(2.5)));
    assert_eq!((internal.conversion.material, internal.tissues.len()), (Material::Hydroxyapatite, 2));
    assert!(calibrated.quality.is_empty() && calibrated.calibration.confirmed());
    let unconfirmed = TissueMapping { confirmed_by: None, ..mapping() };
    let calibrated = calibrate(&Body::default(), &[unconfirmed], Some("ward-ct")).expect("fits");
    assert_eq!(calibrated.quality[0].code, GateCode::CalibrationUnconfirmed);
    assert!(!calibrated.calibration.confirmed());
}

#[test]
fn of_the_mappings_that_fit_one_that_states_the_manufacturer_is_taken() {
    let maker = Body::default().equipment.manufacturer;
    let of = |id: &str, manufacturer: Option<String>, kilovolt: f64| TissueMapping {
        id: id.to_owned(),
        manufacturer,
        tube_voltage_kv: Some(kilovolt),
        ..mapping()
    };
    let loose = of("loose", None, 120.0);
    let other_voltage = of("100kv", maker.clone(), 100.0);
    let tight = of("tight", maker.clone(), 120.0);
    let as_tight = of("as-tight", maker, 120.0);
    let chosen = |mappings: &[TissueMapping], wanted| {
        calibrate(&Body::default(), mappings, wanted).map(|calibrated| internal(&calibrated).mapping.clone())
    };
    let site = [loose.clone(), other_voltage.clone(), tight.clone()];
    assert_eq!(chosen(&site, None).expect("two fit"), Some("tight".to_owned()));
    assert_eq!(chosen(&site, Some("loose")).expect("named"), Some("loose".to_owned()));
    for (mappings, wanted) in [(vec![other_voltage.clone()], None), (vec![tight.clone(), as_tight], None), (vec![], None)] {
        assert_eq!(withheld(calibrate(&Body::default(), &mappings, wanted)).0, GateCode::CalibrationNoMatch);
    }
    let (code, _, reason) = withheld(calibrate(&Body::default(), &site, Some("100kv")));
    assert!(code == GateCode::CalibrationNoMatch && reason.contains("KVP (0018,0060) is 120 kV"), "{reason}");
    let nothing_stated = Body { equipment: Default::default(), ..Body::default() };
    assert_eq!(withheld(calibrate(&nothing_stated, &[mapping()], None)).0, GateCode::CalibrationNoMatch);
    assert!(matches!(calibrate(&Body::default(), &site, Some("other")), Err(CalibrationError::Settings(_))));
    let twice = calibrate(&Body::default(), &[tight.clone(), tight], Some("tight"));
    assert!(matches!(&twice, Err(CalibrationError::Settings(reason)) if reason.contains("given twice")), "{twice:?}");
}

#[test]
fn a_tissue_a_little_beyond_what_was_learnt_is_clamped_and_one_far_beyond_withholds() {
    let calibrated = calibrate(&Body { blood: 55.0, ..Body::default() }, &[mapping()], None).expect("5 HU beyond");
    assert_eq!((calibrated.quality[0].code, calibrated.quality[0].found), (GateCode::TissueRange, Some(55.0)));
    // As for 50 HU.
    assert!((internal(&calibrated).conversion.slope - 0.849).abs() < 1e-9);
    let (code, found, _) = withheld(calibrate(&Body { blood: 56.0, ..Body::default() }, &[mapping()], None));
    assert_eq!((code, found), (GateCode::TissueRange, Some(56.0)));
}

#[test]
fn a_tissue_that_cannot_be_read_withholds() {
    let contrast = Body { blood: 150.0, ..Body::default() };
    assert_eq!(withheld(calibrate(&contrast, &[mapping()], None)).0, GateCode::Contrast);
    let unlabelled = Body::default().without(&[Structure::Aorta]);
    assert_eq!(withheld(calibrate(&unlabelled, &[mapping()], None)).0, GateCode::NotLabelled);
}

#[test]
fn a_line_that_no_phantom_gives_withholds() {
    let of = |slope: f64, intercept: f64| {
        let mapping = TissueMapping { slope: vec![slope, 0.0, 0.0], intercept: vec![intercept, 0.0, 0.0], ..mapping() };
        calibrate(&Body::default(), &[mapping], None)
    };
    for (slope, intercept) in [(-1.0, 0.0), (0.0999, 0.0), (3.001, 0.0), (1e308, 0.0), (0.8, 500.1), (0.8, -500.1)] {
        let (code, found, _) = withheld(of(slope, intercept));
        assert_eq!((code, found), (GateCode::CalibrationFit, Some(slope)));
    }
    assert!(of(0.1, 500.0).is_ok() && of(3.0, -500.0).is_ok());
}

#[test]
fn a_table_that_contradicts_itself_is_refused() {
    for broken in [
        TissueMapping { slope: vec![0.8], ..mapping() },
        TissueMapping { intercept: vec![0.0; 4], ..mapping() },
        TissueMapping { ranges_hu: Vec::new(), ..mapping() },
        TissueMapping { tissues: Vec::new(), slope: vec![0.8], intercept: vec![0.0], ranges_hu: Vec::new(), ..mapping() },
        TissueMapping { tissues: vec![Tissue::Air, Tissue::Air], ..mapping() },
        TissueMapping { ranges_hu: vec![[-990.0, -1005.0], [30.0, 50.0]], ..mapping() },
        TissueMapping { ranges_hu: vec![[f64::NAN, -1005.0], [30.0, 50.0]], ..mapping() },
        TissueMapping { slope: vec![f64::INFINITY, 0.0, 0.0], ..mapping() },
        TissueMapping { standard_error: -1.0, ..mapping() },
        TissueMapping { model: None, ..mapping() },
        TissueMapping { tube_voltage_kv: None, ..mapping() },
        TissueMapping { id: "../ward-ct".to_owned(), ..mapping() },
    ] {
        let result = calibrate(&Body::default(), &[broken], None);
        assert!(matches!(&result, Err(CalibrationError::Settings(reason)) if reason.contains("ward-ct")), "{result:?}");
    }
}
