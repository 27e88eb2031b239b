//! The plugin's life: initialized, started, stopped.

use crate::automatic::{Automatic, filling, trigger};
use crate::config::{Config, Section};
use crate::disk;
use crate::events;
use crate::gate::Gate;
use crate::host::Host;
use crate::image_cache::Images;
use crate::images;
use crate::ledger::{self, Ledger};
use crate::measurement::{Ending, Measurement, cancelled, interrupted};
use crate::metrics::{self, Counters};
use crate::models;
use crate::problems::{self, Noted, Surroundings, Topic};
use crate::protocol::Greeting;
use crate::queue::Queue;
use crate::record::{Origin, State};
use crate::refusal::{HTTP_STATUSES, Refusal};
use crate::resume;
use crate::routes;
use crate::runner;
use crate::sdk::{self, Event, InProcess, Version};
use crate::shared::mirror::Shared;
use crate::site;
use crate::worker::{Launcher, Watch, Worker, beside_the_plugin};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Older ones lack calls that are used.
const OLDEST_ORTHANC: Version = Version(1, 10, 1);

/// How often problems are counted for monitoring, and a worker that could not be started is tried again: whoever repairs it need not
/// restart the archive.
const LOOK_EACH_SECONDS: u64 = 10;
/// Who waits for the worker looks this often whether it was tried.
const TICK: Duration = Duration::from_millis(200);
/// More calls that wait for the end of a measurement, or more that wait until a worker has time for them, would hold the HTTP threads (50
/// by default) by which Orthanc answers everybody else, workers on other machines among them.
pub const MOST_LISTENERS: usize = 12;

/// Everything that lives as long as the plugin.
pub struct Plugin {
    /// What the administrator chose.
    pub config: Config,
    /// What the site's file holds.
    pub site: Map<String, Value>,
    /// How workers are started.
    pub launcher: Launcher,
    /// What waits and runs.
    pub queue: Queue,
    /// What is measured without being asked for.
    pub automatic: Automatic,
    /// What must not be lost.
    pub ledger: Ledger,
    /// The queue of several Orthancs, where this one shares the work. What was asked for here stands in `queue` as well, and follows.
    pub shared: Option<Shared>,
    /// What the page draws.
    pub images: Images,
    /// What has run.
    pub counters: Counters,
    /// What is wrong with what the plugin works on, as far as it was noticed.
    pub noted: Noted,
    /// What is wrong with the configuration, and where to look for room on disk.
    pub surroundings: Surroundings,
    /// How many calls have a worker look at headers, models or calibrations at a time.
    pub gate: Gate,
    /// How many POSTs wait until the request that they join is stored.
    pub joining: Gate,
    /// How many POSTs wait for the end of a measurement.
    pub listeners: Gate,
    /// What the worker says of itself, or why there is none; absent until the first has been tried.
    pub worker: Mutex<Option<Result<Greeting, Refusal>>>,
    /// What [`models::list`] last said.
    pub models: Mutex<Option<Value>>,
    host: OnceLock<Host>,
    boot: String,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

static CURRENT: Mutex<Option<Arc<Plugin>>> = Mutex::new(None);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The plugin between initialization and end.
pub fn current() -> Option<Arc<Plugin>> {
    locked(&CURRENT).clone()
}

/// Reads the configuration and registers routes. No thread starts and the archive is not touched before Orthanc has started.
pub fn initialize() -> Result<(), String> {
    *locked(&CURRENT) = None;
    let orthanc = sdk::orthanc_version();
    if orthanc < OLDEST_ORTHANC {
        return Err("this Orthanc is too old; 1.10.1 or newer is needed".into());
    }
    let text = sdk::configuration().ok_or("Orthanc gives no configuration")?;
    disk::configure(&text);
    let section = Section::read(&text)?;
    for key in &section.unknown {
        events::warning("ignored", &[("problem", &problems::unknown_key(key))]);
    }
    let Some(config) = section.config else {
        events::warning(
            "disabled",
            &[("problem", &"set \"BoneMuscle\": {\"Enable\": true} in the configuration to enable the plugin")],
        );
        return Ok(());
    };
    let surroundings = Surroundings::read(&text, config.workers, &section.unknown);
    let program = config.worker.clone().or_else(beside_the_plugin);
    let program = program.ok_or("the worker program is not found; set \"BoneMuscle.Worker\" to its path")?;
    let mut site = config.site.as_deref().map(site::read_file).transpose()?.unwrap_or_default();
    site::add_models(&mut site, &config.models);
    let shared = config.queue.clone().map(Shared::new).transpose();
    let shared = shared.map_err(|problem| format!("\"BoneMuscle.Queue\" in the configuration: {problem}"))?;
    let launcher = Launcher { program, memory_megabytes: config.memory_megabytes, models: site::model_folders(&site) };
    let plugin = Arc::new(Plugin {
        gate: Gate::new(config.workers.max(2)),
        joining: Gate::new(MOST_LISTENERS),
        listeners: Gate::new(MOST_LISTENERS),
        images: Images::new(config.image_cache_megabytes),
        config,
        site,
        launcher,
        queue: Queue::default(),
        automatic: Automatic::default(),
        ledger: Ledger::default(),
        shared,
        counters: Counters::default(),
        noted: Noted::default(),
        surroundings,
        worker: Mutex::new(None),
        models: Mutex::new(None),
        host: OnceLock::new(),
        boot: format!("{} {}", jiff::Timestamp::now(), std::process::id()),
        threads: Mutex::new(Vec::new()),
    });
    *locked(&CURRENT) = Some(plugin);
    let registered = sdk::register_errors(&HTTP_STATUSES)
        && sdk::on_change(on_event)
        && sdk::register_routes(&routes::PATTERNS, routes::handle);
    sdk::extend_explorer(
        c"Measures bone and muscle on CT and hip radiographs. Research use only.",
        c"../bone-muscle/app/",
        include_str!("explorer.js"),
    );
    if registered { Ok(()) } else { Err("Orthanc refuses to register routes".into()) }
}

/// Waits for all threads, for Orthanc unloads the library now.
pub fn finalize() {
    let Some(plugin) = locked(&CURRENT).take() else { return };
    for thread in std::mem::take(&mut *locked(&plugin.threads)) {
        // A fault inside was contained and logged there.
        let _ = thread.join();
    }
    if let Some(shared) = &plugin.shared {
        shared.close();
    }
}

fn on_event(event: Event) {
    let Some(plugin) = current() else { return };
    match event {
        Event::Started => plugin.start(),
        Event::Stopped => plugin.stop(),
        Event::StableStudy => plugin.automatic.stable.ring(),
        Event::Deleted(id) => plugin.images.forget(&id),
    }
}

impl Plugin {
    /// The Orthanc that has started.
    pub fn host(&self) -> &Host {
        self.host.get_or_init(|| Host::ask(&InProcess))
    }

