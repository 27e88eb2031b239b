use crate::error::{Error, Status};
use crate::functions::Opaque;
use crate::inputs::Inputs;
use crate::library::{Library, c_text};
use crate::outcome::{Outcome, RawResult};
use serde_json::{Value, json};
use std::any::Any;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

/// Told the stage and the fraction of the whole run done (0 to 1), from several threads; answers `false` to cancel.
type Progress<'a> = dyn Fn(&str, f32) -> bool + Sync + 'a;

impl Library {
    /// Measures the study in `inputs`. `settings` is the JSON object of `bonemuscle_measure` (`{}`: the defaults).
    ///
    /// `progress` is told the stage and the fraction of the whole run done (0 to 1), from several threads at once, and answers
    /// `false` to cancel. Its panic cancels the run and goes on in the caller.
    pub fn measure(&self, inputs: &Inputs, settings: &Value, progress: &Progress<'_>) -> Result<Outcome, Error> {
        self.check_own(inputs)?;
        let measure = self.loaded.functions.measure;
        self.run_heard(settings, progress, |text, user_data, result| {
            // SAFETY: `inputs.raw` lives and is not changed, the text is ended by NUL, `hear` gets the `Listener` it expects,
            // which outlives the call and may be used from any thread, and `result` is a place for a pointer.
            unsafe { measure(inputs.raw, text, Some(hear), user_data, result) }
        })?
        .outcome()
    }

    /// Labels the study in `inputs` as [`Library::measure`] would, and measures nothing: a label map and its name table as files,
    /// what they hold as JSON. `progress` as in [`Library::measure`].
    pub fn segment(&self, inputs: &Inputs, settings: &Value, progress: &Progress<'_>) -> Result<Outcome, Error> {
        self.check_own(inputs)?;
        let segment = self.loaded.functions.segment;
        self.run_heard(settings, progress, |text, user_data, result| {
            // SAFETY: as in `measure`.
            unsafe { segment(inputs.raw, text, Some(hear), user_data, result) }
        })?
        .outcome()
    }

    /// Draws a radiograph of a CT. `request` is the JSON object of `bonemuscle_drr`; `progress` as in [`Library::measure`].
    pub fn drr(&self, inputs: &Inputs, request: &Value, progress: &Progress<'_>) -> Result<Outcome, Error> {
        self.check_own(inputs)?;
        let drr = self.loaded.functions.drr;
        self.run_heard(request, progress, |text, user_data, result| {
            // SAFETY: as in `measure`.
            unsafe { drr(inputs.raw, text, Some(hear), user_data, result) }
        })?
        .outcome()
    }

    /// The models that `settings` may name, and the library that would run them: the JSON object of `bonemuscle_models`.
    pub fn models(&self, settings: &Value) -> Result<Value, Error> {
        let settings = c_text("the settings", settings.to_string())?;
        let models = self.loaded.functions.models;
        // SAFETY: the text is ended by NUL, `result` is a place for a pointer.
        self.run(|result| unsafe { models(settings.as_ptr(), result) })?.json()
    }

    /// Runs the model that `settings` name on one tile: the JSON object of `bonemuscle_check_model`.
    pub fn check_model(&self, settings: &Value) -> Result<Value, Error> {
        let settings = c_text("the settings", settings.to_string())?;
        let check = self.loaded.functions.check_model;
        // SAFETY: the text is ended by NUL, `result` is a place for a pointer.
        self.run(|result| unsafe { check(settings.as_ptr(), result) })?.json()
    }

    /// Calibrates a scan that holds a density phantom. `request` is the JSON object of `bonemuscle_calibrate`, and so is the
    /// answer; `progress` as in [`Library::measure`].
    pub fn calibrate(&self, inputs: &Inputs, request: &Value, progress: &Progress<'_>) -> Result<Value, Error> {
        self.check_own(inputs)?;
        let calibrate = self.loaded.functions.calibrate;
        self.run_heard(request, progress, |text, user_data, result| {
            // SAFETY: as in `measure`.
            unsafe { calibrate(inputs.raw, text, Some(hear), user_data, result) }
        })?
        .json()
    }

    /// Learns a mapping from the patient's tissues to the line of a phantom. `request` is the JSON object of
    /// `bonemuscle_learn_mapping`.
    pub fn learn_mapping(&self, request: &Value) -> Result<Value, Error> {
        let request = c_text("the request", request.to_string())?;
        let learn = self.loaded.functions.learn_mapping;
        // SAFETY: the text is ended by NUL, `result` is a place for a pointer.
        self.run(|result| unsafe { learn(request.as_ptr(), result) })?.json()
    }

