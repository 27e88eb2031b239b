//! Scores and categories: golden numbers, boundaries, and every reason for withholding once tripped and once not.

use plugin_core::anatomy::{Side, Structure};
use plugin_core::calibration::{Calibration, Conversion, StoredCalibration, TissueCalibration};
use plugin_core::criteria::{Context, ReferenceTables, apply};
use plugin_core::report::{
    Assessment, Category, Criterion, Finding, GateCode, Measurement, Patient, Quality, Quantity, ReferenceUsed, Region,
};
use plugin_core::units::Material;

/// A woman of 70 years on a calibrated CT without contrast agent; a test changes what it is about.
struct Study {
    patient: Patient,
    calibration: Calibration,
    quality: Vec<Quality>,
    tables: ReferenceTables,
}

impl Study {
    fn new() -> Study {
        let patient = Patient { sex: Some("F".into()), age_years: Some(70), height_m: Some(1.60), weight_kg: Some(60.0) };
        let calibration = stored(Material::Hydroxyapatite, Some("physicist"));
        Study { patient, calibration, quality: Vec::new(), tables: ReferenceTables::built_in() }
    }

    fn apply(&self, mut finding: Finding) -> (Finding, Vec<ReferenceUsed>) {
        let Study { patient, calibration, quality, tables } = self;
        let used = apply(std::slice::from_mut(&mut finding), Context { patient, calibration, quality, tables });
        (finding, used)
    }
}

fn conversion(material: Material) -> Conversion {
    Conversion { material, slope: 0.8, intercept: -2.5, curvature: 0.0 }
}

fn stored(material: Material, confirmed_by: Option<&str>) -> Calibration {
    Calibration::Stored(StoredCalibration {
        id: "main".into(),
        manufacturer: None,
        model: None,
        serial_number: None,
        tube_voltage_kv: Some(120.0),
        kernel: None,
        slice_thickness_mm: None,
        phantom: "phantom".into(),
        phantom_serial: None,
        confirmed_by: confirmed_by.map(str::to_owned),
        date: "2026-01-01".into(),
        expires: "2026-04-01".into(),
        conversion: conversion(material),
        r_squared: 1.0,
    })
}

fn physics() -> Calibration {
    Calibration::Physics(TissueCalibration {
        mapping: None,
        confirmed_by: Some("nobody can".into()),
        conversion: conversion(Material::DipotassiumPhosphate),
        standard_error: None,
        effective_energy_kev: Some(96.0),
        r_squared: Some(0.998),
        tissues: Vec::new(),
    })
}

fn with(structure: Structure, values: &[(Region, Quantity, f64)]) -> Finding {
    let mut finding = Finding::new(structure, Side::None);
    finding.measurements =
        values.iter().map(|(region, quantity, value)| Measurement::new(*region, *quantity, *value, "given/1")).collect();
    finding
}

fn femur(neck: f64, total_hip: f64) -> Finding {
    let density =
        |region, value| Measurement::mineral(region, Quantity::ArealDensity, value, "given/1", Material::Hydroxyapatite);
    let mut finding = Finding::new(Structure::Femur, Side::Left);
    finding.measurements = vec![density(Region::FemoralNeck, neck), density(Region::TotalHip, total_hip)];
    finding
}

fn spine(density: f64, material: Material) -> Finding {
    let mut finding = Finding::new(Structure::LumbarSpine, Side::None);
    finding.measurements = vec![Measurement::mineral(Region::Trabecular, Quantity::DensityMean, density, "given/1", material)];
    finding
}

fn body(quantity: Quantity, value: f64) -> Finding {
    let region = if quantity == Quantity::EstimatedDxaSmi { Region::Whole } else { Region::L3Slice };
    with(Structure::Body, &[(region, quantity, value)])
}

fn said(finding: &Finding, criterion: Criterion) -> Option<&Assessment> {
    finding.assessments.iter().find(|one| one.criterion == criterion)
}

fn category(study: &Study, finding: Finding, criterion: Criterion) -> Option<Category> {
    said(&study.apply(finding).0, criterion).map(|one| one.category)
}

/// Codes of the reasons for which `criterion` was withheld.
fn reasons(study: &Study, finding: Finding, criterion: Criterion) -> Vec<GateCode> {
    let (finding, _) = study.apply(finding);
    assert!(said(&finding, criterion).is_none() || finding.not_measured.iter().all(|one| !one.criteria.contains(&criterion)));
    finding.not_measured.iter().filter(|one| one.criteria.contains(&criterion)).map(|one| one.code).collect()
}

fn contrast() -> Quality {
    Quality::warning(GateCode::Contrast, "contrast agent was given".into(), None)
}

fn voltage() -> Quality {
    Quality::warning(GateCode::Kvp, "the tube voltage is 100 kV".into(), Some(100.0))
}

