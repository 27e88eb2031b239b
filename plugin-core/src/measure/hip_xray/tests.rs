//! Hips whose images are drawn, so that every value is known.

use super::*;
use crate::report::Measurement;
use crate::segmentation::decomposition::{Errors, Images};
use crate::segmentation::film::{Attenuation, CropShape, Magnification, MagnificationSource, Orientation, Scale, crop};
use ndarray::{Array3, Axis};
use std::ops::Range;

const SIZE: [usize; 2] = [96, 80];
/// cm2 of a pixel of 1.25 mm.
const PIXEL: f64 = 0.015_625;

fn manifest() -> HipManifest {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/xray/manifest.json");
    HipManifest::parse("tiny", &std::fs::read(file).expect("a committed manifest")).expect("a manifest")
}

fn fill(images: &mut Array3<f32>, channel: usize, [rows, columns]: [Range<usize>; 2], value: f32) {
    let mut image = images.index_axis_mut(Axis(0), channel);
    let mut part = image.slice_axis_mut(Axis(0), rows.into());
    part.slice_axis_mut(Axis(1), columns.into()).fill(value);
}

/// Channels: bone, density, thickness, muscle thickness, muscle lean, neck, total hip.
fn drawn(density: f32, muscle: f32) -> Images {
    let mut values = Array3::zeros((7, SIZE[0], SIZE[1]));
    // 20 x 50 pixels of total hip, of which 16 x 16 are the neck, in which the density is doubled.
    fill(&mut values, 1, [20..70, 20..40], density);
    fill(&mut values, 1, [22..38, 22..38], 2.0 * density);
    fill(&mut values, 2, [20..70, 20..40], 20.0);
    fill(&mut values, 3, [10..30, 50..70], 40.0 * muscle);
    fill(&mut values, 4, [10..30, 50..70], 4.0 * muscle);
    fill(&mut values, 5, [22..38, 22..38], 0.9);
    fill(&mut values, 6, [20..70, 20..40], 0.8);
    Images { values }
}

fn shown(side: Side) -> Crop {
    let pixels = Array2::from_shape_fn((300, 300), |(row, column)| (row + column) as f32);
    let exposed = Array2::from_elem(pixels.dim(), true);
    let film = Attenuation { pixels, exposed, range: [0.0, 1000.0], clipped_from: 1000.0 };
    let magnification = Magnification { factor: Some(1.0), source: MagnificationSource::EstimatedFactor };
    let scale = Scale { pixel_mm: [0.625; 2], detector_pixel_mm: None, magnification };
    let shape = CropShape { size: SIZE, pixel_spacing_mm: 1.25, centre: [48.0, 40.0], percentiles: [1.0, 99.0] };
    crop(&film, Orientation::STANDARD, &scale, (side, [150.0, 150.0]), &shape).expect("a crop")
}

fn measured(images: Decomposed, change: impl FnOnce(&mut Crop, &mut HipManifest)) -> MeasuredHip {
    let (mut crop, mut manifest) = (shown(Side::Left), manifest());
    change(&mut crop, &mut manifest);
    let hip = DecomposedHip { side: Side::Left, head_centre: [150.0; 2], crop: &crop, images: &images, manifest: &manifest };
    measure_hip(&hip, [300, 300])
}

fn certain(images: Images) -> Decomposed {
    Decomposed { mean: images, passes: Vec::new() }
}

fn one(finding: &Finding, region: Region, quantity: Quantity) -> &Measurement {
    let found = finding.measurements.iter().find(|one| (one.region, one.quantity) == (region, quantity));
    found.unwrap_or_else(|| panic!("{region:?} {quantity:?} is not in {finding:?}"))
}

fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-5 * expected.abs(), "{found}, expected {expected}");
}

