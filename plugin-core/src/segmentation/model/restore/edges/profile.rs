//! HU across the surface of a bone, and the edges in it.

use super::REACH_MM;
use super::field::{Field, interpolate};
use crate::geometry::Index;
use crate::volume::CtVolume;

/// Distance between samples, millimetres: a third of a fine voxel.
const STEP_MM: f32 = 0.25;

/// The fall of HU is taken between samples this far to both sides, millimetres, or half a voxel where that is more.
const FALL_MM: f32 = 0.75;

/// The heights of an edge are those found this far to both sides, millimetres, or one voxel where that is more: as wide as the blur of
/// a CT, narrower than a joint space and what lies beyond it.
const HEIGHT_MM: f32 = 2.5;

/// Voxels thicker than this say too little about edges to look further, millimetres.
const THICKEST_MM: f32 = 5.0;

/// HU beyond these is gas and metal, whose height would move the edge to them.
const HU_RANGE: [f32; 2] = [-200.0, 2000.0];

/// Edges that are kept of a profile: more than there can be at [`HEIGHT_MM`] from each other.
pub(super) const EDGES: usize = 4;

/// A place where HU falls outwards.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Edge {
    /// Millimetres outside the surface of the mask; negative inside.
    pub position: f32,
    /// By how much HU falls; 0: no edge.
    pub fall: f32,
}

/// Samples from `-(REACH_MM + THICKEST_MM)` to as far outside.
struct Profile {
    hu: Vec<f32>,
    /// First and last sample at which an edge may lie: within reach, and on the way the distance from the surface only grows, which
    /// ends in the middle of a thin plate.
    first: usize,
    last: usize,
    middle: usize,
}

/// The strongest edges across the surface at the voxel `index` of `surface`, which lies near it, strongest first.
pub(super) fn edges(surface: &Field, volume: &CtVolume<'_>, index: Index) -> [Edge; EDGES] {
    let outward = surface.outward(index);
    let mut best = [Edge::default(); EDGES];
    let Some(voxel) = outward.iter().map(|x| x.abs()).reduce(f32::max).filter(|x| *x > 0.0).map(|x| 1.0 / x) else {
        return best;
    };
    let profile = Profile::read(surface, volume, surface.foot(index, outward).1, outward);
    let apart = samples(FALL_MM.max(voxel / 2.0).min(THICKEST_MM / 2.0));
    let window = samples(HEIGHT_MM.max(voxel).min(THICKEST_MM));
    let fall = |sample: usize| profile.hu[sample - apart] - profile.hu[sample + apart];
    for sample in profile.first..=profile.last {
        let here = fall(sample);
        let before = sample > profile.first && fall(sample - 1) > here;
        let after = sample < profile.last && fall(sample + 1) >= here;
        if here <= 0.0 || before || after {
            continue;
        }
        let edge = Edge { position: profile.half_height(sample, window), fall: here };
        if let Some(weakest) = best.last_mut().filter(|weakest| weakest.fall < here) {
            *weakest = edge;
            best.sort_by(|a, b| b.fall.total_cmp(&a.fall));
        }
    }
    best
}

fn samples(length: f32) -> usize {
    (length / STEP_MM).round() as usize
}

impl Profile {
    fn read(surface: &Field, volume: &CtVolume<'_>, foot: [f32; 3], outward: [f32; 3]) -> Profile {
        let middle = samples(REACH_MM + THICKEST_MM) + 1;
        let place = |sample: usize| {
            let along = (sample as f32 - middle as f32) * STEP_MM;
            std::array::from_fn::<f32, 3, _>(|axis| foot[axis] + along * outward[axis])
        };
        let phi = |sample| interpolate(|i| surface.values[i], surface.values.dim().into(), place(sample));
        let hu = |sample| {
            let place = place(sample);
            let in_ct = std::array::from_fn(|axis| place[axis] + surface.corner[axis] as f32);
            interpolate(|i| volume.hu(i).clamp(HU_RANGE[0], HU_RANGE[1]), volume.grid.shape, in_ct)
        };
        // A quarter of the step: where the field is bent, it grows more slowly than the way.
        let grows = |from: f32, to: f32| to - from > 0.25 * STEP_MM;
        let reach = samples(REACH_MM);
        let (mut first, mut at_first) = (middle, phi(middle));
        let (mut last, mut at_last) = (middle, at_first);
        while first > middle - reach {
            let next = phi(first - 1);
            if !grows(next, at_first) {
                break;
            }
            (first, at_first) = (first - 1, next);
        }
        while last < middle + reach {
            let next = phi(last + 1);
            if !grows(at_last, next) {
                break;
            }
            (last, at_last) = (last + 1, next);
        }
        Profile { hu: (0..=2 * middle).map(hu).collect(), first, last, middle }
    }

    /// Where HU falls through the half height of the edge at `sample`, nearest to it, in millimetres outside the surface.
    fn half_height(&self, sample: usize, window: usize) -> f32 {
        let inside = sample.saturating_sub(window).max(self.first)..=sample;
        let outside = sample..=(sample + window).min(self.hu.len() - 1);
        let high = self.hu[inside.clone()].iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let low = self.hu[outside.clone()].iter().copied().fold(f32::INFINITY, f32::min);
        let half = (high + low) / 2.0;
        let start = sample as f32;
        let crossing = (*inside.start()..*outside.end()).filter_map(|i| {
            let (a, b) = (self.hu[i], self.hu[i + 1]);
            (a >= half && b < half).then(|| i as f32 + (a - half) / (a - b))
        });
        let nearest = crossing.min_by(|a, b| (a - start).abs().total_cmp(&(b - start).abs())).unwrap_or(start);
        (nearest - self.middle as f32) * STEP_MM
    }
}
