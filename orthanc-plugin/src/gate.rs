//! So many calls at a time and no more.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets a few through at a time.
#[derive(Debug)]
pub struct Gate {
    free: Mutex<usize>,
    left: Condvar,
}

impl Gate {
    /// With so many places.
    pub fn new(places: usize) -> Gate {
        Gate { free: Mutex::new(places), left: Condvar::new() }
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, where one is free.
    pub fn enter(&self) -> Option<Place<'_>> {
        let mut free = self.free();
        *free = free.checked_sub(1)?;
        Some(Place(self))
    }

    /// Waits for a place, runs `body`, leaves.
    pub fn pass<T>(&self, body: impl FnOnce() -> T) -> T {
        let mut free = self.left.wait_while(self.free(), |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        drop(free);
        let _place = Place(self);
        body()
    }
}

/// Taken until it is dropped.
#[derive(Debug)]
pub struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free() += 1;
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
        let fault = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gate.pass(|| panic!("inside"))));
        assert!(fault.is_err());
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    gate.pass(|| {
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(20));
                        inside.fetch_sub(1, Ordering::SeqCst);
                    });
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
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
