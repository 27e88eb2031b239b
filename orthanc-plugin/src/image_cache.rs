//! Images of the measurements that were looked at last: who asks for them waits here, and who makes them finds here what to make.

use crate::measurement::closing;
use crate::refusal::Refusal;
use crate::sdk::Mapping;
use crate::study::Resource;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a call waits before it says that the images are being made.
const PATIENCE: Duration = Duration::from_secs(20);
/// More calls do not wait: they would hold the HTTP threads that Orthanc answers everybody else with (50 by default).
const MOST_CALLERS: usize = 12;
/// No more measurements wait for their images.
const MOST_WANTED: usize = 100;
/// No more are remembered, however small their images, or their failures.
const MOST_KEPT: usize = 1000;

/// One measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What was measured.
    pub resource: Resource,
    /// When that ended.
    pub finished: String,
}

/// What a worker needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The core's settings.
    pub settings: Value,
    /// Orthanc identifiers of the CT's instances and of the SEG's.
    pub instances: Vec<String>,
    /// Orthanc identifiers of their series.
    pub series: Vec<String>,
}

/// What was made, by name.
pub type Files = BTreeMap<String, Arc<Mapping>>;

#[derive(Debug)]
enum State {
    Wanted,
    Ready(Files),
    Failed(Refusal),
}

#[derive(Debug)]
struct Entry {
    key: Key,
    /// What it is made from: without that it must not be shown.
    series: Vec<String>,
    state: State,
}

/// Images of the measurements that were looked at last.
#[derive(Debug)]
pub struct Images {
    inner: Mutex<Inner>,
    changed: Condvar,
    limit_bytes: usize,
}

#[derive(Debug, Default)]
struct Inner {
    /// Those asked for longest ago come first.
    entries: Vec<Entry>,
    wanted: VecDeque<(Key, Source)>,
    callers: usize,
    stopping: bool,
}

impl Inner {
    fn find(&self, key: &Key) -> Option<&State> {
        self.entries.iter().find(|entry| entry.key == *key).map(|entry| &entry.state)
    }

    /// Puts an entry last.
    fn set(&mut self, key: &Key, series: Vec<String>, state: State) {
        self.entries.retain(|entry| entry.key != *key);
        self.entries.push(Entry { key: key.clone(), series, state });
    }

    /// Moves an entry to the end.
    fn touch(&mut self, key: &Key) {
        if let Some(place) = self.entries.iter().position(|entry| entry.key == *key) {
            let entry = self.entries.remove(place);
            self.entries.push(entry);
        }
    }

    fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| size(&entry.state)).sum()
    }
}

fn size(state: &State) -> usize {
    match state {
        State::Ready(files) => files.values().map(|file| file.len()).sum(),
        _ => 0,
    }
}

