//! Radiographs of the digital phantom: what they hold is what its voxels and labels hold.

use ndarray::Array3;
use plugin_core::calibration::CalibrationChoice;
use plugin_core::geometry::Grid;
use plugin_core::phantom::{PhantomSettings, phantom};
use plugin_core::pipeline::{Drr, DrrRequest, Error, PatientPose, drr};
use plugin_core::progress::Progress;
use plugin_core::projection::{FilmBeam, FilmGeometry, project};
use plugin_core::read::{Inputs, Instance};
use plugin_core::segmentation::Installation;
use plugin_core::units::Mm;
use serde_json::Value;
use std::f64::consts::PI;
use std::path::PathBuf;

fn study() -> (Inputs<'static>, Value) {
    let coarse = PhantomSettings { pixel_spacing_mm: 3.0, slice_spacing_mm: 4.0, noise_hu: 0.0, ..PhantomSettings::default() };
    let mut inputs = Inputs::default();
    let mut truth = Value::Null;
    for (name, data) in phantom(&coarse).expect("the phantom is drawn").files {
        match name.as_str() {
            "truth.json" => truth = serde_json::from_slice(&data).expect("JSON"),
            _ => inputs.instances.push(Instance::Bytes { name, data }),
        }
    }
    (inputs, truth)
}

fn parallel(side: usize, pitch: f64) -> FilmGeometry {
    FilmGeometry {
        rows: side,
        columns: side,
        pixel_spacing_mm: [Mm(pitch); 2],
        beam: FilmBeam::Parallel,
        ..FilmGeometry::default()
    }
}

fn run(inputs: &Inputs<'_>, request: &DrrRequest) -> Result<Drr, Error> {
    drr(inputs, request, &Installation { folder: PathBuf::new() }, Progress::silent())
}

/// Header lines and values of `drr.nrrd`.
fn nrrd(drawn: &Drr) -> (String, Vec<f32>) {
    let file = drawn.files.iter().find(|file| file.name == "drr.nrrd").expect("the image is a file");
    let end = file.bytes.windows(2).position(|pair| pair == b"\n\n").expect("a header ends in an empty line");
    let values =
        file.bytes[end + 2..].chunks_exact(4).map(|one| f32::from_le_bytes([one[0], one[1], one[2], one[3]])).collect();
    (String::from_utf8(file.bytes[..end].to_vec()).expect("text"), values)
}

#[test]
fn the_thickness_of_a_structure_sums_to_its_volume_however_the_patient_is_turned() {
    let (inputs, truth) = study();
    let all = truth["structures"].as_array().expect("structures");
    let femur = all.iter().find(|one| one["structure"] == "femur" && one["side"] == "left").expect("a left femur");
    let expected = femur["voxel_cm3"].as_f64().expect("a volume") * 1000.0;
    for rotation_degrees in [[0.0; 3], [10.0, -25.0, 40.0]] {
        let request = DrrRequest {
            structure: Some("femur_left".to_owned()),
            thickness: true,
            // Voxels of 3 x 3 x 4 mm are met by the same number of rays each, where the patient is not turned.
            film: parallel(560, 1.0),
            pose: PatientPose { rotation_degrees, translation_mm: [12.0, 0.0, -7.0] },
            ..DrrRequest::default()
        };
        let drawn = run(&inputs, &request).expect("an image");
        let (header, values) = nrrd(&drawn);
        assert!(
            header.starts_with("NRRD0005\n") && header.contains("sizes: 560 560 1") && header.contains("unit:=mm"),
            "{header}"
        );
        let volume = values.iter().map(|value| f64::from(*value)).sum::<f64>();
        assert!((volume / expected - 1.0).abs() < 1e-3, "{volume} {expected}");
    }
}

/// A film of 512 x 512 pixels from 1 m.
#[test]
fn a_body_is_as_thick_as_water_and_its_bones_are_brighter() {
    let (inputs, _) = study();
    let mut request = DrrRequest::default();
    request.settings.calibration = CalibrationChoice::None;
    let drawn = run(&inputs, &request).expect("an image");
    let (_, values) = nrrd(&drawn);
    let json = serde_json::to_value(&drawn.summary).expect("JSON");
    assert_eq!((&json["quantity"], &json["unit"]), (&"water_equivalent_length".into(), &"mm".into()));
    assert_eq!(values.len(), 512 * 512);
    assert!(values.iter().all(|value| (0.0..1000.0).contains(value)));
    let middle = values[256 * 512 + 256];
    assert!((100.0..400.0).contains(&middle), "{middle}");
    let preview = drawn.files.iter().find(|file| file.name == "drr.png").expect("a preview");
    assert_eq!(&preview.bytes[1..4], b"PNG");
    // IHDR: 512 x 512, 16 bits, grey.
    assert_eq!(&preview.bytes[16..26], &[0, 0, 2, 0, 0, 0, 2, 0, 16, 0]);
}

