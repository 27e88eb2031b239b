//! Millimetres at the hip.
//!
//! A detector sees the hip larger than it is, because the beam widens on its way from hip to detector. Imager Pixel Spacing
//! (0018,1164) is that of the detector; at the hip it is smaller by the magnification, source-detector distance by source-hip
//! distance (PS3.3 C.8.11.5, 10.7.1).
//!
//! Distance Source to Patient (0018,1111) is no source-hip distance: on a CR or DX image it ends at "the table, support or bucky side
//! that is closest to the Imaging Subject, as measured along the central ray" (PS3.3 Table C.8-72), and the hip lies before that. A
//! source-hip distance is that less [`HIP_BEFORE_TABLE_MM`]. Estimated Radiographic Magnification Factor (0018,1114) is the ratio of
//! the same two distances by its definition there; one that is just this ratio is taken for it, another one for what it estimates.

use crate::read::{RadiographGeometry, SpacingCalibration};
use crate::report::{Block, GateCode, Quality};
use crate::units::Mm;

/// Magnifications of hip films where nothing is stated: a range that the design of this program supposes, not one that was measured.
const ASSUMED: [f64; 2] = [1.1, 1.2];
/// Magnifications that a hip film can have. At 1 the hip would lie on the detector; at 1.5 it would lie half a metre and more before
/// it. What is beyond comes from a tag that means something else.
const POSSIBLE: [f64; 2] = [1.0, 1.5];
/// A smaller Estimated Radiographic Magnification Factor states nothing: the hip lies ten centimetres and more before the detector,
/// which makes 1.05 and more at every distance that is in use, and 1 is what machines write that know no factor.
const LEAST_STATED: f64 = 1.05;
/// How far the centre of the femoral head of a supine adult lies before the table, in millimetres: the middle of 90 to 130, which this
/// program supposes; in the one CT of an adult on a table that it is tested with, it is 120.
const HIP_BEFORE_TABLE_MM: f64 = 110.0;
/// Two factors are the same if they differ less: writers round them to two digits after the point.
const SAME_FACTOR: f64 = 0.01;
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
    /// Distance Source to Detector (0018,1110) by that to the hip, which Distance Source to Patient (0018,1111) tells of.
    Distances,
    /// None is stated: the middle of 1.1 to 1.2.
    Assumed,
    /// Stated by the user.
    Given,
}

/// The scale that the header states, with the remark that belongs into the report; refused where no spacing is known or two of them
/// contradict.
pub fn scale(geometry: &RadiographGeometry) -> Result<(Scale, Option<Quality>), Block> {
    let detector = geometry.imager_pixel_spacing.or(geometry.nominal_scanned_pixel_spacing);
    let in_patient = geometry.pixel_spacing.filter(|spacing| is_of_patient(geometry, detector, *spacing));
    match (in_patient, geometry.magnification_given) {
        // What the user states goes before a calibration, but needs the detector's spacing.
        (Some(pixel_mm), given) if given.is_none() || detector.is_none() => {
            let (scale, remark) = calibrated(pixel_mm, detector, geometry.spacing_calibration)?;
            return Ok((scale, if given.is_some() { Some(not_used(given)) } else { remark }));
        }
        _ => {}
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
    Ok((scale, remark(factor, source, geometry)))
}

fn not_used(given: Option<f64>) -> Quality {
    let message = "the magnification that was stated was not used: Pixel Spacing (0028,0030) was calibrated, and Imager Pixel Spacing \
                   (0018,1164), which it would divide, is absent";
    Quality::warning(GateCode::Magnification, message.to_owned(), given)
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
    if let Some(factor) = geometry.magnification_given {
        let name = "the magnification that was stated";
        return if is_possible(factor) { Ok((factor, MagnificationSource::Given)) } else { Err(impossible(factor, name)) };
    }
    let distances =
        geometry.source_to_detector.zip(geometry.source_to_patient).map(|(Mm(detector), Mm(table))| [detector, table]);
    let of_table = |factor: f64| distances.is_some_and(|[detector, table]| (detector / table - factor).abs() <= SAME_FACTOR);
    let (factor, source, name) = match (geometry.magnification, distances) {
        (Some(factor), _) if !of_table(factor) && !states_nothing(factor) => {
            (factor, MagnificationSource::EstimatedFactor, "Estimated Radiographic Magnification Factor (0018,1114)")
        }
        (_, Some([detector, table])) => {
            let name = "Distance Source to Detector (0018,1110) by Distance Source to Patient (0018,1111) less the hip's from the table";
            // No hip is told by a table that lies behind the detector.
            let hip = if table <= detector { table - HIP_BEFORE_TABLE_MM } else { table };
            (detector / hip, MagnificationSource::Distances, name)
        }
        _ => return Ok(((ASSUMED[0] + ASSUMED[1]) / 2.0, MagnificationSource::Assumed)),
    };
    if is_possible(factor) { Ok((factor, source)) } else { Err(impossible(factor, name)) }
}

/// Below 1 no image is; that is an error to be told, and not a factor that was left as it comes.
fn states_nothing(factor: f64) -> bool {
    (POSSIBLE[0]..LEAST_STATED).contains(&factor)
}

fn is_possible(factor: f64) -> bool {
    (POSSIBLE[0]..=POSSIBLE[1]).contains(&factor)
}

fn impossible(factor: f64, name: &str) -> Block {
    let reason = format!("{name} is {factor:.3}; accepted: {} to {}", POSSIBLE[0], POSSIBLE[1]);
    Block { code: GateCode::Magnification, reason, found: Some(factor) }
}

fn remark(factor: f64, source: MagnificationSource, geometry: &RadiographGeometry) -> Option<Quality> {
    let has_distances = geometry.source_to_detector.is_some() && geometry.source_to_patient.is_some();
    let empty = geometry.magnification.filter(|factor| states_nothing(*factor));
    let message = match source {
        MagnificationSource::Assumed if empty.is_some() => format!(
            "Estimated Radiographic Magnification Factor (0018,1114) is {}, which no hip has, and Distance Source to Patient (0018,1111) \
             with Distance Source to Detector (0018,1110) is not stated: a magnification of {factor} was assumed, the middle of {} to {}",
            empty.unwrap_or_default(),
            ASSUMED[0],
            ASSUMED[1]
        ),
        MagnificationSource::Assumed => format!(
            "neither Estimated Radiographic Magnification Factor (0018,1114) nor Distance Source to Patient (0018,1111) with Distance \
             Source to Detector (0018,1110) is stated: a magnification of {factor} was assumed, the middle of {} to {}",
            ASSUMED[0], ASSUMED[1]
        ),
        MagnificationSource::Distances => format!(
            "the magnification of {factor:.3} follows from Distance Source to Patient (0018,1111), which ends at the table: the hip was \
             taken to lie {HIP_BEFORE_TABLE_MM} mm before it"
        ),
        // With the distances beside it, it is seen to be more than their ratio.
        MagnificationSource::EstimatedFactor if !has_distances => format!(
            "the magnification of {factor:.3} is Estimated Radiographic Magnification Factor (0018,1114), which by its definition is that \
             of the table: that of the hip may be larger"
        ),
        MagnificationSource::EstimatedFactor | MagnificationSource::PixelSpacing | MagnificationSource::Given => return None,
    };
    Some(Quality::warning(GateCode::Magnification, message, Some(factor)))
}
