//! Labels as a NIfTI-1 label map, one byte per voxel of the CT.

use super::WriteError;
use crate::anatomy::{Side, Structure};
use crate::geometry::Grid;
use crate::segmentation::Labels;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};

/// Bytes of the header, and of the header with the four that say that no extension follows.
const HEADER: usize = 348;
const DATA_OFFSET: usize = 352;

/// The value of a structure in every label map: three in turn are a structure of the table without side, its left and its right.
pub fn label_value(structure: Structure, side: Side) -> u8 {
    structure as u8 * 3 + side as u8 + 1
}

/// A gzipped `.nii` file; values are [`label_value`]s, 0 is background.
///
/// Axes are those of the CT: x runs along its rows, y along its columns, z along its slices. A voxel that several structures share
/// goes to the first of them: a label map has room for one.
pub fn label_map(labels: &Labels) -> Result<Vec<u8>, WriteError> {
    let refused = |detail: String| WriteError::Dicom { object: "label map", detail };
    let header = header(&labels.grid).map_err(refused)?;
    let [_, rows, columns] = labels.grid.shape;
    let mut values = vec![0u8; labels.grid.len()];
    // Backwards, so that the first has the last word.
    for mask in labels.masks.iter().rev() {
        let value = label_value(mask.structure, mask.side);
        mask.indices().for_each(|[slice, row, column]| values[(slice * rows + row) * columns + column] = value);
    }
    compressed(&header, &values).map_err(|error| refused(error.to_string()))
}

fn compressed(header: &[u8], values: &[u8]) -> io::Result<Vec<u8>> {
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(header)?;
    file.write_all(values)?;
    file.finish()
}

/// Fields as `nifti1.h` of the NIfTI data format working group lays them out, little endian.
fn header(grid: &Grid) -> Result<[u8; DATA_OFFSET], String> {
    let mut bytes = [0; DATA_OFFSET];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    let [slices, rows, columns] = grid.shape;
    put(0, &(HEADER as i32).to_le_bytes());
    for (at, size) in [(40, 3), (42, columns), (44, rows), (46, slices), (48, 1), (50, 1), (52, 1), (54, 1)] {
        let size =
            i16::try_from(size).map_err(|_| format!("the CT has {size} voxels along an axis; NIfTI-1 has room for 32767"))?;
        put(at, &size.to_le_bytes());
    }
    // datatype 2, unsigned char, of 8 bits.
    put(70, &2i16.to_le_bytes());
    put(72, &8i16.to_le_bytes());
    let [slice, row, column] = grid.spacing();
    for (at, number) in [(76, 1.0), (80, column), (84, row), (88, slice), (108, DATA_OFFSET as f64), (112, 1.0)] {
        put(at, &(number as f32).to_le_bytes());
    }
    // xyzt_units 2, millimetres; intent 1002, labels; sform_code 1, coordinates of the scanner.
    put(123, &[2]);
    put(68, &1002i16.to_le_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;
    use crate::segmentation::{Doubts, LabelOrigin, NameTable, StructureMask, labels_from_map};
    use ndarray::Array3;
    use std::collections::BTreeSet;

    #[test]
    fn every_structure_and_side_has_a_value_of_its_own() {
        let sides = [Side::None, Side::Left, Side::Right];
        let all = Structure::ALL.iter().flat_map(|structure| sides.map(|side| label_value(*structure, side)));
        let values: BTreeSet<u8> = all.collect();
        assert_eq!((values.len(), values.first()), (3 * Structure::ALL.len(), Some(&1)));
    }

    /// A tilted, turned, sheared grid, and masks that touch its edges.
    #[test]
    fn what_is_written_is_read_back_voxel_by_voxel() {
        let grid = Grid {
            shape: [4, 5, 7],
            origin: [-120.3, 88.1, -512.7],
            steps: [[0.1, 0.6, 2.4], [0.2, 0.9, 0.0], [0.9, -0.2, 0.0]],
        };
        let mask = |structure, side, corner, shape| StructureMask {
            structure,
            side,
            corner,
            voxels: Array3::from_shape_fn(shape, |(z, y, x)| (z + 2 * y + x) % 3 != 1),
            segments: Vec::new(),
        };
        let masks = vec![
            mask(Structure::L3, Side::None, [0, 0, 0], [4, 2, 3]),
            mask(Structure::Femur, Side::Left, [1, 3, 2], [3, 2, 2]),
            mask(Structure::Femur, Side::Right, [2, 2, 5], [2, 3, 2]),
        ];
        let origin =
            LabelOrigin::LabelMap { file: None, sha256: String::new(), names: String::new(), resampled: false };
        let labels = Labels { grid, masks, origin, unknown: Vec::new(), contradictions: Vec::new(), doubts: Doubts::default() };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [map, names] = ["labels.nii.gz", "names.json"].map(|name| folder.path().join(name));
        std::fs::write(&map, label_map(&labels).expect("written")).expect("a file");
        let table = Structure::ALL
            .iter()
            .flat_map(|structure| [(structure, Side::None), (structure, Side::Left), (structure, Side::Right)]);
        let table: std::collections::BTreeMap<u8, String> = table
            .map(|(structure, side)| (label_value(*structure, side), format!("{} {}", structure.name(), side.name())))
            .collect();
        std::fs::write(&names, serde_json::to_vec(&table).expect("JSON")).expect("a file");
        let names = NameTable::from_file(&names).expect("a table");
        let read = labels_from_map(&map, &names, &labels.grid, Progress::silent()).expect("labels");
        assert!(matches!(read.origin, LabelOrigin::LabelMap { resampled: false, .. }), "{:?}", read.origin);
        let voxels = |labels: &Labels| -> Vec<_> {
            labels.masks.iter().map(|mask| (mask.structure, mask.side, mask.indices().collect::<Vec<_>>())).collect()
        };
        assert_eq!(voxels(&read), voxels(&labels));
    }
}
