//! Films of cones on air, measured by the model of `tests/models/xray`, whose answers are known (see its `make.py`).
//!
//! Each hip is a cone of radius 34 mm whose apex is the femoral head. Of the crop of 100 x 120 mm one part in a hundred lies above
//! `p = 1 - sqrt(120 / pi) / 34`, which becomes 1; the neck is where the cone is above 0.75 p, the total hip where it is above 0.25 p.

mod choosing;
#[path = "../film/film_file.rs"]
#[allow(dead_code, reason = "shared with the tests of films, which use more of it")]
mod film_file;
mod refusing;

use dicom_core::VR;
use dicom_dictionary_std::tags;
use film_file::FilmFile;
use plugin_core::anatomy::{Side, Structure};
use plugin_core::pipeline::{self, Error, Outcome};
use plugin_core::progress::{Progress, Stage};
use plugin_core::read::{Inputs, Instance};
use plugin_core::report::{
    Finding, GateCode, ImageSummary, MagnificationOrigin, MeasurementKind, Quantity, RadiographSummary, Region, Report,
    Severity,
};
use plugin_core::segmentation::Installation;
use plugin_core::settings::{Engine, FilmSide, ModelSettings, Settings, Site, XraySettings};
use std::f64::consts::PI;
use std::path::Path;

/// Radius of a cone in millimetres at the hip.
const RADIUS: f64 = 34.0;
/// Heads `[row, column]`: the patient's right hip, then the left one.
const HEADS: [[usize; 2]; 2] = [[110, 80], [120, 240]];

/// 240 x 320 pixels of 1.4375 mm at the detector, 1.25 mm at the hip: a pelvis.
fn pelvis() -> FilmFile {
    film(|row, column| HEADS.iter().map(|head| cone([row, column], *head)).fold(0.0, f64::max))
}

/// A film whose pixels are `shown`, from 0 to 1.
fn film(shown: impl Fn(usize, usize) -> f64) -> FilmFile {
    let mut film = FilmFile::new([240, 320], 14, |row, column| 1000 + (8000.0 * shown(row, column)).round() as u16);
    film.text(tags::IMAGER_PIXEL_SPACING, VR::DS, "1.4375\\1.4375");
    film.text(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, VR::DS, "1.15");
    film.text(tags::ACQUISITION_DATE, VR::DA, "20250601");
    film
}

fn cone(place: [usize; 2], head: [usize; 2]) -> f64 {
    let away = |axis: usize| 1.25 * (place[axis] as f64 - head[axis] as f64);
    (1.0 - away(0).hypot(away(1)) / RADIUS).max(0.0)
}

/// The library lies beside the build, or one folder up; none where the setup was not run.
fn installation() -> Option<Installation> {
    let program = std::env::current_exe().expect("this program");
    let found = program.ancestors().skip(2).take(2).find(|place| place.join("onnxruntime").is_dir());
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "onnxruntime is not beside the build");
    if found.is_none() {
        println!("skipped: no onnxruntime beside the build");
    }
    found.map(|place| Installation { folder: place.to_owned() })
}

fn settings() -> Settings {
    Settings {
        site: Site { models: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/xray")], ..Site::default() },
        xray: XraySettings { model: Some("tiny-hip-xray".into()), ..XraySettings::default() },
        model: ModelSettings { passes: Some(0), seed: 0, engine: Engine::OnnxRuntime },
        outputs: Some(Vec::new()),
        started: Some("2026-11-20T18:05:09+09:00".into()),
        ..Settings::default()
    }
}

fn inputs(films: &[&FilmFile]) -> Inputs<'static> {
    let named = |(number, film): (usize, &&FilmFile)| Instance::Bytes { name: number.to_string(), data: film.bytes() };
    films.iter().enumerate().map(named).collect()
}

fn measured(films: &[&FilmFile], settings: &Settings) -> Option<Result<Outcome, Error>> {
    let installation = installation()?;
    Some(pipeline::measure(&inputs(films), settings, &installation, Progress::silent()))
}

fn report(films: &[&FilmFile], settings: &Settings) -> Option<Report> {
    measured(films, settings).map(|outcome| outcome.expect("a report").report)
}

fn femur(report: &Report, side: Side) -> &Finding {
    let found = report.findings.iter().find(|finding| (finding.structure, finding.side) == (Structure::Femur, side));
    found.unwrap_or_else(|| panic!("no {side:?} femur in {:?}", report.quality))
}

fn radiograph(report: &Report) -> &RadiographSummary {
    match &report.series.image {
        ImageSummary::Radiograph { radiograph } => radiograph,
        ImageSummary::Ct(_) => panic!("a film was measured"),
    }
}

fn blocks(report: &Report) -> Vec<GateCode> {
    report.quality.iter().filter(|one| one.severity == Severity::Block).map(|one| one.code).collect()
}

fn assert_near(found: Option<f64>, expected: f64, tolerance: f64) {
    let found = found.expect("a value");
    assert!((found / expected - 1.0).abs() < tolerance, "{found}, expected {expected}");
}

