//! The shared queue as one Orthanc sees it. The measurements that were asked for here are shown as jobs, and follow their rows.

use super::consumer::{Consumer, Own};
use super::database::Database;
use super::requests::{self, Lengths, Waiting};
use super::settings::QueueSettings;
use crate::measurement::{Ending, Measurement, Plan, cancelled};
use crate::plugin::Plugin;
use crate::record::{Record, State};
use crate::refusal::Refusal;
use crate::runner;
use crate::sdk::InProcess;
use crate::site;
use crate::study::Resource;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A request that is just being accepted has a record before it has a row.
const ACCEPTING: Duration = Duration::from_secs(60);
/// Of a record without an end whose request is not there.
pub const LEFT_THE_QUEUE: &str = "the request is in the queue no more and left no result; POST again to repeat it";

/// The queue of several Orthancs.
pub struct Shared {
    /// For calls, which must not wait for what consumers wait for.
    pub database: Database,
    for_consumers: Database,
    settings: QueueSettings,
    lengths: Mutex<Lengths>,
    /// Since when something waits and nothing runs.
    unserved: Mutex<Option<Instant>>,
}

impl Shared {
    /// Connects to nothing yet.
    pub fn new(settings: QueueSettings) -> Result<Shared, String> {
        Ok(Shared {
            database: Database::new(&settings)?,
            for_consumers: Database::new(&settings)?,
            settings,
            lengths: Mutex::default(),
            unserved: Mutex::default(),
        })
    }

    /// How many wait and run, as of the latest look.
    pub fn lengths(&self) -> (usize, usize) {
        let Lengths { waiting, running, .. } = *self.latest();
        (usize::try_from(waiting).unwrap_or_default(), usize::try_from(running).unwrap_or_default())
    }

    /// When the request was accepted that waits longest, as of the latest look.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.latest().oldest
    }

    /// For how long something has waited while nothing ran.
    pub fn unserved(&self) -> Option<Duration> {
        self.unserved.lock().unwrap_or_else(PoisonError::into_inner).map(|since| since.elapsed())
    }

    fn latest(&self) -> MutexGuard<'_, Lengths> {
        self.lengths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connections.
    pub fn close(&self) {
        self.database.close();
        self.for_consumers.close();
    }

    /// Carries out requests, here, until Orthanc stops.
    pub fn consume(&self, plugin: &Plugin) {
        let config = &plugin.config;
        let own = Own { threads: config.threads, engine: config.engine.clone(), models: site::model_folders(&plugin.site) };
        let consumer = Consumer {
            database: &self.for_consumers,
            settings: &self.settings,
            archive: &InProcess,
            launcher: &plugin.launcher,
            timeout: config.timeout,
            own: &own,
            name: plugin.origin().node,
            stopping: &|| plugin.queue.is_stopping(),
            ended: &|state, seconds, error| plugin.counters.count(state, seconds, error),
        };
        consumer.run();
    }

    /// Accepts what was asked for here, and has its job show whatever becomes of it.
    pub fn accept(&self, measurement: &Measurement) -> Result<(), Refusal> {
        let accepted = requests::accept(&self.database, &InProcess, measurement)?;
        measurement.follow(accepted.record, &accepted.stage, accepted.fraction);
        Ok(())
    }

    /// Has a request wait no longer than one of `priority` would.
    pub fn hurry(&self, plan: &Plan, priority: i32) -> Result<(), Refusal> {
        requests::hurry(&self.database, plan, priority)
    }

    /// The request of a resource.
    pub fn find(&self, resource: &Resource) -> Result<Option<Waiting>, Refusal> {
        requests::find(&self.database, resource)
    }

    /// Ends a request; answers whether there was one.
    pub fn cancel(&self, resource: &Resource) -> Result<bool, Refusal> {
        requests::cancel(&self.database, resource, &|mut record: Record| {
            Ending::failed(cancelled()).write(&mut record);
            match record.save(&InProcess, resource) {
                Err(refusal) if refusal.http_status != 404 => Err(refusal),
                _ => Ok(()),
            }
        })
    }

    /// A stored record of something unfinished, as it is now: the queue knows better. Where the queue does not answer, the record has
    /// the word.
    pub fn judged(&self, resource: &Resource, record: Record) -> Record {
        if !record.is_unfinished() {
            return record;
        }
        match self.find(resource) {
            Ok(Some(waiting)) => waiting.record,
            Ok(None) if is_older(&record, ACCEPTING) => record.interrupted(LEFT_THE_QUEUE),
            _ => record,
        }
    }

    /// Brings the measurements that were asked for here up to date, or only that of `resource`.
    pub fn refresh(&self, plugin: &Plugin, resource: Option<&Resource>) -> Result<(), Refusal> {
        let is_meant = |one: &Arc<Measurement>| resource.is_none_or(|resource| one.plan.resource == *resource);
        let here: Vec<_> = plugin.queue.all().into_iter().filter(is_meant).filter(|one| one.is_accepted()).collect();
        if resource.is_none() {
            let lengths = requests::lengths(&self.database)?;
            *self.latest() = lengths;
            let mut unserved = self.unserved.lock().unwrap_or_else(PoisonError::into_inner);
            *unserved = unserved.or_else(|| Some(Instant::now())).filter(|_| lengths.waiting > 0 && lengths.running == 0);
        }
        if here.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = here.iter().map(|one| one.plan.resource.path()).collect();
        let rows = requests::find_all(&self.database, &keys)?;
        let rows: BTreeMap<&str, &Waiting> = rows.iter().map(|row| (row.resource.as_str(), row)).collect();
        // A job that is shown while it runs holds one of Orthanc's few places for jobs, which other machines' work must not fill.
        let mut places = plugin.config.workers.max(1);
        for (measurement, key) in here.iter().zip(&keys) {
            let own = rows.get(key.as_str()).filter(|row| row.record.queued == measurement.record().queued);
            match own {
                Some(row) => {
                    if measurement.is_cancelled() && !row.cancelled {
                        self.cancel(&measurement.plan.resource)?;
                    }
                    measurement.follow(row.record.clone(), &row.stage, row.fraction);
                    if row.record.state == State::Running && places > 0 {
                        places -= 1;
                        measurement.unpark();
                    }
                }
                None => end(plugin, measurement)?,
            }
        }
        Ok(())
    }
}

fn is_older(record: &Record, age: Duration) -> bool {
    Timestamp::now().duration_since(record.queued).unsigned_abs() > age
}

/// What is in the queue no more has left a record, unless its study is gone.
fn end(plugin: &Plugin, measurement: &Arc<Measurement>) -> Result<(), Refusal> {
    let resource = &measurement.plan.resource;
    let found = Record::load(&InProcess, resource)?;
    let mut record = found.filter(|found| !found.is_unfinished()).unwrap_or_else(|| measurement.record());
    if record.is_unfinished() {
        record.state = State::Failed;
        record.error = Some(match runner::is_deleted(&InProcess, resource) {
            true => resource.absent(),
            false => Refusal::conflict("it has ended, and another measurement was asked for since, which the record is of"),
        });
    }
    measurement.conclude(record);
    plugin.queue.withdraw(measurement);
    plugin.queue.finished(measurement);
    runner::unpark(plugin, measurement);
    Ok(())
}
