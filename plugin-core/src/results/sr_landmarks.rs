//! The landmarks that the values of a structure rest on, as points in the patient.

use super::Source;
use super::concepts::*;
use super::content::{self, Relationship::*};
use super::dataset::DataSet;
use super::identity::tracking_uid;
use super::segments::title;
use super::sr_group::{finding_site, tracked};
use crate::report::{Finding, Landmark, Region};

/// One group per structure, apart from its values: viewers take the first point of a group for its picture. None without landmarks.
pub(super) fn group(source: Source<'_>, finding: &Finding) -> Option<DataSet> {
    if finding.landmarks.is_empty() {
        return None;
    }
    let (structure, side) = (finding.structure, finding.side);
    let identifier = format!("{}, landmarks", title(structure, side));
    let mut items = tracked(&identifier, &tracking_uid(source, structure, side, "landmarks"));
    items.push(content::code(Contains, FINDING, super::concepts::finding(structure.kind())));
    items.push(finding_site(finding, Region::Whole));
    let frame = source.image.frame_of_reference_uid();
    items.extend(finding.landmarks.iter().map(|one| point(one, frame)));
    Some(content::container(MEASUREMENT_GROUP, Some("1501"), items))
}

/// SCOORD3D; its coordinates are 32-bit, so the text below it has them as the report has. Without a frame of reference a point
/// has no place in DICOM, and the text stands alone.
fn point(one: &Landmark, frame_of_reference_uid: Option<&str>) -> DataSet {
    let [x, y, z] = one.position_mm;
    let figures = one.figures.iter().map(|figure| format!("{}={} (accepted: {})", figure.name, figure.value, figure.accepted));
    let position = std::iter::once(format!("position_mm={x}, {y}, {z}"));
    let text = position.chain(figures).collect::<Vec<_>>().join("; ");
    match frame_of_reference_uid {
        Some(uid) => content::with_children(
            content::point(landmark(one.name), one.position_mm, uid),
            vec![content::text(HasConceptModifier, LANDMARK_QUALITY, &text)],
        ),
        None => content::text(Contains, landmark(one.name), &text),
    }
}
