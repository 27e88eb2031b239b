//! The part of Orthanc's plugin SDK that is used, as safe functions: the only module with `unsafe`.
//!
//! The SDK is a table of numbered services behind one function pointer; a C header wraps each in an inline function, and
//! these files do the same in Rust. Everything exists since Orthanc 1.10.1, except what `newer_bindings` has.
#![allow(unsafe_code)]

mod archive;
mod audit;
mod bindings;
mod context;
mod descriptors;
mod entry;
mod guard;
mod http;
mod job;
mod mapping;
mod memory;
mod newer_bindings;
mod property;

pub use archive::{Buffer, InProcess};
pub use audit::{AUDIT_LOG_SINCE, audit};
pub use context::{
    Version, configuration, extend_explorer, log_error, log_info, log_warning, on_change, orthanc_version, set_metric,
};
pub use descriptors::close_inherited;
pub use http::{Answer, Body, Headers, Method, Request, register_errors, register_routes};
pub use job::{JobView, Step, submit};
pub use mapping::Mapping;
pub use memory::return_freed_memory;
pub use property::{global_property, set_global_property};

/// What Orthanc tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The REST API may be used and threads may start.
    Started,
    /// Threads should end: the library is unloaded soon after.
    Stopped,
    /// A study has got no new instance for a while. Which one, Orthanc's list of changes says, and over restarts.
    StableStudy,
    /// The resource with this identifier is no longer stored.
    Deleted(String),
}
