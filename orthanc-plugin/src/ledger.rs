//! Accepted measurements end exactly once: what is written before a POST is answered, and what when a measurement has ended.
//!
//! Where Orthanc cannot write, because its disk is full or read-only, there is one rule: what has to be written is tried again until it
//! is, nothing is begun meanwhile, and the status says so.

use crate::disk;
use crate::events;
use crate::journal::Journal;
use crate::measurement::{Ending, Measurement, closing, interrupted};
use crate::plugin::Plugin;
use crate::problems::Topic;
use crate::record::{Record, State};
use crate::refusal::Refusal;
use crate::sdk::InProcess;
use crate::store;
use crate::study::Resource;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// For so long a POST waits for what an earlier start has left.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries to write.
const PAUSE: Duration = Duration::from_secs(2);

/// The list, and ends that nobody waits to write.
#[derive(Debug, Default)]
pub struct Ledger {
    /// What is unfinished.
    pub journal: Journal,
    unwritten: Mutex<Vec<(Arc<Measurement>, Ending)>>,
}

impl Ledger {
    fn unwritten(&self) -> MutexGuard<'_, Vec<(Arc<Measurement>, Ending)>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets nobody in before all that was accepted earlier waits again.
pub fn open(plugin: &Plugin) -> Result<(), Refusal> {
    plugin.ledger.journal.wait_until_resumed(PATIENCE)
}

/// Has the list, the record and the disk hold a measurement, which may be begun from then on. Fails where they do not, and then it was
/// not accepted.
pub fn accept(plugin: &Plugin, measurement: &Measurement) -> Result<(), Refusal> {
    let resource = &measurement.plan.resource;
    // An earlier record that cannot be read is no reason not to measure again.
    let earlier =
        Record::load(&InProcess, resource).or_else(|refusal| if refusal.is_temporary() { Err(refusal) } else { Ok(None) })?;
    let left = store::present(&InProcess, earlier.iter().flat_map(Record::partial))?;
    plugin.ledger.journal.enter(resource)?;
    let written = measurement.save(left).and_then(|()| {
        disk::sync_database().map_err(|error| {
            Refusal::unavailable(format!("the disk does not confirm that it holds Orthanc's database: {error}"))
        })
    });
    let accepted = written.and_then(|()| if measurement.accept() { Ok(()) } else { Err(closing()) });
    if accepted.is_err() {
        // Fails where Orthanc cannot write; the request then reads as interrupted, which it is.
        let _ = measurement.record().withdraw(&InProcess, resource, earlier.as_ref());
        strike(plugin, resource);
    }
    accepted
}

/// Writes how a measurement has ended, however long that takes; answers false where Orthanc ends before, and the next start measures again.
pub fn conclude(plugin: &Plugin, measurement: &Measurement, ending: &Ending) -> bool {
    while !written(plugin, measurement, ending) {
        if plugin.queue.wait_for_stop(PAUSE) {
            measurement.abandon(State::Interrupted, interrupted());
            return false;
        }
    }
    true
}

/// As [`conclude`], of one that waited; nobody's thread waits for the disk.
pub fn conclude_later(plugin: &Plugin, measurement: &Arc<Measurement>, ending: Ending) {
    match written(plugin, measurement, &ending) {
        true => plugin.queue.finished(measurement),
        false => plugin.ledger.unwritten().push((Arc::clone(measurement), ending)),
    }
}

/// Tells those who still wait that Orthanc ends.
pub fn close(plugin: &Plugin) {
    let unwritten = std::mem::take(&mut *plugin.ledger.unwritten());
    unwritten.iter().for_each(|(measurement, _)| measurement.abandon(State::Interrupted, interrupted()));
}

/// Repeats what could not be written; called now and then.
pub fn keep_up(plugin: &Plugin) {
    let unwritten = std::mem::take(&mut *plugin.ledger.unwritten());
    for (measurement, ending) in unwritten {
        conclude_later(plugin, &measurement, ending);
    }
    if let Some(written) = plugin.ledger.journal.keep_up() {
        note(plugin, written);
    }
}

/// Writes that a measurement begins, as soon as Orthanc can be written, unless `stopped` says no.
pub fn start(plugin: &Plugin, measurement: &Measurement, stopped: &dyn Fn() -> Option<Refusal>) -> Result<(), Refusal> {
    patiently(plugin, None, stopped, || measurement.start())
}

/// Repeats what fails because Orthanc cannot write now, until it can, the deadline is over or `stopped` says no.
pub fn patiently(
    plugin: &Plugin,
    deadline: Option<Instant>,
    stopped: &dyn Fn() -> Option<Refusal>,
    mut write: impl FnMut() -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut waited = false;
    loop {
        match write() {
            Err(refusal) if refusal.is_temporary() && deadline.is_none_or(|deadline| Instant::now() < deadline) => {
                if let Some(reason) = stopped() {
                    return Err(reason);
                }
                if !waited {
                    events::error("storage_refuses", &[("problem", &refusal)]);
                }
                plugin.noted.raise(
                    Topic::Record,
                    format!("Orthanc cannot store what has to be stored, so measurements wait: {refusal}"),
                );
                waited = true;
                plugin.queue.wait_for_stop(PAUSE);
            }
            outcome => {
                if waited {
                    plugin.noted.clear(Topic::Record);
                }
                return outcome;
            }
        }
    }
}

fn written(plugin: &Plugin, measurement: &Measurement, ending: &Ending) -> bool {
    let resource = &measurement.plan.resource;
    let saved = measurement.finish(ending);
    plugin.note_record(&resource.uri(), saved.clone());
    match saved {
        Ok(()) => {}
        // Nobody is left to tell, and nothing to measure.
        Err(refusal) if refusal.http_status == 404 => measurement.abandon(State::Failed, refusal),
        Err(_) => return false,
    }
    strike(plugin, resource);
    true
}

fn strike(plugin: &Plugin, resource: &Resource) {
    note(plugin, plugin.ledger.journal.strike(std::slice::from_ref(resource)));
}

/// Notes whether the list could be written.
pub fn note(plugin: &Plugin, written: Result<(), Refusal>) {
    match written {
        Ok(()) => plugin.noted.clear(Topic::Journal),
        Err(refusal) => {
            events::error("journal_not_stored", &[("problem", &refusal)]);
            plugin.noted.raise(Topic::Journal, refusal.details);
        }
    }
}
