use crate::boundary::{Output, fallible, optional_text, reference};
use crate::installation::installation;
use crate::status::Failure;
use crate::threads::Threads;
use crate::{bonemuscle_inputs, bonemuscle_result, bonemuscle_status};
use plugin_core::phantom::{PhantomSettings, phantom};
use plugin_core::pipeline::{self, CalibrationRequest, LearningRequest};
use plugin_core::progress::{Progress, Stage};
use plugin_core::results::OutputFile;
use plugin_core::settings::Settings;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ffi::{CString, c_char, c_void};
use std::ptr::null_mut;

/// More than any machine of today has cores; a larger number is a slip.
const MOST_THREADS: usize = 1024;

/// Told the stage ("read", "segment", "measure", "write") and the fraction of the whole run done, 0 to 1. Answers 0 to cancel,
/// anything else to go on. It is called from threads of the run, several at once, must not throw, and `stage` is valid only
/// inside the call.
///
/// It answers a whole byte and not `bool`, of which Rust allows only two values.
pub type bonemuscle_progress = Option<unsafe extern "C" fn(stage: *const c_char, fraction: f32, user_data: *mut c_void) -> u8>;

/// Judges from the headers which series would be measured, and where its labels would come from: `{"ct_series": UID, "seg_series":
/// UID or null, "model": name or null, "other_ct_series": ["UID \"description\""]}`, the last being those that could be measured as
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
        let (inputs, settings, instances) = unsafe {
            (
                reference("inputs", inputs)?,
                optional_text("settings_json", settings_json)?,
                optional_text("instances_in_series_json", instances_in_series_json)?,
            )
        };
        let settings: Settings = parse(settings, "settings", bonemuscle_status::Settings)?;
        let instances: BTreeMap<String, usize> =
            parse(instances, "instances_in_series_json", bonemuscle_status::InvalidArgument)?;
        let choice = start_threads(&settings)?.run(|| pipeline::choose(&inputs.inputs, &instances, &settings))?;
        output.set(boxed(bonemuscle_result::new(to_json(&choice)?)?));
        Ok(())
    })
}

/// Measures the study in `inputs`; the result's JSON is the report, its files are those that `settings_json` asks for.
///
/// `settings_json` may be NULL for the defaults; its keys stand in plugin-core/src/settings.rs, such as
/// `{"measurements": ["lumbar-bmd", "muscle"], "outputs": ["sr", "seg", "pdf", "sc"], "threads": 4}`. `progress` may be NULL;
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
    fallible(|| {
        // SAFETY: this function's contract.
        let output = unsafe { Output::new("result", result, null_mut()) }?;
        // SAFETY: this function's contract.
        let (inputs, settings) = unsafe { (reference("inputs", inputs)?, optional_text("settings_json", settings_json)?) };
        let settings: Settings = parse(settings, "settings", bonemuscle_status::Settings)?;
        let listener = Listener { progress, user_data };
        let outcome = start_threads(&settings)?.run(|| {
            let progress = |stage, fraction| listener.hear(stage, fraction);
            pipeline::measure(&inputs.inputs, &settings, &installation(), Progress::new(&progress))
        })?;
        output.set(with_files(to_json(&outcome.report)?, outcome.files)?);
        Ok(())
    })
}

/// Labels the study in `inputs` as bonemuscle_measure would, and measures nothing; the result's JSON says what was labelled, its
/// files are `labels.nii.gz` on the voxels of the CT, `labels.json`, which names the label values, and `segmentation.json`.
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
    fallible(|| {
        // SAFETY: this function's contract.
        let output = unsafe { Output::new("result", result, null_mut()) }?;
        // SAFETY: this function's contract.
        let (inputs, settings) = unsafe { (reference("inputs", inputs)?, optional_text("settings_json", settings_json)?) };
        let settings: Settings = parse(settings, "settings", bonemuscle_status::Settings)?;
        let listener = Listener { progress, user_data };
        let segmented = start_threads(&settings)?.run(|| {
            let progress = |stage, fraction| listener.hear(stage, fraction);
            pipeline::segment(&inputs.inputs, &settings, &installation(), Progress::new(&progress))
        })?;
        output.set(with_files(to_json(&segmented.summary)?, segmented.files)?);
        Ok(())
    })
}

