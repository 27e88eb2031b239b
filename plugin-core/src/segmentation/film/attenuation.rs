//! Greyscale to attenuation.
//!
//! What is meant by a grey value differs from maker to maker. Known is its sign, by Pixel Intensity Relationship Sign (0028,1041) or
//! else by the way the film is shown; its curve only on films that were stored for processing, where Pixel Intensity Relationship
//! (0028,1040) says LIN or LOG (PS3.3 C.8.11.3.1.2). A film that was stored for presentation must name one of them, too, and was
//! given its maker's curve nevertheless.

use crate::read::{Greyscale, IntensityRelationship, ModalityTransform, Radiograph};
use crate::report::{Block, GateCode, Quality};
use ndarray::Array2;

/// Films with fewer grey levels than 10 bits give were made for display.
const BITS_OF_DETECTORS: u16 = 10;

/// An image whose larger values stand for more attenuation, on the pixels of the film.
#[derive(Debug, Clone)]
pub struct Attenuation {
    /// `[row, column]` of the film. Where the curve is known it is the attenuation (natural logarithm of intensity) up to one factor
    /// and one offset; elsewhere only the order of values is.
    pub pixels: Array2<f32>,
    /// Whether a pixel belongs to the exposed field, `[row, column]`; the others mean nothing.
    pub exposed: Array2<bool>,
    /// The least and the largest value of the exposed field: what was clipped has them.
    pub range: [f32; 2],
    /// From this value on a pixel counts as clipped.
    pub clipped_from: f32,
}

/// Of the range of grey values: so much lossy compression changes what was clipped.
const LOSSY_SHARE: f32 = 0.02;

/// Turns a film's values into attenuation, with the remarks that belong into the report.
///
/// LIN of a film for processing is turned into the negative logarithm of the intensity; an intensity of zero counts as half a stored
/// unit. Refused are films without any exposed pixel or of one value, LIN with a Modality LUT, which PS3.3 C.8.11.3.1.2 forbids and
/// which leaves open what is in proportion to the beam, and films for presentation whose sign says that bone is shown dark.
pub fn attenuation(radiograph: &Radiograph) -> Result<(Attenuation, Vec<Quality>), Block> {
    let header = &radiograph.header;
    let descends = larger_is_more_attenuation(&header.greyscale)?;
    let mut pixels = radiograph.pixels.clone();
    let sign = if descends { 1.0 } else { -1.0 };
    match is_linear(&header.greyscale) {
        true => {
            let full_scale = largest_stored(header.layout.bits_stored, header.layout.signed);
            let intensity = |value: f32| if descends { full_scale - value } else { value };
            pixels.par_mapv_inplace(|value| -intensity(value).max(0.5).ln());
        }
        false => pixels.par_mapv_inplace(|value| sign * value),
    }
    let exposed = radiograph.exposed.clone();
    let values = || pixels.iter().zip(&exposed).filter(|(_, exposed)| **exposed).map(|(value, _)| *value);
    let range = [values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max)];
    if range[0] >= range[1] {
        let reason = "no two grey values differ inside shutters, collimators and padding; accepted: an image".to_owned();
        return Err(greyscale(reason));
    }
    let clipped_from = if header.lossy { range[1] - LOSSY_SHARE * (range[1] - range[0]) } else { range[1] };
    let remarks = remarks(&header.greyscale, header.layout.bits_stored, header.lossy);
    Ok((Attenuation { pixels, exposed, range, clipped_from }, remarks))
}

/// Whether stored values are in proportion to the beam.
fn is_linear(scale: &Greyscale) -> bool {
    scale.for_processing && scale.relationship == Some(IntensityRelationship::Linear)
}

/// Whether a larger value after the Modality LUT stands for more attenuation.
fn larger_is_more_attenuation(scale: &Greyscale) -> Result<bool, Block> {
    let Some(ascends) = scale.modality.ascends() else {
        let reason = "LUT Data (0028,3006) of the Modality LUT neither rises nor falls throughout; accepted: values in order";
        return Err(greyscale(reason.to_owned()));
    };
    if is_linear(scale) && scale.modality != ModalityTransform::IDENTITY {
        let reason =
            "Pixel Intensity Relationship (0028,1040) is LIN beside a Modality LUT; accepted: stored values as they are";
        return Err(greyscale(reason.to_owned()));
    }
    // Bone is shown bright: small values in MONOCHROME1, large ones in MONOCHROME2.
    let by_display = !scale.inverted;
    // The sign speaks of stored values.
    let by_sign = scale.larger_is_less_intensity.map(|less_intensity| less_intensity == ascends);
    match by_sign {
        Some(by_sign) if by_sign != by_display && !scale.for_processing => {
            let reason = "by Pixel Intensity Relationship Sign (0028,1041) and Photometric Interpretation (0028,0004) bone is shown dark on \
                          a film for presentation; accepted: tags that agree";
            Err(greyscale(reason.to_owned()))
        }
        by_sign => Ok(by_sign.unwrap_or(by_display)),
    }
}

fn largest_stored(bits: u16, signed: bool) -> f32 {
    2f32.powi(i32::from(bits) - i32::from(signed)) - 1.0
}

fn greyscale(reason: String) -> Block {
    Block { code: GateCode::Greyscale, reason, found: None }
}

fn remarks(scale: &Greyscale, bits: u16, lossy: bool) -> Vec<Quality> {
    let curve = match (scale.relationship, &scale.modality) {
        _ if !scale.for_processing => Some("the film was not stored for processing".to_owned()),
        (Some(IntensityRelationship::Linear), _)
        | (Some(IntensityRelationship::Logarithmic), ModalityTransform::Linear { .. }) => None,
        (Some(_), _) => Some("Pixel Intensity Relationship (0028,1040) is that of a film made for display".to_owned()),
        (None, _) => Some("Pixel Intensity Relationship (0028,1040) is absent".to_owned()),
    };
    let curve = curve.map(|what| format!("{what}: the curve from attenuation to grey value is not known"));
    let sign = scale
        .larger_is_less_intensity
        .is_none()
        .then(|| "Pixel Intensity Relationship Sign (0028,1041) is absent: bone was taken to be shown bright".to_owned());
    let depth = (bits < BITS_OF_DETECTORS)
        .then(|| format!("Bits Stored (0028,0101) is {bits}: the film was windowed before it was stored"));
    let lossy =
        lossy.then(|| "Lossy Image Compression (0028,2110) is 01: grey values are not those of the detector".to_owned());
    let messages = [curve, sign, depth, lossy].into_iter().flatten();
    messages.map(|message| Quality::warning(GateCode::Greyscale, message, None)).collect()
}
