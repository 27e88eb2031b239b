//! Networks of a few hundred bytes (`tests/models/make.py`), whose answers are known, and those that must be refused.

use super::*;
use crate::segmentation::model::Manifest;
use crate::segmentation::model::manifest::{Stem, StemOutput};
use settings::Engine::{OnnxRuntime, OpenVino};
use std::path::PathBuf;

const VOXELS: usize = 4 * 5 * 6;
/// Exact in binary, and so are the scores.
const VALUE: f32 = 0.25;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/models/{name}.onnx", env!("CARGO_MANIFEST_DIR"))).expect("a committed network")
}

/// The manifest that fits `plain.onnx`, and with `mask` `dropout.onnx`.
fn manifest(mask: bool) -> Manifest {
    let dropout = match mask {
        true => r#"{"rate": 0.5, "inputs": [{"name": "mask", "channels": 3}], "passes": 2}"#,
        false => "null",
    };
    let json = format!(
        r#"{{"schema": "bonemuscle-model/1", "name": "tiny", "version": "1", "description": "d", "licence": "CC0-1.0",
        "networks": [{{"file": "tiny.onnx", "sha256": "{}"}}], "input": "image", "output": "logits",
        "orientation": "SPL", "spacing_mm": [1, 1, 1], "patch": [4, 5, 6], "tile_step": 0.5,
        "normalisation": {{"clip": [-1000, 1000], "mean": 0, "standard_deviation": 1}},
        "classes": [{{"name": "nothing"}}, {{"name": "a", "structure": "l1"}}, {{"name": "b", "structure": "sacrum"}}],
        "dropout": {dropout}}}"#,
        "0".repeat(64)
    );
    Manifest::parse("tiny", json.as_bytes()).expect("a manifest")
}

fn model(bytes: Vec<u8>, mask: bool) -> Model {
    Model {
        manifest: manifest(mask),
        stem: None,
        networks: vec![bytes.into()],
        sha256: String::new(),
        manifest_sha256: String::new(),
    }
}

/// The build folder, beside which `scripts/setup.sh` puts the libraries; none where it was not run.
fn installation(folder: &str) -> Option<Installation> {
    let program = std::env::current_exe().expect("this program");
    // Beside the library, or one folder up, where scripts/setup.sh fetches it to.
    let found = program.ancestors().skip(2).take(2).find(|place| place.join(folder).is_dir());
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "{folder} is not beside the build");
    if found.is_none() {
        println!("skipped: no {folder} beside the build");
    }
    found.map(|place| Installation { folder: place.to_owned() })
}

/// The libraries that are there; both, in continuous integration.
fn libraries() -> Vec<(settings::Engine, Installation)> {
    let onnx_runtime = installation("onnxruntime");
    let open_vino = installation("openvino");
    onnx_runtime.map(|found| (OnnxRuntime, found)).into_iter().chain(open_vino.map(|found| (OpenVino, found))).collect()
}

fn started<'m>(model: &'m Model, engine: settings::Engine, installation: &Installation) -> Result<Engine<'m>, ModelError> {
    start(Networks::of(model), installation, &ModelSettings { engine, ..ModelSettings::default() }, 2)
}

/// What each library that is there says to a network that must be refused.
fn refusals(bytes: Vec<u8>, mask: bool) -> Vec<ModelError> {
    let model = model(bytes, mask);
    let refusal = |(engine, installation): (settings::Engine, Installation)| {
        started(&model, engine, &installation).err().unwrap_or_else(|| panic!("{engine:?} accepted it"))
    };
    libraries().into_iter().map(refusal).collect()
}

fn assert_misfit(bytes: Vec<u8>, mask: bool, sentence: &str) {
    for error in refusals(bytes, mask) {
        assert!(matches!(error, ModelError::Shape { .. }) && error.to_string().contains(sentence), "{error}");
    }
}

#[test]
fn a_network_computes_what_it_was_drawn_for() {
    let model = model(fixture("plain"), false);
    for (engine, installation) in libraries() {
        let engine = started(&model, engine, &installation).expect("it starts");
        let mut network = engine.network(0, 1).expect("a network");
        assert!(network.output(0).is_empty(), "it has seen nothing");
        network.run(&[&[VALUE; VOXELS]]).expect("it runs");
        let expected: Vec<f32> =
            [VALUE, 1.0 - 2.0 * VALUE, 2.0 + VALUE / 2.0].iter().flat_map(|score| [*score; VOXELS]).collect();
        assert_eq!(network.output(0), expected, "{}", engine.name());
    }
}

#[test]
fn masks_reach_their_channels_and_extents_may_be_open() {
    let model = model(fixture("dropout"), true);
    for (engine, installation) in libraries() {
        let engine = started(&model, engine, &installation).expect("it starts");
        let mut network = engine.network(0, 1).expect("a network");
        network.run(&[&[VALUE; VOXELS], &[2.0, 0.0, 2.0]]).expect("it runs");
        let logits = network.output(0);
        assert_eq!([logits[0], logits[VOXELS], logits[2 * VOXELS]], [0.5, 0.0, 4.25], "{}", engine.name());
        let error = network.run(&[&[VALUE; VOXELS]]).expect_err("a mask is missing");
        assert!(error.to_string().contains("1 inputs were given; it takes 2"), "{error}");
        assert!(network.output(0).is_empty(), "what it said before");
    }
}

