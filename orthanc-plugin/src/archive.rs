//! The archive that holds the studies: Orthanc's REST API, whether it is called from inside Orthanc or over a network.

use crate::sdk::{Buffer, Method};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Deref;

/// A way to Orthanc's REST API.
pub trait Archive: Send + Sync {
    /// Calls the REST API. A status such as 404 is an answer, not an error.
    fn call(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, ArchiveError>;

    /// The stored bytes of an instance.
    fn dicom(&self, instance: &str) -> Result<Bytes, ArchiveError>;

    /// Fails where a file of so many bytes would find no room, as far as that can be seen from here. To be asked before each: Orthanc
    /// does not notice when the last kilobytes of a file find none, and keeps what is left of it for the whole.
    fn room_for(&self, bytes: usize) -> Result<(), ArchiveError>;
}

/// Whether a call changes what the archive holds.
pub fn writes(method: Method, uri: &str) -> bool {
    matches!(method, Method::Put | Method::Delete) || (method == Method::Post && uri == "/instances")
}

/// A call could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Error code of the SDK.
    #[error("Orthanc answered {call} with error code {code}")]
    Code {
        /// Method and path.
        call: String,
        /// `OrthancPluginErrorCode`.
        code: i32,
    },
    /// A file would find no room.
    #[error("{0}")]
    NoRoom(String),
    /// The SDK counts bytes in 32 bits.
    #[error("{0} bytes are more than Orthanc accepts in one call (4 GiB)")]
    TooLarge(usize),
    /// Over a network: nobody answers, or not as an Orthanc that lets us in.
    #[error("Orthanc cannot be reached for {call}: {problem}")]
    Unreachable {
        /// Method and path.
        call: String,
        /// Why not.
        problem: String,
    },
    /// Over a network: it was reached, and does not give what was asked for.
    #[error("Orthanc answers {call} with HTTP status {status}")]
    Status {
        /// Method and path.
        call: String,
        /// Of HTTP.
        status: u16,
    },
    /// What was to be stored is another one's by now.
    #[error("the lease of this measurement was lost before its results were stored; another worker carries it out")]
    Lost,
}

/// Error codes of the SDK that tell of the disk or the database, and not of what was to be stored: these come and go. -1 stands for
/// exceptions that are not Orthanc's own, such as those of folders that cannot be made.
const STORAGE_CODES: [i32; 10] = [-1, 11, 14, 19, 22, 31, 32, 36, 42, 2001];
/// And those of SQLite.
const SQLITE_CODES: std::ops::RangeInclusive<i32> = 1000..=1017;

impl ArchiveError {
    /// Whether Orthanc could not write or read, whatever it was about.
    pub fn is_of_storage(&self) -> bool {
        match self {
            ArchiveError::Code { code, .. } => STORAGE_CODES.contains(code) || SQLITE_CODES.contains(code),
            ArchiveError::NoRoom(_) => true,
            ArchiveError::TooLarge(_) | ArchiveError::Unreachable { .. } | ArchiveError::Status { .. } | ArchiveError::Lost => {
                false
            }
        }
    }
}

/// What was answered, wherever it lies.
pub enum Bytes {
    /// In memory that belongs to Orthanc.
    Orthanc(Buffer),
    /// In our own.
    Own(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Orthanc(buffer) => buffer,
            Bytes::Own(bytes) => bytes,
        }
    }
}

/// An answer of the REST API.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its body.
    pub body: Bytes,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
}

impl Reply {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON, if the call succeeded and it is.
    pub fn json(&self) -> Option<Value> {
        (self.status == 200).then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &[u8]) -> Reply {
        let headers = BTreeMap::from([("ETag".to_owned(), "\"3\"".to_owned())]);
        Reply { status, body: Bytes::Own(body.to_vec()), headers }
    }

    #[test]
    fn headers_are_found_in_any_case() {
        assert_eq!(reply(200, b"").header("etag"), Some("\"3\""));
        assert_eq!(reply(200, b"").header("age"), None);
    }

    #[test]
    fn a_full_disk_is_told_from_a_file_that_is_none() {
        let of_storage = |code| ArchiveError::Code { call: "POST /instances".into(), code }.is_of_storage();
        assert!([-1, 14, 19, 1009, 2001].into_iter().all(of_storage));
        assert!(![1, 8, 15, 17, 43, 1018].into_iter().any(of_storage));
        assert!(!ArchiveError::TooLarge(5 << 30).is_of_storage());
    }

    #[test]
    fn only_a_success_that_is_json_is_json() {
        assert_eq!(reply(200, b"[1]").json(), Some(serde_json::json!([1])));
        assert_eq!(reply(404, b"[1]").json(), None);
        assert_eq!(reply(200, b"[1").json(), None);
    }
}
