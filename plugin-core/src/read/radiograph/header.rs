//! The header of a CR or DX image.

use super::field::fields;
use super::{
    Greyscale, IntensityRelationship, Laterality, ModalityTransform, RadiographGeometry, RadiographHeader, RadiographView,
    SpacingCalibration,
};
use crate::anatomy::Side;
use crate::read::ct_image::{numbers, sentence, shown, uid};
use crate::read::digest::sha256;
use crate::read::elements::DataSet;
use crate::read::header::{Equipment, StudyContext, Text};
use crate::read::image_type::image_type;
use crate::read::pixels;
use crate::read::source::{Head, Source};
use crate::units::Mm;
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use std::ops::RangeInclusive;

/// The SOP classes of radiographs that are measured.
const CLASSES: [&str; 3] = [
    uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE,
    uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
    uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PROCESSING,
];
/// A film of 43 x 43 cm at 0.1 mm has 4300 rows, a stitched leg twice as many.
const LARGEST_SIDE: u16 = 10_000;
/// Pixels of radiographs with a wide margin, in millimetres.
const PIXEL_SIDES: RangeInclusive<f64> = 0.01..=10.0;

/// Whether the object says, by class or modality, that it is a radiograph of this kind.
pub(in crate::read) fn is_radiograph(elements: &DataSet<'_>) -> bool {
    let class = elements.ascii(tags::SOP_CLASS_UID).unwrap_or_default();
    CLASSES.contains(&class) || matches!(elements.ascii(tags::MODALITY), Some("CR" | "DX"))
}

/// Reads the header of instance number `instance`; refuses in a sentence.
pub(in crate::read) fn read(head: &Head<'_>, source: &mut Source<'_>, instance: usize) -> Result<RadiographHeader, String> {
    let elements = &head.elements;
    let sop_instance_uid = uid(elements, "SOP Instance UID", tags::SOP_INSTANCE_UID)?;
    let series_instance_uid = uid(elements, "Series Instance UID", tags::SERIES_INSTANCE_UID)?;
    uid(elements, "Study Instance UID", tags::STUDY_INSTANCE_UID)?;
    let sop_class_uid = judge_class(elements)?;
    let image_type = image_type(elements);
    judge_image(elements, &image_type)?;
    let size = size(elements)?;
    let layout = pixels::layouts(head, source, size, 1)?.pop().ok_or("it has no frame")?;
    let text = Text::of(elements);
    Ok(RadiographHeader {
        instance,
        context: StudyContext::read(&text),
        equipment: Equipment::read(&text),
        sop_class_uid: sop_class_uid.to_owned(),
        instances_sha256: sha256(&sop_instance_uid),
        sop_instance_uid,
        series_instance_uid,
        series_number: integer(elements, tags::SERIES_NUMBER),
        instance_number: integer(elements, tags::INSTANCE_NUMBER),
        acquired: acquired(elements),
        modality: elements.ascii(tags::MODALITY).unwrap_or_default().to_owned(),
        image_type,
        size,
        geometry: geometry(elements)?,
        view: view(elements, &text)?,
        greyscale: greyscale(elements, layout.signed)?,
        tube_voltage: positive(elements, tags::KVP),
        detector_type: text.get(tags::DETECTOR_TYPE),
        burned_in_annotation: match elements.ascii(tags::BURNED_IN_ANNOTATION) {
            Some("YES") => Some(true),
            Some("NO") => Some(false),
            _ => None,
        },
        lossy: elements.ascii(tags::LOSSY_IMAGE_COMPRESSION) == Some("01"),
        padding: padding(elements, layout.signed),
        layout,
        fields: fields(elements),
    })
}

fn judge_class<'a>(elements: &DataSet<'a>) -> Result<&'a str, String> {
    match elements.ascii(tags::SOP_CLASS_UID).unwrap_or("empty or absent") {
        class if CLASSES.contains(&class) => Ok(class),
        other => {
            let accepted = "Computed Radiography Image or Digital X-Ray Image Storage";
            Err(sentence("SOP Class UID", tags::SOP_CLASS_UID, other, accepted))
        }
    }
}