#[test]
fn both_hips_have_the_values_of_their_cones() {
    let Some(report) = report(&[&pelvis()], &settings()) else { return };
    let top = 1.0 - (120.0 / PI).sqrt() / RADIUS;
    for side in [Side::Right, Side::Left] {
        let value = |region, quantity| femur(&report, side).value(region, quantity);
        for (region, part, slope, intercept) in [(Region::FemoralNeck, 0.75, 0.5, 0.1), (Region::TotalHip, 0.25, 0.25, 0.2)] {
            let radius = RADIUS * (1.0 - part * top);
            // Mean of a cone over a disc: its height less two thirds of what it falls.
            let mean = (1.0 - 2.0 * radius / (3.0 * RADIUS)) / top;
            let (area, areal) = (PI * radius * radius / 100.0, slope * mean + intercept);
            assert_near(value(region, Quantity::Area), area, 0.03);
            assert_near(value(region, Quantity::ArealDensity), areal, 0.01);
            assert_near(value(region, Quantity::MineralContent), mean * area, 0.03);
            // Density x g/cm2 and thickness 25 x mm: 400 mg/cm3, whatever x.
            assert_near(value(region, Quantity::DensityMean), 400.0, 1e-4);
        }
        assert!(femur(&report, side).assessments.is_empty());
    }
    let film = radiograph(&report);
    let scale = film.scale.as_ref().expect("a scale");
    assert_eq!((scale.magnification, scale.magnification_from), (Some(1.15), MagnificationOrigin::Header));
    assert_eq!(film.hips.iter().map(|hip| hip.side).collect::<Vec<_>>(), [Side::Right, Side::Left]);
    for (hip, head) in film.hips.iter().zip(HEADS) {
        let away = (hip.head_centre[0] - head[0] as f64).hypot(hip.head_centre[1] - head[1] as f64);
        assert!(away < 5.0, "{:?}, {head:?}: the locator sees five pixels as one", hip.head_centre);
    }
    let said = |code| report.quality.iter().any(|one| one.code == code);
    assert!(said(GateCode::SimulatedOnly) && said(GateCode::NotCalibrated) && blocks(&report).is_empty());
}

#[test]
fn the_same_film_gives_the_same_bytes_and_another_seed_other_values() {
    let seeded = |seed| Settings { model: ModelSettings { passes: Some(8), seed, ..settings().model }, ..settings() };
    let Some(first) = measured(&[&pelvis()], &seeded(1)) else { return };
    let bytes = |outcome: Result<Outcome, Error>| -> Vec<Vec<u8>> {
        outcome.expect("a report").files.into_iter().map(|file| file.bytes).collect()
    };
    let first = bytes(first);
    assert_eq!(first.len(), 2, "report and table");
    assert!(first == bytes(measured(&[&pelvis()], &seeded(1)).expect("there is a library")));
    assert!(first != bytes(measured(&[&pelvis()], &seeded(2)).expect("there is a library")));
}

#[test]
fn report_and_table_say_by_how_much_the_model_is_off_and_not_by_how_much_its_passes_differ() {
    // Half of the passes drop the femur, so that they differ by as much as the value.
    let settings = Settings { model: ModelSettings { passes: Some(8), ..settings().model }, ..settings() };
    let Some(outcome) = measured(&[&pelvis()], &settings) else { return };
    let outcome = outcome.expect("a report");
    let stated = |region, quantity| {
        let measurements = &femur(&outcome.report, Side::Left).measurements;
        let found = measurements.iter().find(|one| (one.region, one.quantity) == (region, quantity)).expect("a value");
        found.root_mean_square_error
    };
    assert_eq!(stated(Region::FemoralNeck, Quantity::ArealDensity), Some(0.125));
    assert_eq!(stated(Region::TotalHip, Quantity::ArealDensity), None, "its manifest says nothing of it");
    let table = outcome.files.iter().find(|file| file.name == "results.csv").expect("the table");
    let table = String::from_utf8(table.bytes.clone()).expect("text");
    let row = table.lines().find(|row| row.starts_with("femur,left,femoral_neck,areal_density,")).expect("a row");
    assert_eq!(row.rsplit(',').next(), Some("0.125"), "{row}");
}

#[test]
fn a_magnification_that_the_user_states_goes_before_the_headers() {
    let given = Settings { xray: XraySettings { magnification: Some(1.3), ..settings().xray }, ..settings() };
    let Some(report) = report(&[&pelvis()], &given) else { return };
    let scale = radiograph(&report).scale.clone().expect("a scale");
    assert_eq!((scale.magnification, scale.magnification_from), (Some(1.3), MagnificationOrigin::Given));
    assert_near(Some(scale.spacing_mm[0]), 1.4375 / 1.3, 1e-5);
    let impossible = Settings { xray: XraySettings { magnification: Some(1.7), ..settings().xray }, ..settings() };
    assert!(pipeline::check(&impossible).is_err_and(|error| error.to_string().contains("xray.magnification is 1.7")));
}

#[test]
fn a_host_that_says_stop_is_obeyed() {
    let Some(installation) = installation() else { return };
    let stop = |stage: Stage, _: f32| stage != Stage::Segment;
    let outcome = pipeline::measure(&inputs(&[&pelvis()]), &settings(), &installation, Progress::new(&stop));
    assert!(matches!(outcome, Err(Error::Cancelled(_))));
}
