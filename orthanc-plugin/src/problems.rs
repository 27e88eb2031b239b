//! What is wrong, in sentences for whoever looks after the archive: what was found and what would do. No patient data.
//!
//! What can be looked at is looked at when somebody asks. What is noticed elsewhere, such as a queue that does not answer, is noted in
//! [`Noted`] by whoever notices, and taken back when it is over.

use crate::disk::{self, Space};
use crate::models;
use crate::obstacle::Obstacle;
use crate::plugin::Plugin;
use crate::record::State;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Results of a study take a few megabytes, the images that the page draws up to a gigabyte; below this the archive itself is in need.
const LEAST_FREE_BYTES: u64 = 1 << 30;
/// So many faults in a row have one cause.
const MANY_FAULTS: u64 = 3;
/// Workers ask each second, but leave alone for up to ten minutes what fails again and again.
const LONGEST_IDLE: Duration = Duration::from_secs(900);

/// What a part of the plugin may find wrong with its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The list of unfinished measurements.
    Journal,
    /// The record of a measurement.
    Record,
    /// The queue of several machines.
    Queue,
    /// Measuring without being asked.
    Automatic,
    /// Measuring what an archive holds already.
    BackFill,
}

/// What is wrong now, as far as somebody noticed; one sentence for each topic.
#[derive(Debug, Default)]
pub struct Noted(Mutex<BTreeMap<Topic, String>>);

impl Noted {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<Topic, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is wrong.
    pub fn raise(&self, topic: Topic, sentence: impl Into<String>) {
        self.locked().insert(topic, sentence.into());
    }

    /// It works again.
    pub fn clear(&self, topic: Topic) {
        self.locked().remove(&topic);
    }

    fn sentences(&self) -> Vec<String> {
        self.locked().values().cloned().collect()
    }
}

