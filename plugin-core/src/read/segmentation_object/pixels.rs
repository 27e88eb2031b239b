//! Pixel data of Segmentation objects.
//!
//! Bit planes and run lengths are unpacked here and not by the general codecs: those expand every bit to a byte, and lose the last
//! bits of frames whose size is no multiple of eight.

use super::super::source::whole_object;
use super::super::{Inputs, ReadError};
use super::{SegmentationObject, SegmentationType};
use dicom_core::value::Value;
use dicom_core::{DataElement, PrimitiveValue};
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;
use dicom_pixeldata::PixelDecoder;
use std::io::Read;

/// Decoded bytes per encoded byte that are believed. Deflate cannot do more than 1032 (RFC 1951: 258 bytes from two bits), run
/// lengths no more than 64; the other codecs get the same with room to spare.
const MOST_EXPANSION: usize = 4096;

/// Pixels of all frames, as compact as they were stored.
#[derive(Debug, Clone)]
pub enum SegmentationPixels {
    /// BINARY: one bit per pixel, least significant first, without padding between frames (PS3.5 8.1.1).
    Bits(Vec<u8>),
    /// LABELMAP with 8 bits.
    Bytes(Vec<u8>),
    /// LABELMAP with 16 bits.
    Words(Vec<u16>),
}

impl SegmentationPixels {
    /// The value of a pixel, counted over all frames in row-major order: 0 or 1 (BINARY), segment number (LABELMAP).
    pub fn value(&self, pixel: usize) -> u16 {
        match self {
            SegmentationPixels::Bits(bits) => u16::from(bits[pixel / 8] >> (pixel % 8) & 1),
            SegmentationPixels::Bytes(bytes) => u16::from(bytes[pixel]),
            SegmentationPixels::Words(words) => words[pixel],
        }
    }
}

/// Decodes the pixels of `object`, checking that there are as many as its frames need.
pub fn decode_segmentation(inputs: &Inputs, object: &SegmentationObject) -> Result<SegmentationPixels, ReadError> {
    let Some(instance) = inputs.instances.get(object.instance) else {
        return Err(ReadError::NotDicom { name: object.sop_instance_uid.clone(), detail: "it is not among the inputs".into() });
    };
    let name = instance.name();
    let file = whole_object(instance)?;
    let transfer_syntax = file.meta().transfer_syntax().to_owned();
    decode(file, object).map_err(|detail| ReadError::Pixels { name, transfer_syntax, detail })
}

fn decode(file: DefaultDicomObject, object: &SegmentationObject) -> Result<SegmentationPixels, String> {
    let bits = match (object.segmentation_type, file.get(tags::BITS_ALLOCATED).and_then(|e| e.to_int::<u16>().ok())) {
        (SegmentationType::Binary, _) => 1,
        (SegmentationType::LabelMap, Some(bits @ (8 | 16))) => usize::from(bits),
        (SegmentationType::LabelMap, found) => return Err(format!("Bits Allocated (0028,0100) is {found:?}, not 8 or 16")),
    };
    let frame = object.size[0] * object.size[1];
    let total = frame
        .checked_mul(object.frames.len())
        .filter(|pixels| pixels.checked_mul(bits).is_some())
        .ok_or("it claims more pixels than a computer can hold")?;
    let bytes = match file.get(tags::PIXEL_DATA).map(|element| element.value()) {
        Some(Value::PixelSequence(sequence)) => {
            let fragments: Vec<&[u8]> = sequence.fragments().iter().map(Vec::as_slice).collect();
            let encoded: usize = fragments.iter().map(|fragment| fragment.len()).sum();
            if (total * bits).div_ceil(8) > encoded.saturating_mul(MOST_EXPANSION) {
                return Err(format!("{total} pixels cannot come from {encoded} encoded bytes"));
            }
            decode_frames(&file, object, bits, &fragments)?
        }
        Some(Value::Primitive(_)) => native(file),
        Some(Value::Sequence(_)) => return Err("Pixel Data (7FE0,0010) is a sequence".into()),
        None => return Err("Pixel Data (7FE0,0010) is absent".into()),
    };
    into_pixels(bytes, total, bits)
}

/// The bytes of pixel data that is not encapsulated, little endian; they are moved, not copied, where they were read as bytes.
fn native(file: DefaultDicomObject) -> Vec<u8> {
    match file.into_inner().take(tags::PIXEL_DATA).map(DataElement::into_value) {
        Some(Value::Primitive(PrimitiveValue::U8(bytes))) => bytes.into_vec(),
        Some(Value::Primitive(PrimitiveValue::U16(words))) => words.iter().flat_map(|word| word.to_le_bytes()).collect(),
        Some(Value::Primitive(other)) => other.to_bytes().into_owned(),
        _ => Vec::new(),
    }
}

fn into_pixels(mut bytes: Vec<u8>, total: usize, bits: usize) -> Result<SegmentationPixels, String> {
    let needed = (total * bits).div_ceil(8);
    if bytes.len() < needed {
        return Err(format!("{} bytes are present; Number of Frames x Rows x Columns needs {needed}", bytes.len()));
    }
    bytes.truncate(needed);
    Ok(match bits {
        1 => SegmentationPixels::Bits(bytes),
        8 => SegmentationPixels::Bytes(bytes),
        _ => SegmentationPixels::Words(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()),
    })
}

