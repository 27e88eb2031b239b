//! The requests of all Orthancs: accepted, looked at, cancelled.

use super::database::{Database, Failure};
use super::message::Message;
use super::schema::QUEUES;
use crate::archive::Archive;
use crate::measurement::{Measurement, Plan};
use crate::record::{Record, State, StoredInstance};
use crate::refusal::Refusal;
use crate::store;
use crate::study::Resource;
use jiff::Timestamp;
use postgres::types::Json;
use postgres::{Client, Row};
use serde_json::{Value, json};

/// More are not listed: a page that shows them would not end.
const MOST_LISTED: i64 = 1000;
const COLUMNS: &str =
    "resource, queue, message, record, stage, fraction, cancelled, starts, lease, worker, started, held_until > now()";

/// A request that waits or runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Study or series, as in [`Resource::path`].
    pub resource: String,
    /// One of [`QUEUES`].
    pub queue: String,
    /// Its message there.
    pub message: i64,
    /// State, and when it began.
    pub record: Record,
    /// What is being done.
    pub stage: String,
    /// How much of it is done.
    pub fraction: f32,
    /// Its end was asked for.
    pub cancelled: bool,
    /// Who is at it.
    pub worker: Option<String>,
}

impl Waiting {
    fn read(row: &Row) -> Result<Waiting, Failure> {
        let Json(record): Json<Value> = row.try_get(3)?;
        let mut record: Record = serde_json::from_value(record)
            .map_err(|error| Refusal::internal(format!("a request in the queue is not understood: {error}")))?;
        let is_held: bool = row.try_get(11)?;
        record.started = row.try_get::<_, Option<Timestamp>>(10)?.filter(|_| is_held);
        record.state = if is_held { State::Running } else { State::Queued };
        record.obstacle = record.obstacle.filter(|_| !is_held);
        // Whoever held it fell silent: it waits for another one.
        let held = |text: String| if is_held { text } else { "queued".to_owned() };
        Ok(Waiting {
            resource: row.try_get(0)?,
            queue: row.try_get(1)?,
            message: row.try_get(2)?,
            record,
            stage: held(row.try_get(4)?),
            fraction: if is_held { row.try_get(5)? } else { 0.0 },
            cancelled: row.try_get(6)?,
            worker: row.try_get::<_, Option<String>>(9)?.filter(|_| is_held),
        })
    }

    /// The record as it is answered while the request is here.
    pub fn public(&self) -> Value {
        let mut value = self.record.public();
        if let Some(keys) = value.as_object_mut() {
            keys.insert("stage".into(), json!(self.stage));
            keys.insert("progress".into(), json!(self.fraction));
            keys.insert("worker".into(), json!(self.worker));
        }
        value
    }
}

fn queue_of(priority: i32) -> &'static str {
    let [high, normal, low] = QUEUES;
    match priority {
        1.. => high,
        0 => normal,
        _ => low,
    }
}

/// Accepts the request of a measurement, or joins the same one that is here; answers the one that counts.
pub fn accept(database: &Database, archive: &dyn Archive, measurement: &Measurement) -> Result<Waiting, Refusal> {
    let resource = &measurement.plan.resource;
    let earlier = Record::load(archive, resource).unwrap_or_default();
    let left = store::present(archive, earlier.iter().flat_map(Record::partial))?;
    let accepted = database.run(|client| {
        let waiting = match find_by(client, resource)? {
            Some(waiting) if waiting.record.request == measurement.record().request => waiting,
            Some(_) => return Err(busy().into()),
            None => insert(client, archive, measurement, left.clone())?,
        };
        move_up(client, &measurement.plan, &waiting, measurement.priority())?;
        Ok(waiting)
    });
    if accepted.is_err() {
        // Fails where the archive is gone too; the request then reads as lost, which it is.
        let _ = measurement.record().withdraw(archive, resource, earlier.as_ref());
    }
    accepted
}

fn insert(
    client: &mut Client,
    archive: &dyn Archive,
    measurement: &Measurement,
    leftovers: Vec<StoredInstance>,
) -> Result<Waiting, Failure> {
    let resource = &measurement.plan.resource;
    let queue = queue_of(measurement.plan.request.priority);
    let record = Record { leftovers, ..measurement.record() };
    let mut transaction = client.transaction()?;
    // Waits for whoever is just accepting or ending a request of the same resource.
    let row = transaction.query_opt(
        &format!(
            "INSERT INTO bonemuscle.request (resource, queue, message, record) VALUES ($1, $2, 0, $3) \
             ON CONFLICT DO NOTHING RETURNING {COLUMNS}"
        ),
        &[&resource.path(), &queue, &Json(&record)],
    )?;
    let Some(row) = row else {
        drop(transaction);
        let waiting = find_by(client, resource)?.ok_or_else(busy)?;
        return match waiting.record.request == record.request {
            true => Ok(waiting),
            false => Err(busy().into()),
        };
    };
    // Before anybody can see the message: what a worker writes later must not be replaced by this.
    record.save(archive, resource)?;
    let message = Json(Message::new(&measurement.plan));
    let number: i64 = transaction.query_one("SELECT pgmq.send($1, $2::jsonb)", &[&queue, &message])?.try_get(0)?;
    transaction.execute("UPDATE bonemuscle.request SET message = $2 WHERE resource = $1", &[&resource.path(), &number])?;
    transaction.commit()?;
    Ok(Waiting { message: number, ..Waiting::read(&row)? })
}

