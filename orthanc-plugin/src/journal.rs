//! The list of accepted measurements that have not ended, in Orthanc's database: what a restart takes up again.
//!
//! ```text
//! POST:  list + record (queued) -> disk -> answer
//! run:   record (running, attempts + 1) -> worker -> record (names of the results) -> results, one by one
//! end:   record (done or failed) -> off the list
//! ```
//!
//! Each arrow waits for the write before it, so at any moment either the record says how a measurement ended, or the list names it and
//! [`crate::resume`] goes on with it. Results have the same UIDs however often they are made, and are asked for before they are stored.
//!
//! # What is durable when
//!
//! *The process dies* (`kill -9`, a fault in Orthanc): Orthanc commits each call of ours in one transaction before it answers us, and
//! what is committed is in the kernel's hands. Nothing is lost.
//!
//! *The machine dies* (power): PostgreSQL has synced its log when a commit returns (`synchronous_commit`, on by default). Orthanc opens
//! SQLite with `JOURNAL_MODE=WAL` and `SYNCHRONOUS=NORMAL` (`SQLiteDatabaseWrapper.cpp`): commits are atomic and stay in order, but are synced
//! only by a checkpoint, which Orthanc asks for each ten seconds (`ServerIndex::FlushThread`). So the POST syncs the write-ahead log
//! itself ([`crate::disk`]) before it is answered. What follows is not synced by us: lost, it puts the database back to an earlier moment
//! of the same order, at which the list still names the measurement, and it is made again. Files, such as the record's, are synced by
//! Orthanc before the database names them (`"SyncStorageArea"`, on by default); one that is lost all the same ends the measurement
//! as failed, with a sentence.
//!
//! # Whose list it is
//!
//! Orthanc gives plugins the properties of their own server only (`OrthancPlugins.cpp`: `false /* not shared */`): on PostgreSQL a
//! row per `DatabaseServerIdentifier`, in SQLite, which one Orthanc locks, the only row. So no other Orthanc reads or writes this list. Where
//! that identifier changes between two starts, as Orthanc makes it from the machine's addresses and ports where none is set, the list on PostgreSQL is lost with it; the
//! records then stay as they are until somebody POSTs again.

use crate::refusal::Refusal;
use crate::sdk;
use crate::study::Resource;
use serde::{Deserialize, Serialize};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The global property; that of the calibrations is 4750.
const PROPERTY: i32 = 4751;
const SCHEMA: &str = "bonemuscle-journal/1";
/// As many as wait and run at most. The text stays below 64 kilobytes, beyond which MySQL keeps no property.
const MOST: usize = 1_100;

/// The text of the property.
#[derive(Debug, Serialize, Deserialize)]
struct Text {
    schema: String,
    /// `studies/...` or `series/...`, in the order of the POSTs.
    accepted: Vec<String>,
}

/// Accepted measurements that have not ended.
#[derive(Debug, Default)]
pub struct Journal {
    list: Mutex<List>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct List {
    /// `None` until it was read.
    accepted: Option<Vec<Resource>>,
    /// The database refused the latest change.
    is_behind: bool,
    is_resumed: bool,
}

impl List {
    fn read(&mut self) -> Result<&mut Vec<Resource>, Refusal> {
        if self.accepted.is_none() {
            let text = sdk::global_property(PROPERTY, "").ok_or_else(|| {
                Refusal::unavailable("Orthanc's database does not answer for the list of unfinished measurements")
            })?;
            self.accepted = Some(parse(&text)?);
        }
        Ok(self.accepted.get_or_insert_default())
    }

    fn write(&mut self) -> Result<(), Refusal> {
        let text = print(self.read()?);
        self.is_behind = !sdk::set_global_property(PROPERTY, &text);
        match self.is_behind {
            false => Ok(()),
            true => Err(Refusal::unavailable(
                "Orthanc's database does not store the list of unfinished measurements; is its disk full, or read-only?",
            )),
        }
    }
}

impl Journal {
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them, in the order of the POSTs.
    pub fn accepted(&self) -> Result<Vec<Resource>, Refusal> {
        self.list().read().cloned()
    }

    /// Whether a measurement of `resource` is among them.
    pub fn lists(&self, resource: &Resource) -> Result<bool, Refusal> {
        Ok(self.list().read()?.contains(resource))
    }

