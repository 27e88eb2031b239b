//! Orthanc's service table, and the services about Orthanc itself.

use super::Event;
use super::bindings::{
    _OrthancPluginOnChangeCallback, _OrthancPluginProperty as Property, _OrthancPluginRetrieveDynamicString,
    _OrthancPluginService as Service, _OrthancPluginSetMetricsValue, _OrthancPluginSetPluginProperty,
    OrthancPluginChangeType as ChangeType, OrthancPluginContext, OrthancPluginErrorCode as ErrorCode, OrthancPluginMetricsType,
    OrthancPluginResourceType as ResourceType,
};
use super::guard::guarded;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

static CONTEXT: AtomicPtr<OrthancPluginContext> = AtomicPtr::new(ptr::null_mut());
static ON_CHANGE: OnceLock<fn(Event)> = OnceLock::new();

/// The name under which Orthanc lists the plugin.
pub const PLUGIN_NAME: &CStr = c"bone-muscle";

/// Remembers the table; null forgets it.
pub fn set_context(context: *mut OrthancPluginContext) {
    CONTEXT.store(context, Ordering::Release);
}

unsafe extern "C" {
    /// Has no C++ exception come through: see `contained_call.cpp`.
    fn bonemuscle_contained_call(
        invoke: unsafe extern "C" fn(*mut OrthancPluginContext, Service::Type, *const c_void) -> ErrorCode::Type,
        context: *mut OrthancPluginContext,
        service: Service::Type,
        parameters: *const c_void,
    ) -> ErrorCode::Type;
}

/// Calls a service.
///
/// # Safety
/// `parameters` must be what the SDK header passes for `service`, with pointers valid during the call.
pub unsafe fn invoke_raw(service: Service::Type, parameters: *const c_void) -> ErrorCode::Type {
    let context = CONTEXT.load(Ordering::Acquire);
    if context.is_null() {
        return ErrorCode::OrthancPluginErrorCode_Plugin;
    }
    // SAFETY: Orthanc keeps the context alive from initialize to finalize, and finalize sets the pointer to null.
    match unsafe { (*context).InvokeService } {
        // SAFETY: the caller vouches for the parameters.
        Some(function) => unsafe { bonemuscle_contained_call(function, context, service, parameters) },
        None => ErrorCode::OrthancPluginErrorCode_Plugin,
    }
}

/// Calls a service with its parameter structure.
///
/// # Safety
/// As [`invoke_raw`].
pub unsafe fn invoke<T>(service: Service::Type, parameters: &T) -> ErrorCode::Type {
    // SAFETY: the caller vouches for the parameters.
    unsafe { invoke_raw(service, ptr::from_ref(parameters).cast()) }
}

/// Gives memory back to Orthanc.
///
/// # Safety
/// `memory` must be null or come from Orthanc, and must not be used afterwards.
pub unsafe fn free(memory: *mut c_void) {
    let context = CONTEXT.load(Ordering::Acquire);
    if context.is_null() || memory.is_null() {
        return;
    }
    // SAFETY: as in `invoke_raw`.
    if let Some(function) = unsafe { (*context).Free } {
        // SAFETY: the caller vouches for the memory.
        unsafe { function(memory) }
    }
}

/// Text for C; NUL, which C would take for the end, becomes a space.
pub fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

/// Copies C text.
///
/// # Safety
/// `text` must be null or point to NUL-terminated text that lives during the call.
pub unsafe fn copy_text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, and the caller vouches for the rest.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn log(service: Service::Type, message: &str) {
    let message = c_text(&message.replace(['\n', '\r'], " "));
    // SAFETY: the log services take the message itself as parameter.
    unsafe { invoke_raw(service, message.as_ptr().cast()) };
}

/// Writes a line that administrators see only when they ask for it.
pub fn log_info(message: &str) {
    log(Service::_OrthancPluginService_LogInfo, message);
}

/// Writes a line that administrators see by default.
pub fn log_warning(message: &str) {
    log(Service::_OrthancPluginService_LogWarning, message);
}

/// Writes an error line.
pub fn log_error(message: &str) {
    log(Service::_OrthancPluginService_LogError, message);
}

/// Orthanc's version, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads `1.12.7`; a name such as `mainline` is newer than every number.
    pub fn parse(text: &str) -> Version {
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or(u32::MAX));
        let mut next = || parts.next().unwrap_or(u32::MAX);
        Version(next(), next(), next())
    }
}

