//! The image library of the SR (TID 1600): what the CT or the radiograph is, and each of its instances once.

use super::concepts::*;
use super::content::{self, Relationship::HasAcquisitionContext};
use super::dataset::DataSet;
use super::{CtImage, FilmImage, Image, Source};
use crate::anatomy::Code;
use dicom_dictionary_std::tags;

/// Descriptors stand once at the group: repeated at each of hundreds of slices they would make up most of the file.
pub(super) fn image_library(source: Source<'_>) -> DataSet {
    let mut items = vec![content::code(HasAcquisitionContext, MODALITY, modality(source.image))];
    items.extend(study_moment(source));
    items.extend(match source.image {
        Image::Ct(ct) => of_ct(ct),
        Image::Film(image) => of_film(image),
    });
    items.extend(source.image.instances().into_iter().map(|(class, uid)| content::image(None, class, uid, &[])));
    content::container(IMAGE_LIBRARY, None, vec![content::container(IMAGE_LIBRARY_GROUP, None, items)])
}

/// PS3.16 CID 29.
fn modality(image: Image<'_>) -> Code {
    match image {
        Image::Ct(_) => COMPUTED_TOMOGRAPHY,
        Image::Film(image) if image.film.header.modality == "CR" => COMPUTED_RADIOGRAPHY,
        Image::Film(_) => DIGITAL_RADIOGRAPHY,
    }
}

fn study_moment(source: Source<'_>) -> Vec<DataSet> {
    let context = source.image.context();
    [(STUDY_DATE, tags::STUDY_DATE, tags::DATE), (STUDY_TIME, tags::STUDY_TIME, tags::TIME)]
        .into_iter()
        .filter_map(|(name, from, to)| Some(content::date_or_time(HasAcquisitionContext, name, to, context.text(from)?)))
        .collect()
}

fn of_ct(ct: CtImage<'_>) -> Vec<DataSet> {
    let Some(series) = ct.series else { return Vec::new() };
    let frame = series.frame_of_reference_uid.as_ref();
    let mut items: Vec<_> =
        frame.map(|uid| content::uid(HasAcquisitionContext, FRAME_OF_REFERENCE_UID, uid)).into_iter().collect();
    items.extend(pixels(series.size, Some(series.pixel_spacing)));
    if let Some(thickness) = series.acquisition.slice_thickness {
        items.push(content::number(HasAcquisitionContext, SLICE_THICKNESS, thickness.0, MILLIMETER));
    }
    items
}

/// Spacing is that of the detector, of which TID 1603 speaks; that of the hip stands among the measurements.
fn of_film(image: FilmImage<'_>) -> Vec<DataSet> {
    let geometry = &image.film.header.geometry;
    pixels(image.film.header.size, geometry.imager_pixel_spacing.or(geometry.pixel_spacing))
}

fn pixels(size: [usize; 2], spacing: Option<[f64; 2]>) -> Vec<DataSet> {
    let [rows, columns] = size.map(|pixels| pixels as f64);
    let mut numbers = vec![(PIXEL_DATA_ROWS, rows, PIXELS), (PIXEL_DATA_COLUMNS, columns, PIXELS)];
    if let Some([between_rows, between_columns]) = spacing {
        numbers.push((HORIZONTAL_PIXEL_SPACING, between_columns, MILLIMETER));
        numbers.push((VERTICAL_PIXEL_SPACING, between_rows, MILLIMETER));
    }
    numbers.into_iter().map(|(name, value, unit)| content::number(HasAcquisitionContext, name, value, unit)).collect()
}
