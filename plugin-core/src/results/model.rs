//! The identity of the model that made the labels, as algorithm and as equipment.

use super::code::code_sequence;
use super::concepts::{ARTIFICIAL_INTELLIGENCE, PROCESSING_EQUIPMENT};
use super::dataset::{DataSet, element, set, shortened};
use super::identity::name_based_uid;
use crate::segmentation::LabelOrigin;
use dicom_dictionary_std::tags;

/// Manufacturer (0008,0070), which the item must have: who trained a model of the site is not known.
const UNKNOWN: &str = "unknown";
/// Characters of LO, ST and LT (PS3.5 6.2).
const LONG_STRING: usize = 64;
const SHORT_TEXT: usize = 1024;
const LONG_TEXT: usize = 10240;

/// A network that made labels.
pub(super) struct Model<'a> {
    pub name: &'a str,
    pub version: &'a str,
    sha256: &'a str,
    manifest_sha256: &'a str,
    licence: &'a str,
    engine: &'a str,
    passes: u16,
    dropout: Option<f64>,
    seed: Option<u64>,
}

impl<'a> Model<'a> {
    /// The model of labels that come from one.
    pub fn of(origin: &'a LabelOrigin) -> Option<Model<'a>> {
        let LabelOrigin::Model { name, version, sha256, manifest_sha256, licence, engine, passes, dropout, seed } = origin
        else {
            return None;
        };
        let (passes, dropout, seed) = (*passes, *dropout, *seed);
        Some(Model { name, version, sha256, manifest_sha256, licence, engine, passes, dropout, seed })
    }

    /// Everything as one line of text.
    pub fn identity(&self) -> String {
        format!("{} {}; {}", self.name, self.version, self.parameters())
    }

    /// All without which nobody could make the same labels, as `name=value`.
    pub fn parameters(&self) -> String {
        let optional = |name: &str, value: Option<String>| value.map(|value| format!("{name}={value}"));
        let known = [
            Some(format!("sha256={}", self.sha256)),
            Some(format!("manifest_sha256={}", self.manifest_sha256)),
            Some(format!("engine={}", self.engine)),
            Some(format!("passes={}", self.passes)),
            optional("dropout", self.dropout.map(|share| share.to_string())),
            optional("seed", self.seed.map(|seed| seed.to_string())),
            Some(format!("licence={}", self.licence)),
        ];
        known.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// An item of Segmentation Algorithm Identification Sequence (0062,0007; PS3.3 table 10-19). Algorithm Source is left out: a
    /// model's folder does not say whose it is.
    pub fn algorithm(&self) -> DataSet {
        set([
            code_sequence(tags::ALGORITHM_FAMILY_CODE_SEQUENCE, ARTIFICIAL_INTELLIGENCE),
            element(tags::ALGORITHM_NAME, shortened(self.name, LONG_STRING)),
            element(tags::ALGORITHM_VERSION, shortened(self.version, LONG_STRING)),
            element(tags::ALGORITHM_PARAMETERS, shortened(&self.parameters(), LONG_TEXT)),
        ])
    }

    /// An item of Contributing Equipment Sequence (0018,A001; PS3.3 C.12.1.1.5). Its Device UID changes with the weights and the
    /// manifest (IHE AIR 6.5.3.1).
    pub fn equipment(&self) -> DataSet {
        let contribution = format!("Segmented the images: {}", self.parameters());
        set([
            element(tags::MANUFACTURER, UNKNOWN),
            element(tags::MANUFACTURER_MODEL_NAME, shortened(self.name, LONG_STRING)),
            element(tags::SOFTWARE_VERSIONS, shortened(self.version, LONG_STRING)),
            element(tags::DEVICE_UID, name_based_uid(&format!("model\n{}\n{}", self.sha256, self.manifest_sha256))),
            element(tags::CONTRIBUTION_DESCRIPTION, shortened(&contribution, SHORT_TEXT)),
            code_sequence(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, PROCESSING_EQUIPMENT),
        ])
    }
}
