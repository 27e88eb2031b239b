//! Reading of tissues, and calibration by tables.

use super::body::Body;
use super::withheld;
use plugin_core::anatomy::Structure;
use plugin_core::calibration::tissue::{Physics, read_tissue};
use plugin_core::calibration::{Calibrated, Calibration, Calibrator, Tissue, TissueCalibration, TissueReading};
use plugin_core::read::Acquisition;
use plugin_core::report::{Block, GateCode};
use plugin_core::units::{Hu, Material};

const ALL: [(Tissue, f64); 5] = [
    (Tissue::Air, -998.0),
    (Tissue::Fat, -104.0),
    (Tissue::Blood, 42.0),
    (Tissue::Muscle, 55.0),
    (Tissue::CorticalBone, 1370.0),
];

fn read(body: &Body, tissue: Tissue) -> Result<TissueReading, Block> {
    body.with_evidence(|evidence| read_tissue(evidence, tissue))
}

fn refused(body: &Body, tissue: Tissue) -> (GateCode, Option<f64>) {
    let block = read(body, tissue).expect_err("must be refused");
    (block.code, block.found)
}

#[test]
fn tissues_are_read_exactly_without_noise_and_to_a_hounsfield_unit_with_it() {
    for (noise, tolerance) in [(0.0, 1e-9), (15.0, 1.0)] {
        Body { noise, ..Body::default() }.with_evidence(|evidence| {
            for (tissue, hu) in ALL {
                let reading = read_tissue(evidence, tissue).expect("all are there");
                // Of the bone's 3485 voxels those from 1.4 % to 27.2 % by decreasing HU: the mean of that part of a normal
                // distribution is 1.147 standard deviations above that of all.
                let (hu, tolerance) =
                    if tissue == Tissue::CorticalBone { (hu + 1.147 * noise, tolerance) } else { (hu, tolerance) };
                assert!((reading.hu - hu).abs() <= tolerance, "{reading:?} with a noise of {noise} HU");
                assert_eq!(reading.tissue, tissue);
                assert!(reading.voxels >= 500 && (tissue == Tissue::CorticalBone || (reading.sd_hu - noise).abs() < 2.0));
            }
        });
    }
}

#[test]
fn fat_is_found_under_the_skin_where_nobody_labelled_it() {
    for (noise, tolerance) in [(0.0, 1e-9), (15.0, 1.0), (25.0, 2.0)] {
        let body = Body { noise, ..Body::default() }.without(&[Structure::SubcutaneousFat]);
        let reading = read(&body, Tissue::Fat).expect("fat lies under the skin");
        assert!((reading.hu + 104.0).abs() <= tolerance, "{reading:?} with a noise of {noise} HU");
    }
}

#[test]
fn a_field_of_view_inside_the_body_shows_neither_air_nor_the_fat_under_the_skin() {
    let inside = Body { field_of_view: 110.0, ..Body::default() }.without(&[Structure::SubcutaneousFat]);
    assert_eq!(refused(&inside, Tissue::Air), (GateCode::FovTrunc, Some(0.0)));
    assert_eq!(refused(&inside, Tissue::Fat), (GateCode::FovTrunc, Some(8.0)));
    // Around it padding is no air, and the circle that cuts only corners of the image does no harm.
    let around = Body { field_of_view: 170.0, noise: 10.0, ..Body::default() }.without(&[Structure::SubcutaneousFat]);
    assert!((read(&around, Tissue::Air).expect("air in the circle").hu + 998.0).abs() < 1.0);
    assert!((read(&around, Tissue::Fat).expect("fat in the circle").hu + 104.0).abs() < 1.0);
}

#[test]
fn padding_is_no_air() {
    let padded = Body { air: -1024.0, ..Body::default() };
    assert_eq!(refused(&padded, Tissue::Air), (GateCode::FovTrunc, Some(0.0)));
}

#[test]
fn what_is_not_labelled_is_not_read() {
    let bare = Body { labelled: Vec::new(), ..Body::default() };
    for tissue in [Tissue::Blood, Tissue::Muscle, Tissue::CorticalBone] {
        assert_eq!(refused(&bare, tissue), (GateCode::NotLabelled, None), "{tissue:?}");
    }
    let spine = Body { labelled: vec![Structure::L3], ..Body::default() };
    assert_eq!(read(&spine, Tissue::CorticalBone).expect("a vertebra will do").voxels, 899);
}

