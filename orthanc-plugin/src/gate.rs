//! So many calls at a time and no more.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets a few through at a time.
#[derive(Debug)]
pub struct Gate {
    places: Mutex<Places>,
    left: Condvar,
}

#[derive(Debug)]
struct Places {
    free: usize,
    /// How many wait for one.
    wanted: usize,
}

impl Gate {
    /// With so many places.
    pub fn new(places: usize) -> Gate {
        Gate { places: Mutex::new(Places { free: places, wanted: 0 }), left: Condvar::new() }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, where one is free.
    pub fn enter(&self) -> Option<Place<'_>> {
        let mut places = self.places();
        places.free = places.free.checked_sub(1)?;
        Some(Place(self))
    }

    /// Waits for a place, runs `body`, leaves; `None` where none is free and `most_waiting` wait already.
    pub fn pass<T>(&self, most_waiting: usize, body: impl FnOnce() -> T) -> Option<T> {
        let mut places = self.places();
        if places.free == 0 && places.wanted >= most_waiting {
            return None;
        }
        places.wanted += 1;
        places = self.left.wait_while(places, |places| places.free == 0).unwrap_or_else(PoisonError::into_inner);
        places.wanted -= 1;
        places.free -= 1;
        drop(places);
        let _place = Place(self);
        Some(body())
    }
}

/// Taken until it is dropped.
#[derive(Debug)]
pub struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.places().free += 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn the_gate_never_lets_more_through_and_survives_a_fault() {
        let gate = Gate::new(2);
        let fault = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gate.pass(1, || panic!("inside"))));
        assert!(fault.is_err());
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let passed = gate.pass(8, || {
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(20));
                        inside.fetch_sub(1, Ordering::SeqCst);
                    });
                    assert!(passed.is_some());
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
    }

    #[test]
    fn so_many_wait_and_no_more() {
        let gate = Gate::new(1);
        let inside = gate.enter().unwrap();
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..12).map(|_| scope.spawn(|| gate.pass(12, || ()))).collect();
            while gate.places().wanted < 12 {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(gate.pass(12, || ()), None);
            drop(inside);
            assert!(waiting.into_iter().all(|one| one.join().unwrap().is_some()));
        });
        assert_eq!(gate.pass(0, || ()), Some(()), "nobody has to wait");
    }

    #[test]
    fn so_many_enter_and_no_more_until_one_leaves() {
        let gate = Gate::new(12);
        let mut places: Vec<_> = (0..12).map(|_| gate.enter().unwrap()).collect();
        assert!(gate.enter().is_none());
        places.pop();
        assert!(gate.enter().is_some());
    }
}
