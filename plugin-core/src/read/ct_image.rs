//! One CT object's header as a series of the slices it holds (PS3.3 C.8.2.1, C.8.15).

use super::elements::{DataSet, Defect};
use super::enhanced;
use super::frame::{Frame, Groups};
use super::header::{Acquisition, Equipment, StudyContext, Text};
use super::image_type::{self, image_type};
use super::pixels;
use super::source::{Head, Source, tag_text};
use super::{CtSeries, Slice};
use crate::geometry::{Lps, dot, norm, unit};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use std::ops::RangeInclusive;

/// How far direction cosines may be off unit length or right angles: writers round them to four digits and more.
const COSINE_TOLERANCE: f64 = 1e-3;
/// Pixels of CT with a wide margin, in millimetres.
const PIXEL_SIDES: RangeInclusive<f64> = 0.01..=10.0;
/// What [`directions`] accepts.
pub(super) const ACCEPTED_DIRECTIONS: &str = "two unit vectors at right angles";
/// What [`are_pixel_sides`] accepts.
pub(super) const ACCEPTED_PIXEL_SIDES: &str = "two numbers from 0.01 to 10";
/// Rows and columns beyond this are not CT; photon-counting scanners reach 2048.
const LARGEST_SIDE: u16 = 4096;

/// Why an object is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Objection {
    /// It is no slice of a CT volume: a localizer, a screen save, another modality.
    NotASlice(String),
    /// It is a slice that cannot be used; the series it belongs to has a hole.
    Defective(String),
}

/// `Keyword (gggg,eeee) is FOUND; accepted: ACCEPTED`.
pub(super) fn sentence(keyword: &str, tag: Tag, found: impl std::fmt::Display, accepted: &str) -> String {
    format!("{keyword} {} is {found}; accepted: {accepted}", tag_text(tag))
}

/// Reads the header of instance number `instance`; the answer's slices are in the order of the file.
pub(super) fn read(head: &Head<'_>, source: &mut Source<'_>, instance: usize) -> Result<CtSeries, Objection> {
    let elements = &head.elements;
    judge_modality(elements).map_err(Objection::NotASlice)?;
    // Before the class: careless anonymisation empties both, and a missing UID is what cannot be made good.
    let sop_instance_uid = uid(elements, "SOP Instance UID", tags::SOP_INSTANCE_UID).map_err(Objection::Defective)?;
    let series_instance_uid = uid(elements, "Series Instance UID", tags::SERIES_INSTANCE_UID).map_err(Objection::Defective)?;
    uid(elements, "Study Instance UID", tags::STUDY_INSTANCE_UID).map_err(Objection::Defective)?;
    let sop_class_uid = judge_class(elements).map_err(Objection::NotASlice)?;
    image_type::judge(&image_type(elements), "Image Type", tags::IMAGE_TYPE).map_err(Objection::NotASlice)?;
    let broken = |defect: Defect| Objection::Defective(format!("the header cannot be read: {defect}"));
    let is_enhanced = sop_class_uid != uids::CT_IMAGE_STORAGE;
    let shared =
        if is_enhanced { elements.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).map_err(broken)? } else { Vec::new() };
    let frames = if is_enhanced { enhanced::frames(elements, shared.first())? } else { vec![single_frame(elements)?] };
    let acquisition = common_acquisition(elements, &frames).map_err(Objection::Defective)?;
    let plane = common_plane(&frames).map_err(Objection::Defective)?;
    let size = size(elements).map_err(Objection::Defective)?;
    let layouts = pixels::layouts(head, source, size, frames.len()).map_err(Objection::Defective)?;
    let slices = frames.iter().zip(layouts).enumerate().map(|(number, (frame, layout))| Slice {
        instance,
        frame: number,
        sop_class_uid: sop_class_uid.to_owned(),
        sop_instance_uid: sop_instance_uid.clone(),
        position: frame.position,
        slope: frame.slope,
        intercept: frame.intercept + frame.slope * layout.offset(),
        layout,
    });
    let text = Text::of(elements);
    Ok(CtSeries {
        context: StudyContext::read(&text),
        series_instance_uid,
        series_number: elements.ascii(tags::SERIES_NUMBER).and_then(|number| number.parse().ok()),
        description: text.get(tags::SERIES_DESCRIPTION),
        frame_of_reference_uid: elements.ascii(tags::FRAME_OF_REFERENCE_UID).map(str::to_owned),
        position_reference_indicator: text.get(tags::POSITION_REFERENCE_INDICATOR),
        equipment: Equipment::read(&text),
        acquisition: Acquisition::read(&text, acquisition),
        size,
        pixel_spacing: plane.pixel_spacing,
        orientation: plane.orientation,
        slices: slices.collect(),
    })
}

/// The plane that all frames share.
fn common_plane(frames: &[Frame]) -> Result<Plane, String> {
    let plane = frames.first().ok_or("it has no frame")?.plane;
    match frames.iter().position(|frame| !frame.plane.is_parallel(&plane)) {
        None => Ok(plane),
        Some(number) => {
            Err(format!("its frames are not one stack: frame {} has another orientation or spacing than frame 1", number + 1))
        }
    }
}

/// How all frames were acquired, by the top level and the frames.
fn common_acquisition(elements: &DataSet<'_>, frames: &[Frame]) -> Result<Acquisition, String> {
    let mut common = Acquisition::of_frame(elements, elements, elements);
    for frame in frames {
        common.take_in(&frame.acquisition).map_err(|what| format!("its frames differ in {what}; accepted: one scan"))?;
    }
    Ok(common)
}

