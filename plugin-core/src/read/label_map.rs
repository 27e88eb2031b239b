//! NIfTI and NRRD label maps.

mod element;
mod nifti;
mod nrrd;

use super::ReadError;
use crate::geometry::{Grid, Lps, cross, dot, norm};
use ndarray::Array3;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// More voxels than any scanner gives; a header that claims more is broken or hostile.
const MOST_VOXELS: usize = 1 << 30;

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

/// Reads NIfTI-1 (`.nii`, `.nii.gz`) and NRRD with attached data (`.nrrd`; raw or gzip).
///
/// The fastest axis of the file becomes the column, the slowest the slice, whichever way they point in the patient. Every value
/// must be a whole number from 0 to 65535, after the file's own scaling.
pub fn read_label_map(path: &Path) -> Result<LabelMap, ReadError> {
    let file = File::open(path).map_err(|source| ReadError::File { path: path.to_path_buf(), source })?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut file = Hashing { inner: BufReader::new(file), hash: Sha256::new() };
    let parsed = match name.to_ascii_lowercase() {
        lower if lower.ends_with(".nii.gz") => nifti::read(&mut flate2::read::MultiGzDecoder::new(&mut file)),
        lower if lower.ends_with(".nii") => nifti::read(&mut file),
        lower if lower.ends_with(".nrrd") => nrrd::read(&mut file),
        _ => Err("the name must end in .nii, .nii.gz or .nrrd".into()),
    };
    let (grid, values) = parsed.map_err(|detail| ReadError::LabelMap { name, detail })?;
    let sha256 = file.finish().map_err(|source| ReadError::File { path: path.to_path_buf(), source })?;
    Ok(LabelMap { grid, values, sha256 })
}

/// Grid and values, or what is wrong.
type Parsed = Result<(Grid, Array3<u16>), String>;

/// Joins the parts of a file. `sizes` and `axes` in the order of the file, fastest first, in LPS millimetres.
fn assemble(sizes: [usize; 3], origin: Lps, axes: [Lps; 3], values: Vec<u16>) -> Parsed {
    let [columns, rows, slices] = sizes;
    let volume = dot(axes[0], cross(axes[1], axes[2])).abs();
    let lengths = axes.map(norm);
    let flat = volume < 1e-3 * lengths.iter().product::<f64>();
    if !volume.is_finite() || !origin.iter().all(|x| x.is_finite()) || lengths.iter().any(|length| *length <= 0.0) || flat {
        return Err(format!("its axes {axes:?} and origin {origin:?} span no volume"));
    }
    let grid = Grid { shape: [slices, rows, columns], origin, steps: [axes[2], axes[1], axes[0]] };
    let values = Array3::from_shape_vec(grid.shape, values).map_err(|error| error.to_string())?;
    Ok((grid, values))
}

/// The number of voxels, if it is one that can be meant.
fn count_voxels(sizes: [usize; 3]) -> Result<usize, String> {
    let count = sizes.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    count
        .filter(|count| (1..=MOST_VOXELS).contains(count))
        .ok_or_else(|| format!("its size is {sizes:?}; 1 to {MOST_VOXELS} voxels are accepted"))
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
