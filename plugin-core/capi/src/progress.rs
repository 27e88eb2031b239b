use plugin_core::progress::Stage;
use std::ffi::{CString, c_char, c_void};

/// Told the stage ("read", "segment", "measure", "write") and the fraction of the whole run done, 0 to 1. Answers 0 to cancel,
/// anything else to go on. It is called from threads of the run, several at once, must not throw, and `stage` is valid only
/// inside the call.
///
/// It answers a whole byte and not `bool`, of which Rust allows only two values.
pub type bonemuscle_progress = Option<unsafe extern "C" fn(stage: *const c_char, fraction: f32, user_data: *mut c_void) -> u8>;

/// The host's progress function and what it wants back.
pub(crate) struct Listener {
    progress: bonemuscle_progress,
    user_data: *mut c_void,
}

// SAFETY: the header allows calls from several threads at once, and `user_data` is passed on, never followed.
unsafe impl Sync for Listener {}

impl Listener {
    /// # Safety
    /// `progress` may be called with `user_data` from any thread for as long as the listener lives.
    pub(crate) unsafe fn new(progress: bonemuscle_progress, user_data: *mut c_void) -> Listener {
        Listener { progress, user_data }
    }

    /// Whether to go on.
    pub(crate) fn hear(&self, stage: Stage, fraction: f32) -> bool {
        let Some(progress) = self.progress else { return true };
        let stage = CString::new(stage.name()).unwrap_or_default();
        // SAFETY: what `new` was promised.
        unsafe { progress(stage.as_ptr(), fraction, self.user_data) != 0 }
    }
}
