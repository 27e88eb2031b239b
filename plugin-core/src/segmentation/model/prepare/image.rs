//! The network's input, voxel by voxel.

use super::{Placement, normalised};
use crate::geometry::Index;
use crate::segmentation::model::manifest::Normalisation;
use crate::volume::CtVolume;
use ndarray::{Array3, ArrayView3, ArrayViewMut1, Axis, Slice, Zip};

/// Normalised values `[axis 0, axis 1, axis 2]`, axes the network's.
#[derive(Debug)]
pub(in crate::segmentation::model) enum Image<'v> {
    /// The CT's own voxels, which are normalised when they are asked for: no second copy of the CT is needed.
    Stored(Stored<'v>),
    /// Resampled voxels.
    Resampled(Array3<f32>),
}

/// Voxels of a CT as they are stored, in the order of the network's axes.
#[derive(Debug)]
pub(in crate::segmentation::model) struct Stored<'v> {
    voxels: ArrayView3<'v, i16>,
    volume: &'v CtVolume<'v>,
    normalisation: Normalisation,
}

impl<'v> Stored<'v> {
    /// The box of `placement`, which has as many voxels of the network as of the CT.
    pub fn new(volume: &'v CtVolume<'v>, normalisation: Normalisation, placement: &Placement) -> Stored<'v> {
        let mut kept = placement.kept(volume.stored.view());
        (0..3).filter(|axis| placement.turn.reversed[*axis]).for_each(|axis| kept.invert_axis(Axis(axis)));
        Stored { voxels: kept.permuted_axes(placement.turn.to_network([0, 1, 2])), volume, normalisation }
    }

    fn input(&self, stored: i16) -> f32 {
        normalised(self.volume.to_hu(stored), &self.normalisation)
    }
}

impl Image<'_> {
    /// Numbers of voxels.
    pub fn shape(&self) -> Index {
        match self {
            Image::Stored(stored) => stored.voxels.dim().into(),
            Image::Resampled(values) => values.dim().into(),
        }
    }

    /// The value of a voxel.
    pub fn at(&self, index: Index) -> f32 {
        match self {
            Image::Stored(stored) => stored.input(stored.voxels[index]),
            Image::Resampled(values) => values[index],
        }
    }

    /// Writes the values from `first` on, along the last axis, into `out`.
    pub fn line(&self, [i, j, first]: Index, out: &mut [f32]) {
        let mut out = ArrayViewMut1::from(out);
        let there = Slice::from(first..first + out.len());
        match self {
            Image::Stored(stored) => {
                let line = stored.voxels.index_axis(Axis(0), i).index_axis_move(Axis(0), j);
                Zip::from(out).and(line.slice_axis(Axis(0), there)).for_each(|out, voxel| *out = stored.input(*voxel));
            }
            Image::Resampled(values) => {
                let line = values.index_axis(Axis(0), i).index_axis_move(Axis(0), j);
                out.assign(&line.slice_axis(Axis(0), there));
            }
        }
    }
}

#[cfg(test)]
impl Image<'_> {
    /// All values.
    pub fn values(&self) -> Array3<f32> {
        let [a, b, c] = self.shape();
        Array3::from_shape_fn((a, b, c), |(i, j, k)| self.at([i, j, k]))
    }
}
