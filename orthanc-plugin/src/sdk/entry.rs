//! The four functions that Orthanc looks for in a plugin.

use super::bindings::OrthancPluginContext;
use super::context::{PLUGIN_NAME, set_context};
use super::guard::guarded;
use crate::events;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::OnceLock;

/// Orthanc loads the plugin; anything but 0 makes it stop.
///
/// # Safety
/// `context` must be Orthanc's, valid until `OrthancPluginFinalize`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OrthancPluginInitialize(context: *const OrthancPluginContext) -> i32 {
    set_context(context.cast_mut());
    guarded("initialization", -1, || match crate::plugin::initialize() {
        Ok(()) => 0,
        Err(message) => {
            events::error("not_started", &[("problem", &message)]);
            -1
        }
    })
}

/// Orthanc unloads the plugin.
#[unsafe(no_mangle)]
pub extern "C" fn OrthancPluginFinalize() {
    guarded("the end", (), crate::plugin::finalize);
    set_context(ptr::null_mut());
}

/// Asked before `OrthancPluginInitialize`.
#[unsafe(no_mangle)]
pub extern "C" fn OrthancPluginGetName() -> *const c_char {
    PLUGIN_NAME.as_ptr()
}

/// Asked before `OrthancPluginInitialize`.
#[unsafe(no_mangle)]
pub extern "C" fn OrthancPluginGetVersion() -> *const c_char {
    static VERSION: OnceLock<CString> = OnceLock::new();
    let version: &CStr = VERSION.get_or_init(|| super::context::c_text(crate::VERSION));
    version.as_ptr()
}
