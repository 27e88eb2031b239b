//! Data sets to files (PS3.10).

use super::WriteError;
use super::context::Role;
use super::dataset::DataSet;
use super::identity::name_based_uid;
use dicom_dictionary_std::uids;
use dicom_object::FileMetaTableBuilder;

/// Preamble, meta header and data set, Explicit VR Little Endian, which every reader takes.
pub(super) fn to_bytes(object: DataSet, role: Role) -> Result<Vec<u8>, WriteError> {
    let refused = |detail: String| WriteError::Dicom { object: role.name(), detail };
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .implementation_class_uid(name_based_uid("implementation"))
        .implementation_version_name(format!("BONEMUSCLE {}", crate::VERSION).chars().take(16).collect::<String>());
    let file = object.with_meta(meta).map_err(|error| refused(error.to_string()))?;
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).map_err(|error| refused(error.to_string()))?;
    Ok(bytes)
}
