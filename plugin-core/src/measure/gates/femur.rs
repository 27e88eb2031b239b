//! What withholds the values of a femur.

use super::acquisition::THICKNESS_LIMIT;
use super::{Gates, acquisition, out_of_range, position};
use crate::measure::muscle::sided_name;
use crate::report::{Block, GateCode};
use crate::segmentation::StructureMask;
use crate::units::Hu;
use std::ops::RangeInclusive;

/// Means that a total hip can have, from marrow with hardly any bone to a young athlete's.
const HIP_RANGE: RangeInclusive<Hu> = Hu(-150.0)..=Hu(1000.0);

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
        position::laterality(self.labels, self.midline, mask).or_else(|| position::gap(mask)).or_else(too_thick)
    }

    /// What withholds every value of a femur whose part above the distal end of the total hip is `hip`; below it a femur may well
    /// leave the image or carry an implant.
    pub fn hip(&self, hip: &StructureMask) -> Option<Block> {
        let truncated = |block| Block { code: GateCode::FovTrunc, ..block };
        self.near_metal(hip)
            .or_else(|| self.cement(hip))
            .or_else(|| position::border(self.volume.grid.shape, hip).map(truncated))
            .or_else(|| self.outside(hip).map(truncated))
    }

    /// Whether a mean is possible for a total hip.
    pub fn hip_range(&self, mask: &StructureMask, mean: Hu) -> Option<Block> {
        out_of_range(&sided_name(mask), mean, HIP_RANGE)
    }
}
