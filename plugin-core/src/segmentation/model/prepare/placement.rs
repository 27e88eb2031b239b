//! Where the voxels of a network lie among those of a CT.

use super::turn::Turn;
use crate::geometry::{Grid, Index, add_scaled};
use crate::segmentation::extent::Extent;
use crate::segmentation::model::{Manifest, ModelError};
use ndarray::{ArrayView3, Slice};

/// A box of a CT and the numbers of samples that it becomes. Arrays are in the order of the CT's axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::segmentation::model) struct Placement {
    /// How the network's axes lie.
    pub turn: Turn,
    /// First voxel of the box.
    pub corner: Index,
    /// Voxels of the CT along each axis of the box.
    pub before: Index,
    /// Voxels of the network along the same axes.
    pub after: Index,
}

impl Placement {
    /// The box `kept` at the voxel size `target`, given for the CT's axes as `spacing` is.
    pub fn new(turn: Turn, kept: &Extent, spacing: [f64; 3], target: [f64; 3]) -> Placement {
        let before = kept.shape();
        let after = std::array::from_fn(|axis| new_length(before[axis], spacing[axis], target[axis]));
        Placement { turn, corner: kept.first, before, after }
    }

    /// The placement that made the grid `network` of the grid `ct`.
    pub fn between(ct: &Grid, network: &Grid, manifest: &Manifest) -> Result<Placement, ModelError> {
        let turn = Turn::of(ct, manifest)?;
        let after = turn.to_ct(network.shape);
        let (fine, coarse) = (ct.spacing(), turn.to_ct(network.spacing()));
        let first = ct.to_index(network.origin);
        let mut placement = Placement { turn, corner: [0; 3], before: after, after };
        for axis in 0..3 {
            let before = (after[axis] as f64 * coarse[axis] / fine[axis]).round();
            let inside = position(0, before, after[axis]);
            let offset = if turn.reversed[axis] { before - 1.0 - inside } else { inside };
            let corner = (first[axis] - offset).round();
            if !(before >= 1.0 && corner >= 0.0 && corner + before <= ct.shape[axis] as f64) {
                return Err(ModelError::Volume {
                    model: manifest.name.clone(),
                    reason: format!("the network's grid {:?} does not lie in the CT's {:?}", network.shape, ct.shape),
                });
            }
            (placement.before[axis], placement.corner[axis]) = (before as usize, corner as usize);
        }
        Ok(placement)
    }

    /// The voxels of the box, of an array on the CT's grid.
    pub fn kept<'a, T>(&self, on_ct: ArrayView3<'a, T>) -> ArrayView3<'a, T> {
        let mut kept = on_ct;
        kept.slice_each_axis_inplace(|axis| {
            let axis = axis.axis.index();
            Slice::from(self.corner[axis]..self.corner[axis] + self.before[axis])
        });
        kept
    }

    /// The network's grid in the patient; its axes are the network's.
    pub fn grid(&self, ct: &Grid) -> Grid {
        let mut first = [0.0; 3];
        let mut steps = ct.steps;
        for axis in 0..3 {
            let (before, inside) = (self.before[axis] as f64, position(0, self.before[axis] as f64, self.after[axis]));
            let (offset, sign) = if self.turn.reversed[axis] { (before - 1.0 - inside, -1.0) } else { (inside, 1.0) };
            first[axis] = self.corner[axis] as f64 + offset;
            steps[axis] = add_scaled([0.0; 3], ct.steps[axis], sign * before / self.after[axis] as f64);
        }
        Grid { shape: self.turn.to_network(self.after), origin: ct.to_patient(first), steps: self.turn.to_network(steps) }
    }
}

/// Where sample `i` of `after` lies among `before`, in voxels, when the outer edges of both coincide.
pub(in crate::segmentation::model) fn position(i: usize, before: f64, after: usize) -> f64 {
    (i as f64 + 0.5) * (before / after as f64) - 0.5
}

/// `round(spacing / target * length)`, halves to even, as nnU-Net's `compute_new_shape`; at least 1.
fn new_length(length: usize, spacing: f64, target: f64) -> usize {
    ((spacing / target * length as f64).round_ties_even() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::new_length;

    /// `nnunetv2...default_resampling.compute_new_shape((5, 6, 7), (1.5, 2.5, 1.0), (1.0, 1.0, 2.0))` is `[8, 15, 4]`, and with
    /// `(5, 3, 7), (1.5, 1.5, 1.5), (1.0, 1.0, 1.0)` it is `[8, 4, 10]`.
    #[test]
    fn halves_round_to_even() {
        let lengths = |shape: [usize; 3], from: [f64; 3], to: [f64; 3]| [0, 1, 2].map(|a| new_length(shape[a], from[a], to[a]));
        assert_eq!(lengths([5, 6, 7], [1.5, 2.5, 1.0], [1.0, 1.0, 2.0]), [8, 15, 4]);
        assert_eq!(lengths([5, 3, 7], [1.5; 3], [1.0; 3]), [8, 4, 10]);
    }
}
