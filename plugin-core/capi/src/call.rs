//! What every call that gives a result does before and after its own work.

use crate::boundary::{Output, fallible, optional_text, reference};
use crate::progress::{Listener, bonemuscle_progress};
use crate::status::Failure;
use crate::threads::Threads;
use crate::{bonemuscle_inputs, bonemuscle_result, bonemuscle_status};
use plugin_core::phantom::PhantomSettings;
use plugin_core::pipeline::{CalibrationRequest, DrrRequest, LearningRequest, RegistrationRequest, ValidationRequest};
use plugin_core::progress::Progress;
use plugin_core::read::Inputs;
use plugin_core::results::OutputFile;
use plugin_core::settings::Settings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

/// More than any machine of today has cores; a larger number is a slip.
const MOST_THREADS: usize = 1024;

/// What a host asks for as JSON; absent, the defaults.
pub(crate) trait Request: DeserializeOwned + Default + Sync {
    /// What errors call it; the argument is this and `_json`.
    const NAME: &str;

    /// Threads to compute with; absent: one per core.
    fn threads(&self) -> Option<usize>;
}

impl Request for Settings {
    const NAME: &str = "settings";

    fn threads(&self) -> Option<usize> {
        self.threads
    }
}

impl Request for PhantomSettings {
    const NAME: &str = "settings";

    fn threads(&self) -> Option<usize> {
        None
    }
}

impl Request for CalibrationRequest {
    const NAME: &str = "request";

    fn threads(&self) -> Option<usize> {
        self.settings.threads
    }
}

impl Request for DrrRequest {
    const NAME: &str = "request";

    fn threads(&self) -> Option<usize> {
        self.settings.threads
    }
}

impl Request for LearningRequest {
    const NAME: &str = "request";

    fn threads(&self) -> Option<usize> {
        None
    }
}

impl Request for ValidationRequest {
    const NAME: &str = "request";

    fn threads(&self) -> Option<usize> {
        self.settings.threads
    }
}

impl Request for RegistrationRequest {
    const NAME: &str = "request";

    fn threads(&self) -> Option<usize> {
        self.threads
    }
}

/// Reads the request and starts the threads that it wants.
///
/// # Safety
/// `json` is NULL or ended by NUL.
pub(crate) unsafe fn begin<R: Request>(json: *const c_char) -> Result<(R, Threads), Failure> {
    // SAFETY: the caller's promise.
    let text = unsafe { optional_text(&format!("{}_json", R::NAME), json) }?;
    let request: R = parse(text, R::NAME, bonemuscle_status::Settings)?;
    let threads = match request.threads() {
        Some(count) if !(1..=MOST_THREADS).contains(&count) => {
            let sentence = format!("settings: threads is {count}; give 1 to {MOST_THREADS}, or leave it out for one per core");
            return Err(Failure::new(bonemuscle_status::Settings, sentence));
        }
        count => Threads::start(count)?,
    };
    Ok((request, threads))
}

/// Gives what `work` makes of the request, on threads of the call's own.
///
/// # Safety
/// `json` is NULL or ended by NUL; `result` is NULL or a place for a pointer.
pub(crate) unsafe fn answer<R: Request>(
    json: *const c_char,
    result: *mut *mut bonemuscle_result,
    work: impl FnOnce(&R) -> Result<bonemuscle_result, Failure> + Send,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { Output::new("result", result, null_mut()) }?;
        // SAFETY: the caller's promise.
        let (request, threads) = unsafe { begin(json) }?;
        output.set(threads.run(|| work(&request))?.into_raw());
        Ok(())
    })
}

/// Gives what `work` makes of the study and the request, on threads of the call's own; `progress` hears of it.
///
/// # Safety
/// As for [`answer`]; `inputs` is NULL or from bonemuscle_inputs_new, and not changed meanwhile; `progress` may be called from any
/// thread with `user_data`.
pub(crate) unsafe fn answer_study<R: Request>(
    inputs: *const bonemuscle_inputs,
    json: *const c_char,
    (progress, user_data): (bonemuscle_progress, *mut c_void),
    result: *mut *mut bonemuscle_result,
    work: impl FnOnce(&Inputs<'_>, &R, Progress<'_>) -> Result<bonemuscle_result, Failure> + Send,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { Output::new("result", result, null_mut()) }?;
        // SAFETY: the caller's promise.
        let inputs = &unsafe { reference("inputs", inputs) }?.inputs;
        // SAFETY: the caller's promise.
        let (request, threads) = unsafe { begin(json) }?;
        // SAFETY: the caller's promise.
        let listener = unsafe { Listener::new(progress, user_data) };
        let hear = |stage, fraction| listener.hear(stage, fraction);
        output.set(threads.run(|| work(inputs, &request, Progress::new(&hear)))?.into_raw());
        Ok(())
    })
}

/// A result of `value` as JSON, and of files.
pub(crate) fn result_of(value: &impl Serialize, files: Vec<OutputFile>) -> Result<bonemuscle_result, Failure> {
    let json = serde_json::to_string(value)
        .map_err(|error| Failure::internal(format!("internal error: the result is no JSON: {error}")))?;
    let mut result = bonemuscle_result::new(json)?;
    for file in files {
        result.add_file(file.name, file.media_type, file.bytes)?;
    }
    Ok(result)
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
