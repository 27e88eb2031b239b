//! Orthanc's audit log, which other plugins keep: that of PostgreSQL does.

use super::context::{PLUGIN_NAME, Version, c_text, invoke, orthanc_version};
use super::newer_bindings::{
    _OrthancPluginEmitAuditLog, _OrthancPluginService as Service, OrthancPluginResourceType as ResourceType,
};
use crate::study::{Level, Resource};
use std::ffi::CStr;

/// Older ones have none.
pub const AUDIT_LOG_SINCE: Version = Version(1, 12, 9);

/// Tells who keeps audit logs that the plugin itself did `action` to a resource. Where there is no audit log, nobody is told.
pub fn audit(action: &CStr, resource: &Resource, data: &[u8]) {
    let Ok(size) = u32::try_from(data.len()) else { return };
    if orthanc_version() < AUDIT_LOG_SINCE {
        return;
    }
    let id = c_text(&resource.id);
    let parameters = _OrthancPluginEmitAuditLog {
        sourcePlugin: PLUGIN_NAME.as_ptr(),
        userId: PLUGIN_NAME.as_ptr(),
        resourceType: match resource.level {
            Level::Study => ResourceType::OrthancPluginResourceType_Study,
            Level::Series => ResourceType::OrthancPluginResourceType_Series,
        },
        resourceId: id.as_ptr(),
        action: action.as_ptr(),
        logData: data.as_ptr().cast(),
        logDataSize: size,
    };
    // SAFETY: the structure belongs to this service, which this Orthanc has; what it points to outlives the call.
    unsafe { invoke(Service::_OrthancPluginService_EmitAuditLog, &parameters) };
}
