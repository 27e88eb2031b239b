//! From other people's names and numbers to our structures.

use super::LabelError;
use crate::anatomy::{Side, Structure};
use std::path::Path;

/// Which label value is which structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTable {
    /// What the report calls it: `totalsegmentator`, or the file name.
    pub name: String,
    /// `(label value, name in the source, structure and side if known)`.
    pub rows: Vec<(u16, String, Option<(Structure, Side)>)>,
}

impl NameTable {
    /// The 117 classes of TotalSegmentator v2's task `total`.
    pub fn totalsegmentator() -> NameTable {
        unimplemented!()
    }

    /// A JSON object from label value to name.
    pub fn from_file(_path: &Path) -> Result<NameTable, LabelError> {
        unimplemented!()
    }
}

/// What a name means: `vertebrae_L3`, `L3 vertebra`, `gluteus_maximus_left`, `Left gluteus maximus` and the like.
pub fn structure_of_name(_name: &str) -> Option<(Structure, Side)> {
    unimplemented!()
}
