//! The archive as the holder of a lease may use it: reading always, writing only as long as the request is ours.

use super::lease::Lease;
use crate::archive::{Archive, ArchiveError, Bytes, Reply, writes};
use crate::refusal::Refusal;
use crate::sdk::Method;
use std::time::Duration;

/// Between two questions to a database that does not answer.
const PAUSE: Duration = Duration::from_millis(200);

/// What gives the right to write.
pub trait Right: Sync {
    /// Whether it is still ours, as far as our clock knows.
    fn is_held(&self) -> bool;

    /// Asks whoever gave it, and holds it for longer.
    fn renew(&self) -> Result<(), Refusal>;
}

impl Right for Lease<'_> {
    fn is_held(&self) -> bool {
        Lease::is_held(self)
    }

    fn renew(&self) -> Result<(), Refusal> {
        Lease::renew(self)
    }
}

/// Writes nothing once the lease is lost.
pub struct Fence<'a> {
    archive: &'a dyn Archive,
    right: &'a dyn Right,
}

impl<'a> Fence<'a> {
    /// Before `archive`.
    pub fn new(archive: &'a dyn Archive, right: &'a dyn Right) -> Fence<'a> {
        Fence { archive, right }
    }

    /// Asks the database and not our clock alone: a machine that slept believes its clock. A database that is away for a moment is
    /// waited for, as long as the lease lasts.
    fn confirm(&self) -> Result<(), ArchiveError> {
        while self.right.is_held() {
            match self.right.renew() {
                Ok(()) => return Ok(()),
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
        Err(ArchiveError::Lost)
    }
}

impl Archive for Fence<'_> {
    fn call(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, ArchiveError> {
        if !writes(method, uri) {
            return self.archive.call(method, uri, headers, body);
        }
        self.confirm()?;
        match self.archive.call(method, uri, headers, body) {
            // Once more, as where a connection that was kept has ended meanwhile: what is ours to write may be written twice. But until this
            // is known a minute may have passed, and the right to it.
            Err(ArchiveError::Unreachable { .. }) => {
                self.confirm()?;
                self.archive.call(method, uri, headers, body)
            }
            answered => answered,
        }
    }

    fn dicom(&self, instance: &str) -> Result<Bytes, ArchiveError> {
        self.archive.dicom(instance)
    }

    fn room_for(&self, bytes: usize) -> Result<(), ArchiveError> {
        self.archive.room_for(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Answers the last of its calls only.
    struct Cut {
        calls: AtomicUsize,
        answers_from: usize,
    }

    impl Archive for Cut {
        fn call(&self, method: Method, uri: &str, _: &[(&str, &str)], _: &[u8]) -> Result<Reply, ArchiveError> {
            match self.calls.fetch_add(1, Ordering::SeqCst) + 1 >= self.answers_from {
                true => Ok(Reply { status: 200, body: Bytes::Own(Vec::new()), headers: BTreeMap::new() }),
                false => {
                    let call = format!("{} {uri}", method.name());
                    Err(ArchiveError::Unreachable { call, problem: "timeout".into() })
                }
            }
        }

        fn dicom(&self, _: &str) -> Result<Bytes, ArchiveError> {
            Err(ArchiveError::Lost)
        }

        fn room_for(&self, _: usize) -> Result<(), ArchiveError> {
            Ok(())
        }
    }

    /// Is confirmed so often.
    struct Confirmed {
        asked: AtomicUsize,
        times: usize,
    }

    impl Right for Confirmed {
        fn is_held(&self) -> bool {
            self.asked.load(Ordering::SeqCst) <= self.times
        }

        fn renew(&self) -> Result<(), Refusal> {
            let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            if asked <= self.times { Ok(()) } else { Err(Refusal::conflict("the lease was lost")) }
        }
    }

    /// Status, and how often archive and database were asked.
    fn put(answers_from: usize, times: usize) -> (Result<u16, ArchiveError>, usize, usize) {
        let archive = Cut { calls: AtomicUsize::new(0), answers_from };
        let right = Confirmed { asked: AtomicUsize::new(0), times };
        let answer = Fence::new(&archive, &right).call(Method::Put, "/studies/x/attachments/4750", &[], b"Running");
        (answer.map(|reply| reply.status), archive.calls.into_inner(), right.asked.into_inner())
    }

    #[test]
    fn a_write_that_was_cut_is_repeated_once_and_only_by_who_still_may() {
        assert_eq!(put(1, 9), (Ok(200), 1, 1));
        assert_eq!(put(2, 9), (Ok(200), 2, 2));
        assert_eq!(put(2, 1), (Err(ArchiveError::Lost), 1, 2), "another worker has it, and may have ended it");
        assert!(matches!(put(3, 9), (Err(ArchiveError::Unreachable { .. }), 2, 2)));
        assert_eq!(put(1, 0), (Err(ArchiveError::Lost), 0, 1));
    }
}
