//! The model of `tests/models/xray`, whose answers are known (see its `make.py`), and manifests that must be refused.

use super::*;
use crate::anatomy::Side;
use crate::progress::Cancelled;
use crate::report::Region;
use crate::segmentation::film::{Magnification, MagnificationSource, crop};
use crate::settings::{Engine, ModelSettings};
use ndarray::Array2;
use serde_json::{Value, json};
use std::path::Path;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/xray")
}

fn model() -> HipModel {
    HipModel::read(&folder()).expect("the committed model")
}

/// The libraries that run networks lie beside the build, or one folder up.
fn installation() -> Option<Installation> {
    let program = std::env::current_exe().expect("this program");
    let found = program.ancestors().skip(2).take(2).find(|place| place.join("onnxruntime").is_dir());
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "onnxruntime is not beside the build");
    if found.is_none() {
        println!("skipped: no onnxruntime beside the build");
    }
    found.map(|place| Installation { folder: place.to_owned() })
}

fn settings(passes: u16, seed: u64) -> ModelSettings {
    ModelSettings { passes: Some(passes), seed, engine: Engine::OnnxRuntime }
}

/// 200 x 160 mm at 1.25 mm: 0 but for squares of 1 with 12 pixels a side about the heads, which lie in either half.
fn film(heads: [[usize; 2]; 2], rest: f32) -> (Attenuation, Scale) {
    let pixels = Array2::from_shape_fn((128, 128), |(row, column)| {
        let near = |[r, c]: [usize; 2]| row.abs_diff(r) <= 6 && column.abs_diff(c) <= 6;
        if heads.iter().any(|head| near(*head)) { 1.0 } else { rest }
    });
    let exposed = Array2::from_elem(pixels.dim(), true);
    let magnification = Magnification { factor: Some(1.0), source: MagnificationSource::EstimatedFactor };
    (
        Attenuation { pixels, exposed, range: [0.0, 2.0], clipped_from: 2.0 },
        Scale { pixel_mm: [1.25; 2], detector_pixel_mm: None, magnification },
    )
}

#[test]
fn heads_are_found_where_they_are_and_a_bright_film_is_another_view() {
    let (Some(installation), model) = (installation(), model()) else { return };
    let mut networks = HipNetworks::load(&model, &installation, &settings(0, 0)).expect("it loads");
    let heads = [[50, 30], [70, 100]];
    let (shown, scale) = film(heads, 0.0);
    let located = networks.locate(&shown, Orientation::STANDARD, &scale).expect("it runs");
    assert!(located.is_measurable() && located.view().0 == "ap", "{located:?}");
    for (head, expected) in located.heads.iter().zip(heads) {
        assert!(head.is_found(), "{located:?}");
        // A peak is a plateau of the square, so that its first pixel is taken, within half a square.
        let away = (head.centre[0] - expected[0] as f64).hypot(head.centre[1] - expected[1] as f64);
        assert!(away < 8.0, "{head:?}, {expected:?}");
    }
    // Nine tenths of the film at the upper percentile: its mean is above one half.
    let (_, scale) = film(heads, 0.0);
    let mut bright = shown.clone();
    bright.pixels.slice_axis_mut(ndarray::Axis(0), (0..110).into()).fill(1.0);
    let located = networks.locate(&bright, Orientation::STANDARD, &scale).expect("it runs");
    assert!(!located.is_measurable() && located.view().0 == "lateral", "{located:?}");
}

