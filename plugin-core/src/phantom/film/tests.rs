use super::*;
use crate::anatomy::Side;
use crate::phantom::{Phantom, draw, phantom};
use crate::progress::Progress;
use crate::projection::Beam;
use crate::read::{Contents, Inputs, Instance, read_radiograph, scan};
use crate::segmentation::film::{Attenuation, CropShape, Hips, MagnificationSource, attenuation, crop, film, implant, metal};
use std::process::Command;

/// Coarse, so that it is quick.
fn settings() -> PhantomSettings {
    PhantomSettings { slice_spacing_mm: 3.0, film: Some(FilmSettings { pixel_spacing_mm: 1.2 }), ..PhantomSettings::default() }
}

fn films(phantom: &Phantom) -> Inputs<'static> {
    let films = phantom.files.iter().filter(|(name, _)| name.starts_with("film-"));
    films.map(|(name, data)| Instance::Bytes { name: name.clone(), data: data.clone() }).collect()
}

fn read(inputs: &Inputs<'_>) -> Contents {
    scan(inputs, Progress::silent()).expect("nobody cancels")
}

fn attenuations(inputs: &Inputs<'_>, contents: &Contents) -> Vec<Attenuation> {
    let images = contents.radiographs.iter().map(|header| read_radiograph(inputs, header).expect("pixels"));
    images.map(|image| attenuation(&image).expect("an image").0).collect()
}

#[test]
fn rays_beside_bone_have_the_attenuation_of_the_torso() {
    let settings = settings();
    let film = settings.film.clone().expect("asked for");
    let image = super::attenuation(&settings, &film, &draw(&settings)).expect("a view");
    let [rows, columns] = film.size();
    // In the midline 190 mm of muscle at 40 HU lie between 15 mm of fat at -100 HU, front and back; below the sacrum no bone does.
    // The torso is as thick at every height, and rays away from the centre cross it at an angle.
    let row = rows / 2 + 77;
    let off_centre = (row as f64 + 0.5 - rows as f64 / 2.0) * film.pixel_spacing_mm / SOURCE_TO_DETECTOR;
    let expected = WATER_PER_MM * (190.0 * 1.04 + 30.0 * 0.9) * off_centre.hypot(1.0);
    let found = f64::from(image[[row, columns / 2]]);
    // Voxels of 1.5 mm end up to half a voxel away from the skin, front and back.
    assert!((found - expected).abs() < WATER_PER_MM * 1.5, "{found} {expected}");
    assert_eq!(image[[rows / 2, 0]], 0.0, "beside the patient");
}

#[test]
fn the_heads_lie_where_the_rays_through_them_meet_the_detector() {
    let settings = settings();
    let film = settings.film.clone().expect("asked for");
    let view = film.view().expect("a view");
    let Beam::Cone { source } = view.beam else { panic!("a cone") };
    let drawing = draw(&settings);
    let truth = truth::truth(&settings, &film, &drawing).expect("femora");
    for (hip, femur) in truth.femora.iter().zip(&drawing.truth.femora) {
        let pixel = view.detector.to_patient(hip.head_centre_pixel);
        let [head, pixel] = [femur.head_centre_mm, pixel].map(|place| crate::geometry::subtract(place, source));
        let off = crate::geometry::norm(crate::geometry::cross(head, crate::geometry::unit(pixel)));
        assert!(off < 1e-9, "{:?}: the ray passes the head {off} mm from its centre", hip.side);
        assert_eq!(hip.side, femur.side);
    }
    let [left, right] = [&truth.femora[0], &truth.femora[1]];
    let ordered = |a: Option<crate::units::GramPerCm2>, b: Option<crate::units::GramPerCm2>| match (a, b) {
        (Some(a), Some(b)) => a.0 > b.0 && b.0 > 0.3 && a.0 < 1.5,
        _ => false,
    };
    // 170 HU of trabecular bone on the left, 140 HU on the right.
    assert!(ordered(left.femoral_neck, right.femoral_neck) && ordered(left.total_hip, right.total_hip), "{truth:?}");
}

#[test]
fn both_films_are_read_as_the_same_pelvis() {
    let inputs = films(&phantom(&settings()).expect("good settings"));
    let contents = read(&inputs);
    assert_eq!(contents.radiographs.len(), 2, "{:?}", contents.refused);
    for header in &contents.radiographs {
        let judged = film(header).expect("nothing against it");
        assert_eq!((judged.hips, judged.scale.magnification.source), (Hips::Both, MagnificationSource::EstimatedFactor));
        assert!((judged.scale.pixel_mm[0] - 1.2 / 1.15).abs() < 1e-9 && judged.quality.is_empty(), "{judged:?}");
    }
    let images = attenuations(&inputs, &contents);
    // For people 600 steps per unit, and at most 6.8; the detector's logarithm is natural.
    let [people, detector] = [0, 1].map(|number| &images[number].pixels);
    let worst = people.iter().zip(detector).map(|(a, b)| {
        let open = -(FULL_SCALE as f32).ln();
        (a / PER_ATTENUATION as f32 - (b - open).clamp(0.0, 6.8)).abs()
    });
    assert!(worst.fold(0.0, f32::max) < 0.02);
    let scale = film(&contents.radiographs[0]).expect("judged above").scale;
    assert!(metal(&images[0], &scale).is_empty() && metal(&images[1], &scale).is_empty());
}

