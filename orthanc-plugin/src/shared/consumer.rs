//! Carries out what the queue hands over, one after the other: the same inside an Orthanc and on another machine.

use super::database::Database;
use super::fence::Fence;
use super::lease::{self, Lease, Taken};
use super::settings::QueueSettings;
use crate::archive::{Archive, ArchiveError};
use crate::events;
use crate::measurement::{Ending, Plan, cancelled, interrupted};
use crate::obstacle::Obstacle;
use crate::record::{Origin, Record, State};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::runner::{self, Room};
use crate::sdk::Method;
use crate::store::{self, ResultFile};
use crate::study::Resource;
use crate::worker::{Launcher, Watch, Worker};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// An empty queue is looked into so often.
const IDLE: Duration = Duration::from_secs(1);
/// What is missing here is looked for again after this time.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest that a request waits which no machine could measure.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
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
    pub models: Vec<PathBuf>,
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
    Back { counts: bool, delay: Duration, obstacle: Option<Obstacle> },
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
                        events::error("queue_not_served", &[("worker", &self.name), ("problem", &refusal)]);
                    }
                    problem = refusal.details;
                    self.wait(IDLE);
                    continue;
                }
            }
            if !problem.is_empty() {
                events::warning("queue_served_again", &[("worker", &self.name)]);
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

    /// Something else may answer in its place, such as a proxy, whose 404 would read as "deleted".
    fn find_archive(&self) -> Result<(), Refusal> {
        let system = self.archive.call(Method::Get, "/system", &[], b"")?;
        if system.json().is_none_or(|system| system["ApiVersion"].is_null()) {
            return Err(Refusal::unavailable(format!(
                "the archive's /system answers HTTP status {}, not as an Orthanc does",
                system.status
            )));
        }
        Ok(())
    }

    /// A machine that cannot measure must not run through the queue and fail everything in it.
    fn try_everything(&self) -> Result<(), Refusal> {
        self.find_archive()?;
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
            let end = end.unwrap_or_else(|_| self.judged(taken, &fence, &lease, taken.record.clone(), fault()));
            self.close(taken, &lease, end, since)
        })
    }

    fn close(&self, taken: &Taken, lease: &Lease<'_>, end: End, since: Instant) -> bool {
        let seconds = since.elapsed().as_secs_f64();
        let (closed, event, word) = match &end {
            End::Over(state, error) => {
                let closed = lease.finish(*state != State::Done);
                if closed.is_ok() {
                    (self.ended)(*state, seconds, error.as_ref());
                }
                (closed, "finished", state.word())
            }
            End::Back { counts, delay, obstacle } => {
                (lease.give_back(*counts, *delay, obstacle.as_ref()), "given_back", State::Queued.word())
            }
        };
        let seconds = format_args!("{seconds:.1}");
        let mut fields: Vec<(&str, &dyn Display)> =
            vec![("resource", &taken.resource), ("state", &word), ("seconds", &seconds), ("worker", &self.name)];
        match &closed {
            Ok(()) => events::warning(event, &fields),
            Err(refusal) => {
                fields.push(("problem", refusal));
                events::error(event, &fields);
            }
        }
        !matches!(end, End::Back { counts: false, .. })
    }

    fn carry_out(&self, taken: &Taken, lease: &Lease<'_>, fence: &Fence<'_>) -> End {
        let mut record = Record {
            origin: Origin { node: self.name.clone(), boot: taken.record.origin.boot.clone() },
            attempts: taken.starts.unsigned_abs(),
            started: Some(taken.started),
            obstacle: None,
            ..taken.record.clone()
        };
        match self.begin(taken, fence, &mut record) {
            Ok(None) => {}
            Ok(Some(state)) => return End::Over(state, None),
            Err(refusal) => return self.judged(taken, fence, lease, record, refusal),
        }
        match self.attempt(taken, lease, fence, &mut record) {
            Ok(()) => End::Over(State::Done, None),
            Err(refusal) => self.judged(taken, fence, lease, record, refusal),
        }
    }

    /// Looks what an earlier holder left: `Some` where he ended it and only could not say so any more.
    fn begin(&self, taken: &Taken, fence: &Fence<'_>, record: &mut Record) -> Result<Option<State>, Refusal> {
        let resource = Resource::from_path(&taken.resource)?;
        // One that cannot be read is no reason not to measure again.
        let found = Record::load(self.archive, &resource).unwrap_or_default();
        if let Some(found) = &found
            && found.queued == record.queued
            && !found.is_unfinished()
        {
            return Ok(Some(found.state));
        }
        record.leftovers = store::present(self.archive, found.iter().flat_map(Record::partial))?;
        if taken.starts > self.settings.most_starts {
            return Err(gone_too_often(self.settings.most_starts));
        }
        if taken.is_cancelled {
            return Err(cancelled());
        }
        record.state = State::Running;
        record.save(fence, &resource).map(|()| None)
    }

    /// The record names the results before the first is stored, and says `done` after the last.
    fn attempt(&self, taken: &Taken, lease: &Lease<'_>, fence: &Fence<'_>, record: &mut Record) -> Result<(), Refusal> {
        let resource = Resource::from_path(&taken.resource)?;
        let (report, files) = self.measure(taken, lease, &resource)?;
        let announced = store::announce(&files)?;
        Record { instances: announced, ..record.clone() }.save(fence, &resource)?;
        let stored = store::store(fence, &resource, &files, &mut record.instances);
        runner::tell_audit_log(&resource, &record.instances);
        stored?;
        let mut ended = record.clone();
        Ending::done(report, files, ended.instances.clone()).write(&mut ended);
        ended.save(fence, &resource)
    }

    fn measure(&self, taken: &Taken, lease: &Lease<'_>, resource: &Resource) -> Result<(Value, Vec<ResultFile>), Refusal> {
        let message = taken.message.clone()?;
        let mut settings = message.settings;
        self.own.apply(&mut settings);
        let plan = Plan { resource: resource.clone(), request: Request::default(), settings, instances: message.instances };
        let stopped = || match ((self.stopping)(), lease.is_held(), lease.is_cancelled()) {
            (true, ..) => Some(interrupted()),
            (_, false, _) => Some(ArchiveError::Lost.into()),
            (.., true) => Some(cancelled()),
            _ => None,
        };
        let limit = runner::limit(self.timeout);
        let watch = Watch { deadline: Instant::now() + self.timeout, limit: &limit, stopped: &stopped };
        let report = |stage: &str, fraction: f32| lease.report(stage, fraction);
        runner::measure(&Room { archive: self.archive, launcher: self.launcher, watch: &watch, report: &report }, &plan)
    }

    /// Whether a failure is the end of the request, or of this attempt.
    fn judged(&self, taken: &Taken, fence: &Fence<'_>, lease: &Lease<'_>, record: Record, refusal: Refusal) -> End {
        if !lease.is_held() || (self.stopping)() {
            return End::Back { counts: false, delay: Duration::ZERO, obstacle: taken.record.obstacle.clone() };
        }
        // Not the study's fault, and nothing could be stored: whoever finds the archive again measures it.
        if let Err(refusal) = self.find_archive() {
            return hindered(taken, Obstacle::next(taken.record.obstacle.as_ref(), refusal));
        }
        let resource = Resource::from_path(&taken.resource);
        if let Some(resource) = resource.as_ref().ok().filter(|resource| runner::is_deleted(self.archive, resource)) {
            return End::Over(State::Failed, Some(resource.absent()));
        }
        if refusal.is_temporary() {
            // Of this machine or of the archive, and nothing about the study.
            events::error("cannot_measure", &[("worker", &self.name), ("problem", &refusal)]);
            let obstacle = Obstacle::next(taken.record.obstacle.as_ref(), refusal);
            return match obstacle.verdict(Timestamp::now()) {
                Some(verdict) => fail(fence, resource, record, verdict, hindered(taken, obstacle)),
                None => hindered(taken, obstacle),
            };
        }
        let again = End::Back { counts: true, delay: AGAIN.min(self.settings.lease), obstacle: None };
        // 404 is of an instance that has gone, or of an archive that was away for a moment.
        if (refusal.http_status >= 500 || refusal.http_status == 404) && taken.starts < self.settings.most_starts {
            let starts = taken.starts;
            events::warning(
                "tried_again",
                &[("resource", &taken.resource), ("starts", &starts), ("status", &refusal.http_status)],
            );
            return again;
        }
        fail(fence, resource, record, refusal, again)
    }
}

/// The end, unless its record cannot be written, without which the request would end without a word.
fn fail(fence: &Fence<'_>, resource: Result<Resource, Refusal>, mut record: Record, refusal: Refusal, otherwise: End) -> End {
    Ending { instances: record.instances.clone(), ..Ending::failed(refusal.clone()) }.write(&mut record);
    match resource.and_then(|resource| record.save(fence, &resource)) {
        Ok(()) => End::Over(State::Failed, Some(refusal)),
        Err(_) => otherwise,
    }
}

fn hindered(taken: &Taken, obstacle: Obstacle) -> End {
    End::Back { counts: false, delay: patience(taken), obstacle: Some(obstacle) }
}

/// Longer each time, so that those behind it get their turn.
fn patience(taken: &Taken) -> Duration {
    (PAUSE * taken.readings()).min(LONGEST_PAUSE)
}

fn gone_too_often(starts: i32) -> Refusal {
    Refusal::internal(format!(
        "the measurement was begun {starts} times (\"MostStarts\"), and each time its worker died or fell silent; see the workers' logs"
    ))
}
