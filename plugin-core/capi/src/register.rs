use crate::call::{answer_study, result_of};
use crate::progress::bonemuscle_progress;
use crate::{bonemuscle_inputs, bonemuscle_result, bonemuscle_status};
use plugin_core::pipeline::{self, RegistrationRequest};
use std::ffi::{c_char, c_void};

/// Registers the radiograph in `inputs` with the CT in `inputs`, which may be of two studies; the result's JSON is the pose with its
/// similarity, geometry and assumptions, or why it is refused, its files are `registration.json` and, where there is a pose,
/// `overlay.png`.
///
/// `request_json` may be NULL for the defaults; its keys stand in plugin-core/src/pipeline/register.rs, such as
/// `{"radiograph": UID, "source_detector_distance_mm": 1150, "search": {"restarts": 6, "seed": 1}, "threads": 4}`.
///
/// # Safety
/// As for bonemuscle_measure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_register(
    inputs: *const bonemuscle_inputs,
    request_json: *const c_char,
    progress: bonemuscle_progress,
    user_data: *mut c_void,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer_study(inputs, request_json, (progress, user_data), result, |inputs, request: &RegistrationRequest, progress| {
            let registered = pipeline::register(inputs, request, progress)?;
            result_of(&registered.summary, registered.files)
        })
    }
}