/// Has a request that nobody is at wait no longer than one of `priority` would.
pub fn hurry(database: &Database, plan: &Plan, priority: i32) -> Result<(), Refusal> {
    // Another one may have taken its place since.
    let is_same = |waiting: &Waiting| waiting.record.request == plan.request.canonical();
    database.run(|client| match find_by(client, &plan.resource)?.filter(is_same) {
        Some(waiting) => move_up(client, plan, &waiting, priority),
        None => Ok(()),
    })
}

fn move_up(client: &mut Client, plan: &Plan, waiting: &Waiting, priority: i32) -> Result<(), Failure> {
    let queue = queue_of(priority);
    if priority <= waiting.record.priority || queue == waiting.queue {
        return Ok(());
    }
    let mut transaction = client.transaction()?;
    // Not archived: it does not end here.
    transaction.execute("SELECT pgmq.delete($1, $2::bigint)", &[&waiting.queue, &waiting.message])?;
    let message = Json(Message::new(plan));
    let number: i64 = transaction.query_one("SELECT pgmq.send($1, $2::jsonb)", &[&queue, &message])?.try_get(0)?;
    let moved = transaction.execute(
        "UPDATE bonemuscle.request SET queue = $3, message = $4, record = jsonb_set(record, '{priority}', to_jsonb($5::integer)) \
         WHERE resource = $1 AND message = $2 AND held_until <= now()",
        &[&waiting.resource, &waiting.message, &queue, &number, &priority],
    )?;
    match moved {
        1 => Ok(transaction.commit()?),
        _ => Ok(transaction.rollback()?),
    }
}

fn busy() -> Refusal {
    Refusal::conflict(
        "a measurement with other settings waits or runs here, perhaps from another Orthanc; wait for it, or POST to cancel beside it",
    )
}

fn find_by(client: &mut Client, resource: &Resource) -> Result<Option<Waiting>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM bonemuscle.request WHERE resource = $1");
    client.query_opt(&sql, &[&resource.path()])?.as_ref().map(Waiting::read).transpose()
}

/// The request of a resource.
pub fn find(database: &Database, resource: &Resource) -> Result<Option<Waiting>, Refusal> {
    database.run(|client| find_by(client, resource))
}

/// Those of `resources` that wait or run.
pub fn find_all(database: &Database, resources: &[String]) -> Result<Vec<Waiting>, Refusal> {
    let sql = format!("SELECT {COLUMNS} FROM bonemuscle.request WHERE resource = ANY($1)");
    database.run(|client| client.query(&sql, &[&resources])?.iter().map(Waiting::read).collect())
}

/// Those that run, then those that wait, in their order.
pub fn all(database: &Database) -> Result<Vec<Waiting>, Refusal> {
    let order = "held_until > now() DESC, array_position($1::text[], queue), message";
    let sql = format!("SELECT {COLUMNS} FROM bonemuscle.request ORDER BY {order} LIMIT {MOST_LISTED}");
    database.run(|client| client.query(&sql, &[&QUEUES.as_slice()])?.iter().map(Waiting::read).collect())
}

/// What waits and runs, whoever asked for it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lengths {
    /// How many wait.
    pub waiting: i64,
    /// How many run.
    pub running: i64,
    /// When the one was accepted that waits longest.
    pub oldest: Option<Timestamp>,
}

/// As it is now.
pub fn lengths(database: &Database) -> Result<Lengths, Refusal> {
    let sql = "SELECT count(*) FILTER (WHERE held_until <= now()), count(*) FILTER (WHERE held_until > now()), \
               min((record->>'queued')::timestamptz) FILTER (WHERE held_until <= now()) FROM bonemuscle.request";
    database.run(|client| {
        let row = client.query_one(sql, &[])?;
        Ok(Lengths { waiting: row.try_get(0)?, running: row.try_get(1)?, oldest: row.try_get(2)? })
    })
}

/// Ends a request at once where nobody is at it, with `record` as its last; else has its worker end it. Answers whether there was one.
pub fn cancel(database: &Database, resource: &Resource, end: &dyn Fn(Record) -> Result<(), Refusal>) -> Result<bool, Refusal> {
    database.run(|client| {
        // Its message is another one after it was moved up: then once more.
        for _ in 0..3 {
            let Some(waiting) = find_by(client, resource)? else { return Ok(false) };
            if cancel_one(client, waiting, end)? {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

fn cancel_one(client: &mut Client, waiting: Waiting, end: &dyn Fn(Record) -> Result<(), Refusal>) -> Result<bool, Failure> {
    let mut transaction = client.transaction()?;
    // The message before the row, as everywhere: two who want both must not wait for each other.
    transaction.execute("SELECT pgmq.archive($1, $2::bigint)", &[&waiting.queue, &waiting.message])?;
    let gone = transaction.execute(
        "DELETE FROM bonemuscle.request WHERE resource = $1 AND message = $2 AND held_until <= now()",
        &[&waiting.resource, &waiting.message],
    )?;
    if gone == 1 {
        end(waiting.record)?;
        transaction.commit()?;
        return Ok(true);
    }
    transaction.rollback()?;
    let flagged = client.execute(
        "UPDATE bonemuscle.request SET cancelled = true WHERE resource = $1 AND message = $2",
        &[&waiting.resource, &waiting.message],
    )?;
    Ok(flagged == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_follow_priority() {
        assert_eq!([7, 1, 0, -1, i32::MIN].map(queue_of), [QUEUES[0], QUEUES[0], QUEUES[1], QUEUES[2], QUEUES[2]]);
    }
}
