//! Manifests: what is refused and with which sentence, and that the committed JSON schema knows the same keys.

use plugin_core::segmentation::Manifest;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../models/manifest.schema.json");
const REFERENCE: &str = include_str!("../../models/ct/manifest.json");

/// The reference model's manifest with every optional key in it.
fn full() -> Value {
    let mut manifest: Value = serde_json::from_str(REFERENCE).expect("JSON");
    manifest["quality"] = json!({ "femur": { "usual_variance": 0.01, "dice": { "intercept": 0.98, "slope": -3.0 } } });
    manifest["classes"][8] = json!({ "name": "hip_left", "structure": "hip_bone", "side": "left" });
    manifest
}

fn parsed(manifest: &Value) -> Result<Manifest, String> {
    Manifest::parse("test", manifest.to_string().as_bytes()).map_err(|error| error.to_string())
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut manifest = full();
    *manifest.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
    manifest
}

#[test]
fn the_reference_manifest_is_accepted_and_survives_being_written() {
    let manifest = parsed(&full()).expect("it is good");
    let written = serde_json::to_value(&manifest).expect("JSON");
    assert_eq!(parsed(&written), Ok(manifest));
}

#[test]
fn each_rule_has_its_sentence() {
    let twice = json!([{ "name": "b" }, { "name": "x", "structure": "l1" }, { "name": "y", "structure": "l1" }]);
    let mixed =
        json!([{ "name": "b" }, { "name": "x", "structure": "femur" }, { "name": "y", "structure": "femur", "side": "left" }]);
    let nothing = json!([{ "name": "b" }, { "name": "x" }]);
    let dice = json!({ "intercept": 0.9, "slope": 0.1 });
    let sided = json!([{ "name": "b" }, { "name": "x", "structure": "femur", "side": "left" }]);
    for (pointer, value, sentence) in [
        ("/schema", json!("bonemuscle-model/2"), "schema is \"bonemuscle-model/2\"; accepted: bonemuscle-model/1"),
        ("/name", json!("Bone CT"), "name is \"Bone CT\""),
        ("/name", json!("a".repeat(65)), "accepted: 1 to 64 lower-case letters"),
        ("/version", json!(""), "version is \"\""),
        ("/description", json!("a\u{7}b"), "description is empty, too long, or has control characters"),
        ("/networks", json!([]), "networks has 0 entries; accepted: 1 to 16"),
        ("/networks/0/file", json!("../model.onnx"), "\"../model.onnx\" is no plain file name"),
        ("/networks/0/sha256", json!("F0"), "accepted: 64 lower-case hexadecimal digits"),
        ("/input", json!("mask0"), "two inputs are called \"mask0\""),
        ("/input", json!("a\u{0}"), "is no name of an input or output"),
        ("/orientation", json!("RAL"), "orientation is \"RAL\"; accepted: one letter each of LR, AP and SI"),
        ("/orientation", json!("RASA"), "orientation is \"RASA\""),
        ("/spacing_mm/1", json!(0.0), "spacing_mm has 0; accepted: 0.1 to 20"),
        ("/patch/0", json!(0), "patch has an edge of 0 voxels; accepted: 1 to 1024"),
        ("/patch", json!([1024, 1024, 1024]), "1024 x 1024 x 1024 voxels in 23 classes"),
        ("/tile_step", json!(0.0), "tile_step is 0; accepted: 0.1 to 1"),
        ("/least_age_years", json!(-1), "least_age_years is -1; accepted: 0 to 120"),
        ("/mirror_axes", json!([0, 0]), "mirror_axes is [0, 0]"),
        ("/mirror_axes", json!([3]), "mirror_axes is [3]"),
        ("/normalisation/clip", json!([10.0, 10.0]), "normalisation.clip is 10 to 10"),
        ("/normalisation/standard_deviation", json!(0.0), "the standard deviation 0"),
        // Too large for f32.
        ("/normalisation/mean", json!(1e300), "number out of range"),
        ("/classes", json!([{ "name": "b" }]), "classes has 1 entries; accepted: 2 to 255"),
        ("/classes/0", json!({ "name": "x", "structure": "t12" }), "class 0 is t12; it must be the background"),
        ("/classes", twice, "two classes are  l1"),
        ("/classes", mixed, "femur is there both with and without a side"),
        ("/classes", nothing, "no class names a structure"),
        ("/classes/1", json!({ "name": "x", "structure": "l1", "side": "left" }), "is the left l1, which has no sides"),
        ("/classes/6", json!({ "name": "x", "side": "left" }), "has the side left but no structure"),
        ("/classes", sided, "the refinement vertebral-column needs the classes sacrum and at least one of l1 to l5"),
        ("/dropout/rate", json!(1.0), "dropout.rate is 1; accepted: above 0 and below 1"),
        ("/dropout/inputs", json!([]), "dropout.inputs has 0 entries"),
        ("/dropout/inputs/0/channels", json!(0), "mask0 has 0 channels"),
        ("/dropout/passes", json!(201), "dropout.passes is 201; accepted: 0 for none, or 2 to 200"),
        ("/dropout/passes", json!(1), "dropout.passes is 1; accepted: 0 for none, or 2 to 200"),
        (
            "/dropout",
            json!(null),
            "a stem is there with 1 networks and no dropout; accepted: a stem for one network with dropout",
        ),
        ("/stem/file", json!("model.onnx"), "networks names model.onnx twice"),
        ("/stem/sha256", json!("0"), "accepted: 64 lower-case hexadecimal digits"),
        ("/stem/outputs", json!([]), "stem.outputs has 0 entries; accepted: 1 to 64"),
        ("/stem/outputs/0/name", json!("mask0"), "two inputs are called \"mask0\""),
        ("/stem/outputs/0/channels", json!(0), "the stem's output feature0 has 0 channels and the stride 8"),
        (
            "/stem/outputs/0/stride",
            json!(0),
            "accepted: 1 to 65536 channels, and a stride that divides every edge of the patch",
        ),
        ("/stem/outputs/0/stride", json!(7), "has 160 channels and the stride 7"),
        ("/stem/outputs/3/channels", json!(60_000), "the stem's outputs have 53"),
        ("/refinements", json!(["sides", "sides"]), "refinements has Sides twice"),
        ("/quality", json!({ "aorta": {} }), "quality has aorta, which is none of the classes"),
        ("/quality/femur/usual_variance", json!(0.3), "quality.femur.usual_variance is 0.3; accepted: above 0, at most 0.25"),
        ("/quality/femur/dice", dice, "quality.femur.dice is 0.9 +0.1 x"),
    ] {
        let error = parsed(&changed(pointer, value)).expect_err(pointer);
        assert!(error.contains(sentence), "{pointer}: {error}");
    }
}

