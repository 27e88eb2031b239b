//! Why an accepted measurement waits although others may go on: it could not be carried out, which said nothing of its study.

use crate::refusal::Refusal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// It is left alone for so long, and so much longer each time.
const REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(600);

/// What was in the way, if anything was.
#[derive(Debug, Default)]
pub struct Hindrance(Mutex<Option<Met>>);

#[derive(Debug)]
struct Met {
    times: u32,
    until: Instant,
    why: Refusal,
}

impl Hindrance {
    fn locked(&self) -> MutexGuard<'_, Option<Met>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was: what hinders this measurement may not hinder others, which go first for a while, longer each time.
    pub fn meet(&self, why: Refusal) {
        let mut met = self.locked();
        let times = met.as_ref().map_or(1, |earlier| earlier.times + 1);
        *met = Some(Met { times, until: Instant::now() + (REST * times).min(LONGEST_REST), why });
    }

    /// Whether the measurement may be begun.
    pub fn is_over(&self) -> bool {
        self.locked().as_ref().is_none_or(|met| Instant::now() >= met.until)
    }

    /// What was in the way the last time.
    pub fn why(&self) -> Option<Refusal> {
        self.locked().as_ref().map(|met| met.why.clone())
    }
}