#[test]
fn a_ball_in_the_place_of_a_head_blocks_that_hip_alone() {
    let settings = settings();
    let inputs = films(&phantom(&settings).expect("good settings"));
    let contents = read(&inputs);
    let judged = film(&contents.radiographs[0]).expect("nothing against it");
    let asked = settings.film.clone().expect("asked for");
    let hips = truth::truth(&settings, &asked, &draw(&settings)).expect("femora").femora;
    let mut image = attenuations(&inputs, &contents).remove(0);
    let [row, column] = hips[0].head_centre_pixel;
    // Cobalt-chromium, 0.8 per millimetre, on a ball of 32 mm; what attenuates more than 6.8 is clipped.
    for (place, value) in image.pixels.indexed_iter_mut() {
        let off = 1.2 / 1.15 * (place.0 as f64 - row).hypot(place.1 as f64 - column);
        let metal = 0.8 * 2.0 * (16f64 * 16.0 - off * off).max(0.0).sqrt();
        *value = (*value + (PER_ATTENUATION * metal) as f32).min(LARGEST_SHOWN as f32);
    }
    let pieces = metal(&image, &judged.scale);
    let blocked = |hip: &truth::FilmFemurTruth| implant(&pieces, (hip.side, hip.head_centre_pixel), &judged.scale).is_some();
    assert_eq!([blocked(&hips[0]), blocked(&hips[1])], [true, false]);
}

#[test]
fn a_mirrored_patient_gives_the_crop_of_the_other_hip() {
    let shape = CropShape { size: [80, 64], pixel_spacing_mm: 2.5, centre: [24.0, 24.0], percentiles: [1.0, 99.0] };
    let cut = |mirrored: bool, side: Side| {
        let settings = PhantomSettings { mirrored, ..settings() };
        let drawn = phantom(&settings).expect("good settings");
        let inputs = films(&drawn);
        let contents = read(&inputs);
        let judged = film(&contents.radiographs[0]).expect("nothing against it");
        let truth: serde_json::Value =
            serde_json::from_slice(&drawn.files.iter().find(|(name, _)| name == "truth.json").expect("truth").1).expect("JSON");
        let head = &truth["film"]["femora"][usize::from(side == Side::Right)]["head_centre_pixel"];
        let head = [0, 1].map(|axis| head[axis].as_f64().expect("a number"));
        let image = attenuations(&inputs, &contents).remove(0);
        crop(&image, judged.orientation, &judged.scale, (side, head), &shape).expect("inside").pixels
    };
    let (left, right) = (cut(false, Side::Left), cut(true, Side::Right));
    // Only the noise differs: two per cent of counts in a pixel.
    let mean = left.iter().zip(&right).map(|(a, b)| (a - b).abs()).sum::<f32>() / left.len() as f32;
    let to_other = left.iter().zip(&cut(false, Side::Right)).map(|(a, b)| (a - b).abs()).sum::<f32>() / left.len() as f32;
    assert!(mean < 0.01 && to_other > 2.0 * mean, "{mean} {to_other}");
}

#[test]
fn without_films_nothing_of_the_study_changes() {
    let plain = PhantomSettings { film: None, ..settings() };
    assert!(!serde_json::to_string(&plain).expect("JSON").contains("film"), "UIDs come from the settings");
    let spacing = PhantomSettings { film: Some(FilmSettings { pixel_spacing_mm: 0.01 }), ..plain };
    let refused = phantom(&spacing).expect_err("too fine");
    assert_eq!(refused.to_string(), "settings: film.pixel_spacing_mm is 0.01; accepted: 0.1 to 3");
}

#[test]
fn validators_find_no_error_in_the_films() {
    if Command::new("dciodvfy").arg("-version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "dciodvfy (dicom3tools) is not installed");
        eprintln!("skipped: no dciodvfy");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut paths = Vec::new();
    for (name, bytes) in phantom(&settings()).expect("good settings").files {
        if name.starts_with("film-") || name == "ct-0001.dcm" {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("writable");
            paths.push(path);
        }
    }
    let says = |command: &mut Command| {
        let output = command.output().expect("it runs");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    for path in &paths[1..] {
        let verdict = says(Command::new("dciodvfy").arg("-new").arg(path));
        assert!(verdict.contains("DXImage") && !verdict.contains("Error"), "{verdict}");
    }
    let together = says(Command::new("dcentvfy").args(&paths));
    assert_eq!(together.trim(), "", "dcentvfy");
}
