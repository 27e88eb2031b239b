//! Objects read back with nothing but the rules of PS3.3, and compared with the study they were made from.

#[path = "../examples/synthetic/mod.rs"]
#[allow(dead_code, reason = "shared with examples, which use more of it")]
mod synthetic;

use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, from_reader};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::progress::Progress;
use plugin_core::results::{self, OutputFile, WriteError};
use plugin_core::settings::OutputKind;
use synthetic::{Study, ellipsoid};

/// 11 x 13 = 143 pixels: frames begin within bytes.
const SHAPE: [usize; 3] = [19, 11, 13];
const ALL: [OutputKind; 4] = [OutputKind::Seg, OutputKind::Sr, OutputKind::Pdf, OutputKind::Sc];

fn study() -> Study {
    let mut muscle = ellipsoid(Structure::GluteusMaximus, Side::Left, [0, 3, 5], [12, 7, 8]);
    muscle.voxels.index_axis_mut(ndarray::Axis(0), 5).fill(false);
    Study::new(SHAPE, vec![ellipsoid(Structure::L3, Side::None, [2, 1, 2], [16, 6, 7]), muscle])
}

fn write(study: &Study, kinds: &[OutputKind]) -> Vec<OutputFile> {
    results::write(study.source(), kinds, Progress::silent()).expect("the study can be written")
}

fn read(files: &[OutputFile], name: &str) -> InMemDicomObject {
    let file = files.iter().find(|file| file.name == name).expect("written");
    from_reader(&file.bytes[128..]).expect("readable").into_inner()
}

fn items(object: &InMemDicomObject, tag: dicom_core::Tag) -> &[InMemDicomObject] {
    object.get(tag).and_then(|element| element.items()).expect("a sequence")
}

fn numbers(object: &InMemDicomObject, tag: dicom_core::Tag) -> Vec<f64> {
    object.get(tag).expect("present").to_multi_float64().expect("numbers")
}

