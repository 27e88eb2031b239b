//! Frames and their functional groups (PS3.3 C.7.6.16, C.8.15.3).

use super::ct_image::{Objection, sentence};
use super::elements::{DataSet, Defect};
use super::frame::{Frame, Groups};
use super::image_type;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// All frames of an enhanced object, whose groups stand per frame or shared by all.
pub(super) fn frames(elements: &DataSet<'_>, shared: Option<&DataSet<'_>>) -> Result<Vec<Frame>, Objection> {
    let broken = |defect: Defect| Objection::Defective(format!("the functional groups cannot be read: {defect}"));
    let claimed = elements.ascii(tags::NUMBER_OF_FRAMES).unwrap_or("absent");
    let per_frame = elements.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).map_err(broken)?;
    if per_frame.is_empty() || claimed.parse() != Ok(per_frame.len()) {
        let accepted = format!("{}, the number of items in Per-Frame Functional Groups Sequence (5200,9230)", per_frame.len());
        return Err(Objection::Defective(sentence("Number of Frames", tags::NUMBER_OF_FRAMES, claimed, &accepted)));
    }
    per_frame.iter().map(|own| frame(own, shared)).collect()
}

fn frame(own: &DataSet<'_>, shared: Option<&DataSet<'_>>) -> Result<Frame, Objection> {
    let group = |sequence: Tag| {
        let found = group(own, shared, sequence);
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
    let groups = Groups {
        position: &group(tags::PLANE_POSITION_SEQUENCE)?,
        orientation: &group(tags::PLANE_ORIENTATION_SEQUENCE)?,
        measures: &group(tags::PIXEL_MEASURES_SEQUENCE)?,
        transformation: &group(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE)?,
        details: &group(tags::CTX_RAY_DETAILS_SEQUENCE)?,
        reconstruction: &group(tags::CT_RECONSTRUCTION_SEQUENCE)?,
    };
    Frame::read(&groups).map_err(Objection::Defective)
}

/// The one item of `sequence`, the frame's own before the shared one; without elements where there is none.
fn group<'a>(own: &DataSet<'a>, shared: Option<&DataSet<'a>>, sequence: Tag) -> Result<DataSet<'a>, Defect> {
    let mut items = own.items(sequence)?;
    if let (true, Some(shared)) = (items.is_empty(), shared) {
        items = shared.items(sequence)?;
    }
    Ok(items.into_iter().next().unwrap_or_default())
}