    /// Adds one; fails where the database does not store it.
    pub fn enter(&self, resource: &Resource) -> Result<(), Refusal> {
        let mut list = self.list();
        let accepted = list.read()?;
        if accepted.contains(resource) {
            return Ok(());
        }
        if accepted.len() >= MOST {
            return Err(Refusal::unavailable(format!("{MOST} measurements are unfinished already; POST again later")));
        }
        accepted.push(resource.clone());
        let written = list.write();
        if written.is_err() {
            list.read()?.pop();
        }
        written
    }

    /// Takes out those that have ended. Where the database does not store it, a restart finds their records ended, and
    /// [`Journal::keep_up`] tries again.
    pub fn strike(&self, ended: &[Resource]) -> Result<(), Refusal> {
        let mut list = self.list();
        list.read()?.retain(|resource| !ended.contains(resource));
        list.write()
    }

    /// Repeats what the database did not store, if there is such.
    pub fn keep_up(&self) -> Option<Result<(), Refusal>> {
        let mut list = self.list();
        list.is_behind.then(|| list.write())
    }

    /// What an earlier start has left waits here again.
    pub fn resumed(&self) {
        self.list().is_resumed = true;
        self.changed.notify_all();
    }

    /// Waits for [`Journal::resumed`]: before that nobody can tell whether a POST asks for something new.
    pub fn wait_until_resumed(&self, patience: Duration) -> Result<(), Refusal> {
        let waited = self.changed.wait_timeout_while(self.list(), patience, |list| !list.is_resumed);
        match waited.unwrap_or_else(PoisonError::into_inner).0.is_resumed {
            true => Ok(()),
            false => Err(Refusal::unavailable(
                "Orthanc has just started and looks after measurements that it had not finished; POST again in a moment",
            )),
        }
    }
}

fn parse(text: &str) -> Result<Vec<Resource>, Refusal> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let foreign = || {
        Refusal::internal(format!(
            "the global property {PROPERTY} of Orthanc's database holds no {SCHEMA}; another plugin, or a newer BoneMuscle, uses it"
        ))
    };
    let text: Text = serde_json::from_str(text).map_err(|_| foreign())?;
    if text.schema != SCHEMA {
        return Err(foreign());
    }
    text.accepted.iter().map(|path| Resource::from_path(path).map_err(|_| foreign())).collect()
}

fn print(accepted: &[Resource]) -> String {
    let paths = accepted.iter().map(Resource::path).collect();
    // Two texts cannot fail to become JSON.
    serde_json::to_string(&Text { schema: SCHEMA.to_owned(), accepted: paths }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(kind: &str, number: usize) -> Resource {
        Resource::new(kind, &vec![format!("{number:08x}"); 5].join("-")).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back_in_its_order() {
        let list = [resource("studies", 2), resource("series", 1), resource("studies", 1)];
        assert_eq!(parse(&print(&list)).unwrap(), list);
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn the_longest_list_fits_where_texts_are_bounded() {
        let list: Vec<Resource> = (0..MOST).map(|number| resource("studies", number)).collect();
        assert!(print(&list).len() < 65_536);
    }

    #[test]
    fn the_text_of_somebody_else_is_left_alone_and_that_is_said() {
        let path = r#"{"schema":"bonemuscle-journal/1","accepted":["studies/../x"]}"#;
        for text in ["{}", "[]", "x", r#"{"schema":"bonemuscle-journal/2","accepted":[]}"#, path] {
            assert!(parse(text).unwrap_err().details.contains("4751"), "{text}");
        }
    }

    #[test]
    fn without_a_database_nothing_is_accepted() {
        let journal = Journal::default();
        assert_eq!(journal.enter(&resource("studies", 1)).unwrap_err().http_status, 503);
        assert!(journal.lists(&resource("studies", 1)).is_err());
    }

    #[test]
    fn posts_wait_for_what_was_left_but_not_for_ever() {
        let journal = Journal::default();
        assert_eq!(journal.wait_until_resumed(Duration::from_millis(20)).unwrap_err().http_status, 503);
        journal.resumed();
        assert!(journal.wait_until_resumed(Duration::ZERO).is_ok());
    }
}
