//! Which study of a back-fill has its turn.

use super::back_fill::BackFill;
use super::studies;
use crate::archive::Archive;
use crate::refusal::Refusal;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A study at which nothing goes on for so long is set aside: what is in the way may be of this study alone.
const LONGEST_STOP: Duration = Duration::from_secs(3600);
/// Studies whose identifiers are held at a time.
const BATCH: usize = 10_000;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// This study is to be looked at.
    Study(String),
    /// All have been; some have not ended, or are to be looked at once more later.
    Wait,
    /// Nothing is left.
    End,
}

/// The studies to come; nothing that must outlive a restart.
#[derive(Debug, Default)]
pub struct Turns {
    /// Of which back-fill they are.
    pub begun: Timestamp,
    batch: VecDeque<String>,
    /// At the latest look the archive held none after the position.
    is_through: bool,
    /// How often the next one has failed.
    pub failed: u8,
    /// Since when nothing goes on at it.
    stopped: Option<Instant>,
}

impl Turns {
    /// Those of a back-fill that began then, from the beginning.
    pub fn new(begun: Timestamp) -> Turns {
        Turns { begun, ..Turns::default() }
    }

    /// Fetches some where none are left; answers how many studies the archive holds if it was asked. Its whole list is long: it is asked
    /// again only when nothing else is to be waited for, for what has come meanwhile.
    pub fn fetch(&mut self, archive: &dyn Archive, fill: &BackFill) -> Result<Option<usize>, Refusal> {
        let waits = !fill.in_flight.is_empty() || !fill.aside.is_empty();
        if !self.batch.is_empty() || (self.is_through && waits) {
            return Ok(None);
        }
        let next = studies::next(archive, fill.position.as_deref(), BATCH)?;
        self.is_through = next.studies.is_empty();
        self.batch = next.studies.into();
        Ok(Some(next.total))
    }

    /// What was set aside has its turn when its time has come, but not among the attempts at another one.
    pub fn next(&self, fill: &BackFill, now: Timestamp) -> Turn {
        let is_between = self.failed == 0 && self.stopped.is_none();
        let due = fill.aside.iter().find(|aside| is_between && aside.not_before <= now).map(|aside| &aside.study);
        match due.or(self.batch.front()) {
            Some(study) => Turn::Study(study.clone()),
            None if fill.in_flight.is_empty() && fill.aside.is_empty() => Turn::End,
            None => Turn::Wait,
        }
    }

    /// It has had its turn.
    pub fn passed(&mut self, study: &str) {
        if self.batch.front().is_some_and(|front| front == study) {
            self.batch.pop_front();
            (self.failed, self.stopped) = (0, None);
        }
    }

    /// Nothing goes on at the next one; answers whether that is so for too long.
    pub fn is_stuck(&mut self, now: Instant) -> bool {
        now.duration_since(*self.stopped.get_or_insert(now)) > LONGEST_STOP
    }

    /// Nothing may go on at any study, which says nothing about the next one.
    pub fn held_back(&mut self) {
        self.stopped = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::aside::Why;
    use super::super::back_fill::Order;
    use super::*;
    use crate::archive::{ArchiveError, Bytes, Reply};
    use crate::sdk::Method;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Lists its studies, and counts how often it did.
    struct Listing(&'static str, AtomicUsize);

    impl Archive for Listing {
        fn call(&self, _: Method, uri: &str, _: &[(&str, &str)], _: &[u8]) -> Result<Reply, ArchiveError> {
            assert_eq!(uri, "/studies");
            self.1.fetch_add(1, Ordering::Relaxed);
            Ok(Reply { status: 200, body: Bytes::Own(self.0.as_bytes().to_vec()), headers: BTreeMap::new() })
        }

        fn dicom(&self, _: &str) -> Result<Bytes, ArchiveError> {
            Err(ArchiveError::Lost)
        }

        fn room_for(&self, _: usize) -> Result<(), ArchiveError> {
            Ok(())
        }
    }

    fn turn(turns: &mut Turns, archive: &Listing, fill: &BackFill, now: Timestamp) -> Turn {
        turns.fetch(archive, fill).unwrap();
        turns.next(fill, now)
    }

    #[test]
    fn while_a_measurement_runs_the_archive_is_not_listed_and_at_its_end_once_more() {
        let archive = Listing(r#"["a"]"#, AtomicUsize::new(0));
        let (mut turns, mut fill) = (Turns::default(), BackFill::new(Order::default()));
        let now = Timestamp::now();
        assert_eq!(turn(&mut turns, &archive, &fill, now), Turn::Study("a".into()));
        fill.pass("a");
        turns.passed("a");
        fill.in_flight.add("a");
        for _ in 0..100 {
            assert_eq!(turn(&mut turns, &archive, &fill, now), Turn::Wait);
        }
        assert_eq!(archive.1.load(Ordering::Relaxed), 2);
        fill.in_flight = Default::default();
        let archive = Listing(r#"["a", "b"]"#, AtomicUsize::new(0));
        assert_eq!(turn(&mut turns, &archive, &fill, now), Turn::Study("b".into()), "it came meanwhile");
        fill.pass("b");
        turns.passed("b");
        assert_eq!(turn(&mut turns, &archive, &fill, now), Turn::End);
    }

    #[test]
    fn only_what_fails_for_an_hour_in_which_something_may_go_on_is_stuck() {
        let (mut turns, began, hour) = (Turns::default(), Instant::now(), Duration::from_secs(3601));
        assert!(!turns.is_stuck(began) && !turns.is_stuck(began + hour / 2) && turns.is_stuck(began + hour));
        turns.held_back();
        assert!(!turns.is_stuck(began + hour) && !turns.is_stuck(began + hour * 3 / 2) && turns.is_stuck(began + hour * 2));
    }

    #[test]
    fn what_was_set_aside_has_its_turn_when_its_time_has_come_and_is_waited_for() {
        let archive = Listing(r#"["a", "b", "c"]"#, AtomicUsize::new(0));
        let (mut turns, mut fill) = (Turns::default(), BackFill::new(Order::default()));
        let (now, later) = (Timestamp::now(), Timestamp::MAX);
        assert_eq!(turn(&mut turns, &archive, &fill, now), Turn::Study("a".into()));
        assert!(fill.set_aside("a", Why::Earlier));
        turns.passed("a");
        assert_eq!(turn(&mut turns, &archive, &fill, now), Turn::Study("b".into()));
        assert_eq!(turn(&mut turns, &archive, &fill, later), Turn::Study("a".into()));
        for study in ["b", "c"] {
            fill.pass(study);
            turns.passed(study);
        }
        assert_eq!(turn(&mut turns, &archive, &fill, now), Turn::Wait);
        fill.pass("a");
        turns.passed("a");
        assert_eq!((turn(&mut turns, &archive, &fill, now), fill.position), (Turn::End, Some("c".to_owned())));
    }
}
