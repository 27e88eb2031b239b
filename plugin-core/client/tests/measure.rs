//! The client against the library, with the phantom measured.

mod common;

use bonemuscle_client::{Image, ImageInputs, Inputs, Library, Status, Voxels};
use serde_json::json;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn phantom(library: &Library) -> Inputs {
    let phantom = library.phantom(&json!({"pixel_spacing_mm": 3.0, "slice_spacing_mm": 4.0})).expect("the phantom is drawn");
    let mut inputs = Inputs::new(library).expect("inputs can be made");
    for file in phantom.files.iter().filter(|file| file.media_type == "application/dicom") {
        inputs.add_buffer(&file.name, &file.data).expect("bytes can be added");
    }
    inputs
}

#[test]
fn the_phantom_is_measured() {
    let library = common::library();
    let inputs = phantom(&library);
    let choice = library.choose(&inputs, &json!({}), &BTreeMap::new()).expect("the phantom can be measured");
    let outcome = library.measure(&inputs, &json!({}), &|_, _| true).expect("the phantom is measured");
    assert_eq!(outcome.report["series"]["series_instance_uid"], choice["ct_series"]);
    assert!(outcome.report["findings"].as_array().is_some_and(|findings| !findings.is_empty()));

    let file = outcome.files.iter().find(|file| file.name == "report.json").expect("the report is a file, too");
    let report: serde_json::Value = serde_json::from_slice(&file.data).expect("the file is JSON");
    assert_eq!(report, outcome.report);
}

/// The labels as a label map, measured again, give the same values.
#[test]
fn labels_come_back_as_a_label_map() {
    let library = common::library();
    let inputs = phantom(&library);
    let labels = library.segment(&inputs, &json!({}), &|_, _| true).expect("the phantom is labelled");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in &labels.files {
        std::fs::write(folder.path().join(&file.name), &file.data).expect("a file");
    }
    let [map, names] = ["labels.nii.gz", "labels.json"].map(|name| folder.path().join(name));
    let corrected = json!({"segmentation": {"source": "label-map", "file": map, "names": names}, "outputs": []});
    let values = |settings| {
        let report = library.measure(&inputs, &settings, &|_, _| true).expect("measured").report;
        let findings = report["findings"].as_array().expect("findings").iter();
        findings.map(|one| (one["structure"].clone(), one["side"].clone(), one["measurements"].clone())).collect::<Vec<_>>()
    };
    let expected = values(json!({"outputs": []}));
    assert!(expected.iter().any(|(_, _, measurements)| measurements.as_array().is_some_and(|values| !values.is_empty())));
    assert_eq!(values(corrected), expected);
}

/// A box of 1000 voxels of 60 HU; a voxel is 2 x 3 x 4 mm.
#[test]
fn images_in_memory_are_measured() {
    let library = common::library();
    let size = [20, 20, 20];
    let inside = |index: usize| [index % 20, index / 20 % 20, index / 400].iter().all(|place| (5..15).contains(place));
    let hu: Vec<i16> = (0..8000).map(|index| if inside(index) { 60 } else { -100 }).collect();
    let labels: Vec<u8> = (0..8000).map(|index| inside(index).into()).collect();
    let place = |voxels| Image { voxels, size, origin: [10.0, 0.0, 0.0], steps: [2.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 4.0] };
    let mut inputs = ImageInputs::new(Inputs::new(&library).expect("inputs can be made"));
    inputs.set_volume(place(Voxels::I16(&hu))).expect("a volume");
    inputs.set_labels(place(Voxels::U8(&labels)), &json!({"1": "psoas_major_left"})).expect("labels");
    let report = library.measure(inputs.inputs(), &json!({"outputs": []}), &|_, _| true).expect("measured").report;
    let findings = report["findings"].as_array().expect("findings");
    let values = findings.iter().filter(|one| one["structure"] == "psoas_major").flat_map(|one| one["measurements"].as_array());
    let value =
        |quantity: &str| values.clone().flatten().find(|one| one["quantity"] == quantity).map(|one| one["value"].clone());
    assert_eq!(value("volume"), Some(json!(24.0)));
    assert_eq!(value("attenuation_mean"), Some(json!(60.0)));
}

#[test]
fn an_unknown_model_is_refused_with_those_that_are_known() {
    let library = common::library();
    let list = library.models(&json!({})).expect("models can be listed");
    let settings = json!({"segmentation": {"source": "model", "name": "none-such"}});
    let refused = library.choose(&phantom(&library), &settings, &BTreeMap::new()).expect_err("no such model");
    assert_eq!(refused.status, Status::Settings);
    for model in list["models"].as_array().expect("a list").iter().filter(|model| model["kind"] == "ct") {
        assert!(refused.message.contains(model["name"].as_str().expect("a name")), "{refused}");
    }
    assert_eq!(library.check_model(&settings).expect_err("no such model").status, Status::Settings);
}

#[test]
fn a_closure_that_says_no_cancels() {
    let library = common::library();
    let cancelled = library.measure(&phantom(&library), &json!({}), &|_, _| false).expect_err("cancelled at once");
    assert_eq!(cancelled.status, Status::Cancelled);
}

#[test]
fn a_panic_in_the_closure_reaches_the_caller() {
    let library = common::library();
    let inputs = phantom(&library);
    let run = || library.measure(&inputs, &json!({}), &|_, _| panic!("in the closure"));
    let payload = catch_unwind(AssertUnwindSafe(run)).expect_err("the closure panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"in the closure"));
}