/// What Orthanc's configuration says of the plugin's surroundings, and what is wrong in it without stopping anything.
#[derive(Debug, Default, PartialEq)]
pub struct Surroundings {
    /// Folders that are written into, by the words in which the administrator knows them.
    folders: Vec<(&'static str, PathBuf)>,
    warnings: Vec<String>,
}

impl Surroundings {
    /// Reads Orthanc's whole configuration; `workers` measure at once, and `unknown` keys of our section mean nothing.
    pub fn read(orthanc: &str, workers: usize, unknown: &[String]) -> Surroundings {
        let orthanc: Value = serde_json::from_str(orthanc).unwrap_or_default();
        let storage = disk::folder(&orthanc, "StorageDirectory").map(|folder| ("\"StorageDirectory\"", folder));
        let index = disk::folder(&orthanc, "IndexDirectory").map(|folder| ("\"IndexDirectory\"", folder));
        let index = index.filter(|(_, index)| storage.as_ref().is_none_or(|(_, storage)| index != storage));
        let temporary = ("temporary files (TMPDIR)", std::env::temp_dir());
        let mut warnings: Vec<String> = unknown.iter().map(|key| unknown_key(key)).collect();
        warnings.extend(nameless_server(&orthanc));
        warnings.extend(too_few_jobs(orthanc["ConcurrentJobs"].as_u64(), workers));
        Surroundings { folders: storage.into_iter().chain(index).chain([temporary]).collect(), warnings }
    }
}

/// The sentence of a key of the configuration that has no meaning.
pub fn unknown_key(key: &str) -> String {
    format!("\"BoneMuscle.{key}\" in the configuration means nothing and is ignored")
}

/// What plugins keep belongs to one server of the index; that of SQLite is the only one.
fn nameless_server(orthanc: &Value) -> Option<String> {
    let index = ["PostgreSQL", "MySQL", "Odbc"].into_iter().find(|name| orthanc[name]["EnableIndex"] == true)?;
    orthanc["DatabaseServerIdentifier"].is_null().then(|| {
        format!(
            "\"DatabaseServerIdentifier\" is not set: Orthanc makes it from the machine and its ports, and where these change, as those of \
             containers do, what the plugin keeps in {index} is lost: accepted measurements and calibrations, unless there is a \"Queue\", \
             and how far automatic mode has got. Give each Orthanc one of its own"
        )
    })
}

fn too_few_jobs(concurrent: Option<u64>, workers: usize) -> Option<String> {
    // Orthanc's own default; 0 stands for as many as the machine has processors.
    let jobs = concurrent.unwrap_or(2);
    let sentence = || {
        let needed = workers + 1;
        format!(
            "Measurements may hold all of Orthanc's {jobs} \"ConcurrentJobs\" (\"BoneMuscle.Workers\" is {workers}), and its other jobs \
             then wait; set \"ConcurrentJobs\" to {needed} or more"
        )
    };
    (jobs != 0 && jobs <= workers as u64).then(sentence)
}

/// Everything that is wrong now.
pub fn all(plugin: &Plugin) -> Vec<String> {
    let mut found = plugin.surroundings.warnings.clone();
    found.extend(worker(plugin));
    found.extend(networks(plugin));
    found.extend(postponed(plugin));
    found.extend(plugin.noted.sentences());
    found.extend(plugin.shared.as_ref().and_then(|shared| nobody(shared.lengths().0, shared.unserved()?)));
    found.extend(plugin.surroundings.folders.iter().filter_map(|(name, folder)| space(name, folder)));
    found.extend(plugin.host().must_be_writable().err().map(|refusal| format!("Nothing can be measured: {}", refusal.details)));
    found.extend(faults(plugin.counters.now().faults_in_a_row));
    found
}

/// Of a queue in which `waiting` wait and for so long nothing has run.
fn nobody(waiting: usize, unserved: Duration) -> Option<String> {
    (unserved >= LONGEST_IDLE).then(|| {
        format!(
            "Nobody has carried out what waits in the queue ({waiting}) for {} minutes; start bonemuscle-worker on a machine that reaches \
             the queue and an Orthanc, or look at its log",
            unserved.as_secs() / 60
        )
    })
}

fn worker(plugin: &Plugin) -> Option<String> {
    let tried = plugin.worker.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let refusal = tried?.err()?;
    Some(format!("Nothing can be measured: {}", refusal.details))
}

/// Of accepted measurements that wait although others go on.
fn postponed(plugin: &Plugin) -> Option<String> {
    let waiting = plugin.queue.all().into_iter().filter(|measurement| measurement.state() == State::Queued);
    let obstacles: Vec<Obstacle> = waiting.filter_map(|measurement| measurement.record().obstacle).collect();
    // Where the worker is what is missing, that is told of everything.
    let latest = obstacles.last().filter(|_| plugin.is_ready())?;
    let (count, details) = (obstacles.len(), &latest.refusal.details);
    Some(format!("Accepted measurements wait ({count}), as they cannot be carried out now: {details}"))
}

fn networks(plugin: &Plugin) -> Vec<String> {
    let found = models::latest(plugin);
    let engine = found["engine"]["problem"].as_str();
    let mut sentences: Vec<String> =
        engine.map(|problem| format!("Only studies with a segmentation can be measured: {problem}")).into_iter().collect();
    for model in found["models"].as_array().into_iter().flatten() {
        if let (Some(name), Some(problem)) = (model["name"].as_str(), model["problem"].as_str()) {
            sentences.push(format!("The model \"{name}\" cannot be used: {problem}"));
        }
    }
    sentences
}

/// `name` is the word by which the administrator knows the folder; where it lies is no business of a client.
fn space(name: &str, folder: &Path) -> Option<String> {
    match disk::space(folder)? {
        Space::ReadOnly => Some(format!("Nothing can be written into {name}: its file system is mounted read-only")),
        Space::Bytes(free) => scarce(name, free),
    }
}

fn scarce(name: &str, free_bytes: u64) -> Option<String> {
    let megabytes = free_bytes >> 20;
    let sentence =
        || format!("Only {megabytes} megabytes are free for {name}; results may not be stored. Make room for 1024 or more");
    (free_bytes < LEAST_FREE_BYTES).then(sentence)
}

fn faults(in_a_row: u64) -> Option<String> {
    let sentence = || {
        format!(
            "The last {in_a_row} measurements failed whatever the studies held; the records of these studies and Orthanc's log say why"
        )
    };
    (in_a_row >= MANY_FAULTS).then(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_stays_until_it_is_over() {
        let noted = Noted::default();
        noted.raise(Topic::Queue, "The queue does not answer");
        noted.raise(Topic::Journal, "The journal cannot be written");
        noted.raise(Topic::Queue, "The queue refuses the password");
        assert_eq!(noted.sentences(), ["The journal cannot be written", "The queue refuses the password"]);
        noted.clear(Topic::Queue);
        noted.clear(Topic::Automatic);
        assert_eq!(noted.sentences(), ["The journal cannot be written"]);
    }

    #[test]
    fn little_space_is_told_with_the_figure() {
        let sentence = scarce("\"StorageDirectory\"", 300 << 20).unwrap();
        assert!(sentence.contains("300 megabytes") && sentence.contains("\"StorageDirectory\""), "{sentence}");
        assert_eq!(scarce("\"StorageDirectory\"", LEAST_FREE_BYTES), None);
    }

    #[test]
    fn surroundings_are_those_of_the_configuration() {
        let text = r#"{"StorageDirectory": "/s", "IndexDirectory": "/s", "ConcurrentJobs": 2}"#;
        let read = Surroundings::read(text, 2, &["Wokers".to_owned()]);
        let names: Vec<&str> = read.folders.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["\"StorageDirectory\"", "temporary files (TMPDIR)"], "one folder is named once");
        assert!(read.warnings[0].contains("BoneMuscle.Wokers"), "{:?}", read.warnings);
        assert!(read.warnings[1].contains("\"ConcurrentJobs\" to 3"), "{:?}", read.warnings);
        assert_eq!(Surroundings::read("{}", 1, &[]).warnings, Vec::<String>::new());
        assert_eq!(Surroundings::read(r#"{"ConcurrentJobs": 0}"#, 4, &[]).warnings, Vec::<String>::new());
    }

    #[test]
    fn an_index_of_several_servers_needs_the_name_of_each() {
        let warnings = |text: &str| Surroundings::read(text, 1, &[]).warnings;
        let found = warnings(r#"{"PostgreSQL": {"EnableIndex": true}}"#);
        assert!(found[0].contains("DatabaseServerIdentifier") && found[0].contains("PostgreSQL"), "{found:?}");
        assert!(warnings(r#"{"PostgreSQL": {"EnableIndex": true}, "DatabaseServerIdentifier": "a"}"#).is_empty());
        assert!(warnings(r#"{"PostgreSQL": {"EnableIndex": false}}"#).is_empty());
    }

    #[test]
    fn a_queue_that_nobody_serves_is_told() {
        assert!(nobody(3, Duration::from_secs(960)).unwrap().contains("(3) for 16 minutes"));
        assert_eq!(nobody(3, Duration::from_secs(840)), None);
    }

    #[test]
    fn a_folder_that_is_not_used_is_no_problem() {
        assert_eq!(space("\"StorageDirectory\"", Path::new("/nonexistent/folder")), None);
    }

    #[test]
    fn one_fault_is_no_pattern() {
        assert_eq!((faults(0), faults(2)), (None, None));
        assert!(faults(3).unwrap().contains("last 3 measurements"));
    }
}
