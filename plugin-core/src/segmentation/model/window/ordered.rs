//! Several workers, one order: answers arrive in the order of the work, whoever did it.

use crate::segmentation::model::ModelError;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What the workers and the receiver know of each other.
struct State<R> {
    /// The next item that nobody has begun.
    next: usize,
    /// Items that were received.
    received: usize,
    /// Answers that wait for those before them.
    waiting: BTreeMap<usize, Result<R, ModelError>>,
    /// Whether no more work is wanted.
    stopped: bool,
    /// Whether a worker ended in a panic, with an answer that will never come.
    failed: bool,
}

struct Desk<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
}

impl<R> Desk<R> {
    fn lock(&self) -> MutexGuard<'_, State<R>> {
        // The state is whole at every point where its lock is held, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<R>>) -> MutexGuard<'a, State<R>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever ends, in whatever way, says so, lest the others wait for him.
struct Presence<'a, R>(&'a Desk<R>);

impl<R> Drop for Presence<'_, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.0.lock();
            (state.failed, state.stopped) = (true, true);
        }
        self.0.changed.notify_all();
    }
}

/// Does `work` on the items `0..count`, each by one of the `workers` on a thread of its own, and hands the answers to `receive` on the
/// calling thread, item 0 first. A worker is never more than two items per worker ahead of `receive`, which bounds the memory of
/// answers. The first error, of either, ends everything.
pub(super) fn in_order<W: Send, R: Send>(
    workers: Vec<W>,
    count: usize,
    work: impl Fn(&mut W, usize) -> Result<R, ModelError> + Sync,
    mut receive: impl FnMut(usize, R) -> Result<(), ModelError>,
) -> Result<(), ModelError> {
    let ahead = 2 * workers.len();
    let state = State { next: 0, received: 0, waiting: BTreeMap::new(), stopped: false, failed: false };
    let desk = Desk { state: Mutex::new(state), changed: Condvar::new() };
    std::thread::scope(|scope| {
        let _presence = Presence(&desk);
        let mut threads = Vec::new();
        for mut worker in workers {
            let (desk, work) = (&desk, &work);
            threads.push(scope.spawn(move || {
                let _presence = Presence(desk);
                while let Some(item) = begin(desk, count, ahead) {
                    let answer = work(&mut worker, item);
                    desk.lock().waiting.insert(item, answer);
                    desk.changed.notify_all();
                }
            }));
        }
        let outcome = (0..count).try_for_each(|item| receive(item, await_answer(&desk, item)?));
        desk.lock().stopped = true;
        desk.changed.notify_all();
        // A scope panics for threads that did and were not joined; the error is told already.
        threads.into_iter().for_each(|thread| drop(thread.join()));
        outcome
    })
}

/// The next item, as soon as it may be begun; none: there are no more.
fn begin<R>(desk: &Desk<R>, count: usize, ahead: usize) -> Option<usize> {
    let mut state = desk.lock();
    while !state.stopped && state.next < count && state.next >= state.received + ahead {
        state = desk.wait(state);
    }
    let item = state.next;
    (!state.stopped && item < count).then(|| {
        state.next += 1;
        item
    })
}

fn await_answer<R>(desk: &Desk<R>, item: usize) -> Result<R, ModelError> {
    let mut state = desk.lock();
    loop {
        if let Some(answer) = state.waiting.remove(&item) {
            state.received += 1;
            desk.changed.notify_all();
            return answer;
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
        let work = |_: &mut (), item: usize| {
            assert!(item < received.load(Ordering::SeqCst) + 7, "item {item} was begun too early");
            std::thread::sleep(std::time::Duration::from_micros(if item.is_multiple_of(3) { 900 } else { 10 }));
            Ok(item * item)
        };
        let receive = |item, answer| {
            found.push((item, answer));
            received.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        in_order(vec![(); 3], 50, work, receive).unwrap();
        assert_eq!(found, (0..50).map(|item| (item, item * item)).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_ends_the_work() {
        let begun = AtomicUsize::new(0);
        let work = |_: &mut (), item: usize| {
            begun.fetch_add(1, Ordering::SeqCst);
            if item == 5 { Err(ModelError::Runtime { reason: "five".to_owned() }) } else { Ok(()) }
        };
        let found = in_order(vec![(); 2], 1000, work, |_, ()| Ok(())).unwrap_err();
        assert_eq!(found.to_string(), "networks cannot be run: five");
        assert!(begun.load(Ordering::SeqCst) < 20);
        let cancelled = in_order(vec![(); 2], 1000, |_, _| Ok(()), |_, ()| Err(crate::progress::Cancelled.into()));
        assert!(matches!(cancelled, Err(ModelError::Cancelled(_))));
    }

    #[test]
    fn a_panic_ends_the_work_and_nobody_waits() {
        for workers in [1, 3] {
            let work = |_: &mut (), item: usize| {
                assert_ne!(item, 5, "this panic is meant");
                Ok(())
            };
            let found = in_order(vec![(); workers], 1000, work, |_, ()| Ok(())).unwrap_err();
            assert!(found.to_string().contains("ended before its work"), "{found}");
            let receiver =
                || in_order(vec![(); workers], 1000, |_, _| Ok(()), |item, ()| panic!("this panic at {item} is meant"));
            assert!(std::panic::catch_unwind(receiver).is_err());
        }
    }
}