#[test]
fn images_have_the_units_of_their_channels_and_regions_are_probabilities() {
    let (Some(installation), model) = (installation(), model()) else { return };
    let mut networks = HipNetworks::load(&model, &installation, &settings(0, 0)).expect("it loads");
    let (shown, scale) = film([[64, 40], [64, 100]], 0.0);
    let shape = networks.crop_shape();
    let crop = crop(&shown, Orientation::STANDARD, &scale, (Side::Left, [64.0, 100.0]), &shape).expect("a crop");
    let images = networks.decompose(&crop, &|_| Ok(())).expect("it runs");
    assert!(images.passes.is_empty());
    let at = |channel, place: [usize; 2]| images.mean.channel(channel)[place];
    let (inside, outside) = ([48, 40], [10, 10]);
    let of = |kind, subject| model.manifest.channel(kind, subject).expect("a channel");
    for (kind, subject, value) in [
        (ChannelKind::ArealDensity, Subject::ProximalFemur, 1.0),
        (ChannelKind::Thickness, Subject::ProximalFemur, 25.0),
        (ChannelKind::Thickness, Subject::GluteusMedius, 50.0),
        (ChannelKind::Lean, Subject::GluteusMedius, 5.0),
    ] {
        assert_eq!([at(of(kind, subject), inside), at(of(kind, subject), outside)], [value, 0.0], "{kind:?} {subject:?}");
    }
    let neck = model.manifest.region(Region::FemoralNeck).expect("a channel");
    // Logits of 16 (x - 0.75).
    let expected = [4.0_f32, -12.0].map(|logit| 1.0 / (1.0 + (-logit).exp()));
    assert!((at(neck, inside) - expected[0]).abs() < 1e-6 && (at(neck, outside) - expected[1]).abs() < 1e-6);
}

#[test]
fn passes_differ_as_their_seed_says_and_end_when_the_host_says() {
    let (Some(installation), model) = (installation(), model()) else { return };
    let (shown, scale) = film([[64, 40], [64, 100]], 0.0);
    let run = |seed| {
        let mut networks = HipNetworks::load(&model, &installation, &settings(8, seed)).expect("it loads");
        let shape = networks.crop_shape();
        let crop = crop(&shown, Orientation::STANDARD, &scale, (Side::Left, [64.0, 100.0]), &shape).expect("a crop");
        networks.decompose(&crop, &|_| Ok(())).expect("it runs")
    };
    let (one, again, other) = (run(5), run(5), run(6));
    assert!(one.mean == again.mean && one.passes == again.passes);
    assert!(one.passes != other.passes);
    // The femur's density is that of the film times the mask of its pass; its thickness has no mask.
    let dropout = model.manifest.decomposition.dropout.clone().expect("masks");
    let masks: Vec<f32> = dropout::masks(&dropout, 5, 8).iter().map(|pass| pass[0][0]).collect();
    let density = model.manifest.channel(ChannelKind::ArealDensity, Subject::ProximalFemur).expect("a channel");
    let found: Vec<f32> = one.passes.iter().map(|pass| pass.channel(density)[[48, 40]]).collect();
    assert_eq!(found, masks);
    let mean = masks.iter().sum::<f32>() / 8.0;
    assert!((one.mean.channel(density)[[48, 40]] - mean).abs() < 1e-6);

    let mut networks = HipNetworks::load(&model, &installation, &settings(8, 5)).expect("it loads");
    let shape = networks.crop_shape();
    let crop = crop(&shown, Orientation::STANDARD, &scale, (Side::Left, [64.0, 100.0]), &shape).expect("a crop");
    let stop = |share: f32| if share < 0.5 { Ok(()) } else { Err(Cancelled) };
    assert!(matches!(networks.decompose(&crop, &stop), Err(ModelError::Cancelled(_))));
}

#[test]
fn the_embedded_networks_are_those_of_their_manifest() {
    let model = HipModel::reference().expect("the model of the library");
    let digest = |bytes: &[u8]| crate::read::sha256(bytes);
    assert_eq!(digest(&model.locator), model.manifest.locator.network.sha256);
    assert_eq!(digest(&model.decomposition), model.manifest.decomposition.network.sha256);
    if let Some(installation) = installation() {
        try_hip_model(&model, &installation, &settings(0, 0)).expect("its networks fit its manifest");
    }
}

