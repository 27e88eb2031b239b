//! Takes requests in: joins the measurement that is asked for, where it waits or runs already, or begins one.

use crate::events;
use crate::job::MeasurementJob;
use crate::ledger;
use crate::measurement::{Measurement, closing, interrupted};
use crate::plugin::{MOST_LISTENERS, Plugin};
use crate::preflight;
use crate::queue::{Admission, busy};
use crate::record::{Record, State, Trigger};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::sdk;
use crate::study::Resource;
use std::sync::Arc;
use std::time::Duration;

/// For so long a POST that joins another waits for it.
const JOINING: Duration = Duration::from_secs(60);

const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// What a POST does.
pub fn request(plugin: &Arc<Plugin>, resource: &Resource, wishes: Request) -> Result<Arc<Measurement>, Refusal> {
    if plugin.shared.is_none() {
        ledger::open(plugin)?;
    }
    match under_way(plugin, resource, &wishes)? {
        Some(existing) => join(plugin, existing, wishes.priority),
        None => begin(plugin, resource, wishes),
    }
}

/// The record of what waits or runs of a resource, whoever asked for it.
pub fn pending(plugin: &Plugin, resource: &Resource) -> Result<Option<Record>, Refusal> {
    match &plugin.shared {
        Some(shared) => Ok(shared.find(resource)?.map(|waiting| waiting.record)),
        None => Ok(plugin.queue.find(resource).map(|measurement| measurement.record())),
    }
}

/// The same measurement, if it waits or runs; another one of the same resource is in the way.
fn under_way(plugin: &Plugin, resource: &Resource, wishes: &Request) -> Result<Option<Arc<Measurement>>, Refusal> {
    if let Some(shared) = &plugin.shared {
        shared.refresh(plugin, Some(resource))?;
    }
    match plugin.queue.find(resource) {
        Some(existing) if existing.plan.request.canonical() != wishes.canonical() => Err(busy(&existing)),
        found => Ok(found),
    }
}

fn begin(plugin: &Arc<Plugin>, resource: &Resource, wishes: Request) -> Result<Arc<Measurement>, Refusal> {
    let stopped = || plugin.queue.is_stopping().then(closing);
    let priority = wishes.priority;
    // Those that nobody waits for hold none of Orthanc's HTTP threads.
    let most_waiting = if wishes.trigger == Trigger::User { MOST_LISTENERS } else { usize::MAX };
    let admission = plugin.in_turn(most_waiting, || match under_way(plugin, resource, &wishes)? {
        Some(existing) => Ok(Admission::Existing(existing)),
        None => {
            plugin.host().must_be_writable()?;
            let plan = preflight::plan(resource, wishes, plugin, &stopped)?;
            plugin.queue.admit(Measurement::new(plan, plugin.origin()))
        }
    })?;
    let measurement = match admission {
        Admission::Existing(measurement) => return join(plugin, measurement, priority),
        Admission::New(measurement) => measurement,
    };
    let view = Arc::new(MeasurementJob::new(Arc::clone(plugin), Arc::clone(&measurement)));
    let shown = sdk::submit(c"BoneMuscle", view, priority)
        .map_err(|code| Refusal::internal(format!("Orthanc does not take the job (error code {code})")));
    match shown {
        Ok(job) => measurement.set_job(&job),
        Err(refusal) => return Err(give_up(plugin, &measurement, refusal)),
    }
    accept(plugin, &measurement).map(|()| measurement)
}

/// Has a queued measurement accepted, or takes it out of the queue again.
pub fn accept(plugin: &Plugin, measurement: &Arc<Measurement>) -> Result<(), Refusal> {
    let accepted = match &plugin.shared {
        Some(shared) => shared.accept(measurement),
        None => ledger::accept(plugin, measurement),
    };
    accepted.map_err(|refusal| give_up(plugin, measurement, refusal))?;
    let (resource, waiting) = (measurement.plan.resource.uri(), plugin.lengths().0);
    events::info("accepted", &[("resource", &resource), ("waiting", &waiting)]);
    Ok(())
}

fn give_up(plugin: &Plugin, measurement: &Arc<Measurement>, refusal: Refusal) -> Refusal {
    // Others may have joined it and wait.
    measurement.abandon(State::Failed, refusal.clone());
    if plugin.queue.withdraw(measurement) {
        plugin.queue.finished(measurement);
    }
    refusal
}

/// Another POST may be just having it accepted, and its answer is ours.
fn join(plugin: &Plugin, measurement: Arc<Measurement>, priority: i32) -> Result<Arc<Measurement>, Refusal> {
    let accepted = plugin.joining.pass(MOST_LISTENERS, || measurement.wait_until_accepted(JOINING));
    let accepted = accepted.ok_or_else(|| {
        Refusal::unavailable("many calls wait already until the same request is stored; ask again in a moment")
    })?;
    if !accepted {
        let refusal = measurement.record().error;
        return Err(refusal.unwrap_or_else(|| Refusal::unavailable("Orthanc takes too long to store the request")));
    }
    if priority > measurement.priority() {
        hurry(plugin, &measurement, priority)?;
    }
    Ok(measurement)
}

/// Has it wait no longer than a request of `priority` would: a user may ask for what automatic mode has asked for.
fn hurry(plugin: &Plugin, measurement: &Arc<Measurement>, priority: i32) -> Result<(), Refusal> {
    if let Some(shared) = &plugin.shared {
        return shared.hurry(&measurement.plan, priority);
    }
    // Another POST may just have it out of the queue for the same reason.
    while !plugin.queue.withdraw(measurement) {
        if measurement.state() != State::Queued || measurement.is_finished() || plugin.queue.is_stopping() {
            return Ok(());
        }
        std::thread::sleep(BETWEEN_TRIES);
    }
    let raised = measurement.raise(priority.max(measurement.priority()));
    if plugin.queue.readmit(measurement).is_err() {
        // It was accepted, and the next start goes on with it.
        measurement.abandon(State::Interrupted, interrupted());
        plugin.queue.finished(measurement);
    }
    raised
}
