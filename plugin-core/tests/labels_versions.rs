//! Several SEG objects in one series, and when each was made.

#![allow(clippy::unwrap_used)]

mod labels_support;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use labels_support::{FRAME_OF_REFERENCE, SERIES, STUDY, Seg, axial, block, count, ct, file};
use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, Instance, scan};
use plugin_core::segmentation::{LabelError, Labels, labels_from_seg};

const L3: (&str, &str) = ("L3 vertebra", "36470004");
const L4: (&str, &str) = ("L4 vertebra", "11994002");

fn labels_of(segs: [Seg; 2]) -> Result<Labels, LabelError> {
    let instance = |seg: Seg| Instance::Bytes { name: seg.uid.into(), data: file(seg.data_set()) };
    let inputs = Inputs::from_iter(segs.map(instance));
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
