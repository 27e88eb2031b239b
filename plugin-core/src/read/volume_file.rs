//! NIfTI and NRRD files: one number for each voxel, and where the voxels lie.

mod element;
mod nifti;
mod nrrd;

pub(super) use element::Encoding;

use crate::geometry::{Grid, Lps, cross, dot, norm};
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::io::Read;

/// More voxels than any scanner gives; a header that claims more is broken or hostile.
const MOST_VOXELS: usize = 1 << 30;

/// What stands before the voxels, in LPS whatever the file's own convention was.
///
/// The fastest axis of the file is the column, the slowest the slice, whichever way they point in the patient.
#[derive(Debug)]
pub(super) struct Header {
    pub grid: Grid,
    pub encoding: Encoding,
    /// Whether the voxels are compressed and the header is not.
    is_gzip: bool,
    /// Key/value pairs of an NRRD, as written.
    pub keys: BTreeMap<String, String>,
}

/// Reads NIfTI-1 (`.nii`, `.nii.gz`) and NRRD with attached data (`.nrrd`; raw or gzip): `take` is given the header and the bytes of
/// the voxels, in blocks of whole ones. `name` tells the format.
pub(super) fn read<E: From<String>>(
    name: &str,
    source: &mut dyn Read,
    mut take: impl FnMut(&Header, &[u8]) -> Result<(), E>,
) -> Result<Header, E> {
    let mut voxels = |header: Header, source: &mut dyn Read| {
        element::each_block(source, header.grid.len(), header.encoding.element, |bytes| take(&header, bytes))?;
        Ok(header)
    };
    match name.to_ascii_lowercase() {
        name if name.ends_with(".nii") => voxels(nifti::header(source)?, source),
        name if name.ends_with(".nii.gz") => {
            let mut inflated = MultiGzDecoder::new(source);
            voxels(nifti::header(&mut inflated)?, &mut inflated)
        }
        name if name.ends_with(".nrrd") => match nrrd::header(source)? {
            header if header.is_gzip => voxels(header, &mut MultiGzDecoder::new(source)),
            header => voxels(header, source),
        },
        _ => Err("the name must end in .nii, .nii.gz or .nrrd".to_owned().into()),
    }
}

/// Refuses a number of voxels that cannot be meant.
fn check_count(sizes: [usize; 3]) -> Result<(), String> {
    let count = sizes.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    match count.is_some_and(|count| (1..=MOST_VOXELS).contains(&count)) {
        true => Ok(()),
        false => Err(format!("its size is {sizes:?}; 1 to {MOST_VOXELS} voxels are accepted")),
    }
}

/// The grid of an image. `sizes` and `axes` in the order of the voxels, fastest first, in LPS millimetres.
pub(super) fn grid(sizes: [usize; 3], origin: Lps, axes: [Lps; 3]) -> Result<Grid, String> {
    check_count(sizes)?;
    let volume = dot(axes[0], cross(axes[1], axes[2])).abs();
    let lengths = axes.map(norm);
    let flat = volume < 1e-3 * lengths.iter().product::<f64>();
    if !volume.is_finite() || !origin.iter().all(|x| x.is_finite()) || lengths.iter().any(|length| *length <= 0.0) || flat {
        return Err(format!("its axes {axes:?} and origin {origin:?} span no volume"));
    }
    let [columns, rows, slices] = sizes;
    Ok(Grid { shape: [slices, rows, columns], origin, steps: [axes[2], axes[1], axes[0]] })
}
