//! The CT series: one single-frame CT Image Storage object per slice (PS3.3 A.3).

use super::PhantomSettings;
use super::object::{Element, decimal, equipment, file, number, patient, text, texts};
use crate::geometry::Grid;
use crate::results::{Identity, WriteError};
use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use ndarray::{Array3, ArrayView2, Axis};
use rayon::prelude::*;

/// Rescale Intercept. Stored values are HU minus this, as most scanners write them.
const INTERCEPT: i16 = -1024;

/// One file per slice, feet to head.
pub(super) fn files(
    settings: &PhantomSettings,
    identity: &Identity,
    grid: &Grid,
    hu: &Array3<i16>,
) -> Result<Vec<Vec<u8>>, WriteError> {
    let common = common(settings, identity, grid);
    hu.axis_iter(Axis(0))
        .into_par_iter()
        .enumerate()
        .map(|(slice, plane)| {
            let mut object = common.clone();
            for element in of_slice(identity, grid, slice, plane) {
                object.put(element);
            }
            file(object)
        })
        .collect()
}

/// What all slices share, by module of PS3.3.
fn common(settings: &PhantomSettings, identity: &Identity, grid: &Grid) -> InMemDicomObject {
    let patient = patient(settings);
    let study = [
        text(tags::STUDY_INSTANCE_UID, VR::UI, identity.uid("study")),
        text(tags::STUDY_DATE, VR::DA, "20250401"),
        text(tags::STUDY_TIME, VR::TM, "120000"),
        text(tags::ACCESSION_NUMBER, VR::SH, "A1"),
        text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
        text(tags::STUDY_ID, VR::SH, "1"),
        text(tags::STUDY_DESCRIPTION, VR::LO, "Digital phantom, no patient"),
    ];
    let series = [
        text(tags::MODALITY, VR::CS, "CT"),
        text(tags::SERIES_INSTANCE_UID, VR::UI, identity.uid("ct/series")),
        text(tags::SERIES_NUMBER, VR::IS, "2"),
        text(tags::SERIES_DATE, VR::DA, "20250401"),
        text(tags::SERIES_TIME, VR::TM, "120100"),
        text(tags::SERIES_DESCRIPTION, VR::LO, "Abdomen and pelvis phantom"),
        text(tags::BODY_PART_EXAMINED, VR::CS, "ABDOMENPELVIS"),
        text(tags::PATIENT_POSITION, VR::CS, "HFS"),
        text(tags::FRAME_OF_REFERENCE_UID, VR::UI, identity.uid("frame of reference")),
        text(tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
    ];
    let equipment = equipment();
    let [slice, row, column] = grid.spacing();
    let image = [
        text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        text(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
        texts(tags::IMAGE_TYPE, VR::CS, ["ORIGINAL", "PRIMARY", "AXIAL"].map(String::from)),
        text(tags::CONTENT_DATE, VR::DA, "20250401"),
        text(tags::CONTENT_TIME, VR::TM, "120100"),
        text(tags::ACQUISITION_DATE, VR::DA, "20250401"),
        text(tags::ACQUISITION_TIME, VR::TM, "120100"),
        text(tags::ACQUISITION_NUMBER, VR::IS, "1"),
        text(tags::KVP, VR::DS, "120"),
        text(tags::CONVOLUTION_KERNEL, VR::SH, "STANDARD"),
        text(tags::GANTRY_DETECTOR_TILT, VR::DS, decimal(settings.tilt_degrees)),
        text(tags::SLICE_THICKNESS, VR::DS, decimal(settings.slice_spacing_mm)),
        texts(tags::PIXEL_SPACING, VR::DS, [row, column].map(decimal)),
        text(tags::SPACING_BETWEEN_SLICES, VR::DS, decimal(slice * settings.tilt_degrees.to_radians().cos())),
        texts(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, orientation(grid).map(decimal)),
        number(tags::SAMPLES_PER_PIXEL, 1),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        number(tags::ROWS, grid.shape[1] as u16),
        number(tags::COLUMNS, grid.shape[2] as u16),
        number(tags::BITS_ALLOCATED, 16),
        number(tags::BITS_STORED, 16),
        number(tags::HIGH_BIT, 15),
        number(tags::PIXEL_REPRESENTATION, 1),
        text(tags::RESCALE_INTERCEPT, VR::DS, INTERCEPT.to_string()),
        text(tags::RESCALE_SLOPE, VR::DS, "1"),
        text(tags::RESCALE_TYPE, VR::LO, "HU"),
        text(tags::WINDOW_CENTER, VR::DS, "40"),
        text(tags::WINDOW_WIDTH, VR::DS, "400"),
    ];
    InMemDicomObject::from_element_iter(patient.into_iter().chain(study).chain(series).chain(equipment).chain(image))
}

/// Unit vectors along a row and along a column.
fn orientation(grid: &Grid) -> [f64; 6] {
    let [_, [jx, jy, jz], [ix, iy, iz]] = grid.steps;
    let [_, row, column] = grid.spacing();
    [ix / column, iy / column, iz / column, jx / row, jy / row, jz / row]
}

fn of_slice(identity: &Identity, grid: &Grid, slice: usize, plane: ArrayView2<'_, i16>) -> [Element; 5] {
    let position = grid.to_patient([slice as f64, 0.0, 0.0]);
    let stored = plane.iter().map(|hu| hu.saturating_sub(INTERCEPT) as u16).collect();
    [
        text(tags::SOP_INSTANCE_UID, VR::UI, identity.uid(&format!("ct/{slice}"))),
        text(tags::INSTANCE_NUMBER, VR::IS, (slice + 1).to_string()),
        texts(tags::IMAGE_POSITION_PATIENT, VR::DS, position.map(decimal)),
        text(tags::SLICE_LOCATION, VR::DS, decimal(position[2])),
        DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(stored)),
    ]
}
