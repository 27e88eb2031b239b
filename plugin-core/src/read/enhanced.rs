//! Frames and their functional groups (PS3.3 C.7.6.16, C.8.15.3).

use super::ct_image::{Objection, Plane, geometry, judge_image_type, numbers, sentence};
use super::elements::{DataSet, Defect};
use crate::geometry::Lps;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// Numbers beyond these are no CT's; they are refused so that no later step overflows. This one in millimetres.
const FARTHEST: f64 = 1e5;
/// HU per stored unit.
const STEEPEST: f64 = 1e3;
/// HU of a stored zero, either sign.
const FARTHEST_ZERO: f64 = 1e6;

/// Where a frame lies and how its stored values become Hounsfield units.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub plane: Plane,
    pub position: Lps,
    pub slope: f64,
    pub intercept: f64,
}

impl Frame {
    /// Reads the attributes from the data sets or items they stand in, which is one and the same in a single-frame object.
    pub(super) fn read(
        position: &DataSet<'_>,
        orientation: &DataSet<'_>,
        measures: &DataSet<'_>,
        transformation: &DataSet<'_>,
    ) -> Result<Frame, String> {
        let tag = tags::IMAGE_POSITION_PATIENT;
        let place = numbers::<3>(position, tag).filter(|place| place.iter().all(|length| length.abs() <= FARTHEST));
        let place =
            place.ok_or_else(|| geometry("Image Position (Patient)", tag, position, "three numbers from -100000 to 100000"))?;
        let number = |keyword, tag, accepts: fn(f64) -> bool, accepted| {
            let value = numbers::<1>(transformation, tag).map(|[value]| value).filter(|&value| accepts(value));
            value.ok_or_else(|| geometry(keyword, tag, transformation, accepted))
        };
        let in_range = |slope| slope > 0.0 && slope <= STEEPEST;
        let slope = number("Rescale Slope", tags::RESCALE_SLOPE, in_range, "a number above 0, up to 1000")?;
        let in_range = |intercept: f64| intercept.abs() <= FARTHEST_ZERO;
        let intercept = number("Rescale Intercept", tags::RESCALE_INTERCEPT, in_range, "a number from -1000000 to 1000000")?;
        // Absent means HU in CT Image Storage; US is "unspecified", which older converters write for HU.
        match transformation.ascii(tags::RESCALE_TYPE).unwrap_or("HU") {
            "HU" | "US" => {}
            other => return Err(sentence("Rescale Type", tags::RESCALE_TYPE, other, "HU")),
        }
        Ok(Frame { plane: Plane::read(orientation, measures)?, position: place, slope, intercept })
    }
}

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
    let values: Vec<String> = frame_type.ascii(tags::FRAME_TYPE).unwrap_or("").split('\\').map(str::to_owned).collect();
    judge_image_type(&values, "Frame Type", tags::FRAME_TYPE).map_err(Objection::NotASlice)?;
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
    Frame::read(&position, &orientation, &measures, &transformation).map_err(Objection::Defective)
}

/// The one item of `sequence`, the frame's own before the shared one; without elements where there is none.
fn group<'a>(own: &DataSet<'a>, shared: Option<&DataSet<'a>>, sequence: Tag) -> Result<DataSet<'a>, Defect> {
    let mut items = own.items(sequence)?;
    if let (true, Some(shared)) = (items.is_empty(), shared) {
        items = shared.items(sequence)?;
    }
    Ok(items.into_iter().next().unwrap_or_default())
}
