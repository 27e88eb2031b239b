//! How far apart the slices of a SEG lie.

use super::LabelError;
use crate::geometry::{cross, dot};
use crate::read::SegmentationObject;
use std::collections::BTreeMap;

/// Positions are written with six digits at least, so a hundredth of a millimetre is the same slice.
pub(super) const SAME_SLICE: f64 = 0.01;
/// How far a step may be off a multiple of the stated spacing, as a part of that spacing: the limit for the gaps of a CT.
const TOLERANCE: f64 = 0.01;

/// Distance of neighbouring slices of `object` in millimetres; `None` where one slice lies alone and nothing is stated.
///
/// Writers leave out frames without any member, so the steps between the frames that are there may be multiples of Spacing Between
/// Slices (0018,0088), and only multiples. Where it is not stated, the smallest step is the spacing. Some writers copy it from the
/// CT although their own slices are thicker; where the segments of three or more slices have no neighbours at all,
/// the smallest step is the spacing.
pub(super) fn slice_spacing(object: &SegmentationObject) -> Result<Option<f64>, LabelError> {
    let normal = cross(object.orientation[0], object.orientation[1]);
    let mut heights: BTreeMap<u16, Vec<f64>> = BTreeMap::new();
    for frame in &object.frames {
        heights.entry(frame.segment_number).or_default().push(dot(frame.position, normal));
    }
    let smallest = |steps: Vec<f64>| steps.into_iter().reduce(f64::min);
    let of_all = smallest(steps(heights.values().flatten().copied().collect()));
    let of_one = heights.into_values().map(steps).filter(|steps| steps.len() >= 2).filter_map(smallest).reduce(f64::min);
    match (object.slice_spacing, of_one.or(of_all)) {
        (Some(stated), Some(step)) => {
            let multiple = (step / stated).round();
            if multiple < 1.0 || (step - multiple * stated).abs() > (TOLERANCE * stated).max(SAME_SLICE) {
                return Err(LabelError::SliceSpacing { object: object.sop_instance_uid.clone(), stated, step });
            }
            Ok(Some(if of_one.is_some() && multiple > 1.0 { step } else { stated }))
        }
        (stated, step) => Ok(stated.or(step)),
    }
}

/// Distances of slices that follow each other.
fn steps(mut heights: Vec<f64>) -> Vec<f64> {
    heights.sort_by(f64::total_cmp);
    heights.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step >= SAME_SLICE).collect()
}
