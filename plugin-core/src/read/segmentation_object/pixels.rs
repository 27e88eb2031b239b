//! Pixel data of Segmentation objects.
//!
//! Bit planes are unpacked here and not by the general codecs: those expand every bit to a byte, and lose the last bits of frames
//! whose size is no multiple of eight.

use super::super::codec;
use super::super::source::whole_object;
use super::super::{Inputs, PixelLayout, ReadError};
use super::{SegmentationObject, SegmentationType};
use dicom_core::value::Value;
use dicom_core::{DataElement, PrimitiveValue};
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;
use std::borrow::Cow;
use std::io::Read;

/// Decoded bytes per encoded byte that are believed. Deflate cannot do more than 1032 (RFC 1951: 258 bytes from two bits), run
/// lengths no more than 64; the other codecs get the same with room to spare.
const MOST_EXPANSION: usize = 4096;
/// Decoded bytes that are held of encoded frames: a BINARY of 117 segments in 1000 slices of 512 x 512 has less.
const LARGEST_DECODED: usize = 4 << 30;

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
pub fn decode_segmentation(inputs: &Inputs<'_>, object: &SegmentationObject) -> Result<SegmentationPixels, ReadError> {
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
            let decoded = (total * bits).div_ceil(8);
            if decoded > encoded.saturating_mul(MOST_EXPANSION) {
                return Err(format!("{total} pixels cannot come from {encoded} encoded bytes"));
            }
            if decoded > LARGEST_DECODED {
                return Err(format!("its frames would take {decoded} bytes; accepted: at most {LARGEST_DECODED}"));
            }
            decode_frames(file.meta().transfer_syntax(), object, bits, &fragments)?
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
    transfer_syntax: &str,
    object: &SegmentationObject,
    bits: usize,
    fragments: &[&[u8]],
) -> Result<Vec<u8>, String> {
    let frame = object.size[0] * object.size[1];
    let number = object.frames.len();
    let whole: Vec<Cow<'_, [u8]>> = match number {
        1 => vec![fragments.concat().into()],
        _ if fragments.len() == number => fragments.iter().map(|fragment| Cow::Borrowed(*fragment)).collect(),
        _ => return Err(format!("{} fragments for {number} frames; one per frame is accepted", fragments.len())),
    };
    let mut out = Vec::new();
    if transfer_syntax == uids::DEFLATED_IMAGE_FRAME_COMPRESSION {
        for (index, encoded) in whole.iter().enumerate() {
            append_bits(&mut out, index * frame * bits, &inflate(encoded, (frame * bits).div_ceil(8))?, frame * bits);
        }
        return Ok(out);
    }
    if bits == 1 {
        return Err("one-bit pixels are accepted uncompressed or as Deflated Image Frame Compression".into());
    }
    let layout = PixelLayout {
        transfer_syntax: transfer_syntax.to_owned(),
        bits_allocated: bits as u16,
        bits_stored: bits as u16,
        signed: false,
        parts: Vec::new(),
    };
    let mut values = vec![0; frame];
    for encoded in whole {
        codec::decode(encoded.into_owned(), &layout, object.size, &mut values)?;
        match bits {
            8 => out.extend(values.iter().map(|value| *value as u8)),
            _ => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        }
    }
    Ok(out)
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
