//! In which object the voxels or pixels of each finding are stored.

use super::Source;
use super::concepts::part;
use super::context::Role;
use super::identity::tracking_uid;
use crate::anatomy::{Side, Structure};
use crate::report::Region;
use crate::segmentation::{LabelOrigin, StructureMask};

/// Segments that hold exactly the voxels of one structure and side, or the pixels of one of its regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub structure: Structure,
    pub side: Side,
    /// The whole structure in a CT, a region of it on a radiograph.
    pub region: Region,
    pub sop_class_uid: String,
    pub sop_instance_uid: String,
    pub series_instance_uid: String,
    /// Segment Numbers; several when the structure is stored in parts.
    pub numbers: Vec<u16>,
    pub tracking_uid: String,
}

/// Masks of structures that have a finding, in the order of the image: what our SEG holds, numbered from 1.
pub(super) fn measured_masks(source: Source<'_>) -> Vec<(Region, &StructureMask)> {
    let measured = |(_, mask): &(Region, &StructureMask)| {
        source.report.findings.iter().any(|finding| (finding.structure, finding.side) == (mask.structure, mask.side))
    };
    source.image.masks().into_iter().filter(measured).collect()
}

/// Whether some finding's voxels are in no stored object yet.
pub(super) fn own_seg_needed(source: Source<'_>) -> bool {
    measured_masks(source).into_iter().any(|(_, mask)| in_study(source, mask).is_none())
}

/// Where findings' voxels are stored: all in our SEG when `own`, else those that were in the study before.
pub(super) fn stored(source: Source<'_>, own: bool) -> Vec<Stored> {
    let masks = measured_masks(source).into_iter().zip(1..);
    let mut all: Vec<_> = masks
        .filter_map(|((region, mask), number)| match own {
            true => Some(in_ours(source, region, mask, number)),
            false => in_study(source, mask),
        })
        .collect();
    let given: Vec<_> = all.iter().map(|one| one.tracking_uid.clone()).collect();
    // Viewers merge groups that share a Tracking UID, so one that other people's segments share is of no use.
    for one in &mut all {
        if given.iter().filter(|uid| **uid == one.tracking_uid).count() > 1 {
            one.tracking_uid = tracking_uid(source, one.structure, one.side, one.region.name());
        }
    }
    all
}

fn in_ours(source: Source<'_>, region: Region, mask: &StructureMask, number: u16) -> Stored {
    Stored {
        structure: mask.structure,
        side: mask.side,
        region,
        sop_class_uid: Role::Seg.sop_class_uid().to_owned(),
        sop_instance_uid: source.identity.uid("seg"),
        series_instance_uid: source.identity.uid("seg/series"),
        numbers: vec![number],
        tracking_uid: tracking_uid(source, mask.structure, mask.side, region.name()),
    }
}

/// The segments of the SEG that the labels came from, if they are exactly this mask.
fn in_study(source: Source<'_>, mask: &StructureMask) -> Option<Stored> {
    let LabelOrigin::DicomSeg { series_instance_uid, .. } = &source.report.segmentation else { return None };
    let first = mask.segments.first()?;
    // One content item can name segments of one object only.
    if mask.segments.iter().any(|segment| segment.sop_instance_uid != first.sop_instance_uid) {
        return None;
    }
    let whole = match mask.segments.len() {
        1 => first.tracking_uid.clone(),
        _ => None,
    };
    Some(Stored {
        structure: mask.structure,
        side: mask.side,
        region: Region::Whole,
        sop_class_uid: first.sop_class_uid.clone(),
        sop_instance_uid: first.sop_instance_uid.clone(),
        series_instance_uid: series_instance_uid.clone(),
        numbers: mask.segments.iter().map(|segment| segment.segment_number).collect(),
        tracking_uid: whole.unwrap_or_else(|| tracking_uid(source, mask.structure, mask.side, Region::Whole.name())),
    })
}

/// `Gluteus maximus, left`.
pub(super) fn title(structure: Structure, side: Side) -> String {
    match side {
        Side::None => structure.english().to_owned(),
        _ => format!("{}, {}", structure.english(), side.name()),
    }
}

/// `Femur, left, Projected region of the femoral neck`.
pub(super) fn title_of_region(structure: Structure, side: Side, region: Region) -> String {
    let title = title(structure, side);
    part(region).map_or(title.clone(), |part| format!("{title}, {}", part.meaning))
}