/// Whether settings of bonemuscle_measure can be used: reads them, and the site's phantoms, calibrations, mappings and tables.
///
/// # Safety
/// `settings_json` is NULL or ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_check_settings(settings_json: *const c_char) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let settings = unsafe { optional_text("settings_json", settings_json) }?;
        let settings: Settings = parse(settings, "settings", bonemuscle_status::Settings)?;
        start_threads(&settings)?;
        Ok(pipeline::check(&settings)?)
    })
}

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
    fallible(|| {
        // SAFETY: this function's contract.
        let output = unsafe { Output::new("result", result, null_mut()) }?;
        // SAFETY: this function's contract.
        let (inputs, request) = unsafe { (reference("inputs", inputs)?, optional_text("request_json", request_json)?) };
        let request: CalibrationRequest = parse(request, "request", bonemuscle_status::Settings)?;
        let listener = Listener { progress, user_data };
        let calibrated = start_threads(&request.settings)?.run(|| {
            pipeline::calibrate_scan(&inputs.inputs, &request, Progress::new(&|stage, fraction| listener.hear(stage, fraction)))
        })?;
        output.set(boxed(bonemuscle_result::new(to_json(&calibrated)?)?));
        Ok(())
    })
}

/// Learns how the patient's own tissues tell the line from HU to density, from scans that hold a phantom; the result's JSON is a
/// mapping for a site's settings.
///
/// `request_json` is `{"id": "ct1-120kv", "scans": [...]}` with answers of bonemuscle_calibrate.
///
/// # Safety
/// `request_json` is ended by NUL; `result` is NULL or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_learn_mapping(
    request_json: *const c_char,
    result: *mut *mut bonemuscle_result,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let output = unsafe { Output::new("result", result, null_mut()) }?;
        // SAFETY: this function's contract.
        let request = unsafe { optional_text("request_json", request_json) }?;
        let request: LearningRequest = parse(request, "request", bonemuscle_status::Settings)?;
        output.set(boxed(bonemuscle_result::new(to_json(&pipeline::learn_mapping(&request)?)?)?));
        Ok(())
    })
}

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
    fallible(|| {
        // SAFETY: this function's contract.
        let output = unsafe { Output::new("result", result, null_mut()) }?;
        // SAFETY: this function's contract.
        let settings = unsafe { optional_text("settings_json", settings_json) }?;
        let settings: PhantomSettings = parse(settings, "settings", bonemuscle_status::Settings)?;
        let drawn = Threads::start(None)?.run(|| phantom(&settings))?;
        let truth = drawn.files.iter().find(|(name, _)| name == "truth.json").map(|(_, bytes)| bytes.clone());
        let truth = truth.and_then(|bytes| String::from_utf8(bytes).ok());
        let mut result = bonemuscle_result::new(truth.ok_or_else(|| Failure::internal("the phantom lacks its truth.json"))?)?;
        for (name, bytes) in drawn.files {
            let media_type = if name.ends_with(".json") { "application/json" } else { "application/dicom" };
            result.add_file(&name, media_type, bytes)?;
        }
        output.set(boxed(result));
        Ok(())
    })
}

/// The host's progress function and what it wants back.
struct Listener {
    progress: bonemuscle_progress,
    user_data: *mut c_void,
}

// SAFETY: the header allows calls from several threads at once, and `user_data` is passed on, never followed.
unsafe impl Sync for Listener {}

impl Listener {
    /// Whether to go on.
    fn hear(&self, stage: Stage, fraction: f32) -> bool {
        let Some(progress) = self.progress else { return true };
        let stage = CString::new(stage.name()).unwrap_or_default();
        // SAFETY: bonemuscle_measure, which has not returned yet, was promised that this may be called from any thread.
        unsafe { progress(stage.as_ptr(), fraction, self.user_data) != 0 }
    }
}

pub(crate) fn start_threads(settings: &Settings) -> Result<Threads, Failure> {
    match settings.threads {
        Some(count) if !(1..=MOST_THREADS).contains(&count) => Err(Failure::new(
            bonemuscle_status::Settings,
            format!("settings: threads is {count}; give 1 to {MOST_THREADS}, or leave it out for one per core"),
        )),
        count => Threads::start(count),
    }
}

pub(crate) fn parse<T: DeserializeOwned + Default>(
    json: Option<&str>,
    what: &str,
    status: bonemuscle_status,
) -> Result<T, Failure> {
    match json {
        None => Ok(T::default()),
        Some(json) => serde_json::from_str(json).map_err(|error| Failure::new(status, format!("{what}: {error}"))),
    }
}

pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::internal(format!("internal error: the result is no JSON: {error}")))
}

fn with_files(json: String, files: Vec<OutputFile>) -> Result<*mut bonemuscle_result, Failure> {
    let mut result = bonemuscle_result::new(json)?;
    for file in files {
        result.add_file(file.name, file.media_type, file.bytes)?;
    }
    Ok(boxed(result))
}

pub(crate) fn boxed(result: bonemuscle_result) -> *mut bonemuscle_result {
    Box::into_raw(Box::new(result))
}
