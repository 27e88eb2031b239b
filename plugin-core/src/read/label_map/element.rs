//! Numbers of any stored type as label values.

use std::io::Read;

/// How one voxel is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// Order of the bytes of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

/// Stored value to label: `slope * stored + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scaling {
    pub slope: f64,
    pub intercept: f64,
}

impl Scaling {
    pub const NONE: Scaling = Scaling { slope: 1.0, intercept: 0.0 };
}

impl Element {
    fn bytes(self) -> usize {
        match self {
            Element::U8 | Element::I8 => 1,
            Element::U16 | Element::I16 => 2,
            Element::U32 | Element::I32 | Element::F32 => 4,
            Element::U64 | Element::I64 | Element::F64 => 8,
        }
    }

    /// The number in `bytes`, most significant first. 64-bit integers beyond 2^53 lose their last digits, and are no labels anyway.
    fn number(self, bytes: [u8; 8]) -> f64 {
        let low = u64::from_be_bytes(bytes);
        match self {
            Element::U8 | Element::U16 | Element::U32 | Element::U64 => low as f64,
            Element::I8 => f64::from(low as u8 as i8),
            Element::I16 => f64::from(low as u16 as i16),
            Element::I32 => f64::from(low as u32 as i32),
            Element::I64 => low as i64 as f64,
            Element::F32 => f64::from(f32::from_bits(low as u32)),
            Element::F64 => f64::from_bits(low),
        }
    }
}

/// Reads `count` labels, which must be all that `source` holds: its end is where gzip keeps checksum and length.
///
/// Memory grows with the bytes that are really there, not with what the header claims.
pub(super) fn read_labels(
    source: &mut dyn Read,
    count: usize,
    element: Element,
    endian: Endian,
    scaling: Scaling,
) -> Result<Vec<u16>, String> {
    let size = element.bytes();
    let mut labels = Vec::new();
    let mut block = vec![0_u8; 1 << 16];
    while labels.len() < count {
        let wanted = (count - labels.len()).min(block.len() / size) * size;
        let block = &mut block[..wanted];
        source
            .read_exact(block)
            .map_err(|error| format!("its data ends before voxel {} of {count}: {error}", labels.len() + wanted / size))?;
        if element == Element::U8 && scaling == Scaling::NONE {
            labels.extend(block.iter().map(|byte| u16::from(*byte)));
            continue;
        }
        for bytes in block.chunks_exact(size) {
            labels.push(label(element.number(widen(bytes, endian)), scaling)?);
        }
    }
    let beyond = std::io::copy(&mut source.take(1), &mut std::io::sink())
        .map_err(|error| format!("its data do not end well after the last voxel: {error}"))?;
    if beyond == 0 { Ok(labels) } else { Err(format!("it holds more than the {count} voxels that its header speaks of")) }
}

/// The bytes of one number, most significant first, with zeros before.
fn widen(bytes: &[u8], endian: Endian) -> [u8; 8] {
    let mut wide = [0; 8];
    let target = &mut wide[8 - bytes.len()..];
    target.copy_from_slice(bytes);
    if endian == Endian::Little {
        target.reverse();
    }
    wide
}

fn label(stored: f64, scaling: Scaling) -> Result<u16, String> {
    let value = scaling.slope * stored + scaling.intercept;
    let nearest = value.round();
    // A slope such as 0.1 stored as a 32-bit float leaves a rest in the seventh digit.
    if (value - nearest).abs() <= 1e-6 * nearest.abs().max(1.0) && (0.0..=65535.0).contains(&nearest) {
        Ok(nearest as u16)
    } else {
        Err(format!("it holds the value {value}; a label map holds whole numbers from 0 to 65535"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], element: Element, endian: Endian) -> Result<Vec<u16>, String> {
        read_labels(&mut &bytes[..], bytes.len() / element.bytes(), element, endian, Scaling::NONE)
    }

    #[test]
    fn every_stored_type_gives_the_same_label() {
        for (element, bytes) in [
            (Element::U8, 29_u8.to_be_bytes().to_vec()),
            (Element::I8, 29_i8.to_be_bytes().to_vec()),
            (Element::U16, 29_u16.to_be_bytes().to_vec()),
            (Element::I16, 29_i16.to_be_bytes().to_vec()),
            (Element::U32, 29_u32.to_be_bytes().to_vec()),
            (Element::I32, 29_i32.to_be_bytes().to_vec()),
            (Element::U64, 29_u64.to_be_bytes().to_vec()),
            (Element::I64, 29_i64.to_be_bytes().to_vec()),
            (Element::F32, 29_f32.to_be_bytes().to_vec()),
            (Element::F64, 29_f64.to_be_bytes().to_vec()),
        ] {
            assert_eq!(read(&bytes, element, Endian::Big), Ok(vec![29]), "{element:?}");
            let little: Vec<u8> = bytes.into_iter().rev().collect();
            assert_eq!(read(&little, element, Endian::Little), Ok(vec![29]), "{element:?}");
        }
    }

    #[test]
    fn what_is_no_label_is_refused() {
        assert!(read(&(-1_i16).to_le_bytes(), Element::I16, Endian::Little).is_err());
        assert!(read(&70_000_i32.to_le_bytes(), Element::I32, Endian::Little).is_err());
        assert!(read(&1.5_f32.to_le_bytes(), Element::F32, Endian::Little).is_err());
        assert!(read(&f32::NAN.to_le_bytes(), Element::F32, Endian::Little).is_err());
    }

    #[test]
    fn a_claim_beyond_the_data_is_refused() {
        assert!(read_labels(&mut &[0_u8; 10][..], 1 << 30, Element::U8, Endian::Little, Scaling::NONE).is_err());
    }
}
