use crate::call::{answer_study, result_of};
use crate::installation::installation;
use crate::progress::bonemuscle_progress;
use crate::{bonemuscle_inputs, bonemuscle_result, bonemuscle_status};
use plugin_core::pipeline::{self, DrrRequest};
use std::ffi::{c_char, c_void};

/// Draws a radiograph of the CT in `inputs`: exact line integrals of density, of attenuation as water, or of the thickness of a
/// structure. The result's JSON says what is shown and where machine and patient stood; its files are `drr.nrrd` (32-bit floats at
/// their place in the patient), `drr.png` (a preview) and `drr.json`.
///
/// `request_json` may be NULL for the defaults; its keys stand in plugin-core/src/pipeline/drr/request.rs, such as
/// `{"settings": {...}, "structure": "femur_left", "thickness": false, "film": {"rows": 512, "columns": 512, "pixel_spacing_mm":
/// [0.9, 0.9], "beam": {"kind": "cone", "source_detector_distance_mm": 1000, "source_axis_distance_mm": 850}}, "pose":
/// {"rotation_degrees": [0, 0, 10], "translation_mm": [0, 0, 0]}}`, settings as in bonemuscle_measure.
///
/// # Safety
/// As for bonemuscle_measure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_drr(
    inputs: *const bonemuscle_inputs,
    request_json: *const c_char,
    progress: bonemuscle_progress,
    user_data: *mut c_void,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer_study(inputs, request_json, (progress, user_data), result, |inputs, request: &DrrRequest, progress| {
            let drawn = pipeline::drr(inputs, request, &installation(), progress)?;
            result_of(&drawn.summary, drawn.files)
        })
    }
}
