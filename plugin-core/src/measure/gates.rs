//! What stops a value from being printed, with its figures.
//!
//! | code | rule |
//! |---|---|
//! | `SLICE_THICK` | `t` = the larger of Slice Thickness (0018,0050) and the distance between slices: `t > 3` mm warns; `t > 5` mm withholds the trabecular attenuation, not the volumes nor the muscles |
//! | `BORDER_MASK` | any voxel of the structure is among the three outermost voxels of the image, along any axis: every value of it is withheld |
//! | `METAL` | a 6-connected group of voxels above 2500 HU of more than 100 mm3 has a voxel within 20 mm (centre to centre) of a voxel of the structure; or, for a vertebra, voxels of it above 1500 HU (cement, screws) add up to more than 100 mm3: every value of it is withheld |
//! | `LATERALITY` | a paired structure whose source gives no side; or whose left part does not lie to the left of the right one (centroids, x in LPS): withheld on both sides |
//! | `LEVEL_ORDER` | the centroids of T12, L1, ..., L5 (those labelled) do not descend strictly in z: every value of all lumbar vertebrae is withheld |
//! | `NOT_LABELLED` | the labels hold no such structure |
//! | `BODY_NOT_FOUND`, `ROI_SMALL`, `FOCAL_DENSE` | see [`super::lumbar`]; `FOCAL_DENSE` warns when more than 5 % of a region were left out |

use super::components::components;
use super::muscle::sided_name;
use crate::anatomy::{Side, Structure};
use crate::geometry::{Index, Lps, norm, subtract};
use crate::read::Acquisition;
use crate::report::{GateCode, Quality, Severity};
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Cm3, Hu, Mm, Mm3};
use crate::volume::CtVolume;
use ndarray::Axis;
use rayon::prelude::*;
use std::collections::HashMap;

const THICKNESS_WARNING: Mm = Mm(3.0);
const THICKNESS_LIMIT: Mm = Mm(5.0);
/// Voxels from the border that count as touching it.
const BORDER: usize = 3;
const METAL: Hu = Hu(2500.0);
const CEMENT: Hu = Hu(1500.0);
const LEAST_METAL: Mm3 = Mm3(100.0);
const METAL_REACH: Mm = Mm(20.0);
/// Headers round the thickness: 3.0001 mm is 3 mm.
const ROUNDING: f64 = 1e-3;

/// A value that is withheld.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub code: GateCode,
    pub reason: String,
    pub found: Option<f64>,
}

/// Everything the gates need to know of the study, looked up once.
pub(super) struct Gates {
    shape: Index,
    thickness: Mm,
    metal: MetalMap,
    level_order: Option<Block>,
}

impl Gates {
    pub fn new(volume: &CtVolume, acquisition: &Acquisition, labels: &Labels) -> Gates {
        let spacing = volume.grid.spacing()[0];
        let thickness = Mm(acquisition.slice_thickness.map_or(spacing, |t| t.0.max(spacing)));
        Gates { shape: volume.grid.shape, thickness, metal: MetalMap::find(volume), level_order: level_order(labels) }
    }

    /// Gates that speak about the series as a whole.
    pub fn quality(&self) -> Vec<Quality> {
        let thick = (self.thickness.0 > THICKNESS_WARNING.0 + ROUNDING).then(|| Quality {
            code: GateCode::SliceThick,
            severity: Severity::Warning,
            message: format!(
                "slices are {:.1} mm thick; {:.0} mm or less are wanted for bone",
                self.thickness.0, THICKNESS_WARNING.0
            ),
            found: Some(self.thickness.0),
        });
        thick.into_iter().collect()
    }

    /// Whether slices are too thick for trabecular attenuation.
    pub fn trabecular_thickness(&self) -> Option<Block> {
        (self.thickness.0 > THICKNESS_LIMIT.0 + ROUNDING).then(|| Block {
            code: GateCode::SliceThick,
            reason: format!(
                "slices are {:.1} mm thick; trabecular attenuation needs {:.0} mm or less",
                self.thickness.0, THICKNESS_LIMIT.0
            ),
            found: Some(self.thickness.0),
        })
    }

    /// What withholds every value of a vertebra.
    pub fn vertebra(&self, volume: &CtVolume, mask: &StructureMask) -> Option<Block> {
        self.level_order
            .clone()
            .or_else(|| self.border(mask))
            .or_else(|| self.metal.near(volume, mask))
            .or_else(|| cement(volume, mask))
    }

    /// What withholds every value of a muscle.
    pub fn muscle(&self, volume: &CtVolume, labels: &Labels, mask: &StructureMask) -> Option<Block> {
        laterality(labels, mask).or_else(|| self.border(mask)).or_else(|| self.metal.near(volume, mask))
    }

