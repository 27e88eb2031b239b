//! Frames and their functional groups (PS3.3 C.7.6.16, C.8.15.3).

use super::ct_image::{Objection, sentence};
use super::elements::{DataSet, Defect};
use super::frame::{Frame, Groups};
use super::image_type;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is read of a frame.
const GROUPS: [Tag; 7] = [
    tags::CT_IMAGE_FRAME_TYPE_SEQUENCE,
    tags::PLANE_POSITION_SEQUENCE,
    tags::PLANE_ORIENTATION_SEQUENCE,
    tags::PIXEL_MEASURES_SEQUENCE,
    tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE,
    tags::CTX_RAY_DETAILS_SEQUENCE,
    tags::CT_RECONSTRUCTION_SEQUENCE,
];

/// All frames of an enhanced object, whose groups stand per frame or shared by all.
pub(super) fn frames(elements: &DataSet<'_>, shared: Option<&DataSet<'_>>) -> Result<Vec<Frame>, Objection> {
    let broken = |defect: Defect| Objection::Defective(format!("the functional groups cannot be read: {defect}"));
    let claimed = elements.ascii(tags::NUMBER_OF_FRAMES).unwrap_or("absent");
    let per_frame = elements.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).map_err(broken)?;
    if per_frame.is_empty() || claimed.parse() != Ok(per_frame.len()) {
        let accepted = format!("{}, the number of items in Per-Frame Functional Groups Sequence (5200,9230)", per_frame.len());
        return Err(Objection::Defective(sentence("Number of Frames", tags::NUMBER_OF_FRAMES, claimed, &accepted)));
    }
    let shared = Shared::read(shared).map_err(broken)?;
    per_frame.iter().map(|own| frame(own, &shared)).collect()
}

/// The groups that all frames share, read once and not with every frame.
struct Shared<'a>(BTreeMap<Tag, DataSet<'a>>);

impl<'a> Shared<'a> {
    fn read(groups: Option<&DataSet<'a>>) -> Result<Shared<'a>, Defect> {
        let mut found = BTreeMap::new();
        for sequence in GROUPS {
            if let Some(group) = groups.map_or(Ok(None), |groups| first_item(groups, sequence))? {
                found.insert(sequence, group);
            }
        }
        Ok(Shared(found))
    }

    /// The frame's own item of `sequence` before the shared one; without elements where there is none.
    fn or_own(&self, own: &DataSet<'a>, sequence: Tag) -> Result<Cow<'_, DataSet<'a>>, Defect> {
        Ok(match (first_item(own, sequence)?, self.0.get(&sequence)) {
            (Some(own), _) => Cow::Owned(own),
            (None, Some(shared)) => Cow::Borrowed(shared),
            (None, None) => Cow::default(),
        })
    }
}

fn first_item<'a>(groups: &DataSet<'a>, sequence: Tag) -> Result<Option<DataSet<'a>>, Defect> {
    Ok(groups.items(sequence)?.into_iter().next())
}

fn frame<'a>(own: &DataSet<'a>, shared: &Shared<'a>) -> Result<Frame, Objection> {
    let group = |sequence: Tag| {
        let found = shared.or_own(own, sequence);
        found.map_err(|defect| Objection::Defective(format!("the functional groups cannot be read: {defect}")))
    };
    let frame_type = group(tags::CT_IMAGE_FRAME_TYPE_SEQUENCE)?;
    let values = image_type::values(&frame_type, tags::FRAME_TYPE);
    image_type::judge(&values, "Frame Type", tags::FRAME_TYPE).map_err(Objection::NotASlice)?;
    match frame_type.ascii(tags::VOLUME_BASED_CALCULATION_TECHNIQUE).unwrap_or("NONE") {
        "NONE" | "MPR" => {}
        other => {
            let tag = tags::VOLUME_BASED_CALCULATION_TECHNIQUE;
            return Err(Objection::NotASlice(sentence("Volume Based Calculation Technique", tag, other, "NONE or MPR")));
        }
    }
    let position = group(tags::PLANE_POSITION_SEQUENCE)?;
    let orientation = group(tags::PLANE_ORIENTATION_SEQUENCE)?;
    let measures = group(tags::PIXEL_MEASURES_SEQUENCE)?;
    let transformation = group(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE)?;
    let details = group(tags::CTX_RAY_DETAILS_SEQUENCE)?;
    let reconstruction = group(tags::CT_RECONSTRUCTION_SEQUENCE)?;
    let groups = Groups {
        position: &position,
        orientation: &orientation,
        measures: &measures,
        transformation: &transformation,
        details: &details,
        reconstruction: &reconstruction,
    };
    Frame::read(&groups).map_err(Objection::Defective)
}
