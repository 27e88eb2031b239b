//! Labels as a label map, one byte per voxel of the CT.

use super::{OutputFile, WriteError, volume_file};
use crate::anatomy::{Side, Structure};
use crate::segmentation::Labels;
use crate::settings::VolumeFormat;
use rayon::prelude::*;

/// The value of a structure in every label map: three in turn are a structure of the table without side, its left and its right.
pub fn label_value(structure: Structure, side: Side) -> u8 {
    structure as u8 * 3 + side as u8 + 1
}

/// `labels.nii.gz` or `labels.nrrd`; values are [`label_value`]s, 0 is background.
///
/// Axes are those of the CT. A voxel that several structures share goes to the first of them: a label map has room for one.
pub fn label_map(labels: &Labels, format: VolumeFormat) -> Result<OutputFile, WriteError> {
    let [_, rows, columns] = labels.grid.shape;
    let mut values = vec![0u8; labels.grid.len()];
    values.par_chunks_mut((rows * columns).max(1)).enumerate().for_each(|(slice, plane)| {
        // Backwards, so that the first has the last word.
        for mask in labels.masks.iter().rev() {
            let [z, y, x] = mask.corner;
            let Some(members) = slice.checked_sub(z).and_then(|z| mask.voxels.outer_iter().nth(z)) else { continue };
            let value = label_value(mask.structure, mask.side);
            for (row, members) in (y..).zip(members.rows()) {
                let there = plane[row * columns + x..].iter_mut().zip(members);
                there.filter(|(_, member)| **member).for_each(|(voxel, _)| *voxel = value);
            }
        }
    });
    volume_file::labels(&labels.grid, values, format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;
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
        let origin = LabelOrigin::LabelMap { file: None, sha256: String::new(), names: String::new(), resampled: false };
        let labels = Labels { grid, masks, origin, unknown: Vec::new(), contradictions: Vec::new(), doubts: Doubts::default() };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let names = folder.path().join("names.json");
        let table = Structure::ALL
            .iter()
            .flat_map(|structure| [(structure, Side::None), (structure, Side::Left), (structure, Side::Right)]);
        let table: std::collections::BTreeMap<u8, String> = table
            .map(|(structure, side)| (label_value(*structure, side), format!("{} {}", structure.name(), side.name())))
            .collect();
        std::fs::write(&names, serde_json::to_vec(&table).expect("JSON")).expect("a file");
        let names = NameTable::from_file(&names).expect("a table");
        let voxels = |labels: &Labels| -> Vec<_> {
            labels.masks.iter().map(|mask| (mask.structure, mask.side, mask.indices().collect::<Vec<_>>())).collect()
        };
        for format in [VolumeFormat::Nifti, VolumeFormat::Nrrd] {
            let written = label_map(&labels, format).expect("written");
            let map = folder.path().join(written.name);
            std::fs::write(&map, written.bytes).expect("a file");
            let read = labels_from_map(&map, &names, &labels.grid, Progress::silent()).expect("labels");
            assert!(matches!(read.origin, LabelOrigin::LabelMap { resampled: false, .. }), "{:?}", read.origin);
            assert_eq!(voxels(&read), voxels(&labels));
        }
    }
}
