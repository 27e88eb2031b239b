//! Takes up what an earlier start of Orthanc has accepted and not ended.
//!
//! In the order of priority, then of the POSTs. A measurement that was running is begun anew: the worker died with Orthanc, and results that
//! were stored are found by their UIDs. One whose study was deleted meanwhile, or whose record says how it ended, is forgotten.

use crate::events;
use crate::job::MeasurementJob;
use crate::ledger;
use crate::measurement::{Ending, Measurement, Plan, closing};
use crate::plugin::Plugin;
use crate::preflight;
use crate::record::{Record, State};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::sdk::{self, InProcess};
use crate::shared::mirror::Shared;
use crate::store;
use crate::study::Resource;
use serde_json::Value;
use std::cmp::Reverse;
use std::sync::Arc;

/// So often a worker is started for a measurement during which everything died: more would only kill it again.
const MOST_ATTEMPTS: u32 = 3;

/// Has everything wait again, then lets POSTs in. Ends early where Orthanc stops.
pub fn run(plugin: &Arc<Plugin>) {
    let stopped = || plugin.queue.is_stopping().then(closing);
    let taken_up = ledger::patiently(plugin, None, &stopped, || {
        let outcome = take_up(plugin);
        ledger::note(plugin, outcome.clone());
        outcome
    });
    // A list that cannot be read refuses POSTs by itself, with its own sentence.
    if taken_up != Err(closing()) {
        plugin.ledger.journal.resumed();
    }
}

fn take_up(plugin: &Arc<Plugin>) -> Result<(), Refusal> {
    let (mut waiting, mut ended, mut unreadable) = (Vec::new(), Vec::new(), None);
    for resource in plugin.ledger.journal.accepted()? {
        if plugin.queue.find(&resource).is_some() {
            continue;
        }
        match measurement(plugin, &resource) {
            Ok(Some(measurement)) => waiting.push(measurement),
            Ok(None) => ended.push(resource),
            Err(refusal) => unreadable = Some(refusal),
        }
    }
    if !ended.is_empty() {
        ledger::note(plugin, plugin.ledger.journal.strike(&ended));
    }
    waiting.sort_by_key(|measurement| Reverse(measurement.plan.request.priority));
    if !waiting.is_empty() {
        events::warning("resumed", &[("measurements", &waiting.len())]);
    }
    for measurement in waiting {
        match &plugin.shared {
            None => again(plugin, measurement)?,
            Some(shared) => hand_on(plugin, shared, measurement)?,
        }
    }
    let Some(refusal) = unreadable else { return Ok(()) };
    // Whose record cannot be read waits alone; a POST of the same study meets the same obstacle.
    plugin.ledger.journal.resumed();
    Err(refusal)
}

/// What was accepted before this Orthanc got a queue with others goes into that queue.
fn hand_on(plugin: &Plugin, shared: &Shared, measurement: Measurement) -> Result<(), Refusal> {
    let stopped = || plugin.queue.is_stopping().then(closing);
    let Plan { resource, request, .. } = measurement.plan.clone();
    let planned = measurement.obstacle.clone().map_or_else(|| preflight::plan(&resource, request, plugin, &stopped), Err);
    let handed = planned.and_then(|plan| shared.accept(&Measurement::new(plan, plugin.origin())));
    match handed {
        Ok(()) => {}
        Err(refusal) if refusal.is_temporary() => return Err(refusal),
        Err(refusal) => measurement.finish(&Ending::failed(refusal))?,
    }
    plugin.ledger.journal.strike(std::slice::from_ref(&resource))
}

/// What waits again; `None` where nothing is left to do.
fn measurement(plugin: &Plugin, resource: &Resource) -> Result<Option<Measurement>, Refusal> {
    match read(plugin, resource) {
        Err(refusal) if !refusal.is_temporary() => Ok(Some(lost(plugin, resource, &refusal))),
        outcome => outcome,
    }
}

fn read(plugin: &Plugin, resource: &Resource) -> Result<Option<Measurement>, Refusal> {
    // Without a record it was never answered, or was deleted with its study; with an ended one only the list was not written.
    let Some(record) = Record::load(&InProcess, resource)?.filter(Record::is_unfinished) else { return Ok(None) };
    let (request, obstacle) = match Request::from_canonical(&record.request, record.priority) {
        Ok(request) => (request, exhausted(&record)),
        Err(problem) => (Request { priority: record.priority, ..Request::default() }, Some(not_understood(&problem))),
    };
    let request = Request { trigger: record.trigger, ..request };
    let leftovers = store::present(&InProcess, record.partial())?;
    let record =
        Record { state: State::Queued, origin: plugin.origin(), job: None, instances: Default::default(), leftovers, ..record };
    Ok(Some(Measurement::resumed(Plan::open(resource.clone(), request), record, obstacle)))
}

fn exhausted(record: &Record) -> Option<Refusal> {
    let begun = record.started.map(|moment| moment.to_string()).unwrap_or_default();
    let sentence = || {
        Refusal::internal(format!(
            "Orthanc or the machine died {} times while this was measured, the last time after {begun}; it is not tried again by itself. \
             POST again when the cause is found",
            record.attempts
        ))
    };
    (record.attempts >= MOST_ATTEMPTS).then(sentence)
}

fn not_understood(problem: &serde_json::Error) -> Refusal {
    Refusal::internal(format!(
        "the request was accepted by another version, and this one does not understand it ({problem}); POST again"
    ))
}

/// The record's file is gone or spoilt, and the request with it.
fn lost(plugin: &Plugin, resource: &Resource, why: &Refusal) -> Measurement {
    let details = format!("after a restart the request could not be read back: {}; POST again", why.details);
    let record = Record::new(plugin.origin(), Value::Null, 0);
    Measurement::resumed(Plan::open(resource.clone(), Request::default()), record, Some(Refusal::internal(details)))
}

fn again(plugin: &Arc<Plugin>, measurement: Measurement) -> Result<(), Refusal> {
    let priority = measurement.plan.request.priority;
    let resource = measurement.plan.resource.uri();
    let measurement = Arc::new(measurement);
    plugin.queue.readmit(&measurement)?;
    let view = Arc::new(MeasurementJob::new(Arc::clone(plugin), Arc::clone(&measurement)));
    match sdk::submit(c"BoneMuscle", view, priority) {
        Ok(job) => measurement.set_job(&job),
        // It is measured all the same; only Orthanc's page of jobs does not show it.
        Err(code) => events::error("job_not_taken", &[("resource", &resource), ("code", &code)]),
    }
    Ok(())
}
