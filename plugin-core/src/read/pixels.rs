//! Pixel data of CT slices.

/// How the pixels of a slice are stored (PS3.3 C.7.6.3).
#[derive(Debug, Clone, PartialEq)]
pub struct PixelLayout {
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
}

/// Decodes the stored values of one slice into `out` (rows x columns), without rescale.
pub fn decode_slice(
    _inputs: &super::Inputs,
    _series: &super::CtSeries,
    _slice: &super::Slice,
    _out: &mut [i16],
) -> Result<(), super::ReadError> {
    unimplemented!()
}
