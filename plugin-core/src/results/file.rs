//! Data sets to files (PS3.10).

use super::WriteError;
use super::context::Role;
use super::dataset::DataSet;
use super::identity::name_based_uid;
use dicom_object::FileMetaTableBuilder;

/// Preamble, meta header and data set. `transfer_syntax` is that of the pixels, Explicit VR Little Endian where there are none.
pub(super) fn to_bytes(object: DataSet, role: Role, transfer_syntax: &str) -> Result<Vec<u8>, WriteError> {
    let refused = |detail: String| WriteError::Dicom { object: role.name(), detail };
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(transfer_syntax)
        .implementation_class_uid(name_based_uid("implementation"))
        .implementation_version_name(format!("BONEMUSCLE {}", crate::VERSION).chars().take(16).collect::<String>());
    let file = object.with_meta(meta).map_err(|error| refused(error.to_string()))?;
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).map_err(|error| refused(error.to_string()))?;
    Ok(bytes)
}