/// `dropout.onnx` in two parts.
fn divided() -> Model {
    let mut model = model(fixture("rest"), true);
    let outputs = vec![StemOutput { name: "a".to_owned(), channels: 3, stride: 1 }];
    model.manifest.stem = Some(Stem { file: "stem.onnx".to_owned(), sha256: String::new(), outputs });
    model.stem = Some(fixture("stem").into());
    model
}

#[test]
fn a_network_in_two_parts_says_what_it_says_in_one() {
    let model = divided();
    for (engine, installation) in libraries() {
        let engine = started(&model, engine, &installation).expect("it starts");
        let mut network = engine.network(0, 1).expect("a network");
        for (value, mask, expected) in
            [(VALUE, 2.0, [0.5, 0.0, 4.25]), (VALUE, 4.0, [1.0, 0.0, 8.5]), (2.0 * VALUE, 4.0, [2.0, 0.0, 9.0])]
        {
            network.run(&[&[value; VOXELS], &[mask, 0.0, mask]]).expect("it runs");
            let logits = network.output(0);
            assert_eq!([logits[0], logits[VOXELS], logits[2 * VOXELS]], expected, "{}", engine.name());
        }
    }
    for (change, sentence) in [("b", "no output is called \"b\"; it has a"), ("mask", "no output is called \"mask\"")] {
        let mut model = divided();
        model.manifest.stem.as_mut().expect("a stem").outputs[0].name = change.to_owned();
        for (engine, installation) in libraries() {
            let error = started(&model, engine, &installation).err().expect("a misfit");
            assert!(matches!(error, ModelError::Shape { .. }) && error.to_string().contains(sentence), "{error}");
        }
    }
}

/// `layers.onnx`, and the same with images of few planes instead of volumes.
fn layers() -> [Model; 2] {
    let mut manifest = manifest(true);
    manifest.patch = [19, 5, 6];
    manifest.dropout.as_mut().expect("a mask").inputs[0].channels = 16;
    let whole = fixture("layers");
    let slabs = stacked::stacked(&whole, Signature::of(&manifest).input_shapes(), 1).expect("wide layers");
    [whole, slabs].map(|bytes| Model { manifest: manifest.clone(), ..model(bytes, true) })
}

#[test]
fn convolutions_of_images_say_what_those_of_volumes_say() {
    let image: Vec<f32> = (0..19 * 5 * 6).map(|index: u32| (index * 37 % 101) as f32 / 50.0 - 1.0).collect();
    let mask: Vec<f32> = (0..16).map(|channel: u8| f32::from(channel % 3)).collect();
    let models = layers();
    let mut answers = Vec::new();
    for (model, (engine, installation)) in models.iter().flat_map(|model| libraries().into_iter().map(move |one| (model, one)))
    {
        let engine = started(model, engine, &installation).expect("it starts");
        let mut network = engine.network(0, 2).expect("a network");
        network.run(&[&image, &mask]).expect("it runs");
        answers.push(network.output(0).to_vec());
    }
    // OpenVINO convolves the volumes of the first.
    let largest = answers.iter().flatten().fold(0.0_f32, |most, score| most.max(score.abs()));
    for answer in &answers {
        let apart = answer.iter().zip(&answers[0]).fold(0.0_f32, |most, (one, other)| most.max((one - other).abs()));
        assert!(largest > 0.01 && apart < 1e-5 * largest, "{apart} of {largest}");
    }
}

#[test]
fn two_networks_run_at_the_same_time() {
    let model = model(fixture("plain"), false);
    for (engine, installation) in libraries() {
        let engine = started(&model, engine, &installation).expect("it starts");
        let networks: Vec<Box<dyn Network>> = (0..2).map(|_| engine.network(0, 1).expect("a network")).collect();
        std::thread::scope(|scope| {
            for (number, mut network) in networks.into_iter().enumerate() {
                scope.spawn(move || {
                    let value = number as f32;
                    for _ in 0..50 {
                        network.run(&[&[value; VOXELS]]).expect("it runs");
                        assert!(network.output(0)[..VOXELS].iter().all(|score| *score == value));
                    }
                });
            }
        });
    }
}

