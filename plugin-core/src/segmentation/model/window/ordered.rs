//! Several workers, one order: what they did is received in the order of the work, whoever did it.

use crate::segmentation::model::ModelError;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What the threads and the receiver know of each other.
struct State<W> {
    /// The next item that nobody has begun.
    next: usize,
    /// Workers that may begin an item.
    free: Vec<W>,
    /// Workers whose item waits for those before it, and how it went.
    waiting: BTreeMap<usize, (W, Result<(), ModelError>)>,
    /// Whether no more work is wanted.
    stopped: bool,
    /// Whether a thread ended in a panic, with an item that will never be done.
    failed: bool,
}

struct Desk<W> {
    state: Mutex<State<W>>,
    changed: Condvar,
}

impl<W> Desk<W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        // The state is whole at every point where its lock is held, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<W>>) -> MutexGuard<'a, State<W>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State<W>)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

/// Whoever ends, in whatever way, says so, lest the others wait for him.
struct Presence<'a, W>(&'a Desk<W>);

impl<W> Drop for Presence<'_, W> {
    fn drop(&mut self) {
        let panicking = std::thread::panicking();
        self.0.change(|state| {
            state.failed |= panicking;
            state.stopped |= panicking;
        });
    }
}

/// Does `work` on the items `0..count`, as many at once as there are `workers`, and hands each worker to `receive` on the calling
/// thread, item 0 first. A worker begins another item only when his last one was received, so that he may keep the answer in himself:
/// there are never more answers than workers. The first error, of either, ends everything.
pub(super) fn in_order<W: Send>(
    workers: Vec<W>,
    count: usize,
    work: impl Fn(&mut W, usize) -> Result<(), ModelError> + Sync,
    mut receive: impl FnMut(usize, &mut W) -> Result<(), ModelError>,
) -> Result<(), ModelError> {
    let threads = workers.len();
    let state = State { next: 0, free: workers, waiting: BTreeMap::new(), stopped: false, failed: false };
    let desk = Desk { state: Mutex::new(state), changed: Condvar::new() };
    std::thread::scope(|scope| {
        let _presence = Presence(&desk);
        let run = || {
            let _presence = Presence(&desk);
            while let Some((mut worker, item)) = begin(&desk, count) {
                let outcome = work(&mut worker, item);
                desk.change(|state| drop(state.waiting.insert(item, (worker, outcome))));
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let outcome = (0..count).try_for_each(|item| {
            let (mut worker, outcome) = finished(&desk, item)?;
            outcome.and_then(|()| receive(item, &mut worker))?;
            desk.change(|state| state.free.push(worker));
            Ok(())
        });
        desk.change(|state| state.stopped = true);
        // A scope panics for threads that did and were not joined; the error is told already.
        threads.into_iter().for_each(|thread| drop(thread.join()));
        outcome
    })
}

/// A free worker and the next item, as soon as there are both; none: there are no more items.
fn begin<W>(desk: &Desk<W>, count: usize) -> Option<(W, usize)> {
    let mut state = desk.lock();
    loop {
        if state.stopped || state.next >= count {
            return None;
        }
        if let Some(worker) = state.free.pop() {
            state.next += 1;
            return Some((worker, state.next - 1));
        }
        state = desk.wait(state);
    }
}

fn finished<W>(desk: &Desk<W>, item: usize) -> Result<(W, Result<(), ModelError>), ModelError> {
    let mut state = desk.lock();
    loop {
        if let Some(done) = state.waiting.remove(&item) {
            return Ok(done);
        }
        if state.failed {
            return Err(ModelError::Runtime { reason: "a thread that ran the network ended before its work".to_owned() });
        }
        state = desk.wait(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn answers_come_in_order_and_work_stays_near() {
        let received = AtomicUsize::new(0);
        let mut found = Vec::new();
        let work = |answer: &mut usize, item: usize| {
            assert!(item < received.load(Ordering::SeqCst) + 3, "item {item} was begun too early");
            std::thread::sleep(std::time::Duration::from_micros(if item.is_multiple_of(3) { 900 } else { 10 }));
            *answer = item * item;
            Ok(())
        };
        let receive = |item, answer: &mut usize| {
            found.push((item, *answer));
            received.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        in_order(vec![0; 3], 50, work, receive).unwrap();
        assert_eq!(found, (0..50).map(|item| (item, item * item)).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_ends_the_work() {
        let begun = AtomicUsize::new(0);
        let work = |_: &mut (), item: usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            if item == 5 { Err(ModelError::Runtime { reason: "five".to_owned() }) } else { Ok(()) }
        };
        let found = in_order(vec![(); 2], 1000, work, |_, _| Ok(())).unwrap_err();
        assert_eq!(found.to_string(), "networks cannot be run: five");
        assert!(begun.load(Ordering::SeqCst) < 20);
        let cancelled = in_order(vec![(); 2], 1000, |_, _| Ok(()), |_, _| Err(crate::progress::Cancelled.into()));
        assert!(matches!(cancelled, Err(ModelError::Cancelled(_))));
    }

    #[test]
    fn a_panic_ends_the_work_and_nobody_waits() {
        for workers in [1, 3] {
            let work = |_: &mut (), item: usize| {
                assert_ne!(item, 5, "this panic is meant");
                Ok(())
            };
            let found = in_order(vec![(); workers], 1000, work, |_, _| Ok(())).unwrap_err();
            assert!(found.to_string().contains("ended before its work"), "{found}");
            let receiver =
                || in_order(vec![(); workers], 1000, |_, _| Ok(()), |item, _| panic!("this panic at {item} is meant"));
            assert!(std::panic::catch_unwind(receiver).is_err());
        }
    }
}
