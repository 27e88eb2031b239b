use crate::call::{answer, answer_study, result_of};
use crate::progress::bonemuscle_progress;
use crate::{bonemuscle_inputs, bonemuscle_result, bonemuscle_status};
use plugin_core::pipeline::{self, CalibrationRequest, LearningRequest};
use std::ffi::{c_char, c_void};

/// Calibrates a scan that holds a density phantom; the result's JSON is what bonemuscle_learn_mapping and a site's stored
/// calibrations are made of: `{"stored": {...}, "calibration": {...}, "tissues": [...], "quality": [...]}`.
///
/// `request_json` is `{"id": "ct1-120kv-b30", "valid_days": 90, "settings": {...}}`, settings as in bonemuscle_measure; labels are
/// not needed, but with labels the patient's tissues are read as well.
///
/// # Safety
/// As for bonemuscle_measure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_calibrate(
    inputs: *const bonemuscle_inputs,
    request_json: *const c_char,
    progress: bonemuscle_progress,
    user_data: *mut c_void,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer_study(inputs, request_json, (progress, user_data), result, |inputs, request: &CalibrationRequest, progress| {
            result_of(&pipeline::calibrate_scan(inputs, request, progress)?, Vec::new())
        })
    }
}

/// Learns how the patient's own tissues tell the line from HU to density, from scans that hold a phantom; the result's JSON is a
/// mapping for a site's settings.
///
/// `request_json` is `{"id": "ct1-120kv", "tissues": ["air", "blood"], "scans": [...]}` with answers of bonemuscle_calibrate: three for
/// each tissue, and three more.
///
/// # Safety
/// `request_json` is ended by NUL; `result` is NULL or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_learn_mapping(
    request_json: *const c_char,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer(request_json, result, |request: &LearningRequest| result_of(&pipeline::learn_mapping(request)?, Vec::new()))
    }
}
