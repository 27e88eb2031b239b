//! Volumes as files that other programs open: the CT, and labels.

mod nifti;
mod nrrd;

use super::{OutputFile, WriteError};
use crate::geometry::Grid;
use crate::settings::VolumeFormat;
use crate::volume::CtVolume;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};

/// One number for each voxel of a grid, columns fastest, slices slowest.
enum Values {
    U8(Vec<u8>),
    I16(Vec<i16>),
    F32(Vec<f32>),
}

/// What a volume shows; viewers draw labels otherwise than images.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Image,
    Labels,
}

/// The CT in Hounsfield units, as `image.nii.gz` or `image.nrrd`: integers of 16 bits where all values are whole numbers that fit, else
/// floating point numbers of 32 bits.
pub fn image(volume: &CtVolume<'_>, format: VolumeFormat) -> Result<OutputFile, WriteError> {
    let name = match format {
        VolumeFormat::Nifti => "image.nii.gz",
        VolumeFormat::Nrrd => "image.nrrd",
    };
    file(name, format, &volume.grid, Content::Image, &hounsfield(volume))
}

/// Labels as `labels.nii.gz` or `labels.nrrd`.
pub(super) fn labels(grid: &Grid, values: Vec<u8>, format: VolumeFormat) -> Result<OutputFile, WriteError> {
    let name = match format {
        VolumeFormat::Nifti => "labels.nii.gz",
        VolumeFormat::Nrrd => "labels.nrrd",
    };
    file(name, format, grid, Content::Labels, &Values::U8(values))
}

fn hounsfield(volume: &CtVolume<'_>) -> Values {
    let (slope, intercept) = (f64::from(volume.slope), f64::from(volume.intercept));
    let whole = |stored: i16| {
        let hu = slope * f64::from(stored) + intercept;
        let nearest = hu as i16;
        (f64::from(nearest) == hu).then_some(nearest)
    };
    let exact: Option<Vec<i16>> = volume.stored.iter().map(|stored| whole(*stored)).collect();
    exact.map_or_else(|| Values::F32(volume.stored.iter().map(|stored| volume.to_hu(*stored)).collect()), Values::I16)
}

fn file(
    name: &'static str,
    format: VolumeFormat,
    grid: &Grid,
    content: Content,
    values: &Values,
) -> Result<OutputFile, WriteError> {
    let refused = |detail: String| WriteError::Volume { file: name, detail };
    let written = match format {
        VolumeFormat::Nifti => gzip(&nifti::header(grid, content, values).map_err(refused)?, values),
        VolumeFormat::Nrrd => raw(nrrd::header(grid, content, values).into_bytes(), values),
    };
    let media_type = match format {
        VolumeFormat::Nifti => "application/gzip",
        VolumeFormat::Nrrd => "application/octet-stream",
    };
    Ok(OutputFile { name, media_type, bytes: written.map_err(|error| refused(error.to_string()))? })
}

fn gzip(header: &[u8], values: &Values) -> io::Result<Vec<u8>> {
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(header)?;
    values.write(&mut file)?;
    file.finish()
}

fn raw(mut file: Vec<u8>, values: &Values) -> io::Result<Vec<u8>> {
    values.write(&mut file)?;
    Ok(file)
}

impl Values {
    /// Little endian.
    fn write(&self, file: &mut impl Write) -> io::Result<()> {
        match self {
            Values::U8(values) => file.write_all(values),
            Values::I16(values) => write_blocks(file, values, |value| value.to_le_bytes()),
            Values::F32(values) => write_blocks(file, values, |value| value.to_le_bytes()),
        }
    }
}

fn write_blocks<T: Copy, const N: usize>(file: &mut impl Write, values: &[T], bytes: impl Fn(T) -> [u8; N]) -> io::Result<()> {
    values.chunks(1 << 14).try_for_each(|block| {
        let block: Vec<u8> = block.iter().flat_map(|value| bytes(*value)).collect();
        file.write_all(&block)
    })
}

#[cfg(test)]
mod tests;
