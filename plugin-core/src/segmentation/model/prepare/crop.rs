//! Which part of a CT is worth a network's time.

use crate::geometry::connected::{components, index};
use crate::segmentation::extent::Extent;
use crate::volume::CtVolume;
use ndarray::parallel::prelude::*;
use ndarray::{Array3, Axis, Slice};

/// Denser than this is patient, in the mean of a cell: between lung and fat.
const BODY_HU: f32 = -300.0;

/// Edge of a cell in voxels of the network: sheets thinner than that (the table) blur into the air around them.
const CELL: f64 = 2.0;

/// Voxels of the network that are kept around the body.
const MARGIN: f64 = 2.0;

/// The box of all voxels that are not 0 HU, as nnU-Net's `crop_to_nonzero`, whose filling of holes cannot enlarge the box.
pub(super) fn not_zero(volume: &CtVolume<'_>) -> Option<Extent> {
    // Few CTs have planes of zeros, so that looking inwards from every face meets something at once.
    let empty = |axis: usize, index: usize| volume.stored.index_axis(Axis(axis), index).iter().all(|s| volume.to_hu(*s) == 0.0);
    let shape = volume.grid.shape;
    let mut kept = Extent { first: [0; 3], last: [0; 3] };
    for (axis, length) in shape.into_iter().enumerate() {
        kept.first[axis] = (0..length).find(|index| !empty(axis, *index))?;
        kept.last[axis] = (0..length).rev().find(|index| !empty(axis, *index))?;
    }
    Some(kept)
}

/// The box of the patient's body and a margin: the largest group of dense cells, whose size follows `target`, the network's voxel
/// size along the CT's axes.
pub(super) fn body(volume: &CtVolume<'_>, target: [f64; 3]) -> Option<Extent> {
    let (shape, spacing) = (volume.grid.shape, volume.grid.spacing());
    let voxels = |edge: f64, axis: usize| ((edge * target[axis] / spacing[axis]).round() as usize).clamp(1, shape[axis]);
    let cell = [0, 1, 2].map(|axis| voxels(CELL, axis));
    let margin = [0, 1, 2].map(|axis| voxels(MARGIN, axis));
    let groups = components(dense_cells(volume, cell).view());
    let (_, largest) = groups.into_iter().rev().max_by_key(|(_, group)| group.len())?;
    let mut kept: Option<Extent> = None;
    for place in largest {
        kept = Extent::join(kept, Extent { first: index(place), last: index(place) });
    }
    let cells = kept?;
    Some(Extent {
        first: [0, 1, 2].map(|axis| (cells.first[axis] * cell[axis]).saturating_sub(margin[axis])),
        last: [0, 1, 2].map(|axis| ((cells.last[axis] + 1) * cell[axis] - 1 + margin[axis]).min(shape[axis] - 1)),
    })
}

/// Whether the mean of each cell of the CT is dense; cells at the end may be smaller.
fn dense_cells(volume: &CtVolume<'_>, cell: [usize; 3]) -> Array3<bool> {
    let shape = volume.grid.shape;
    let mut dense = Array3::from_elem([0, 1, 2].map(|axis| shape[axis].div_ceil(cell[axis])), false);
    dense.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(slab, mut plane)| {
        let voxels = |index: usize, axis: usize| Slice::from(index * cell[axis]..((index + 1) * cell[axis]).min(shape[axis]));
        let slices = volume.stored.slice_axis(Axis(0), voxels(slab, 0));
        let (_, columns) = plane.dim();
        for (band, mut flags) in plane.rows_mut().into_iter().enumerate() {
            let mut sums = vec![(0_i64, 0_i64); columns];
            for row in slices.slice_axis(Axis(1), voxels(band, 1)).rows() {
                for (sum, part) in sums.iter_mut().zip(row.axis_chunks_iter(Axis(0), cell[2])) {
                    sum.0 += part.iter().map(|stored| i64::from(*stored)).sum::<i64>();
                    sum.1 += part.len() as i64;
                }
            }
            for (flag, (sum, count)) in flags.iter_mut().zip(sums) {
                *flag = volume.slope * (sum as f32 / count as f32) + volume.intercept > BODY_HU;
            }
        }
    });
    dense
}
