//! What each voxel of the network's grid is: structure and side, from classes.

use super::Manifest;
use super::prediction::Prediction;
use super::prepare::Prepared;
use crate::anatomy::{Side, Structure};
use ndarray::Array3;

/// The structures that were found, on the network's grid.
pub(super) struct Instances {
    /// Number of the instance of each voxel, from 1; 0: nothing that is measured.
    pub numbers: Array3<u8>,
    /// What instance `n` is, at `n - 1`.
    pub table: Vec<(Structure, Side)>,
    /// Why the numbering of the vertebrae is in doubt; none: it is not.
    pub numbering: Option<String>,
}

/// Classes as structures, after the manifest's refinements.
pub(super) fn find(prediction: &Prediction, _manifest: &Manifest, _prepared: &Prepared) -> Instances {
    Instances { numbers: Array3::zeros(prediction.grid.shape), table: Vec::new(), numbering: None }
}