#[test]
fn means_that_a_tissue_cannot_have_are_refused_and_the_ends_of_the_range_are_not() {
    type Set = fn(&mut Body, f64);
    let cases: [(Tissue, Set, [f64; 2]); 5] = [
        (Tissue::Air, |body, hu| body.air = hu, [-1023.0, -980.0]),
        (Tissue::Fat, |body, hu| body.fat = hu, [-130.0, -70.0]),
        (Tissue::Blood, |body, hu| body.blood = hu, [-20.0, 60.0]),
        (Tissue::Muscle, |body, hu| body.muscle = hu, [-5.0, 65.0]),
        (Tissue::CorticalBone, |body, hu| body.cortical_bone = hu, [950.0, 1450.0]),
    ];
    for (tissue, set, [low, high]) in cases {
        let read_at = |hu: f64| {
            let mut body = Body::default();
            set(&mut body, hu);
            read(&body, tissue)
        };
        for hu in [low, high] {
            assert_eq!(read_at(hu).map(|reading| reading.hu), Ok(hu), "{tissue:?}");
        }
        // Air darker than its range is padding.
        for hu in if tissue == Tissue::Air { vec![high + 1.0] } else { vec![low - 1.0, high + 1.0] } {
            let block = read_at(hu).expect_err("outside the range");
            assert_eq!((block.code, block.found), (GateCode::TissueRange, Some(hu)), "{}", block.reason);
        }
    }
}

#[test]
fn contrast_agent_makes_blood_useless_whether_stated_or_seen() {
    let agent = |agent: &str| Acquisition { contrast_agent: Some(agent.to_owned()), ..Body::default().acquisition };
    let stated = Body { acquisition: agent("IOHEXOL"), ..Body::default() };
    assert_eq!(refused(&stated, Tissue::Blood), (GateCode::Contrast, None));
    assert_eq!(refused(&Body { blood: 180.0, ..Body::default() }, Tissue::Blood), (GateCode::Contrast, Some(180.0)));
    assert!(read(&Body { acquisition: agent("NONE"), ..Body::default() }, Tissue::Blood).is_ok());
}

#[test]
fn few_voxels_are_refused() {
    let (volume, mut labels) = Body::default().draw();
    labels.masks.retain(|mask| mask.structure == Structure::Aorta);
    labels.masks[0].voxels.slice_mut(ndarray::s![2.., .., ..]).fill(false);
    let body = Body::default();
    let evidence = plugin_core::calibration::Evidence {
        volume: &volume,
        acquisition: &body.acquisition,
        equipment: &body.equipment,
        study_date: None,
        labels: labels.masks.iter().collect(),
    };
    let block = read_tissue(&evidence, Tissue::Blood).expect_err("two slices of aorta");
    assert_eq!(block.code, GateCode::TissueRange);
    // Two discs of 12.5 mm radius less 3 mm, of 2.25 mm2 per voxel: 252.
    assert!(block.found.is_some_and(|found| (found - 252.0).abs() < 20.0), "{block:?}");
}

fn by_tables(body: &Body) -> (TissueCalibration, Calibrated) {
    let calibrated = body.with_evidence(|evidence| Physics.calibrate(evidence)).expect("tissues are there");
    match calibrated.calibration.clone() {
        Calibration::Physics(one) => (one, calibrated),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tables_give_the_published_figures_from_the_image_and_say_that_confidence_is_low() {
    let (physics, calibrated) = by_tables(&Body::default());
    let conversion = physics.conversion;
    assert_eq!((physics.effective_energy_kev, conversion.material), (Some(96.0), Material::DipotassiumPhosphate));
    for (hu, density) in [(0.0, 35.39), (150.0, 107.78), (500.0, 340.46)] {
        assert!((conversion.density(Hu(hu)).0 - density).abs() < 0.005, "{conversion:?} at {hu} HU");
    }
    let codes: Vec<_> = calibrated.quality.iter().map(|quality| quality.code).collect();
    assert_eq!(codes, [GateCode::CalibrationLowConfidence]);
    assert!(!calibrated.calibration.confirmed());
}

#[test]
fn tables_do_without_some_tissues_and_name_them() {
    let agent = Acquisition { contrast_agent: Some("IOHEXOL".to_owned()), ..Body::default().acquisition };
    let (physics, calibrated) = by_tables(&Body { acquisition: agent, ..Body::default() }.without(&[Structure::Femur]));
    let tissues: Vec<_> = physics.tissues.iter().map(|reading| reading.tissue).collect();
    assert_eq!(tissues, [Tissue::Air, Tissue::Fat, Tissue::Muscle]);
    // Published for air, adipose tissue and muscle alone.
    assert_eq!(physics.effective_energy_kev, Some(79.5));
    assert!((physics.conversion.density(Hu(150.0)).0 - 78.2).abs() < 0.05);
    let codes: Vec<_> = calibrated.quality.iter().map(|quality| quality.code).collect();
    assert_eq!(codes, [GateCode::CalibrationLowConfidence, GateCode::Contrast, GateCode::NotLabelled]);
}

#[test]
fn tables_need_three_tissues_and_a_line() {
    let two = Body { labelled: vec![Structure::SubcutaneousFat], ..Body::default() };
    let (code, found, reason) = withheld(two.with_evidence(|evidence| Physics.calibrate(evidence)));
    assert_eq!((code, found), (GateCode::TissueRange, Some(2.0)), "{reason}");
    assert!(reason.contains("the labels hold no aorta"), "{reason}");
}
