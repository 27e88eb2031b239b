use crate::boundary::{Output, fallible, optional_text, reference};
use crate::call::{answer_study, begin, parse, result_of};
use crate::installation::installation;
use crate::progress::bonemuscle_progress;
use crate::{bonemuscle_inputs, bonemuscle_result, bonemuscle_status};
use plugin_core::pipeline;
use plugin_core::settings::Settings;
use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

/// Judges from the headers which series would be measured, and where its labels would come from: `{"ct_series": UID or null,
/// "film_series": UID or null, "seg_series": UID or null, "model": name or null, "other_ct_series": ["UID \"description\""]}`, one of
/// the first two being the image, a CT or a film of a hip, and the last those of its kind that could be measured as
/// well where no SEG says which is meant.
///
/// `settings_json` is that of bonemuscle_measure. `instances_in_series_json` may be NULL; it tells how many instances a series
/// has where `inputs` holds only a few of them: `{"1.2.3": 120}`. `result` is to be freed with bonemuscle_result_free.
///
/// # Safety
/// `inputs` is NULL or from bonemuscle_inputs_new, and not changed meanwhile; texts are NULL or ended by NUL; `result` is NULL
/// or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_choose(
    inputs: *const bonemuscle_inputs,
    settings_json: *const c_char,
    instances_in_series_json: *const c_char,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let output = unsafe { Output::new("result", result, null_mut()) }?;
        // SAFETY: this function's contract.
        let (inputs, instances) =
            unsafe { (reference("inputs", inputs)?, optional_text("instances_in_series_json", instances_in_series_json)?) };
        // SAFETY: this function's contract.
        let (settings, threads) = unsafe { begin::<Settings>(settings_json) }?;
        let instances: BTreeMap<String, usize> =
            parse(instances, "instances_in_series_json", bonemuscle_status::InvalidArgument)?;
        let choice = threads.run(|| pipeline::choose(&inputs.inputs, &instances, &settings))?;
        output.set(result_of(&choice, Vec::new())?.into_raw());
        Ok(())
    })
}

/// Measures the study in `inputs`; the result's JSON is the report, its files are those that `settings_json` asks for.
///
/// `settings_json` may be NULL for the defaults; its keys stand in plugin-core/src/settings.rs, such as
/// `{"measurements": ["lumbar-bmd", "muscle"], "outputs": ["sr", "seg", "pdf", "sc"], "threads": 4}`. "outputs" may also name "image" and
/// "label-map", the CT and its labels as files ("volume_format": "nifti" or "nrrd"); of an image that is not DICOM, "sr" and "seg" are
/// refused, "pdf" and "sc" are the page alone, `report.pdf` and `report.png`. `progress` may be NULL;
/// `user_data` is passed on to it and otherwise left alone. Computes on threads of its own. `result` is to be freed with
/// bonemuscle_result_free.
///
/// # Safety
/// As for bonemuscle_choose; `progress` may be called from any thread with `user_data` until this function returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_measure(
    inputs: *const bonemuscle_inputs,
    settings_json: *const c_char,
    progress: bonemuscle_progress,
    user_data: *mut c_void,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer_study(inputs, settings_json, (progress, user_data), result, |inputs, settings: &Settings, progress| {
            let outcome = pipeline::measure(inputs, settings, &installation(), progress)?;
            result_of(&outcome.report, outcome.files)
        })
    }
}

/// Labels the study in `inputs` as bonemuscle_measure would, and measures nothing; the result's JSON says what was labelled, its
/// files are `labels.nii.gz` on the voxels of the CT ("volume_format": "nrrd" gives `labels.nrrd`), `labels.json`, which names the label
/// values, `segmentation.json`, and where "outputs" name "image" the CT.
///
/// Both files, corrected or not, may be given to bonemuscle_measure:
/// `{"segmentation": {"source": "label-map", "file": "labels.nii.gz", "names": "labels.json"}}`.
///
/// # Safety
/// As for bonemuscle_measure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_segment(
    inputs: *const bonemuscle_inputs,
    settings_json: *const c_char,
    progress: bonemuscle_progress,
    user_data: *mut c_void,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    // SAFETY: this function's contract.
    unsafe {
        answer_study(inputs, settings_json, (progress, user_data), result, |inputs, settings: &Settings, progress| {
            let segmented = pipeline::segment(inputs, settings, &installation(), progress)?;
            result_of(&segmented.summary, segmented.files)
        })
    }
}

/// Whether settings of bonemuscle_measure can be used: reads them, and the site's phantoms, calibrations, mappings and tables.
///
/// # Safety
/// `settings_json` is NULL or ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_check_settings(settings_json: *const c_char) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let (settings, _threads) = unsafe { begin::<Settings>(settings_json) }?;
        Ok(pipeline::check(&settings)?)
    })
}