#[test]
fn a_site_may_name_its_own_model_and_a_changed_network_is_refused() {
    let site = [folder()];
    let names: Vec<String> = known_hip_models(&site).into_iter().map(|model| model.name).collect();
    assert_eq!(names, ["bonemuscle-hip-xray", "tiny-hip-xray"]);
    assert_eq!(HipModel::choose(Some("tiny-hip-xray"), &site).expect("it is there").manifest, model().manifest);
    let unknown = HipModel::choose(Some("other"), &site).expect_err("there is none").to_string();
    assert!(unknown.contains("bonemuscle-hip-xray, tiny-hip-xray"), "{unknown}");
    assert!(crate::segmentation::known_models(&site).iter().all(|model| model.problem.is_none()), "it is no CT model");

    let changed = tempfile::tempdir().expect("a folder");
    for file in ["manifest.json", "locator.onnx", "decomposition.onnx"] {
        std::fs::copy(folder().join(file), changed.path().join(file)).expect("a copy");
    }
    std::fs::write(changed.path().join("locator.onnx"), "another").expect("a file");
    assert!(matches!(HipModel::read(changed.path()), Err(ModelError::Digest { .. })));
    // Choosing goes by manifests: a model whose network is spoilt is found by its name, and stands in nobody's way.
    let spoilt = [changed.path().to_owned()];
    assert!(matches!(HipModel::choose(Some("tiny-hip-xray"), &spoilt), Err(ModelError::Digest { .. })));
    assert!(known_hip_models(&spoilt).iter().any(|model| model.problem.is_some()));
    assert!(HipModel::choose(Some("bonemuscle-hip-xray"), &spoilt).is_ok());
}

#[test]
fn what_contradicts_itself_is_refused_in_a_sentence() {
    let sound: Value = serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).expect("a file")).expect("JSON");
    let refused = |pointer: &str, value: Value| {
        let mut changed = sound.clone();
        *changed.pointer_mut(pointer).expect(pointer) = value;
        HipManifest::parse("m", changed.to_string().as_bytes())
            .err()
            .unwrap_or_else(|| panic!("{pointer} was accepted"))
            .to_string()
    };
    for (pointer, value, sentence) in [
        ("/schema", json!("bonemuscle-model/1"), "accepted: bonemuscle-xray-model/1"),
        ("/caveats", json!([]), "at least what it was trained on"),
        ("/locator/network/file", json!("../x.onnx"), "no plain file name"),
        ("/locator/views", json!(["frog_leg", "lateral"]), "ap among them"),
        ("/locator/size", json!([64, 100_000]), "accepted: 16 to 1024"),
        ("/locator/outputs/view", json!("heads"), "two outputs are called \"heads\""),
        ("/decomposition/pixel_spacing_mm", json!(0.0), "pixel_spacing_mm is 0"),
        ("/decomposition/centre", json!([48, 80]), "accepted: a pixel of"),
        ("/decomposition/normalisation/lower_percentile", json!(99.5), "the smaller first"),
        ("/decomposition/channels/1/scale", json!(-1.0), "accepted: above 0"),
        ("/decomposition/channels/2/unit", json!("cm"), "accepted of thickness: mm"),
        ("/decomposition/channels/2/structure", json!("bone"), "something that has none"),
        ("/decomposition/channels/3/structure", json!("proximal_femur"), "two channels are the same thickness"),
        ("/decomposition/channels/1/structure", json!("femur"), "unknown variant"),
        ("/decomposition/channels/5/region", json!("trochanter"), "something that has none"),
        ("/decomposition/dropout/passes", json!(1), "0 for none, or 2 to 200"),
        ("/calibration/total_hip/slope", json!(0.0), "a slope above 0"),
        ("/calibration", json!({"femoral_neck": {"slope": 1.0, "intercept": 0.0}}), "total_hip has not both of"),
        ("/errors/regions/femoral_neck/areal_density", json!(0.0), "accepted: above 0"),
        ("/errors/muscles", json!({"trapezius": {}}), "unknown variant"),
    ] {
        let said = refused(pointer, value);
        assert!(said.contains(sentence), "{pointer}: {said}");
    }
}