    /// Who runs measurements here.
    pub fn origin(&self) -> Origin {
        Origin { node: self.host().node.clone(), boot: self.boot.clone() }
    }

    /// Whether the worker has been tried, and can be used.
    pub fn is_ready(&self) -> bool {
        matches!(*locked(&self.worker), Some(Ok(_)))
    }

    /// Waits until [`Plugin::is_ready`]; answers false where Orthanc stops before.
    pub fn wait_until_ready(&self) -> bool {
        while !self.is_ready() {
            if self.queue.wait_for_stop(TICK) {
                return false;
            }
        }
        true
    }

    /// How many measurements wait, and how many run: of all Orthancs where they share a queue.
    pub fn lengths(&self) -> (usize, usize) {
        self.shared.as_ref().map_or_else(|| self.queue.lengths(), Shared::lengths)
    }

    /// Has a worker look at headers, models or calibrations for a call, when it is the call's turn.
    pub fn in_turn<T>(&self, most_waiting: usize, look: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
        let crowded = || {
            Refusal::unavailable(format!(
                "{most_waiting} calls wait already until a worker has time for them; ask again in a moment"
            ))
        };
        self.gate.pass(most_waiting, look).unwrap_or_else(|| Err(crowded()))
    }

    /// Notes whether the record of a measurement could be stored.
    pub fn note_record(&self, resource: &str, saved: Result<(), Refusal>) {
        let Err(refusal) = saved else { return self.noted.clear(Topic::Record) };
        events::error("record_not_stored", &[("resource", &resource), ("problem", &refusal)]);
        // A study that was deleted meanwhile needs no record.
        if refusal.http_status != 404 {
            self.noted.raise(Topic::Record, format!("The state of the latest measurement could not be stored: {refusal}"));
        }
    }

    fn start(self: Arc<Self>) {
        let thread = |name: &str, body: fn(&Arc<Plugin>)| {
            let plugin = Arc::clone(&self);
            std::thread::Builder::new().name(name.to_owned()).spawn(move || body(&plugin)).ok()
        };
        let mut threads = locked(&self.threads);
        threads.extend(thread("BONEMUSCLE-JOBS", |plugin| plugin.follow_jobs()));
        threads.extend(thread("BONEMUSCLE-RESUME", resume::run));
        threads.extend(thread("BONEMUSCLE-IMAGES", |plugin| images::run(plugin)));
        if self.config.automatic.enable {
            threads.extend(thread("BONEMUSCLE-AUTO", trigger::run));
            threads.extend(thread("BONEMUSCLE-FILL", filling::run));
        }
        let run = |plugin: &Arc<Plugin>| match &plugin.shared {
            Some(shared) => shared.consume(plugin),
            None => runner::run(plugin),
        };
        threads.extend((0..self.config.workers).filter_map(|_| thread("BONEMUSCLE-RUN", run)));
    }

