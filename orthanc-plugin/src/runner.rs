//! Carries out measurements, one worker process each.

use crate::archive::Archive;
use crate::events;
use crate::ledger;
use crate::measurement::{Ending, Measurement, Plan, cancelled, interrupted};
use crate::obstacle::Obstacle;
use crate::plugin::Plugin;
use crate::preflight;
use crate::protocol::{News, Order};
use crate::record::{State, StoredInstance};
use crate::refusal::Refusal;
use crate::sdk::{self, Body, InProcess, Mapping, Method};
use crate::store::{self, ResultFile};
use crate::study::Resource;
use crate::worker::{Launcher, Watch, Worker};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Handing over the instances is this much of the whole, the core's own work goes on from there.
const FETCHED: f32 = 0.2;
/// Storing is the rest.
const MEASURED: f32 = 0.95;

/// The POST that queued it writes list and record meanwhile; a disk that takes longer takes nothing.
const ACCEPTING: Duration = Duration::from_secs(60);

/// Runs measurements until Orthanc stops.
pub fn run(plugin: &Plugin) {
    // Who cannot measure must not run through the queue and fail everything in it.
    while plugin.wait_until_ready()
        && let Some(measurement) = plugin.queue.next()
    {
        // A fault here must cost this measurement only, not the thread that serves all others.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            one(plugin, &measurement).map_or_else(|refusal| postpone(plugin, &measurement, refusal), |()| Turn::Over)
        }));
        let turn = outcome.unwrap_or_else(|_| {
            let refusal = Refusal::internal("a fault in the plugin was contained; see Orthanc's log");
            ledger::conclude(plugin, &measurement, &Ending::failed(refusal));
            Turn::Over
        });
        if turn == Turn::Over {
            plugin.queue.finished(&measurement);
            unpark(plugin, &measurement);
        }
    }
}

/// What becomes of a measurement that was begun.
#[derive(Debug, PartialEq)]
enum Turn {
    /// It has ended, or Orthanc does.
    Over,
    /// It waits for another one.
    Again,
}

/// Fails where it cannot be carried out now, which says nothing of the study.
fn one(plugin: &Plugin, measurement: &Measurement) -> Result<(), Refusal> {
    if !measurement.wait_until_accepted(ACCEPTING) {
        measurement.abandon(State::Failed, Refusal::unavailable("Orthanc takes too long to store the request; POST again"));
        return Ok(());
    }
    let began = Instant::now();
    let resource = measurement.plan.resource.uri();
    let waited = Timestamp::now().duration_since(measurement.record().queued).as_secs();
    events::info("started", &[("resource", &resource), ("waited_seconds", &waited)]);
    let ending = match attempt(plugin, measurement) {
        Err(refusal) if refusal == interrupted() => {
            put_back(plugin, measurement);
            return Ok(());
        }
        Err(_) if is_deleted(&InProcess, &measurement.plan.resource) => Ending::failed(measurement.plan.resource.absent()),
        Err(refusal) if refusal.is_temporary() => return Err(refusal),
        Err(refusal) => Ending::failed(refusal),
        Ok(ending) => ending,
    };
    end(plugin, measurement, &ending, began.elapsed());
    Ok(())
}

fn end(plugin: &Plugin, measurement: &Measurement, ending: &Ending, took: Duration) {
    if !ledger::conclude(plugin, measurement, ending) {
        return;
    }
    let (seconds, resource) = (took.as_secs_f64(), measurement.plan.resource.uri());
    plugin.counters.count(ending.state, seconds, ending.error.as_ref());
    let status = ending.error.as_ref().map_or(200, |refusal| refusal.http_status);
    let seconds = format_args!("{seconds:.1}");
    events::warning(
        "finished",
        &[("resource", &resource), ("state", &ending.state.word()), ("status", &status), ("seconds", &seconds)],
    );
}

