//! What withholds the values of a femur.

use super::acquisition::THICKNESS_LIMIT;
use super::{CEMENT, Gates, LEAST_CEMENT, acquisition, out_of_range, position};
use crate::geometry::Index;
use crate::measure::muscle::sided_name;
use crate::measure::uncertainty;
use crate::report::{Block, GateCode};
use crate::segmentation::StructureMask;
use crate::units::{Cm3, Hu, Mm, Mm3};
use std::ops::RangeInclusive;

/// Means that a total hip can have, from marrow with hardly any bone to a young athlete's.
const HIP_RANGE: RangeInclusive<Hu> = Hu(-150.0)..=Hu(1000.0);

/// No cortex of a proximal femur is thicker.
const CORTEX: Mm = Mm(8.0);

impl Gates<'_> {
    /// What withholds every value of a femur before landmarks are looked for.
    pub fn femur(&self, mask: &StructureMask) -> Option<Block> {
        let too_thick = || {
            acquisition::too_thick(self.thickness).map(|block| Block {
                reason: format!(
                    "slices are {:.1} mm thick; the projection of a femur needs {:.0} mm or less",
                    self.thickness.0, THICKNESS_LIMIT.0
                ),
                ..block
            })
        };
        position::laterality(self.labels, self.midline, mask)
            .or_else(|| position::gap(mask))
            .or_else(too_thick)
            .or_else(|| uncertainty::block(self.labels, mask))
    }

    /// What withholds every value of a femur whose part above the distal end of the total hip is `hip`; below it a femur may well
    /// leave the image or carry an implant.
    pub fn hip(&self, hip: &StructureMask) -> Option<Block> {
        let truncated = |block| Block { code: GateCode::FovTrunc, ..block };
        self.near_metal(hip)
            .or_else(|| self.cement_inside(hip))
            .or_else(|| position::border(self.labels, hip).map(truncated))
            .or_else(|| self.outside(hip).map(truncated))
    }

    /// Whether a mean is possible for a total hip.
    pub fn hip_range(&self, mask: &StructureMask, mean: Hu) -> Option<Block> {
        out_of_range(&sided_name(mask), mean, HIP_RANGE)
    }

    /// The cortex of a young femur may be as dense as cement, so only what lies deeper is asked.
    fn cement_inside(&self, hip: &StructureMask) -> Option<Block> {
        let deep = self.volume.grid.spacing().map(|spacing| (CORTEX.0 / spacing).ceil() as i64);
        let is_deep = |index: Index| {
            (0..3).all(|axis| {
                [-deep[axis], deep[axis]].into_iter().all(|step| {
                    let mut other = index.map(|i| i as i64);
                    other[axis] += step;
                    hip.contains(other)
                })
            })
        };
        let dense = hip.indices().filter(|index| f64::from(self.volume.hu(*index)) > CEMENT.0 && is_deep(*index)).count();
        let size = Mm3(dense as f64 * self.volume.grid.voxel_volume().0);
        (size > LEAST_CEMENT).then(|| Block {
            code: GateCode::Metal,
            reason: format!(
                "{:.2} cm3 in the depth of the {} are above {:.0} HU: cement or metal",
                Cm3::from(size).0,
                sided_name(hip),
                CEMENT.0
            ),
            found: Some(Cm3::from(size).0),
        })
    }
}
