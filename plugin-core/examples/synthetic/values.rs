//! Findings with every kind of value.

use plugin_core::anatomy::{Side, Structure};
use plugin_core::report::{
    Assessment, Block, Category, Criterion, Finding, GateCode, Landmark, LandmarkName, Measurement, NotMeasured, QualityFigure,
    Quantity, ReferenceUsed, Region,
};
use plugin_core::units::{Material, Unit};

/// A value, of hydroxyapatite where it is one of mineral.
pub fn value(region: Region, quantity: Quantity, value: f64, method: &str) -> Measurement {
    match quantity.unit() {
        Unit::VolumetricDensity(_) | Unit::ArealDensity(_) | Unit::MineralContent(_) => {
            Measurement::mineral(region, quantity, value, method, Material::Hydroxyapatite)
        }
        _ => Measurement::new(region, quantity, value, method),
    }
}

fn all(region: Region, method: &str, values: &[(Quantity, f64)]) -> Vec<Measurement> {
    values.iter().map(|(quantity, number)| value(region, *quantity, *number, method)).collect()
}

fn said(
    region: Region,
    criterion: Criterion,
    category: Category,
    quantity: Quantity,
    reference: &str,
    sentence: &str,
) -> Assessment {
    Assessment { region, criterion, category, sentence: sentence.into(), quantity, reference: reference.into() }
}

/// A lumbar vertebra that can be evaluated.
pub fn vertebra(structure: Structure, level: usize) -> Finding {
    use Quantity::*;
    let i = level as f64;
    let mut finding = Finding::new(structure, Side::None);
    finding.measurements = [
        all(
            Region::Trabecular,
            "trabecular-body/2",
            &[
                (DensityMean, 104.3279 - 6.213 * i),
                (DensityMedian, 103.11 - 6.1 * i),
                (DensitySd, 27.75 + i),
                (AttenuationMean, 131.4567 - 7.7 * i),
                (AttenuationMedian, 130.2 - 7.6 * i),
                (AttenuationSd, 34.9 + i),
                (Volume, 7.125 + 0.4 * i),
            ],
        ),
        all(Region::VertebralBody, "vertebral-body/1", &[(DensityMean, 168.44 - 5.0 * i), (Volume, 31.4 + 1.9 * i)]),
        all(
            Region::Whole,
            "labelled-voxels/1",
            &[(AttenuationMean, 205.5 - 6.0 * i), (DensityMean, 162.25 - 5.0 * i), (Volume, 51.2 + 3.0 * i)],
        ),
        all(
            Region::Whole,
            "spine-projection/1",
            &[(Area, 13.45 + 0.6 * i), (MineralContent, 11.987 + 0.3 * i), (ArealDensity, 0.891_234 - 0.011 * i)],
        ),
        all(
            Region::VertebralBody,
            "vertebral-heights/1",
            &[
                (AnteriorHeight, 25.4 + 0.5 * i),
                (MiddleHeight, 24.1 + 0.5 * i),
                (PosteriorHeight, 26.9 + 0.4 * i),
                (AnteriorHeightRatio, 0.944_238),
                (MiddleHeightRatio, 0.895_911),
                (NeighbourHeightRatio, 1.012_34),
            ],
        ),
    ]
    .concat();
    finding.assessments.push(said(
        Region::VertebralBody,
        Criterion::Genant,
        Category::NoHeightLoss,
        AnteriorHeightRatio,
        "genant-1993",
        "No loss of height of 20 % or more.",
    ));
    finding
}