    /// Has everything end. Orthanc holds a lock of its own meanwhile, for which a job thread may wait that in turn holds the
    /// lock of the jobs engine, for which one of our threads may wait: so waiting for these is bounded here, and it is only in
    /// [`finalize`] that they are surely gone.
    fn stop(&self) {
        self.queue.stop().iter().for_each(|measurement| measurement.abandon(State::Interrupted, interrupted()));
        ledger::close(self);
        self.images.stop();
        self.automatic.stable.ring();
        self.automatic.ordered.ring();
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline && !locked(&self.threads).iter().all(JoinHandle::is_finished) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Tries the worker, and again now and then while it is not ready; publishes figures; looks after jobs that are cancelled while
    /// Orthanc does not call them, because they wait or are paused.
    fn follow_jobs(&self) {
        if let Some(off) = self.host().what_is_off() {
            events::warning("off", &[("what", &off)]);
        }
        let mut problems = 0;
        for second in 0_u64.. {
            if second.is_multiple_of(LOOK_EACH_SECONDS) {
                ledger::keep_up(self);
                if !self.is_ready() {
                    self.try_worker();
                }
                problems = problems::all(self).len();
            }
            metrics::publish(self, problems);
            if self.queue.wait_for_stop(Duration::from_secs(1)) {
                return;
            }
            for measurement in self.queue.all().iter().filter(|measurement| measurement.job_is_over()) {
                self.cancel(measurement);
            }
            if let Some(shared) = &self.shared {
                match shared.refresh(self, None) {
                    Ok(()) => self.noted.clear(Topic::Queue),
                    Err(refusal) => self.noted.raise(Topic::Queue, refusal.details),
                }
            }
        }
    }

    /// Ends a measurement: at once where it waits, else as soon as its worker is gone.
    pub fn cancel(&self, measurement: &Arc<Measurement>) {
        measurement.cancel();
        if let Some(shared) = &self.shared {
            // Where the queue does not answer, the next look at it passes the wish on.
            let _ = shared.cancel(&measurement.plan.resource);
            return;
        }
        if self.queue.withdraw(measurement) {
            self.end_unmeasured(measurement);
        }
    }

    fn end_unmeasured(&self, measurement: &Arc<Measurement>) {
        self.counters.count(State::Failed, 0.0, Some(&cancelled()));
        let resource = measurement.plan.resource.uri();
        ledger::conclude_later(self, measurement, Ending::failed(cancelled()));
        events::warning(
            "finished",
            &[("resource", &resource), ("state", &"failed"), ("status", &cancelled().http_status), ("seconds", &0)],
        );
    }

    /// Notes whether a worker can be started and the site's file be used, and what it says of models.
    pub fn try_worker(&self) {
        let stopped = || self.queue.is_stopping().then(interrupted);
        let deadline = Instant::now() + Duration::from_secs(30);
        let watch = Watch { deadline, limit: "30 seconds to start", stopped: &stopped };
        let tried = Worker::start(&self.launcher, &watch).and_then(|mut worker| {
            let judged = site::check_by(&mut worker, &json!({"site": self.site}), &watch);
            judged.map(|()| worker.greeting.clone()).map_err(|refusal| Refusal {
                details: format!("\"BoneMuscle.Site\" in the configuration: {}", refusal.details),
                ..refusal
            })
        });
        let program = self.launcher.program.display();
        let before = locked(&self.worker).replace(tried.clone());
        match &tried {
            // Said once, not at every try.
            _ if before.as_ref() == Some(&tried) => {}
            Ok(Greeting { worker, core, unconfined }) => {
                events::warning(
                    "ready",
                    &[("version", &crate::VERSION), ("worker", &program), ("worker_version", worker), ("core_version", core)],
                );
                unconfined.iter().for_each(|gap| events::warning("worker_not_confined", &[("problem", gap)]));
            }
            Err(refusal) => events::error("not_ready", &[("version", &crate::VERSION), ("problem", refusal)]),
        }
        if let Some(Err(refusal)) = tried.is_ok().then(|| models::list(self)) {
            events::error("models_not_listed", &[("problem", &refusal)]);
        }
    }
}
