//! The headers of a Segmentation object (PS3.3 A.51, C.8.20).

use super::super::ReadError;
use super::super::ct_image::{ACCEPTED_DIRECTIONS, ACCEPTED_PIXEL_SIDES, are_pixel_sides, directions};
use super::{Segment, SegmentFrame, SegmentationObject, SegmentationType};
use crate::geometry::Lps;
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use std::collections::BTreeSet;

/// Direction cosines, and spacings in millimetres, may differ by this much between frames and still be the same: writers round them,
/// some to six digits.
const SAME: f64 = 1e-4;
/// Rows and columns of the largest radiograph that is read; those of a CT are fewer.
const LARGEST_SIDE: usize = 10_000;

/// The headers of `object`, which is the `instance`-th of the inputs. Pixels are not looked at.
pub(in crate::read) fn from_object(object: &DefaultDicomObject, instance: usize) -> Result<SegmentationObject, ReadError> {
    let root = Attributes { name: name_of(object), items: vec![object] };
    let sop_class_uid = root.text(tags::SOP_CLASS_UID).unwrap_or_default();
    let segmentation_type = segmentation_type(&root, &sop_class_uid)?;
    check_pixel_description(&root, segmentation_type)?;
    let segments = segments(&root, object)?;
    let groups = functional_groups(&root, object)?;
    let frames = frames(&groups, segmentation_type, &segments)?;
    Ok(SegmentationObject {
        instance,
        sop_instance_uid: root.required("SOP Instance UID", tags::SOP_INSTANCE_UID)?,
        study_instance_uid: root.required("Study Instance UID", tags::STUDY_INSTANCE_UID)?,
        series_instance_uid: root.required("Series Instance UID", tags::SERIES_INSTANCE_UID)?,
        frame_of_reference_uid: root.text(tags::FRAME_OF_REFERENCE_UID),
        description: root.text(tags::SERIES_DESCRIPTION).or_else(|| root.text(tags::CONTENT_DESCRIPTION)).unwrap_or_default(),
        content_time: content_time(&root),
        manufacturer: root.text(tags::MANUFACTURER),
        comments: root.text(tags::IMAGE_COMMENTS),
        referenced_series: items(object, tags::REFERENCED_SERIES_SEQUENCE)
            .iter()
            .filter_map(|item| text(item, tags::SERIES_INSTANCE_UID))
            .collect(),
        size: [root.size("Rows", tags::ROWS)?, root.size("Columns", tags::COLUMNS)?],
        pixel_spacing: pixel_spacing(&root, &groups)?,
        slice_spacing: groups.first().and_then(slice_spacing),
        orientation: orientation(&root, &groups)?,
        segmentation_type,
        segments,
        frames,
        sop_class_uid,
    })
}

fn name_of(object: &InMemDicomObject) -> String {
    format!("segmentation {}", text(object, tags::SOP_INSTANCE_UID).unwrap_or_else(|| "without SOP Instance UID".into()))
}

fn content_time(root: &Attributes) -> String {
    let time = root.text(tags::CONTENT_TIME).unwrap_or_default();
    root.text(tags::CONTENT_DATE).map_or(String::new(), |date| date + &time)
}

/// What is said about the whole object or about one frame: the first item that has an attribute speaks.
struct Attributes<'a> {
    name: String,
    items: Vec<&'a InMemDicomObject>,
}

impl Attributes<'_> {
    fn refuse(&self, keyword: &'static str, tag: Tag, found: impl Into<String>, accepted: impl Into<String>) -> ReadError {
        let (name, tag) = (self.name.clone(), tag.to_string());
        ReadError::Attribute { name, keyword, tag, found: found.into(), accepted: accepted.into() }
    }

    fn text(&self, tag: Tag) -> Option<String> {
        self.items.iter().find_map(|item| text(item, tag))
    }

    fn required(&self, keyword: &'static str, tag: Tag) -> Result<String, ReadError> {
        self.text(tag).ok_or_else(|| self.refuse(keyword, tag, "absent", "a value"))
    }

    fn size(&self, keyword: &'static str, tag: Tag) -> Result<usize, ReadError> {
        let found = self.required(keyword, tag)?;
        match found.parse::<usize>() {
            Ok(size) if (1..=LARGEST_SIDE).contains(&size) => Ok(size),
            _ => Err(self.refuse(keyword, tag, found, format!("1 to {LARGEST_SIDE}"))),
        }
    }

    /// `N` finite numbers inside the functional group `group`.
    fn numbers<const N: usize>(&self, keyword: &'static str, group: Tag, tag: Tag) -> Result<[f64; N], ReadError> {
        let element = self.items.iter().find_map(|item| items(item, group).first()?.element_opt(tag).ok().flatten());
        let Some(element) = element else {
            return Err(self.refuse(keyword, tag, "absent", format!("{N} numbers, in the shared or in every per-frame group")));
        };
        let values = element.to_multi_float64().unwrap_or_default();
        match <[f64; N]>::try_from(values) {
            Ok(values) if values.iter().all(|value| value.is_finite()) => Ok(values),
            _ => Err(self.refuse(keyword, tag, element.to_str().unwrap_or_default(), format!("{N} numbers"))),
        }
    }
}