/// One frame, taken from the patient: screen saves and pictures computed from several films have no place for one beam.
fn judge_image(elements: &DataSet<'_>, image_type: &[String]) -> Result<(), String> {
    let frames = elements.ascii(tags::NUMBER_OF_FRAMES).unwrap_or("1");
    if frames != "1" {
        return Err(sentence("Number of Frames", tags::NUMBER_OF_FRAMES, frames, "1 in a radiograph"));
    }
    if image_type.get(1).is_some_and(|value| value == "SECONDARY") {
        return Err(sentence("Image Type", tags::IMAGE_TYPE, image_type.join("\\"), "a PRIMARY image"));
    }
    Ok(())
}

fn size(elements: &DataSet<'_>) -> Result<[usize; 2], String> {
    let side = |keyword, tag| match elements.unsigned(tag) {
        Some(side @ 1..=LARGEST_SIDE) => Ok(usize::from(side)),
        found => Err(sentence(keyword, tag, shown(found), "1 to 10000")),
    };
    Ok([side("Rows", tags::ROWS)?, side("Columns", tags::COLUMNS)?])
}

fn acquired(elements: &DataSet<'_>) -> Option<String> {
    let moment = |date, time| Some([elements.ascii(date)?, elements.ascii(time).unwrap_or_default()].concat());
    let whole = elements.ascii(tags::ACQUISITION_DATE_TIME).map(str::to_owned);
    whole
        .or_else(|| moment(tags::ACQUISITION_DATE, tags::ACQUISITION_TIME))
        .or_else(|| moment(tags::CONTENT_DATE, tags::CONTENT_TIME))
}

fn integer(elements: &DataSet<'_>, tag: Tag) -> Option<i32> {
    elements.ascii(tag).and_then(|number| number.parse().ok())
}

fn positive(elements: &DataSet<'_>, tag: Tag) -> Option<f64> {
    numbers::<1>(elements, tag).map(|[value]| value).filter(|value| *value > 0.0)
}

/// Two sides of a pixel; absent and empty is none, anything else that is no size is an error, because a length would follow from it.
fn spacing(elements: &DataSet<'_>, keyword: &str, tag: Tag) -> Result<Option<[f64; 2]>, String> {
    let Some(found) = elements.ascii(tag) else { return Ok(None) };
    match numbers::<2>(elements, tag).filter(|sides| sides.iter().all(|side| PIXEL_SIDES.contains(side))) {
        Some(sides) => Ok(Some(sides)),
        None => Err(sentence(keyword, tag, found, "two numbers from 0.01 to 10")),
    }
}

fn geometry(elements: &DataSet<'_>) -> Result<RadiographGeometry, String> {
    Ok(RadiographGeometry {
        imager_pixel_spacing: spacing(elements, "Imager Pixel Spacing", tags::IMAGER_PIXEL_SPACING)?,
        pixel_spacing: spacing(elements, "Pixel Spacing", tags::PIXEL_SPACING)?,
        spacing_calibration: match elements.ascii(tags::PIXEL_SPACING_CALIBRATION_TYPE) {
            Some("GEOMETRY") => Some(SpacingCalibration::Geometry),
            Some("FIDUCIAL") => Some(SpacingCalibration::Fiducial),
            _ => None,
        },
        nominal_scanned_pixel_spacing: spacing(elements, "Nominal Scanned Pixel Spacing", tags::NOMINAL_SCANNED_PIXEL_SPACING)?,
        source_to_detector: positive(elements, tags::DISTANCE_SOURCE_TO_DETECTOR).map(Mm),
        source_to_patient: positive(elements, tags::DISTANCE_SOURCE_TO_PATIENT).map(Mm),
        magnification: positive(elements, tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR),
        magnification_given: None,
    })
}