#[test]
fn golden_t_scores_and_percentages() {
    let (finding, used) = Study::new().apply(femur(0.700, 0.637));
    assert_eq!(finding.value(Region::FemoralNeck, Quantity::TScore), Some(-1.31667));
    assert_eq!(finding.value(Region::TotalHip, Quantity::TScore), Some(-2.5));
    // 0.637 of 0.886 g/cm2.
    assert_eq!(finding.value(Region::TotalHip, Quantity::PercentYoungAdultMean), Some(71.8962));
    let t = finding.measurements.iter().find(|one| one.quantity == Quantity::TScore).expect("above");
    assert_eq!((t.reference.as_deref(), t.method.as_str()), (Some("nhanes3-femoral-neck"), "t-score/1"));
    let ids: Vec<_> = used.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["nhanes3-femoral-neck", "nhanes3-total-hip", "japan2001-total-hip-women", "who-1994", "jsbmr-2012-sd"]);
    assert!(used.iter().all(|row| row.verified_by.is_some()));
    assert_eq!(used[0].mean.zip(used[0].sd), Some((0.858, 0.120)));
    assert_eq!(used[3].cut_offs, [-2.5, -1.0]);
}

#[test]
fn who_takes_the_lower_of_neck_and_total_hip_and_counts_the_cut_off_in() {
    use Category::{LowBoneMass, Normal, Osteoporosis};
    let study = Study::new();
    // -2.5: 0.558 and 0.637; -1.0: 0.738 and 0.820 g/cm2.
    let cases = [
        ((0.558, 0.9), Osteoporosis, Region::FemoralNeck),
        ((0.9, 0.637), Osteoporosis, Region::TotalHip),
        ((0.559, 0.638), LowBoneMass, Region::TotalHip),
        ((0.737, 0.95), LowBoneMass, Region::FemoralNeck),
        ((0.738, 0.820), Normal, Region::FemoralNeck),
    ];
    for ((neck, hip), expected, region) in cases {
        let (finding, _) = study.apply(femur(neck, hip));
        let who = said(&finding, Criterion::Who).expect("nothing withholds it");
        assert_eq!((who.category, who.region), (expected, region), "{neck} {hip}");
    }
}

#[test]
fn one_site_is_enough() {
    let mut neck_only = femur(0.5, 0.5);
    neck_only.measurements.pop();
    assert_eq!(category(&Study::new(), neck_only, Criterion::Who), Some(Category::Osteoporosis));
}

#[test]
fn the_two_limits_of_jsbmr_do_not_coincide() {
    use Category::{LowBoneMass, Normal, Osteoporosis};
    // Total hip of Japanese women, 0.886 +- 0.107: 70 % is 0.6202, -2.5 SD 0.6185, -1 SD 0.779 g/cm2.
    let study = Study::new();
    for (hip, expected, row) in [
        (0.6180, Osteoporosis, "jsbmr-2012-percent"),
        (0.6195, Osteoporosis, "jsbmr-2012-percent"),
        (0.6202, Osteoporosis, "jsbmr-2012-percent"),
        (0.6203, LowBoneMass, "jsbmr-2012-sd"),
        (0.7789, LowBoneMass, "jsbmr-2012-sd"),
        (0.7790, Normal, "jsbmr-2012-percent"),
    ] {
        let (finding, _) = study.apply(femur(0.9, hip));
        let jsbmr = said(&finding, Criterion::Jsbmr).expect("nothing withholds it");
        assert_eq!((jsbmr.category, jsbmr.reference.as_str(), jsbmr.region), (expected, row, Region::TotalHip), "{hip}");
    }
}

#[test]
fn spine_thresholds_hold_for_the_material_they_were_found_with() {
    let study = Study { calibration: stored(Material::DipotassiumPhosphate, Some("physicist")), ..Study::new() };
    let of = |density| category(&study, spine(density, Material::DipotassiumPhosphate), Criterion::SpineQct);
    let expected = [(79.9, Category::Osteoporosis), (80.0, Category::LowBoneMass), (120.1, Category::Normal)];
    for (density, category) in expected {
        assert_eq!(of(density), Some(category), "{density}");
    }
    let other = spine(79.9, Material::Hydroxyapatite);
    assert_eq!(reasons(&Study::new(), other, Criterion::SpineQct), [GateCode::NoReference]);
    let (finding, _) = study.apply(spine(79.9, Material::DipotassiumPhosphate));
    assert!(finding.measurements.iter().all(|one| one.quantity != Quantity::TScore), "a QCT density has no T-score");
}

