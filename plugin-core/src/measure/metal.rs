//! Metal, and what lies near it.

use crate::anatomy::Kind;
use crate::geometry::connected::{components, face_neighbours, index};
use crate::geometry::{Grid, Index, Lps, norm, subtract};
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Hu, Mm, Mm3};
use crate::volume::CtVolume;
use ndarray::{Array3, Axis};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What is brighter is metal.
pub(super) const METAL: Hu = Hu(2500.0);
/// Smaller groups are noise or calcification.
const LEAST_METAL: Mm3 = Mm3(100.0);
/// As far as its streaks are feared.
pub(super) const METAL_REACH: Mm = Mm(20.0);
/// Edge of the cubes into which points are sorted.
const CUBE: f64 = 5.0;

/// Points, sorted into cubes, so that most distances need not be computed one by one.
type Cubes = BTreeMap<[i64; 3], Vec<Lps>>;

/// The surface of all metal of a volume.
pub(super) struct MetalMap {
    cubes: Cubes,
}

impl MetalMap {
    /// Groups of more than 100 mm3 above 2500 HU.
    pub fn find(volume: &CtVolume<'_>) -> MetalMap {
        let mut cubes = Cubes::new();
        let Some((first, last)) = metal_slices(volume) else { return MetalMap { cubes } };
        let block = volume.stored.slice_axis(Axis(0), (first..=last).into());
        let metal = block.mapv(|stored| f64::from(volume.to_hu(stored)) > METAL.0);
        for (_, group) in components(metal.view()) {
            if group.len() as f64 * volume.grid.voxel_volume().0 <= LEAST_METAL.0 {
                continue;
            }
            for [z, y, x] in group.into_iter().map(index).filter(|index| on_surface(&metal, *index)) {
                insert(&mut cubes, volume.grid.to_patient([(z + first) as f64, y as f64, x as f64]));
            }
        }
        MetalMap { cubes }
    }

    /// The surfaces of labelled implants, whatever their attenuation.
    pub fn of_implants(labels: &Labels) -> MetalMap {
        let mut cubes = Cubes::new();
        for mask in labels.masks.iter().filter(|mask| mask.structure.kind() == Kind::Implant) {
            let [z0, y0, x0] = mask.corner;
            for index in mask.indices().filter(|[z, y, x]| on_surface(&mask.voxels, [z - z0, y - y0, x - x0])) {
                insert(&mut cubes, labels.grid.to_patient(index.map(|i| i as f64)));
            }
        }
        MetalMap { cubes }
    }

    /// Whether a voxel of metal lies within 20 mm of a voxel of `mask`.
    pub fn is_near(&self, grid: &Grid, mask: &StructureMask) -> bool {
        if self.cubes.is_empty() {
            return false;
        }
        let mut structure = Cubes::new();
        for index in mask.indices() {
            insert(&mut structure, grid.to_patient(index.map(|i| i as f64)));
        }
        structure.iter().any(|(here, points)| {
            self.cubes.iter().any(|(there, metal)| {
                let (nearest, farthest) = distances(*here, *there);
                farthest <= METAL_REACH.0 || (nearest <= METAL_REACH.0 && any_within_reach(points, metal))
            })
        })
    }
}

fn insert(cubes: &mut Cubes, point: Lps) {
    cubes.entry(point.map(|x| (x / CUBE).floor() as i64)).or_default().push(point);
}

/// Least and greatest distance between points of two cubes.
fn distances(a: [i64; 3], b: [i64; 3]) -> (f64, f64) {
    let (mut least, mut greatest) = (0.0, 0.0);
    for axis in 0..3 {
        let apart = a[axis].abs_diff(b[axis]) as f64;
        least += ((apart - 1.0).max(0.0) * CUBE).powi(2);
        greatest += ((apart + 1.0) * CUBE).powi(2);
    }
    (least.sqrt(), greatest.sqrt())
}

fn any_within_reach(points: &[Lps], metal: &[Lps]) -> bool {
    points.iter().any(|point| metal.iter().any(|other| norm(subtract(*point, *other)) <= METAL_REACH.0))
}

/// Whether a neighbour by a face is not metal, or lies outside the block.
fn on_surface(metal: &Array3<bool>, index: Index) -> bool {
    face_neighbours(index, metal.dim().into()).any(|neighbour| neighbour.is_none_or(|neighbour| !metal[neighbour]))
}

/// First and last slice with any voxel above the limit.
fn metal_slices(volume: &CtVolume<'_>) -> Option<(usize, usize)> {
    let with_metal: Vec<usize> = volume
        .stored
        .axis_iter(Axis(0))
        .into_par_iter()
        .enumerate()
        .filter(|(_, slice)| slice.iter().any(|stored| f64::from(volume.to_hu(*stored)) > METAL.0))
        .map(|(z, _)| z)
        .collect();
    Some((*with_metal.first()?, *with_metal.last()?))
}
