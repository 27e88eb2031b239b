//! What stops a value from being printed, with its figures.
//!
//! | code | rule |
//! |---|---|
//! | `SLICE_THICK` | `t` = the larger of Slice Thickness (0018,0050) and the distance between slices: `t > 3` mm warns; `t > 5` mm withholds the trabecular attenuation and the femora, not the volumes nor the muscles |
//! | `BORDER_MASK` | any voxel of the structure is among the three outermost voxels of the image, along any axis; or more than 0.1 % of its voxels are at -1024 HU or below, which is outside the scanned field of view: every value of it is withheld |
//! | `METAL` | a 6-connected group of voxels above 2500 HU of more than 100 mm3 has a voxel within 20 mm (centre to centre) of a voxel of the structure; or, for a vertebra, voxels of it above 1500 HU (cement, screws) add up to more than 100 mm3; for a femur likewise, but only voxels that have others of it 8 mm away in all six directions along the axes of the image; or, for a femur, a voxel labelled as hip implant lies within 20 mm of it. Of a femur only the part above the distal end of the total hip is looked at: every value of it is withheld |
//! | `FOV_TRUNC` | as `BORDER_MASK`, for the part of a femur above the distal end of the total hip; below it a femur may leave the image |
//! | `LATERALITY` | a paired structure whose source gives no side; or whose centroid lies, by x in LPS, not on its side of its twin's; or not on its side of the midline (the mean of the centroids of T12, L1, ..., L5 and sacrum, where any is labelled); or which shares more than 10 % of its voxels with its twin: withheld |
//! | `LEVEL_ORDER` | the centroids of T12, L1, ..., L5 (those labelled) do not descend strictly in z: every value of all lumbar vertebrae is withheld |
//! | `HU_RANGE` | the mean is outside -150 to 150 HU (muscle), -150 to 800 HU (trabecular bone) or -150 to 1000 HU (total hip): the stored values are not Hounsfield units, or the label is not that structure; every value of the muscle, or of the region, is withheld |
//! | `LABEL_GAP` | the label lacks slices, and more than 1 % of its voxels lie on either side of them: every value of it is withheld |
//! | `LABEL_CONTRADICTION` | code, label or side of a segment contradict each other: warns, and the segment is not used |
//! | `CONTRAST` | Contrast/Bolus Agent (0018,0010) is stated: warns that attenuation is raised |
//! | `KVP` | KVP (0018,0060) is not 120 kV, or not stated: warns that HU are not comparable |
//! | `KERNEL` | Convolution Kernel (0018,1210) is a sharp one (bone, lung, edge): warns that noise is raised |
//! | `LABELS_NOT_USED` | other SEG series segment the same CT: warns, naming them |
//! | `NOT_LABELLED` | the labels hold no such structure |
//! | `BODY_NOT_FOUND`, `ROI_SMALL`, `FOCAL_DENSE` | see [`super::lumbar`]; `FOCAL_DENSE` warns when more than 5 % of a region were left out |

mod acquisition;
mod femur;
mod position;

use super::metal::{METAL, METAL_REACH, MetalMap};
use super::muscle::sided_name;
use crate::read::Acquisition;
use crate::report::{Block, GateCode, Quality, Severity};
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Cm3, Hu, Mm, Mm3};
use crate::volume::CtVolume;
use std::ops::RangeInclusive;

const CEMENT: Hu = Hu(1500.0);
const LEAST_CEMENT: Mm3 = Mm3(100.0);
/// The lowest value that scanners give to what they measured; padding lies at or below it.
const FIELD_OF_VIEW: Hu = Hu(-1024.0);
/// More of a structure than this being outside the field of view is no stray voxel.
const OUTSIDE_SHARE: f64 = 0.001;
/// Means that muscle can have, atrophied or enhanced.
const MUSCLE_RANGE: RangeInclusive<Hu> = Hu(-150.0)..=Hu(150.0);
/// Means that trabecular bone can have, fatty or sclerotic.
const TRABECULAR_RANGE: RangeInclusive<Hu> = Hu(-150.0)..=Hu(800.0);

