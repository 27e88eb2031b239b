//! Pixel data of CT slices: where it lies, and its stored values (PS3.3 C.7.6.3, PS3.5 8).

use super::codec;
use super::ct_image::{sentence, shown};
use super::elements::{Coding, ITEM, SEQUENCE_DELIMITATION, UNDEFINED};
use super::source::{self, EXPLICIT_VR_BIG_ENDIAN, Head, Source};
use super::{Inputs, ReadError};
use dicom_dictionary_std::{tags, uids};
use std::ops::Range;

/// More fragments than this in one object is an attack.
const MOST_FRAGMENTS: usize = 1 << 16;

/// How the pixels of a slice are stored, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelLayout {
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
    /// Bits Allocated (0028,0100): 8 or 16.
    pub bits_allocated: u16,
    /// Bits Stored (0028,0101): the low bits that hold the value; those above are ignored.
    pub bits_stored: u16,
    /// Pixel Representation (0028,0103): two's complement.
    pub signed: bool,
    /// Byte ranges in the file, or in the inflated data set, that hold the slice: one, or its fragments.
    pub parts: Vec<Range<u64>>,
}

impl PixelLayout {
    /// What [`decode_slice`] subtracts from stored values so that they fit into `i16`: 32768 where they are unsigned with all
    /// 16 bits in use, else 0. [`super::Slice::intercept`] makes up for it.
    pub(super) fn offset(&self) -> f64 {
        if !self.signed && self.bits_stored == 16 { 32768.0 } else { 0.0 }
    }

    fn bytes_per_pixel(&self) -> usize {
        usize::from(self.bits_allocated / 8)
    }
}

/// The layouts of all `frames` of an object, of `size` rows and columns each.
pub(super) fn layouts(
    head: &Head<'_>,
    source: &mut Source<'_>,
    size: [usize; 2],
    frames: usize,
) -> Result<Vec<PixelLayout>, String> {
    let layout = described(head)?;
    let Some((heading, start)) = head.pixel_data else {
        return Err(sentence("Pixel Data", tags::PIXEL_DATA, "absent", "present"));
    };
    let parts = match (is_native(head.transfer_syntax), heading.length) {
        (true, UNDEFINED) => {
            return Err(sentence("Pixel Data", tags::PIXEL_DATA, "of undefined length", "a length, as uncompressed"));
        }
        (true, length) => native_places(source, u64::from(length), start, &layout, size, frames)?,
        (false, UNDEFINED) => encapsulated(head, source, start, frames)?,
        (false, _) => return Err(sentence("Pixel Data", tags::PIXEL_DATA, "not in fragments", "fragments, as compressed")),
    };
    Ok(parts.into_iter().map(|parts| PixelLayout { parts, ..layout.clone() }).collect())
}

/// Where each of `frames` lies in uncompressed pixel data of `length` bytes from `start` on.
fn native_places(
    source: &Source<'_>,
    length: u64,
    start: u64,
    layout: &PixelLayout,
    size: [usize; 2],
    frames: usize,
) -> Result<Vec<Vec<Range<u64>>>, String> {
    let frame = (size[0] * size[1] * layout.bytes_per_pixel()) as u64;
    let needed = frame.saturating_mul(frames as u64);
    let present = source.present(start, length.min(needed)).map_err(|error| error.to_string())?;
    if present < needed {
        return Err(sentence("Pixel Data", tags::PIXEL_DATA, format!("{present} bytes long"), &format!("{needed} bytes")));
    }
    let place = |number: u64| start + number * frame..start + (number + 1) * frame;
    Ok((0..frames as u64).map(|number| std::iter::once(place(number)).collect()).collect())
}

