//! One measurement, from the POST that asked for it to its end.

use crate::archive::Archive;
use crate::protocol::Status;
use crate::record::{Origin, Record, State};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::sdk::{InProcess, Method};
use crate::study::Resource;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is to be done, decided before the measurement is queued.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What was POSTed to, and carries the record.
    pub resource: Resource,
    /// What was asked.
    pub request: Request,
    /// The core's settings.
    pub settings: Value,
    /// Orthanc identifiers of the instances to hand over.
    pub instances: Vec<String>,
}

/// How far a measurement is, for the users of this Orthanc.
#[derive(Debug)]
struct Live {
    record: Record,
    stage: String,
    fraction: f32,
    /// The record is final, and stored unless Orthanc refused it.
    finished: bool,
}

/// A measurement that waits, runs or has just ended.
#[derive(Debug)]
pub struct Measurement {
    /// What is to be done.
    pub plan: Plan,
    live: Mutex<Live>,
    changed: Condvar,
    cancelled: AtomicBool,
    /// Held while the record is written, so that an older state never replaces a newer one.
    saving: Mutex<()>,
    /// Whether the job was paused because the measurement waits. Held across calls of Orthanc's jobs engine, which in turn
    /// asks for progress and content: those must not need it.
    parked: Mutex<bool>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Measurement {
    /// A measurement that waits.
    pub fn new(plan: Plan, origin: Origin) -> Measurement {
        let record = Record { trigger: plan.request.trigger, ..Record::new(origin, plan.request.canonical()) };
        Measurement {
            plan,
            live: Mutex::new(Live { record, stage: "queued".into(), fraction: 0.0, finished: false }),
            changed: Condvar::new(),
            cancelled: AtomicBool::new(false),
            saving: Mutex::new(()),
            parked: Mutex::new(false),
        }
    }

    /// The record as it is now.
    pub fn record(&self) -> Record {
        locked(&self.live).record.clone()
    }

    /// How far it is.
    pub fn state(&self) -> State {
        locked(&self.live).record.state
    }

    /// Stage and fraction done.
    pub fn progress(&self) -> (String, f32) {
        let live = locked(&self.live);
        (live.stage.clone(), live.fraction)
    }

    /// The record as it is answered while the measurement is here.
    pub fn public(&self) -> Value {
        let mut value = self.record().public();
        let (stage, fraction) = self.progress();
        if let Some(keys) = value.as_object_mut() {
            keys.insert("stage".into(), stage.into());
            keys.insert("progress".into(), fraction.into());
        }
        value
    }

    /// Says how far it is.
    pub fn report(&self, stage: &str, fraction: f32) {
        let mut live = locked(&self.live);
        live.stage = stage.to_owned();
        live.fraction = fraction.clamp(0.0, 1.0);
        drop(live);
        self.changed.notify_all();
    }

    /// Asks for its end.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.changed.notify_all();
    }

    /// Whether its end was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Remembers the job that shows it.
    pub fn set_job(&self, job: &str) {
        locked(&self.live).record.job = Some(job.to_owned());
        self.changed.notify_all();
    }

    /// The job that shows it; waits for a concurrent POST that is just submitting it.
    pub fn job(&self, patience: Duration) -> Option<String> {
        let live = locked(&self.live);
        let waiting = |live: &mut Live| live.record.job.is_none() && !live.finished;
        let (live, _) = self.changed.wait_timeout_while(live, patience, waiting).unwrap_or_else(PoisonError::into_inner);
        live.record.job.clone()
    }

    /// Writes the record as it is now.
    pub fn save(&self) -> Result<(), Refusal> {
        let _saving = locked(&self.saving);
        self.record().save(&InProcess, &self.plan.resource)
    }

    /// A worker begins.
    pub fn start(&self) -> Result<(), Refusal> {
        let mut live = locked(&self.live);
        live.record.state = State::Running;
        live.record.started = Some(Timestamp::now());
        drop(live);
        self.report("start", 0.0);
        self.save()
    }

