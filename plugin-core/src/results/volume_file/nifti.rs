//! The header of a NIfTI-1 file.

use super::{Content, Values};
use crate::geometry::Grid;

/// Bytes of the header, and of the header with the four that say that no extension follows.
const HEADER: usize = 348;
const DATA_OFFSET: usize = 352;

/// Fields as `nifti1.h` of the NIfTI data format working group lays them out, little endian. Places are 32-bit floats there.
///
/// Axes are those of the grid: x runs along its rows, y along its columns, z along its slices.
pub(super) fn header(grid: &Grid, content: Content, values: &Values) -> Result<[u8; DATA_OFFSET], String> {
    let mut bytes = [0; DATA_OFFSET];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    let [slices, rows, columns] = grid.shape;
    put(0, &(HEADER as i32).to_le_bytes());
    for (at, size) in [(40, 3), (42, columns), (44, rows), (46, slices), (48, 1), (50, 1), (52, 1), (54, 1)] {
        let size =
            i16::try_from(size).map_err(|_| format!("the CT has {size} voxels along an axis; NIfTI-1 has room for 32767"))?;
        put(at, &size.to_le_bytes());
    }
    let (datatype, bits): (i16, i16) = match values {
        Values::U8(_) => (2, 8),
        Values::I16(_) => (4, 16),
        Values::F32(_) => (16, 32),
    };
    put(70, &datatype.to_le_bytes());
    put(72, &bits.to_le_bytes());
    let [slice, row, column] = grid.spacing();
    for (at, number) in [(76, 1.0), (80, column), (84, row), (88, slice), (108, DATA_OFFSET as f64), (112, 1.0)] {
        put(at, &(number as f32).to_le_bytes());
    }
    // xyzt_units 2, millimetres; intent 1002, labels; sform_code 1, coordinates of the scanner.
    put(123, &[2]);
    if content == Content::Labels {
        put(68, &1002i16.to_le_bytes());
    }
    put(254, &1i16.to_le_bytes());
    let [slice, row, column] = grid.steps;
    for axis in 0..3 {
        // DICOM's x and y point to the left and the back, NIfTI's to the right and the front.
        let sign = if axis < 2 { -1.0 } else { 1.0 };
        for (place, vector) in [column, row, slice, grid.origin].iter().enumerate() {
            put(280 + 16 * axis + 4 * place, &((sign * vector[axis]) as f32).to_le_bytes());
        }
    }
    put(344, b"n+1\0");
    Ok(bytes)
}
