//! Air around the patient.
//!
//! 1. Each sampled slice of the image is divided into cells of 4 x 4 voxels, whose means noise hardly moves (rows and columns that
//!    fill no cell are left out). A cell with a mean above -1024 and below -900 HU is *air*; one at -1024 HU or below is *padding*,
//!    what scanners write where they did not measure.
//! 2. Groups of air cells that share sides lie outside the patient when they reach the edge of the image or share a side with
//!    padding. Of these, the cells with an air cell on all four sides are kept, which keeps clothes, table and skin away.
//! 3. Of the two groups that keep most, the one whose mean of cells is nearest to -1000 HU is read in full (the larger among
//!    equals).

use super::LEAST_VOXELS;
use super::plane::{groups, neighbours, sampled};
use super::tally::{Mean, Tally};
use crate::report::{Block, GateCode};
use crate::volume::CtVolume;
use ndarray::{Array2, ArrayView2, Axis};

/// Voxels along a side of a cell.
const CELL: usize = 4;
/// At or below it is what scanners write where they did not measure.
pub(super) const PADDING: f64 = -1024.0;
/// Lung and partial volume are above.
const BRIGHTEST_AIR: f64 = -900.0;
const AIR: f64 = -1000.0;

/// Reads it from sampled slices.
pub(super) fn read(volume: &CtVolume<'_>) -> Result<Mean, Block> {
    let mut tally = Tally::new(volume);
    for z in sampled(volume.stored.len_of(Axis(0))) {
        let slice = volume.stored.index_axis(Axis(0), z);
        for [y, x] in outside(cells(volume, slice).view()) {
            let voxels = (0..CELL).flat_map(|row| (0..CELL).map(move |column| [y * CELL + row, x * CELL + column]));
            voxels.for_each(|voxel| tally.add(slice[voxel]));
        }
    }
    match tally.count() {
        count if count < LEAST_VOXELS => Err(Block {
            code: GateCode::FovTrunc,
            reason: format!(
                "{count} voxels of air are in the image around the patient, at least {LEAST_VOXELS} are needed: the field of \
                 view may be too small"
            ),
            found: Some(count as f64),
        }),
        _ => Ok(tally.middle_half()),
    }
}

/// Step 1: mean HU of each cell.
fn cells(volume: &CtVolume<'_>, slice: ArrayView2<'_, i16>) -> Array2<f64> {
    let (rows, columns) = slice.dim();
    let mut sums = Array2::<i32>::zeros((rows / CELL, columns / CELL));
    for ((y, x), stored) in slice.indexed_iter() {
        if let Some(sum) = sums.get_mut([y / CELL, x / CELL]) {
            *sum += i32::from(*stored);
        }
    }
    let count = (CELL * CELL) as f64;
    sums.mapv(|sum| f64::from(volume.slope) * f64::from(sum) / count + f64::from(volume.intercept))
}

/// Steps 2 and 3: cells.
fn outside(cells: ArrayView2<'_, f64>) -> Vec<[usize; 2]> {
    let air = cells.mapv(|hu| hu > PADDING && hu < BRIGHTEST_AIR);
    let at_the_edge = |cell: [usize; 2]| {
        neighbours(cell, cells.dim()).any(|neighbour| neighbour.is_none_or(|neighbour| cells[neighbour] <= PADDING))
    };
    let surrounded =
        |cell: &[usize; 2]| neighbours(*cell, cells.dim()).all(|neighbour| neighbour.is_some_and(|neighbour| air[neighbour]));
    let mut groups: Vec<Vec<_>> = groups(air.view())
        .into_iter()
        .filter(|group| group.iter().any(|cell| at_the_edge(*cell)))
        .map(|group| group.into_iter().filter(surrounded).collect())
        .filter(|group: &Vec<_>| !group.is_empty())
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups.truncate(2);
    let from_air = |group: &[[usize; 2]]| (group.iter().map(|cell| cells[*cell]).sum::<f64>() / group.len() as f64 - AIR).abs();
    groups.into_iter().min_by(|a, b| from_air(a).total_cmp(&from_air(b))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells: body in the middle with gas in it, air left and right of it, padding at the right edge.
    fn plane(left: f64, right: f64) -> Array2<f64> {
        Array2::from_shape_fn((9, 19), |(y, x)| match x {
            0..=4 => left,
            5..=10 if y == 4 && x > 5 && x < 10 => -990.0,
            5..=10 => 40.0,
            11..=17 => right,
            _ => -2000.0,
        })
    }

    #[test]
    fn of_two_groups_the_one_nearest_to_air_is_taken_and_gas_inside_is_not() {
        let columns = |plane: Array2<f64>| {
            let cells = outside(plane.view());
            (cells.iter().map(|[_, x]| *x).min(), cells.iter().map(|[_, x]| *x).max(), cells.len())
        };
        assert_eq!(columns(plane(-1000.0, -980.0)), (Some(1), Some(3), 21));
        assert_eq!(columns(plane(-960.0, -1003.0)), (Some(12), Some(16), 35));
        assert_eq!(columns(plane(40.0, -2000.0)).2, 0);
    }
}
