//! Structures that a model found and left out again: a report that is silent about them reads as if nothing had been there.

use super::muscle::named;
use crate::anatomy::{Side, Structure};
use crate::report::{Block, Finding, GateCode};
use crate::segmentation::Labels;

/// Findings without values for those that `is_meant`, with what is to be said in place of each value.
pub(super) fn findings(labels: &Labels, is_meant: impl Fn(Structure) -> bool) -> impl Iterator<Item = (Finding, Block)> {
    let left_out = labels.doubts.left_out.keys().copied().filter(move |(structure, _)| is_meant(*structure));
    left_out.filter_map(|(structure, side)| Some((Finding::new(structure, side), block(labels, structure, side)?)))
}

/// Why a structure that is not labelled was left out; none where the model did not find it.
pub(super) fn block(labels: &Labels, structure: Structure, side: Side) -> Option<Block> {
    let reason = labels.doubts.left_out.get(&(structure, side))?;
    let is_labelled = labels.masks.iter().any(|mask| (mask.structure, mask.side) == (structure, side));
    (!is_labelled).then(|| Block {
        code: GateCode::NotLabelled,
        reason: format!(
            "the {} was left out: {reason}; a label that somebody drew, as DICOM SEG, would do",
            named(structure, side)
        ),
        found: None,
    })
}
