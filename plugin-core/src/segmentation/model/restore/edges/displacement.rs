//! How far the surface of a bone moves, from what its profiles found.

use super::FAR_MM;
use super::distance::blur;
use super::field::Field;
use super::profile::{EDGES, Edge, edges};
use crate::geometry::Index;
use crate::volume::CtVolume;
use ndarray::Array3;

/// An edge is sought around where it is expected, then around where its neighbours found theirs: standard deviation of that
/// expectation, and of the Gaussian over neighbours, millimetres. A network of 3 mm is mostly right to 2 mm.
const ROUNDS: [(f32, f32); 2] = [(2.0, 2.0), (1.0, 1.0)];

/// The fall of HU at which an edge counts half. Between soft tissue and the thinnest cortex it is some 60 HU; noise makes 20 to 40.
const HALF_WEIGHT_HU: f32 = 40.0;

/// Weight of the surface as it is, against 1 for a clear edge.
const STAY_WEIGHT: f32 = 0.1;

/// Profiles are read from voxels this near to the surface, in voxels along their longest side.
const SHELL_VOXELS: f32 = 0.75;

/// Displacement in millimetres outwards, at the voxels of `surface` that lie near it; elsewhere 0.
pub(super) fn displacement(surface: &Field, volume: &CtVolume<'_>) -> Array3<f32> {
    let thick = SHELL_VOXELS * (0..3).map(|axis| surface.metric.spacing(axis)).fold(0.0, f32::max);
    let shell: Vec<(Index, [Edge; EDGES])> = surface
        .values
        .indexed_iter()
        .filter(|(_, phi)| phi.abs() <= thick)
        .map(|(index, _)| (index.into(), edges(surface, volume, index.into())))
        .collect();
    let near = surface.values.mapv(|phi| phi.abs() < FAR_MM);
    let mut moved = Array3::zeros(surface.values.raw_dim());
    for (around, smoothing) in ROUNDS {
        let mut weights = Array3::zeros(surface.values.raw_dim());
        let mut sums = Array3::zeros(surface.values.raw_dim());
        for (index, edges) in &shell {
            let edge = likeliest(edges, moved[*index], around);
            let weight = edge.fall.powi(2) / (edge.fall.powi(2) + HALF_WEIGHT_HU.powi(2));
            weights[*index] = weight + STAY_WEIGHT;
            sums[*index] = weight * edge.position;
        }
        moved = blur(&sums, &near, &surface.metric, smoothing);
        let weights = blur(&weights, &near, &surface.metric, smoothing);
        moved.zip_mut_with(&weights, |sum, weight| *sum = if *weight > 1e-6 { *sum / weight } else { 0.0 });
    }
    moved
}

fn likeliest(edges: &[Edge; EDGES], expected: f32, around: f32) -> Edge {
    let score = |edge: &Edge| edge.fall * (-0.5 * ((edge.position - expected) / around).powi(2)).exp();
    edges.iter().copied().reduce(|a, b| if score(&b) > score(&a) { b } else { a }).unwrap_or_default()
}