/// It waits again: at its place, but for a while behind the others.
fn postpone(plugin: &Plugin, measurement: &Arc<Measurement>, refusal: Refusal) -> Turn {
    let resource = measurement.plan.resource.uri();
    events::error("cannot_measure", &[("resource", &resource), ("problem", &refusal)]);
    let obstacle = Obstacle::next(measurement.record().obstacle.as_ref(), refusal);
    if let Some(verdict) = obstacle.verdict(Timestamp::now()) {
        end(plugin, measurement, &Ending::failed(verdict), Duration::ZERO);
        return Turn::Over;
    }
    let stopped = || plugin.queue.is_stopping().then(interrupted);
    // What fails for another reason fails the next attempt as well.
    let _ = ledger::patiently(plugin, None, &stopped, || measurement.put_back(Some(&obstacle)));
    // Nothing else is begun where it is the worker that is missing.
    plugin.try_worker();
    measurement.hindrance.meet();
    if plugin.queue.readmit(measurement).is_err() {
        measurement.abandon(State::Interrupted, interrupted());
        return Turn::Over;
    }
    // By somebody who could not take it out of the queue meanwhile.
    if measurement.is_cancelled() {
        plugin.cancel(measurement);
    }
    Turn::Again
}

/// Orthanc ends. Where the record cannot be written any more, the next start takes it up all the same.
fn put_back(plugin: &Plugin, measurement: &Measurement) {
    plugin.note_record(&measurement.plan.resource.uri(), measurement.put_back(None));
    measurement.abandon(State::Interrupted, interrupted());
}

/// Where a measurement is carried out, and who watches.
pub struct Room<'a> {
    /// Gives the instances.
    pub archive: &'a dyn Archive,
    /// How the worker is started.
    pub launcher: &'a Launcher,
    /// Ends it.
    pub watch: &'a Watch<'a>,
    /// Told the stage and the fraction done.
    pub report: &'a dyn Fn(&str, f32),
}

fn attempt(plugin: &Plugin, measurement: &Measurement) -> Result<Ending, Refusal> {
    let stopped = || {
        if plugin.queue.is_stopping() {
            return Some(interrupted());
        }
        measurement.unpark();
        measurement.is_cancelled().then(cancelled)
    };
    if let Some(obstacle) = &measurement.obstacle {
        return Err(obstacle.clone());
    }
    ledger::start(plugin, measurement, &stopped)?;
    let limit = limit(plugin.config.timeout);
    let watch = Watch { deadline: Instant::now() + plugin.config.timeout, limit: &limit, stopped: &stopped };
    let made = match measurement.plan.is_open() {
        true => Some(preflight::plan(&measurement.plan.resource, measurement.plan.request.clone(), plugin, &stopped)?),
        false => None,
    };
    let report = |stage: &str, fraction: f32| measurement.report(stage, fraction);
    let room = Room { archive: &InProcess, launcher: &plugin.launcher, watch: &watch, report: &report };
    let (report, files) = measure(&room, made.as_ref().unwrap_or(&measurement.plan))?;
    store_all(plugin, measurement, &watch, report, files)
}

/// For the sentence of a worker that was too slow.
pub fn limit(timeout: Duration) -> String {
    format!("{} seconds (\"BoneMuscle.TimeoutSeconds\")", timeout.as_secs())
}

/// Has a worker measure; answers the report and the files, of which nothing is stored.
pub fn measure(room: &Room<'_>, plan: &Plan) -> Result<(Value, Vec<ResultFile>), Refusal> {
    let mut worker = Worker::start(room.launcher, room.watch)?;
    hand_over(room, plan, &mut worker)?;
    let results = collect(room, &mut worker)?;
    (room.report)("store", MEASURED);
    Ok(results)
}

