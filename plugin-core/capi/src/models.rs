use crate::call::{answer, result_of};
use crate::installation::installation;
use crate::{bonemuscle_result, bonemuscle_status};
use plugin_core::pipeline;
use plugin_core::settings::Settings;
use std::ffi::c_char;

/// Lists the models that settings may name and the library that would run them: `{"engine": {"name", "problem"}, "models": [{"name",
/// "version", "description", "licence", "attribution", "spacing_mm", "embedded", "folder", "passes", "classes", "kind", "problem"}]}`. A
/// problem that is not null says why there is no engine, or why a model cannot be used.
///
/// `settings_json` is that of bonemuscle_measure, or NULL; `site.models` lists folders, `model.engine` names the library. `result` is
/// to be freed with bonemuscle_result_free.
///
/// # Safety
/// `settings_json` is NULL or ended by NUL; `result` is NULL or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_models(
    settings_json: *const c_char,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer(settings_json, result, |settings: &Settings| result_of(&pipeline::models(settings, &installation()), Vec::new()))
    }
}

/// Runs a model on one tile: `{"name", "version", "sha256", "engine", "seconds_per_tile"}`.
///
/// `settings_json` names it: `{"segmentation": {"source": "model", "name": "bonemuscle-ct"}}`; NULL is the reference model. `result`
/// is to be freed with bonemuscle_result_free.
///
/// # Safety
/// As for bonemuscle_models.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_check_model(
    settings_json: *const c_char,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer(settings_json, result, |settings: &Settings| {
            result_of(&pipeline::check_model(settings, &installation())?, Vec::new())
        })
    }
}
