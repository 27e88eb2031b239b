//! Where a scanner has measured nothing.
//!
//! Most scanners pad their round field with -1024 HU or less, which nothing that they measure has. Some pad it with what air has as
//! well, -1000 HU where stored values have no sign, and some archives clip both to one value. That value tells nothing then, but its
//! shape does: a field is known to be a *disc* about the middle of the image where all four corners of all slices hold one and the
//! same stored value, every pixel farther from the middle than some radius holds it in every slice, and of those nearer than that
//! (by two pixels, for scanners put the middle on a pixel or between two) at least 99 of 100 hold another in some slice: air does,
//! for it is noisy. The disc must reach 95 of 100 of the way to the nearest edge of the image. Air that was smoothed or clipped to one
//! value around a patient leaves the shape of the patient, which is no disc: then, and where an image was cropped off its middle,
//! padding above -1024 HU is not told from air.

use crate::geometry::Index;
use crate::units::{Hu, Mm};
use crate::volume::CtVolume;
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, Axis, Zip};

/// The lowest value that scanners give to what they measured; padding lies at or below it.
const LOWEST: Hu = Hu(-1024.0);

/// Fat has more; what is half skin and half air, less.
const LEAST_TISSUE: Hu = Hu(-200.0);

/// Share of the pixels of a disc that hold more than padding in some slice.
const MEASURED: f64 = 0.99;
/// Share of the way from the middle of the image to its nearest edge.
const LEAST_RADIUS: f64 = 0.95;
/// Pixels by which a disc may lie beside the middle of the image.
const BESIDE: f64 = 2.0;

/// What of a CT was measured.
#[derive(Clone, Copy)]
pub(super) struct FieldOfView<'a> {
    volume: &'a CtVolume<'a>,
    /// Radius of a disc whose padding is above [`LOWEST`].
    disc: Option<Mm>,
}

impl<'a> FieldOfView<'a> {
    pub fn find(volume: &'a CtVolume<'a>) -> FieldOfView<'a> {
        let padding = of_corners(volume).filter(|padding| f64::from(volume.to_hu(*padding)) > LOWEST.0);
        FieldOfView { volume, disc: padding.and_then(|padding| disc(volume, padding)) }
    }

    /// Whether a voxel holds no measured value.
    pub fn is_empty(&self, voxel: Index) -> bool {
        let [_, row, column] = voxel;
        let beyond = |radius: Mm| from_middle(self.volume, [row, column]) > radius;
        f64::from(self.volume.hu(voxel)) <= LOWEST.0 || self.disc.is_some_and(beyond)
    }

    /// Scanners clip air to the same value as what they did not measure, but air is noisy.
    pub fn is_outside(&self, voxel: Index) -> bool {
        self.is_empty(voxel) && edge_neighbours(self.volume, voxel).flatten().all(|voxel| self.is_empty(voxel))
    }

    /// Whether along a row or column, within `reach` of a voxel, tissue ends at once and nothing was measured from there on: a cut. The
    /// skin shares a voxel with the air, and beyond gas in the bowel there is tissue again.
    pub fn is_cut_near(&self, voxel: Index, reach: Mm) -> bool {
        let volume = self.volume;
        let [_, row, column] = volume.grid.spacing();
        [(-1, 0, row), (1, 0, row), (0, -1, column), (0, 1, column)].into_iter().any(|(down, right, spacing)| {
            let steps = (reach.0 / spacing).ceil() as usize;
            let mut outward = std::iter::successors(Some(voxel), |place| moved(volume, *place, (down, right)));
            let Some(end) = outward.by_ref().take(steps + 1).find(|place| self.is_empty(*place)) else { return false };
            let last = moved(volume, end, (-down, -right)).map_or(f64::NEG_INFINITY, |place| f64::from(volume.hu(place)));
            last > LEAST_TISSUE.0 && outward.all(|place| self.is_empty(place))
        })
    }
}

/// The stored value that the corners of all slices share.
fn of_corners(volume: &CtVolume<'_>) -> Option<i16> {
    let [_, rows, columns] = volume.grid.shape;
    let corners = [[0, 0], [0, columns - 1], [rows - 1, 0], [rows - 1, columns - 1]];
    let padding = *volume.stored.first()?;
    let is_padded = |slice: ArrayView2<'_, i16>| corners.into_iter().all(|corner| slice[corner] == padding);
    volume.stored.outer_iter().all(is_padded).then_some(padding)
}

/// Radius of the disc beyond which all is `padding`.
fn disc(volume: &CtVolume<'_>, padding: i16) -> Option<Mm> {
    let measured = ever_other(volume, padding);
    let [_, rows, columns] = volume.grid.shape;
    let [_, row, column] = volume.grid.spacing();
    let edge = (row * (rows - 1) as f64).min(column * (columns - 1) as f64) / 2.0;
    let distances = Array2::from_shape_fn((rows, columns), |(y, x)| from_middle(volume, [y, x]).0);
    let radius =
        distances.iter().zip(&measured).filter(|(_, other)| **other).map(|(distance, _)| *distance).fold(0.0, f64::max);
    let inside = || distances.iter().zip(&measured).filter(|(distance, _)| **distance <= radius - BESIDE * row.max(column));
    let filled = inside().filter(|(_, other)| **other).count() as f64 >= MEASURED * inside().count() as f64;
    (filled && radius >= LEAST_RADIUS * edge).then_some(Mm(radius))
}

/// Where any slice holds another value.
fn ever_other(volume: &CtVolume<'_>, padding: i16) -> Array2<bool> {
    let [_, rows, columns] = volume.grid.shape;
    let none = || Array2::from_elem((rows, columns), false);
    let take = |mut known: Array2<bool>, slice: ArrayView2<'_, i16>| {
        Zip::from(&mut known).and(slice).for_each(|known, stored| *known |= *stored != padding);
        known
    };
    volume.stored.axis_iter(Axis(0)).into_par_iter().fold(none, take).reduce(none, |mut a, b| {
        a.zip_mut_with(&b, |a, b| *a |= b);
        a
    })
}

/// Distance of a pixel's centre from the middle of the image.
fn from_middle(volume: &CtVolume<'_>, [y, x]: [usize; 2]) -> Mm {
    let [_, rows, columns] = volume.grid.shape;
    let [_, row, column] = volume.grid.spacing();
    let from = |place: usize, count: usize, spacing: f64| (place as f64 - (count - 1) as f64 / 2.0) * spacing;
    Mm(from(y, rows, row).hypot(from(x, columns, column)))
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
