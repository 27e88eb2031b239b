//! Carries out measurements, one worker process each.

use crate::archive::Archive;
use crate::events;
use crate::measurement::{Measurement, cancelled, interrupted};
use crate::plugin::Plugin;
use crate::protocol::{News, Order};
use crate::record::{State, StoredInstance};
use crate::refusal::Refusal;
use crate::sdk::{InProcess, Method};
use crate::store::{self, ResultFile};
use crate::study::Resource;
use crate::worker::{Watch, Worker};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Handing over the instances is this much of the whole, the core's own work goes on from there.
const FETCHED: f32 = 0.2;
/// Storing is the rest.
const MEASURED: f32 = 0.95;

/// Runs measurements until Orthanc stops.
pub fn run(plugin: &Plugin) {
    while let Some(measurement) = plugin.queue.next() {
        // A fault here must cost this measurement only, not the thread that serves all others.
        let outcome = catch_unwind(AssertUnwindSafe(|| one(plugin, &measurement)));
        if outcome.is_err() {
            let refusal = Refusal::internal("a fault in the plugin was contained; see Orthanc's log");
            let _ = measurement.finish(State::Failed, Some(refusal), |_| ());
        }
        plugin.queue.finished(&measurement);
        unpark(plugin, &measurement);
    }
}

fn one(plugin: &Plugin, measurement: &Measurement) {
    let began = Instant::now();
    let resource = measurement.plan.resource.uri();
    let waited = Timestamp::now().duration_since(measurement.record().queued).as_secs();
    events::info("started", &[("resource", &resource), ("waited_seconds", &waited)]);
    // The POST that queued it is just submitting the job.
    measurement.job(Duration::from_secs(5));
    let mut results = Results::default();
    let outcome = measurement.start().and_then(|()| measure(plugin, measurement, &mut results));
    let (state, error) = match outcome {
        Ok(()) => (State::Done, None),
        Err(_) if is_deleted(&measurement.plan.resource) => (State::Failed, Some(measurement.plan.resource.absent())),
        Err(refusal) if refusal == interrupted() => (State::Interrupted, Some(refusal)),
        Err(refusal) => (State::Failed, Some(refusal)),
    };
    let seconds = began.elapsed().as_secs_f64();
    plugin.counters.count(state, seconds, error.as_ref());
    let status = error.as_ref().map_or(200, |refusal| refusal.http_status);
    let saved = measurement.finish(state, error, |record| {
        record.report = results.report;
        record.csv = results.csv;
        record.instances = results.instances;
    });
    plugin.note_record(&resource, saved);
    let seconds = format_args!("{seconds:.1}");
    events::warning(
        "finished",
        &[("resource", &resource), ("state", &state.word()), ("status", &status), ("seconds", &seconds)],
    );
}

#[derive(Default)]
struct Results {
    report: Option<Value>,
    csv: Option<String>,
    instances: BTreeMap<String, StoredInstance>,
}

fn measure(plugin: &Plugin, measurement: &Measurement, results: &mut Results) -> Result<(), Refusal> {
    let stopped = || {
        if plugin.queue.is_stopping() {
            return Some(interrupted());
        }
        measurement.unpark();
        measurement.is_cancelled().then(cancelled)
    };
    let limit = format!("{} seconds (\"BoneMuscle.TimeoutSeconds\")", plugin.config.timeout.as_secs());
    let watch = Watch { deadline: Instant::now() + plugin.config.timeout, limit: &limit, stopped: &stopped };
    let mut worker = Worker::start(&plugin.launcher, &watch)?;
    hand_over(measurement, &mut worker, &watch)?;
    let (report, files) = collect(measurement, &mut worker, &watch)?;
    drop(worker);
    measurement.report("store", MEASURED);
    // Storing results of a study that was deleted meanwhile would bring it back.
    if is_deleted(&measurement.plan.resource) {
        return Err(measurement.plan.resource.absent());
    }
    store::store(&InProcess, &files, &mut results.instances)?;
    results.report = Some(report);
    let csv = files.into_iter().find(|file| file.media_type == "text/csv");
    results.csv = csv.and_then(|file| String::from_utf8(file.data).ok());
    Ok(())
}

fn is_deleted(resource: &Resource) -> bool {
    InProcess.call(Method::Get, &resource.uri(), &[], b"").is_ok_and(|reply| reply.status == 404)
}

fn hand_over(measurement: &Measurement, worker: &mut Worker, watch: &Watch<'_>) -> Result<(), Refusal> {
    let instances = &measurement.plan.instances;
    worker.send(&Order::Measure { settings: measurement.plan.settings.clone() }, b"", watch)?;
    for (done, instance) in instances.iter().enumerate() {
        worker.send(&Order::Instance { name: instance.clone() }, &InProcess.dicom(instance)?, watch)?;
        measurement.report("fetch", FETCHED * done as f32 / instances.len() as f32);
    }
    worker.send(&Order::End {}, b"", watch)
}

fn collect(measurement: &Measurement, worker: &mut Worker, watch: &Watch<'_>) -> Result<(Value, Vec<ResultFile>), Refusal> {
    let mut report = None;
    let mut files = Vec::new();
    loop {
        match worker.receive(watch)? {
            (News::Progress { stage, fraction }, _) => {
                measurement.report(&stage, FETCHED + (MEASURED - FETCHED) * fraction.clamp(0.0, 1.0));
            }
            (News::Report {}, data) => report = serde_json::from_slice(&data).ok(),
            (News::File { name, media_type }, data) => files.push(ResultFile { name, media_type, data }),
            (News::Done {}, _) => break,
            (News::Error { status, message }, _) => return Err(Refusal::from_worker(status, message)),
            (other, _) => return Err(Refusal::internal(format!("the worker answers a measurement with {other:?}"))),
        }
    }
    let report = report.ok_or_else(|| Refusal::internal("the worker sent no readable report"))?;
    Ok((report, files))
}

fn unpark(plugin: &Plugin, measurement: &Measurement) {
    // Orthanc pauses the job only after the step that asked for it has returned.
    for _ in 0..10 {
        if plugin.queue.is_stopping() || measurement.unpark() || measurement.job_is_over() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
