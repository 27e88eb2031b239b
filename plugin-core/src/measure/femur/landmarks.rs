//! Landmarks of the proximal femur from its mask.

use super::Landmarks;
use crate::geometry::Grid;
use crate::report::Block;
use crate::segmentation::StructureMask;

/// Landmarks of a left femur whose mask lies on `grid`; a block where one of them is not plausible.
pub(super) fn find(_grid: &Grid, _mask: &StructureMask) -> Result<Landmarks, Block> {
    unimplemented!()
}
