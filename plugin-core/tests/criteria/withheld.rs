//! Every reason for which a score or category is not given.

use super::*;

#[test]
fn age_withholds_scores_and_categories() {
    let of = |age_years| {
        let mut study = Study::new();
        study.patient.age_years = age_years;
        let (finding, _) = study.apply(femur(0.5, 0.5));
        let codes = reasons(&study, femur(0.5, 0.5), Criterion::Who);
        (codes, finding.value(Region::TotalHip, Quantity::TScore).is_some())
    };
    assert_eq!(of(Some(50)), (vec![], true));
    for age in [Some(49), Some(19), None] {
        assert_eq!(of(age), (vec![GateCode::Age], false), "{age:?}");
    }
    let adult = |age| {
        let mut study = Study::new();
        study.patient.age_years = age;
        reasons(&study, body(Quantity::SkeletalMuscleIndex, 30.0), Criterion::Prado)
    };
    assert_eq!((adult(Some(20)), adult(Some(19)), adult(None)), (vec![], vec![GateCode::Age], vec![GateCode::Age]));
}

#[test]
fn sex_withholds_categories_and_what_is_for_one_sex() {
    for sex in [None, Some("O".to_owned())] {
        let mut study = Study::new();
        study.patient.sex = sex;
        let (finding, _) = study.apply(femur(0.5, 0.5));
        assert!(finding.assessments.is_empty());
        // The female reference serves all for the T-score, but not for the percentage.
        assert!(finding.value(Region::TotalHip, Quantity::TScore).is_some());
        assert!(finding.value(Region::TotalHip, Quantity::PercentYoungAdultMean).is_none());
        assert_eq!(reasons(&study, femur(0.5, 0.5), Criterion::Who), [GateCode::Sex]);
        assert_eq!(reasons(&study, body(Quantity::PsoasMuscleIndex, 3.0), Criterion::Hamaguchi), [GateCode::Sex]);
    }
}

#[test]
fn calibration_withholds_categories_of_bone_alone() {
    let of = |calibration| {
        let study = Study { calibration, ..Study::new() };
        let muscle = category(&study, body(Quantity::SkeletalMuscleIndex, 30.0), Criterion::Prado);
        assert_eq!(muscle, Some(Category::LowMuscleMass), "areas need no calibration");
        let scored = study.apply(femur(0.5, 0.5)).0.value(Region::TotalHip, Quantity::TScore).is_some();
        (reasons(&study, femur(0.5, 0.5), Criterion::Who), scored)
    };
    assert_eq!(of(stored(Material::Hydroxyapatite, Some("physicist"))), (vec![], true));
    assert_eq!(of(stored(Material::Hydroxyapatite, None)), (vec![GateCode::CalibrationUnconfirmed], true));
    assert_eq!(of(physics()), (vec![GateCode::CalibrationLowConfidence], false));
    assert_eq!(of(Calibration::None), (vec![GateCode::NotCalibrated], false));
}

#[test]
fn contrast_withholds_what_rests_on_attenuation_and_not_areas() {
    let study = Study { quality: vec![contrast()], ..Study::new() };
    assert_eq!(reasons(&study, femur(0.5, 0.5), Criterion::Who), [GateCode::Contrast]);
    assert!(study.apply(femur(0.5, 0.5)).0.value(Region::TotalHip, Quantity::TScore).is_some());
    let attenuation = body(Quantity::SkeletalMuscleAttenuation, 30.0);
    assert_eq!(reasons(&study, attenuation, Criterion::MartinAttenuation), [GateCode::Contrast]);
    assert_eq!(reasons(&study, body(Quantity::EstimatedDxaSmi, 5.0), Criterion::Awgs), [GateCode::Contrast]);
    assert_eq!(reasons(&study, body(Quantity::SkeletalMuscleIndex, 30.0), Criterion::Prado), []);
    assert_eq!(reasons(&study, body(Quantity::PsoasMuscleIndex, 3.0), Criterion::Hamaguchi), []);
}

#[test]
fn tube_voltage_withholds_cut_offs_in_hounsfield_units_alone() {
    let study = Study { quality: vec![voltage()], ..Study::new() };
    let attenuation = body(Quantity::SkeletalMuscleAttenuation, 30.0);
    assert_eq!(reasons(&study, attenuation, Criterion::MartinAttenuation), [GateCode::Kvp]);
    assert_eq!(category(&study, femur(0.5, 0.5), Criterion::Who), Some(Category::Osteoporosis));
    assert_eq!(category(&study, body(Quantity::SkeletalMuscleIndex, 30.0), Criterion::Martin), Some(Category::LowMuscleMass));
}

#[test]
fn body_mass_index_is_not_guessed() {
    let mut study = Study::new();
    study.patient.weight_kg = None;
    let attenuation = || body(Quantity::SkeletalMuscleAttenuation, 30.0);
    assert_eq!(reasons(&study, attenuation(), Criterion::MartinAttenuation), [GateCode::HeightMissing]);
    // The cut-off for women does not depend on it.
    assert_eq!(category(&study, body(Quantity::SkeletalMuscleIndex, 40.0), Criterion::Martin), Some(Category::LowMuscleMass));
    study.patient.weight_kg = Some(60.0);
    assert_eq!(category(&study, attenuation(), Criterion::MartinAttenuation), Some(Category::LowMuscleAttenuation));
}

#[test]
fn what_has_no_verified_row_is_said_and_not_computed() {
    let (finding, _) = Study::new().apply(femur(0.7, 0.7));
    let missing: Vec<_> = finding.not_measured.iter().map(|one| (one.region, one.quantities.as_slice(), one.code)).collect();
    let expected = (Region::FemoralNeck, [Quantity::PercentYoungAdultMean].as_slice(), GateCode::NoReference);
    assert_eq!(missing, [expected]);
    let mut study = Study::new();
    study.patient.sex = Some("M".into());
    assert_eq!(reasons(&study, femur(0.5, 0.5), Criterion::Jsbmr), [GateCode::NoReference]);
    assert_eq!(category(&study, femur(0.5, 0.5), Criterion::Who), Some(Category::Osteoporosis), "one reference for both sexes");
}

#[test]
fn no_category_without_age_sex_and_calibration() {
    let calibrations = [stored(Material::DipotassiumPhosphate, Some("physicist")), Calibration::None, physics()];
    for calibration in calibrations {
        for age_years in [None, Some(0), Some(19), Some(49), Some(70)] {
            for sex in [None, Some("F"), Some("M"), Some("O"), Some("")] {
                let mut study = Study { calibration: calibration.clone(), ..Study::new() };
                study.patient.age_years = age_years;
                study.patient.sex = sex.map(str::to_owned);
                let known = age_years.is_some_and(|age| age >= 20) && matches!(sex, Some("F" | "M"));
                let calibrated = matches!(calibration, Calibration::Stored(_));
                for finding in everything_low() {
                    let bone = finding.structure != Structure::Body;
                    let old_enough = !bone || age_years == Some(70);
                    let (finding, _) = study.apply(finding);
                    let expected = known && old_enough && (calibrated || !bone);
                    assert_eq!(!finding.assessments.is_empty(), expected, "{age_years:?} {sex:?} {:?}", finding.structure);
                    let mut codes: Vec<_> = finding.not_measured.iter().map(|one| one.code).collect();
                    let count = codes.len();
                    codes.sort();
                    codes.dedup();
                    assert_eq!(codes.len(), count, "one entry for each reason: {:?}", finding.not_measured);
                }
            }
        }
    }
}