/// The Image Pixel module, checked.
fn described(head: &Head<'_>) -> Result<PixelLayout, String> {
    let elements = &head.elements;
    let short = |tag| elements.unsigned(tag);
    let samples = short(tags::SAMPLES_PER_PIXEL);
    if samples != Some(1) {
        return Err(sentence("Samples per Pixel", tags::SAMPLES_PER_PIXEL, shown(samples), "1"));
    }
    // MONOCHROME1 changes how values are displayed, not what they mean.
    match elements.ascii(tags::PHOTOMETRIC_INTERPRETATION).unwrap_or("absent") {
        "MONOCHROME1" | "MONOCHROME2" => {}
        other => return Err(sentence("Photometric Interpretation", tags::PHOTOMETRIC_INTERPRETATION, other, "MONOCHROME2")),
    }
    let bits_allocated = match short(tags::BITS_ALLOCATED) {
        Some(bits @ (8 | 16)) => bits,
        other => return Err(sentence("Bits Allocated", tags::BITS_ALLOCATED, shown(other), "8 or 16")),
    };
    let bits_stored = match short(tags::BITS_STORED) {
        Some(bits) if (1..=bits_allocated).contains(&bits) => bits,
        other => return Err(sentence("Bits Stored", tags::BITS_STORED, shown(other), "1 to Bits Allocated")),
    };
    let high_bit = short(tags::HIGH_BIT);
    if high_bit != Some(bits_stored - 1) {
        return Err(sentence("High Bit", tags::HIGH_BIT, shown(high_bit), "Bits Stored - 1"));
    }
    let signed = match short(tags::PIXEL_REPRESENTATION) {
        Some(0) => false,
        Some(1) => true,
        other => return Err(sentence("Pixel Representation", tags::PIXEL_REPRESENTATION, shown(other), "0 or 1")),
    };
    Ok(PixelLayout { transfer_syntax: head.transfer_syntax.to_owned(), bits_allocated, bits_stored, signed, parts: Vec::new() })
}

fn is_native(transfer_syntax: &str) -> bool {
    use uids::{DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN};
    [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN]
        .contains(&transfer_syntax)
}

/// The fragments of each frame (PS3.5 A.4).
fn encapsulated(head: &Head<'_>, source: &mut Source<'_>, start: u64, frames: usize) -> Result<Vec<Vec<Range<u64>>>, String> {
    let mut fragments = fragments(source, start)?;
    if fragments.is_empty() {
        return Err("Pixel Data (7FE0,0010) has no items".to_owned());
    }
    let table = fragments.remove(0);
    if frames == 1 {
        return Ok(vec![fragments]);
    }
    if fragments.len() == frames {
        return Ok(fragments.into_iter().map(|fragment| vec![fragment]).collect());
    }
    let offsets = offsets(head, source, table.clone())?;
    if offsets.len() != frames || !offsets.is_sorted() {
        let found = format!("{} fragments and {} offsets for {frames} frames", fragments.len(), offsets.len());
        return Err(sentence("Pixel Data", tags::PIXEL_DATA, found, "one fragment or one offset per frame"));
    }
    let mut by_frame = vec![Vec::new(); frames];
    for fragment in fragments {
        // Offsets count from the heading of the first fragment, 8 bytes before its value (PS3.5 A.4).
        let offset = fragment.start - 8 - table.end;
        let frame = offsets.partition_point(|&first| first <= offset).checked_sub(1);
        let frame = frame.ok_or_else(|| "the first frame's offset in Pixel Data (7FE0,0010) is not 0".to_owned())?;
        by_frame[frame].push(fragment);
    }
    Ok(by_frame)
}

/// The values of all items, the offset table first.
fn fragments(source: &mut Source<'_>, start: u64) -> Result<Vec<Range<u64>>, String> {
    let broken = |what: &str| format!("Pixel Data (7FE0,0010) {what}; accepted: complete fragments");
    let mut fragments = Vec::new();
    let mut position = start;
    let mut heading = [0; 8];
    // Some writers leave out the delimiter at the end of the file.
    while position < source.size() {
        source.read_at(position, &mut heading).map_err(|_| broken("ends in the middle of an item"))?;
        let [a, b, c, d, length @ ..] = heading;
        let tag = dicom_core::Tag(Coding::EXPLICIT_LITTLE.u16([a, b]), Coding::EXPLICIT_LITTLE.u16([c, d]));
        let value = position + 8..position + 8 + u64::from(u32::from_le_bytes(length));
        match tag {
            SEQUENCE_DELIMITATION => break,
            ITEM if value.end > source.size() => return Err(broken("ends in the middle of a fragment")),
            ITEM if fragments.len() == MOST_FRAGMENTS => return Err(broken("has more than 65536 fragments")),
            ITEM => fragments.push(value.clone()),
            _ => return Err(broken("holds something that is no item")),
        }
        position = value.end;
    }
    Ok(fragments)
}

/// Where frames begin, by the Extended Offset Table (7FE0,0001) or the Basic Offset Table.
fn offsets(head: &Head<'_>, source: &mut Source<'_>, table: Range<u64>) -> Result<Vec<u64>, String> {
    if let Some(extended) = head.elements.bytes(tags::EXTENDED_OFFSET_TABLE) {
        return Ok(extended.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect());
    }
    let bytes = read_parts(source, &[table]).map_err(|error| error.to_string())?;
    Ok(bytes.as_chunks().0.iter().map(|bytes| u64::from(u32::from_le_bytes(*bytes))).collect())
}

