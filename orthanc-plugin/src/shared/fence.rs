//! The archive as the holder of a lease may use it: reading always, writing only as long as the request is ours.

use super::lease::Lease;
use crate::archive::{Archive, ArchiveError, Bytes, Reply};
use crate::sdk::Method;
use std::time::Duration;

/// Between two questions to a database that does not answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Writes nothing once the lease is lost.
pub struct Fence<'a> {
    archive: &'a dyn Archive,
    lease: &'a Lease<'a>,
}

impl<'a> Fence<'a> {
    /// Before `archive`.
    pub fn new(archive: &'a dyn Archive, lease: &'a Lease<'a>) -> Fence<'a> {
        Fence { archive, lease }
    }

    /// Asks the database and not our clock alone: a machine that slept believes its clock. A database that is away for a moment is
    /// waited for, as long as the lease lasts.
    fn confirm(&self) -> Result<(), ArchiveError> {
        while self.lease.is_held() {
            match self.lease.renew() {
                Ok(()) => return Ok(()),
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
        Err(ArchiveError::Lost)
    }
}

impl Archive for Fence<'_> {
    fn call(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, ArchiveError> {
        let writes = matches!(method, Method::Put | Method::Delete) || (method == Method::Post && uri == "/instances");
        if writes {
            self.confirm()?;
        }
        self.archive.call(method, uri, headers, body)
    }

    fn dicom(&self, instance: &str) -> Result<Bytes, ArchiveError> {
        self.archive.dicom(instance)
    }

    fn room_for(&self, bytes: usize) -> Result<(), ArchiveError> {
        self.archive.room_for(bytes)
    }
}