fn segmentation_type(root: &Attributes, sop_class_uid: &str) -> Result<SegmentationType, ReadError> {
    let stated = root.text(tags::SEGMENTATION_TYPE);
    match (sop_class_uid, stated.as_deref()) {
        (uids::SEGMENTATION_STORAGE, Some("BINARY")) => Ok(SegmentationType::Binary),
        (uids::LABEL_MAP_SEGMENTATION_STORAGE, Some("LABELMAP")) => Ok(SegmentationType::LabelMap),
        (uids::SEGMENTATION_STORAGE | uids::LABEL_MAP_SEGMENTATION_STORAGE, found) => Err(root.refuse(
            "Segmentation Type",
            tags::SEGMENTATION_TYPE,
            found.unwrap_or("absent"),
            "BINARY in Segmentation Storage, LABELMAP in Label Map Segmentation Storage",
        )),
        (found, _) => Err(root.refuse(
            "SOP Class UID",
            tags::SOP_CLASS_UID,
            found,
            "Segmentation Storage or Label Map Segmentation Storage",
        )),
    }
}

fn check_pixel_description(root: &Attributes, kind: SegmentationType) -> Result<(), ReadError> {
    let (bits, photometric): (&[&str], &[&str]) = match kind {
        SegmentationType::Binary => (&["1"], &["MONOCHROME2"]),
        SegmentationType::LabelMap => (&["8", "16"], &["MONOCHROME2", "PALETTE COLOR"]),
    };
    for (keyword, tag, accepted) in [
        ("Bits Allocated", tags::BITS_ALLOCATED, bits),
        ("Samples per Pixel", tags::SAMPLES_PER_PIXEL, &["1"]),
        ("Photometric Interpretation", tags::PHOTOMETRIC_INTERPRETATION, photometric),
    ] {
        let found = root.required(keyword, tag)?;
        if !accepted.contains(&found.as_str()) {
            return Err(root.refuse(keyword, tag, found, accepted.join(" or ")));
        }
    }
    Ok(())
}

fn segments(root: &Attributes, object: &InMemDicomObject) -> Result<Vec<Segment>, ReadError> {
    let mut segments = Vec::new();
    for item in items(object, tags::SEGMENT_SEQUENCE) {
        let number = text(item, tags::SEGMENT_NUMBER).unwrap_or_else(|| "absent".into());
        let number: u16 =
            number.parse().map_err(|_| root.refuse("Segment Number", tags::SEGMENT_NUMBER, number, "0 to 65535"))?;
        let types = items(item, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE);
        let regions = items(item, tags::ANATOMIC_REGION_SEQUENCE);
        let modifiers = types
            .iter()
            .flat_map(|code| items(code, tags::SEGMENTED_PROPERTY_TYPE_MODIFIER_CODE_SEQUENCE))
            .chain(regions.iter().flat_map(|code| items(code, tags::ANATOMIC_REGION_MODIFIER_SEQUENCE)));
        segments.push(Segment {
            number,
            label: text(item, tags::SEGMENT_LABEL).unwrap_or_default(),
            property_type: types.first().and_then(code),
            modifiers: modifiers.filter_map(code).collect(),
            anatomic_region: regions.first().and_then(code),
            algorithm: text(item, tags::SEGMENT_ALGORITHM_NAME),
            automatic: text(item, tags::SEGMENT_ALGORITHM_TYPE).as_deref() == Some("AUTOMATIC"),
            tracking_uid: text(item, tags::TRACKING_UID),
        });
    }
    segments.sort_by_key(|segment| segment.number);
    let distinct: BTreeSet<u16> = segments.iter().map(|segment| segment.number).collect();
    if segments.is_empty() || distinct.len() != segments.len() {
        let found = format!("{} items with {} different Segment Numbers", segments.len(), distinct.len());
        return Err(root.refuse("Segment Sequence", tags::SEGMENT_SEQUENCE, found, "one item per segment"));
    }
    Ok(segments)
}

