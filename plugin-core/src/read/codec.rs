//! One compressed frame to stored values.
//!
//! The decoders trust what a code stream says of its size and some give half an image for half a stream. The stream's own
//! header and end are therefore checked first.

use super::pixels::{PixelLayout, widen};
use super::run_lengths;
use dicom_core::value::C;
use dicom_dictionary_std::uids;
use dicom_encoding::adapters::{PixelDataObject, RawPixelData};
use dicom_encoding::transfer_syntax::{Codec, TransferSyntaxIndex};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use std::borrow::Cow;

/// Padding after the end marker may take this much.
const LONGEST_PADDING: usize = 64;

/// UID with its name where known.
pub(super) fn named(transfer_syntax: &str) -> String {
    match TransferSyntaxRegistry.get(transfer_syntax) {
        Some(known) => format!("{transfer_syntax}, {}", known.name()),
        None => transfer_syntax.to_owned(),
    }
}

/// Decodes `compressed` into `out`, one bit pattern of Bits Allocated bits per pixel.
pub(super) fn decode(compressed: Vec<u8>, layout: &PixelLayout, size: [usize; 2], out: &mut [i16]) -> Result<(), String> {
    if layout.transfer_syntax == uids::RLE_LOSSLESS {
        return run_length_decode(&compressed, layout, out);
    }
    let stream = Stream::read(&compressed)?;
    if stream.size != size || stream.components != 1 {
        let [rows, columns] = stream.size;
        return Err(format!("its code stream has {rows} rows, {columns} columns and {} components", stream.components));
    }
    if stream.precision > layout.bits_allocated {
        return Err(format!("its code stream has {} bits per pixel", stream.precision));
    }
    // The adapters of JPEG and JPEG-LS write one byte per pixel up to a precision of 8, whatever Bits Allocated says.
    let bits = if stream.precision <= 8 { 8 } else { 16 };
    let frame = OneFrame { layout, size, bits, data: compressed };
    let syntax = TransferSyntaxRegistry.get(&layout.transfer_syntax);
    let Some(Codec::EncapsulatedPixelData(Some(reader), _)) = syntax.map(|syntax| syntax.codec()) else {
        return Err("no decoder for this transfer syntax is built in".to_owned());
    };
    let mut bytes = Vec::new();
    // A decoder that panics on a hostile stream must cost the series, not the process.
    let decoded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reader.decode_frame(&frame, 0, &mut bytes)));
    decoded.map_err(|_| "the decoder failed".to_owned())?.map_err(|error| error.to_string())?;
    if bytes.len() != out.len() * usize::from(bits / 8) {
        return Err(format!("{} bytes were decoded; {} are needed", bytes.len(), out.len() * usize::from(bits / 8)));
    }
    match bits {
        8 => widen(&bytes, out),
        _ => out.iter_mut().zip(bytes.as_chunks().0).for_each(|(value, bytes)| *value = i16::from_le_bytes(*bytes)),
    }
    Ok(())
}

/// What a code stream says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Stream {
    size: [usize; 2],
    components: u16,
    precision: u16,
}

impl Stream {
    /// Reads the frame header of JPEG and JPEG-LS (ISO 10918-1 B.2.2, ISO 14495-1 C.2.2) or the SIZ segment of JPEG 2000
    /// (ISO 15444-1 A.5.1), and checks that the stream has its end marker, FFD9 in all of them.
    fn read(bytes: &[u8]) -> Result<Stream, String> {
        let tail = &bytes[bytes.len().saturating_sub(LONGEST_PADDING)..];
        if !tail.windows(2).any(|pair| pair == [0xFF, 0xD9]) {
            return Err("its code stream ends before the end marker".to_owned());
        }
        let header = match bytes {
            [0xFF, 0x4F, 0xFF, 0x51, segment @ ..] => Self::jpeg_2000(segment),
            [0xFF, 0xD8, segments @ ..] => Self::jpeg(segments),
            _ => None,
        };
        header.ok_or_else(|| "its code stream has no JPEG, JPEG-LS or JPEG 2000 header".to_owned())
    }

    fn jpeg_2000(segment: &[u8]) -> Option<Stream> {
        let number = |at: usize| segment.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        let side = |end: usize, start: usize| usize::try_from(number(end)?.checked_sub(number(start)?)?).ok();
        let components = u16::from_be_bytes(*segment.get(36..)?.first_chunk()?);
        let precision = u16::from(segment.get(38)? & 0x7F) + 1;
        if segment.get(39..41)? != [1, 1] {
            return None;
        }
        Some(Stream { size: [side(8, 16)?, side(4, 12)?], components, precision })
    }

    fn jpeg(mut rest: &[u8]) -> Option<Stream> {
        loop {
            let [0xFF, marker, after @ ..] = rest else { return None };
            if *marker == 0xFF {
                rest = &rest[1..];
                continue;
            }
            let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
            let segment = after.get(2..length)?;
            // Every start of frame but DHT, JPG and DAC, which share its range; F7 is that of JPEG-LS.
            let is_frame = matches!(marker, 0xC0..=0xCF | 0xF7) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
            if let (true, [precision, a, b, c, d, components, ..]) = (is_frame, segment) {
                let size = [u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])].map(usize::from);
                return Some(Stream { size, components: u16::from(*components), precision: u16::from(*precision) });
            }
            rest = &after[length..];
        }
    }
}

/// One frame of RLE Lossless; pixels of one byte are widened.
fn run_length_decode(compressed: &[u8], layout: &PixelLayout, out: &mut [i16]) -> Result<(), String> {
    if layout.bits_allocated == 8 {
        let mut bytes = vec![[0]; out.len()];
        run_lengths::decode(compressed, &mut bytes)?;
        widen(bytes.as_flattened(), out);
        return Ok(());
    }
    run_lengths::decode::<2>(compressed, bytemuck::cast_slice_mut(out))?;
    out.iter_mut().for_each(|value| *value = i16::from_le(*value));
    Ok(())
}

/// One frame as the registry's adapters want to see it.
struct OneFrame<'a> {
    layout: &'a PixelLayout,
    size: [usize; 2],
    bits: u16,
    data: Vec<u8>,
}

impl PixelDataObject for OneFrame<'_> {
    fn transfer_syntax_uid(&self) -> &str {
        &self.layout.transfer_syntax
    }

    fn rows(&self) -> Option<u16> {
        u16::try_from(self.size[0]).ok()
    }

    fn cols(&self) -> Option<u16> {
        u16::try_from(self.size[1]).ok()
    }

    fn samples_per_pixel(&self) -> Option<u16> {
        Some(1)
    }

    fn bits_allocated(&self) -> Option<u16> {
        Some(self.bits)
    }

    fn bits_stored(&self) -> Option<u16> {
        Some(self.layout.bits_stored.min(self.bits))
    }

    fn photometric_interpretation(&self) -> Option<&str> {
        Some("MONOCHROME2")
    }

    fn number_of_frames(&self) -> Option<u32> {
        Some(1)
    }

    fn number_of_fragments(&self) -> Option<u32> {
        Some(1)
    }

    fn fragment(&self, fragment: usize) -> Option<Cow<'_, [u8]>> {
        (fragment == 0).then_some(Cow::Borrowed(&self.data))
    }

    fn offset_table(&self) -> Option<Cow<'_, [u32]>> {
        Some(Cow::Borrowed(&[]))
    }

    fn raw_pixel_data(&self) -> Option<RawPixelData> {
        Some(RawPixelData { fragments: C::from_elem(self.data.clone(), 1), offset_table: C::new() })
    }
}
