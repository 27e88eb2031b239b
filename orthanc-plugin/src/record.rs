//! The durable record: one attachment of the study or series that was measured, so that every Orthanc on the same database
//! answers the same.

use crate::archive::Archive;
use crate::obstacle::Obstacle;
use crate::refusal::Refusal;
use crate::sdk::Method;
use crate::study::Resource;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

/// The attachment's type; numbers from 1024 need no configuration.
pub const ATTACHMENT: u16 = 4750;
/// Name and version of the JSON form.
pub const SCHEMA: &str = "bonemuscle-record/1";
/// Two writers may meet; more than this often they do not.
const SAVE_ATTEMPTS: usize = 5;

/// How far a measurement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// All results are stored.
    Done,
    /// It failed; `error` says why.
    Failed,
    /// It did not end, and nobody will go on with it.
    Interrupted,
}

impl State {
    /// As it stands in the record.
    pub fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
            State::Interrupted => "interrupted",
        }
    }
}

/// Which Orthanc runs a measurement, and since which start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The same over restarts.
    pub node: String,
    /// Another one after each start.
    pub boot: String,
}

/// A result in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredInstance {
    /// Orthanc identifier.
    pub id: String,
    /// SOP Instance UID.
    pub sop_instance_uid: String,
    /// `Success`, or `AlreadyStored` after a repeat; [`PENDING`] before.
    pub status: String,
}

/// What made somebody ask for a measurement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A POST.
    #[default]
    User,
    /// The study became stable and fulfils a rule.
    Automatic,
    /// A back-fill came to it.
    BackFill,
}

/// The status of a result that is about to be stored: so that whatever happens meanwhile, the record names it.
pub const PENDING: &str = "Pending";

/// Everything about the latest measurement of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// How far it is.
    pub state: State,
    /// Who runs it.
    pub origin: Origin,
    /// What was asked for, in the words of the REST API.
    pub request: Value,
    /// What made somebody ask; records of earlier versions, a user.
    #[serde(default)]
    pub trigger: Trigger,
    /// Greater goes first.
    #[serde(default)]
    pub priority: i32,
    /// How often a worker was started for it.
    #[serde(default)]
    pub attempts: u32,
    /// Orthanc job, known to that Orthanc only, and only for a while.
    pub job: Option<String>,
    /// When it was asked for.
    pub queued: Timestamp,
    /// When a worker began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<Refusal>,
    /// Why it still waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// The core's report.
    pub report: Option<Value>,
    /// The report as a table.
    pub csv: Option<String>,
    /// The DICOM results, by file name.
    pub instances: BTreeMap<String, StoredInstance>,
    /// What earlier attempts have stored before they failed, as far as it is not among the results.
    #[serde(default)]
    pub leftovers: Vec<StoredInstance>,
}

impl Record {
    /// The record of a measurement that waits.
    pub fn new(origin: Origin, request: Value, priority: i32) -> Record {
        Record {
            schema: SCHEMA.to_owned(),
            state: State::Queued,
            origin,
            request,
            trigger: Trigger::User,
            priority,
            attempts: 0,
            job: None,
            queued: Timestamp::now(),
            started: None,
            finished: None,
            error: None,
            obstacle: None,
            report: None,
            csv: None,
            instances: BTreeMap::new(),
            leftovers: Vec::new(),
        }
    }

