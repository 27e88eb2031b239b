//! Numbers of any stored type.

use std::io::Read;

/// How one voxel is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
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

/// Bytes that are read at once.
const BLOCK: usize = 1 << 16;

/// Order of the bytes of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endian {
    Little,
    Big,
}

/// Stored value to value: `slope * stored + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaling {
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

    /// The number in `bytes`, most significant first. 64-bit integers beyond 2^53 lose their last digits, and are neither
    /// labels nor CT numbers anyway.
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

/// How the voxels of a file are stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Encoding {
    pub element: Element,
    pub endian: Endian,
    pub scaling: Scaling,
}

impl Encoding {
    /// Whether bytes are values.
    pub fn is_plain_u8(self) -> bool {
        self.element == Element::U8 && self.scaling == Scaling::NONE
    }

    /// Whether values are 16-bit integers as they stand there.
    pub fn is_plain_i16(self) -> bool {
        self.element == Element::I16 && self.scaling == Scaling::NONE
    }

    /// Values of 16-bit integers.
    pub fn shorts(self, bytes: &[u8]) -> impl Iterator<Item = i16> {
        let is_little = self.endian == Endian::Little;
        bytes
            .as_chunks()
            .0
            .iter()
            .map(move |pair| if is_little { i16::from_le_bytes(*pair) } else { i16::from_be_bytes(*pair) })
    }

    /// Values of whole numbers of bytes.
    pub fn numbers(self, bytes: &[u8]) -> impl Iterator<Item = f64> {
        let Scaling { slope, intercept } = self.scaling;
        bytes
            .chunks_exact(self.element.bytes())
            .map(move |one| slope * self.element.number(widen(one, self.endian)) + intercept)
    }
}

/// Passes the bytes of `count` voxels on, whole ones in blocks; they must be all that `source` holds: its end is where gzip keeps
/// checksum and length.
pub(super) fn each_block<E: From<String>>(
    source: &mut dyn Read,
    count: usize,
    element: Element,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let size = element.bytes();
    let mut block = vec![0_u8; BLOCK];
    let mut done = 0;
    while done < count {
        let voxels = (count - done).min(BLOCK / size);
        let block = &mut block[..voxels * size];
        done += voxels;
        source.read_exact(block).map_err(|error| format!("its data ends before voxel {done} of {count}: {error}"))?;
        take(block)?;
    }
    let beyond = std::io::copy(&mut source.take(1), &mut std::io::sink())
        .map_err(|error| format!("its data do not end well after the last voxel: {error}"))?;
    if beyond > 0 {
        return Err(format!("it holds more than the {count} voxels that its header speaks of").into());
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], element: Element, endian: Endian) -> Vec<f64> {
        Encoding { element, endian, scaling: Scaling::NONE }.numbers(bytes).collect()
    }

    #[test]
    fn every_stored_type_gives_the_same_number() {
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
            assert_eq!(read(&bytes, element, Endian::Big), [29.0], "{element:?}");
            let little: Vec<u8> = bytes.into_iter().rev().collect();
            assert_eq!(read(&little, element, Endian::Little), [29.0], "{element:?}");
        }
    }

    #[test]
    fn a_claim_beyond_the_data_is_refused() {
        let mut data: &[u8] = &[0; 10];
        let read = each_block(&mut data, 1 << 30, Element::U8, |_| Ok::<(), String>(()));
        assert!(read.is_err_and(|sentence| sentence.contains("ends before")));
    }
}
