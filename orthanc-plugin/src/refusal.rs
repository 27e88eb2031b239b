//! Why a call or a measurement fails, in one sentence and with one HTTP status.

use crate::archive::ArchiveError;
use crate::protocol::Status;
use crate::sdk::Answer;
use serde::{Deserialize, Serialize};
use std::ffi::CStr;

/// The HTTP statuses of refusals with the `Message` that Orthanc shows beside our `Details`.
pub const HTTP_STATUSES: [(u16, &CStr); 6] = [
    (400, c"BoneMuscle does not understand the request"),
    (404, c"BoneMuscle does not find this"),
    (409, c"BoneMuscle is busy with this, or was stopped"),
    (422, c"BoneMuscle cannot measure this"),
    (500, c"BoneMuscle failed"),
    (503, c"BoneMuscle cannot measure now"),
];

/// A call that is refused or a measurement that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{details}")]
pub struct Refusal {
    /// One of [`HTTP_STATUSES`].
    pub http_status: u16,
    /// A sentence that says what was found and what would do.
    pub details: String,
}

impl Refusal {
    /// The request itself is wrong.
    pub fn request(details: impl Into<String>) -> Refusal {
        Refusal { http_status: 400, details: details.into() }
    }

    /// There is no such thing.
    pub fn not_found(details: impl Into<String>) -> Refusal {
        Refusal { http_status: 404, details: details.into() }
    }

    /// It clashes with what is going on.
    pub fn conflict(details: impl Into<String>) -> Refusal {
        Refusal { http_status: 409, details: details.into() }
    }

    /// The study or series is not suitable.
    pub fn unsuitable(details: impl Into<String>) -> Refusal {
        Refusal { http_status: 422, details: details.into() }
    }

    /// Our own fault, or Orthanc's.
    pub fn internal(details: impl Into<String>) -> Refusal {
        Refusal { http_status: 500, details: details.into() }
    }

    /// Later, or after the administrator has acted.
    pub fn unavailable(details: impl Into<String>) -> Refusal {
        Refusal { http_status: 503, details: details.into() }
    }

    /// Whether the same may succeed later.
    pub fn is_temporary(&self) -> bool {
        self.http_status == 503
    }

    /// As the worker reported it.
    pub fn from_worker(status: Status, message: String) -> Refusal {
        let http_status = match status {
            Status::Settings => 400,
            Status::Input | Status::Labels => 422,
            Status::Cancelled => 409,
            Status::Unavailable => 503,
            Status::Write | Status::Internal => 500,
        };
        Refusal { http_status, details: message }
    }
}

impl From<ArchiveError> for Refusal {
    fn from(error: ArchiveError) -> Self {
        match (&error, error.is_of_storage()) {
            (ArchiveError::Code { .. }, true) => {
                Refusal::unavailable(format!("{error}, as where its disk is full or read-only"))
            }
            (_, true) => Refusal::unavailable(error.to_string()),
            (_, false) => Refusal::internal(error.to_string()),
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Answer::Refused { status: refusal.http_status, details: refusal.details }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_worker_has_a_registered_http_status() {
        use Status::*;
        for status in [Settings, Input, Labels, Write, Cancelled, Unavailable, Internal] {
            let refusal = Refusal::from_worker(status, String::new());
            assert!(HTTP_STATUSES.iter().any(|(code, _)| *code == refusal.http_status), "{status:?}");
        }
    }
}