/// The record names the results before the first is stored, and says `done` after the last. While Orthanc cannot store, they wait.
fn store_all(
    plugin: &Plugin,
    measurement: &Measurement,
    watch: &Watch<'_>,
    report: Value,
    files: Vec<ResultFile>,
) -> Result<Ending, Refusal> {
    let resource = &measurement.plan.resource;
    let announced = store::announce(&files)?;
    ledger::patiently(plugin, None, watch.stopped, || measurement.announce(&announced))?;
    let mut instances = BTreeMap::new();
    let deadline = Some(watch.deadline);
    let stored =
        ledger::patiently(plugin, deadline, watch.stopped, || store::store(&InProcess, resource, &files, &mut instances));
    tell_audit_log(resource, &instances);
    match stored {
        Ok(()) => Ok(Ending::done(report, files, instances)),
        Err(refusal) if refusal == interrupted() => Err(refusal),
        // It was tried for as long as a measurement may take.
        Err(refusal) if instances.is_empty() && !refusal.is_temporary() => Err(refusal),
        Err(refusal) => Ok(Ending { instances, ..Ending::failed(refusal) }),
    }
}

/// Where Orthanc keeps one, and the plugin runs inside it.
pub fn tell_audit_log(resource: &Resource, instances: &BTreeMap<String, StoredInstance>) {
    let new: Vec<&str> = instances.values().filter(|one| one.status == "Success").map(|one| one.id.as_str()).collect();
    if !new.is_empty() {
        sdk::audit(c"store-results", resource, json!({"Instances": new}).to_string().as_bytes());
    }
}

/// Whether the archive says that it has no such study or series.
pub fn is_deleted(archive: &dyn Archive, resource: &Resource) -> bool {
    archive.call(Method::Get, &resource.uri(), &[], b"").is_ok_and(|reply| reply.status == 404)
}

fn hand_over(room: &Room<'_>, plan: &Plan, worker: &mut Worker) -> Result<(), Refusal> {
    let instances = &plan.instances;
    worker.send(&Order::Measure { settings: plan.settings.clone() }, b"", room.watch)?;
    for (done, instance) in instances.iter().enumerate() {
        worker.send(&Order::Instance { name: instance.clone() }, &room.archive.dicom(instance)?, room.watch)?;
        (room.report)("fetch", FETCHED * done as f32 / instances.len() as f32);
    }
    worker.send(&Order::End {}, b"", room.watch)
}

fn collect(room: &Room<'_>, worker: &mut Worker) -> Result<(Value, Vec<ResultFile>), Refusal> {
    let mut report = None;
    let mut files = Vec::new();
    loop {
        match worker.receive(room.watch)? {
            (News::Progress { stage, fraction }, _) => {
                (room.report)(&stage, FETCHED + (MEASURED - FETCHED) * fraction.clamp(0.0, 1.0));
            }
            (News::Report {}, data) => report = serde_json::from_slice(&data).ok(),
            (News::File { name, media_type }, data) => files.push(kept(name, media_type, data)),
            (News::Done {}, _) => break,
            (News::Error { status, message }, _) => return Err(Refusal::from_worker(status, message)),
            (other, _) => return Err(Refusal::internal(format!("the worker answers a measurement with {other:?}"))),
        }
    }
    let report = report.ok_or_else(|| Refusal::internal("the worker sent no readable report"))?;
    Ok((report, files))
}

/// What is stored may be as large as the CT and waits for the last file, so it waits outside of Orthanc's memory, where there is room.
fn kept(name: String, media_type: String, data: Vec<u8>) -> ResultFile {
    let mapping = (media_type == "application/dicom").then(|| Mapping::new(&data).ok()).flatten();
    let data = mapping.map_or_else(|| Body::Own(data), |mapping| Body::File(Arc::new(mapping)));
    ResultFile { name, media_type, data }
}

/// Resumes the job that shows a measurement which has ended.
pub fn unpark(plugin: &Plugin, measurement: &Measurement) {
    // Orthanc pauses the job only after the step that asked for it has returned.
    for _ in 0..10 {
        if plugin.queue.is_stopping() || measurement.unpark() || measurement.job_is_over() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