    /// Whether settings of [`Library::measure`] can be used.
    pub fn check_settings(&self, settings: &Value) -> Result<(), Error> {
        let settings = c_text("the settings", settings.to_string())?;
        // SAFETY: the text is ended by NUL.
        self.loaded.check(unsafe { (self.loaded.functions.check_settings)(settings.as_ptr()) })
    }

    /// Judges from the headers which series would be measured, and where its labels would come from: the JSON object of
    /// `bonemuscle_choose`.
    /// `instances_in_series` tells how many instances a series has where `inputs` holds only a few of them.
    pub fn choose(
        &self,
        inputs: &Inputs,
        settings: &Value,
        instances_in_series: &BTreeMap<String, usize>,
    ) -> Result<Value, Error> {
        self.check_own(inputs)?;
        let settings = c_text("the settings", settings.to_string())?;
        let instances = c_text("the instances", json!(instances_in_series).to_string())?;
        let choose = self.loaded.functions.choose;
        // SAFETY: `inputs.raw` lives and is not changed, texts are ended by NUL, `result` is a place for a pointer.
        self.run(|result| unsafe { choose(inputs.raw, settings.as_ptr(), instances.as_ptr(), result) })?.json()
    }

    /// Draws a small digital CT study with known answers. `settings` is the JSON object of `bonemuscle_phantom` (`{}`: the
    /// defaults).
    pub fn phantom(&self, settings: &Value) -> Result<Outcome, Error> {
        let settings = c_text("the settings", settings.to_string())?;
        let phantom = self.loaded.functions.phantom;
        // SAFETY: the text is ended by NUL, `result` is a place for a pointer.
        self.run(|result| unsafe { phantom(settings.as_ptr(), result) })?.outcome()
    }

    /// A run that tells its progress. A panic of the listener cancels it and goes on here.
    fn run_heard(
        &self,
        json: &Value,
        progress: &Progress<'_>,
        call: impl FnOnce(*const c_char, *mut c_void, *mut *mut Opaque) -> u32,
    ) -> Result<RawResult<'_>, Error> {
        let text = c_text("the settings", json.to_string())?;
        let listener = Listener { progress, panic: Mutex::new(None) };
        let user_data = (&raw const listener).cast_mut().cast();
        let result = self.run(|result| call(text.as_ptr(), user_data, result));
        if let Some(payload) = listener.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(payload);
        }
        result
    }

    fn run(&self, call: impl FnOnce(*mut *mut Opaque) -> u32) -> Result<RawResult<'_>, Error> {
        let mut raw = null_mut();
        let status = call(&mut raw);
        self.loaded.check(status)?;
        Ok(RawResult { raw, loaded: &self.loaded })
    }

    /// An object of one library means nothing to another.
    fn check_own(&self, inputs: &Inputs) -> Result<(), Error> {
        match Arc::ptr_eq(&self.loaded, &inputs.loaded) {
            true => Ok(()),
            false => Err(Error::new(Status::InvalidArgument, "the inputs were made with another loaded library")),
        }
    }
}

struct Listener<'a> {
    progress: &'a Progress<'a>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// The `bonemuscle_progress` behind which the closure stands.
///
/// # Safety
/// `stage` is ended by NUL, `user_data` points to a [`Listener`].
unsafe extern "C" fn hear(stage: *const c_char, fraction: f32, user_data: *mut c_void) -> u8 {
    // SAFETY: `measure` passes its `Listener`, which lives until the library returns and is only shared.
    let listener = unsafe { &*user_data.cast::<Listener<'_>>() };
    // SAFETY: the library's promise.
    let stage = unsafe { CStr::from_ptr(stage) }.to_string_lossy();
    // A panic must not unwind into the library; it is kept for the caller, who sees everything the closure left half done.
    match catch_unwind(AssertUnwindSafe(|| (listener.progress)(&stage, fraction))) {
        Ok(go_on) => go_on.into(),
        Err(payload) => {
            *listener.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(payload);
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(progress: &Progress<'_>) -> (u8, Option<String>) {
        let listener = Listener { progress, panic: Mutex::new(None) };
        let user_data = (&raw const listener).cast_mut().cast();
        // SAFETY: the text is ended by NUL, `user_data` is a listener.
        let answer = unsafe { hear(c"read".as_ptr(), 0.25, user_data) };
        let payload = listener.panic.into_inner().expect("no thread panicked while it held the lock");
        (answer, payload.and_then(|payload| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())))
    }

    #[test]
    fn the_closure_decides_whether_to_go_on() {
        assert_eq!(told(&|stage, fraction| stage == "read" && fraction == 0.25), (1, None));
        assert_eq!(told(&|_, _| false), (0, None));
    }

    #[test]
    fn a_panic_in_the_closure_cancels_and_is_kept() {
        assert_eq!(told(&|_, _| panic!("in the closure")), (0, Some("in the closure".to_owned())));
    }
}
