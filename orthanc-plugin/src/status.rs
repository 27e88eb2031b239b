//! How the plugin fares: for administrators and their monitoring. No patient, and no identifier of one.

use crate::measurement::Measurement;
use crate::metrics;
use crate::models;
use crate::plugin::Plugin;
use crate::problems;
use crate::record::State;
use crate::refusal::Refusal;
use crate::shared::requests::{self, Waiting};
use serde_json::{Value, json};
use std::sync::PoisonError;

/// The body of `GET /bone-muscle/queue`: those that run, then those that wait, in their order. Whose they are is known to whoever may
/// see the study.
pub fn queue(plugin: &Plugin) -> Result<Value, Refusal> {
    match &plugin.shared {
        Some(shared) => requests::all(&shared.database).map(|all| of_all(&all)),
        None => Ok(of_this_orthanc(plugin)),
    }
}

fn of_all(requests: &[Waiting]) -> Value {
    let mut waiting = 0;
    let place = |one: &Waiting| {
        waiting += usize::from(one.record.state == State::Queued);
        json!({
            "Resource": one.resource,
            "State": one.record.state,
            "Trigger": one.record.trigger,
            "Progress": one.fraction,
            "Position": if one.record.state == State::Queued { waiting } else { 0 },
            "Worker": one.worker,
        })
    };
    requests.iter().map(place).collect()
}

fn of_this_orthanc(plugin: &Plugin) -> Value {
    let mut waiting = 0;
    let mut place = |measurement: &Measurement| {
        let state = measurement.state();
        waiting += usize::from(state == State::Queued);
        json!({
            "Resource": measurement.plan.resource.path(),
            "State": state,
            "Trigger": measurement.plan.request.trigger,
            "Progress": measurement.progress().1,
            "Position": if state == State::Queued { waiting } else { 0 },
        })
    };
    plugin.queue.all().iter().filter(|measurement| !measurement.is_finished()).map(|measurement| place(measurement)).collect()
}

/// The body of `GET /bone-muscle/status`.
pub fn status(plugin: &Plugin) -> Value {
    let (queued, running) = plugin.lengths();
    let counts = plugin.counters.now();
    let tried = plugin.worker.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (greeting, problem) = match tried {
        Some(Ok(greeting)) => (Some(greeting), None),
        Some(Err(refusal)) => (None, Some(refusal.details)),
        None => (None, Some("not tried yet".to_owned())),
    };
    json!({
        "Version": crate::VERSION,
        // Empty: all is well.
        "Problems": problems::all(plugin),
        "Worker": {
            "Program": plugin.launcher.program,
            "Ready": greeting.is_some(),
            "Version": greeting.as_ref().map(|greeting| &greeting.worker),
            "CoreVersion": greeting.as_ref().map(|greeting| &greeting.core),
            "Problem": problem,
            // What the machine has no means to take from it; none where it can do no more than measure.
            "Unconfined": greeting.as_ref().map(|greeting| &greeting.unconfined),
        },
        // Null where this Orthanc does its work alone.
        "Queue": plugin.shared.as_ref().map(|shared| json!({
            "Database": shared.database.place(),
            "Problem": shared.database.problem(),
        })),
        "Segmentation": models::summary(plugin),
        "Queued": queued,
        "Running": running,
        "OldestQueuedSeconds": metrics::oldest_queued_seconds(plugin).round(),
        "Done": counts.done,
        "Failed": counts.failed,
        "LastDurationSeconds": counts.last_seconds,
        // The sentence of an error may name a series; it stands in the record of its study, under that study's access rules.
        "LastErrorHttpStatus": counts.last_error_status,
        "Configuration": {
            "Workers": plugin.config.workers,
            "Threads": plugin.config.threads,
            "MemoryMegabytes": plugin.config.memory_megabytes,
            "TimeoutSeconds": plugin.config.timeout.as_secs(),
            "ImageCacheMegabytes": plugin.config.image_cache_megabytes,
            "Language": plugin.config.language,
            "LeastSignificantChange": plugin.config.least_significant_change,
        },
    })
}
