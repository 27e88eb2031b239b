//! Which calibrator is asked, and in which order.

use super::in_scan::InScan;
use super::stored::Store;
use super::tissue::{Internal, Physics};
use super::{Calibrated, Calibration, CalibrationChoice, CalibrationError, Calibrator, Evidence};
use crate::report::{GateCode, Quality, Severity};
use crate::settings::Settings;

/// Calibrates as the settings want, with the site's tables. A calibration that was asked for by name and failed gives
/// [`Calibration::None`] and the reason.
///
/// Unasked ([`CalibrationChoice::Auto`]) the phantom in the scan is tried, then what is stored, then the site's mapping of tissues.
/// That there is no phantom is then not worth a word; that there is one that cannot be used is.
pub fn calibrate(settings: &Settings, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
    let Calibrated { calibration, quality } = chosen(settings, evidence)?;
    Ok(Calibrated { calibration: calibration.rounded(), quality })
}

fn chosen(settings: &Settings, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
    let site = &settings.site;
    match &settings.calibration {
        CalibrationChoice::None => Ok(none(Vec::new())),
        CalibrationChoice::Auto => automatic(settings, evidence),
        CalibrationChoice::Phantom { phantom, rods } => {
            asked(&InScan { site: &site.phantoms, phantom: phantom.as_deref(), rods: rods.as_deref() }, evidence)
        }
        CalibrationChoice::Stored { id } => asked(&Store { calibrations: &site.calibrations, id: id.as_deref() }, evidence),
        CalibrationChoice::Internal { mapping } => {
            asked(&Internal { mappings: &site.mappings, wanted: mapping.as_deref() }, evidence)
        }
        CalibrationChoice::Physics => asked(&Physics, evidence),
    }
}

/// A failure is an answer, and says that values were withheld.
fn asked(calibrator: &dyn Calibrator, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
    match calibrator.calibrate(evidence) {
        Err(CalibrationError::Withheld { code, reason, found }) => Ok(none(vec![Quality::block(code, reason, found)])),
        other => other,
    }
}

fn automatic(settings: &Settings, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
    let site = &settings.site;
    let ways: [&dyn Calibrator; 3] = [
        &InScan { site: &site.phantoms, phantom: None, rods: None },
        &Store { calibrations: &site.calibrations, id: None },
        &Internal { mappings: &site.mappings, wanted: None },
    ];
    let mut passed_over = Vec::new();
    for way in ways {
        match way.calibrate(evidence) {
            Ok(Calibrated { calibration, quality }) => {
                return Ok(Calibrated { calibration, quality: [passed_over, quality].concat() });
            }
            Err(CalibrationError::Withheld { code, reason, found }) => {
                passed_over.extend(worth_a_word(settings, code, reason, found))
            }
            Err(other) => return Err(other),
        }
    }
    Ok(none(passed_over))
}

/// What is said of a way that was tried unasked.
fn worth_a_word(settings: &Settings, code: GateCode, message: String, found: Option<f64>) -> Option<Quality> {
    let severity = match code {
        GateCode::PhantomMissing => return None,
        GateCode::CalibrationNoMatch if settings.site.calibrations.is_empty() && settings.site.mappings.is_empty() => {
            return None;
        }
        GateCode::CalibrationNoMatch => Severity::Info,
        _ => Severity::Warning,
    };
    Some(Quality { code, severity, message, found })
}

fn none(quality: Vec<Quality>) -> Calibrated {
    Calibrated { calibration: Calibration::None, quality }
}
