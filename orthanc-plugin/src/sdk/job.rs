//! Custom jobs of Orthanc's jobs engine.

use super::bindings::{
    _OrthancPluginCreateJob, _OrthancPluginService as Service, _OrthancPluginSubmitJob, OrthancPluginErrorCode as ErrorCode,
    OrthancPluginJob, OrthancPluginJobStepStatus as StepStatus, OrthancPluginJobStopReason as StopReason,
};
use super::context::{c_text, copy_text, free, invoke};
use super::guard::guarded;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    Continue,
    /// The job is done.
    Success,
    /// The job has failed.
    Failure,
}

/// What Orthanc's jobs engine shows and steers. Called from several threads, whatever the SDK's header says: `restart`
/// comes from the HTTP thread of a resubmission.
pub trait JobView: Send + Sync {
    /// From 0 to 1.
    fn progress(&self) -> f32;
    /// The public content; Orthanc asks for it after each step.
    fn content(&self) -> serde_json::Value;
    /// Must return soon: progress and content are shown, and cancelling works, only between steps.
    fn step(&self) -> Step;
    /// The job was cancelled.
    fn cancelled(&self);
    /// The job was resubmitted.
    fn restart(&self);
}

struct Handle {
    view: Arc<dyn JobView>,
    /// Orthanc copies the text after the callback has returned, so it has to live here until the next call.
    content: Mutex<CString>,
}

/// Gives `view` to the jobs engine; answers the job's identifier, or the SDK's error code.
///
/// `CreateJob` is used on every Orthanc, although 1.11.3 deprecates it: the bindings stop at the oldest supported SDK, and a
/// job made with its successor is not kept over a restart either.
pub fn submit(kind: &CStr, view: Arc<dyn JobView>, priority: i32) -> Result<String, i32> {
    let handle = Box::into_raw(Box::new(Handle { view, content: Mutex::new(CString::default()) }));
    let mut job: *mut OrthancPluginJob = ptr::null_mut();
    let parameters = _OrthancPluginCreateJob {
        target: &mut job,
        job: handle.cast(),
        finalize: Some(finalize),
        type_: kind.as_ptr(),
        getProgress: Some(progress),
        getContent: Some(content),
        getSerialized: Some(serialized),
        step: Some(step),
        stop: Some(stop),
        reset: Some(reset),
    };
    // SAFETY: the structure belongs to this service; Orthanc owns `handle` until it calls `finalize`.
    let code = unsafe { invoke(Service::_OrthancPluginService_CreateJob, &parameters) };
    if code != ErrorCode::OrthancPluginErrorCode_Success || job.is_null() {
        // SAFETY: Orthanc did not take the handle, so it is still ours.
        drop(unsafe { Box::from_raw(handle) });
        return Err(code);
    }
    let mut identifier: *mut c_char = ptr::null_mut();
    let parameters = _OrthancPluginSubmitJob { resultId: &mut identifier, job, priority };
    // SAFETY: the structure belongs to this service; Orthanc takes the job whatever it answers.
    let code = unsafe { invoke(Service::_OrthancPluginService_SubmitJob, &parameters) };
    if code != ErrorCode::OrthancPluginErrorCode_Success || identifier.is_null() {
        return Err(code);
    }
    // SAFETY: Orthanc answered NUL-terminated text that is ours until freed.
    let copy = unsafe { copy_text(identifier) };
    // SAFETY: it came from Orthanc and is not used again.
    unsafe { free(identifier.cast()) };
    Ok(copy)
}

/// # Safety
/// `job` must be a handle that was given to Orthanc and not finalized yet.
unsafe fn handle<'a>(job: *mut c_void) -> &'a Handle {
    // SAFETY: the caller vouches for it; only shared references are ever made.
    unsafe { &*job.cast::<Handle>() }
}

unsafe extern "C" fn finalize(job: *mut c_void) {
    // SAFETY: Orthanc finalizes a job once and does not use it afterwards.
    guarded("a job's end", (), || drop(unsafe { Box::from_raw(job.cast::<Handle>()) }));
}

unsafe extern "C" fn progress(job: *mut c_void) -> f32 {
    // SAFETY: Orthanc passes back the handle of a live job.
    guarded("a job's progress", 0.0, || unsafe { handle(job) }.view.progress())
}

unsafe extern "C" fn content(job: *mut c_void) -> *const c_char {
    guarded("a job's content", c"{}".as_ptr(), || {
        // SAFETY: Orthanc passes back the handle of a live job.
        let handle = unsafe { handle(job) };
        let mut content = handle.content.lock().unwrap_or_else(PoisonError::into_inner);
        *content = c_text(&handle.view.content().to_string());
        content.as_ptr()
    })
}

/// Null: Orthanc does not keep the job over a restart; our own record does.
unsafe extern "C" fn serialized(_job: *mut c_void) -> *const c_char {
    ptr::null()
}

unsafe extern "C" fn step(job: *mut c_void) -> StepStatus::Type {
    guarded("a job's step", StepStatus::OrthancPluginJobStepStatus_Failure, || {
        // SAFETY: Orthanc passes back the handle of a live job.
        match unsafe { handle(job) }.view.step() {
            Step::Continue => StepStatus::OrthancPluginJobStepStatus_Continue,
            Step::Success => StepStatus::OrthancPluginJobStepStatus_Success,
            Step::Failure => StepStatus::OrthancPluginJobStepStatus_Failure,
        }
    })
}

unsafe extern "C" fn stop(job: *mut c_void, reason: StopReason::Type) -> ErrorCode::Type {
    guarded("a job's stop", ErrorCode::OrthancPluginErrorCode_Plugin, || {
        if reason == StopReason::OrthancPluginJobStopReason_Canceled {
            // SAFETY: Orthanc passes back the handle of a live job.
            unsafe { handle(job) }.view.cancelled();
        }
        ErrorCode::OrthancPluginErrorCode_Success
    })
}

unsafe extern "C" fn reset(job: *mut c_void) -> ErrorCode::Type {
    guarded("a job's reset", ErrorCode::OrthancPluginErrorCode_Plugin, || {
        // SAFETY: Orthanc passes back the handle of a live job.
        unsafe { handle(job) }.view.restart();
        ErrorCode::OrthancPluginErrorCode_Success
    })
}
