//! Measures without being asked each time: studies that have become complete, and those that an archive holds already.
//!
//! ```text
//! StableStudy -> trigger <- /changes           POST .../back-fill -> back_fill -> filling
//!                   '-> deciding <--------------------------------------------------'
//!                          '-> verdict (facts, rule, mark), asking -> admission
//!                                 '-> dry_run: counts only
//! ```
//!
//! | module | idea |
//! |---|---|
//! | [`rule`], [`pattern`] | which studies are measured, and with which request |
//! | [`facts`], [`matching`] | what a study says of itself, and which rule that fulfils |
//! | [`mark`] | what was asked for already, kept at the study |
//! | [`verdict`], [`deciding`], [`asking`] | what is to be done about a study, and doing it |
//! | [`changes`], [`trigger`] | studies that become stable |
//! | [`back_fill`], [`filling`], [`turns`], [`aside`], [`hours`] | the studies of an archive, one after the other |
//! | [`dry_run`] | what would be done |
//! | [`kept`], [`in_flight`], [`studies`] | what outlives a restart, what was asked for and has not ended, all studies in order |
//! | [`routes`] | what administrators see |

pub mod aside;
pub mod asking;
pub mod back_fill;
pub mod changes;
pub mod deciding;
pub mod dry_run;
pub mod facts;
pub mod filling;
pub mod hours;
pub mod in_flight;
pub mod kept;
pub mod mark;
pub mod matching;
pub mod pattern;
pub mod routes;
pub mod rule;
pub mod studies;
pub mod trigger;
pub mod turns;
pub mod verdict;

use crate::ledger;
use crate::plugin::Plugin;
use back_fill::BackFill;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use trigger::Tally;

/// What lives as long as the plugin.
#[derive(Debug, Default)]
pub struct Automatic {
    /// Wakes the trigger.
    pub stable: Bell,
    /// Wakes the back-fill.
    pub ordered: Bell,
    /// What the trigger has done since the start.
    pub tally: Mutex<Tally>,
    /// The latest back-fill.
    pub back_fill: Mutex<Option<BackFill>>,
    /// Held during a dry run: one reads as much as the archive gives.
    pub looking: Mutex<()>,
}

/// Whether what an earlier start has left waits again, and something can be measured.
fn is_open(plugin: &Plugin) -> bool {
    plugin.is_ready() && ledger::open(plugin).is_ok()
}

/// Rings for one thread that waits, or will.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    /// Never waits: called where Orthanc tells of changes.
    pub fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_one();
    }

    /// Waits for the bell, at most for `patience`.
    pub fn wait(&self, patience: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = |rung: &mut bool| !*rung;
        *self.heard.wait_timeout_while(rung, patience, silent).unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_bell_that_rang_before_is_heard_once() {
        let bell = Bell::default();
        bell.ring();
        let began = Instant::now();
        bell.wait(Duration::from_secs(30));
        assert!(began.elapsed() < Duration::from_secs(10));
        bell.wait(Duration::from_millis(30));
        assert!(began.elapsed() >= Duration::from_millis(30));
    }
}