/// Everything the gates need to know of the study, looked up once.
pub(super) struct Gates<'a> {
    volume: &'a CtVolume,
    labels: &'a Labels,
    thickness: Mm,
    metal: MetalMap,
    level_order: Option<Block>,
    midline: Option<f64>,
    quality: Vec<Quality>,
}

impl<'a> Gates<'a> {
    pub fn new(volume: &'a CtVolume, acquisition: &Acquisition, labels: &'a Labels) -> Gates<'a> {
        let thickness = acquisition::thickness(volume, acquisition);
        let mut quality = acquisition::quality(thickness, acquisition);
        quality.extend(labels.contradictions.iter().map(|sentence| Quality {
            code: GateCode::LabelContradiction,
            severity: Severity::Warning,
            message: format!("a segment is not used: {sentence}"),
            found: None,
        }));
        Gates {
            volume,
            labels,
            thickness,
            metal: MetalMap::find(volume),
            level_order: position::level_order(labels),
            midline: position::midline(labels),
            quality,
        }
    }

    /// Gates that speak about the series as a whole.
    pub fn quality(&self) -> Vec<Quality> {
        self.quality.clone()
    }

    /// Whether slices are too thick for trabecular attenuation.
    pub fn trabecular_thickness(&self) -> Option<Block> {
        acquisition::too_thick(self.thickness)
    }

    /// What withholds every value of a vertebra.
    pub fn vertebra(&self, mask: &StructureMask) -> Option<Block> {
        self.level_order.clone().or_else(|| self.any_structure(mask)).or_else(|| self.cement(mask))
    }

    /// What withholds every value of a muscle.
    pub fn muscle(&self, mask: &StructureMask) -> Option<Block> {
        position::laterality(self.labels, self.midline, mask).or_else(|| self.any_structure(mask))
    }

    fn any_structure(&self, mask: &StructureMask) -> Option<Block> {
        position::border(self.volume.grid.shape, mask)
            .or_else(|| position::gap(mask))
            .or_else(|| self.outside(mask))
            .or_else(|| self.near_metal(mask))
    }

    /// Whether a mean is possible for muscle.
    pub fn muscle_range(mask: &StructureMask, mean: Hu) -> Option<Block> {
        out_of_range(&sided_name(mask), mean, MUSCLE_RANGE)
    }

    /// Whether a mean is possible for trabecular bone.
    pub fn trabecular_range(name: &str, mean: Hu) -> Option<Block> {
        out_of_range(&format!("trabecular bone of the {name}"), mean, TRABECULAR_RANGE)
    }

    fn outside(&self, mask: &StructureMask) -> Option<Block> {
        let outside = mask.indices().filter(|index| f64::from(self.volume.hu(*index)) <= FIELD_OF_VIEW.0).count();
        let share = outside as f64 / mask.count() as f64;
        (share > OUTSIDE_SHARE).then(|| Block {
            code: GateCode::BorderMask,
            reason: format!(
                "{:.1} % of the {} are at {:.0} HU or below, outside the scanned field of view",
                share * 100.0,
                sided_name(mask),
                FIELD_OF_VIEW.0
            ),
            found: Some(share * 100.0),
        })
    }

    fn near_metal(&self, mask: &StructureMask) -> Option<Block> {
        self.metal.is_near(&self.volume.grid, mask).then(|| Block {
            code: GateCode::Metal,
            reason: format!("metal (above {:.0} HU) lies within {:.0} mm of the {}", METAL.0, METAL_REACH.0, sided_name(mask)),
            found: None,
        })
    }

    fn cement(&self, mask: &StructureMask) -> Option<Block> {
        let dense = mask.indices().filter(|index| f64::from(self.volume.hu(*index)) > CEMENT.0).count();
        let size = Mm3(dense as f64 * self.volume.grid.voxel_volume().0);
        (size > LEAST_CEMENT).then(|| Block {
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
}

fn out_of_range(name: &str, mean: Hu, range: RangeInclusive<Hu>) -> Option<Block> {
    (!range.contains(&mean)).then(|| Block {
        code: GateCode::HuRange,
        reason: format!(
            "the mean of the {name} is {:.1}, outside {:.0} to {:.0} HU: the image may not be in Hounsfield units, or the label wrong",
            mean.0,
            range.start().0,
            range.end().0
        ),
        found: Some(mean.0),
    })
}
