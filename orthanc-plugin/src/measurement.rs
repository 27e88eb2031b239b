//! One measurement, from the POST that asked for it to its end.

use crate::archive::Archive;
use crate::hindrance::Hindrance;
use crate::obstacle::Obstacle;
use crate::protocol::Status;
use crate::record::{Origin, Record, State, StoredInstance};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::sdk::{InProcess, Method};
use crate::store::ResultFile;
use crate::study::Resource;
use jiff::Timestamp;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is to be done, decided before the measurement is queued, or of one that a restart has interrupted when its turn comes.
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

impl Plan {
    /// Without settings and instances: it is made anew.
    ///
    /// What an earlier start had planned is not kept, because a restart is how an administrator changes configuration, the site's file and
    /// versions: settings of then may name models that are gone or be of another form, and a calibration may have been replaced
    /// because it was wrong. The request is what was accepted. Where nothing has changed, the plan is the same, and so are the UIDs.
    pub fn open(resource: Resource, request: Request) -> Plan {
        Plan { resource, request, settings: Value::Null, instances: Vec::new() }
    }

    /// Whether it has to be made first.
    pub fn is_open(&self) -> bool {
        self.instances.is_empty()
    }
}

/// How a measurement has ended.
#[derive(Debug, Clone)]
pub struct Ending {
    /// [`State::Done`] or [`State::Failed`].
    pub state: State,
    /// Why it failed.
    pub error: Option<Refusal>,
    /// The core's report.
    pub report: Option<Value>,
    /// The report as a table.
    pub csv: Option<String>,
    /// The DICOM results that are stored.
    pub instances: BTreeMap<String, StoredInstance>,
}

impl Ending {
    /// All its results are stored.
    pub fn done(report: Value, files: Vec<ResultFile>, instances: BTreeMap<String, StoredInstance>) -> Ending {
        let csv = files.into_iter().find(|file| file.media_type == "text/csv");
        let csv = csv.and_then(|file| String::from_utf8(file.data.to_vec()).ok());
        Ending { state: State::Done, error: None, report: Some(report), csv, instances }
    }

    /// It gave nothing.
    pub fn failed(error: Refusal) -> Ending {
        Ending { state: State::Failed, error: Some(error), report: None, csv: None, instances: BTreeMap::new() }
    }

    /// Has the record say so.
    pub fn write(&self, record: &mut Record) {
        record.finished = Some(Timestamp::now());
        record.state = self.state;
        record.error = self.error.clone();
        record.obstacle = None;
        record.report = self.report.clone();
        record.csv = self.csv.clone();
        record.instances = self.instances.clone();
        let is_result =
            |left: &StoredInstance| self.instances.values().any(|instance| instance.sop_instance_uid == left.sop_instance_uid);
        record.leftovers.retain(|left| !is_result(left));
    }
}

