//! `bonemuscle-worker --queue FILE`: serves the queue from any machine.

use super::consumer::Consumer;
use super::database::Database;
use super::metrics::Metrics;
use super::schema;
use super::worker_file::WorkerFile;
use crate::events;
use crate::rest::Rest;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const METRICS: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(100);

/// Makes the queue's tables; answers a sentence.
pub fn prepare(path: &Path) -> Result<String, String> {
    let database = Database::new(&WorkerFile::read(path)?.queue)?;
    let found = schema::prepare(&database).map_err(|refusal| refusal.to_string())?;
    let place = database.place();
    Ok(match found {
        0 => format!("the queue is ready in {place}"),
        found => format!("the queue is ready in {place}; its tables had version {found}"),
    })
}

/// Until SIGTERM or SIGINT: what runs then is given back for others.
pub fn serve(path: &Path) -> Result<(), String> {
    let file = WorkerFile::read(path)?;
    let url = file.orthanc.as_deref().ok_or("\"OrthancUrl\" is missing: http://HOST:PORT or https://HOST:PORT")?;
    let rest = Rest::new(url, file.authorization.clone(), file.queue.certificate_file.as_deref(), file.queue.lease)?;
    if rest.is_open() {
        events::warning(
            "in_the_clear",
            &[("problem", &"\"OrthancUrl\" is not https: credentials and images can be read on the way")],
        );
    }
    let stopping = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        flag::register(signal, Arc::clone(&stopping)).map_err(|error| format!("signal {signal}: {error}"))?;
    }
    let databases: Vec<Database> = (0..file.workers).map(|_| Database::new(&file.queue)).collect::<Result<_, _>>()?;
    let metrics = Metrics::default();
    events::warning("serving", &[("version", &crate::VERSION), ("worker", &file.name), ("workers", &file.workers)]);
    let is_stopping = || stopping.load(Ordering::Acquire);
    std::thread::scope(|scope| {
        for database in &databases {
            let (file, rest, metrics) = (&file, &rest, &metrics);
            scope.spawn(move || {
                Consumer {
                    database,
                    settings: &file.queue,
                    archive: rest,
                    launcher: &file.launcher,
                    timeout: file.timeout,
                    own: &file.own,
                    name: file.name.clone(),
                    stopping: &is_stopping,
                    ended: &|state, seconds, _| metrics.count(state, seconds),
                }
                .run();
            });
        }
        tell(&file, &databases, &metrics, &is_stopping);
    });
    events::warning("ended", &[("worker", &file.name)]);
    Ok(())
}

fn tell(file: &WorkerFile, databases: &[Database], metrics: &Metrics, is_stopping: &dyn Fn() -> bool) {
    let mut waited = METRICS;
    while !is_stopping() {
        if let Some(path) = file.metrics.as_deref().filter(|_| waited >= METRICS) {
            waited = Duration::ZERO;
            let is_connected = databases.iter().all(|database| database.problem().is_none());
            if let Err(error) = metrics.write(path, is_connected) {
                events::error(
                    "metrics_not_written",
                    &[("problem", &format_args!("\"MetricsFile\" {}: {error}", path.display()))],
                );
            }
        }
        std::thread::sleep(TICK);
        waited += TICK;
    }
}
