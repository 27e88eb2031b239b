//! Who made the object, and with what.

use super::Source;
use super::code::code_sequence;
use super::concepts::{ACQUISITION_EQUIPMENT, PROCESSING_EQUIPMENT};
use super::dataset::{DataSet, element, sequence, set};
use super::identity::name_based_uid;
use super::model::Model;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// Manufacturer (0008,0070) of everything we write; by it our own output is recognised.
pub(super) const MANUFACTURER: &str = "BoneMuscle";
/// Manufacturer's Model Name (0008,1090).
pub(super) const MODEL_NAME: &str = "BoneMuscle plugin-core";

/// Device Serial Number (0018,1000): required of us (PS3.3 C.7.5.2), and software has but its version.
pub(super) fn serial_number() -> String {
    format!("software-{}", crate::VERSION)
}

/// Device UID (0018,1002) of this version: it must change when the algorithm does (IHE AIR 6.5.3.1).
pub(super) fn device_uid() -> String {
    name_based_uid(&format!("device\n{}", crate::VERSION))
}

/// Enhanced General Equipment (PS3.3 C.7.5.2) and Contributing Equipment (C.12.1.1.5).
pub(super) fn describe(object: &mut DataSet, source: Source<'_>) {
    for ours in ours() {
        object.put(ours);
    }
    let mut processing = set(ours());
    processing.put(element(tags::DEVICE_UID, device_uid()));
    processing.put(element(tags::CONTRIBUTION_DESCRIPTION, "Measured bone and muscle in the labelled regions"));
    processing.put(code_sequence(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, PROCESSING_EQUIPMENT));
    let model = Model::of(&source.report.segmentation).map(|model| model.equipment());
    let contributors = scanner(source).into_iter().chain(model).chain([processing]).collect();
    object.put(sequence(tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, contributors));
}

fn ours() -> [dicom_object::mem::InMemElement; 4] {
    [
        element(tags::MANUFACTURER, MANUFACTURER),
        element(tags::MANUFACTURER_MODEL_NAME, MODEL_NAME),
        element(tags::DEVICE_SERIAL_NUMBER, serial_number()),
        element(tags::SOFTWARE_VERSIONS, crate::VERSION),
    ]
}

/// The scanner; none where the CT does not name its manufacturer, which the item must have.
fn scanner(source: Source<'_>) -> Option<DataSet> {
    let scanner = source.image.equipment();
    let known: [(Tag, &Option<String>); 5] = [
        (tags::MANUFACTURER_MODEL_NAME, &scanner.model),
        (tags::DEVICE_SERIAL_NUMBER, &scanner.serial_number),
        (tags::SOFTWARE_VERSIONS, &scanner.software_versions),
        (tags::INSTITUTION_NAME, &scanner.institution),
        (tags::STATION_NAME, &scanner.station),
    ];
    let mut item = set([
        element(tags::MANUFACTURER, scanner.manufacturer.as_deref()?),
        element(tags::CONTRIBUTION_DESCRIPTION, "Acquired the source images"),
        code_sequence(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, ACQUISITION_EQUIPMENT),
    ]);
    for (tag, value) in known {
        if let Some(value) = value {
            item.put(element(tag, value.as_str()));
        }
    }
    Some(item)
}
