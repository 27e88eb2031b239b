//! From the network's grid back to the voxels of the CT.

mod edges;

use super::instances::Instances;
use super::prediction::Prediction;
use super::{Manifest, ModelError, Refinement};
use crate::progress::Progress;
use crate::segmentation::StructureMask;
use crate::volume::CtVolume;

/// The masks of all instances on the grid of the CT.
pub(super) fn masks(
    _prediction: &Prediction,
    _instances: &Instances,
    volume: &CtVolume,
    manifest: &Manifest,
    progress: Progress<'_>,
) -> Result<Vec<StructureMask>, ModelError> {
    let mut masks = Vec::new();
    if manifest.refinements.contains(&Refinement::BoneEdges) {
        edges::refine(&mut masks, volume, progress)?;
    }
    Ok(masks)
}