    /// Whether it waits or runs.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.state, State::Queued | State::Running)
    }

    /// What this measurement has stored without being done, as far as it can be known.
    pub fn partial(&self) -> impl Iterator<Item = &StoredInstance> {
        self.instances.values().filter(|_| self.state != State::Done).chain(&self.leftovers)
    }

    /// Turns an unfinished record into an interrupted one where nobody will go on with it: it is this Orthanc's, which does not
    /// list it, or another one is at it for longer than `timeout`. `here` is who asks.
    pub fn judged(self, here: &Origin, now: Timestamp, timeout: Duration) -> Record {
        let unfinished = self.is_unfinished();
        let overdue = self.started.is_some_and(|started| now.duration_since(started).unsigned_abs() > timeout);
        if unfinished && (self.origin.node == here.node || overdue) {
            return self.interrupted("Orthanc ended before the measurement was accepted or ended; POST again to repeat it");
        }
        self
    }

    /// One that nobody will go on with.
    pub fn interrupted(self, why: &str) -> Record {
        Record { state: State::Interrupted, error: Some(Refusal::unavailable(why)), ..self }
    }

    /// The record as it is answered: without the table, which has its own route.
    pub fn public(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(keys) = value.as_object_mut() {
            keys.remove("csv");
            if self.state != State::Queued {
                keys.remove("obstacle");
            }
            if self.is_unfinished() {
                // Some may be stored: nobody is to take these for the results.
                keys.insert("instances".into(), Value::Object(Map::new()));
            }
        }
        value
    }

    /// The stored record; `None` where the resource was never measured.
    pub fn load(archive: &dyn Archive, resource: &Resource) -> Result<Option<Record>, Refusal> {
        let reply = archive.call(Method::Get, &format!("{}/data", attachment(resource)), &[], b"")?;
        match reply.status {
            200 => {}
            404 => return Ok(None),
            status => return Err(Refusal::internal(format!("Orthanc answers HTTP status {status} for the record"))),
        }
        Record::read(&reply.body).map(Some)
    }

    /// Every version reads what an earlier one wrote: what it lacks has a default, and what it has in addition is passed over.
    fn read(json: &[u8]) -> Result<Record, Refusal> {
        let wrong = |error: &dyn Display| {
            let what = format!("attachment {ATTACHMENT} of this resource is not a record of BoneMuscle");
            Refusal::internal(format!("{what}: {error}; POST again to measure anew"))
        };
        let value: Value = serde_json::from_slice(json).map_err(|error| wrong(&error))?;
        let schema = value["schema"].as_str().unwrap_or("nothing that has a schema").to_owned();
        if schema != SCHEMA {
            return Err(wrong(&format_args!("it is {schema}, this version reads {SCHEMA}")));
        }
        serde_json::from_value(value).map_err(|error| wrong(&error))
    }

    /// Puts back what was known before a request that came to nothing, or takes its record away where that was nothing. A record that
    /// says more than that it waits is not this one's any more.
    pub fn withdraw(&self, archive: &dyn Archive, resource: &Resource, earlier: Option<&Record>) -> Result<(), Refusal> {
        let found = Record::load(archive, resource)?;
        if !found.is_some_and(|found| found.queued == self.queued && found.state == State::Queued) {
            return Ok(());
        }
        match earlier {
            Some(earlier) => earlier.save(archive, resource),
            None => replace(archive, resource, Method::Delete, b""),
        }
    }

    /// Stores the record, replacing the earlier one.
    pub fn save(&self, archive: &dyn Archive, resource: &Resource) -> Result<(), Refusal> {
        let body = serde_json::to_vec(self).map_err(|error| Refusal::internal(format!("the record: {error}")))?;
        archive.room_for(body.len())?;
        replace(archive, resource, Method::Put, &body)
    }
}

