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
const METAL: Hu = Hu(2500.0);
/// The densest cortical bone has less, so that voxels of one and the same value from here on, the CT's greatest, are what was
/// clipped there, and metal. In a CT that was clipped lower, metal is not told from bone.
const ABOVE_BONE: Hu = Hu(2000.0);
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
    /// What metal has at least.
    pub least: Hu,
    cubes: Cubes,
}

impl MetalMap {
    /// Groups of more than 100 mm3 above 2500 HU, or at the value where the CT was clipped.
    pub fn find(volume: &CtVolume<'_>) -> MetalMap {
        let mut cubes = Cubes::new();
        let greatest = greatest_of_slices(volume);
        let least = least_of_metal(&greatest);
        let is_metal = |hu: f32| f64::from(hu) >= least.0;
        let found = greatest.iter().position(|hu| is_metal(*hu)).zip(greatest.iter().rposition(|hu| is_metal(*hu)));
        let Some((first, last)) = found else { return MetalMap { least, cubes } };
        let block = volume.stored.slice_axis(Axis(0), (first..=last).into());
        let metal = block.mapv(|stored| is_metal(volume.to_hu(stored)));
        for (_, group) in components(metal.view()) {
            if group.len() as f64 * volume.grid.voxel_volume().0 <= LEAST_METAL.0 {
                continue;
            }
            for [z, y, x] in group.into_iter().map(index).filter(|index| on_surface(&metal, *index)) {
                insert(&mut cubes, volume.grid.to_patient([(z + first) as f64, y as f64, x as f64]));
            }
        }
        MetalMap { least, cubes }
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
        MetalMap { least: METAL, cubes }
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

fn greatest_of_slices(volume: &CtVolume<'_>) -> Vec<f32> {
    let slices = volume.stored.axis_iter(Axis(0)).into_par_iter();
    slices.map(|slice| slice.iter().map(|stored| volume.to_hu(*stored)).fold(f32::NEG_INFINITY, f32::max)).collect()
}

/// The value from which on there is metal.
fn least_of_metal(greatest: &[f32]) -> Hu {
    let greatest = f64::from(greatest.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    if (ABOVE_BONE.0..METAL.0).contains(&greatest) { Hu(greatest) } else { METAL }
}