/// A vertebra that has lost height: its trabecular region is withheld.
pub fn fractured(structure: Structure) -> Finding {
    use Quantity::*;
    let mut finding = vertebra(structure, 1);
    finding.measurements.retain(|one| one.region != Region::Trabecular);
    for one in &mut finding.measurements {
        if one.quantity == AnteriorHeightRatio {
            one.value = 0.715_432;
        }
    }
    finding.assessments[0].category = Category::ModerateHeightLoss;
    finding.assessments[0].sentence = "Height ratio 0.72: grade 2 by height alone; its cause is not known.".into();
    let reason = "anterior by posterior height is 0.72; at least 0.8 is needed for the trabecular region".to_owned();
    let block = Block { code: GateCode::VertebralFracture, reason, found: Some(0.715_432) };
    finding.not_measured.push(NotMeasured::values(
        Region::Trabecular,
        &[DensityMean, DensityMedian, DensitySd, AttenuationMean, AttenuationMedian, AttenuationSd, Volume],
        block,
    ));
    finding
}

/// L1 to L4 as one.
pub fn lumbar_spine() -> Finding {
    use Quantity::*;
    let mut finding = Finding::new(Structure::LumbarSpine, Side::None);
    finding.measurements = [
        all(Region::L1ToL4, "lumbar-mean/1", &[(DensityMean, 94.1234), (AttenuationMean, 118.765)]),
        all(Region::L1ToL4, "spine-projection/1", &[(Area, 57.4), (MineralContent, 49.3456), (ArealDensity, 0.859_679)]),
    ]
    .concat();
    let sentence = "Trabecular density 94.1 mg/cm3 lies between 80 and 120 mg/cm3, the ACR/ISCD range of low bone mass.";
    finding.assessments.push(said(
        Region::L1ToL4,
        Criterion::SpineQct,
        Category::LowBoneMass,
        DensityMean,
        "spine-qct-acr-iscd",
        sentence,
    ));
    finding.not_measured.push(NotMeasured {
        criteria: vec![Criterion::SpineQctEastAsian],
        ..NotMeasured::values(
            Region::L1ToL4,
            &[],
            Block {
                code: GateCode::NoReference,
                reason: "nobody has verified the cut-point for East Asian women; a verified row in the site's table would do"
                    .into(),
                found: None,
            },
        )
    });
    finding
}

/// A femur that was measured, with scores of neck and total hip.
pub fn femur(side: Side) -> Finding {
    use Quantity::*;
    let mut finding = Finding::new(Structure::Femur, side);
    for (region, areal, area, volumetric, volume) in [
        (Region::FemoralNeck, 0.612_345, 5.23, 244.2, 11.3),
        (Region::Trochanter, 0.548_765, 11.8, 158.8, 38.1),
        (Region::Intertrochanter, 0.843_217, 15.65, 262.2, 47.0),
        (Region::TotalHip, 0.702_346, 32.68, 229.9, 96.4),
    ] {
        let values =
            [(ArealDensity, areal), (MineralContent, areal * area), (Area, area), (DensityMean, volumetric), (Volume, volume)];
        finding.measurements.extend(all(region, "femur-projection/1", &values));
    }
    for (region, t, z, percent, [t_row, percent_row]) in [
        (Region::FemoralNeck, -2.047_134, -0.412_3, 77.8074, ["nhanes3-fn", "jp-qdr-fn"]),
        (Region::TotalHip, -1.964_377, -0.301_2, 79.2716, ["nhanes3-th", "jp-2001-th"]),
    ] {
        for (quantity, number, reference) in
            [(TScore, t, t_row), (ZScore, z, t_row), (PercentYoungAdultMean, percent, percent_row)]
        {
            let score = Measurement { reference: Some(reference.into()), ..value(region, quantity, number, "score/1") };
            finding.measurements.push(score);
        }
        finding.assessments.push(said(
            region,
            Criterion::Who,
            Category::LowBoneMass,
            TScore,
            t_row,
            &format!("The T-score of {t:.1} by CT lies in the WHO range of low bone mass; it is DXA-like, not DXA."),
        ));
    }
    finding.assessments.push(said(
        Region::TotalHip,
        Criterion::Jsbmr,
        Category::LowBoneMass,
        PercentYoungAdultMean,
        "jp-2001-th",
        "79 % of the young adult mean, above the 70 % of JSBMR/JOS 2012.",
    ));
    finding.landmarks = landmarks(side);
    finding
}

