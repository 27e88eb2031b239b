//! The frames of a SEG: which there are, where they lie, and their bits.

use super::code::code_sequence;
use super::concepts::{SEGMENTATION, SOURCE_IMAGE};
use super::dataset::{DataSet, element, instance_reference, sequence, set};
use super::decimal::decimal_strings;
use super::planar::FilmMask;
use super::{CtImage, Image, RadiographImage, WriteError};
use crate::read::Slice;
use crate::segmentation::StructureMask;
use dicom_core::{PrimitiveValue, Tag};
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Markers of items and sequences (PS3.5 7.5), which the dictionary leaves out.
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_DELIMITATION: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_DELIMITATION: Tag = Tag(0xFFFE, 0xE0DD);

/// One segment on one slice, never empty, or on a radiograph.
pub(super) struct Frame<'a> {
    /// The box of the segment that `pixels` fill: row and column of the first of them.
    corner: [usize; 2],
    pixels: ArrayView2<'a, bool>,
    segment_number: u16,
    place: Place<'a>,
}

/// Which image a frame lies on.
enum Place<'a> {
    Slice {
        slice: &'a Slice,
        /// Rank of the position among those that any frame has, from 1.
        position_index: u32,
    },
    /// SOP Class and Instance UID.
    Radiograph([&'a str; 2]),
}

fn refused(detail: impl ToString) -> WriteError {
    WriteError::Dicom { object: "seg", detail: detail.to_string() }
}

/// Rows and Columns.
pub(super) fn size(image: Image<'_>) -> Result<[u16; 2], WriteError> {
    let [rows, columns] = image.size();
    match (u16::try_from(rows), u16::try_from(columns)) {
        (Ok(rows), Ok(columns)) if rows > 0 && columns > 0 => Ok([rows, columns]),
        _ => Err(refused(format!("the image has {rows} rows and {columns} columns; 1 to 65535 can be written"))),
    }
}

/// The non-empty slices of `masks`, by segment, then by slice.
pub(super) fn frames<'a>(ct: CtImage<'a>, masks: &[&'a StructureMask]) -> Result<Vec<Frame<'a>>, WriteError> {
    let shape = [ct.series.slices.len(), ct.series.size[0], ct.series.size[1]];
    let mut found = Vec::new();
    for (mask, segment_number) in masks.iter().copied().zip(1_u16..) {
        let inside = (0..3).all(|axis| mask.corner[axis] + mask.voxels.shape()[axis] <= shape[axis]);
        if !inside {
            return Err(refused(format!("the mask of {} reaches beyond the CT", mask.structure.name())));
        }
        let slices = mask.voxels.outer_iter().enumerate().filter(|(_, plane)| plane.iter().any(|voxel| *voxel));
        found.extend(slices.map(|(mask_slice, _)| (mask, mask_slice, segment_number)));
    }
    let used: BTreeSet<usize> = found.iter().map(|(mask, mask_slice, _)| mask.corner[0] + mask_slice).collect();
    let mut position_index = vec![0; shape[0]];
    for (slice, rank) in used.into_iter().zip(1..) {
        position_index[slice] = rank;
    }
    let frame = |(mask, mask_slice, segment_number): (&'a StructureMask, usize, u16)| {
        let slice = mask.corner[0] + mask_slice;
        let place = Place::Slice { slice: &ct.series.slices[slice], position_index: position_index[slice] };
        let [_, top, left] = mask.corner;
        Frame { corner: [top, left], pixels: mask.voxels.index_axis(Axis(0), mask_slice), segment_number, place }
    };
    Ok(found.into_iter().map(frame).collect())
}

/// One frame for each of `masks`, in their order.
pub(super) fn frames_of_radiograph<'a>(film: RadiographImage<'a>, masks: &'a [FilmMask]) -> Vec<Frame<'a>> {
    let source = [film.header.sop_class_uid.as_str(), film.header.sop_instance_uid.as_str()];
    let frame = |(mask, segment_number): (&'a FilmMask, u16)| Frame {
        corner: mask.corner,
        pixels: mask.pixels.view(),
        segment_number,
        place: Place::Radiograph(source),
    };
    masks.iter().zip(1..).map(frame).collect()
}

/// Appends Per-Frame Functional Groups Sequence (5200,9230), one item at a time so that only one is in memory as a tree.
pub(super) fn append_functional_groups(bytes: &mut Vec<u8>, frames: &[Frame<'_>]) -> Result<(), WriteError> {
    let syntax = TransferSyntaxRegistry
        .get(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .ok_or_else(|| refused("Explicit VR Little Endian is not registered"))?;
    append_long_header(bytes, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, b"SQ", u32::MAX);
    for frame in frames {
        append_item_header(bytes, ITEM, u32::MAX);
        groups_of(frame).write_dataset_with_ts(&mut *bytes, syntax).map_err(refused)?;
        append_item_header(bytes, ITEM_DELIMITATION, 0);
    }
    append_item_header(bytes, SEQUENCE_DELIMITATION, 0);
    Ok(())
}

fn groups_of(frame: &Frame<'_>) -> DataSet {
    let number = u32::from(frame.segment_number);
    let index = match frame.place {
        Place::Slice { position_index, .. } => vec![number, position_index],
        Place::Radiograph(_) => vec![number],
    };
    let content = set([element(tags::DIMENSION_INDEX_VALUES, PrimitiveValue::U32(index.into()))]);
    let segment = set([element(tags::REFERENCED_SEGMENT_NUMBER, frame.segment_number)]);
    let derivation = set([
        sequence(tags::SOURCE_IMAGE_SEQUENCE, vec![source_image(&frame.place)]),
        code_sequence(tags::DERIVATION_CODE_SEQUENCE, SEGMENTATION),
    ]);
    let mut groups = set([
        sequence(tags::FRAME_CONTENT_SEQUENCE, vec![content]),
        sequence(tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![segment]),
        sequence(tags::DERIVATION_IMAGE_SEQUENCE, vec![derivation]),
    ]);
    if let Place::Slice { slice, .. } = &frame.place {
        let position = set([element(tags::IMAGE_POSITION_PATIENT, decimal_strings(&slice.position))]);
        groups.put(sequence(tags::PLANE_POSITION_SEQUENCE, vec![position]));
    }
    groups
}

fn source_image(place: &Place<'_>) -> DataSet {
    let [sop_class_uid, sop_instance_uid] = match place {
        Place::Slice { slice, .. } => [slice.sop_class_uid.as_str(), slice.sop_instance_uid.as_str()],
        Place::Radiograph(uids) => *uids,
    };
    let mut image = instance_reference(sop_class_uid, sop_instance_uid);
    image.put(element(tags::SPATIAL_LOCATIONS_PRESERVED, "YES"));
    image.put(code_sequence(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, SOURCE_IMAGE));
    // Required of a multi-frame image, and only of one; CT Image Storage is the one CT that is not, and no radiograph is.
    if let Place::Slice { slice, .. } = place
        && slice.sop_class_uid != uids::CT_IMAGE_STORAGE
    {
        image.put(element(tags::REFERENCED_FRAME_NUMBER, (slice.frame + 1).to_string()));
    }
    image
}

/// Appends Pixel Data (7FE0,0010): one bit per pixel, least significant first, without padding between frames (PS3.5 8.1.1).
pub(super) fn append_pixel_data(
    bytes: &mut Vec<u8>,
    [rows, columns]: [usize; 2],
    frames: &[Frame<'_>],
) -> Result<(), WriteError> {
    let length = (rows * columns).checked_mul(frames.len()).map(|bits| bits.div_ceil(8).next_multiple_of(2));
    let Some(length) = length.and_then(|length| u32::try_from(length).ok()) else {
        return Err(refused(format!("{} frames of {rows} x {columns} bits exceed the 4 GiB of one element", frames.len())));
    };
    bytes.reserve_exact(12 + length as usize);
    append_long_header(bytes, tags::PIXEL_DATA, b"OB", length);
    let start = bytes.len();
    bytes.resize(start + length as usize, 0);
    // Eight frames fill whole bytes whatever their size, so every eight are packed by themselves.
    bytes[start..].par_chunks_mut(rows * columns).zip(frames.par_chunks(8)).for_each(|(packed, eight)| {
        for (number, frame) in eight.iter().enumerate() {
            pack(frame, columns, number * rows * columns, packed);
        }
    });
    Ok(())
}

/// Sets the bits of `frame`, whose first pixel is bit `first` of `packed`.
fn pack(frame: &Frame<'_>, columns: usize, first: usize, packed: &mut [u8]) {
    let [top, left] = frame.corner;
    for (row, pixels) in frame.pixels.rows().into_iter().enumerate() {
        let start = first + (top + row) * columns + left;
        for (bit, pixel) in (start..).zip(pixels) {
            packed[bit / 8] |= u8::from(*pixel) << (bit % 8);
        }
    }
}

/// Tag, representation with 32-bit length, length.
fn append_long_header(bytes: &mut Vec<u8>, tag: Tag, vr: &[u8; 2], length: u32) {
    append_tag(bytes, tag);
    bytes.extend_from_slice(vr);
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&length.to_le_bytes());
}

fn append_item_header(bytes: &mut Vec<u8>, tag: Tag, length: u32) {
    append_tag(bytes, tag);
    bytes.extend_from_slice(&length.to_le_bytes());
}

fn append_tag(bytes: &mut Vec<u8>, tag: Tag) {
    bytes.extend_from_slice(&tag.group().to_le_bytes());
    bytes.extend_from_slice(&tag.element().to_le_bytes());
}
