//! Where labels lie: at the border, on the right side, in the right order, without holes.

use crate::anatomy::{Side, Structure};
use crate::measure::muscle::sided_name;
use crate::measure::uncertainty;
use crate::report::Block;
use crate::report::GateCode;
use crate::segmentation::{LabelOrigin, Labels, StructureMask};
use crate::units::Mm;

/// Voxels from the border that count as touching it.
const BORDER: usize = 3;
/// Likewise of a model's label: one that works on 3 mm may miss the outermost of its own planes.
const BORDER_OF_MODEL: Mm = Mm(4.5);
/// Twins that share more than this part of their voxels are one and the same.
const SHARED: f64 = 0.1;

/// From cranial to caudal.
const COLUMN: [Structure; 7] =
    [Structure::T12, Structure::L1, Structure::L2, Structure::L3, Structure::L4, Structure::L5, Structure::Sacrum];

pub(super) fn border(labels: &Labels, mask: &StructureMask) -> Option<Block> {
    let (shape, spacing) = (labels.grid.shape, labels.grid.spacing());
    let of_model = if uncertainty::is_of_model(labels, mask) { BORDER_OF_MODEL.0 } else { 0.0 };
    let least = |axis: usize| BORDER.max((of_model / spacing[axis]).ceil() as usize);
    let distance = |axis: usize| mask.corner[axis].min(shape[axis] - mask.corner[axis] - mask.voxels.shape()[axis]);
    let axis = (0..3).filter(|axis| distance(*axis) < least(*axis)).min_by_key(|axis| distance(*axis))?;
    let lies = match distance(axis) {
        0 => "touches the edge of the image".to_owned(),
        n => format!("ends {n} voxels from the edge of the image (at least {} are needed)", least(axis)),
    };
    Some(Block {
        code: GateCode::BorderMask,
        reason: format!("the {} {lies}, so part of it may be missing", sided_name(mask)),
        found: Some(distance(axis) as f64),
    })
}

pub(super) fn laterality(labels: &Labels, midline: Option<f64>, mask: &StructureMask) -> Option<Block> {
    if !mask.structure.paired() {
        return None;
    }
    let block = |reason| Some(Block { code: GateCode::Laterality, reason, found: None });
    let other_side = match (mask.side, &labels.origin) {
        (Side::None, LabelOrigin::Model { .. }) => {
            return block(format!(
                "what is seen of spine, sacrum and paired bones does not tell whether the {} is the left or the right one: a CT that \
                 shows more of the patient would do, or labels that say it",
                sided_name(mask)
            ));
        }
        (Side::None, _) => {
            return block(format!(
                "the label of the {} does not say which side it is: one that does is needed",
                sided_name(mask)
            ));
        }
        (Side::Left, _) => Side::Right,
        (Side::Right, _) => Side::Left,
    };
    // LPS: x grows to the patient's left.
    let here = mask.centroid(&labels.grid)[0];
    let on_its_side = |of: f64| if mask.side == Side::Left { here > of } else { here < of };
    if midline.is_some_and(|midline| !on_its_side(midline)) {
        return block(format!("the {} does not lie on its side of the spine", sided_name(mask)));
    }
    let other = labels.masks.iter().find(|other| other.structure == mask.structure && other.side == other_side)?;
    if !on_its_side(other.centroid(&labels.grid)[0]) {
        return block(format!("the {} does not lie on its side of the {}", sided_name(mask), sided_name(other)));
    }
    let shared = mask.indices().filter(|index| other.contains(index.map(|i| i as i64))).count() as f64 / mask.count() as f64;
    (shared > SHARED).then(|| Block {
        code: GateCode::Laterality,
        reason: format!("the {} shares {:.0} % of its voxels with the {}", sided_name(mask), shared * 100.0, sided_name(other)),
        found: Some(shared * 100.0),
    })
}

/// x of the patient's midline, where the spine is labelled.
pub(super) fn midline(labels: &Labels) -> Option<f64> {
    let column: Vec<f64> = labels
        .masks
        .iter()
        .filter(|mask| COLUMN.contains(&mask.structure))
        .map(|mask| mask.centroid(&labels.grid)[0])
        .collect();
    (!column.is_empty()).then(|| column.iter().sum::<f64>() / column.len() as f64)
}

pub(super) fn level_order(labels: &Labels) -> Option<Block> {
    let heights: Vec<(Structure, f64)> = COLUMN[..6]
        .iter()
        .filter_map(|level| labels.masks.iter().find(|mask| mask.structure == *level))
        .map(|mask| (mask.structure, mask.centroid(&labels.grid)[2]))
        .collect();
    let wrong = heights.windows(2).find(|pair| pair[1].1 >= pair[0].1)?;
    Some(Block {
        code: GateCode::LevelOrder,
        reason: format!("the {} does not lie below the {}", wrong[1].0.english(), wrong[0].0.english()),
        found: None,
    })
}

pub(super) fn gap(mask: &StructureMask) -> Option<Block> {
    let lost = mask.lost_slices();
    (lost > 0).then(|| Block {
        code: GateCode::LabelGap,
        reason: format!("the label of the {} lacks {lost} slices in its middle", sided_name(mask)),
        found: Some(lost as f64),
    })
}
