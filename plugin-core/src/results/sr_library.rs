//! The image library of the SR (TID 1600): what the CT is, and each of its instances once.

use super::concepts::*;
use super::content::{self, Relationship::HasAcquisitionContext};
use super::dataset::DataSet;
use super::{CtImage, Image, Source};
use dicom_dictionary_std::tags;

/// Descriptors stand once at the group: repeated at each of hundreds of slices they would make up most of the file.
pub(super) fn image_library(source: Source<'_>) -> DataSet {
    let instances = source.image.instances().into_iter().map(|(class, uid)| content::image(None, class, uid, &[]));
    let Image::Ct(ct) = source.image;
    let children = descriptors(ct).into_iter().chain(instances).collect();
    content::container(IMAGE_LIBRARY, None, vec![content::container(IMAGE_LIBRARY_GROUP, None, children)])
}

fn descriptors(ct: CtImage<'_>) -> Vec<DataSet> {
    let series = ct.series;
    let acquired = HasAcquisitionContext;
    let mut items = vec![content::code(acquired, MODALITY, COMPUTED_TOMOGRAPHY)];
    if let Some(date) = series.context.text(tags::STUDY_DATE) {
        items.push(content::date_or_time(acquired, STUDY_DATE, tags::DATE, date));
    }
    if let Some(time) = series.context.text(tags::STUDY_TIME) {
        items.push(content::date_or_time(acquired, STUDY_TIME, tags::TIME, time));
    }
    if let Some(uid) = &series.frame_of_reference_uid {
        items.push(content::uid(acquired, FRAME_OF_REFERENCE_UID, uid));
    }
    let [rows, columns] = series.size.map(|pixels| pixels as f64);
    let [between_rows, between_columns] = series.pixel_spacing;
    for (name, value, unit) in [
        (PIXEL_DATA_ROWS, rows, PIXELS),
        (PIXEL_DATA_COLUMNS, columns, PIXELS),
        (HORIZONTAL_PIXEL_SPACING, between_columns, MILLIMETER),
        (VERTICAL_PIXEL_SPACING, between_rows, MILLIMETER),
    ] {
        items.push(content::number(acquired, name, value, unit));
    }
    if let Some(thickness) = series.acquisition.slice_thickness {
        items.push(content::number(acquired, SLICE_THICKNESS, thickness.0, MILLIMETER));
    }
    items
}