/// How far a measurement is, for the users of this Orthanc.
#[derive(Debug)]
struct Live {
    record: Record,
    stage: String,
    fraction: f32,
    /// The list of unfinished measurements and the record hold it.
    accepted: bool,
    /// The record is final and stored; or nobody here goes on with it.
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
    /// Why it cannot be gone on with after a restart.
    pub obstacle: Option<Refusal>,
    /// For how long others go first.
    pub hindrance: Hindrance,
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
        let record = Record::new(origin, plan.request.canonical(), plan.request.priority);
        let record = Record { trigger: plan.request.trigger, ..record };
        Measurement::with(plan, record, false, None)
    }

    /// One that an earlier start of Orthanc had accepted.
    pub fn resumed(plan: Plan, record: Record, obstacle: Option<Refusal>) -> Measurement {
        Measurement::with(plan, record, true, obstacle)
    }

    fn with(plan: Plan, record: Record, accepted: bool, obstacle: Option<Refusal>) -> Measurement {
        Measurement {
            plan,
            live: Mutex::new(Live { record, stage: "queued".into(), fraction: 0.0, accepted, finished: false }),
            changed: Condvar::new(),
            cancelled: AtomicBool::new(false),
            obstacle,
            hindrance: Hindrance::default(),
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

    /// Greater goes first; at least that of its request.
    pub fn priority(&self) -> i32 {
        locked(&self.live).record.priority
    }

    /// What it lines up by: the smallest goes first.
    pub fn turn(&self) -> (Reverse<i32>, Timestamp) {
        let live = locked(&self.live);
        (Reverse(live.record.priority), live.record.queued)
    }

    /// Somebody asks for it whose own request would go before it. Only of one that nobody begins meanwhile.
    pub fn raise(&self, priority: i32) -> Result<(), Refusal> {
        self.advance(|record| record.priority = priority)
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

    /// Writes the record with a change, and only then shows it. Fails where Orthanc does not store it.
    fn advance(&self, change: impl FnOnce(&mut Record)) -> Result<(), Refusal> {
        let _saving = locked(&self.saving);
        let mut record = self.record();
        change(&mut record);
        record.save(&InProcess, &self.plan.resource)?;
        let mut live = locked(&self.live);
        // The job may have been submitted meanwhile.
        record.job = live.record.job.take();
        live.record = record;
        Ok(())
    }

    /// Writes its first record, with what earlier attempts have left in the archive.
    pub fn save(&self, leftovers: Vec<StoredInstance>) -> Result<(), Refusal> {
        self.advance(|record| record.leftovers = leftovers)
    }

    /// It is accepted from now on; answers false where it was given up meanwhile.
    pub fn accept(&self) -> bool {
        let mut live = locked(&self.live);
        live.accepted = !live.finished;
        let accepted = live.accepted;
        drop(live);
        self.changed.notify_all();
        accepted
    }

    /// Waits for a concurrent POST that is just having it accepted; answers whether it is.
    pub fn wait_until_accepted(&self, patience: Duration) -> bool {
        let waiting = |live: &mut Live| !live.accepted && !live.finished;
        let waited = self.changed.wait_timeout_while(locked(&self.live), patience, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.accepted
    }

    /// A worker begins.
    pub fn start(&self) -> Result<(), Refusal> {
        self.advance(|record| {
            record.state = State::Running;
            record.started = Some(Timestamp::now());
            record.attempts += 1;
        })?;
        self.report("start", 0.0);
        Ok(())
    }

    /// Its results are about to be stored: whatever happens to the process meanwhile, the record names them.
    pub fn announce(&self, instances: &BTreeMap<String, StoredInstance>) -> Result<(), Refusal> {
        self.advance(|record| record.instances = instances.clone())
    }

    /// Orthanc ends before the measurement does, in an orderly way, or it cannot be carried out now because of `obstacle`: that counts as
    /// no attempt. Where it cannot be written, it does.
    pub fn put_back(&self, obstacle: Option<&Obstacle>) -> Result<(), Refusal> {
        self.advance(|record| {
            record.state = State::Queued;
            record.attempts = record.attempts.saturating_sub(1);
            record.obstacle = obstacle.cloned().or(record.obstacle.take());
        })?;
        self.report("queued", 0.0);
        Ok(())
    }

    /// It has ended. Stored before it is shown: whoever sees the end finds the results. Fails where the record cannot be stored, and may
    /// be repeated.
    pub fn finish(&self, ending: &Ending) -> Result<(), Refusal> {
        self.advance(|record| ending.write(record))?;
        let mut live = locked(&self.live);
        (live.stage, live.fraction, live.finished) = ("finished".into(), 1.0, true);
        drop(live);
        self.changed.notify_all();
        Ok(())
    }

    /// Nobody here goes on with it, and whoever waits for it is told why. The archive is not touched: what was accepted is taken up by the
    /// next start.
    pub fn abandon(&self, state: State, refusal: Refusal) {
        let mut live = locked(&self.live);
        live.record.state = state;
        live.record.error = Some(refusal);
        live.finished = true;
        drop(live);
        self.changed.notify_all();
    }

    /// Shows what the queue of several Orthancs says of it.
    pub fn follow(&self, record: Record, stage: &str, fraction: f32) {
        self.show(Live { record, stage: stage.to_owned(), fraction, accepted: true, finished: false });
    }

    /// Whether it outlives this process.
    pub fn is_accepted(&self) -> bool {
        locked(&self.live).accepted
    }

    /// Shows how it ended, as somebody else has stored it.
    pub fn conclude(&self, record: Record) {
        self.show(Live { record, stage: "finished".into(), fraction: 1.0, accepted: true, finished: true });
    }

    fn show(&self, mut next: Live) {
        let mut live = locked(&self.live);
        if live.finished && !next.finished {
            // What was given up does not come back.
            return;
        }
        // The job that shows it here; others know it by another one.
        next.record.job = live.record.job.take();
        *live = next;
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

/// The sentence of an accepted measurement that Orthanc's end interrupts.
pub fn interrupted() -> Refusal {
    Refusal::unavailable(
        "Orthanc ends; the measurement is gone on with when it has started again, and GET then tells its state",
    )
}

/// The sentence of what was not accepted before Orthanc's end.
pub fn closing() -> Refusal {
    Refusal::unavailable("Orthanc ends; repeat the request when it has started again")
}