#[test]
fn what_cannot_be_drawn_is_refused_before_anything_is_read() {
    let sentence = |request: DrrRequest| run(&Inputs::default(), &request).expect_err("a refusal").to_string();
    let large = DrrRequest { film: parallel(20_000, 0.1), ..DrrRequest::default() };
    assert_eq!(sentence(large), "settings: the detector has 20000 rows and 20000 columns; accepted: 1 to 8192 each");
    let nothing = DrrRequest { thickness: true, ..DrrRequest::default() };
    assert!(sentence(nothing).contains("name one"));
    let unknown = DrrRequest { structure: Some("wing_left".to_owned()), ..DrrRequest::default() };
    assert!(sentence(unknown).contains("wing_left"));
    let away = PatientPose { translation_mm: [0.0, f64::NAN, 0.0], ..PatientPose::default() };
    assert!(sentence(DrrRequest { pose: away, ..DrrRequest::default() }).contains("NaN"));
}

#[test]
fn a_structure_that_the_labels_lack_is_refused_with_what_they_hold() {
    let (inputs, _) = study();
    let request = DrrRequest { structure: Some("l1_left".to_owned()), ..DrrRequest::default() };
    assert!(matches!(run(&inputs, &request), Err(Error::Settings(_))), "an unpaired structure has no side");
    let request = DrrRequest { structure: Some("femur".to_owned()), ..DrrRequest::default() };
    let refusal = run(&inputs, &request).expect_err("the phantom's femora have sides").to_string();
    assert!(refusal.contains("femur_left") && refusal.contains("femur_right"), "{refusal}");
}

#[test]
fn the_host_may_stop_it_between_rows() {
    let (inputs, _) = study();
    let stop = |stage: plugin_core::progress::Stage, fraction: f32| stage.name() != "measure" || fraction < 0.75;
    let ended = drr(&inputs, &DrrRequest::default(), &Installation { folder: PathBuf::new() }, Progress::new(&stop));
    assert!(matches!(ended, Err(Error::Cancelled(_))), "{ended:?}");
}

/// A rod of 400 mg/cm3, 30 mm thick and 60 mm long, about the origin; its axis points out of the film's plane by `degrees`.
fn rod(degrees: f64) -> (Grid, Array3<f32>) {
    let side = 121_usize;
    let grid = Grid { shape: [side; 3], origin: [-36.0; 3], steps: [[0.0, 0.0, 0.6], [0.0, 0.6, 0.0], [0.6, 0.0, 0.0]] };
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let inside = |[x, y, z]: [f64; 3]| {
        let along = x * cosine + y * sine;
        along.abs() <= 30.0 && (x * x + y * y + z * z - along * along).sqrt() <= 15.0
    };
    let density = Array3::from_shape_fn((side, side, side), |(k, j, i)| {
        if inside(grid.to_patient([k as f64, j as f64, i as f64])) { 400.0 } else { 0.0 }
    });
    (grid, density)
}

#[test]
fn the_mass_along_the_rays_of_a_film_is_the_mass_and_dxas_density_by_the_area_of_the_film_is_not() {
    // pi 1.5^2 x 6 cm3 of 0.4 g/cm3.
    let mass = PI * 1.5 * 1.5 * 6.0 * 0.4;
    // What DXA sees of it, lying in the plane: the mass by its area of 3 x 6 cm.
    let dxa = mass / 18.0;
    let pitch = 1.0;
    let film = FilmGeometry {
        rows: 161,
        columns: 161,
        pixel_spacing_mm: [Mm(pitch); 2],
        principal_point: None,
        beam: FilmBeam::Cone { source_detector_distance_mm: Mm(1150.0), source_axis_distance_mm: Mm(1000.0) },
    };
    for degrees in [0.0_f64, 15.0, 30.0] {
        let (grid, density) = rod(degrees);
        let image = project(density.view(), &grid, &film.antero_posterior([0.0; 3]).expect("a machine"));
        // mg/cm3 by mm in g/cm2, and a pixel at the depth of the rod in cm2.
        let areal = image.mapv(|ray| f64::from(ray) * 1e-4);
        let pixel = (pitch / 1.15 / 10.0).powi(2);
        let along_rays = areal.sum() * pixel;
        assert!((along_rays / mass - 1.0).abs() < 0.01, "{degrees}: {along_rays} g, not {mass}");
        let area = areal.iter().filter(|value| **value > 0.02).count() as f64 * pixel;
        // Seen end on, a disc of 3 cm closes the shortened rectangle.
        let shown = 18.0 * degrees.to_radians().cos() + PI * 1.5 * 1.5 * degrees.to_radians().sin();
        assert!((area / shown - 1.0).abs() < 0.04, "{degrees}: {area} cm2, not {shown}");
        let by_density = dxa * area;
        if degrees == 0.0 {
            assert!((by_density / mass - 1.0).abs() < 0.04, "{by_density}");
        } else {
            assert!((by_density / mass - 1.0).abs() > 0.03, "{degrees}: {by_density} g would be taken for the mass");
        }
    }
}
