use crate::status::Failure;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::thread::{Builder, JoinHandle};

/// The threads of one run. Dropping them waits for their end: a host may unload the library right after, which neither
/// rayon's global pool (never ends) nor its ordinary one (ends some time later) survives.
pub(crate) struct Threads {
    pool: Option<ThreadPool>,
    handles: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts `count` threads; absent: one per core.
    pub(crate) fn start(count: Option<usize>) -> Result<Self, Failure> {
        let mut threads = Threads { pool: None, handles: Vec::new() };
        let handles = &mut threads.handles;
        let pool = ThreadPoolBuilder::new()
            .num_threads(count.unwrap_or(0))
            .thread_name(|index| format!("bonemuscle-{index}"))
            .spawn_handler(|thread| {
                let name = thread.name().unwrap_or("bonemuscle").to_owned();
                handles.push(Builder::new().name(name).spawn(|| thread.run())?);
                Ok(())
            })
            .build();
        threads.pool = Some(pool.map_err(|error| Failure::internal(format!("no threads to compute with: {error}")))?);
        Ok(threads)
    }

    /// Runs `work` on these threads; its panic is passed on.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        drop(self.pool.take());
        for handle in self.handles.drain(..) {
            let _ended_by_panic = handle.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn work_runs_on_as_many_threads_as_asked_for() {
        let threads = Threads::start(Some(3)).expect("three threads can be started");
        assert_eq!((threads.run(rayon::current_num_threads), threads.handles.len()), (3, 3));
    }

    #[test]
    fn a_panic_is_passed_on_and_the_threads_still_end() {
        let threads = Threads::start(Some(2)).expect("two threads can be started");
        assert!(catch_unwind(AssertUnwindSafe(|| threads.run(|| panic!("in the run")))).is_err());
        drop(threads);
    }
}
