//! Name-based UIDs: the same input, software and settings give the same UIDs, so a repeat is "already stored".

use super::Source;
use crate::anatomy::{Side, Structure};
use dicom_dictionary_std::tags;

/// What UIDs of one run are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    seed: String,
}

impl Identity {
    /// `series_instance_uid` and the digest of its SOP Instance UIDs (under which DICOM forbids other pixels, PS3.3 C.12.1.1.1), the
    /// labels' origin with UIDs or digests and what the gates said of the series (other segmentations may have come to the study),
    /// and what of the settings can change a result.
    pub fn new(series_instance_uid: &str, instances_sha256: &str, labels: &str, settings: &str) -> Self {
        Identity { seed: [series_instance_uid, instances_sha256, labels, settings, crate::VERSION].join("\n") }
    }

    /// The UID of a part of the results, such as `sr` or `sr/series`: `2.25.` and a version-5 UUID (PS3.5 B.2).
    pub fn uid(&self, role: &str) -> String {
        name_based_uid(&format!("{role}\n{}", self.seed))
    }
}

/// `2.25.` and the version-5 UUID of `name` as a decimal number, at most 44 characters.
pub fn name_based_uid(name: &str) -> String {
    const NAMESPACE: uuid::Uuid = uuid::uuid!("4b6f7e0a-2d7c-5f0e-9a54-5d1f7c3f8b21");
    format!("2.25.{}", uuid::Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_u128())
}

/// The Tracking UID of a structure of this patient, or of a part of it: neither study nor version is in it, so that follow-ups line up.
///
/// Without a Patient ID nothing says that two studies are of one patient, and the study stands in its place.
pub(super) fn tracking_uid(source: Source<'_>, structure: Structure, side: Side, part: &str) -> String {
    let patient = source.image.context().text(tags::PATIENT_ID);
    let issuer = source.image.context().text(tags::ISSUER_OF_PATIENT_ID).unwrap_or_default();
    let whose = patient.unwrap_or(source.report.series.study_uid());
    name_based_uid(&["tracking", whose, issuer, structure.name(), side.name(), part].join("\n"))
}
