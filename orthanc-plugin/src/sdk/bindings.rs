//! What bindgen 0.72 makes of `OrthancCPlugin.h` 1.10.1, the oldest SDK that is supported, trimmed to what is used.
//! `tests/sdk_header.rs` compares every number here with an installed header.
//!
//! Derived from the Orthanc SDK, Copyright (C) its authors, GPL-3.0-or-later.
#![allow(missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals)]

pub mod OrthancPluginErrorCode {
    pub type Type = core::ffi::c_int;
    pub const OrthancPluginErrorCode_Success: Type = 0;
    pub const OrthancPluginErrorCode_Plugin: Type = 1;
    pub const OrthancPluginErrorCode_InexistentItem: Type = 7;
    pub const OrthancPluginErrorCode_UnknownResource: Type = 17;
    pub const OrthancPluginErrorCode_Revision: Type = 43;
}
pub mod OrthancPluginHttpMethod {
    pub type Type = core::ffi::c_uint;
    pub const OrthancPluginHttpMethod_Get: Type = 1;
    pub const OrthancPluginHttpMethod_Post: Type = 2;
    pub const OrthancPluginHttpMethod_Put: Type = 3;
    pub const OrthancPluginHttpMethod_Delete: Type = 4;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct OrthancPluginHttpRequest {
    pub method: OrthancPluginHttpMethod::Type,
    pub groupsCount: u32,
    pub groups: *const *const core::ffi::c_char,
    pub getCount: u32,
    pub getKeys: *const *const core::ffi::c_char,
    pub getValues: *const *const core::ffi::c_char,
    pub body: *const core::ffi::c_void,
    pub bodySize: u32,
    pub headersCount: u32,
    pub headersKeys: *const *const core::ffi::c_char,
    pub headersValues: *const *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of OrthancPluginHttpRequest"][core::mem::size_of::<OrthancPluginHttpRequest>() - 72usize];
    ["Alignment of OrthancPluginHttpRequest"][core::mem::align_of::<OrthancPluginHttpRequest>() - 8usize];
    ["Offset of field: OrthancPluginHttpRequest::method"][core::mem::offset_of!(OrthancPluginHttpRequest, method) - 0usize];
    ["Offset of field: OrthancPluginHttpRequest::groupsCount"]
        [core::mem::offset_of!(OrthancPluginHttpRequest, groupsCount) - 4usize];
    ["Offset of field: OrthancPluginHttpRequest::groups"][core::mem::offset_of!(OrthancPluginHttpRequest, groups) - 8usize];
    ["Offset of field: OrthancPluginHttpRequest::getCount"]
        [core::mem::offset_of!(OrthancPluginHttpRequest, getCount) - 16usize];
    ["Offset of field: OrthancPluginHttpRequest::getKeys"][core::mem::offset_of!(OrthancPluginHttpRequest, getKeys) - 24usize];
    ["Offset of field: OrthancPluginHttpRequest::getValues"]
        [core::mem::offset_of!(OrthancPluginHttpRequest, getValues) - 32usize];
    ["Offset of field: OrthancPluginHttpRequest::body"][core::mem::offset_of!(OrthancPluginHttpRequest, body) - 40usize];
    ["Offset of field: OrthancPluginHttpRequest::bodySize"]
        [core::mem::offset_of!(OrthancPluginHttpRequest, bodySize) - 48usize];
    ["Offset of field: OrthancPluginHttpRequest::headersCount"]
        [core::mem::offset_of!(OrthancPluginHttpRequest, headersCount) - 52usize];
    ["Offset of field: OrthancPluginHttpRequest::headersKeys"]
        [core::mem::offset_of!(OrthancPluginHttpRequest, headersKeys) - 56usize];
    ["Offset of field: OrthancPluginHttpRequest::headersValues"]
        [core::mem::offset_of!(OrthancPluginHttpRequest, headersValues) - 64usize];
};
pub mod _OrthancPluginService {
    pub type Type = core::ffi::c_uint;
    pub const _OrthancPluginService_LogInfo: Type = 1;
    pub const _OrthancPluginService_LogWarning: Type = 2;
    pub const _OrthancPluginService_LogError: Type = 3;
    pub const _OrthancPluginService_SetPluginProperty: Type = 7;
    pub const _OrthancPluginService_GetGlobalProperty: Type = 8;
    pub const _OrthancPluginService_SetGlobalProperty: Type = 9;
    pub const _OrthancPluginService_GetConfiguration: Type = 13;
    pub const _OrthancPluginService_RegisterErrorCode: Type = 19;
    pub const _OrthancPluginService_SetMetricsValue: Type = 31;
    pub const _OrthancPluginService_RegisterOnChangeCallback: Type = 1003;
    pub const _OrthancPluginService_RegisterRestCallbackNoLock: Type = 1004;
    pub const _OrthancPluginService_AnswerBuffer: Type = 2000;
    pub const _OrthancPluginService_SendMethodNotAllowed: Type = 2005;
    pub const _OrthancPluginService_SetHttpHeader: Type = 2007;
    pub const _OrthancPluginService_SendHttpStatus: Type = 2010;
    pub const _OrthancPluginService_SetHttpErrorDetails: Type = 2013;
    pub const _OrthancPluginService_GetDicomForInstance: Type = 3000;
    pub const _OrthancPluginService_CallRestApi: Type = 3016;
    pub const _OrthancPluginService_CreateJob: Type = 9000;
    pub const _OrthancPluginService_SubmitJob: Type = 9002;
}
pub mod _OrthancPluginProperty {
    pub type Type = core::ffi::c_uint;
    pub const _OrthancPluginProperty_Description: Type = 1;
    pub const _OrthancPluginProperty_RootUri: Type = 2;
    pub const _OrthancPluginProperty_OrthancExplorer: Type = 3;
}
pub mod OrthancPluginResourceType {
    pub type Type = core::ffi::c_uint;
}
pub mod OrthancPluginChangeType {
    pub type Type = core::ffi::c_uint;
    pub const OrthancPluginChangeType_Deleted: Type = 1;
    pub const OrthancPluginChangeType_StableStudy: Type = 9;
    pub const OrthancPluginChangeType_OrthancStarted: Type = 10;
    pub const OrthancPluginChangeType_OrthancStopped: Type = 11;
}
pub mod OrthancPluginJobStepStatus {
    pub type Type = core::ffi::c_uint;
    pub const OrthancPluginJobStepStatus_Success: Type = 1;
    pub const OrthancPluginJobStepStatus_Failure: Type = 2;
    pub const OrthancPluginJobStepStatus_Continue: Type = 3;
}
pub mod OrthancPluginJobStopReason {
    pub type Type = core::ffi::c_uint;
    pub const OrthancPluginJobStopReason_Canceled: Type = 4;
}
pub mod OrthancPluginMetricsType {
    pub type Type = core::ffi::c_uint;
    pub const OrthancPluginMetricsType_Default: Type = 0;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct OrthancPluginMemoryBuffer {
    pub data: *mut core::ffi::c_void,
    pub size: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of OrthancPluginMemoryBuffer"][core::mem::size_of::<OrthancPluginMemoryBuffer>() - 16usize];
    ["Alignment of OrthancPluginMemoryBuffer"][core::mem::align_of::<OrthancPluginMemoryBuffer>() - 8usize];
    ["Offset of field: OrthancPluginMemoryBuffer::data"][core::mem::offset_of!(OrthancPluginMemoryBuffer, data) - 0usize];
    ["Offset of field: OrthancPluginMemoryBuffer::size"][core::mem::offset_of!(OrthancPluginMemoryBuffer, size) - 8usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginRestOutput_t {
    _unused: [u8; 0],
}
pub type OrthancPluginRestOutput = _OrthancPluginRestOutput_t;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginJob_t {
    _unused: [u8; 0],
}
pub type OrthancPluginJob = _OrthancPluginJob_t;
pub type OrthancPluginRestCallback = core::option::Option<
    unsafe extern "C" fn(
        output: *mut OrthancPluginRestOutput,
        url: *const core::ffi::c_char,
        request: *const OrthancPluginHttpRequest,
    ) -> OrthancPluginErrorCode::Type,
>;
pub type OrthancPluginOnChangeCallback = core::option::Option<
    unsafe extern "C" fn(
        changeType: OrthancPluginChangeType::Type,
        resourceType: OrthancPluginResourceType::Type,
        resourceId: *const core::ffi::c_char,
    ) -> OrthancPluginErrorCode::Type,
>;
pub type OrthancPluginFree = core::option::Option<unsafe extern "C" fn(buffer: *mut core::ffi::c_void)>;
pub type OrthancPluginJobFinalize = core::option::Option<unsafe extern "C" fn(job: *mut core::ffi::c_void)>;
pub type OrthancPluginJobGetProgress = core::option::Option<unsafe extern "C" fn(job: *mut core::ffi::c_void) -> f32>;
pub type OrthancPluginJobGetContent =
    core::option::Option<unsafe extern "C" fn(job: *mut core::ffi::c_void) -> *const core::ffi::c_char>;
pub type OrthancPluginJobGetSerialized =
    core::option::Option<unsafe extern "C" fn(job: *mut core::ffi::c_void) -> *const core::ffi::c_char>;
pub type OrthancPluginJobStep =
    core::option::Option<unsafe extern "C" fn(job: *mut core::ffi::c_void) -> OrthancPluginJobStepStatus::Type>;
pub type OrthancPluginJobStop = core::option::Option<
    unsafe extern "C" fn(job: *mut core::ffi::c_void, reason: OrthancPluginJobStopReason::Type) -> OrthancPluginErrorCode::Type,
>;
pub type OrthancPluginJobReset =
    core::option::Option<unsafe extern "C" fn(job: *mut core::ffi::c_void) -> OrthancPluginErrorCode::Type>;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginContext_t {
    pub pluginsManager: *mut core::ffi::c_void,
    pub orthancVersion: *const core::ffi::c_char,
    pub Free: OrthancPluginFree,
    pub InvokeService: core::option::Option<
        unsafe extern "C" fn(
            context: *mut _OrthancPluginContext_t,
            service: _OrthancPluginService::Type,
            params: *const core::ffi::c_void,
        ) -> OrthancPluginErrorCode::Type,
    >,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginContext_t"][core::mem::size_of::<_OrthancPluginContext_t>() - 32usize];
    ["Alignment of _OrthancPluginContext_t"][core::mem::align_of::<_OrthancPluginContext_t>() - 8usize];
    ["Offset of field: _OrthancPluginContext_t::pluginsManager"]
        [core::mem::offset_of!(_OrthancPluginContext_t, pluginsManager) - 0usize];
    ["Offset of field: _OrthancPluginContext_t::orthancVersion"]
        [core::mem::offset_of!(_OrthancPluginContext_t, orthancVersion) - 8usize];
    ["Offset of field: _OrthancPluginContext_t::Free"][core::mem::offset_of!(_OrthancPluginContext_t, Free) - 16usize];
    ["Offset of field: _OrthancPluginContext_t::InvokeService"]
        [core::mem::offset_of!(_OrthancPluginContext_t, InvokeService) - 24usize];
};
pub type OrthancPluginContext = _OrthancPluginContext_t;
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginRestCallback {
    pub pathRegularExpression: *const core::ffi::c_char,
    pub callback: OrthancPluginRestCallback,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginRestCallback"][core::mem::size_of::<_OrthancPluginRestCallback>() - 16usize];
    ["Alignment of _OrthancPluginRestCallback"][core::mem::align_of::<_OrthancPluginRestCallback>() - 8usize];
    ["Offset of field: _OrthancPluginRestCallback::pathRegularExpression"]
        [core::mem::offset_of!(_OrthancPluginRestCallback, pathRegularExpression) - 0usize];
    ["Offset of field: _OrthancPluginRestCallback::callback"]
        [core::mem::offset_of!(_OrthancPluginRestCallback, callback) - 8usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginAnswerBuffer {
    pub output: *mut OrthancPluginRestOutput,
    pub answer: *const core::ffi::c_void,
    pub answerSize: u32,
    pub mimeType: *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginAnswerBuffer"][core::mem::size_of::<_OrthancPluginAnswerBuffer>() - 32usize];
    ["Alignment of _OrthancPluginAnswerBuffer"][core::mem::align_of::<_OrthancPluginAnswerBuffer>() - 8usize];
    ["Offset of field: _OrthancPluginAnswerBuffer::output"][core::mem::offset_of!(_OrthancPluginAnswerBuffer, output) - 0usize];
    ["Offset of field: _OrthancPluginAnswerBuffer::answer"][core::mem::offset_of!(_OrthancPluginAnswerBuffer, answer) - 8usize];
    ["Offset of field: _OrthancPluginAnswerBuffer::answerSize"]
        [core::mem::offset_of!(_OrthancPluginAnswerBuffer, answerSize) - 16usize];
    ["Offset of field: _OrthancPluginAnswerBuffer::mimeType"]
        [core::mem::offset_of!(_OrthancPluginAnswerBuffer, mimeType) - 24usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginSetHttpHeader {
    pub output: *mut OrthancPluginRestOutput,
    pub key: *const core::ffi::c_char,
    pub value: *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginSetHttpHeader"][core::mem::size_of::<_OrthancPluginSetHttpHeader>() - 24usize];
    ["Alignment of _OrthancPluginSetHttpHeader"][core::mem::align_of::<_OrthancPluginSetHttpHeader>() - 8usize];
    ["Offset of field: _OrthancPluginSetHttpHeader::output"]
        [core::mem::offset_of!(_OrthancPluginSetHttpHeader, output) - 0usize];
    ["Offset of field: _OrthancPluginSetHttpHeader::key"][core::mem::offset_of!(_OrthancPluginSetHttpHeader, key) - 8usize];
    ["Offset of field: _OrthancPluginSetHttpHeader::value"]
        [core::mem::offset_of!(_OrthancPluginSetHttpHeader, value) - 16usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginSendHttpStatus {
    pub output: *mut OrthancPluginRestOutput,
    pub status: u16,
    pub body: *const core::ffi::c_char,
    pub bodySize: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginSendHttpStatus"][core::mem::size_of::<_OrthancPluginSendHttpStatus>() - 32usize];
    ["Alignment of _OrthancPluginSendHttpStatus"][core::mem::align_of::<_OrthancPluginSendHttpStatus>() - 8usize];
    ["Offset of field: _OrthancPluginSendHttpStatus::output"]
        [core::mem::offset_of!(_OrthancPluginSendHttpStatus, output) - 0usize];
    ["Offset of field: _OrthancPluginSendHttpStatus::status"]
        [core::mem::offset_of!(_OrthancPluginSendHttpStatus, status) - 8usize];
    ["Offset of field: _OrthancPluginSendHttpStatus::body"]
        [core::mem::offset_of!(_OrthancPluginSendHttpStatus, body) - 16usize];
    ["Offset of field: _OrthancPluginSendHttpStatus::bodySize"]
        [core::mem::offset_of!(_OrthancPluginSendHttpStatus, bodySize) - 24usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginGetDicomForInstance {
    pub target: *mut OrthancPluginMemoryBuffer,
    pub instanceId: *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginGetDicomForInstance"][core::mem::size_of::<_OrthancPluginGetDicomForInstance>() - 16usize];
    ["Alignment of _OrthancPluginGetDicomForInstance"][core::mem::align_of::<_OrthancPluginGetDicomForInstance>() - 8usize];
    ["Offset of field: _OrthancPluginGetDicomForInstance::target"]
        [core::mem::offset_of!(_OrthancPluginGetDicomForInstance, target) - 0usize];
    ["Offset of field: _OrthancPluginGetDicomForInstance::instanceId"]
        [core::mem::offset_of!(_OrthancPluginGetDicomForInstance, instanceId) - 8usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginOutputPlusArgument {
    pub output: *mut OrthancPluginRestOutput,
    pub argument: *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginOutputPlusArgument"][core::mem::size_of::<_OrthancPluginOutputPlusArgument>() - 16usize];
    ["Alignment of _OrthancPluginOutputPlusArgument"][core::mem::align_of::<_OrthancPluginOutputPlusArgument>() - 8usize];
    ["Offset of field: _OrthancPluginOutputPlusArgument::output"]
        [core::mem::offset_of!(_OrthancPluginOutputPlusArgument, output) - 0usize];
    ["Offset of field: _OrthancPluginOutputPlusArgument::argument"]
        [core::mem::offset_of!(_OrthancPluginOutputPlusArgument, argument) - 8usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginRetrieveDynamicString {
    pub result: *mut *mut core::ffi::c_char,
    pub argument: *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginRetrieveDynamicString"][core::mem::size_of::<_OrthancPluginRetrieveDynamicString>() - 16usize];
    ["Alignment of _OrthancPluginRetrieveDynamicString"][core::mem::align_of::<_OrthancPluginRetrieveDynamicString>() - 8usize];
    ["Offset of field: _OrthancPluginRetrieveDynamicString::result"]
        [core::mem::offset_of!(_OrthancPluginRetrieveDynamicString, result) - 0usize];
    ["Offset of field: _OrthancPluginRetrieveDynamicString::argument"]
        [core::mem::offset_of!(_OrthancPluginRetrieveDynamicString, argument) - 8usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginGlobalProperty {
    pub result: *mut *mut core::ffi::c_char,
    pub property: i32,
    pub value: *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginGlobalProperty"][core::mem::size_of::<_OrthancPluginGlobalProperty>() - 24usize];
    ["Alignment of _OrthancPluginGlobalProperty"][core::mem::align_of::<_OrthancPluginGlobalProperty>() - 8usize];
    ["Offset of field: _OrthancPluginGlobalProperty::result"]
        [core::mem::offset_of!(_OrthancPluginGlobalProperty, result) - 0usize];
    ["Offset of field: _OrthancPluginGlobalProperty::property"]
        [core::mem::offset_of!(_OrthancPluginGlobalProperty, property) - 8usize];
    ["Offset of field: _OrthancPluginGlobalProperty::value"]
        [core::mem::offset_of!(_OrthancPluginGlobalProperty, value) - 16usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginOnChangeCallback {
    pub callback: OrthancPluginOnChangeCallback,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginOnChangeCallback"][core::mem::size_of::<_OrthancPluginOnChangeCallback>() - 8usize];
    ["Alignment of _OrthancPluginOnChangeCallback"][core::mem::align_of::<_OrthancPluginOnChangeCallback>() - 8usize];
    ["Offset of field: _OrthancPluginOnChangeCallback::callback"]
        [core::mem::offset_of!(_OrthancPluginOnChangeCallback, callback) - 0usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginSetPluginProperty {
    pub plugin: *const core::ffi::c_char,
    pub property: _OrthancPluginProperty::Type,
    pub value: *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginSetPluginProperty"][core::mem::size_of::<_OrthancPluginSetPluginProperty>() - 24usize];
    ["Alignment of _OrthancPluginSetPluginProperty"][core::mem::align_of::<_OrthancPluginSetPluginProperty>() - 8usize];
    ["Offset of field: _OrthancPluginSetPluginProperty::plugin"]
        [core::mem::offset_of!(_OrthancPluginSetPluginProperty, plugin) - 0usize];
    ["Offset of field: _OrthancPluginSetPluginProperty::property"]
        [core::mem::offset_of!(_OrthancPluginSetPluginProperty, property) - 8usize];
    ["Offset of field: _OrthancPluginSetPluginProperty::value"]
        [core::mem::offset_of!(_OrthancPluginSetPluginProperty, value) - 16usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginRegisterErrorCode {
    pub target: *mut OrthancPluginErrorCode::Type,
    pub code: i32,
    pub httpStatus: u16,
    pub message: *const core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginRegisterErrorCode"][core::mem::size_of::<_OrthancPluginRegisterErrorCode>() - 24usize];
    ["Alignment of _OrthancPluginRegisterErrorCode"][core::mem::align_of::<_OrthancPluginRegisterErrorCode>() - 8usize];
    ["Offset of field: _OrthancPluginRegisterErrorCode::target"]
        [core::mem::offset_of!(_OrthancPluginRegisterErrorCode, target) - 0usize];
    ["Offset of field: _OrthancPluginRegisterErrorCode::code"]
        [core::mem::offset_of!(_OrthancPluginRegisterErrorCode, code) - 8usize];
    ["Offset of field: _OrthancPluginRegisterErrorCode::httpStatus"]
        [core::mem::offset_of!(_OrthancPluginRegisterErrorCode, httpStatus) - 12usize];
    ["Offset of field: _OrthancPluginRegisterErrorCode::message"]
        [core::mem::offset_of!(_OrthancPluginRegisterErrorCode, message) - 16usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginCreateJob {
    pub target: *mut *mut OrthancPluginJob,
    pub job: *mut core::ffi::c_void,
    pub finalize: OrthancPluginJobFinalize,
    pub type_: *const core::ffi::c_char,
    pub getProgress: OrthancPluginJobGetProgress,
    pub getContent: OrthancPluginJobGetContent,
    pub getSerialized: OrthancPluginJobGetSerialized,
    pub step: OrthancPluginJobStep,
    pub stop: OrthancPluginJobStop,
    pub reset: OrthancPluginJobReset,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginCreateJob"][core::mem::size_of::<_OrthancPluginCreateJob>() - 80usize];
    ["Alignment of _OrthancPluginCreateJob"][core::mem::align_of::<_OrthancPluginCreateJob>() - 8usize];
    ["Offset of field: _OrthancPluginCreateJob::target"][core::mem::offset_of!(_OrthancPluginCreateJob, target) - 0usize];
    ["Offset of field: _OrthancPluginCreateJob::job"][core::mem::offset_of!(_OrthancPluginCreateJob, job) - 8usize];
    ["Offset of field: _OrthancPluginCreateJob::finalize"][core::mem::offset_of!(_OrthancPluginCreateJob, finalize) - 16usize];
    ["Offset of field: _OrthancPluginCreateJob::type_"][core::mem::offset_of!(_OrthancPluginCreateJob, type_) - 24usize];
    ["Offset of field: _OrthancPluginCreateJob::getProgress"]
        [core::mem::offset_of!(_OrthancPluginCreateJob, getProgress) - 32usize];
    ["Offset of field: _OrthancPluginCreateJob::getContent"]
        [core::mem::offset_of!(_OrthancPluginCreateJob, getContent) - 40usize];
    ["Offset of field: _OrthancPluginCreateJob::getSerialized"]
        [core::mem::offset_of!(_OrthancPluginCreateJob, getSerialized) - 48usize];
    ["Offset of field: _OrthancPluginCreateJob::step"][core::mem::offset_of!(_OrthancPluginCreateJob, step) - 56usize];
    ["Offset of field: _OrthancPluginCreateJob::stop"][core::mem::offset_of!(_OrthancPluginCreateJob, stop) - 64usize];
    ["Offset of field: _OrthancPluginCreateJob::reset"][core::mem::offset_of!(_OrthancPluginCreateJob, reset) - 72usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginSubmitJob {
    pub resultId: *mut *mut core::ffi::c_char,
    pub job: *mut OrthancPluginJob,
    pub priority: core::ffi::c_int,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginSubmitJob"][core::mem::size_of::<_OrthancPluginSubmitJob>() - 24usize];
    ["Alignment of _OrthancPluginSubmitJob"][core::mem::align_of::<_OrthancPluginSubmitJob>() - 8usize];
    ["Offset of field: _OrthancPluginSubmitJob::resultId"][core::mem::offset_of!(_OrthancPluginSubmitJob, resultId) - 0usize];
    ["Offset of field: _OrthancPluginSubmitJob::job"][core::mem::offset_of!(_OrthancPluginSubmitJob, job) - 8usize];
    ["Offset of field: _OrthancPluginSubmitJob::priority"][core::mem::offset_of!(_OrthancPluginSubmitJob, priority) - 16usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginSetHttpErrorDetails {
    pub output: *mut OrthancPluginRestOutput,
    pub details: *const core::ffi::c_char,
    pub log: u8,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginSetHttpErrorDetails"][core::mem::size_of::<_OrthancPluginSetHttpErrorDetails>() - 24usize];
    ["Alignment of _OrthancPluginSetHttpErrorDetails"][core::mem::align_of::<_OrthancPluginSetHttpErrorDetails>() - 8usize];
    ["Offset of field: _OrthancPluginSetHttpErrorDetails::output"]
        [core::mem::offset_of!(_OrthancPluginSetHttpErrorDetails, output) - 0usize];
    ["Offset of field: _OrthancPluginSetHttpErrorDetails::details"]
        [core::mem::offset_of!(_OrthancPluginSetHttpErrorDetails, details) - 8usize];
    ["Offset of field: _OrthancPluginSetHttpErrorDetails::log"]
        [core::mem::offset_of!(_OrthancPluginSetHttpErrorDetails, log) - 16usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginSetMetricsValue {
    pub name: *const core::ffi::c_char,
    pub value: f32,
    pub type_: OrthancPluginMetricsType::Type,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginSetMetricsValue"][core::mem::size_of::<_OrthancPluginSetMetricsValue>() - 16usize];
    ["Alignment of _OrthancPluginSetMetricsValue"][core::mem::align_of::<_OrthancPluginSetMetricsValue>() - 8usize];
    ["Offset of field: _OrthancPluginSetMetricsValue::name"]
        [core::mem::offset_of!(_OrthancPluginSetMetricsValue, name) - 0usize];
    ["Offset of field: _OrthancPluginSetMetricsValue::value"]
        [core::mem::offset_of!(_OrthancPluginSetMetricsValue, value) - 8usize];
    ["Offset of field: _OrthancPluginSetMetricsValue::type_"]
        [core::mem::offset_of!(_OrthancPluginSetMetricsValue, type_) - 12usize];
};
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginCallRestApi {
    pub answerBody: *mut OrthancPluginMemoryBuffer,
    pub answerHeaders: *mut OrthancPluginMemoryBuffer,
    pub httpStatus: *mut u16,
    pub method: OrthancPluginHttpMethod::Type,
    pub uri: *const core::ffi::c_char,
    pub headersCount: u32,
    pub headersKeys: *const *const core::ffi::c_char,
    pub headersValues: *const *const core::ffi::c_char,
    pub body: *const core::ffi::c_void,
    pub bodySize: u32,
    pub afterPlugins: u8,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginCallRestApi"][core::mem::size_of::<_OrthancPluginCallRestApi>() - 80usize];
    ["Alignment of _OrthancPluginCallRestApi"][core::mem::align_of::<_OrthancPluginCallRestApi>() - 8usize];
    ["Offset of field: _OrthancPluginCallRestApi::answerBody"]
        [core::mem::offset_of!(_OrthancPluginCallRestApi, answerBody) - 0usize];
    ["Offset of field: _OrthancPluginCallRestApi::answerHeaders"]
        [core::mem::offset_of!(_OrthancPluginCallRestApi, answerHeaders) - 8usize];
    ["Offset of field: _OrthancPluginCallRestApi::httpStatus"]
        [core::mem::offset_of!(_OrthancPluginCallRestApi, httpStatus) - 16usize];
    ["Offset of field: _OrthancPluginCallRestApi::method"][core::mem::offset_of!(_OrthancPluginCallRestApi, method) - 24usize];
    ["Offset of field: _OrthancPluginCallRestApi::uri"][core::mem::offset_of!(_OrthancPluginCallRestApi, uri) - 32usize];
    ["Offset of field: _OrthancPluginCallRestApi::headersCount"]
        [core::mem::offset_of!(_OrthancPluginCallRestApi, headersCount) - 40usize];
    ["Offset of field: _OrthancPluginCallRestApi::headersKeys"]
        [core::mem::offset_of!(_OrthancPluginCallRestApi, headersKeys) - 48usize];
    ["Offset of field: _OrthancPluginCallRestApi::headersValues"]
        [core::mem::offset_of!(_OrthancPluginCallRestApi, headersValues) - 56usize];
    ["Offset of field: _OrthancPluginCallRestApi::body"][core::mem::offset_of!(_OrthancPluginCallRestApi, body) - 64usize];
    ["Offset of field: _OrthancPluginCallRestApi::bodySize"]
        [core::mem::offset_of!(_OrthancPluginCallRestApi, bodySize) - 72usize];
    ["Offset of field: _OrthancPluginCallRestApi::afterPlugins"]
        [core::mem::offset_of!(_OrthancPluginCallRestApi, afterPlugins) - 76usize];
};
