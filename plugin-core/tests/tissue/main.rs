//! Reference tissues, mappings and tables, on bodies whose tissues are known.

mod body;
mod learning;
mod mapping;
mod reading;
mod real;

use plugin_core::calibration::{Calibrated, CalibrationError};
use plugin_core::report::GateCode;

/// Code and figure of what withheld a calibration.
fn withheld(result: Result<Calibrated, CalibrationError>) -> (GateCode, Option<f64>, String) {
    match result {
        Err(CalibrationError::Withheld { code, reason, found }) => (code, found, reason),
        other => panic!("not withheld: {other:?}"),
    }
}
