//! Where a scanner has measured nothing.

use crate::geometry::Index;
use crate::units::Hu;
use crate::volume::CtVolume;

/// The lowest value that scanners give to what they measured; padding lies at or below it.
pub(super) const FIELD_OF_VIEW: Hu = Hu(-1024.0);

/// Scanners clip air to the same value as what they did not measure, but air is noisy.
pub(super) fn is_outside(volume: &CtVolume<'_>, voxel: Index) -> bool {
    let is_empty = |voxel: Index| f64::from(volume.hu(voxel)) <= FIELD_OF_VIEW.0;
    is_empty(voxel) && edge_neighbours(volume, voxel).flatten().all(is_empty)
}

/// The four voxels of the same slice that share an edge; `None` beyond the image.
pub(super) fn edge_neighbours(volume: &CtVolume<'_>, voxel: Index) -> impl Iterator<Item = Option<Index>> {
    [(-1, 0), (1, 0), (0, -1), (0, 1)].into_iter().map(move |step| moved(volume, voxel, step))
}

/// The voxel so many rows and columns farther; `None` beyond the image.
pub(super) fn moved(volume: &CtVolume<'_>, [slice, row, column]: Index, (down, right): (isize, isize)) -> Option<Index> {
    let [_, rows, columns] = volume.grid.shape;
    let row = row.checked_add_signed(down).filter(|row| *row < rows)?;
    let column = column.checked_add_signed(right).filter(|column| *column < columns)?;
    Some([slice, row, column])
}
