//! Carries out what the queue hands over, one after the other: the same inside an Orthanc and on another machine.

use super::database::Database;
use super::fence::Fence;
use super::lease::{self, Lease, Taken};
use super::message;
use super::settings::QueueSettings;
use crate::archive::{Archive, ArchiveError};
use crate::measurement::{Plan, cancelled, interrupted};
use crate::record::{Origin, Record, State};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::runner::{self, Results, Room};
use crate::sdk::{self, Method};
use crate::study::Resource;
use crate::worker::{Launcher, Watch, Worker};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// An empty queue is looked into so often.
const IDLE: Duration = Duration::from_secs(1);
/// What is missing here is looked for again after this time.
const PAUSE: Duration = Duration::from_secs(5);
/// A measurement that failed is tried again after this time, perhaps by somebody else.
const AGAIN: Duration = Duration::from_secs(10);

/// Whoever carries out requests.
pub struct Consumer<'a> {
    /// Its own connection: what it waits for holds up nobody else.
    pub database: &'a Database,
    /// How the queue is kept.
    pub settings: &'a QueueSettings,
    /// Where the studies are.
    pub archive: &'a dyn Archive,
    /// How children are started.
    pub launcher: &'a Launcher,
    /// After which one is ended.
    pub timeout: Duration,
    /// What of the core's settings this machine decides: threads, engine, folders of models.
    pub own: &'a Own,
    /// As it is shown.
    pub name: String,
    /// Whether it shall end.
    pub stopping: &'a (dyn Fn() -> bool + Sync),
    /// Told of every end.
    pub ended: &'a (dyn Fn(State, f64, Option<&Refusal>) + Sync),
}

/// What of the core's settings the machine decides that measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    /// Threads of one measurement.
    pub threads: usize,
    /// The library that runs models.
    pub engine: String,
    /// Folders of models.
    pub models: Vec<String>,
}

impl Own {
    fn apply(&self, settings: &mut Value) {
        settings["threads"] = self.threads.into();
        settings["site"]["models"] = json!(self.models);
        if settings["model"].is_object() {
            settings["model"]["engine"] = self.engine.as_str().into();
        }
    }
}

/// What becomes of a request that was taken.
enum End {
    /// Its record is final.
    Over(State, Option<Refusal>),
    /// Somebody else shall try.
    Back { counts: bool, delay: Duration },
}

/// Ends the renewing, whatever happens.
struct Released<'a>(&'a Lease<'a>);

