//! A panic must not leave a function that C++ called: it would end Orthanc.

use super::context::log_error;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body`; a panic is logged and becomes `fallback`. The panic's own text stays out of the log, for it may quote input.
pub fn guarded<T>(what: &str, fallback: T, body: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(_) => {
            log_error(&format!("BoneMuscle: a fault in {what} was contained"));
            fallback
        }
    }
}