#[test]
fn muscle_cut_offs_depend_on_sex_and_body_mass_index() {
    use Category::{LowMuscleAttenuation, LowMuscleMass, Normal};
    use Quantity::*;
    let cases = [
        ("F", 60.0, Criterion::Prado, SkeletalMuscleIndex, [(38.4, LowMuscleMass), (38.5, Normal)]),
        ("M", 60.0, Criterion::Prado, SkeletalMuscleIndex, [(52.4, LowMuscleMass), (52.5, Normal)]),
        ("F", 60.0, Criterion::Martin, SkeletalMuscleIndex, [(40.9, LowMuscleMass), (41.0, Normal)]),
        // Height 1.60 m: a body mass index of 25 is 64 kg.
        ("M", 63.9, Criterion::Martin, SkeletalMuscleIndex, [(42.9, LowMuscleMass), (43.0, Normal)]),
        ("M", 64.1, Criterion::Martin, SkeletalMuscleIndex, [(52.9, LowMuscleMass), (53.0, Normal)]),
        ("F", 60.0, Criterion::Derstine, SkeletalMuscleIndex, [(34.3, LowMuscleMass), (34.4, Normal)]),
        ("M", 60.0, Criterion::Derstine, SkeletalMuscleIndex, [(45.3, LowMuscleMass), (45.4, Normal)]),
        ("F", 60.0, Criterion::MartinAttenuation, SkeletalMuscleAttenuation, [(40.9, LowMuscleAttenuation), (41.0, Normal)]),
        ("M", 80.0, Criterion::MartinAttenuation, SkeletalMuscleAttenuation, [(32.9, LowMuscleAttenuation), (33.0, Normal)]),
        ("F", 60.0, Criterion::Hamaguchi, PsoasMuscleIndex, [(3.91, LowMuscleMass), (3.92, Normal)]),
        ("M", 60.0, Criterion::Hamaguchi, PsoasMuscleIndex, [(6.35, LowMuscleMass), (6.36, Normal)]),
        ("F", 60.0, Criterion::Awgs, EstimatedDxaSmi, [(5.39, LowMuscleMass), (5.4, Normal)]),
        ("M", 60.0, Criterion::Awgs, EstimatedDxaSmi, [(6.99, LowMuscleMass), (7.0, Normal)]),
        ("F", 60.0, Criterion::Ewgsop2, EstimatedDxaSmi, [(5.49, LowMuscleMass), (5.5, Normal)]),
        ("M", 60.0, Criterion::Ewgsop2, EstimatedDxaSmi, [(6.99, LowMuscleMass), (7.0, Normal)]),
    ];
    for (sex, weight, criterion, quantity, values) in cases {
        let mut study = Study::new();
        study.patient.sex = Some(sex.into());
        study.patient.weight_kg = Some(weight);
        for (value, expected) in values {
            assert_eq!(category(&study, body(quantity, value), criterion), Some(expected), "{criterion:?} {sex} {value}");
        }
    }
}

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
fn a_criterion_without_verified_rows_is_not_offered() {
    let ratio = with(Structure::L2, &[(Region::VertebralBody, Quantity::AnteriorHeightRatio, 0.5)]);
    let (finding, used) = Study::new().apply(ratio);
    assert!(finding.assessments.is_empty() && finding.not_measured.is_empty() && used.is_empty());
}

/// The built-in tables after `change`, as a site would edit them.
fn edited(change: impl Fn(&mut serde_json::Value)) -> Result<ReferenceTables, String> {
    let mut json = serde_json::to_value(ReferenceTables::built_in()).expect("it is JSON");
    change(&mut json);
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn row<'a>(json: &'a mut serde_json::Value, id: &str) -> &'a mut serde_json::Value {
    let lists = json.as_object_mut().expect("an object").values_mut();
    lists.flat_map(|list| list.as_array_mut().expect("rows")).find(|row| row["id"] == id).expect("the row exists")
}

#[test]
fn a_row_counts_from_the_day_somebody_verified_it() {
    let tables = edited(|json| {
        for id in ["genant-anterior", "jsbmr-qdr-femoral-neck-women"] {
            row(json, id)["verified_by"] = "Dr. Example".into();
        }
    });
    let study = Study { tables: tables.expect("as before but for who verified"), ..Study::new() };
    for (ratio, expected) in [
        (0.81, Category::NoHeightLoss),
        (0.80, Category::MildHeightLoss),
        (0.75, Category::ModerateHeightLoss),
        (0.60, Category::ModerateHeightLoss),
        (0.59, Category::SevereHeightLoss),
    ] {
        let l2 = with(Structure::L2, &[(Region::VertebralBody, Quantity::AnteriorHeightRatio, ratio)]);
        assert_eq!(category(&study, l2, Criterion::Genant), Some(expected), "{ratio}");
    }
    let (finding, _) = study.apply(femur(0.787, 0.7));
    assert_eq!(finding.value(Region::FemoralNeck, Quantity::PercentYoungAdultMean), Some(100.0));
}

