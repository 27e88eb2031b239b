//! How long a measurement that could not be carried out lets others go first.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// It is left alone for so long, and so much longer each time.
const REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(600);

/// Whether something was in the way, and how long that is to be respected.
#[derive(Debug, Default)]
pub struct Hindrance(Mutex<Option<Met>>);

#[derive(Debug, Clone, Copy)]
struct Met {
    times: u32,
    until: Instant,
}

impl Hindrance {
    fn locked(&self) -> MutexGuard<'_, Option<Met>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was: what hinders this measurement may not hinder others, which go first for a while, longer each time.
    pub fn meet(&self) {
        let mut met = self.locked();
        let times = met.map_or(1, |earlier| earlier.times + 1);
        *met = Some(Met { times, until: Instant::now() + (REST * times).min(LONGEST_REST) });
    }

    /// Whether the measurement may be begun.
    pub fn is_over(&self) -> bool {
        self.locked().is_none_or(|met| Instant::now() >= met.until)
    }
}