impl Drop for Released<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl Consumer<'_> {
    /// Until it shall end.
    pub fn run(&self) {
        let mut is_ready = false;
        let mut problem = String::new();
        while !(self.stopping)() {
            let next = if is_ready { Ok(()) } else { self.try_everything() };
            is_ready = next.is_ok();
            let since = Instant::now();
            let taken = next.and_then(|()| lease::take(self.database, &self.name, self.settings.lease));
            match taken {
                Ok(Some(taken)) => {
                    is_ready = self.one(&taken, since);
                    if !is_ready {
                        self.wait(PAUSE);
                    }
                }
                Ok(None) => self.wait(IDLE),
                Err(refusal) => {
                    if refusal.details != problem {
                        sdk::log_error(&format!("BoneMuscle: nothing is taken from the queue: {refusal}"));
                    }
                    problem = refusal.details;
                    self.wait(IDLE);
                    continue;
                }
            }
            if !problem.is_empty() {
                sdk::log_warning("BoneMuscle: the queue is served again");
                problem.clear();
            }
        }
    }

    fn wait(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline && !(self.stopping)() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A machine that cannot measure must not run through the queue and fail everything in it.
    fn try_everything(&self) -> Result<(), Refusal> {
        let system = self.archive.call(Method::Get, "/system", &[], b"")?;
        if system.json().is_none_or(|system| system["ApiVersion"].is_null()) {
            return Err(Refusal::unavailable(format!(
                "the archive's /system answers HTTP status {}, not as an Orthanc does",
                system.status
            )));
        }
        let stopped = || (self.stopping)().then(interrupted);
        let watch =
            Watch { deadline: Instant::now() + Duration::from_secs(30), limit: "30 seconds to start", stopped: &stopped };
        Worker::start(self.launcher, &watch).map(drop)
    }

    /// Answers whether this machine is as able as before.
    fn one(&self, taken: &Taken, since: Instant) -> bool {
        let lease = Lease::new(self.database, taken, self.settings.lease, since);
        let fence = Fence::new(self.archive, &lease);
        std::thread::scope(|scope| {
            scope.spawn(|| lease.keep());
            let _released = Released(&lease);
            // A fault here must cost this measurement only, not the thread that serves all others.
            let end = catch_unwind(AssertUnwindSafe(|| self.carry_out(taken, &lease, &fence)));
            let fault = || Refusal::internal("a fault in the worker was contained; see its log");
            let end = end.unwrap_or_else(|_| self.judged(taken, &fence, &lease, fault()));
            self.close(taken, &lease, end, since)
        })
    }

    fn close(&self, taken: &Taken, lease: &Lease<'_>, end: End, since: Instant) -> bool {
        let seconds = since.elapsed().as_secs_f64();
        let (closed, word) = match &end {
            End::Over(state, error) => {
                let closed = lease.finish(*state != State::Done);
                if closed.is_ok() {
                    (self.ended)(*state, seconds, error.as_ref());
                }
                (closed, if *state == State::Done { "measured" } else { "not measured" })
            }
            End::Back { counts, delay } => (lease.give_back(*counts, *delay), "given back"),
        };
        let resource = &taken.resource;
        match closed {
            Ok(()) => sdk::log_warning(&format!("BoneMuscle: {resource} {word} in {seconds:.1} s")),
            Err(refusal) => sdk::log_error(&format!("BoneMuscle: {resource} {word} in {seconds:.1} s, but {refusal}")),
        }
        !matches!(end, End::Back { counts: false, .. } | End::Over(_, Some(Refusal { http_status: 503, .. })))
    }

    fn carry_out(&self, taken: &Taken, lease: &Lease<'_>, fence: &Fence<'_>) -> End {
        match self.begin(taken, fence) {
            Ok(Some(state)) => return End::Over(state, None),
            Ok(None) => {}
            Err(refusal) => return self.judged(taken, fence, lease, refusal),
        }
        let mut results = Results::default();
        let outcome = self.measure(taken, lease, fence, &mut results);
        let saved = outcome.and_then(|()| {
            self.save(taken, fence, State::Done, None, |record| {
                record.report = results.report.take();
                record.csv = results.csv.take();
                record.instances = std::mem::take(&mut results.instances);
            })
        });
        match saved {
            Ok(()) => End::Over(State::Done, None),
            Err(refusal) => self.judged(taken, fence, lease, refusal),
        }
    }

    /// Looks what an earlier holder left: `Some` where he ended it and only could not say so any more.
    fn begin(&self, taken: &Taken, fence: &Fence<'_>) -> Result<Option<State>, Refusal> {
        let resource = message::resource(&taken.resource)?;
        if let Some(found) = Record::load(self.archive, &resource).unwrap_or_default()
            && found.queued == taken.record.queued
            && matches!(found.state, State::Done | State::Failed)
        {
            return Ok(Some(found.state));
        }
        if taken.starts > self.settings.most_starts {
            return Err(gone_too_often(self.settings.most_starts));
        }
        if taken.is_cancelled {
            return Err(cancelled());
        }
        self.save(taken, fence, State::Running, None, |_| ()).map(|()| None)
    }

    fn measure(&self, taken: &Taken, lease: &Lease<'_>, fence: &Fence<'_>, results: &mut Results) -> Result<(), Refusal> {
        let message = taken.message.clone()?;
        let mut settings = message.settings;
        self.own.apply(&mut settings);
        let resource = message::resource(&taken.resource)?;
        let plan = Plan { resource, request: Request::default(), settings, instances: message.instances };
        let stopped = || match ((self.stopping)(), lease.is_held(), lease.is_cancelled()) {
            (true, ..) => Some(interrupted()),
            (_, false, _) => Some(ArchiveError::Lost.into()),
            (.., true) => Some(cancelled()),
            _ => None,
        };
        let report = |stage: &str, fraction: f32| lease.report(stage, fraction);
        let room = Room { archive: fence, launcher: self.launcher, timeout: self.timeout, stopped: &stopped, report: &report };
        runner::measure(&room, &plan, results)
    }

    /// Whether a failure is the end of the request, or of this attempt.
    fn judged(&self, taken: &Taken, fence: &Fence<'_>, lease: &Lease<'_>, refusal: Refusal) -> End {
        if !lease.is_held() || (self.stopping)() {
            return End::Back { counts: false, delay: Duration::ZERO };
        }
        // Not the study's fault, and nothing could be stored: whoever finds the archive again measures it.
        if self.archive.call(Method::Get, "/system", &[], b"").is_err() {
            return End::Back { counts: false, delay: PAUSE };
        }
        let is_deleted = |resource: &Resource| runner::is_deleted(self.archive, resource);
        let resource = message::resource(&taken.resource).ok();
        if let Some(resource) = resource.filter(is_deleted) {
            return End::Over(State::Failed, Some(resource.absent()));
        }
        if refusal.http_status >= 500 && taken.starts < self.settings.most_starts {
            sdk::log_warning(&format!("BoneMuscle: {} is tried again: {refusal}", taken.resource));
            return End::Back { counts: true, delay: AGAIN.min(self.settings.lease) };
        }
        match self.save(taken, fence, State::Failed, Some(refusal.clone()), |_| ()) {
            Ok(()) => End::Over(State::Failed, Some(refusal)),
            // Without its record the request would end without a word.
            Err(_) => End::Back { counts: true, delay: AGAIN },
        }
    }

    fn save(
        &self,
        taken: &Taken,
        fence: &Fence<'_>,
        state: State,
        error: Option<Refusal>,
        fill: impl FnOnce(&mut Record),
    ) -> Result<(), Refusal> {
        let mut record = taken.record.clone();
        fill(&mut record);
        record.origin = Origin { node: self.name.clone(), boot: record.origin.boot };
        record.state = state;
        record.started = Some(taken.started);
        record.finished = (state != State::Running).then(Timestamp::now);
        record.error = error;
        record.save(fence, &message::resource(&taken.resource)?)
    }
}

fn gone_too_often(starts: i32) -> Refusal {
    Refusal::internal(format!(
        "the measurement was begun {starts} times (\"MostStarts\"), and each time its worker died or fell silent; see the workers' logs"
    ))
}
