//! The CT series: one single-frame CT Image Storage object per slice (PS3.3 A.3).

use super::{PhantomSettings, refused};
use crate::geometry::Grid;
use crate::results::{Identity, WriteError};
use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
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

fn file(object: InMemDicomObject) -> Result<Vec<u8>, WriteError> {
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let mut bytes = Vec::new();
    object.with_meta(meta).map_err(refused)?.write_all(&mut bytes).map_err(refused)?;
    Ok(bytes)
}

type Element = DataElement<InMemDicomObject>;

fn text(tag: Tag, vr: VR, value: impl Into<String>) -> Element {
    DataElement::new(tag, vr, PrimitiveValue::from(value.into()))
}

/// Several values of one text attribute.
fn texts<const N: usize>(tag: Tag, vr: VR, values: [String; N]) -> Element {
    DataElement::new(tag, vr, PrimitiveValue::Strs(values.into_iter().collect()))
}

fn number(tag: Tag, value: u16) -> Element {
    DataElement::new(tag, VR::US, PrimitiveValue::from(value))
}

/// A Decimal String has at most 16 characters (PS3.5 6.2): a nanometre is fine enough, and every length here is below 10 m.
fn decimal(value: f64) -> String {
    // Adding zero turns a negative zero into a plain one.
    format!("{}", (value * 1e6).round() / 1e6 + 0.0)
}

/// What all slices share, by module of PS3.3.
fn common(settings: &PhantomSettings, identity: &Identity, grid: &Grid) -> InMemDicomObject {
    let patient = [
        text(tags::PATIENT_NAME, VR::PN, settings.patient_name.as_str()),
        text(tags::PATIENT_ID, VR::LO, "PHANTOM-1"),
        text(tags::PATIENT_BIRTH_DATE, VR::DA, "19550101"),
        text(tags::PATIENT_SEX, VR::CS, "F"),
    ];
    let study = [
        text(tags::STUDY_INSTANCE_UID, VR::UI, identity.uid("study")),
        text(tags::STUDY_DATE, VR::DA, "20250401"),
        text(tags::STUDY_TIME, VR::TM, "120000"),
        text(tags::ACCESSION_NUMBER, VR::SH, "A1"),
        text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
        text(tags::STUDY_ID, VR::SH, "1"),
        text(tags::STUDY_DESCRIPTION, VR::LO, "Digital phantom, no patient"),
        text(tags::PATIENT_AGE, VR::AS, "070Y"),
        text(tags::PATIENT_SIZE, VR::DS, "1.55"),
        text(tags::PATIENT_WEIGHT, VR::DS, "52"),
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
    let equipment = [
        text(tags::MANUFACTURER, VR::LO, "BoneMuscle phantom"),
        text(tags::MANUFACTURER_MODEL_NAME, VR::LO, "Digital phantom"),
        text(tags::DEVICE_SERIAL_NUMBER, VR::LO, "1"),
        text(tags::SOFTWARE_VERSIONS, VR::LO, crate::VERSION),
    ];
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
