//! Several SEG objects in one series, and when each was made.

#![allow(clippy::unwrap_used)]

mod labels_support;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use labels_support::{FRAME_OF_REFERENCE, SERIES, STUDY, Seg, axial, block, count, ct, file};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, Instance, scan};
use plugin_core::segmentation::{Doubts, LabelError, Labels, labels_from_seg};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const L3: (&str, &str) = ("L3 vertebra", "36470004");
const L4: (&str, &str) = ("L4 vertebra", "11994002");

fn labels_of(segs: [Seg; 2]) -> Result<Labels, LabelError> {
    labels_of_objects(segs.map(|seg| seg.data_set()))
}

fn labels_of_objects(objects: [InMemDicomObject; 2]) -> Result<Labels, LabelError> {
    let inputs = Inputs::from_iter(objects.map(|object| Instance::Bytes { name: "seg".into(), data: file(object) }));
    let contents = scan(&inputs, Progress::silent()).unwrap();
    let grid = axial([10, 4, 4], [0.0; 3], [1.0; 3]);
    let series = ct(&grid, STUDY, SERIES, FRAME_OF_REFERENCE);
    labels_from_seg(&contents.segmentations.iter().collect::<Vec<_>>(), &inputs, &series, &grid, Progress::silent())
}

#[test]
fn two_versions_of_a_structure_are_refused_by_name() {
    let newer = Seg { uid: "2.25.10", ..block(L3, &[2.0, 3.0], Some(1.0)) };
    let refused = labels_of([block(L3, &[1.0, 2.0], Some(1.0)), newer]).unwrap_err().to_string();
    assert!(refused.starts_with("L3 vertebra is segmented by each of the objects 2.25.9 and 2.25.10"), "{refused}");
}

#[test]
fn objects_with_different_structures_are_used_together() {
    let other = Seg { uid: "2.25.10", ..block(L4, &[1.0, 2.0, 3.0], Some(1.0)) };
    let labels = labels_of([block(L3, &[4.0, 5.0], Some(1.0)), other]).unwrap();
    let found: Vec<_> = labels.masks.iter().map(|mask| (mask.structure.name(), count(mask))).collect();
    assert_eq!(found, [("l3", 2 * 16), ("l4", 3 * 16)]);
}

#[test]
fn what_somebody_drew_beside_the_labels_of_a_model_is_not_the_models() {
    // Two slices of 4 x 4 voxels, all of them members: three lengths, then a byte for each voxel.
    let voxels: Vec<u8> = [2_u32, 4, 4].into_iter().flat_map(u32::to_le_bytes).chain([1; 32]).collect();
    let digest: String = Sha256::digest(voxels).iter().map(|byte| format!("{byte:02x}")).collect();
    let comment = format!(r#"{{"doubts":{{"model":"a model 1.0","structures":{{"l3":{{"voxels_sha256":"{digest}"}}}}}}}}"#);
    let mut of_model = block(L3, &[4.0, 5.0], Some(1.0)).data_set();
    of_model.put(DataElement::new(tags::IMAGE_COMMENTS, VR::LT, PrimitiveValue::from(comment)));
    let drawn = Seg { uid: "2.25.10", ..block(L4, &[1.0, 2.0], Some(1.0)) }.data_set();
    for objects in [[of_model.clone(), drawn.clone()], [drawn.clone(), of_model]] {
        let doubts = labels_of_objects(objects).unwrap().doubts;
        assert_eq!(doubts.model.as_deref(), Some("a model 1.0"));
        assert_eq!(doubts.corrected, BTreeSet::from([(Structure::L4, Side::None)]));
    }
    let other = Seg { uid: "2.25.11", ..block(L3, &[4.0, 5.0], Some(1.0)) }.data_set();
    assert_eq!(labels_of_objects([drawn, other]).unwrap().doubts, Doubts::default());
}

#[test]
fn an_object_says_when_it_was_made() {
    let content_time = |date: Option<&str>| {
        let mut seg = block(L3, &[1.0, 2.0], Some(1.0)).data_set();
        seg.put(DataElement::new(tags::CONTENT_TIME, VR::TM, PrimitiveValue::from("101500.5")));
        if let Some(date) = date {
            seg.put(DataElement::new(tags::CONTENT_DATE, VR::DA, PrimitiveValue::from(date)));
        }
        labels_support::scan_bytes(file(seg)).1.segmentations[0].content_time.clone()
    };
    assert_eq!(content_time(Some("20260131")), "20260131101500.5");
    assert_eq!(content_time(None), "", "a time without a day orders nothing");
}