/// What is said about each frame: its own groups first, then the shared ones.
fn functional_groups<'a>(root: &Attributes, object: &'a InMemDicomObject) -> Result<Vec<Attributes<'a>>, ReadError> {
    let shared = items(object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
    let per_frame = items(object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let stated = root.required("Number of Frames", tags::NUMBER_OF_FRAMES)?;
    if stated.parse() != Ok(per_frame.len()) || per_frame.is_empty() {
        let accepted = format!("the {} items of Per-Frame Functional Groups Sequence", per_frame.len());
        return Err(root.refuse("Number of Frames", tags::NUMBER_OF_FRAMES, stated, accepted));
    }
    let of_frame = |(index, frame)| Attributes {
        name: format!("{}, frame {}", root.name, index + 1),
        items: std::iter::once(frame).chain(shared).collect(),
    };
    Ok(per_frame.iter().enumerate().map(of_frame).collect())
}

fn frames(groups: &[Attributes], kind: SegmentationType, segments: &[Segment]) -> Result<Vec<SegmentFrame>, ReadError> {
    let frame = |group: &Attributes| {
        let position =
            group.numbers::<3>("Image Position (Patient)", tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT)?;
        let segment_number = match kind {
            SegmentationType::LabelMap => 0,
            SegmentationType::Binary => referenced_segment(group, segments)?,
        };
        Ok(SegmentFrame { segment_number, position })
    };
    groups.iter().map(frame).collect()
}

fn referenced_segment(group: &Attributes, segments: &[Segment]) -> Result<u16, ReadError> {
    let found = group
        .items
        .iter()
        .find_map(|item| text(items(item, tags::SEGMENT_IDENTIFICATION_SEQUENCE).first()?, tags::REFERENCED_SEGMENT_NUMBER));
    let number = found.as_deref().and_then(|number| number.parse().ok());
    number.filter(|number| segments.binary_search_by_key(number, |segment| segment.number).is_ok()).ok_or_else(|| {
        let found = found.unwrap_or_else(|| "absent".into());
        group.refuse("Referenced Segment Number", tags::REFERENCED_SEGMENT_NUMBER, found, "a number of Segment Sequence")
    })
}

/// The value that every frame gives; frames that differ cannot form one volume.
fn same_in_all<const N: usize>(
    groups: &[Attributes],
    keyword: &'static str,
    tag: Tag,
    value: impl Fn(&Attributes) -> Result<[f64; N], ReadError>,
) -> Result<[f64; N], ReadError> {
    let mut first = None;
    for group in groups {
        let here = value(group)?;
        let reference = *first.get_or_insert(here);
        if here.iter().zip(reference).any(|(a, b)| (a - b).abs() > SAME) {
            return Err(group.refuse(keyword, tag, format!("{here:?}"), format!("{reference:?} as in the first frame")));
        }
    }
    Ok(first.unwrap_or([0.0; N]))
}

fn orientation(root: &Attributes, groups: &[Attributes]) -> Result<[Lps; 2], ReadError> {
    let (keyword, tag) = ("Image Orientation (Patient)", tags::IMAGE_ORIENTATION_PATIENT);
    let cosines =
        same_in_all(groups, keyword, tag, |group| group.numbers::<6>(keyword, tags::PLANE_ORIENTATION_SEQUENCE, tag))?;
    directions(cosines).ok_or_else(|| root.refuse(keyword, tag, format!("{cosines:?}"), ACCEPTED_DIRECTIONS))
}

fn pixel_spacing(root: &Attributes, groups: &[Attributes]) -> Result<[f64; 2], ReadError> {
    let (keyword, tag) = ("Pixel Spacing", tags::PIXEL_SPACING);
    let spacing = same_in_all(groups, keyword, tag, |frame| frame.numbers::<2>(keyword, tags::PIXEL_MEASURES_SEQUENCE, tag))?;
    match are_pixel_sides(&spacing) {
        true => Ok(spacing),
        false => Err(root.refuse(keyword, tag, format!("{spacing:?}"), ACCEPTED_PIXEL_SIDES)),
    }
}

fn slice_spacing(group: &Attributes) -> Option<f64> {
    let stated = |item: &&InMemDicomObject| {
        let measures = items(item, tags::PIXEL_MEASURES_SEQUENCE).first()?;
        text(measures, tags::SPACING_BETWEEN_SLICES)?.parse::<f64>().ok()
    };
    group.items.iter().find_map(stated).filter(|spacing| spacing.is_finite() && *spacing > 0.0)
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object.element_opt(tag).ok().flatten().and_then(|element| element.items()).unwrap_or_default()
}

/// The value without padding; `None` when absent or empty.
fn text(object: &InMemDicomObject, tag: Tag) -> Option<String> {
    let value = object.element_opt(tag).ok().flatten()?.to_str().ok()?;
    Some(value.trim_matches([' ', '\0'])).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Coding Scheme Designator, Code Value, Code Meaning.
fn code(item: &InMemDicomObject) -> Option<(String, String, String)> {
    let value = text(item, tags::CODE_VALUE).or_else(|| text(item, tags::LONG_CODE_VALUE))?;
    Some((text(item, tags::CODING_SCHEME_DESIGNATOR)?, value, text(item, tags::CODE_MEANING).unwrap_or_default()))
}
