//! The labels as a Segmentation object, BINARY (PS3.3 A.51).

use super::code::{code_item, code_sequence};
use super::color::{cielab, region_color};
use super::concepts::{ANATOMICAL_STRUCTURE, part};
use super::context::{self, Role};
use super::dataset::{DataSet, element, instance_reference, sequence, set, shortened};
use super::decimal::{decimal_string, decimal_strings};
use super::model::Model;
use super::seg_frames::{self, Frame};
use super::segments::{self, Stored};
use super::{Image, Source, WriteError, file};
use crate::geometry::{Grid, cross, dot};
use crate::read::CtSeries;
use crate::report::Region;
use crate::segmentation::{LabelOrigin, StatedDoubts};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::mem::InMemElement;

/// Characters of LT (PS3.5 6.2).
const LONG_TEXT: usize = 10240;

/// Builds the SEG of all masks that have a finding.
pub(super) fn build(source: Source<'_>) -> Result<Vec<u8>, WriteError> {
    let masks: Vec<_> = segments::measured_masks(source).into_iter().map(|(_, mask)| mask).collect();
    let frames = seg_frames::frames(source.image, &masks)?;
    let mut bytes = file::to_bytes(header(source, &frames)?, Role::Seg, uids::EXPLICIT_VR_LITTLE_ENDIAN)?;
    // Both follow every other element in the order of tags, and both are large: they go straight into the file.
    seg_frames::append_functional_groups(&mut bytes, &frames)?;
    seg_frames::append_pixel_data(&mut bytes, source.image.size(), &frames)?;
    Ok(bytes)
}

/// At most 64 characters.
fn content_description(source: Source<'_>) -> &'static str {
    match source.image {
        Image::Ct(_) => "Structures that were measured; research use only",
        Image::Film(_) => "Research use only; model trained on simulated films only",
    }
}

/// All but the per-frame functional groups and the pixels.
fn header(source: Source<'_>, frames: &[Frame<'_>]) -> Result<DataSet, WriteError> {
    let [rows, columns] = seg_frames::size(source.image)?;
    let stored = segments::stored(source, true);
    let mut object = context::begin(source, Role::Seg)?;
    for added in place(source.image) {
        object.put(added);
    }
    for added in [
        element(tags::IMAGE_TYPE, "DERIVED\\PRIMARY"),
        element(tags::BODY_PART_EXAMINED, context::body_part(source)),
        element(tags::SAMPLES_PER_PIXEL, 1_u16),
        element(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2"),
        element(tags::NUMBER_OF_FRAMES, frames.len().to_string()),
        element(tags::ROWS, rows),
        element(tags::COLUMNS, columns),
        element(tags::BITS_ALLOCATED, 1_u16),
        element(tags::BITS_STORED, 1_u16),
        element(tags::HIGH_BIT, 0_u16),
        element(tags::PIXEL_REPRESENTATION, 0_u16),
        element(tags::LOSSY_IMAGE_COMPRESSION, "00"),
        element(tags::SEGMENTATION_TYPE, "BINARY"),
        // Masks may overlap; whether they do is not looked for.
        element(tags::SEGMENTS_OVERLAP, "UNDEFINED"),
        element(tags::CONTENT_LABEL, "BONEMUSCLE"),
        element(tags::CONTENT_DESCRIPTION, content_description(source)),
        element(tags::CONTENT_CREATOR_NAME, PrimitiveValue::Empty),
        sequence(tags::SEGMENT_SEQUENCE, stored.iter().map(|segment| segment_item(source, segment)).collect()),
        sequence(tags::REFERENCED_SERIES_SEQUENCE, vec![referenced_series(source)]),
        sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared_groups(source)]),
    ] {
        object.put(added);
    }
    for dimension in dimensions(source) {
        object.put(dimension);
    }
    if let Some(comment) = doubts(source) {
        object.put(element(tags::IMAGE_COMMENTS, comment));
    }
    Ok(object)
}

/// Where the image lies: in a frame of reference, or, as a radiograph has none, by the directions of its rows and columns.
fn place(image: Image<'_>) -> Vec<InMemElement> {
    match image {
        Image::Ct(ct) => {
            let Some(uid) = image.frame_of_reference_uid() else { return Vec::new() };
            let indicator = ct.series.and_then(|series| series.position_reference_indicator.as_deref()).unwrap_or_default();
            vec![element(tags::FRAME_OF_REFERENCE_UID, uid), element(tags::POSITION_REFERENCE_INDICATOR, indicator)]
        }
        Image::Film(image) => {
            // Required, though it may be empty, where no Image Position (Patient) says it (PS3.3 C.7.6.1).
            let stated = image.film.header.view.patient_orientation.as_ref().map(|directions| directions.join("\\"));
            vec![element(tags::PATIENT_ORIENTATION, stated.unwrap_or_default())]
        }
    }
}

/// What the model that made the labels doubts about them, so that it holds when the object is measured again.
fn doubts(source: Source<'_>) -> Option<String> {
    let Image::Ct(ct) = source.image else { return None };
    let masks: Vec<_> = segments::measured_masks(source).into_iter().map(|(_, mask)| mask).collect();
    StatedDoubts::with(ct.labels, &masks)?.to_comment(LONG_TEXT)
}

