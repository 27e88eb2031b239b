//! Items of an SR content tree (PS3.3 C.17.3).

use super::code::{code_item, code_sequence};
use super::dataset::{DataSet, element, instance_reference, sequence, set};
use super::decimal::decimal_string;
use crate::anatomy::Code;
use dicom_core::{PrimitiveValue, Tag};
use dicom_dictionary_std::tags;
use dicom_object::mem::InMemElement;

/// How an item belongs to its parent (PS3.3 C.17.3.2.4).
#[derive(Debug, Clone, Copy)]
pub(super) enum Relationship {
    Contains,
    HasObservationContext,
    HasAcquisitionContext,
    HasConceptModifier,
    HasProperties,
}

impl Relationship {
    fn term(self) -> &'static str {
        match self {
            Relationship::Contains => "CONTAINS",
            Relationship::HasObservationContext => "HAS OBS CONTEXT",
            Relationship::HasAcquisitionContext => "HAS ACQ CONTEXT",
            Relationship::HasConceptModifier => "HAS CONCEPT MOD",
            Relationship::HasProperties => "HAS PROPERTIES",
        }
    }
}

fn item(relationship: Relationship, value_type: &str, name: Option<Code>, value: InMemElement) -> DataSet {
    let mut item = set([element(tags::RELATIONSHIP_TYPE, relationship.term()), element(tags::VALUE_TYPE, value_type), value]);
    if let Some(name) = name {
        item.put(code_sequence(tags::CONCEPT_NAME_CODE_SEQUENCE, name));
    }
    item
}

/// CODE.
pub(super) fn code(relationship: Relationship, name: Code, value: Code) -> DataSet {
    item(relationship, "CODE", Some(name), code_sequence(tags::CONCEPT_CODE_SEQUENCE, value))
}

/// TEXT.
pub(super) fn text(relationship: Relationship, name: Code, value: &str) -> DataSet {
    item(relationship, "TEXT", Some(name), element(tags::TEXT_VALUE, value))
}

/// UIDREF.
pub(super) fn uid(relationship: Relationship, name: Code, value: &str) -> DataSet {
    item(relationship, "UIDREF", Some(name), element(tags::UID, value))
}

/// DATE or TIME, by the tag of the value.
pub(super) fn date_or_time(relationship: Relationship, name: Code, tag: Tag, value: &str) -> DataSet {
    let value_type = if tag == tags::DATE { "DATE" } else { "TIME" };
    item(relationship, value_type, Some(name), element(tag, value))
}

/// NUM: as decimal text of at most 16 characters, and exactly.
pub(super) fn number(relationship: Relationship, name: Code, value: f64, unit: Code) -> DataSet {
    let measured = set([
        element(tags::NUMERIC_VALUE, decimal_string(value)),
        element(tags::FLOATING_POINT_VALUE, value),
        code_sequence(tags::MEASUREMENT_UNITS_CODE_SEQUENCE, unit),
    ]);
    item(relationship, "NUM", Some(name), sequence(tags::MEASURED_VALUE_SEQUENCE, vec![measured]))
}

/// IMAGE; `segments` are Segment Numbers, empty for a plain image. Frame numbers never stand beside them (PS3.3 C.18.4).
pub(super) fn image(name: Option<Code>, sop_class_uid: &str, sop_instance_uid: &str, segments: &[u16]) -> DataSet {
    let mut reference = instance_reference(sop_class_uid, sop_instance_uid);
    if !segments.is_empty() {
        reference.put(element(tags::REFERENCED_SEGMENT_NUMBER, PrimitiveValue::U16(segments.into())));
    }
    item(Relationship::Contains, "IMAGE", name, sequence(tags::REFERENCED_SOP_SEQUENCE, vec![reference]))
}

/// SCOORD3D, a point in LPS millimetres; its coordinates are 32-bit (PS3.3 C.18.9).
pub(super) fn point(name: Code, position: [f64; 3], frame_of_reference_uid: &str) -> DataSet {
    let position = position.map(|millimetres| millimetres as f32);
    let mut point = item(
        Relationship::Contains,
        "SCOORD3D",
        Some(name),
        element(tags::GRAPHIC_DATA, PrimitiveValue::F32(position.as_slice().into())),
    );
    point.put(element(tags::GRAPHIC_TYPE, "POINT"));
    point.put(element(tags::REFERENCED_FRAME_OF_REFERENCE_UID, frame_of_reference_uid));
    point
}

/// CONTAINER; `template` is an identifier of PS3.16's DCMR.
pub(super) fn container(name: Code, template: Option<&str>, children: Vec<DataSet>) -> DataSet {
    let mut container = item(Relationship::Contains, "CONTAINER", Some(name), element(tags::CONTINUITY_OF_CONTENT, "SEPARATE"));
    if let Some(identifier) = template {
        container.put(template_sequence(identifier));
    }
    with_children(container, children)
}

/// `parent` with `children` below it.
pub(super) fn with_children(mut parent: DataSet, children: Vec<DataSet>) -> DataSet {
    if !children.is_empty() {
        parent.put(sequence(tags::CONTENT_SEQUENCE, children));
    }
    parent
}

/// Elements of the root container, which is the data set itself.
pub(super) fn root(name: Code, template: &str, children: Vec<DataSet>) -> [InMemElement; 5] {
    [
        element(tags::VALUE_TYPE, "CONTAINER"),
        sequence(tags::CONCEPT_NAME_CODE_SEQUENCE, vec![code_item(name)]),
        element(tags::CONTINUITY_OF_CONTENT, "SEPARATE"),
        template_sequence(template),
        sequence(tags::CONTENT_SEQUENCE, children),
    ]
}

fn template_sequence(identifier: &str) -> InMemElement {
    let template = set([element(tags::MAPPING_RESOURCE, "DCMR"), element(tags::TEMPLATE_IDENTIFIER, identifier)]);
    sequence(tags::CONTENT_TEMPLATE_SEQUENCE, vec![template])
}