fn decode_frames(
    file: &DefaultDicomObject,
    object: &SegmentationObject,
    bits: usize,
    fragments: &[&[u8]],
) -> Result<Vec<u8>, String> {
    let frame = object.size[0] * object.size[1];
    let one_each = || match fragments.len() == object.frames.len() {
        true => Ok(fragments),
        false => Err(format!("{} fragments for {} frames; one per frame is accepted", fragments.len(), object.frames.len())),
    };
    match file.meta().transfer_syntax() {
        uids::RLE_LOSSLESS if bits > 1 => {
            let mut out = Vec::new();
            for fragment in one_each()? {
                unpack_runs(fragment, frame, bits / 8, &mut out)?;
            }
            Ok(out)
        }
        uids::DEFLATED_IMAGE_FRAME_COMPRESSION => {
            let mut out = Vec::new();
            for (index, fragment) in one_each()?.iter().enumerate() {
                append_bits(&mut out, index * frame * bits, &inflate(fragment, (frame * bits).div_ceil(8))?, frame * bits);
            }
            Ok(out)
        }
        _ if bits > 1 => Ok(file.decode_pixel_data().map_err(|error| error.to_string())?.data().to_vec()),
        _ => Err("one-bit pixels are accepted uncompressed or as Deflated Image Frame Compression".into()),
    }
}

/// One frame of RLE Lossless (PS3.5 annex G): a header of offsets, then one run-length segment per byte of a pixel, the high byte
/// first. Appends little-endian pixels.
fn unpack_runs(fragment: &[u8], pixels: usize, bytes_per_pixel: usize, out: &mut Vec<u8>) -> Result<(), String> {
    let word = |index: usize| -> Option<usize> {
        let bytes = fragment.get(index * 4..index * 4 + 4)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    if word(0) != Some(bytes_per_pixel) {
        return Err(format!("a frame has {:?} run-length segments; {bytes_per_pixel} are expected", word(0)));
    }
    let start = out.len();
    out.resize(start + pixels * bytes_per_pixel, 0);
    for segment in 0..bytes_per_pixel {
        let from = word(1 + segment).unwrap_or(usize::MAX);
        let to = if segment + 1 < bytes_per_pixel { word(2 + segment).unwrap_or(0) } else { fragment.len() };
        let runs = fragment.get(from..to).ok_or("a run-length segment lies outside its fragment")?;
        let plane = out[start + bytes_per_pixel - 1 - segment..].iter_mut().step_by(bytes_per_pixel);
        unpack_segment(runs, plane, pixels)?;
    }
    Ok(())
}

fn unpack_segment<'a>(runs: &[u8], mut plane: impl Iterator<Item = &'a mut u8>, pixels: usize) -> Result<(), String> {
    let (mut at, mut written) = (0, 0);
    while written < pixels {
        let control = *runs.get(at).ok_or_else(|| format!("a run-length segment ends after {written} of {pixels} pixels"))?;
        let (length, literal) = match control {
            0..=127 => (usize::from(control) + 1, true),
            128 => {
                at += 1;
                continue;
            }
            129..=255 => (257 - usize::from(control), false),
        };
        let used = if literal { length } else { 1 };
        let source = runs.get(at + 1..at + 1 + used).ok_or("a run goes beyond its segment")?;
        for (index, pixel) in plane.by_ref().take(length).enumerate() {
            *pixel = if literal { source[index] } else { source[0] };
        }
        written += length;
        at += 1 + used;
    }
    Ok(())
}

fn inflate(fragment: &[u8], expected: usize) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let decoder = flate2::read::DeflateDecoder::new(fragment);
    decoder.take(expected as u64).read_to_end(&mut out).map_err(|error| error.to_string())?;
    match out.len() == expected {
        true => Ok(out),
        false => Err(format!("a frame inflates to {} bytes; {expected} are needed", out.len())),
    }
}

/// Puts the first `count` bits of `source` at bit `offset` of `out`, which holds exactly the bits before.
fn append_bits(out: &mut Vec<u8>, offset: usize, source: &[u8], count: usize) {
    if offset.is_multiple_of(8) {
        out.extend_from_slice(source);
        if let (remainder @ 1.., Some(last)) = (count % 8, out.last_mut()) {
            *last &= (1 << remainder) - 1;
        }
        return;
    }
    out.resize((offset + count).div_ceil(8), 0);
    for bit in 0..count {
        out[(offset + bit) / 8] |= (source[bit / 8] >> (bit % 8) & 1) << ((offset + bit) % 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_follow_annex_g() {
        // Two pixels of 16 bits: high bytes 1, 1 as one run, low bytes 2, 3 literally.
        let mut fragment = vec![0; 64];
        fragment[0] = 2;
        fragment[4] = 64;
        fragment[8] = 66;
        fragment.extend([255, 1, 1, 2, 3]);
        let mut out = Vec::new();
        unpack_runs(&fragment, 2, 2, &mut out).expect("a well-formed frame");
        assert_eq!(out, [2, 1, 3, 1]);
    }

    #[test]
    fn a_frame_that_ends_early_is_refused() {
        let mut fragment = vec![0; 64];
        fragment[0] = 1;
        fragment[4] = 64;
        fragment.extend([255, 7]);
        assert!(unpack_runs(&fragment, 3, 1, &mut Vec::new()).is_err());
        fragment[4] = 200;
        assert!(unpack_runs(&fragment, 1, 1, &mut Vec::new()).is_err());
        assert!(unpack_runs(&[1, 0], 1, 1, &mut Vec::new()).is_err());
    }

    #[test]
    fn frames_of_odd_size_are_joined_without_padding() {
        let mut out = Vec::new();
        append_bits(&mut out, 0, &[0b1111_1101], 3);
        append_bits(&mut out, 3, &[0b110], 3);
        append_bits(&mut out, 6, &[0b011], 3);
        assert_eq!(out, [0b1111_0101, 0b0]);
    }

    #[test]
    fn too_few_bytes_are_refused() {
        assert!(into_pixels(vec![0; 3], 25, 1).is_err());
        assert!(into_pixels(vec![0; 4], 25, 1).is_ok());
    }
}