/// A femur that was not measured, and whose criteria are therefore withheld.
pub fn withheld_femur(side: Side) -> Finding {
    use Quantity::*;
    let mut finding = Finding::new(Structure::Femur, side);
    for region in [Region::FemoralNeck, Region::Trochanter, Region::Intertrochanter, Region::TotalHip] {
        let block = Block {
            code: GateCode::NeckQc,
            reason:
                "the angle of neck and shaft is 161 degrees; 105 to 150 are plausible, so the label of the femur may be wrong"
                    .into(),
            found: Some(161.237),
        };
        let mut missing = NotMeasured::values(region, &[ArealDensity, MineralContent, Area, DensityMean, Volume], block);
        if matches!(region, Region::FemoralNeck | Region::TotalHip) {
            missing.quantities.extend([TScore, ZScore, PercentYoungAdultMean]);
            missing.criteria = vec![Criterion::Who, Criterion::Jsbmr];
        }
        finding.not_measured.push(missing);
    }
    finding
}

fn landmarks(side: Side) -> Vec<Landmark> {
    let left = if side == Side::Left { 1.0 } else { -1.0 };
    let figure = |name: &str, value, accepted: &str| QualityFigure { name: name.into(), value, accepted: accepted.into() };
    LandmarkName::ALL
        .iter()
        .enumerate()
        .map(|(i, name)| Landmark {
            name: *name,
            position_mm: [left * (85.25 + 4.5 * i as f64), 5.125 + 0.5 * i as f64, -140.0 - 7.5 * i as f64],
            figures: match name {
                LandmarkName::HeadCentre => {
                    vec![figure("sphere_rms_mm", 0.612_3, "<= 1.5"), figure("sphere_inliers_percent", 71.4, ">= 50")]
                }
                LandmarkName::NeckCentre => vec![figure("neck_shaft_angle_deg", 127.3, "105 to 150")],
                _ => vec![],
            },
        })
        .collect()
}

/// A muscle, smaller and fatter with `number`; grams by two models.
pub fn muscle(structure: Structure, side: Side, number: usize) -> Finding {
    use Quantity::*;
    let i = number as f64;
    let volume = 812.345 / (i + 1.0);
    let mut finding = Finding::new(structure, side);
    finding.measurements = all(
        Region::Whole,
        "labelled-voxels/1",
        &[
            (Volume, volume),
            (AttenuationMean, 48.349 - 2.9 * i),
            (AttenuationMedian, 50.0 - 2.5 * i),
            (AttenuationSd, 28.449 + i),
            (FatVoxelShare, 4.449 + 1.7 * i),
            (MuscleVoxelShare, 94.512 - 2.0 * i),
            (MuscleAttenuation, 52.118 - 1.5 * i),
        ],
    );
    for (model, density) in [("two-component/1", 1.0451), ("constant/1", 1.06)] {
        finding.measurements.extend(all(
            Region::Whole,
            model,
            &[(Mass, volume * density), (LeanMass, volume * density * 0.93), (FatMass, volume * density * 0.07)],
        ));
    }
    finding
}

