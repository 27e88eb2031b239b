//! The projection of a vertebra from front to back: the recipe `lumbar-projection/1`. Experimental.
//!
//! No published specification of a lumbar areal density from CT is known to us, and no comparison with DXA was made. Each vertebra
//! is projected along its own anterior axis `a` (final frame of [`super::trabecular`]), so that lordosis and a sideways curve do
//! not foreshorten it; rotation about the long axis is not followed.
//!
//! **Mass** is kept: the mineral content of the projection is that of `whole-vertebra/1`. Areal density = content / area.
//!
//! **Area.** The thickness `T(m, n)` is the number of integers `j` for which the voxel nearest to `c + i s + j a + k l` with
//! `i = m / 4`, `k = n / 4` belongs to `V`; pixels are a quarter of a millimetre wide. Every column `n` is divided into unbroken runs
//! `m1 <= m <= m2` of pixels with `T > 0`. Summed over all runs, with the pixel's area of 1/16 mm2, a pixel counts
//! * 1 between `low = min(m1 + q, mid)` and `high = max(m2 - q, mid)`, both included, where `mid = m1 + floor((m2 - m1) / 2)`;
//! * `min(1, T(m) / T(high))` above, `min(1, T(m) / T(low))` below,
//!
//! where `q` is the extent of a voxel along `s` in pixels: `q = floor(4 (|steps[0].s| + |steps[1].s| + |steps[2].s|) + 0.5)`. An end plate
//! that runs along the rays but not along the voxels is a staircase, whose outermost step would make the vertebra too high by half
//! a voxel at either end; the thickness says how much of the depth has reached that step.
//!
//! **L1 to L4:** sum of contents / sum of areas, as in DXA, over the levels that have both.

use super::frame::{Cells, Frame, HALF};
use crate::geometry::Grid;
use crate::segmentation::StructureMask;
use crate::units::Cm2;
use ndarray::Array2;

pub(super) const METHOD: &str = "lumbar-projection/1";

/// Pixels per millimetre.
const FINENESS: i32 = 4;

/// Area of the projection of `mask`, whose extent is that of `cells`.
pub(super) fn area(mask: &StructureMask, grid: &Grid, frame: &Frame, cells: &Cells) -> Cm2 {
    let thickness = thickness(mask, grid, frame, cells);
    let edge = (f64::from(FINENESS) * frame.voxel_height(grid).0 + 0.5).floor() as usize;
    let pixels: f64 = thickness.columns().into_iter().map(|column| covered(&column.to_vec(), edge)).sum();
    let pixel = 0.01 / f64::from(FINENESS * FINENESS);
    Cm2(pixels * pixel)
}

/// `T`, with `m` along rows.
fn thickness(mask: &StructureMask, grid: &Grid, frame: &Frame, cells: &Cells) -> Array2<f64> {
    let [i_range, j_range, k_range] = [0, 1, 2].map(|axis| cells.range(axis));
    let first = grid.to_index(frame.patient([0.0; 3]));
    let along = |local| {
        let index = grid.to_index(frame.patient(local));
        [0, 1, 2].map(|axis| index[axis] - first[axis])
    };
    let (per_i, per_j, per_k) = (along([1.0, 0.0, 0.0]), along([0.0, 1.0, 0.0]), along([0.0, 0.0, 1.0]));
    let size = |range: &std::ops::Range<i32>| (range.end - range.start) as usize * FINENESS as usize;
    let at = |range: &std::ops::Range<i32>, pixel: usize| f64::from(range.start) + pixel as f64 / f64::from(FINENESS);
    Array2::from_shape_fn((size(&i_range), size(&k_range)), |(m, n)| {
        let (i, k) = (at(&i_range, m), at(&k_range, n));
        let start = [0, 1, 2].map(|axis| first[axis] + i * per_i[axis] + k * per_k[axis] + HALF);
        let inside = |j: &i32| {
            let j = f64::from(*j);
            mask.contains([0, 1, 2].map(|axis| (start[axis] + j * per_j[axis]).floor() as i64))
        };
        j_range.clone().filter(inside).count() as f64
    })
}

/// Pixels of one column that count.
fn covered(column: &[f64], edge: usize) -> f64 {
    let mut sum = 0.0;
    for run in column.chunk_by(|a, b| (*a > 0.0) == (*b > 0.0)) {
        if run[0] > 0.0 {
            let middle = (run.len() - 1) / 2;
            let low = edge.min(middle);
            let high = (run.len() - 1).saturating_sub(edge).max(middle);
            sum += run.iter().enumerate().map(|(m, t)| (t / run[m.clamp(low, high)]).min(1.0)).sum::<f64>();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_counts_half_and_a_sharp_edge_in_full() {
        assert_eq!(covered(&[0.0, 8.0, 8.0, 8.0, 8.0, 8.0, 0.0], 2), 5.0);
        assert_eq!(covered(&[0.0, 2.0, 4.0, 6.0, 8.0, 8.0, 8.0, 8.0, 0.0], 3), 4.0 + 12.0 / 8.0);
        assert_eq!(covered(&[8.0, 0.0, 8.0], 3), 2.0);
    }
}