#[test]
fn z_scores_come_from_rows_of_the_same_age() {
    let tables = edited(|json| {
        let mut band = row(json, "nhanes3-total-hip").clone();
        band["id"] = "site-total-hip-40".into();
        band["criterion"] = serde_json::Value::Null;
        band["scores"] = serde_json::json!(["z_score"]);
        band["patients"] = serde_json::json!({ "sex": "female", "least_age": 40, "most_age": 49 });
        json["distributions"].as_array_mut().expect("rows").push(band);
    });
    let mut study = Study { tables: tables.expect("a row like another"), ..Study::new() };
    let z = |study: &Study| study.apply(femur(0.7, 0.82)).0.value(Region::TotalHip, Quantity::ZScore);
    assert_eq!(z(&study), None);
    study.patient.age_years = Some(45);
    assert_eq!(z(&study), Some(-1.0));
    let codes: Vec<_> = study.apply(femur(0.7, 0.82)).0.not_measured.iter().map(|one| one.code).collect();
    assert_eq!(codes, [GateCode::Age, GateCode::NoReference], "the second is for the percentage of the neck");
}

#[test]
fn tables_that_contradict_themselves_are_refused_with_the_row_named() {
    let refused = |id: &str, key: &str, value: serde_json::Value| {
        let error = edited(|json| row(json, id)[key] = value.clone()).expect_err("it must be refused");
        assert!(error.contains(id), "{error}");
    };
    refused("nhanes3-total-hip", "sd", 0.into());
    refused("nhanes3-total-hip", "mean", (-1).into());
    refused("nhanes3-total-hip", "verified_by", " ".into());
    refused("nhanes3-total-hip", "scores", serde_json::json!(["volume"]));
    refused("who-1994", "steps", serde_json::json!([]));
    refused(
        "who-1994",
        "steps",
        serde_json::json!([
            { "at": -1, "inclusive": true, "category": "low_bone_mass" },
            { "at": -2.5, "inclusive": true, "category": "osteoporosis" },
        ]),
    );
    let twice = edited(|json| row(json, "spine-qct")["id"] = "who-1994".into());
    assert!(twice.expect_err("it must be refused").contains("who-1994"));
    assert!(edited(|json| row(json, "who-1994")["cutoff"] = 1.into()).is_err(), "unknown keys are errors");
    assert!(edited(|_| ()).is_ok());
}

/// Every finding with every value that a criterion knows, all of them low.
fn everything_low() -> Vec<Finding> {
    let muscle = [
        (Region::L3Slice, Quantity::SkeletalMuscleIndex, 20.0),
        (Region::L3Slice, Quantity::SkeletalMuscleAttenuation, 10.0),
        (Region::L3Slice, Quantity::PsoasMuscleIndex, 2.0),
        (Region::Whole, Quantity::EstimatedDxaSmi, 4.0),
    ];
    vec![femur(0.4, 0.4), spine(40.0, Material::DipotassiumPhosphate), with(Structure::Body, &muscle)]
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

#[test]
fn sentences_say_no_more_than_ct_can_support() {
    let study = Study { calibration: stored(Material::DipotassiumPhosphate, Some("physicist")), ..Study::new() };
    let mut sentences = Vec::new();
    for finding in everything_low() {
        let (finding, used) = study.apply(finding);
        for assessment in finding.assessments {
            assert!(used.iter().any(|row| row.id == assessment.reference), "{}", assessment.reference);
            sentences.push((assessment.criterion, assessment.sentence));
        }
    }
    assert_eq!(sentences.len(), 3 + 7);
    for (criterion, sentence) in &sentences {
        assert!(sentence.ends_with(plugin_core::RESEARCH_USE_ONLY), "{sentence}");
        assert!(!sentence.to_lowercase().contains("sarcopenia"), "{sentence}");
        let bone = [Criterion::Who, Criterion::Jsbmr, Criterion::SpineQct].contains(criterion);
        assert_eq!(sentence.contains("cannot be used to rule out osteoporosis"), bone, "{sentence}");
        assert_eq!(sentence.contains("Strength") || sentence.contains("strength"), !bone, "{sentence}");
    }
    let who = &sentences[0].1;
    assert!(who.starts_with(
        "In the range of osteoporosis by WHO 1994: T-score -4.44 (total hip); reference: non-Hispanic white women of 20 to 29 years, \
         United States; DXA, Hologic QDR."
    ), "{who}");
    assert!(who.contains("CT-derived and DXA-like, it is not a DXA measurement"), "{who}");
    assert!(sentences[1].1.contains("fracture history is not known"), "{}", sentences[1].1);
}

#[test]
fn an_empty_report_needs_no_reference() {
    let (finding, used) = Study::new().apply(Finding::new(Structure::Femur, Side::Left));
    assert!(finding.assessments.is_empty() && finding.not_measured.is_empty() && used.is_empty());
}