#[test]
fn densities_areas_and_contents_are_those_of_the_drawn_hip() {
    let hip = measured(certain(drawn(0.5, 1.0)), |_, _| ());
    let femur = &hip.findings[0];
    let value = |region, quantity| one(femur, region, quantity).value;
    let neck = |quantity| value(Region::FemoralNeck, quantity);
    // 256 pixels of 1 g/cm2; the line is 0.5 x + 0.1.
    assert_near(neck(Quantity::Area), 256.0 * PIXEL);
    assert_near(neck(Quantity::ArealDensity), 0.6);
    assert_near(neck(Quantity::MineralContent), 256.0 * PIXEL);
    // 1 g/cm2 through 2 cm is 500 mg/cm3.
    assert_near(neck(Quantity::DensityMean), 500.0);
    // 1000 pixels: 256 of 1 and 744 of 0.5 g/cm2; the line is 0.25 x + 0.2.
    let mean = (256.0 + 744.0 * 0.5) / 1000.0;
    let total = |quantity| value(Region::TotalHip, quantity);
    assert_near(total(Quantity::Area), 1000.0 * PIXEL);
    assert_near(total(Quantity::ArealDensity), 0.25 * mean + 0.2);
    assert_near(total(Quantity::DensityMean), 500.0 * mean);
    assert_eq!(one(femur, Region::TotalHip, Quantity::ArealDensity).unit.code().value, "g{HA}/cm2");
    assert!(femur.measurements.iter().all(|one| one.method == "hip-xray/1"));
    assert_eq!(femur.uncertainty, Uncertainty::None);
    // 400 pixels of 4 cm and of 4 g/cm2.
    let muscle = hip.findings.iter().find(|finding| finding.structure == Structure::GluteusMedius).expect("the muscle");
    assert_near(one(muscle, Region::Whole, Quantity::Volume).value, 400.0 * 4.0 * PIXEL);
    assert_near(one(muscle, Region::Whole, Quantity::LeanMass).value, 400.0 * 4.0 * PIXEL);
    assert_eq!(hip.findings.len(), 2, "muscles that the model has no image of have no finding");
}

#[test]
fn no_score_and_no_category_follows() {
    let femur = &measured(certain(drawn(0.5, 1.0)), |_, _| ()).findings[0];
    assert!(femur.assessments.is_empty());
    for region in REGIONS {
        let missing = femur.not_measured.iter().find(|missing| missing.region == region).expect("it is said");
        assert_eq!(
            (missing.code, &missing.quantities[..], &missing.criteria[..]),
            (GateCode::SimulatedOnly, &SCORES[..], &CRITERIA[..])
        );
        assert!(missing.reason.contains("simulated films only"));
    }
}

#[test]
fn beside_a_value_stands_the_error_of_the_manifest_and_never_the_spread_of_the_passes() {
    let images = Decomposed { mean: drawn(0.5, 1.0), passes: vec![drawn(0.4, 0.5), drawn(0.6, 1.5)] };
    let error = |hip: &MeasuredHip, finding: usize, region, quantity| {
        one(&hip.findings[finding], region, quantity).root_mean_square_error
    };
    let unknown = measured(images.clone(), |_, manifest| manifest.errors = Errors::default());
    assert!(unknown.findings.iter().flat_map(|one| &one.measurements).all(|one| one.root_mean_square_error.is_none()));

    let stated = [(Quantity::ArealDensity, 0.104), (Quantity::Area, 0.25)];
    let hip = measured(images, |_, manifest| {
        manifest.errors = Errors {
            regions: [(Region::FemoralNeck, stated.into())].into(),
            muscles: [(Subject::GluteusMedius, [(Quantity::Volume, 41.5)].into())].into(),
        };
    });
    assert_eq!(error(&hip, 0, Region::FemoralNeck, Quantity::ArealDensity), Some(0.104));
    assert_eq!(error(&hip, 0, Region::FemoralNeck, Quantity::Area), Some(0.25));
    assert_eq!(error(&hip, 0, Region::FemoralNeck, Quantity::DensityMean), None, "nobody said");
    assert_eq!(error(&hip, 0, Region::TotalHip, Quantity::ArealDensity), None, "nobody said");
    assert_eq!(error(&hip, 1, Region::Whole, Quantity::Volume), Some(41.5));
    assert_eq!(error(&hip, 1, Region::Whole, Quantity::LeanMass), None, "nobody said");
    // Regions are the same in both passes.
    let said = Uncertainty::MonteCarloDropout { predictive_variance: 0.0, predicted_dice: None };
    assert_eq!(hip.findings[0].uncertainty, said);
}

