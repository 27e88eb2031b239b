//! What is printed, at and beside the cut-offs, and in which words.

use super::*;

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
        "In the range of osteoporosis by WHO 1994: T-score -4.44262 (total hip); reference: non-Hispanic white women of 20 to 29 years, \
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
