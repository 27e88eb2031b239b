//! Texts in Orthanc's database that outlive restarts, of this Orthanc only: of others on the same database see `journal`.

use super::bindings::{_OrthancPluginGlobalProperty, _OrthancPluginService as Service, OrthancPluginErrorCode as ErrorCode};
use super::context::{c_text, copy_text, free, invoke};
use std::ffi::c_char;
use std::ptr;

/// The text of a property, or `default` where it was never set.
pub fn global_property(property: i32, default: &str) -> Option<String> {
    let mut text: *mut c_char = ptr::null_mut();
    let default = c_text(default);
    let parameters = _OrthancPluginGlobalProperty { result: &mut text, property, value: default.as_ptr() };
    // SAFETY: the structure belongs to this service; what it points to outlives the call.
    let code = unsafe { invoke(Service::_OrthancPluginService_GetGlobalProperty, &parameters) };
    if code != ErrorCode::OrthancPluginErrorCode_Success || text.is_null() {
        return None;
    }
    // SAFETY: Orthanc answered NUL-terminated text that is ours until freed.
    let copy = unsafe { copy_text(text) };
    // SAFETY: it came from Orthanc and is not used again.
    unsafe { free(text.cast()) };
    Some(copy)
}

/// Sets a property; numbers below 1024 belong to Orthanc.
pub fn set_global_property(property: i32, value: &str) -> bool {
    let value = c_text(value);
    let parameters = _OrthancPluginGlobalProperty { result: ptr::null_mut(), property, value: value.as_ptr() };
    // SAFETY: the structure belongs to this service; what it points to outlives the call.
    let code = unsafe { invoke(Service::_OrthancPluginService_SetGlobalProperty, &parameters) };
    code == ErrorCode::OrthancPluginErrorCode_Success
}