#[test]
fn bits_of_every_frame_are_the_voxels_of_its_slice() {
    let study = study();
    let seg = read(&write(&study, &ALL), "seg.dcm");
    let frames = items(&seg, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let pixels = seg.get(tags::PIXEL_DATA).and_then(|element| element.to_bytes().ok()).expect("pixels");
    let mut seen = vec![ndarray::Array3::from_elem(SHAPE, false); 2];
    for (number, frame) in frames.iter().enumerate() {
        let position = numbers(&items(frame, tags::PLANE_POSITION_SEQUENCE)[0], tags::IMAGE_POSITION_PATIENT);
        let slice = ((position[2] + 300.0) / 2.5).round() as usize;
        let segment = numbers(&items(frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE)[0], tags::REFERENCED_SEGMENT_NUMBER);
        for pixel in 0..143 {
            let bit = number * 143 + pixel;
            seen[segment[0] as usize - 1][[slice, pixel / 13, pixel % 13]] = pixels[bit / 8] >> (bit % 8) & 1 == 1;
        }
    }
    // 16 slices of the vertebra, 12 less an empty one of the muscle.
    assert_eq!((frames.len(), pixels.len()), (27, (27_usize * 143).div_ceil(8).next_multiple_of(2)));
    for (mask, seen) in study.labels.masks.iter().zip(seen) {
        let mut expected = ndarray::Array3::from_elem(SHAPE, false);
        for ((z, y, x), voxel) in mask.voxels.indexed_iter() {
            expected[[mask.corner[0] + z, mask.corner[1] + y, mask.corner[2] + x]] = *voxel;
        }
        assert_eq!(seen, expected, "{:?}", mask.structure);
    }
}

#[test]
fn a_tilted_gantry_keeps_its_positions_and_the_distance_of_its_planes() {
    let mut study = study();
    // Each slice 2.5 mm further up and 0.7 mm further back than the last, in planes that stay axial.
    study.volume.grid.steps[0] = [0.0, 0.7, 2.5];
    for (slice, number) in study.series.slices.iter_mut().zip(0..) {
        slice.position[1] += 0.7 * f64::from(number);
    }
    let seg = read(&write(&study, &[OutputKind::Seg]), "seg.dcm");
    let measures = &items(&items(&seg, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE)[0], tags::PIXEL_MEASURES_SEQUENCE)[0];
    assert_eq!(numbers(measures, tags::SPACING_BETWEEN_SLICES), [2.5]);
    let first = &items(&seg, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)[0];
    let position = numbers(&items(first, tags::PLANE_POSITION_SEQUENCE)[0], tags::IMAGE_POSITION_PATIENT);
    assert!(position.iter().zip([-80.5, -120.25 + 1.4, -295.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{position:?}");
}

#[test]
fn labels_that_the_study_holds_are_pointed_at_and_not_written_again() {
    let mut study = study();
    study.store_labels();
    let files = write(&study, &ALL);
    let names: Vec<_> = files.iter().map(|file| file.name).collect();
    assert_eq!(names, ["sr.dcm", "pdf.dcm", "report.pdf", "sc.dcm", "report.png"]);
    let sr = read(&files, "sr.dcm");
    let evidence = &items(&sr, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE)[0];
    let seg = &items(&items(evidence, tags::REFERENCED_SERIES_SEQUENCE)[1], tags::REFERENCED_SOP_SEQUENCE)[0];
    let uid = seg.get(tags::REFERENCED_SOP_INSTANCE_UID).and_then(|uid| uid.to_str().ok()).expect("a UID");
    assert_eq!(uid, study.labels.masks[0].segments[0].sop_instance_uid);

    let uids = |study: &Study| {
        let sr = read(&write(study, &[OutputKind::Sr]), "sr.dcm");
        let measurements = items(&sr, tags::CONTENT_SEQUENCE).last().expect("measurements");
        let groups = items(measurements, tags::CONTENT_SEQUENCE).iter();
        groups.map(|group| text(&items(group, tags::CONTENT_SEQUENCE)[1], tags::UID)).collect::<Vec<_>>()
    };
    // The series, the vertebra, its trabecular region, and the muscle, which is stored in two parts.
    let given = study.labels.masks[0].segments[0].tracking_uid.clone();
    assert_eq!((uids(&study).len(), Some(&uids(&study)[1])), (4, given.as_ref()));
    study.labels.masks[1].segments.truncate(1);
    study.labels.masks[1].segments[0].tracking_uid = given.clone();
    assert_eq!(std::collections::HashSet::<String>::from_iter(uids(&study)).len(), 4);

    study.labels.masks[1].segments.clear();
    assert_eq!(write(&study, &[OutputKind::Seg])[0].name, "seg.dcm");
}

#[test]
fn the_same_input_gives_the_same_bytes_and_a_later_run_the_same_uids() {
    let mut study = study();
    let first = write(&study, &ALL);
    let bytes = |files: &[OutputFile]| files.iter().map(|file| file.bytes.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&first), bytes(&write(&study, &ALL)));
    study.report.started = "2027-01-01T00:00:00Z".into();
    let later = write(&study, &ALL);
    for name in ["seg.dcm", "sr.dcm", "pdf.dcm", "sc.dcm"] {
        let uid = |files| read(files, name).get(tags::SOP_INSTANCE_UID).map(|uid| uid.to_str().expect("text").into_owned());
        assert_eq!(uid(&first), uid(&later), "{name}");
        assert_ne!(read(&first, name).get(tags::CONTENT_DATE), read(&later, name).get(tags::CONTENT_DATE), "{name}");
    }
}

#[test]
fn what_cannot_be_written_is_said() {
    let mut study = study();
    let written = |study: &Study| results::write(study.source(), &ALL, Progress::silent());
    study.labels.masks[0].corner[2] = 8;
    assert!(matches!(written(&study), Err(WriteError::Dicom { object: "seg", .. })));
    study.labels.masks[0].corner[2] = 2;
    study.report.started = "now".into();
    assert!(matches!(written(&study), Err(WriteError::Started { .. })));
}

#[test]
fn a_host_can_stop_the_writing() {
    let study = study();
    let stopped = results::write(study.source(), &ALL, Progress::new(&|_, _| false));
    assert!(matches!(stopped, Err(WriteError::Cancelled(_))));
}

fn text(object: &InMemDicomObject, tag: dicom_core::Tag) -> String {
    object.get(tag).and_then(|element| element.to_str().ok()).expect("text").into_owned()
}

#[test]
fn the_model_that_made_the_labels_is_named_as_algorithm_and_as_equipment() {
    let mut study = study();
    let value = |item: &InMemDicomObject, tag| text(item, tag).trim().to_owned();
    let types = |study: &Study| {
        let seg = read(&write(study, &[OutputKind::Seg]), "seg.dcm");
        items(&seg, tags::SEGMENT_SEQUENCE).iter().map(|one| value(one, tags::SEGMENT_ALGORITHM_TYPE)).collect::<Vec<_>>()
    };
    assert_eq!(types(&study), ["SEMIAUTOMATIC", "SEMIAUTOMATIC"]);
    study.label_by_model();
    assert_eq!(types(&study), ["AUTOMATIC", "AUTOMATIC"]);
    let parameters = format!(
        "sha256={}; manifest_sha256={}; engine=ONNX Runtime 1.28.0, f32; passes=10; dropout=0.3; seed=7; licence=CC-BY-4.0",
        "5".repeat(64),
        "6".repeat(64)
    );
    let seg = read(&write(&study, &[OutputKind::Seg]), "seg.dcm");
    for segment in items(&seg, tags::SEGMENT_SEQUENCE) {
        assert_eq!(value(segment, tags::SEGMENT_ALGORITHM_NAME), "bonemuscle-ct 0.1.0");
        let algorithm = &items(segment, tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE)[0];
        let family = &items(algorithm, tags::ALGORITHM_FAMILY_CODE_SEQUENCE)[0];
        assert_eq!(value(family, tags::CODE_VALUE), "123110");
        let said = [tags::ALGORITHM_NAME, tags::ALGORITHM_VERSION, tags::ALGORITHM_PARAMETERS].map(|tag| value(algorithm, tag));
        assert_eq!(said, ["bonemuscle-ct", "0.1.0", &parameters]);
    }
    let device = |study: &Study, name: &str| {
        let object = read(&write(study, &ALL), name);
        let contributors = items(&object, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE);
        let names: Vec<_> = contributors.iter().map(|one| value(one, tags::MANUFACTURER_MODEL_NAME)).collect();
        assert_eq!(names, ["Phantom", "bonemuscle-ct", "BoneMuscle plugin-core"], "{name}");
        assert!(value(&contributors[1], tags::CONTRIBUTION_DESCRIPTION).ends_with(&parameters));
        value(&contributors[1], tags::DEVICE_UID)
    };
    let uids = ["seg.dcm", "sr.dcm", "pdf.dcm", "sc.dcm"].map(|name| device(&study, name));
    assert!(uids.iter().all(|uid| *uid == uids[0]), "{uids:?}");
}

#[test]
fn a_structure_keeps_its_tracking_uid_in_a_later_study_of_the_patient() {
    let tracking = |study: &Study| {
        let seg = read(&write(study, &[OutputKind::Seg]), "seg.dcm");
        items(&seg, tags::SEGMENT_SEQUENCE).iter().map(|segment| text(segment, tags::TRACKING_UID)).collect::<Vec<_>>()
    };
    let first = study();
    let mut later = study();
    later.report.series.study_instance_uid = Some("2.25.2".into());
    later.identity = results::Identity::new("2.25.3", "other instances", "other labels", "{}");
    assert_eq!(tracking(&first), tracking(&later));
    assert_ne!(tracking(&first)[0], tracking(&first)[1]);
    later.series.context.attributes.retain(|attribute| attribute.tag != tags::PATIENT_ID);
    assert_ne!(tracking(&first)[0], tracking(&later)[0]);
}

#[test]
fn a_paired_body_part_of_the_ct_gives_way_to_what_was_measured() {
    let mut study = study();
    let part = |study: &Study| text(&read(&write(study, &[OutputKind::Sc]), "sc.dcm"), tags::BODY_PART_EXAMINED);
    assert_eq!(part(&study).trim(), "ABDOMENPELVIS");
    study.report.findings.truncate(1);
    assert_eq!(part(&study).trim(), "LSPINE");
    study.series.acquisition.body_part = Some("CHEST".into());
    assert_eq!(part(&study).trim(), "CHEST");
}

#[test]
fn without_a_frame_of_reference_landmarks_are_said_in_words() {
    let mut study = synthetic::full::one_of_each();
    let landmarks = |study: &Study| {
        let sr = read(&write(study, &[OutputKind::Sr]), "sr.dcm");
        let groups = items(&sr, tags::CONTENT_SEQUENCE).last().expect("measurements").clone();
        let items_of = |group: &InMemDicomObject| items(group, tags::CONTENT_SEQUENCE).to_vec();
        let all = items(&groups, tags::CONTENT_SEQUENCE).iter().flat_map(items_of);
        let named = |item: &InMemDicomObject| {
            let name = item
                .get(tags::CONCEPT_NAME_CODE_SEQUENCE)
                .and_then(|name| name.items())
                .is_some_and(|name| text(&name[0], tags::CODE_VALUE).starts_with("BM06"));
            name.then(|| text(item, tags::VALUE_TYPE))
        };
        all.filter_map(|item| named(&item)).collect::<Vec<_>>()
    };
    assert_eq!(landmarks(&study), ["SCOORD3D", "SCOORD3D"]);
    study.series.frame_of_reference_uid = None;
    assert_eq!(landmarks(&study).iter().map(|value_type| value_type.trim()).collect::<Vec<_>>(), ["TEXT", "TEXT"]);
}
