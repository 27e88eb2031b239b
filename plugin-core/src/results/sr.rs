//! The report as Comprehensive 3D SR, TID 1500 (PS3.3 A.35.13, PS3.16).

use super::concepts::*;
use super::content::{self, Relationship::*};
use super::context::{self, Role};
use super::dataset::{DataSet, element, instance_reference, sequence, set};
use super::segments::Stored;
use super::{Image, Source, WriteError, equipment, file, sr_group, sr_library};
use crate::anatomy::Code;
use dicom_dictionary_std::{tags, uids};
use std::collections::BTreeMap;

/// Builds the SR; `stored` says where the findings' voxels are.
pub(super) fn build(source: Source<'_>, stored: &[Stored]) -> Result<Vec<u8>, WriteError> {
    let mut object = context::begin(source, Role::Sr)?;
    for added in [
        element(tags::COMPLETION_FLAG, "COMPLETE"),
        element(tags::VERIFICATION_FLAG, "UNVERIFIED"),
        element(tags::PRELIMINARY_FLAG, "PRELIMINARY"),
        sequence(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![]),
        sequence(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![]),
        sequence(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, vec![evidence(source, stored)]),
    ] {
        object.put(added);
    }
    for part in content::root(IMAGING_MEASUREMENT_REPORT, "1500", content(source, stored)) {
        object.put(part);
    }
    file::to_bytes(object, Role::Sr, uids::EXPLICIT_VR_LITTLE_ENDIAN)
}

fn content(source: Source<'_>, stored: &[Stored]) -> Vec<DataSet> {
    let context = HasObservationContext;
    vec![
        content::code(HasConceptModifier, LANGUAGE, ENGLISH),
        content::code(context, OBSERVER_TYPE, DEVICE),
        content::uid(context, DEVICE_OBSERVER_UID, &equipment::device_uid()),
        content::text(context, DEVICE_OBSERVER_NAME, &source.report.software.name),
        content::text(context, DEVICE_OBSERVER_MANUFACTURER, equipment::MANUFACTURER),
        content::text(context, DEVICE_OBSERVER_MODEL_NAME, equipment::MODEL_NAME),
        content::text(context, DEVICE_OBSERVER_SERIAL_NUMBER, &equipment::serial_number()),
        content::code(HasConceptModifier, PROCEDURE_REPORTED, procedure(source.image)),
        sr_library::image_library(source),
        content::container(IMAGING_MEASUREMENTS, None, sr_group::groups(source, stored)),
    ]
}

/// PS3.16 CID 100.
fn procedure(image: Image<'_>) -> Code {
    match image {
        Image::Ct(_) => CT_UNSPECIFIED_BODY_REGION,
        Image::Film(_) => XR_UNSPECIFIED_BODY_REGION,
    }
}

/// Every instance that the content names, by series (PS3.3 C.17.2.2): viewers refuse an SR without it.
fn evidence(source: Source<'_>, stored: &[Stored]) -> DataSet {
    let images = source.image.instances().into_iter().map(|(class, uid)| instance_reference(class, uid)).collect();
    let mut segmentations: BTreeMap<&str, &Stored> = BTreeMap::new();
    for segment in stored {
        segmentations.insert(&segment.series_instance_uid, segment);
    }
    let series = |uid: &str, instances: Vec<DataSet>| {
        set([element(tags::SERIES_INSTANCE_UID, uid), sequence(tags::REFERENCED_SOP_SEQUENCE, instances)])
    };
    let mut all = vec![series(source.report.series.series_uid(), images)];
    for (uid, segment) in segmentations {
        all.push(series(uid, vec![instance_reference(&segment.sop_class_uid, &segment.sop_instance_uid)]));
    }
    set([element(tags::STUDY_INSTANCE_UID, source.report.series.study_uid()), sequence(tags::REFERENCED_SERIES_SEQUENCE, all)])
}
