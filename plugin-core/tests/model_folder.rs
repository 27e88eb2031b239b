//! Model folders: found, listed, verified, and refused with a sentence.

use plugin_core::segmentation::{Model, ModelError, known_models};
use plugin_core::settings::SegmentationChoice;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::slice::from_ref;
use tempfile::{TempDir, tempdir};

const NETWORK: &[u8] = include_bytes!("models/plain.onnx");

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn manifest(name: &str) -> Value {
    json!({
        "schema": "bonemuscle-model/1", "name": name, "version": "1", "description": "d", "licence": "CC0-1.0",
        "networks": [{ "file": "plain.onnx", "sha256": digest(NETWORK) }], "input": "image", "output": "logits",
        "orientation": "SPL", "spacing_mm": [1.0, 1.0, 1.0], "patch": [4, 5, 6], "tile_step": 0.5,
        "normalisation": { "clip": [-1000.0, 1000.0], "mean": 0.0, "standard_deviation": 1.0 },
        "classes": [{ "name": "nothing" }, { "name": "a", "structure": "l1" }, { "name": "b", "structure": "sacrum" }]
    })
}

fn write(folder: &Path, manifest: &Value) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("manifest.json"), manifest.to_string()).expect("a file");
    fs::write(folder.join("plain.onnx"), NETWORK).expect("a file");
}

/// A site's folder with the models `one` and `two` in it.
fn site() -> (TempDir, PathBuf) {
    let folder = tempdir().expect("a folder");
    for name in ["one", "two"] {
        write(&folder.path().join(name), &manifest(name));
    }
    let path = folder.path().to_owned();
    (folder, path)
}

fn choose(name: &str, folders: &[PathBuf]) -> Result<Model, ModelError> {
    Model::choose(&SegmentationChoice::Model { name: name.to_owned() }, folders)
}

#[test]
fn without_a_choice_the_reference_model_is_used() {
    let model = Model::choose(&SegmentationChoice::Auto, &[]).expect("the embedded model");
    assert_eq!(model.manifest.name, "bonemuscle-ct");
    assert_eq!(choose("bonemuscle-ct", &[]).expect("the same by name").sha256, model.sha256);
    let files = model.stem.iter().chain(&model.networks).map(|bytes| digest(bytes));
    assert_eq!(model.sha256, digest(files.collect::<String>().as_bytes()));
}

/// Someone who mends an orientation must not be told that the results are stored already.
#[test]
fn another_manifest_is_another_model_though_the_network_is_the_same() {
    let (_kept, site) = site();
    let before = choose("two", std::slice::from_ref(&site)).expect("it is there");
    let mut mended = manifest("two");
    mended["orientation"] = json!("SAR");
    write(&site.join("two"), &mended);
    let after = choose("two", &[site]).expect("it is there");
    assert_eq!((&before.sha256, &after.manifest_sha256), (&after.sha256, &digest(mended.to_string().as_bytes())));
    assert_ne!(before.manifest_sha256, after.manifest_sha256);
}

#[test]
fn a_model_is_found_in_its_folder_and_in_a_folder_of_models() {
    let (_kept, site) = site();
    for folder in [site.clone(), site.join("two")] {
        let model = choose("two", &[folder]).expect("it is there");
        assert_eq!((model.manifest.name.as_str(), model.sha256), ("two", digest(NETWORK)));
        assert_eq!(&*model.networks[0], NETWORK);
    }
}

#[test]
fn an_ensemble_is_known_by_the_digest_of_its_digests() {
    let folder = tempdir().expect("a folder");
    let mut ensemble = manifest("folds");
    let other = b"another fold";
    ensemble["networks"] = json!([
        { "file": "plain.onnx", "sha256": digest(NETWORK) }, { "file": "other.onnx", "sha256": digest(other) }
    ]);
    write(folder.path(), &ensemble);
    fs::write(folder.path().join("other.onnx"), other).expect("a file");
    let model = Model::read(folder.path()).expect("two networks");
    assert_eq!(model.networks.len(), 2);
    assert_eq!(model.sha256, digest(format!("{}{}", digest(NETWORK), digest(other)).as_bytes()));
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let (_kept, site) = site();
    let error = choose("three", &[site]).expect_err("there is none").to_string();
    assert_eq!(error, "no model is called \"three\"; the models known here are bonemuscle-ct, one, two");
}

#[test]
fn two_models_of_one_name_are_refused_and_both_named() {
    let (_kept, site) = site();
    let error = choose("one", &[site.clone(), site.join("one")]).expect_err("twice").to_string();
    // Folder and name, not where they lie on the server: who asks over the network sees the sentence.
    let named = Path::new(site.file_name().expect("a name")).join("one").display().to_string();
    assert_eq!(error.matches(&named).count(), 2, "{error}");
    assert!(!error.contains(&site.display().to_string()), "{error}");
    write(&site.join("mine"), &manifest("bonemuscle-ct"));
    let error = choose("bonemuscle-ct", from_ref(&site)).expect_err("twice").to_string();
    assert!(error.contains("the reference model in the library") && error.contains("/mine"), "{error}");
    let problems: Vec<Option<String>> = known_models(&[site]).into_iter().map(|model| model.problem).collect();
    assert_eq!(problems.iter().flatten().count(), 2, "{problems:?}");
}

#[test]
fn a_changed_network_is_refused() {
    let (_kept, site) = site();
    let mut changed = NETWORK.to_vec();
    changed[100] ^= 1;
    fs::write(site.join("one/plain.onnx"), &changed).expect("a file");
    let error = choose("one", from_ref(&site)).expect_err("another network");
    assert!(matches!(&error, ModelError::Digest { found, expected, .. }
        if *found == digest(&changed) && *expected == digest(NETWORK)));
    let known = known_models(&[site]);
    assert_eq!(known[1].problem, Some(error.to_string()));
    assert_eq!((known[0].problem.as_ref(), known[2].problem.as_ref()), (None, None));
}

#[test]
fn files_that_are_missing_too_large_or_no_files_are_refused() {
    let (_kept, site) = site();
    fs::remove_file(site.join("one/plain.onnx")).expect("it was there");
    fs::create_dir(site.join("one/plain.onnx")).expect("a folder");
    fs::remove_file(site.join("two/plain.onnx")).expect("it was there");
    fs::create_dir(site.join("large")).expect("a folder");
    fs::write(site.join("large/manifest.json"), vec![b' '; (1 << 20) + 1]).expect("a file");
    let problem = |name: &str| choose(name, from_ref(&site)).expect_err("unusable").to_string();
    assert!(problem("one").contains("plain.onnx cannot be read: it is no regular file"));
    assert!(problem("two").contains("plain.onnx cannot be read: No such file"));
    assert!(problem("large").contains("it has 1048577 bytes; at most 1048576 are accepted"));
}

#[test]
fn folders_without_models_are_listed_with_the_reason() {
    let empty = tempdir().expect("a folder");
    let known = known_models(&[empty.path().to_owned(), "/nowhere/at/all".into()]);
    let problems: Vec<&str> = known[1..].iter().filter_map(|model| model.problem.as_deref()).collect();
    assert_eq!(known[2].name, "all");
    assert!(problems[0].contains("neither this folder nor one in it holds a manifest.json"), "{}", problems[0]);
    assert!(problems[1].contains("the model file at/all cannot be read"), "{}", problems[1]);
}
