//! What waits and what runs on this Orthanc.

use crate::measurement::{Measurement, closing};
use crate::refusal::Refusal;
use crate::study::Resource;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// No more measurements wait: a script that POSTs in a loop must not fill the memory.
const MOST_WAITING: usize = 1000;

/// No measurement tells when its hindrance is over.
const LOOK: Duration = Duration::from_secs(1);

/// Measurements in order of priority, and those that run.
#[derive(Debug, Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Condvar,
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: Vec<Arc<Measurement>>,
    running: Vec<Arc<Measurement>>,
    stopping: bool,
}

impl Inner {
    /// After those of the same priority that were asked for before.
    fn line_up(&mut self, measurement: &Arc<Measurement>) {
        let turn = measurement.turn();
        let place = self.waiting.partition_point(|other| other.turn() <= turn);
        self.waiting.insert(place, Arc::clone(measurement));
    }

    fn find(&self, is_it: impl Fn(&Measurement) -> bool) -> Option<Arc<Measurement>> {
        self.running.iter().chain(&self.waiting).find(|measurement| !measurement.is_finished() && is_it(measurement)).cloned()
    }
}

/// What became of a measurement that was offered.
#[derive(Debug)]
pub enum Admission {
    /// It waits.
    New(Arc<Measurement>),
    /// The same one waits or runs already.
    Existing(Arc<Measurement>),
}

impl Queue {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The measurement of `resource` that waits or runs.
    pub fn find(&self, resource: &Resource) -> Option<Arc<Measurement>> {
        self.inner().find(|measurement| measurement.plan.resource == *resource)
    }

    /// All that wait or run.
    pub fn all(&self) -> Vec<Arc<Measurement>> {
        let inner = self.inner();
        inner.running.iter().chain(&inner.waiting).cloned().collect()
    }

    /// Takes a measurement in, unless one of the same resource is here.
    pub fn admit(&self, measurement: Measurement) -> Result<Admission, Refusal> {
        let mut inner = self.inner();
        if inner.stopping {
            return Err(closing());
        }
        if let Some(existing) = inner.find(|other| other.plan.resource == measurement.plan.resource) {
            return same(&existing, &measurement).map(|()| Admission::Existing(existing));
        }
        if inner.waiting.len() >= MOST_WAITING {
            return Err(Refusal::unavailable(format!("{MOST_WAITING} measurements wait already; POST again later")));
        }
        let measurement = Arc::new(measurement);
        inner.line_up(&measurement);
        self.changed.notify_one();
        Ok(Admission::New(measurement))
    }

    /// Takes in one that was accepted before, at Orthanc's last start or as it was withdrawn, however many wait.
    pub fn readmit(&self, measurement: &Arc<Measurement>) -> Result<(), Refusal> {
        let mut inner = self.inner();
        if inner.stopping {
            return Err(closing());
        }
        inner.running.retain(|other| !Arc::ptr_eq(other, measurement));
        inner.line_up(measurement);
        self.changed.notify_one();
        Ok(())
    }