/// The slice through L3.
pub fn body() -> Finding {
    use Quantity::*;
    let mut finding = Finding::new(Structure::Body, Side::None);
    finding.measurements = all(
        Region::L3Slice,
        "l3-slice/1",
        &[
            (SlicePosition, 48.0),
            (SkeletalMuscleArea, 86.4321),
            (SkeletalMuscleAttenuation, 31.2345),
            (IntermuscularFatArea, 9.8765),
            (SubcutaneousFatArea, 142.567),
            (VisceralFatArea, 88.1234),
            (PsoasArea, 10.456),
            (SkeletalMuscleIndex, 35.9759),
            (PsoasMuscleIndex, 4.352_13),
            (SkeletalMuscleGauge, 1123.69),
            (BodyFatFreeMass, 31.9896),
            (BodyFatMass, 20.889),
        ],
    );
    finding.measurements.push(value(Region::Whole, EstimatedDxaSmi, 5.612_34, "dxa-smi/1"));
    let low = "Skeletal muscle index 36.0 cm2/m2 is below 38.5 cm2/m2 for women: low muscle mass by this criterion.";
    let poor = "Attenuation 31.2 HU is below 41 HU: low muscle attenuation by this criterion.";
    let site = "Estimated from CT by the site's regression: not below 5.4 kg/m2.";
    finding.assessments = vec![
        said(Region::L3Slice, Criterion::Prado, Category::LowMuscleMass, SkeletalMuscleIndex, "prado-2008-women", low),
        said(
            Region::L3Slice,
            Criterion::MartinAttenuation,
            Category::LowMuscleAttenuation,
            SkeletalMuscleAttenuation,
            "martin-2013-smra",
            poor,
        ),
        said(Region::Whole, Criterion::Awgs, Category::Normal, EstimatedDxaSmi, "awgs-2019-women", site),
    ];
    let reason = "subcutaneous fat touches the edge of the field of view; a wider reconstruction would do".to_owned();
    finding.not_measured = vec![NotMeasured {
        criteria: vec![Criterion::Derstine],
        ..NotMeasured::values(Region::L3Slice, &[Area], Block { code: GateCode::FovTrunc, reason, found: Some(3.0) })
    }];
    finding
}

/// The rows that the findings name.
pub fn references() -> Vec<ReferenceUsed> {
    let row = |id: &str,
               description: &str,
               source: &str,
               device: &str,
               population: &str,
               [mean, sd]: [Option<f64>; 2],
               cut_offs: &[f64]| {
        ReferenceUsed {
            id: id.into(),
            description: description.into(),
            source: source.into(),
            device: device.into(),
            population: population.into(),
            verified_by: Some("A. Reader".into()),
            mean,
            sd,
            cut_offs: cut_offs.to_vec(),
        }
    };
    let none = [None, None];
    let young = "women, 20 to 29 years";
    vec![
        row(
            "nhanes3-fn",
            "areal density of the femoral neck",
            "Looker 1998",
            "Hologic",
            &format!("NHANES III, non-Hispanic white {young}"),
            [Some(0.858), Some(0.120)],
            &[-2.5, -1.0],
        ),
        row(
            "nhanes3-th",
            "areal density of the total hip",
            "Looker 1998",
            "Hologic",
            &format!("NHANES III, non-Hispanic white {young}"),
            [Some(0.942), Some(0.122)],
            &[-2.5, -1.0],
        ),
        row(
            "jp-qdr-fn",
            "areal density of the femoral neck",
            "Japanese reference",
            "Hologic QDR",
            &format!("Japanese {young}"),
            [Some(0.787), Some(0.109)],
            &[70.0],
        ),
        row(
            "jp-2001-th",
            "areal density of the total hip",
            "Japanese reference 2001",
            "Hologic QDR",
            &format!("Japanese {young}"),
            [Some(0.886), Some(0.107)],
            &[70.0],
        ),
        row("spine-qct-acr-iscd", "trabecular density of the lumbar spine", "ACR 2018", "QCT", "adults", none, &[80.0, 120.0]),
        row("genant-1993", "loss of vertebral height", "Genant 1993", "radiographs", "women", none, &[0.6, 0.75, 0.8]),
        row("prado-2008-women", "L3 skeletal muscle index", "Prado 2008", "CT", "women with obesity and cancer", none, &[38.5]),
        row("martin-2013-smra", "L3 muscle attenuation", "Martin 2013", "CT", "patients with cancer", none, &[41.0]),
        ReferenceUsed {
            verified_by: None,
            ..row("awgs-2019-women", "appendicular lean mass index", "AWGS 2019", "DXA", "Asian women", none, &[5.4])
        },
    ]
}