/// What is said of the neck, where it is withheld.
fn withheld(change: impl FnOnce(&mut Images, &mut Crop)) -> (GateCode, bool) {
    let (mut images, mut crop) = (drawn(0.5, 1.0), shown(Side::Left));
    change(&mut images, &mut crop);
    let hip = measured(certain(images), |own, _| *own = crop);
    let femur = &hip.findings[0];
    let missing = femur.not_measured.iter().find(|missing| missing.region == Region::FemoralNeck).expect("it is said");
    (missing.code, femur.value(Region::FemoralNeck, Quantity::ArealDensity).is_some())
}

#[test]
fn a_region_that_cannot_be_right_is_withheld() {
    let nothing = withheld(|images, _| fill(&mut images.values, 5, [0..96, 0..80], 0.5));
    assert_eq!(nothing, (GateCode::RegionShape, false), "one half is not above one half");
    let pieces = withheld(|images, _| fill(&mut images.values, 5, [60..66, 22..28], 0.9));
    assert_eq!(pieces, (GateCode::RegionShape, false));
    let stray = withheld(|images, _| fill(&mut images.values, 5, [60..63, 22..25], 0.9));
    assert_eq!(stray, (GateCode::SimulatedOnly, true), "nine pixels of 265 are strays");
    let border = withheld(|images, _| fill(&mut images.values, 5, [22..38, 0..38], 0.9));
    assert_eq!(border, (GateCode::BorderMask, false));
    let small = withheld(|images, _| fill(&mut images.values, 5, [27..96, 0..80], 0.0));
    assert_eq!(small, (GateCode::RegionShape, false), "80 pixels are 1.25 cm2");
    let large = withheld(|images, _| fill(&mut images.values, 5, [10..60, 10..60], 0.9));
    assert_eq!(large, (GateCode::RegionShape, false));
    let shuttered = withheld(|_, crop| crop.exposed.slice_axis_mut(Axis(0), (..24).into()).fill(false));
    assert_eq!(shuttered, (GateCode::FovTrunc, false));
}

#[test]
fn a_film_that_was_clipped_is_a_warning() {
    let hip = measured(certain(drawn(0.5, 1.0)), |crop, _| crop.clipped = 0.03);
    assert_eq!(hip.quality.iter().map(|one| one.code).collect::<Vec<_>>(), [GateCode::Greyscale]);
    assert!(measured(certain(drawn(0.5, 1.0)), |crop, _| crop.clipped = 0.01).quality.is_empty());
}

#[test]
fn regions_lie_on_the_film_where_the_hip_does_mirrored_for_a_right_one() {
    let manifest = manifest();
    let images = certain(drawn(0.5, 1.0));
    let masks = [Side::Left, Side::Right].map(|side| {
        let crop = shown(side);
        let hip = DecomposedHip { side, head_centre: [150.0; 2], crop: &crop, images: &images, manifest: &manifest };
        let on_film = measure_hip(&hip, [300, 300]).on_film;
        let names: Vec<_> = on_film.regions.iter().map(|one| (one.mask.structure, one.region)).collect();
        let femur = |region| (Structure::Femur, region);
        let expected = [
            femur(Region::Whole),
            femur(Region::FemoralNeck),
            femur(Region::TotalHip),
            (Structure::GluteusMedius, Region::Whole),
        ];
        assert_eq!(names, expected);
        on_film.regions[1].mask.clone()
    });
    // Crop pixel [22, 22] to [37, 37] at two film pixels each; the head, [48, 40], lies at [150, 150].
    for (mask, side) in masks.iter().zip([Side::Left, Side::Right]) {
        assert_eq!((mask.side, mask.voxels.dim()), (side, (1, 32, 32)));
        assert_eq!(mask.count(), 1024, "a square is a square");
        let centre = |start: usize| start as f64 + 15.5;
        let [_, row, column] = mask.corner;
        let expected = if side == Side::Left { 150.0 - 21.0 } else { 150.0 + 21.0 };
        assert!(
            (centre(row) - (150.0 - 37.0)).abs() <= 1.0 && (centre(column) - expected).abs() <= 1.0,
            "{side:?} {:?}",
            mask.corner
        );
    }
}