    /// The next one to run; waits for it. `None`: Orthanc stops.
    pub fn next(&self) -> Option<Arc<Measurement>> {
        let mut inner = self.inner();
        loop {
            if inner.stopping {
                return None;
            }
            if let Some(place) = inner.waiting.iter().position(|measurement| measurement.hindrance.is_over()) {
                let measurement = inner.waiting.remove(place);
                inner.running.push(Arc::clone(&measurement));
                return Some(measurement);
            }
            inner = match inner.waiting.is_empty() {
                true => self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
                false => self.changed.wait_timeout(inner, LOOK).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    /// Forgets one that has run or was withdrawn.
    pub fn finished(&self, measurement: &Arc<Measurement>) {
        self.inner().running.retain(|other| !Arc::ptr_eq(other, measurement));
    }

    /// Takes one out that waits, so that nobody begins it; answers whether it was still waiting. Then its end is the caller's, and until
    /// [`Queue::finished`] it is found as before: whoever asks meanwhile is not told that Orthanc has lost it.
    pub fn withdraw(&self, measurement: &Arc<Measurement>) -> bool {
        let mut inner = self.inner();
        let Some(place) = inner.waiting.iter().position(|other| Arc::ptr_eq(other, measurement)) else { return false };
        let withdrawn = inner.waiting.remove(place);
        inner.running.push(withdrawn);
        true
    }

    /// How many wait, and how many run.
    pub fn lengths(&self) -> (usize, usize) {
        let inner = self.inner();
        (inner.waiting.len(), inner.running.len())
    }

    /// Whether Orthanc stops.
    pub fn is_stopping(&self) -> bool {
        self.inner().stopping
    }

    /// Waits for the end of Orthanc, at most for `patience`; answers whether it has come.
    pub fn wait_for_stop(&self, patience: Duration) -> bool {
        let running = |inner: &mut Inner| !inner.stopping;
        let waited = self.stopped.wait_timeout_while(self.inner(), patience, running);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    /// Lets nobody in and has the running ones end; answers those that waited.
    pub fn stop(&self) -> Vec<Arc<Measurement>> {
        let mut inner = self.inner();
        inner.stopping = true;
        inner.running.iter().for_each(|measurement| measurement.cancel());
        self.changed.notify_all();
        self.stopped.notify_all();
        std::mem::take(&mut inner.waiting)
    }
}

/// Whether two measurements of one resource are the same; the record has room for one.
pub fn same(existing: &Measurement, asked: &Measurement) -> Result<(), Refusal> {
    match existing.plan.request.canonical() == asked.plan.request.canonical() {
        true => Ok(()),
        false => Err(busy(existing)),
    }
}

/// The refusal of a second, different measurement of the same resource.
pub fn busy(existing: &Measurement) -> Refusal {
    let job = existing.record().job.unwrap_or_default();
    Refusal::conflict(format!("a measurement with other settings waits or runs here; wait for it, or POST /jobs/{job}/cancel"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::Plan;
    use crate::record::Origin;
    use crate::request::Request;
    use serde_json::Value;

    fn measurement(number: u8, priority: i32, outputs: &[&str]) -> Measurement {
        let id = vec![format!("{number:08x}"); 5].join("-");
        let outputs = Some(outputs.iter().map(|word| word.to_string()).collect());
        let request = Request { priority, outputs, ..Request::default() };
        let resource = Resource::new("studies", &id).unwrap();
        let plan = Plan { resource, request, settings: Value::Null, instances: vec![] };
        Measurement::new(plan, Origin { node: "n".into(), boot: "b".into() })
    }

    fn admitted(queue: &Queue, measurement: Measurement) -> Arc<Measurement> {
        match queue.admit(measurement).unwrap() {
            Admission::New(measurement) => measurement,
            Admission::Existing(_) => panic!("it was not here before"),
        }
    }

    #[test]
    fn priority_first_then_first_come() {
        let queue = Queue::default();
        for (number, priority) in [(1, 0), (2, 5), (3, 0), (4, 5), (5, -1)] {
            admitted(&queue, measurement(number, priority, &[]));
        }
        let order: Vec<u8> =
            (0..5).map(|_| u8::from_str_radix(&queue.next().unwrap().plan.resource.id[..8], 16).unwrap()).collect();
        assert_eq!(order, [2, 4, 1, 3, 5]);
        assert_eq!(queue.lengths(), (0, 5));
    }

    #[test]
    fn the_same_request_is_taken_once_while_it_waits_or_runs() {
        let queue = Queue::default();
        let first = admitted(&queue, measurement(1, 0, &["sr"]));
        assert!(
            matches!(queue.admit(measurement(1, 9, &["sr"])).unwrap(), Admission::Existing(other) if Arc::ptr_eq(&other, &first))
        );
        assert_eq!(queue.admit(measurement(1, 0, &["pdf"])).unwrap_err().http_status, 409);
        queue.next().unwrap();
        assert!(matches!(queue.admit(measurement(1, 0, &["sr"])).unwrap(), Admission::Existing(_)));
        queue.finished(&first);
        assert!(matches!(queue.admit(measurement(1, 0, &["sr"])).unwrap(), Admission::New(_)));
    }

    #[test]
    fn what_was_hindered_lets_others_go_first() {
        let queue = Queue::default();
        let first = admitted(&queue, measurement(1, 5, &[]));
        let second = admitted(&queue, measurement(2, 0, &[]));
        assert!(Arc::ptr_eq(&queue.next().unwrap(), &first));
        first.hindrance.meet();
        queue.readmit(&first).unwrap();
        assert!(Arc::ptr_eq(&queue.next().unwrap(), &second));
        queue.finished(&second);
        assert_eq!(queue.lengths(), (1, 0));
        assert!(queue.withdraw(&first), "it can be cancelled meanwhile");
        queue.readmit(&first).unwrap();
        let began = std::time::Instant::now();
        assert!(Arc::ptr_eq(&queue.next().unwrap(), &first));
        assert!((4..9).contains(&began.elapsed().as_secs()));
    }

    #[test]
    fn a_full_queue_refuses() {
        let queue = Queue::default();
        let mut inner = queue.inner();
        inner.waiting = (0..MOST_WAITING).map(|_| Arc::new(measurement(1, 0, &[]))).collect();
        drop(inner);
        assert_eq!(queue.admit(measurement(2, 0, &[])).unwrap_err().http_status, 503);
    }

    #[test]
    fn stopping_ends_waiters_and_runners_and_lets_nobody_in() {
        let queue = Arc::new(Queue::default());
        let running = admitted(&queue, measurement(1, 0, &[]));
        queue.next().unwrap();
        let waiter = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || queue.next().is_none())
        };
        assert!(queue.stop().is_empty());
        assert!(running.is_cancelled());
        assert!(waiter.join().unwrap());
        assert_eq!(queue.admit(measurement(3, 0, &[])).unwrap_err().http_status, 503);
    }

    #[test]
    fn what_was_given_up_does_not_come_back() {
        let given_up = measurement(1, 0, &[]);
        given_up.abandon(crate::record::State::Interrupted, closing());
        given_up.follow(given_up.record(), "segment", 0.5);
        assert!(given_up.is_finished() && given_up.record().error == Some(closing()));
    }

    #[test]
    fn one_that_waits_can_be_withdrawn_once() {
        let queue = Queue::default();
        let waiting = admitted(&queue, measurement(1, 0, &[]));
        assert_eq!(queue.all().len(), 1);
        assert!(queue.withdraw(&waiting));
        assert!(!queue.withdraw(&waiting));
        assert_eq!((queue.lengths(), queue.all().len()), ((0, 1), 1), "nobody can begin it, everybody finds it");
        queue.finished(&waiting);
        assert!(queue.all().is_empty());
    }
}