#[test]
fn quality_without_passes_is_refused() {
    let mut manifest = full();
    manifest["stem"] = json!(null);
    manifest["dropout"] = json!(null);
    assert!(parsed(&manifest).expect_err("no passes").contains("quality speaks of uncertainty"));
}

#[test]
fn a_refinement_without_work_is_refused() {
    let mut manifest = full();
    manifest["classes"] = json!([{ "name": "b" }, { "name": "x", "structure": "femur", "side": "left" }]);
    manifest["refinements"] = json!(["sides"]);
    assert!(parsed(&manifest).expect_err("sides are there").contains("the refinement sides has nothing to do"));
    manifest["quality"] = json!({});
    manifest["classes"] = json!([{ "name": "b" }, { "name": "x", "structure": "sartorius" }]);
    manifest["refinements"] = json!(["bone-edges"]);
    assert!(parsed(&manifest).expect_err("no bone").contains("the refinement bone-edges has nothing to do"));
}

/// Every object of the schema, where it stands in a manifest.
const OBJECTS: [(&str, &str); 8] = [
    ("", ""),
    ("/properties/networks/items", "/networks/0"),
    ("/properties/normalisation", "/normalisation"),
    ("/properties/classes/items", "/classes/8"),
    ("/$defs/dropout", "/dropout"),
    ("/$defs/dropout/properties/inputs/items", "/dropout/inputs/0"),
    ("/$defs/quality", "/quality/femur"),
    ("/$defs/diceLine", "/quality/femur/dice"),
];

#[test]
fn the_schema_and_the_program_know_the_same_keys() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let written = serde_json::to_value(parsed(&full()).expect("it is good")).expect("JSON");
    for (rule, place) in OBJECTS {
        let rule = schema.pointer(rule).unwrap_or_else(|| panic!("{rule} is there"));
        assert_eq!(rule["additionalProperties"], json!(false), "{place}");
        let keys = |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
        let known = keys(&rule["properties"]);
        assert_eq!(keys(written.pointer(place).expect("it is written")), known, "{place}");
        let required: Vec<&str> = rule["required"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        for key in &known {
            let mut manifest = full();
            manifest.pointer_mut(place).and_then(Value::as_object_mut).expect("an object").remove(key);
            let missing = parsed(&manifest).is_err_and(|error| error.contains(&format!("missing field `{key}`")));
            assert_eq!(missing, required.contains(&key.as_str()), "{place}/{key}");
        }
        let mut manifest = full();
        manifest.pointer_mut(place).and_then(Value::as_object_mut).expect("an object").insert("colour".into(), json!(1));
        assert!(parsed(&manifest).expect_err(place).contains("unknown field `colour`"), "{place}");
    }
}