    fn border(&self, mask: &StructureMask) -> Option<Block> {
        let distance = (0..3)
            .map(|axis| mask.corner[axis].min(self.shape[axis] - mask.corner[axis] - mask.voxels.shape()[axis]))
            .min()
            .unwrap_or(0);
        let lies = match distance {
            0 => "touches the edge of the image".to_owned(),
            n => format!("ends {n} voxels from the edge of the image (at least {BORDER} are needed)"),
        };
        (distance < BORDER).then(|| Block {
            code: GateCode::BorderMask,
            reason: format!("the {} {lies}, so part of it may be missing", sided_name(mask)),
            found: Some(distance as f64),
        })
    }
}

fn cement(volume: &CtVolume, mask: &StructureMask) -> Option<Block> {
    let dense = mask.indices().filter(|index| f64::from(volume.hu(*index)) > CEMENT.0).count();
    let size = Mm3(dense as f64 * volume.grid.voxel_volume().0);
    (size > LEAST_METAL).then(|| Block {
        code: GateCode::Metal,
        reason: format!(
            "{:.2} cm3 of the {} are above {:.0} HU: cement or metal",
            Cm3::from(size).0,
            sided_name(mask),
            CEMENT.0
        ),
        found: Some(Cm3::from(size).0),
    })
}

fn laterality(labels: &Labels, mask: &StructureMask) -> Option<Block> {
    if !mask.structure.paired() {
        return None;
    }
    let block = |reason| Some(Block { code: GateCode::Laterality, reason, found: None });
    let other_side = match mask.side {
        Side::None => return block(format!("the label of the {} does not say which side it is", sided_name(mask))),
        Side::Left => Side::Right,
        Side::Right => Side::Left,
    };
    let other = labels.masks.iter().find(|other| other.structure == mask.structure && other.side == other_side)?;
    let (here, there) = (mask.centroid(&labels.grid)[0], other.centroid(&labels.grid)[0]);
    // LPS: x grows to the patient's left.
    let swapped = (here > there) != (mask.side == Side::Left);
    swapped.then_some(())?;
    block(format!("the {} does not lie on its side of the {}", sided_name(mask), sided_name(other)))
}

fn level_order(labels: &Labels) -> Option<Block> {
    use Structure::{L1, L2, L3, L4, L5, T12};
    let heights: Vec<(Structure, f64)> = [T12, L1, L2, L3, L4, L5]
        .into_iter()
        .filter_map(|level| labels.masks.iter().find(|mask| mask.structure == level))
        .map(|mask| (mask.structure, mask.centroid(&labels.grid)[2]))
        .collect();
    let wrong = heights.windows(2).find(|pair| pair[1].1 >= pair[0].1)?;
    Some(Block {
        code: GateCode::LevelOrder,
        reason: format!("the {} does not lie below the {}", wrong[1].0.english(), wrong[0].0.english()),
        found: None,
    })
}

/// Voxels of metal, sorted into cubes as wide as its reach.
struct MetalMap {
    cubes: HashMap<[i64; 3], Vec<Lps>>,
}

impl MetalMap {
    fn find(volume: &CtVolume) -> MetalMap {
        let mut cubes: HashMap<[i64; 3], Vec<Lps>> = HashMap::new();
        let Some((first, last)) = metal_slices(volume) else { return MetalMap { cubes } };
        let block = volume.stored.slice_axis(Axis(0), (first..=last).into());
        let metal = block.mapv(|stored| f64::from(volume.to_hu(stored)) > METAL.0);
        for group in components(metal.view()) {
            if group.len() as f64 * volume.grid.voxel_volume().0 <= LEAST_METAL.0 {
                continue;
            }
            for [z, y, x] in group {
                let point = volume.grid.to_patient([(z + first) as f64, y as f64, x as f64]);
                cubes.entry(cube(point)).or_default().push(point);
            }
        }
        MetalMap { cubes }
    }

    fn near(&self, volume: &CtVolume, mask: &StructureMask) -> Option<Block> {
        if self.cubes.is_empty() {
            return None;
        }
        let touched = mask.indices().any(|index| self.reaches(volume.grid.to_patient(index.map(|i| i as f64))));
        touched.then(|| Block {
            code: GateCode::Metal,
            reason: format!("metal (above {:.0} HU) lies within {:.0} mm of the {}", METAL.0, METAL_REACH.0, sided_name(mask)),
            found: None,
        })
    }

    fn reaches(&self, point: Lps) -> bool {
        let [x, y, z] = cube(point);
        (-1..=1).any(|dx| {
            (-1..=1).any(|dy| {
                (-1..=1).any(|dz| {
                    self.cubes
                        .get(&[x + dx, y + dy, z + dz])
                        .is_some_and(|points| points.iter().any(|metal| norm(subtract(*metal, point)) <= METAL_REACH.0))
                })
            })
        })
    }
}

fn cube(point: Lps) -> [i64; 3] {
    point.map(|x| (x / METAL_REACH.0).floor() as i64)
}

/// First and last slice with any voxel above the limit.
fn metal_slices(volume: &CtVolume) -> Option<(usize, usize)> {
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
