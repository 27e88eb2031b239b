//! Millimetres at the hip.
//!
//! A detector sees the hip larger than it is, because the beam widens on its way from hip to detector. Imager Pixel Spacing
//! (0018,1164) is that of the detector; at the hip it is smaller by the magnification, source-detector distance by source-hip
//! distance (PS3.3 C.8.11.5, 10.7.1).

use crate::read::{RadiographGeometry, SpacingCalibration};
use crate::report::{Block, GateCode, Quality};

/// Magnifications of hip films where nothing is stated: a range that the design of this program supposes, not one that was measured.
const ASSUMED: [f64; 2] = [1.1, 1.2];
/// Magnifications that a hip film can have. At 1 the hip would lie on the detector; at 1.5 it would lie half a metre and more before
/// it. What is beyond comes from a tag that means something else.
const POSSIBLE: [f64; 2] = [1.0, 1.5];
/// Two spacings are the same if they differ less, relative to their size: writers round to four digits and more.
const SAME_SPACING: f64 = 1e-3;

/// How long a pixel of a film is at the depth of the hip.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Millimetres between rows and between columns of the film, at the hip.
    pub pixel_mm: [f64; 2],
    /// Millimetres between rows and between columns at the detector, where the header gives it.
    pub detector_pixel_mm: Option<[f64; 2]>,
    /// How much larger than the hip its image is.
    pub magnification: Magnification,
}

/// How much larger than the hip its image at the detector is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Magnification {
    /// The factor that was used; none where Pixel Spacing (0028,0030) is the only spacing and was calibrated.
    pub factor: Option<f64>,
    /// Where it comes from.
    pub source: MagnificationSource,
}

/// Where a magnification comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MagnificationSource {
    /// Pixel Spacing (0028,0030) that was calibrated in the patient.
    PixelSpacing,
    /// Estimated Radiographic Magnification Factor (0018,1114).
    EstimatedFactor,
    /// Distance Source to Detector (0018,1110) by Distance Source to Patient (0018,1111).
    Distances,
    /// None is stated: the middle of 1.1 to 1.2.
    Assumed,
}

/// The scale that the header states, with the remark that belongs into the report; refused where no spacing is known or two of them
/// contradict.
pub fn scale(geometry: &RadiographGeometry) -> Result<(Scale, Option<Quality>), Block> {
    let detector = geometry.imager_pixel_spacing.or(geometry.nominal_scanned_pixel_spacing);
    let in_patient = geometry.pixel_spacing.filter(|spacing| is_of_patient(geometry, detector, *spacing));
    if let Some(pixel_mm) = in_patient {
        return calibrated(pixel_mm, detector, geometry.spacing_calibration);
    }
    let Some(at_detector) = detector.or(geometry.pixel_spacing) else {
        let reason = "Imager Pixel Spacing (0018,1164), Pixel Spacing (0028,0030) and Nominal Scanned Pixel Spacing (0018,2010) are \
                      absent; accepted: one of them";
        return Err(Block { code: GateCode::SpacingUnknown, reason: reason.to_owned(), found: None });
    };
    let (factor, source) = stated(geometry)?;
    let pixel_mm = at_detector.map(|side| side / factor);
    let scale =
        Scale { pixel_mm, detector_pixel_mm: Some(at_detector), magnification: Magnification { factor: Some(factor), source } };
    Ok((scale, remark(factor, source)))
}

/// Whether Pixel Spacing is that of the patient: it says how it was calibrated, or it differs from the detector's, which it must
/// equal otherwise (PS3.3 10.7.1.1).
fn is_of_patient(geometry: &RadiographGeometry, detector: Option<[f64; 2]>, spacing: [f64; 2]) -> bool {
    let differs = |detector: [f64; 2]| detector.iter().zip(spacing).any(|(a, b)| (a / b - 1.0).abs() > SAME_SPACING);
    match detector {
        Some(detector) => differs(detector),
        None => geometry.spacing_calibration.is_some(),
    }
}

fn calibrated(
    pixel_mm: [f64; 2],
    detector: Option<[f64; 2]>,
    calibration: Option<SpacingCalibration>,
) -> Result<(Scale, Option<Quality>), Block> {
    let source = MagnificationSource::PixelSpacing;
    let factor = detector.map(|detector| (detector[0] * detector[1] / (pixel_mm[0] * pixel_mm[1])).sqrt());
    if let Some(factor) = factor.filter(|factor| !is_possible(*factor)) {
        return Err(impossible(factor, "the detector's spacing by Pixel Spacing (0028,0030)"));
    }
    let remark = match calibration {
        Some(SpacingCalibration::Fiducial) => None,
        Some(SpacingCalibration::Geometry) => Some("Pixel Spacing Calibration Type (0028,0A02) is GEOMETRY"),
        None => Some("Pixel Spacing Calibration Type (0028,0A02) is absent"),
    };
    let remark = remark.map(|what| {
        let message = format!("{what}: the depth that Pixel Spacing (0028,0030) holds for is not known to be that of the hip");
        Quality::warning(GateCode::Magnification, message, factor)
    });
    Ok((Scale { pixel_mm, detector_pixel_mm: detector, magnification: Magnification { factor, source } }, remark))
}

/// The factor that the header states, or the assumed one.
fn stated(geometry: &RadiographGeometry) -> Result<(f64, MagnificationSource), Block> {
    let distances =
        geometry.source_to_detector.zip(geometry.source_to_patient).map(|(detector, patient)| detector.0 / patient.0);
    let (factor, source, name) = match (geometry.magnification, distances) {
        (Some(factor), _) => {
            (factor, MagnificationSource::EstimatedFactor, "Estimated Radiographic Magnification Factor (0018,1114)")
        }
        (None, Some(factor)) => {
            let name = "Distance Source to Detector (0018,1110) by Distance Source to Patient (0018,1111)";
            (factor, MagnificationSource::Distances, name)
        }
        (None, None) => return Ok(((ASSUMED[0] + ASSUMED[1]) / 2.0, MagnificationSource::Assumed)),
    };
    if is_possible(factor) { Ok((factor, source)) } else { Err(impossible(factor, name)) }
}

fn is_possible(factor: f64) -> bool {
    (POSSIBLE[0]..=POSSIBLE[1]).contains(&factor)
}

fn impossible(factor: f64, name: &str) -> Block {
    let reason = format!("{name} is {factor:.3}; accepted: {} to {}", POSSIBLE[0], POSSIBLE[1]);
    Block { code: GateCode::Magnification, reason, found: Some(factor) }
}

fn remark(factor: f64, source: MagnificationSource) -> Option<Quality> {
    let message = match source {
        MagnificationSource::Assumed => format!(
            "neither Estimated Radiographic Magnification Factor (0018,1114) nor Distance Source to Patient (0018,1111) with Distance \
             Source to Detector (0018,1110) is stated: a magnification of {factor} was assumed, the middle of {} to {}",
            ASSUMED[0], ASSUMED[1]
        ),
        // By its definition the distance ends at the table, not at the hip.
        MagnificationSource::Distances => format!(
            "the magnification of {factor:.3} follows from Distance Source to Patient (0018,1111), which ends at the table: that of \
             the hip is larger"
        ),
        MagnificationSource::EstimatedFactor | MagnificationSource::PixelSpacing => return None,
    };
    Some(Quality::warning(GateCode::Magnification, message, Some(factor)))
}
