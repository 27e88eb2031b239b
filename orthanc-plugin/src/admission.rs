//! Takes requests in: joins the measurement that is asked for, where it waits or runs already, or begins one.

use crate::events;
use crate::job::MeasurementJob;
use crate::measurement::{Measurement, interrupted};
use crate::plugin::Plugin;
use crate::preflight;
use crate::queue::{Admission, busy};
use crate::record::State;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::sdk;
use crate::study::Resource;
use std::sync::Arc;

/// What a POST does.
pub fn request(plugin: &Arc<Plugin>, resource: &Resource, wishes: Request) -> Result<Arc<Measurement>, Refusal> {
    match under_way(plugin, resource, &wishes)? {
        Some(existing) => Ok(existing),
        None => begin(plugin, resource, wishes),
    }
}

/// The same measurement, if it waits or runs; another one of the same resource is in the way.
fn under_way(plugin: &Plugin, resource: &Resource, wishes: &Request) -> Result<Option<Arc<Measurement>>, Refusal> {
    match plugin.queue.find(resource) {
        Some(existing) if existing.plan.request.canonical() != wishes.canonical() => Err(busy(&existing)),
        found => Ok(found),
    }
}

fn begin(plugin: &Arc<Plugin>, resource: &Resource, wishes: Request) -> Result<Arc<Measurement>, Refusal> {
    let stopped = || plugin.queue.is_stopping().then(interrupted);
    let priority = wishes.priority;
    let admission = plugin.gate.pass(|| match under_way(plugin, resource, &wishes)? {
        Some(existing) => Ok(Admission::Existing(existing)),
        None => {
            let plan = preflight::plan(resource, wishes, plugin, &stopped)?;
            plugin.queue.admit(Measurement::new(plan, plugin.origin()))
        }
    })?;
    let measurement = match admission {
        Admission::Existing(measurement) => return Ok(measurement),
        Admission::New(measurement) => measurement,
    };
    let view = Arc::new(MeasurementJob::new(Arc::clone(plugin), Arc::clone(&measurement)));
    let shown = sdk::submit(c"BoneMuscle", view, priority)
        .map_err(|code| Refusal::internal(format!("Orthanc does not take the job (error code {code})")));
    let shown = shown.and_then(|job| {
        measurement.set_job(&job);
        measurement.save()
    });
    if let Err(refusal) = shown {
        measurement.cancel();
        if plugin.queue.withdraw(&measurement) {
            // Others may have joined it and wait.
            measurement.abandon(State::Failed, refusal.clone());
            plugin.queue.finished(&measurement);
        }
        return Err(refusal);
    }
    events::info("accepted", &[("resource", &resource.uri()), ("waiting", &plugin.queue.lengths().0)]);
    Ok(measurement)
}
