//! Criteria, what they say, and the landmarks of a femur: none of them has a public code.

use super::own;
use crate::anatomy::Code;
use crate::report::{Category, Criterion, LandmarkName};

/// A criterion as the name of what it says.
pub(in crate::results) fn criterion(criterion: Criterion) -> Code {
    match criterion {
        Criterion::Who => own("BM0501", "WHO 1994, T-score of femoral neck or total hip"),
        Criterion::Jsbmr => own("BM0502", "JSBMR/JOS 2012, percent of young adult mean"),
        Criterion::SpineQct => own("BM0503", "ACR/ISCD, trabecular density of lumbar spine"),
        Criterion::SpineQctEastAsian => own("BM0504", "Wang 2024, trabecular density, East Asian women"),
        Criterion::Genant => own("BM0505", "Genant grade of height loss"),
        Criterion::Prado => own("BM0506", "Prado 2008, L3 skeletal muscle index"),
        Criterion::Martin => own("BM0507", "Martin 2013, L3 skeletal muscle index"),
        Criterion::Derstine => own("BM0508", "Derstine 2018, L3 skeletal muscle index"),
        Criterion::MartinAttenuation => own("BM0509", "Martin 2013, L3 muscle attenuation"),
        Criterion::Hamaguchi => own("BM0510", "Hamaguchi 2016, psoas muscle index"),
        Criterion::Awgs => own("BM0511", "AWGS 2019, muscle mass by regression of the site"),
        Criterion::Ewgsop2 => own("BM0512", "EWGSOP2 2019, muscle mass by regression of the site"),
    }
}

/// What a criterion says. SCT 17621005 "Normal" would say it of the bone; these say it of a value by a criterion.
pub(in crate::results) fn category(category: Category) -> Code {
    match category {
        Category::Normal => own("BM0521", "Within the reference range"),
        Category::LowBoneMass => own("BM0522", "Range of low bone mass"),
        Category::Osteoporosis => own("BM0523", "Range of osteoporosis"),
        Category::LowMuscleMass => own("BM0524", "Below cut-off for muscle mass"),
        Category::LowMuscleAttenuation => own("BM0525", "Below cut-off for muscle attenuation"),
        Category::NoHeightLoss => own("BM0526", "No loss of height"),
        Category::MildHeightLoss => own("BM0527", "Mild loss of height, grade 1"),
        Category::ModerateHeightLoss => own("BM0528", "Moderate loss of height, grade 2"),
        Category::SevereHeightLoss => own("BM0529", "Severe loss of height, grade 3"),
    }
}

/// A landmark as the name of its point.
pub(in crate::results) fn landmark(name: LandmarkName) -> Code {
    match name {
        LandmarkName::HeadCentre => own("BM0601", "Centre of femoral head"),
        LandmarkName::NeckCentre => own("BM0602", "Centre of narrowest section of femoral neck"),
        LandmarkName::JunctionSuperior => own("BM0603", "Head-neck junction, superior"),
        LandmarkName::JunctionInferior => own("BM0604", "Head-neck junction, inferior"),
        LandmarkName::JunctionAnterior => own("BM0605", "Head-neck junction, anterior"),
        LandmarkName::JunctionPosterior => own("BM0606", "Head-neck junction, posterior"),
        LandmarkName::LesserTrochanter => own("BM0607", "Tip of lesser trochanter"),
        LandmarkName::GreaterTrochanterBase => own("BM0608", "Lateral base of greater trochanter"),
        LandmarkName::Shaft20 => own("BM0609", "Axis of shaft, 20 mm below lesser trochanter"),
        LandmarkName::Shaft50 => own("BM0610", "Axis of shaft, 50 mm below lesser trochanter"),
    }
}
