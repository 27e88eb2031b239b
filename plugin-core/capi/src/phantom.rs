use crate::call::answer;
use crate::status::Failure;
use crate::{bonemuscle_result, bonemuscle_status};
use plugin_core::phantom::{PhantomSettings, phantom};
use std::ffi::c_char;

/// Draws a small digital CT study with known answers; the result's JSON holds the true values, its files are the study.
///
/// `settings_json` may be NULL for the defaults; its keys stand in plugin-core/src/phantom/mod.rs, such as
/// `{"pixel_spacing_mm": 1.5, "slice_spacing_mm": 2.0, "noise_hu": 10.0, "seed": 1}`. `result` is to be freed with
/// bonemuscle_result_free.
///
/// # Safety
/// `settings_json` is NULL or ended by NUL; `result` is NULL or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_phantom(
    settings_json: *const c_char,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe { answer(settings_json, result, draw) }
}

fn draw(settings: &PhantomSettings) -> Result<bonemuscle_result, Failure> {
    let drawn = phantom(settings)?;
    let truth = drawn.files.iter().find(|(name, _)| name == "truth.json").map(|(_, bytes)| bytes.clone());
    let truth = truth.and_then(|bytes| String::from_utf8(bytes).ok());
    let mut result = bonemuscle_result::new(truth.ok_or_else(|| Failure::internal("the phantom lacks its truth.json"))?)?;
    for (name, bytes) in drawn.files {
        let media_type = if name.ends_with(".json") { "application/json" } else { "application/dicom" };
        result.add_file(&name, media_type, bytes)?;
    }
    Ok(result)
}