    /// It has ended in `state`; `fill` writes the results into the record. Fails where the record cannot be stored.
    pub fn finish(&self, state: State, error: Option<Refusal>, fill: impl FnOnce(&mut Record)) -> Result<(), Refusal> {
        let _saving = locked(&self.saving);
        let mut record = self.record();
        fill(&mut record);
        record.finished = Some(Timestamp::now());
        record.state = state;
        record.error = error;
        // Stored before it is shown: whoever sees the end finds the results.
        let saved = record.save(&InProcess, &self.plan.resource);
        let mut live = locked(&self.live);
        *live = Live { record, stage: "finished".into(), fraction: 1.0, finished: true };
        drop(live);
        self.changed.notify_all();
        saved
    }

    /// Ends one that never ran, without touching the archive. When Orthanc stops, the stored record says who queued it, and that
    /// is enough to tell later.
    pub fn abandon(&self, state: State, refusal: Refusal) {
        let mut live = locked(&self.live);
        live.record.state = state;
        live.record.error = Some(refusal);
        live.finished = true;
        drop(live);
        self.changed.notify_all();
    }

    /// Waits until it has ended, at most for `patience`; answers whether it has.
    pub fn wait(&self, patience: Duration) -> bool {
        let live = locked(&self.live);
        let unfinished = |live: &mut Live| !live.finished;
        let (live, _) = self.changed.wait_timeout_while(live, patience, unfinished).unwrap_or_else(PoisonError::into_inner);
        live.finished
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        locked(&self.live).finished
    }

    /// Pauses the job while the measurement waits, so that it holds none of Orthanc's few `ConcurrentJobs`.
    pub fn park(&self) {
        let mut parked = locked(&self.parked);
        let Some(job) = self.job(Duration::ZERO) else { return };
        if !*parked && self.state() == State::Queued {
            *parked =
                InProcess.call(Method::Post, &format!("/jobs/{job}/pause"), &[], b"").is_ok_and(|reply| reply.status == 200);
        }
    }

    /// Resumes the job that [`Measurement::park`] paused; answers whether it runs again or never has to. Orthanc pauses a job
    /// only after its step has returned, so this may have to be repeated.
    pub fn unpark(&self) -> bool {
        let mut parked = locked(&self.parked);
        if *parked && self.job_state().as_deref() == Some("Paused") {
            let job = self.job(Duration::ZERO).unwrap_or_default();
            *parked =
                !InProcess.call(Method::Post, &format!("/jobs/{job}/resume"), &[], b"").is_ok_and(|reply| reply.status == 200);
        }
        !*parked
    }

    /// Whether the job has failed although the measurement has not: it was cancelled. Orthanc tells a job so only while it runs
    /// its steps.
    pub fn job_is_over(&self) -> bool {
        matches!(self.job_state().as_deref(), Some("Failure" | "Unknown"))
    }

    /// Has Orthanc show that it was cancelled; while the job is paused Orthanc would not notice.
    pub fn cancel_job(&self) {
        if let Some(job) = self.job(Duration::ZERO) {
            // Fails where the job has ended or was forgotten: nothing is left to show.
            let _ = InProcess.call(Method::Post, &format!("/jobs/{job}/cancel"), &[], b"");
        }
    }

    /// `None` where there is no job yet, or Orthanc does not answer; `Unknown` where it has forgotten the job.
    fn job_state(&self) -> Option<String> {
        let job = self.job(Duration::ZERO)?;
        let reply = InProcess.call(Method::Get, &format!("/jobs/{job}"), &[], b"").ok()?;
        match reply.status {
            404 => Some("Unknown".to_owned()),
            _ => reply.json()?.get("State")?.as_str().map(str::to_owned),
        }
    }
}

/// The sentence of a cancelled measurement.
pub fn cancelled() -> Refusal {
    Refusal::from_worker(Status::Cancelled, "the measurement was cancelled; POST again to repeat it".into())
}

/// The sentence of a measurement that Orthanc's end interrupts.
pub fn interrupted() -> Refusal {
    Refusal::unavailable("Orthanc stopped before the measurement ended; POST again to repeat it")
}
