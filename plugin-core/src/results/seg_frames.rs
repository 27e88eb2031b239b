//! The frames of a SEG: which there are, where they lie, and their bits.

use super::code::code_sequence;
use super::concepts::{SEGMENTATION, SOURCE_IMAGE};
use super::dataset::{DataSet, element, instance_reference, sequence, set};
use super::decimal::decimal_strings;
use super::{Image, WriteError};
use crate::read::{RadiographHeader, Slice};
use crate::segmentation::StructureMask;
use dicom_core::{PrimitiveValue, Tag};
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use ndarray::Axis;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Markers of items and sequences (PS3.5 7.5), which the dictionary leaves out.
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_DELIMITATION: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_DELIMITATION: Tag = Tag(0xFFFE, 0xE0DD);

/// One segment on one slice or on a film, never empty.
pub(super) struct Frame<'a> {
    mask: &'a StructureMask,
    /// Slice within the cropped mask.
    mask_slice: usize,
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
    Film(&'a RadiographHeader),
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

/// The non-empty slices of `masks`, by segment, then by slice. A film is the one slice of its masks.
pub(super) fn frames<'a>(image: Image<'a>, masks: &[&'a StructureMask]) -> Result<Vec<Frame<'a>>, WriteError> {
    let slices = match image {
        Image::Ct(ct) => ct.volume.grid.shape[0],
        Image::Film(_) => 1,
    };
    let [rows, columns] = image.size();
    let shape = [slices, rows, columns];
    let mut found = Vec::new();
    for (mask, segment_number) in masks.iter().copied().zip(1_u16..) {
        let inside = (0..3).all(|axis| mask.corner[axis] + mask.voxels.shape()[axis] <= shape[axis]);
        if !inside {
            return Err(refused(format!("the mask of {} reaches beyond the image", mask.structure.name())));
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
        let number = mask.corner[0] + mask_slice;
        let place = match image {
            Image::Ct(ct) => {
                let slice = ct.series.and_then(|series| series.slices.get(number));
                let slice = slice.ok_or_else(|| refused(format!("slice {number} of the CT is not a DICOM instance")))?;
                Place::Slice { slice, position_index: position_index[number] }
            }
            Image::Film(image) => Place::Film(&image.film.header),
        };
        Ok(Frame { mask, mask_slice, segment_number, place })
    };
    found.into_iter().map(frame).collect()
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
        Place::Film(_) => vec![number],
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
    let mut image = match place {
        Place::Slice { slice, .. } => instance_reference(&slice.sop_class_uid, &slice.sop_instance_uid),
        Place::Film(header) => instance_reference(&header.sop_class_uid, &header.sop_instance_uid),
    };
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
    let [_, top, left] = frame.mask.corner;
    for (row, voxels) in frame.mask.voxels.index_axis(Axis(0), frame.mask_slice).rows().into_iter().enumerate() {
        let start = first + (top + row) * columns + left;
        for (bit, voxel) in (start..).zip(voxels) {
            packed[bit / 8] |= u8::from(*voxel) << (bit % 8);
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