/// Decodes the stored values of one slice into `out` (rows x columns), without rescale.
///
/// Unsigned values that use all 16 bits are shifted by -32768 to fit; [`super::Slice::intercept`] already holds the opposite, so
/// that `HU = slope * value + intercept` is exact in every case. Padding values are values like others. Data that is short is an
/// error, never filled up.
pub fn decode_slice(
    inputs: &Inputs<'_>,
    series: &super::CtSeries,
    slice: &super::Slice,
    out: &mut [i16],
) -> Result<(), ReadError> {
    decode_stored(inputs, (slice.instance, &slice.sop_instance_uid), &slice.layout, series.size, out)
}

/// Decodes the stored values of one frame of an instance, named by its index and SOP Instance UID, as [`decode_slice`] does.
///
/// Bits above Bits Stored (old overlays) are dropped and the sign is extended.
pub(super) fn decode_stored(
    inputs: &Inputs<'_>,
    (instance, sop_instance_uid): (usize, &str),
    layout: &PixelLayout,
    size: [usize; 2],
    out: &mut [i16],
) -> Result<(), ReadError> {
    let instance = inputs.instances.get(instance).ok_or_else(|| ReadError::NotDicom {
        name: sop_instance_uid.to_owned(),
        detail: "the instance is not among the inputs".to_owned(),
    })?;
    let failed = |detail: String| ReadError::Pixels {
        name: instance.name(),
        transfer_syntax: codec::named(&layout.transfer_syntax),
        detail,
    };
    if out.len() != size[0] * size[1] {
        return Err(failed(format!("{} values wanted of {} x {}", out.len(), size[0], size[1])));
    }
    let mut source = source::open(instance, layout.transfer_syntax == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)?;
    if is_native(&layout.transfer_syntax) {
        native(&mut source, layout, out).map_err(failed)?;
    } else {
        let compressed = read_parts(&mut source, &layout.parts).map_err(|error| failed(error.to_string()))?;
        codec::decode(compressed, layout, size, out).map_err(failed)?;
    }
    to_values(layout, out);
    Ok(())
}

/// Reads uncompressed pixels straight into their place.
fn native(source: &mut Source<'_>, layout: &PixelLayout, out: &mut [i16]) -> Result<(), String> {
    let start = layout.parts.first().map_or(0, |part| part.start);
    if layout.bits_allocated == 8 {
        let mut bytes = vec![0; out.len()];
        source.read_at(start, &mut bytes).map_err(|error| error.to_string())?;
        widen(&bytes, out);
        return Ok(());
    }
    source.read_at(start, bytemuck::cast_slice_mut(out)).map_err(|error| error.to_string())?;
    let big_endian = layout.transfer_syntax == EXPLICIT_VR_BIG_ENDIAN;
    if big_endian != cfg!(target_endian = "big") {
        out.iter_mut().for_each(|value| *value = value.swap_bytes());
    }
    Ok(())
}

/// One byte to one value.
pub(super) fn widen(bytes: &[u8], out: &mut [i16]) {
    for (value, &byte) in out.iter_mut().zip(bytes) {
        *value = i16::from(byte);
    }
}

/// Bit patterns to numbers, in place.
fn to_values(layout: &PixelLayout, out: &mut [i16]) {
    let unused = 16 - u32::from(layout.bits_stored.clamp(1, 16));
    match (layout.signed, unused) {
        (true, 0) => {}
        (true, _) => out.iter_mut().for_each(|value| *value = (*value << unused) >> unused),
        (false, 0) => out.iter_mut().for_each(|value| *value ^= i16::MIN),
        (false, _) => out.iter_mut().for_each(|value| *value &= i16::MAX >> (unused - 1)),
    }
}

/// The bytes of `parts`, joined. They were checked against the size of the file when the header was read.
fn read_parts(source: &mut Source<'_>, parts: &[Range<u64>]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in parts {
        let length = usize::try_from(part.end - part.start).map_err(std::io::Error::other)?;
        if part.end > source.size() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let start = bytes.len();
        bytes.resize(start + length, 0);
        source.read_at(part.start, &mut bytes[start..])?;
    }
    Ok(bytes)
}
