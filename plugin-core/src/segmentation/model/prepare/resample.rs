//! The whole image, axis by axis, from the stored integers: the CT is never held as floats at its own resolution.

use super::image::{Image, Stored};
use super::sample::{Room, Sampling};
use super::{Placement, Protocol, normalised};
use crate::segmentation::model::Manifest;
use crate::volume::CtVolume;
use ndarray::parallel::prelude::*;
use ndarray::{Array3, ArrayViewMut2, Axis};

/// The box of `placement`, normalised, at the network's voxel size `target` (along the CT's axes); axes are the network's.
pub(super) fn resample<'v>(
    volume: &'v CtVolume<'v>,
    manifest: &Manifest,
    protocol: Protocol,
    placement: &Placement,
    target: [f64; 3],
) -> Image<'v> {
    let spacing = volume.grid.spacing();
    let nearest = protocol.nearest_axis(spacing, target);
    let samplings = [0, 1, 2].map(|axis| {
        let (before, after) = (placement.before[axis], placement.after[axis]);
        let reversed = placement.turn.reversed[axis];
        match protocol {
            _ if nearest == Some(axis) => Sampling::nearest(before, after, reversed),
            Protocol::NnUnet => Sampling::cubic(before, after, reversed),
            Protocol::LowPass => Sampling::cubic(before, after, reversed).with_low_pass(spacing[axis], target[axis]),
        }
    });
    if samplings.iter().all(Sampling::is_identity) {
        return Image::Stored(Stored::new(volume, manifest.normalisation, placement));
    }
    let planes = in_planes(volume, manifest, placement, &samplings);
    let limits = Limits::of(volume, manifest, placement, nearest.map(|axis| (axis, samplings[axis].sources())));
    Image::Resampled(across_planes(planes, placement, &samplings[0], &limits))
}

/// Rows and columns of every slice of the box.
fn in_planes(volume: &CtVolume<'_>, manifest: &Manifest, placement: &Placement, samplings: &[Sampling; 3]) -> Array3<f32> {
    let [_, rows, columns] = samplings;
    let ([slices, _, width], [_, height, _]) = (placement.before, placement.after);
    let mut planes = Array3::zeros([slices, height, columns.after()]);
    let kept = placement.kept(volume.stored.view());
    let input = |stored: i16| normalised(volume.to_hu(stored), &manifest.normalisation);
    let work = |(along, across, turned): &mut (Room, Room, Vec<f32>), (slice, mut plane): (usize, ArrayViewMut2<f32>)| {
        turned.resize(width * height, 0.0);
        let source = kept.index_axis(Axis(0), slice);
        let fill = |y: usize, line: &mut [f32]| {
            line.iter_mut().zip(source.row(y)).for_each(|(out, stored)| *out = input(*stored));
        };
        // Columns become rows, so that both directions work on many lines at once.
        rows.run(width, along, fill, |y, line| {
            line.iter().enumerate().for_each(|(x, value)| turned[x * height + y] = *value);
        });
        let fill = |x: usize, line: &mut [f32]| line.copy_from_slice(&turned[x * height..(x + 1) * height]);
        columns.run(height, across, fill, |x, line| {
            plane.column_mut(x).iter_mut().zip(line).for_each(|(out, value)| *out = *value)
        });
    };
    planes.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each_init(Default::default, work);
    planes
}

/// The remaining axis, clipped, and the axes brought into the network's order.
fn across_planes(planes: Array3<f32>, placement: &Placement, slices: &Sampling, limits: &Limits) -> Array3<f32> {
    let (_, _, width) = planes.dim();
    let mut image = Array3::zeros(placement.turn.to_network(placement.after));
    let mut in_order_of_ct = image.view_mut().permuted_axes(placement.turn.to_ct([0, 1, 2]));
    in_order_of_ct.axis_iter_mut(Axis(1)).into_par_iter().enumerate().for_each_init(Room::default, |room, (y, mut plane)| {
        let lines = planes.index_axis(Axis(1), y);
        let fill = |z: usize, line: &mut [f32]| line.iter_mut().zip(lines.row(z)).for_each(|(out, value)| *out = *value);
        slices.run(width, room, fill, |z, line| {
            for (x, (out, value)) in plane.row_mut(z).iter_mut().zip(line).enumerate() {
                let [low, high] = limits.at([z, y, x]);
                *out = value.max(low).min(high);
            }
        });
    });
    image
}

/// Lowest and highest input; of each plane for itself where planes are resampled one by one, because nnU-Net clips what it resamples.
struct Limits {
    axis: usize,
    planes: Vec<[f32; 2]>,
}

impl Limits {
    /// `separate`: the axis along which planes are resampled one by one, and for each plane after the one before that it comes from.
    fn of(volume: &CtVolume<'_>, manifest: &Manifest, placement: &Placement, separate: Option<(usize, Vec<usize>)>) -> Limits {
        let kept = placement.kept(volume.stored.view());
        let input = |stored: i16| normalised(volume.to_hu(stored), &manifest.normalisation);
        let axis = separate.as_ref().map_or(0, |(axis, _)| *axis);
        let of_planes: Vec<[i16; 2]> = kept.axis_iter(Axis(axis)).into_par_iter().map(|plane| extremes(plane.iter())).collect();
        let limits = |[a, b]: [i16; 2]| if input(a) <= input(b) { [input(a), input(b)] } else { [input(b), input(a)] };
        let planes = match separate {
            Some((_, sources)) => sources.iter().map(|source| limits(of_planes[*source])).collect(),
            None => vec![limits(extremes(of_planes.iter().flatten())); placement.after[0]],
        };
        Limits { axis, planes }
    }

    fn at(&self, index: [usize; 3]) -> [f32; 2] {
        self.planes[index[self.axis]]
    }
}

fn extremes<'a>(values: impl Iterator<Item = &'a i16>) -> [i16; 2] {
    values.fold([i16::MAX, i16::MIN], |[low, high], value| [low.min(*value), high.max(*value)])
}
