//! Shapes to voxels: each voxel is what lies at its centre, so labels and CT numbers agree exactly.

use super::PhantomSettings;
use super::scene::{AIR, Shape};
use crate::anatomy::{Side, Structure};
use crate::geometry::{Grid, Index};
use crate::random::Noise;
use crate::segmentation::StructureMask;
use ndarray::{Array3, ArrayViewMut2, Axis, Slice};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The image covers this box around x = 0: right to left, front to back, feet to head, in millimetres.
const FIELD: [f64; 3] = [372.0, 270.0, 470.0];
const FRONT: f64 = -125.0;
/// Enough of the femoral shafts lies above it for every landmark.
const BOTTOM: f64 = -90.0;

/// No shape.
const NOTHING: u16 = 0;

/// The grid of the image. With a gantry tilt the slices lean and the table still moves along z, which shears the grid.
pub(super) fn grid(settings: &PhantomSettings) -> Grid {
    let [width, depth, height] = FIELD;
    let (pixel, slice) = (settings.pixel_spacing_mm, settings.slice_spacing_mm);
    let (tilt_sine, tilt_cosine) = settings.tilt_degrees.to_radians().sin_cos();
    let (turn_sine, turn_cosine) = settings.oblique_degrees.to_radians().sin_cos();
    // Leaning slices need a longer way to cover the same patient.
    let slices = ((height + depth * tilt_sine.abs()) / slice).round() as usize;
    // Even, so that the plane x = 0 lies between two columns and a mirrored phantom is an exact mirror image.
    let columns = 2 * (width / pixel / 2.0).round() as usize;
    let rows = (depth / pixel).round() as usize;
    let along_row = [turn_cosine, turn_sine, 0.0];
    let along_column = [-turn_sine * tilt_cosine, turn_cosine * tilt_cosine, tilt_sine];
    let mut grid = Grid {
        shape: [slices, rows, columns],
        origin: [0.0; 3],
        steps: [[0.0, 0.0, slice], along_column.map(|c| c * pixel), along_row.map(|c| c * pixel)],
    };
    let middle = grid.to_patient([(slices - 1) as f64 / 2.0, (rows - 1) as f64 / 2.0, (columns - 1) as f64 / 2.0]);
    let wanted = [0.0, FRONT + depth / 2.0, BOTTOM + (height - slice) / 2.0];
    grid.origin = crate::geometry::subtract(wanted, middle);
    grid
}

/// Which shape each voxel shows: 0 for air, else its place in `shapes` counted from 1.
pub(super) fn paint(grid: &Grid, shapes: &[Shape]) -> Array3<u16> {
    let boxes: Vec<_> = shapes.iter().map(|shape| index_box(grid, shape)).collect();
    let mut painted = Array3::from_elem(grid.shape, NOTHING);
    painted.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(slice, mut plane)| {
        for (number, (shape, bounds)) in (1u16..).zip(shapes.iter().zip(&boxes)) {
            if (bounds[0][0]..bounds[0][1]).contains(&slice) {
                paint_slice(grid, shape, bounds, slice, number, &mut plane);
            }
        }
    });
    painted
}

fn paint_slice(
    grid: &Grid,
    shape: &Shape,
    bounds: &[[usize; 2]; 3],
    slice: usize,
    number: u16,
    plane: &mut ArrayViewMut2<'_, u16>,
) {
    for row in bounds[1][0]..bounds[1][1] {
        for column in bounds[2][0]..bounds[2][1] {
            if shape.placed.contains(grid.to_patient([slice as f64, row as f64, column as f64])) {
                plane[[row, column]] = number;
            }
        }
    }
}

/// First and past-the-last index along each axis that the shape can reach.
fn index_box(grid: &Grid, shape: &Shape) -> [[usize; 2]; 3] {
    let corners = shape.placed.corners().map(|corner| grid.to_index(corner));
    std::array::from_fn(|axis| {
        let along = corners.map(|corner| corner[axis]);
        let first = along.iter().copied().fold(f64::INFINITY, f64::min).floor().max(0.0);
        let last = along.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil().max(-1.0);
        [(first as usize).min(grid.shape[axis]), (last as usize + 1).min(grid.shape[axis])]
    })
}

/// CT numbers in HU, with noise of `sd` HU.
pub(super) fn ct_numbers(painted: &Array3<u16>, shapes: &[Shape], sd: f64, seed: u64) -> Array3<i16> {
    let mut hu = painted.mapv(|number| shape_of(shapes, number).map_or(AIR, |shape| shape.hu));
    if sd > 0.0 {
        hu.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(slice, mut plane)| {
            let mut noise = Noise::stream(seed, slice);
            plane.mapv_inplace(|value| (f64::from(value) + sd * noise.normal()).round() as i16);
        });
    }
    hu
}

/// The shape a voxel shows.
pub(super) fn shape_of(shapes: &[Shape], number: u16) -> Option<&Shape> {
    usize::from(number).checked_sub(1).and_then(|i| shapes.get(i))
}

/// One mask per structure and side.
pub(super) fn masks(painted: &Array3<u16>, shapes: &[Shape]) -> Vec<StructureMask> {
    let mut bounds: BTreeMap<(Structure, Side), [[usize; 2]; 3]> = BTreeMap::new();
    for ((slice, row, column), &number) in painted.indexed_iter() {
        if let Some(label) = shape_of(shapes, number).and_then(|shape| shape.label) {
            let index = [slice, row, column];
            let seen = bounds.entry(label).or_insert(index.map(|i| [i, i + 1]));
            for (range, i) in seen.iter_mut().zip(index) {
                *range = [range[0].min(i), range[1].max(i + 1)];
            }
        }
    }
    bounds.into_iter().map(|((structure, side), bounds)| mask(painted, shapes, structure, side, bounds)).collect()
}

fn mask(painted: &Array3<u16>, shapes: &[Shape], structure: Structure, side: Side, bounds: [[usize; 2]; 3]) -> StructureMask {
    let corner: Index = bounds.map(|[first, _]| first);
    let voxels = painted
        .slice_each_axis(|axis| {
            let [first, end] = bounds[axis.axis.index()];
            Slice::from(first..end)
        })
        .mapv(|number| shape_of(shapes, number).is_some_and(|shape| shape.label == Some((structure, side))));
    StructureMask { structure, side, corner, voxels, segments: Vec::new() }
}