/// The version of the running Orthanc.
pub fn orthanc_version() -> Version {
    let context = CONTEXT.load(Ordering::Acquire);
    if context.is_null() {
        return Version(0, 0, 0);
    }
    // SAFETY: as in `invoke_raw`; the version is text owned by Orthanc.
    Version::parse(&unsafe { copy_text((*context).orthancVersion) })
}

/// Orthanc's whole configuration as JSON text.
pub fn configuration() -> Option<String> {
    let mut text: *mut c_char = ptr::null_mut();
    let parameters = _OrthancPluginRetrieveDynamicString { result: &mut text, argument: ptr::null() };
    // SAFETY: the structure belongs to this service and `text` outlives the call.
    let code = unsafe { invoke(Service::_OrthancPluginService_GetConfiguration, &parameters) };
    if code != ErrorCode::OrthancPluginErrorCode_Success || text.is_null() {
        return None;
    }
    // SAFETY: Orthanc answered NUL-terminated text that is ours until freed.
    let copy = unsafe { copy_text(text) };
    // SAFETY: it came from Orthanc and is not used again.
    unsafe { free(text.cast()) };
    Some(copy)
}

/// Describes the plugin, and adds a script to the pages of Orthanc Explorer.
pub fn extend_explorer(description: &CStr, root: &CStr, script: &str) {
    let script = c_text(script);
    for (property, value) in [
        (Property::_OrthancPluginProperty_Description, description),
        (Property::_OrthancPluginProperty_RootUri, root),
        (Property::_OrthancPluginProperty_OrthancExplorer, script.as_c_str()),
    ] {
        let parameters = _OrthancPluginSetPluginProperty { plugin: PLUGIN_NAME.as_ptr(), property, value: value.as_ptr() };
        // SAFETY: the structure belongs to this service and its texts outlive the call.
        unsafe { invoke(Service::_OrthancPluginService_SetPluginProperty, &parameters) };
    }
}

/// Publishes a figure under `/tools/metrics-prometheus`.
pub fn set_metric(name: &CStr, value: f32) {
    let parameters = _OrthancPluginSetMetricsValue {
        name: name.as_ptr(),
        value,
        type_: OrthancPluginMetricsType::OrthancPluginMetricsType_Default,
    };
    // SAFETY: the structure belongs to this service and the name outlives the call.
    unsafe { invoke(Service::_OrthancPluginService_SetMetricsValue, &parameters) };
}

/// Has `listener` told of events; it must return at once, except on [`Event::Stopped`].
pub fn on_change(listener: fn(Event)) -> bool {
    ON_CHANGE.get_or_init(|| listener);
    let parameters = _OrthancPluginOnChangeCallback { callback: Some(changed) };
    // SAFETY: the structure belongs to this service.
    let code = unsafe { invoke(Service::_OrthancPluginService_RegisterOnChangeCallback, &parameters) };
    code == ErrorCode::OrthancPluginErrorCode_Success
}

unsafe extern "C" fn changed(change: ChangeType::Type, _level: ResourceType::Type, resource: *const c_char) -> ErrorCode::Type {
    guarded("the change callback", ErrorCode::OrthancPluginErrorCode_Plugin, || {
        let event = match change {
            ChangeType::OrthancPluginChangeType_OrthancStarted => Event::Started,
            ChangeType::OrthancPluginChangeType_OrthancStopped => Event::Stopped,
            ChangeType::OrthancPluginChangeType_StableStudy => Event::StableStudy,
            // SAFETY: the identifier is text that lives during the callback, or null.
            ChangeType::OrthancPluginChangeType_Deleted => Event::Deleted(unsafe { copy_text(resource) }),
            _ => return ErrorCode::OrthancPluginErrorCode_Success,
        };
        if let Some(listener) = ON_CHANGE.get() {
            listener(event);
        }
        ErrorCode::OrthancPluginErrorCode_Success
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_and_mainline_is_newest() {
        assert!(Version::parse("1.9.7") < Version(1, 10, 1));
        assert_eq!(Version::parse("1.12.7"), Version(1, 12, 7));
        assert!(Version::parse("mainline") > Version(99, 0, 0));
    }

    #[test]
    fn text_with_nul_reaches_c_whole() {
        assert_eq!(c_text("a\0b").as_c_str(), c"a b");
    }

    #[test]
    fn without_orthanc_services_fail_instead_of_crashing() {
        assert_eq!(configuration(), None);
        assert_eq!(orthanc_version(), Version(0, 0, 0));
        log_warning("nobody hears this");
    }
}