fn view(elements: &DataSet<'_>, text: &Text<'_>) -> Result<RadiographView, String> {
    let items = |tag| elements.items(tag).map_err(|defect| format!("the header cannot be read: {defect}"));
    let (views, regions) = (items(tags::VIEW_CODE_SEQUENCE)?, items(tags::ANATOMIC_REGION_SEQUENCE)?);
    let modifiers =
        |item: &DataSet<'_>, tag| -> Vec<(String, String)> { item.items(tag).unwrap_or_default().iter().map(coded).collect() };
    let mut meanings = Vec::new();
    for item in &views {
        meanings.push(coded(item).1);
        meanings.extend(modifiers(item, tags::VIEW_MODIFIER_CODE_SEQUENCE).into_iter().map(|(_, meaning)| meaning));
    }
    let region_modifiers = regions.iter().flat_map(|item| modifiers(item, tags::ANATOMIC_REGION_MODIFIER_SEQUENCE));
    let mut lateralities = Vec::new();
    let stated = [tags::IMAGE_LATERALITY, tags::LATERALITY].into_iter().filter_map(|tag| elements.ascii(tag));
    for side in stated.filter_map(laterality).chain(region_modifiers.filter_map(|(code, _)| coded_laterality(&code))) {
        if !lateralities.contains(&side) {
            lateralities.push(side);
        }
    }
    let orientation = elements.ascii(tags::PATIENT_ORIENTATION).and_then(|value| value.split_once('\\'));
    let given = |tags: &[Tag]| tags.iter().filter_map(|tag| text.get(*tag)).collect();
    Ok(RadiographView {
        position: text.get(tags::VIEW_POSITION),
        code: views.first().map(|item| coded(item).0),
        meanings,
        patient_orientation: orientation.map(|(row, column)| [row.trim().to_owned(), column.trim().to_owned()]),
        lateralities,
        body_part: text.get(tags::BODY_PART_EXAMINED),
        anatomic_region: regions.first().map(coded),
        series_description: text.get(tags::SERIES_DESCRIPTION),
        protocols: given(&[tags::ACQUISITION_DEVICE_PROCESSING_DESCRIPTION, tags::PROTOCOL_NAME]),
    })
}

/// Code Value and Code Meaning of an item.
fn coded(item: &DataSet<'_>) -> (String, String) {
    let text = Text::of(item);
    let value = |tag| text.get(tag).unwrap_or_default();
    (value(tags::CODE_VALUE), value(tags::CODE_MEANING))
}

fn laterality(value: &str) -> Option<Laterality> {
    match value {
        "L" => Some(Laterality::One(Side::Left)),
        "R" => Some(Laterality::One(Side::Right)),
        "B" => Some(Laterality::Both),
        _ => None,
    }
}

/// Codes of CID 244 (PS3.16), SNOMED CT and the SNOMED RT form of older files.
fn coded_laterality(code: &str) -> Option<Laterality> {
    match code {
        "7771000" | "G-A101" => Some(Laterality::One(Side::Left)),
        "24028007" | "G-A100" => Some(Laterality::One(Side::Right)),
        "51440002" | "G-A102" => Some(Laterality::Both),
        _ => None,
    }
}

fn greyscale(elements: &DataSet<'_>, signed: bool) -> Result<Greyscale, String> {
    let sign = tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN;
    Ok(Greyscale {
        inverted: elements.ascii(tags::PHOTOMETRIC_INTERPRETATION) == Some("MONOCHROME1"),
        relationship: elements.ascii(tags::PIXEL_INTENSITY_RELATIONSHIP).map(|term| match term {
            "LIN" => IntensityRelationship::Linear,
            "LOG" => IntensityRelationship::Logarithmic,
            _ => IntensityRelationship::Display,
        }),
        larger_is_less_intensity: match elements.unsigned(sign).map(|bits| bits as i16) {
            None => None,
            Some(1) => Some(false),
            Some(-1) => Some(true),
            Some(other) => return Err(sentence("Pixel Intensity Relationship Sign", sign, other, "1 or -1")),
        },
        for_processing: elements.ascii(tags::SOP_CLASS_UID) == Some(uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PROCESSING),
        modality: ModalityTransform::read(elements, signed)?,
    })
}

/// The limit may lie on either side of the value (PS3.3 C.7.5.1.1.2).
fn padding(elements: &DataSet<'_>, signed: bool) -> Option<RangeInclusive<i32>> {
    let number = |tag| elements.unsigned(tag).map(|bits| if signed { i32::from(bits as i16) } else { i32::from(bits) });
    let value = number(tags::PIXEL_PADDING_VALUE)?;
    let limit = number(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(value);
    Some(value.min(limit)..=value.max(limit))
}
