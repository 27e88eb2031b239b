//! Where a scanner has measured nothing.

use crate::geometry::Index;
use crate::units::{Hu, Mm};
use crate::volume::CtVolume;

/// The lowest value that scanners give to what they measured; padding lies at or below it.
pub(super) const FIELD_OF_VIEW: Hu = Hu(-1024.0);

/// Fat has more; what is half skin and half air, less.
const LEAST_TISSUE: Hu = Hu(-200.0);

/// Scanners clip air to the same value as what they did not measure, but air is noisy.
pub(super) fn is_outside(volume: &CtVolume<'_>, voxel: Index) -> bool {
    let is_empty = |voxel: Index| f64::from(volume.hu(voxel)) <= FIELD_OF_VIEW.0;
    is_empty(voxel) && edge_neighbours(volume, voxel).flatten().all(is_empty)
}

/// Whether along a row or column, within `reach` of a voxel, tissue ends at once and nothing was measured from there on: a cut. The skin
/// shares a voxel with the air, and beyond gas in the bowel there is tissue again.
pub(super) fn is_cut_near(volume: &CtVolume<'_>, voxel: Index, reach: Mm) -> bool {
    let [_, row, column] = volume.grid.spacing();
    [(-1, 0, row), (1, 0, row), (0, -1, column), (0, 1, column)].into_iter().any(|(down, right, spacing)| {
        let hu = |place: Index| f64::from(volume.hu(place));
        let steps = (reach.0 / spacing).ceil() as usize;
        let mut outward = std::iter::successors(Some(voxel), |place| moved(volume, *place, (down, right)));
        let Some(end) = outward.by_ref().take(steps + 1).find(|place| hu(*place) <= FIELD_OF_VIEW.0) else { return false };
        let last = moved(volume, end, (-down, -right)).map_or(f64::NEG_INFINITY, hu);
        last > LEAST_TISSUE.0 && outward.all(|place| hu(place) <= FIELD_OF_VIEW.0)
    })
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
