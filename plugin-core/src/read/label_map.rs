//! NIfTI and NRRD label maps.

use super::ReadError;
use crate::geometry::Grid;
use ndarray::Array3;
use std::path::Path;

/// A label map as it lies in its file, in LPS whatever the file's own convention was.
#[derive(Debug, Clone)]
pub struct LabelMap {
    /// Where its voxels lie.
    pub grid: Grid,
    /// Label values, `[slice, row, column]`; 0 is background.
    pub values: Array3<u16>,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// Reads `.nii`, `.nii.gz`, `.nrrd` (raw or gzip).
pub fn read_label_map(_path: &Path) -> Result<LabelMap, ReadError> {
    unimplemented!()
}
