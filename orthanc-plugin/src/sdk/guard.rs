//! A panic must not leave a function that C++ called: it would end Orthanc.

use crate::events;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body`; a panic is logged and becomes `fallback`. The panic's own text stays out of the log, for it may quote input.
pub fn guarded<T>(what: &str, fallback: T, body: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(_) => {
            events::error("fault", &[("contained_in", &what)]);
            fallback
        }
    }
}