fn segment_item(source: Source<'_>, segment: &Stored) -> DataSet {
    let title = segments::title_of_region(segment.structure, segment.side, segment.region);
    let mut property = code_item(segment.structure.code());
    let modifiers: Vec<_> = segment.side.code().into_iter().chain(part(segment.region)).map(code_item).collect();
    if !modifiers.is_empty() {
        property.put(sequence(tags::SEGMENTED_PROPERTY_TYPE_MODIFIER_CODE_SEQUENCE, modifiers));
    }
    let color = cielab(color_of(segment));
    let model = Model::of(&source.report.segmentation);
    let mut item = set([
        element(tags::SEGMENT_NUMBER, PrimitiveValue::U16(segment.numbers.as_slice().into())),
        element(tags::SEGMENT_LABEL, title.as_str()),
        element(tags::SEGMENT_DESCRIPTION, "Research use only"),
        // Whether a person corrected other people's labels is not known, so of them the cautious term.
        element(tags::SEGMENT_ALGORITHM_TYPE, if model.is_some() { "AUTOMATIC" } else { "SEMIAUTOMATIC" }),
        element(tags::SEGMENT_ALGORITHM_NAME, algorithm(source)),
        code_sequence(tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, ANATOMICAL_STRUCTURE),
        sequence(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, vec![property]),
        element(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE, PrimitiveValue::U16(color.as_slice().into())),
        element(tags::TRACKING_ID, title.as_str()),
        element(tags::TRACKING_UID, segment.tracking_uid.as_str()),
    ]);
    if let Some(model) = model {
        item.put(sequence(tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE, vec![model.algorithm()]));
    }
    item
}

fn color_of(segment: &Stored) -> [u8; 3] {
    match segment.region {
        Region::Whole => segment.structure.color(),
        region => region_color(region),
    }
}

/// What made the labels, as far as their source says.
fn algorithm(source: Source<'_>) -> String {
    let name = match &source.report.segmentation {
        LabelOrigin::DicomSeg { algorithms, .. } => shortened(&algorithms.join(", "), 64),
        LabelOrigin::LabelMap { file: Some(file), .. } => shortened(&format!("label map {file}"), 64),
        LabelOrigin::LabelMap { file: None, .. } => "labels in memory".to_owned(),
        LabelOrigin::Model { name, version, .. } => shortened(&format!("{name} {version}"), 64),
    };
    if name.is_empty() { "unknown".to_owned() } else { name }
}

/// OHIF shows no SEG without it.
fn referenced_series(source: Source<'_>) -> DataSet {
    let instances = source.image.instances().into_iter().map(|(class, uid)| instance_reference(class, uid)).collect();
    set([
        element(tags::SERIES_INSTANCE_UID, source.report.series.series_uid()),
        sequence(tags::REFERENCED_INSTANCE_SEQUENCE, instances),
    ])
}

fn shared_groups(source: Source<'_>) -> DataSet {
    match source.image {
        Image::Ct(ct) => ct.series.map_or_else(|| set([]), |series| groups_of_slices(series, &ct.volume.grid)),
        Image::Film(_) => {
            // At the depth of what is segmented, as the areas of the report.
            let spacing = source.hip_spacing().map(|spacing| element(tags::PIXEL_SPACING, decimal_strings(&spacing)));
            set([sequence(tags::PIXEL_MEASURES_SEQUENCE, vec![DataSet::from_element_iter(spacing)])])
        }
    }
}

fn groups_of_slices(series: &CtSeries, grid: &Grid) -> DataSet {
    let [row, column] = series.orientation;
    // Between slice planes, which a tilted gantry makes less than the distance of their first voxels.
    let spacing = dot(grid.steps[0], cross(row, column)).abs();
    let thickness = series.acquisition.slice_thickness.map_or(spacing, |thickness| thickness.0);
    let measures = set([
        element(tags::PIXEL_SPACING, decimal_strings(&series.pixel_spacing)),
        element(tags::SLICE_THICKNESS, decimal_string(thickness)),
        element(tags::SPACING_BETWEEN_SLICES, decimal_string(spacing)),
    ]);
    let orientation = set([element(tags::IMAGE_ORIENTATION_PATIENT, decimal_strings(&[row, column].concat()))]);
    set([
        sequence(tags::PIXEL_MEASURES_SEQUENCE, vec![measures]),
        sequence(tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation]),
    ])
}

/// Frames are indexed by segment, then, of a CT, by position (PS3.3 C.7.6.17).
fn dimensions(source: Source<'_>) -> [InMemElement; 2] {
    let organization = source.identity.uid("seg/dimensions");
    let index = |pointer: Tag, group: Tag, label: &str| {
        set([
            element(tags::DIMENSION_ORGANIZATION_UID, organization.as_str()),
            DataElement::new(tags::DIMENSION_INDEX_POINTER, VR::AT, PrimitiveValue::from(pointer)),
            DataElement::new(tags::FUNCTIONAL_GROUP_POINTER, VR::AT, PrimitiveValue::from(group)),
            element(tags::DIMENSION_DESCRIPTION_LABEL, label),
        ])
    };
    let mut indices = vec![index(tags::REFERENCED_SEGMENT_NUMBER, tags::SEGMENT_IDENTIFICATION_SEQUENCE, "Segment")];
    if matches!(source.image, Image::Ct(_)) {
        indices.push(index(tags::IMAGE_POSITION_PATIENT, tags::PLANE_POSITION_SEQUENCE, "Position"));
    }
    [
        sequence(
            tags::DIMENSION_ORGANIZATION_SEQUENCE,
            vec![set([element(tags::DIMENSION_ORGANIZATION_UID, organization.as_str())])],
        ),
        sequence(tags::DIMENSION_INDEX_SEQUENCE, indices),
    ]
}
