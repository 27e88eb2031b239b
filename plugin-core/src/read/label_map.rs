//! Label maps: NIfTI and NRRD files, and voxels in the memory of a host.

use super::digest::sha256_of_voxels;
use super::volume_file::{self, Encoding};
use super::{MemoryVolume, ReadError, Voxels};
use crate::geometry::Grid;
use ndarray::Array3;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// A label map as it lies in its file or in memory, in LPS whatever the file's own convention was.
#[derive(Debug, Clone)]
pub struct LabelMap {
    /// Where its voxels lie.
    pub grid: Grid,
    /// Label values, `[slice, row, column]`; 0 is background.
    pub values: Array3<u16>,
    /// SHA-256 of the file, or of grid and values in memory, hexadecimal.
    pub sha256: String,
    /// Key/value pairs of an NRRD, in which a segmentation of 3D Slicer tells its names.
    pub keys: BTreeMap<String, String>,
}

/// Reads NIfTI-1 (`.nii`, `.nii.gz`) and NRRD with attached data (`.nrrd`; raw or gzip).
///
/// The fastest axis of the file becomes the column, the slowest the slice, whichever way they point in the patient. Every value
/// must be a whole number from 0 to 65535, after the file's own scaling.
pub fn read_label_map(path: &Path) -> Result<LabelMap, ReadError> {
    let failed = |source| ReadError::File { path: path.to_path_buf(), source };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut file = Hashing { inner: BufReader::new(File::open(path).map_err(failed)?), hash: Sha256::new() };
    let mut values = Vec::new();
    let read = volume_file::read(&name, &mut file, |header, bytes| take(&mut values, header.encoding, bytes));
    let refused = |detail: String| ReadError::LabelMap { name: name.clone(), detail };
    let volume_file::Header { grid, keys, .. } = read.map_err(refused)?;
    let values = Array3::from_shape_vec(grid.shape, values).map_err(|error| refused(error.to_string()))?;
    Ok(LabelMap { grid, values, sha256: file.finish().map_err(failed)?, keys })
}

/// Label values in the memory of a host: whole numbers from 0 to 65535.
pub fn label_map_in_memory(image: &MemoryVolume<'_>) -> Result<LabelMap, ReadError> {
    let refused = |detail: String| ReadError::LabelMap { name: MemoryVolume::LABELS.to_owned(), detail };
    let values = labels(image.voxels).map_err(refused)?;
    let values = Array3::from_shape_vec(image.grid.shape, values).map_err(|error| refused(error.to_string()))?;
    let sha256 = sha256_of_voxels(&image.grid, values.view());
    Ok(LabelMap { grid: image.grid.clone(), values, sha256, keys: BTreeMap::new() })
}

fn labels(voxels: Voxels<'_>) -> Result<Vec<u16>, String> {
    match voxels {
        Voxels::I8(all) => whole(all),
        Voxels::U8(all) => whole(all),
        Voxels::I16(all) => whole(all),
        Voxels::U16(all) => whole(all),
        Voxels::I32(all) => whole(all),
        Voxels::U32(all) => whole(all),
        Voxels::F32(all) => all.iter().map(|one| label(f64::from(*one))).collect(),
        Voxels::F64(all) => all.iter().map(|one| label(*one)).collect(),
    }
}

fn whole<T: Copy + TryInto<u16> + Into<f64>>(all: &[T]) -> Result<Vec<u16>, String> {
    all.iter().map(|one| (*one).try_into().map_err(|_| no_label((*one).into()))).collect()
}

fn take(values: &mut Vec<u16>, encoding: Encoding, bytes: &[u8]) -> Result<(), String> {
    if encoding.is_plain_u8() {
        values.extend(bytes.iter().map(|byte| u16::from(*byte)));
        return Ok(());
    }
    encoding.numbers(bytes).try_for_each(|number| {
        values.push(label(number)?);
        Ok(())
    })
}

fn label(value: f64) -> Result<u16, String> {
    let nearest = value.round();
    // A slope such as 0.1 stored as a 32-bit float leaves a rest in the seventh digit.
    if (value - nearest).abs() <= 1e-6 * nearest.abs().max(1.0) && (0.0..=65535.0).contains(&nearest) {
        Ok(nearest as u16)
    } else {
        Err(no_label(value))
    }
}

fn no_label(value: f64) -> String {
    format!("it holds the value {value}; a label map holds whole numbers from 0 to 65535")
}

/// Hashes what passes through.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

impl<R: Read> Hashing<R> {
    /// Reads what the parser left, so that the digest is that of the whole file.
    fn finish(mut self) -> std::io::Result<String> {
        std::io::copy(&mut self, &mut std::io::sink())?;
        Ok(super::hexadecimal(&self.hash.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_label_is_refused() {
        assert_eq!((label(0.0), label(65535.0), label(2.9999999)), (Ok(0), Ok(65535), Ok(3)));
        for number in [-1.0, 65536.0, 1.5, f64::NAN, f64::INFINITY] {
            assert!(label(number).is_err(), "{number}");
        }
    }
}
