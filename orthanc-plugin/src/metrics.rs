//! Figures for monitoring, under Orthanc's `/tools/metrics-prometheus`. All counts begin with the start of Orthanc.

use crate::plugin::Plugin;
use crate::record::State;
use crate::refusal::Refusal;
use crate::sdk;
use crate::worker;
use jiff::Timestamp;
use std::ffi::CStr;
use std::sync::{Mutex, PoisonError};

/// What has been measured here.
#[derive(Debug, Default)]
pub struct Counters(Mutex<Counts>);

/// A moment's counts.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Counts {
    /// Measurements whose results are stored.
    pub done: u64,
    /// Measurements that ended otherwise.
    pub failed: u64,
    /// Seconds that they all ran.
    pub seconds: f64,
    /// Seconds that the latest ran.
    pub last_seconds: f64,
    /// HTTP status of the latest failure.
    pub last_error_status: Option<u16>,
    /// How many in a row ended by a fault of ours, of Orthanc or of the machine, whatever the studies held.
    pub faults_in_a_row: u64,
}

impl Counters {
    /// The counts now.
    pub fn now(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a measurement that has ended.
    pub fn count(&self, state: State, seconds: f64, error: Option<&Refusal>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state {
            State::Done => counts.done += 1,
            _ => counts.failed += 1,
        }
        counts.seconds += seconds;
        counts.last_seconds = seconds;
        match error.map(|refusal| refusal.http_status) {
            Some(500..) => counts.faults_in_a_row += 1,
            // Somebody ended it, which says nothing of how the plugin fares.
            Some(409) => {}
            _ => counts.faults_in_a_row = 0,
        }
        if let Some(refusal) = error {
            counts.last_error_status = Some(refusal.http_status);
        }
    }
}

/// Publishes everything that a monitor may ask for.
pub fn publish(plugin: &Plugin, problems: usize) {
    let (queued, running) = plugin.lengths();
    let counts = plugin.counters.now();
    let (begun, died) = worker::tally();
    let figures: [(&CStr, f64); 9] = [
        (c"bonemuscle_queued", queued as f64),
        (c"bonemuscle_running", running as f64),
        (c"bonemuscle_oldest_queued_seconds", oldest_queued_seconds(plugin)),
        (c"bonemuscle_done_total", counts.done as f64),
        (c"bonemuscle_failed_total", counts.failed as f64),
        (c"bonemuscle_duration_seconds_total", counts.seconds),
        (c"bonemuscle_workers_started_total", begun as f64),
        (c"bonemuscle_workers_died_total", died as f64),
        (c"bonemuscle_problems", problems as f64),
    ];
    for (name, value) in figures {
        sdk::set_metric(name, value as f32);
    }
}

/// For how long the measurement has waited that waits longest; 0 where none does.
pub fn oldest_queued_seconds(plugin: &Plugin) -> f64 {
    let oldest = match &plugin.shared {
        Some(shared) => shared.oldest(),
        None => {
            let waiting = plugin.queue.all().into_iter().filter(|measurement| measurement.state() == State::Queued);
            waiting.map(|measurement| measurement.record().queued).min()
        }
    };
    oldest.map_or(0.0, |since| Timestamp::now().duration_since(since).as_secs_f64().max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_counted_by_how_it_ended() {
        let counters = Counters::default();
        counters.count(State::Done, 2.0, None);
        counters.count(State::Failed, 3.0, Some(&Refusal::unsuitable("no vertebra")));
        let counts = counters.now();
        assert_eq!((counts.done, counts.failed, counts.seconds, counts.last_seconds), (1, 1, 5.0, 3.0));
        assert_eq!((counts.last_error_status, counts.faults_in_a_row), (Some(422), 0));
    }

    #[test]
    fn faults_are_told_from_unsuitable_studies_and_from_cancelling() {
        let counters = Counters::default();
        let end = |error: Option<Refusal>| {
            let state = if error.is_none() { State::Done } else { State::Failed };
            counters.count(state, 1.0, error.as_ref());
            counters.now().faults_in_a_row
        };
        assert_eq!(end(Some(Refusal::internal("it broke"))), 1);
        assert_eq!(end(Some(Refusal::conflict("cancelled"))), 1);
        assert_eq!(end(Some(Refusal::unavailable("the disk is full"))), 2);
        assert_eq!(end(Some(Refusal::unsuitable("a child"))), 0);
        assert_eq!(end(Some(Refusal::internal("it broke"))), 1);
        assert_eq!(end(None), 0);
    }
}
