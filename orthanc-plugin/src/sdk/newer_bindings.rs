//! What bindgen makes of services that came after the oldest SDK that is supported; each is only called where Orthanc has it.
//! `tests/sdk_header.rs` compares every number here with an installed header that has them.
//!
//! Derived from the Orthanc SDK, Copyright (C) its authors, GPL-3.0-or-later.
#![allow(missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals)]

pub mod _OrthancPluginService {
    pub type Type = core::ffi::c_uint;
    pub const _OrthancPluginService_EmitAuditLog: Type = 61;
}
pub mod OrthancPluginResourceType {
    pub type Type = core::ffi::c_uint;
    pub const OrthancPluginResourceType_Study: Type = 1;
    pub const OrthancPluginResourceType_Series: Type = 2;
}
#[repr(C)]
#[derive(Copy, Clone)]
pub struct _OrthancPluginEmitAuditLog {
    pub sourcePlugin: *const core::ffi::c_char,
    pub userId: *const core::ffi::c_char,
    pub resourceType: OrthancPluginResourceType::Type,
    pub resourceId: *const core::ffi::c_char,
    pub action: *const core::ffi::c_char,
    pub logData: *const core::ffi::c_void,
    pub logDataSize: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of _OrthancPluginEmitAuditLog"][core::mem::size_of::<_OrthancPluginEmitAuditLog>() - 56usize];
    ["Alignment of _OrthancPluginEmitAuditLog"][core::mem::align_of::<_OrthancPluginEmitAuditLog>() - 8usize];
    ["Offset of field: _OrthancPluginEmitAuditLog::sourcePlugin"]
        [core::mem::offset_of!(_OrthancPluginEmitAuditLog, sourcePlugin) - 0usize];
    ["Offset of field: _OrthancPluginEmitAuditLog::userId"][core::mem::offset_of!(_OrthancPluginEmitAuditLog, userId) - 8usize];
    ["Offset of field: _OrthancPluginEmitAuditLog::resourceType"]
        [core::mem::offset_of!(_OrthancPluginEmitAuditLog, resourceType) - 16usize];
    ["Offset of field: _OrthancPluginEmitAuditLog::resourceId"]
        [core::mem::offset_of!(_OrthancPluginEmitAuditLog, resourceId) - 24usize];
    ["Offset of field: _OrthancPluginEmitAuditLog::action"]
        [core::mem::offset_of!(_OrthancPluginEmitAuditLog, action) - 32usize];
    ["Offset of field: _OrthancPluginEmitAuditLog::logData"]
        [core::mem::offset_of!(_OrthancPluginEmitAuditLog, logData) - 40usize];
    ["Offset of field: _OrthancPluginEmitAuditLog::logDataSize"]
        [core::mem::offset_of!(_OrthancPluginEmitAuditLog, logDataSize) - 48usize];
};