fn judge_modality(elements: &DataSet<'_>) -> Result<(), String> {
    match elements.ascii(tags::MODALITY).unwrap_or("absent") {
        "CT" => Ok(()),
        other => Err(sentence("Modality", tags::MODALITY, other, "CT")),
    }
}

/// The SOP class, if it is one of CT's.
fn judge_class<'a>(elements: &DataSet<'a>) -> Result<&'a str, String> {
    let class = elements.ascii(tags::SOP_CLASS_UID).unwrap_or("empty or absent");
    match class {
        uids::CT_IMAGE_STORAGE | uids::ENHANCED_CT_IMAGE_STORAGE | uids::LEGACY_CONVERTED_ENHANCED_CT_IMAGE_STORAGE => {
            Ok(class)
        }
        other => {
            let accepted = "CT Image, Enhanced CT Image or Legacy Converted Enhanced CT Image Storage";
            Err(sentence("SOP Class UID", tags::SOP_CLASS_UID, other, accepted))
        }
    }
}

/// A UID that must be there.
pub(super) fn uid(elements: &DataSet<'_>, keyword: &str, tag: Tag) -> Result<String, String> {
    let accepted = "a UID, because results refer to the images by it";
    let value = elements.ascii(tag).ok_or_else(|| sentence(keyword, tag, "empty or absent", accepted))?;
    let is_valid = value.len() <= 64 && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_valid { Ok(value.to_owned()) } else { Err(sentence(keyword, tag, "not a UID", accepted)) }
}

fn size(elements: &DataSet<'_>) -> Result<[usize; 2], String> {
    let side = |keyword, tag| match elements.unsigned(tag) {
        Some(side @ 1..=LARGEST_SIDE) => Ok(usize::from(side)),
        found => Err(sentence(keyword, tag, shown(found), "1 to 4096")),
    };
    Ok([side("Rows", tags::ROWS)?, side("Columns", tags::COLUMNS)?])
}

/// A number, or `absent`.
pub(super) fn shown(number: Option<u16>) -> String {
    number.map_or("absent".to_owned(), |number| number.to_string())
}

fn single_frame(elements: &DataSet<'_>) -> Result<Frame, Objection> {
    let frames = elements.ascii(tags::NUMBER_OF_FRAMES).unwrap_or("1");
    if frames != "1" {
        return Err(Objection::Defective(sentence(
            "Number of Frames",
            tags::NUMBER_OF_FRAMES,
            frames,
            "1 in CT Image Storage",
        )));
    }
    let groups = Groups {
        position: elements,
        orientation: elements,
        measures: elements,
        transformation: elements,
        details: elements,
        reconstruction: elements,
    };
    Frame::read(&groups).map_err(Objection::Defective)
}

/// The plane of a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plane {
    pub orientation: [Lps; 2],
    pub pixel_spacing: [f64; 2],
}

impl Plane {
    /// `orientation` and `measures` are the data sets or items that the two attributes stand in.
    pub(super) fn read(orientation: &DataSet<'_>, measures: &DataSet<'_>) -> Result<Plane, String> {
        let tag = tags::IMAGE_ORIENTATION_PATIENT;
        let cosines = numbers::<6>(orientation, tag)
            .ok_or_else(|| geometry("Image Orientation (Patient)", tag, orientation, "six numbers"))?;
        let directions = directions(cosines)
            .ok_or_else(|| geometry("Image Orientation (Patient)", tag, orientation, ACCEPTED_DIRECTIONS))?;
        let spacing = numbers::<2>(measures, tags::PIXEL_SPACING).filter(are_pixel_sides);
        let pixel_spacing =
            spacing.ok_or_else(|| geometry("Pixel Spacing", tags::PIXEL_SPACING, measures, ACCEPTED_PIXEL_SIDES))?;
        Ok(Plane { orientation: directions, pixel_spacing })
    }

    /// Whether both are parallel with the same spacing, within what writers round.
    pub(super) fn is_parallel(&self, other: &Plane) -> bool {
        let direction = |i: usize| dot(self.orientation[i], other.orientation[i]) > 1.0 - 1e-6;
        let spacing = |i: usize| (self.pixel_spacing[i] / other.pixel_spacing[i] - 1.0).abs() < COSINE_TOLERANCE;
        direction(0) && direction(1) && spacing(0) && spacing(1)
    }
}

/// The directions along a row and along a column, of length one; none if the values of Image Orientation (Patient) (0020,0037) are
/// no unit vectors at right angles.
pub(super) fn directions(cosines: [f64; 6]) -> Option<[Lps; 2]> {
    let [row, column] = [[cosines[0], cosines[1], cosines[2]], [cosines[3], cosines[4], cosines[5]]];
    let off = [(norm(row) - 1.0).abs(), (norm(column) - 1.0).abs(), dot(row, column).abs()];
    off.iter().all(|&off| off <= COSINE_TOLERANCE).then(|| [unit(row), unit(column)])
}

/// Whether the values of Pixel Spacing (0028,0030) can be a CT's.
pub(super) fn are_pixel_sides(spacing: &[f64; 2]) -> bool {
    spacing.iter().all(|side| PIXEL_SIDES.contains(side))
}

/// Exactly `N` decimal strings.
pub(super) fn numbers<const N: usize>(data_set: &DataSet<'_>, tag: Tag) -> Option<[f64; N]> {
    data_set.decimals(tag)?.try_into().ok()
}

/// The sentence for a geometry attribute that is absent or wrong.
pub(super) fn geometry(keyword: &str, tag: Tag, data_set: &DataSet<'_>, accepted: &str) -> String {
    sentence(keyword, tag, data_set.ascii(tag).unwrap_or("absent"), accepted)
}
