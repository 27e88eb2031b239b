//! Measurements that automatic mode has asked for and that have not ended.

use crate::plugin::Plugin;
use crate::record::{Record, State};
use crate::refusal::Refusal;
use crate::results;
use crate::study::Resource;
use jiff::Unit;
use serde::{Deserialize, Serialize};

/// Orthanc identifiers of their studies.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InFlight(Vec<String>);

/// How one ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// Its results are stored, after so many seconds at work.
    Done(f64),
    /// It failed.
    Failed,
    /// Its study was deleted.
    Gone,
}

impl InFlight {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One more.
    pub fn add(&mut self, study: &str) {
        if !self.0.iter().any(|one| one == study) {
            self.0.push(study.to_owned());
        }
    }

    /// Takes out those that have ended.
    pub fn settle(&mut self, plugin: &Plugin) -> Vec<End> {
        let mut ends = Vec::new();
        self.0.retain(|study| match end(plugin, study) {
            Some(end) => {
                ends.push(end);
                false
            }
            None => true,
        });
        ends
    }
}

fn end(plugin: &Plugin, study: &str) -> Option<End> {
    let Ok(study) = Resource::new("studies", study) else { return Some(End::Gone) };
    if plugin.queue.find(&study).is_some() {
        return None;
    }
    of(&results::stored(plugin, &study))
}

/// A record that cannot be read never says more; it must not hold a place for ever.
fn of(found: &Result<Record, Refusal>) -> Option<End> {
    match found {
        Ok(record) => match record.state {
            State::Queued | State::Running => None,
            State::Done => Some(End::Done(seconds(record).unwrap_or_default())),
            State::Failed | State::Interrupted => Some(End::Failed),
        },
        Err(refusal) if refusal.http_status == 404 => Some(End::Gone),
        Err(refusal) if refusal.is_temporary() => None,
        Err(_) => Some(End::Failed),
    }
}

/// How long a measurement that was carried out took.
pub fn seconds(record: &Record) -> Option<f64> {
    let (State::Done, Some(started), Some(finished)) = (record.state, record.started, record.finished) else { return None };
    started.until(finished).ok()?.total(Unit::Second).ok().filter(|seconds| *seconds > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_cannot_be_read_has_failed_and_one_that_cannot_now_is_waited_for() {
        assert_eq!(of(&Err(Refusal::internal("attachment 4750 is not a record of BoneMuscle"))), Some(End::Failed));
        assert_eq!(of(&Err(Refusal::unavailable("the disk is full"))), None);
        assert_eq!(of(&Err(Refusal::not_found("no such study"))), Some(End::Gone));
    }
}
