use crate::call::{answer, result_of};
use crate::{bonemuscle_result, bonemuscle_status};
use plugin_core::pipeline::{self, ValidationRequest};
use std::ffi::c_char;

/// Compares measured values with a reference; the result's JSON is plugin-core/schema/validation.schema.json, its files are that
/// (`validation.json`), `validation.csv`, `validation.html`, `validation.pdf` and every figure as SVG and PNG.
///
/// `request_json` is `{"pairs": "pairs.csv", "settings": {"reference_cut": 0.6, "cut": 0.62}}`; the columns of the table stand in
/// plugin-core/src/validation/pairs.rs, the settings in plugin-core/src/validation/settings.rs. `result` is to be freed with
/// bonemuscle_result_free.
///
/// # Safety
/// `request_json` is ended by NUL; `result` is NULL or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_validate(
    request_json: *const c_char,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer(request_json, result, |request: &ValidationRequest| {
            let validated = pipeline::validate(request)?;
            result_of(&validated.validation, validated.files)
        })
    }
}