fn replace(archive: &dyn Archive, resource: &Resource, method: Method, body: &[u8]) -> Result<(), Refusal> {
    let uri = attachment(resource);
    let mut status = 0;
    for _ in 0..SAVE_ATTEMPTS {
        // Where CheckRevisions is on, replacing needs the revision that is replaced.
        let revision = archive.call(Method::Get, &format!("{uri}/size"), &[], b"")?;
        let headers: Vec<(&str, &str)> = revision.header("ETag").iter().map(|tag| ("if-match", *tag)).collect();
        status = archive.call(method, &uri, &headers, body)?.status;
        match status {
            200 => return Ok(()),
            404 => return Err(resource.absent()),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    Err(Refusal::unavailable(format!("Orthanc refuses to write the record, attachment {ATTACHMENT} (HTTP status {status})")))
}

fn attachment(resource: &Resource) -> String {
    format!("{}/attachments/{ATTACHMENT}", resource.uri())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{ArchiveError, Bytes, Reply};
    use serde_json::json;
    use std::sync::Mutex;

    fn origin(node: &str, boot: &str) -> Origin {
        Origin { node: node.into(), boot: boot.into() }
    }

    fn seen(state: State, from: &Origin, minutes_later: i64) -> State {
        let mut record = Record::new(origin("a", "1"), json!({}), 0);
        record.state = state;
        let started: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        record.started = (state != State::Queued).then_some(started);
        let now = started + jiff::SignedDuration::from_mins(minutes_later);
        record.judged(from, now, Duration::from_secs(1800)).state
    }

    #[test]
    fn what_this_orthanc_does_not_list_is_interrupted_and_nothing_that_has_ended() {
        let restarted = origin("a", "2");
        assert_eq!(seen(State::Queued, &restarted, 0), State::Interrupted);
        assert_eq!(seen(State::Running, &restarted, 0), State::Interrupted);
        assert_eq!(seen(State::Done, &restarted, 0), State::Done);
        assert_eq!(seen(State::Failed, &restarted, 0), State::Failed);
    }

    #[test]
    fn another_node_is_believed_until_its_time_is_up() {
        let other = origin("b", "1");
        assert_eq!(seen(State::Running, &other, 29), State::Running);
        assert_eq!(seen(State::Running, &other, 31), State::Interrupted);
        assert_eq!(seen(State::Queued, &other, 31), State::Queued);
    }

    #[test]
    fn results_are_shown_when_all_are_stored() {
        let one = StoredInstance { id: "i".into(), sop_instance_uid: "2.25.1".into(), status: PENDING.into() };
        let mut record = Record::new(origin("a", "1"), json!({}), 0);
        record.instances.insert("sr.dcm".into(), one.clone());
        record.state = State::Running;
        assert_eq!((record.public()["instances"].clone(), record.partial().collect::<Vec<_>>()), (json!({}), vec![&one]));
        record.state = State::Done;
        assert_eq!((record.public()["instances"]["sr.dcm"]["id"].clone(), record.partial().count()), (json!("i"), 0));
    }

    #[test]
    fn the_form_is_stable_and_the_answer_leaves_the_table_out() {
        let mut record = Record::new(origin("a", "1"), json!({"Outputs": null}), 0);
        record.csv = Some("structure,value\n".into());
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
        let public = record.public();
        assert_eq!((&public["schema"], &public["state"]), (&json!("bonemuscle-record/1"), &json!("queued")));
        assert!(public.get("csv").is_none());
    }

    /// Keeps one attachment.
    struct Drawer(Mutex<Option<Vec<u8>>>);

    impl Archive for Drawer {
        fn call(&self, method: Method, _: &str, _: &[(&str, &str)], body: &[u8]) -> Result<Reply, ArchiveError> {
            let mut kept = self.0.lock().unwrap();
            match method {
                Method::Put => *kept = Some(body.to_vec()),
                Method::Delete => *kept = None,
                _ => {}
            }
            let status = if kept.is_some() || method == Method::Delete { 200 } else { 404 };
            Ok(Reply { status, body: Bytes::Own(kept.clone().unwrap_or_default()), headers: BTreeMap::new() })
        }

        fn dicom(&self, _: &str) -> Result<Bytes, ArchiveError> {
            Err(ArchiveError::Lost)
        }

        fn room_for(&self, _: usize) -> Result<(), ArchiveError> {
            Ok(())
        }
    }

    #[test]
    fn a_request_that_came_to_nothing_leaves_what_was_known_before_and_no_record_where_that_was_nothing() {
        let resource = Resource::new("studies", "0a9b3153-2512774b-2d9580de-1fc3dcf6-3bd83918").unwrap();
        let earlier = Record { state: State::Done, ..Record::new(origin("a", "1"), json!({}), 0) };
        std::thread::sleep(Duration::from_millis(1));
        let request = Record::new(origin("a", "1"), json!({}), 0);
        let left = |before: Option<&Record>, stored: &Record| {
            let drawer = Drawer(Mutex::default());
            stored.save(&drawer, &resource).unwrap();
            request.withdraw(&drawer, &resource, before).unwrap();
            Record::load(&drawer, &resource).unwrap()
        };
        assert_eq!(left(None, &request), None);
        assert_eq!(left(Some(&earlier), &request), Some(earlier.clone()));
        let begun = Record { state: State::Running, ..request.clone() };
        assert_eq!(left(None, &begun), Some(begun.clone()), "accepted, and only the answer was lost");
        assert_eq!(left(None, &earlier), Some(earlier.clone()), "it was never written");
    }

    #[test]
    fn a_record_of_the_first_version_is_read() {
        const FIRST: &str = r#"{"schema": "bonemuscle-record/1", "state": "done", "origin": {"node": "n", "boot": "b"}, "request": {},
            "job": null, "queued": "2026-11-20T10:00:00Z", "started": "2026-11-20T10:00:01Z", "finished": "2026-11-20T10:01:00Z",
            "error": null, "report": {"findings": []}, "csv": "structure,value", "later": "key",
            "instances": {"sr.dcm": {"id": "i", "sop_instance_uid": "2.25.1", "status": "Success"}}}"#;
        let record = Record::read(FIRST.as_bytes()).unwrap();
        assert_eq!((record.state, record.instances["sr.dcm"].id.as_str(), record.attempts), (State::Done, "i", 0));
    }

    #[test]
    fn a_record_of_another_schema_is_refused_by_its_name() {
        for (text, part) in [
            (r#"{"schema": "bonemuscle-record/2"}"#, "bonemuscle-record/2"),
            ("[]", "nothing that has a schema"),
            ("nonsense", "is not a record"),
            (r#"{"schema": "bonemuscle-record/1"}"#, "missing field"),
        ] {
            let refusal = Record::read(text.as_bytes()).unwrap_err();
            assert!(refusal.details.contains(part) && refusal.details.contains("POST again"), "{refusal}");
        }
    }
}
