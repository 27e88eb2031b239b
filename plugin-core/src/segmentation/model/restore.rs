//! From the network's grid back to the voxels of the CT.
//!
//! 1. The scores of every group of classes ([`groups`]) are resampled to the voxels of the CT and rounded to half precision; the group
//!    with the highest score, the first of equals, is the voxel's ([`winners`]). As nnU-Net does
//!    (`resample_data_or_seg_to_shape(order=1, order_z=0)`, then `argmax`), but voxel by voxel, so that scores never exist at the CT's
//!    resolution.
//! 2. Without refinements a class is its structure and side. With refinements the voxel becomes what the nearest voxel of the
//!    network's grid is that is an instance which the group may become, at most two voxels away, else nothing; nothing too where the
//!    nearest is one of the group that was left out ([`nearby`]).
//! 3. Voxels outside the box that the network saw are nothing.
//! 4. Where the manifest asks for it, the edges of bones are found again in the CT, if it is finer than the network's grid ([`edges`]).

mod edges;
mod groups;
mod nearby;
mod winners;

use super::instances::Instances;
use super::prediction::Prediction;
use super::prepare::Placement;
use super::window::Sink;
use super::{Manifest, Model, ModelError, Refinement};
use crate::anatomy::{Side, Structure};
use crate::geometry::Grid;
use crate::progress::{Progress, Stage};
use crate::segmentation::StructureMask;
use crate::segmentation::extent::{Extent, extents_of_labels};
use crate::volume::CtVolume;
use groups::Groups;
use ndarray::parallel::prelude::*;
use ndarray::{Array3, Axis, Slice};
use std::collections::BTreeMap;
use winners::Winners;

/// Share of the stage that is done before.
const BEFORE: f32 = 0.97;

/// The masks of all instances on the grid of the CT, in the order of [`Structure`] and [`Side`].
pub(super) fn masks(
    prediction: &Prediction,
    instances: &Instances,
    volume: &CtVolume<'_>,
    manifest: &Manifest,
    progress: Progress<'_>,
) -> Result<Vec<StructureMask>, ModelError> {
    progress.report(Stage::Segment, BEFORE)?;
    let placement = Placement::between(&volume.grid, &prediction.grid, manifest)?;
    let groups = Groups::new(manifest, &instances.table);
    let mut winners = Winners::new(&groups, &placement, volume, manifest);
    winners.take(0, prediction.scores.view());
    let mut numbers = winners.numbers();
    let table = if manifest.refinements.is_empty() {
        groups.rename(&mut numbers, manifest)
    } else {
        nearby::become_instances(&mut numbers, &groups, instances, &placement);
        instances.table.clone()
    };
    let mut masks = cut_out(&numbers, &table, placement.corner);
    drop(numbers);
    if manifest.refinements.contains(&Refinement::BoneEdges) && edges::shows_more(&volume.grid, manifest.spacing_mm) {
        edges::refine(&mut masks, volume, progress)?;
    }
    progress.report(Stage::Segment, 1.0)?;
    Ok(masks)
}

/// Whether the planes of what `model` says may become masks one by one, and its scores need not be kept: nothing but the scores at
/// a voxel decides what it is, no other network's are added, and planes come in the order of the slices.
pub(super) fn goes_by_planes(model: &Model, network: &Grid, volume: &CtVolume<'_>) -> Result<bool, ModelError> {
    let Model { manifest, networks, .. } = model;
    let placement = Placement::between(&volume.grid, network, manifest)?;
    let in_order = placement.turn.to_ct([0, 1, 2])[0] == 0;
    Ok(in_order && networks.len() == 1 && manifest.dropout.is_none() && manifest.refinements.is_empty())
}

/// As [`masks`], of what `run` says on the grid `network`, plane by plane, where [`goes_by_planes`].
pub(super) fn masks_by_planes(
    network: &Grid,
    volume: &CtVolume<'_>,
    manifest: &Manifest,
    run: impl FnOnce(&mut Sink<'_>) -> Result<(), ModelError>,
) -> Result<Vec<StructureMask>, ModelError> {
    let placement = Placement::between(&volume.grid, network, manifest)?;
    let groups = Groups::new(manifest, &[]);
    let mut winners = Winners::new(&groups, &placement, volume, manifest);
    run(&mut |planes| {
        winners.take(planes.first, planes.scores);
        Ok(())
    })?;
    let mut numbers = winners.numbers();
    let table = groups.rename(&mut numbers, manifest);
    Ok(cut_out(&numbers, &table, placement.corner))
}

/// One mask per entry of `table` that has voxels; `numbers` lies at `corner` of the CT and counts the entries from 1.
fn cut_out(numbers: &Array3<u8>, table: &[(Structure, Side)], corner: [usize; 3]) -> Vec<StructureMask> {
    let columns = numbers.dim().2;
    let extents = numbers
        .axis_iter(Axis(0))
        .into_par_iter()
        .enumerate()
        .map(|(slice, plane)| plane.as_slice().map_or_else(BTreeMap::new, |plane| extents_of_labels(plane, slice, columns)))
        .reduce(BTreeMap::new, |mut known, others| {
            for (number, extent) in others {
                known.entry(number).and_modify(|known: &mut Extent| *known = known.union(extent)).or_insert(extent);
            }
            known
        });
    let found = extents.into_iter().filter_map(|(number, extent)| {
        let (structure, side) = *table.get(usize::from(number).checked_sub(1)?)?;
        let there = numbers.slice_each_axis(|axis| Slice::from(extent.range(axis.axis.index())));
        let voxels = there.mapv(|other| u16::from(other) == number);
        let corner = [0, 1, 2].map(|axis| corner[axis] + extent.first[axis]);
        Some(StructureMask { structure, side, corner, voxels, segments: Vec::new() })
    });
    let mut masks: Vec<StructureMask> = found.collect();
    masks.sort_by_key(|mask| (mask.structure, mask.side));
    masks
}

#[cfg(test)]
mod tests;