impl Images {
    /// None yet.
    pub fn new(limit_megabytes: u64) -> Images {
        let limit_bytes = usize::try_from(limit_megabytes.saturating_mul(1 << 20)).unwrap_or(usize::MAX);
        Images { inner: Mutex::default(), changed: Condvar::new(), limit_bytes }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets those that wait go, and the thread that makes images end.
    pub fn stop(&self) {
        self.inner().stopping = true;
        self.changed.notify_all();
    }

    /// Forgets the images of a study or series that is no longer stored, and those made from it.
    pub fn forget(&self, id: &str) {
        self.inner().entries.retain(|entry| entry.key.resource.id != id && !entry.series.iter().any(|series| series == id));
        self.changed.notify_all();
    }

    /// One file of a measurement; `source` is asked only where nobody has asked for this measurement before.
    pub fn get(
        &self,
        key: &Key,
        name: &str,
        source: impl FnOnce() -> Result<Source, Refusal>,
    ) -> Result<Arc<Mapping>, Refusal> {
        let known = matches!(self.inner().find(key), Some(State::Wanted | State::Ready(_)));
        // Made outside the lock, for it asks Orthanc.
        let source = if known { None } else { Some(source()?) };
        let mut inner = self.inner();
        if let Some(source) = source.filter(|_| !matches!(inner.find(key), Some(State::Wanted | State::Ready(_)))) {
            if inner.wanted.len() >= MOST_WANTED {
                return Err(being_made());
            }
            inner.set(key, source.series.clone(), State::Wanted);
            inner.wanted.push_back((key.clone(), source));
            self.changed.notify_all();
        }
        let mut inner = self.wait(inner, key)?;
        match inner.find(key) {
            Some(State::Ready(files)) => {
                let file = files.get(name).cloned();
                inner.touch(key);
                file.ok_or_else(|| Refusal::internal(format!("the worker made no {name}")))
            }
            Some(State::Failed(refusal)) => Err(refusal.clone()),
            Some(State::Wanted) if inner.stopping => Err(closing()),
            Some(State::Wanted) => Err(being_made()),
            None => Err(key.resource.absent()),
        }
    }

    /// Waits while the images are being made, unless too many do so already.
    fn wait<'a>(&'a self, mut inner: MutexGuard<'a, Inner>, key: &Key) -> Result<MutexGuard<'a, Inner>, Refusal> {
        let being = |inner: &mut Inner| matches!(inner.find(key), Some(State::Wanted)) && !inner.stopping;
        if !being(&mut inner) {
            return Ok(inner);
        }
        if inner.callers >= MOST_CALLERS {
            return Err(being_made());
        }
        inner.callers += 1;
        let waited = self.changed.wait_timeout_while(inner, PATIENCE, being).unwrap_or_else(PoisonError::into_inner);
        let mut inner = waited.0;
        inner.callers -= 1;
        Ok(inner)
    }

    /// The next ones to make; waits for them. `None`: Orthanc stops.
    pub fn next(&self) -> Option<(Key, Source)> {
        let idle = |inner: &mut Inner| inner.wanted.is_empty() && !inner.stopping;
        let mut inner = self.changed.wait_while(self.inner(), idle).unwrap_or_else(PoisonError::into_inner);
        if inner.stopping { None } else { inner.wanted.pop_front() }
    }

    /// Keeps what was made, unless the study was deleted meanwhile; lets go of what was looked at longest ago.
    pub fn keep(&self, key: &Key, made: Result<Files, Refusal>) {
        let mut inner = self.inner();
        if let Some(entry) = inner.entries.iter_mut().find(|entry| entry.key == *key) {
            entry.state = made.map_or_else(State::Failed, State::Ready);
            inner.touch(key);
        }
        // The latest stays, however large: somebody waits for it.
        while inner.bytes() > self.limit_bytes && inner.entries.iter().filter(|entry| size(&entry.state) > 0).count() > 1 {
            let oldest = inner.entries.iter().position(|entry| size(&entry.state) > 0).unwrap_or_default();
            inner.entries.remove(oldest);
        }
        let surplus = inner.entries.len().saturating_sub(MOST_KEPT);
        inner.entries.drain(..surplus);
        drop(inner);
        self.changed.notify_all();
    }
}

fn being_made() -> Refusal {
    Refusal::unavailable("the images of this measurement are being prepared; ask again in a few seconds")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn key(number: u8) -> Key {
        let id = vec![format!("{number:08x}"); 5].join("-");
        Key { resource: Resource::new("studies", &id).unwrap(), finished: "now".into() }
    }

    fn files(bytes: usize) -> Files {
        [("image.nii.gz".to_owned(), Arc::new(Mapping::new(&vec![7; bytes]).unwrap()))].into()
    }

    fn source() -> Source {
        Source { settings: Value::Null, instances: vec![], series: vec!["ct".into(), "seg".into()] }
    }

    /// Asks, with somebody who makes what is wanted.
    fn asked(images: &Images, key: &Key, made: impl FnOnce() -> Result<Files, Refusal> + Send) -> Result<usize, Refusal> {
        std::thread::scope(|scope| {
            let caller = scope.spawn(|| images.get(key, "image.nii.gz", || Ok(source())).map(|file| file.len()));
            let (wanted, _) = images.next().unwrap();
            images.keep(&wanted, made());
            caller.join().unwrap()
        })
    }

    #[test]
    fn many_who_ask_at_once_wait_for_one_worker() {
        let images = Images::new(1);
        let sources = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let ask = || {
                images.get(&key(1), "image.nii.gz", || {
                    sources.fetch_add(1, Ordering::SeqCst);
                    Ok(source())
                })
            };
            let callers: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            let (wanted, _) = images.next().unwrap();
            while images.inner().callers < 8 {
                std::thread::sleep(Duration::from_millis(1));
            }
            images.keep(&wanted, Ok(files(10)));
            assert!(callers.into_iter().all(|caller| caller.join().unwrap().is_ok()));
        });
        assert!(images.inner().wanted.is_empty(), "nothing is made twice");
        assert!(images.get(&key(1), "labels.json", || unreachable!()).is_err());
    }

    #[test]
    fn what_was_looked_at_longest_ago_goes_first_and_the_latest_stays_however_large() {
        let images = Images::new(1);
        for number in [1, 2] {
            asked(&images, &key(number), || Ok(files(400 << 10))).unwrap();
        }
        images.get(&key(1), "image.nii.gz", || unreachable!()).unwrap();
        asked(&images, &key(3), || Ok(files(400 << 10))).unwrap();
        let kept = |number| images.inner().find(&key(number)).is_some();
        assert_eq!([kept(1), kept(2), kept(3)], [true, false, true]);
        assert_eq!(asked(&images, &key(4), || Ok(files(2 << 20))).unwrap(), 2 << 20);
        assert_eq!([kept(1), kept(3), kept(4)], [false, false, true]);
    }

    #[test]
    fn a_failure_is_told_and_the_next_call_tries_again() {
        let images = Images::new(1);
        let refusal = Refusal::internal("the worker ended unexpectedly");
        assert_eq!(asked(&images, &key(1), || Err(refusal.clone())).unwrap_err(), refusal);
        assert_eq!(asked(&images, &key(1), || Ok(files(5))).unwrap(), 5);
    }

    #[test]
    fn what_is_deleted_is_forgotten_even_while_it_is_being_made() {
        let images = Images::new(1);
        let deleted = asked(&images, &key(1), || {
            images.forget(&key(1).resource.id);
            Ok(files(5))
        });
        assert_eq!(deleted.unwrap_err().http_status, 404);
        assert!(images.inner().entries.is_empty());
    }

    #[test]
    fn images_go_with_the_series_that_they_were_made_from() {
        let images = Images::new(1);
        asked(&images, &key(1), || Ok(files(5))).unwrap();
        images.forget("another");
        assert!(images.inner().find(&key(1)).is_some());
        images.forget("seg");
        assert!(images.inner().find(&key(1)).is_none());
    }

    #[test]
    fn the_end_of_orthanc_lets_everybody_go() {
        let images = Images::new(1);
        std::thread::scope(|scope| {
            let caller = scope.spawn(|| images.get(&key(1), "image.nii.gz", || Ok(source())));
            images.next().unwrap();
            images.stop();
            assert_eq!(caller.join().unwrap().unwrap_err().http_status, 503);
            assert!(images.next().is_none());
        });
    }
}