#[test]
fn names_say_the_version_and_the_precision() {
    let model = model(fixture("plain"), false);
    for (engine, installation) in libraries() {
        let name = started(&model, engine, &installation).expect("it starts").name().to_owned();
        let (library, rest) = name.split_once(" 1.28.0").or_else(|| name.split_once(" 20")).expect("a version");
        assert!(["ONNX Runtime", "OpenVINO"].contains(&library) && rest.ends_with(", f32"), "{name}");
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    let model = model(fixture("nan"), false);
    for (engine, installation) in libraries() {
        let engine = started(&model, engine, &installation).expect("it starts");
        let mut network = engine.network(0, 1).expect("a network");
        let error = network.run(&[&[-VALUE; VOXELS]]).expect_err("the logarithm of a negative number");
        assert!(matches!(error, ModelError::Run { .. }), "{error}");
        assert!(
            error.to_string().contains("the network of the model tiny failed: its output \"logits\" is NaN in channel 0"),
            "{error}"
        );
        let error = network.run(&[&[0.0; VOXELS]]).expect_err("the logarithm of 0");
        assert!(error.to_string().contains("-inf in channel 0"), "{error}");
    }
}

#[test]
fn an_output_of_another_shape_is_refused_when_it_is_seen() {
    let model = model(fixture("halved"), false);
    for (engine, installation) in libraries() {
        let engine = started(&model, engine, &installation).expect("its file leaves the extents open");
        let error = engine.network(0, 1).expect("a network").run(&[&[VALUE; VOXELS]]).expect_err("half as many");
        assert!(error.to_string().contains("has the shape 1 x 3 x 2 x 5 x 6, the manifest says 1 x 3 x 4 x 5 x 6"), "{error}");
    }
}

#[test]
fn networks_that_do_not_fit_their_manifest_are_refused() {
    assert_misfit(fixture("dropout"), false, "also takes the input \"mask\"");
    assert_misfit(fixture("threshold"), false, "also takes the input \"threshold\"");
    assert_misfit(fixture("plain"), true, "no input is called \"mask\"; it has image");
    assert_misfit(fixture("rank4"), false, "has the shape 1 x 1 x 5 x 6, the manifest says 1 x 1 x 4 x 5 x 6");
    assert_misfit(fixture("double"), false, "does not hold f32");
}

#[test]
fn a_missing_class_and_other_names_are_refused() {
    type Change = fn(&mut Manifest);
    let changed: [(Change, &str); 4] = [
        (
            |manifest| drop(manifest.classes.pop()),
            "the output \"logits\" has the shape 1 x 3 x 4 x 5 x 6, the manifest says 1 x 2",
        ),
        (
            |manifest| manifest.patch = [4, 5, 7],
            "the input \"image\" has the shape 1 x 1 x 4 x 5 x 6, the manifest says 1 x 1 x 4 x 5 x 7",
        ),
        (|manifest| manifest.input = "ct".into(), "no input is called \"ct\"; it has image"),
        (|manifest| manifest.output = "scores".into(), "no output is called \"scores\"; it has logits"),
    ];
    for (change, sentence) in changed {
        let mut model = model(fixture("plain"), false);
        change(&mut model.manifest);
        for (engine, installation) in libraries() {
            let error = started(&model, engine, &installation).err().expect("a misfit");
            assert!(matches!(error, ModelError::Shape { .. }) && error.to_string().contains(sentence), "{error}");
        }
    }
}

#[test]
fn what_is_no_whole_network_is_refused() {
    let whole = fixture("plain");
    let truncated = whole[..whole.len() / 2].to_vec();
    for bytes in [truncated, Vec::new(), b"no network".to_vec()] {
        for error in refusals(bytes, false) {
            assert!(matches!(error, ModelError::Network { .. }), "{error}");
            assert!(error.to_string().starts_with("the network of the model tiny cannot be loaded: "), "{error}");
        }
    }
    for error in refusals(fixture("external"), false) {
        assert!(error.to_string().contains("its weights lie in another file"), "{error}");
    }
}

#[test]
fn a_library_that_is_missing_is_named_with_the_remedy() {
    let model = model(fixture("plain"), false);
    let nowhere = Installation { folder: "/nowhere/at/all".into() };
    let unknown = Installation { folder: PathBuf::new() };
    let error = started(&model, OnnxRuntime, &unknown).err().expect("no folder").to_string();
    assert!(error.contains("the folder of libbonemuscle is unknown"), "{error}");
    let error = started(&model, OpenVino, &nowhere).err().expect("no OpenVINO").to_string();
    assert!(
        error.contains("openvino/libopenvino_c.so") && !error.contains("nowhere") && error.contains("scripts/demo.sh"),
        "{error}"
    );
}

#[test]
fn the_reference_network_fits_its_manifest_on_any_number_of_threads() {
    let model = Model::reference().expect("the reference model");
    let voxels = model.manifest.patch.iter().product();
    let tile: Vec<f32> = (0..voxels).map(|index: usize| (index % 97) as f32 / 48.0 - 1.0).collect();
    let masks = model.manifest.dropout.as_ref().expect("masks").inputs.iter().map(|input| vec![1.0; input.channels]);
    let masks: Vec<Vec<f32>> = masks.collect();
    for (engine, installation) in libraries().into_iter().filter(|(engine, _)| *engine == OnnxRuntime) {
        let engine = started(&model, engine, &installation).expect("it starts");
        let answers = [1, 2].map(|threads| {
            let mut network = engine.network(0, threads).expect("a network");
            network.run(&with_masks(&tile, &masks)).expect("it runs");
            network.output(0).to_vec()
        });
        assert!(answers[0] == answers[1], "threads change values");
    }
}
