//! What is written of an image without DICOM, what is refused, and what a user may say of the patient.

use super::*;
use std::collections::BTreeMap;

fn names(outcome: &Outcome) -> Vec<&'static str> {
    outcome.files.iter().map(|file| file.name).collect()
}

#[test]
fn a_report_and_a_page_but_no_dicom_objects() {
    let study = Study::of(&coarse());
    let mut settings = study.labels("labels.nrrd");
    settings["outputs"] = Value::Null;
    let outcome = run(&file(study.path("image.nrrd")), settings.clone()).expect("a report");
    assert_eq!(names(&outcome), ["report.json", "results.csv", "report.pdf", "report.png"]);
    settings["outputs"] = json!(["label-map", "image"]);
    let outcome = run(&file(study.path("image.nrrd")), settings.clone()).expect("a report");
    assert_eq!(names(&outcome), ["report.json", "results.csv", "image.nii.gz", "labels.nii.gz", "labels.json"]);
    for (kind, asks) in [("sr", "outputs asks for sr"), ("seg", "outputs asks for seg")] {
        settings["outputs"] = json!([kind]);
        let told = sentence(run(&file(study.path("image.nrrd")), settings.clone()));
        assert!(told.contains(asks) && told.contains("hand over the DICOM files"), "{told}");
    }
}

#[test]
fn what_only_dicom_could_answer_is_refused() {
    let study = Study::of(&coarse());
    for (settings, told) in [
        (json!({"segmentation": {"source": "dicom-seg", "series_instance_uid": "1.2"}}), "segmentation names a DICOM SEG"),
        (json!({"series_instance_uid": "1.2"}), "series_instance_uid names a DICOM series"),
        (json!({"measurements": ["hip-xray"]}), "no radiograph"),
    ] {
        let sentence = sentence(run(&file(study.path("image.nrrd")), settings));
        assert!(sentence.contains(told), "{sentence}");
    }
}

#[test]
fn what_the_user_says_of_the_patient_is_used_and_marked() {
    let study = Study::of(&coarse());
    let mut settings = study.labels("labels.nrrd");
    settings["patient"] = json!({"sex": "F", "age_years": 71, "height_m": 1.62});
    let patient = run(&study.dicom, settings.clone()).expect("a report").report.patient;
    assert_eq!((patient.sex.as_deref(), patient.age_years, patient.height_m), (Some("F"), Some(71), Some(1.62)));
    assert_eq!(patient.given, ["sex", "age_years", "height_m"]);
    settings["patient"] = json!({"age_years": 150});
    assert!(sentence(run(&study.dicom, settings)).contains("patient.age_years is 150; accepted: 0 to 122"));
}

/// `labels.nrrd` as 3D Slicer would write it: the names stand in the header.
#[test]
fn the_segments_of_slicer_name_themselves() {
    let study = Study::of(&coarse());
    let table: BTreeMap<u16, String> = serde_json::from_str(&study.names()).expect("a name table");
    let raw = std::fs::read(study.path("labels.nrrd")).expect("a file");
    let end = raw.windows(2).position(|pair| pair == b"\n\n").expect("a header") + 1;
    let mut segmentation = raw[..end].to_vec();
    for (number, (value, name)) in table.iter().enumerate() {
        let keys = format!("Segment{number}_ID:=S{number}\nSegment{number}_LabelValue:={value}\nSegment{number}_Name:={name}\n");
        segmentation.extend(keys.bytes());
    }
    segmentation.extend(&raw[end..]);
    std::fs::write(study.path("Segmentation.seg.nrrd"), segmentation).expect("a file");
    let mut settings = study.labels("Segmentation.seg.nrrd");
    let expected = findings(&study.dicom, settings.clone());
    settings["segmentation"]["names"] = json!("segments");
    let outcome = run(&study.dicom, settings).expect("a report");
    assert_eq!(outcome.report.findings, expected);
    let mut nameless = study.labels("labels.nrrd");
    nameless["segmentation"]["names"] = json!("segments");
    assert!(sentence(run(&study.dicom, nameless)).contains("names no segments"));
}
