//! The right to carry out a request, for as long as it is renewed. Which reading of the message it was tells this holder from the next:
//! one who was silent for too long finds his number replaced.

use super::database::{Database, Failure};
use super::message::Message;
use super::schema::QUEUES;
use crate::obstacle::Obstacle;
use crate::record::Record;
use crate::refusal::Refusal;
use jiff::Timestamp;
use postgres::Client;
use postgres::types::Json;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Progress is written, and cancelling looked at, this often.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);
const OWN_ROW: &str = "resource = $1 AND queue = $2 AND message = $3 AND lease = $4";

/// A request that was handed to us.
#[derive(Debug)]
pub struct Taken {
    /// What is to be done.
    pub message: Result<Message, Refusal>,
    /// As it was accepted.
    pub record: Record,
    /// How often it was begun, this time included.
    pub starts: i32,
    /// When it was taken.
    pub started: Timestamp,
    /// Study or series.
    pub resource: String,
    /// Its end was asked for before it began.
    pub is_cancelled: bool,
    queue: &'static str,
    number: i64,
    reading: i32,
}

impl Taken {
    /// How often it was taken, this time included.
    pub fn readings(&self) -> u32 {
        self.reading.unsigned_abs()
    }
}

/// Takes the next request, if one waits.
pub fn take(database: &Database, worker: &str, lease: Duration) -> Result<Option<Taken>, Refusal> {
    for queue in QUEUES {
        if let Some(taken) = database.run(|client| take_from(client, queue, worker, lease))? {
            return Ok(Some(taken));
        }
    }
    Ok(None)
}

fn take_from(client: &mut Client, queue: &'static str, worker: &str, lease: Duration) -> Result<Option<Taken>, Failure> {
    loop {
        let mut transaction = client.transaction()?;
        let seconds = lease.as_secs() as i32;
        let read =
            transaction.query_opt("SELECT msg_id, read_ct::integer, message FROM pgmq.read($1, $2, 1)", &[&queue, &seconds])?;
        let Some(read) = read else { return Ok(None) };
        let (number, reading): (i64, i32) = (read.try_get(0)?, read.try_get(1)?);
        let row = transaction.query_opt(
            "UPDATE bonemuscle.request SET starts = starts + 1, lease = $3, worker = $4, stage = 'start', fraction = 0, \
             started = now(), held_until = now() + make_interval(secs => $5) \
             WHERE queue = $1 AND message = $2 RETURNING record, starts, resource, cancelled",
            &[&queue, &number, &reading, &worker, &f64::from(seconds)],
        )?;
        let Some(row) = row else {
            // Nobody waits for it: not one of ours.
            transaction.execute("SELECT pgmq.archive($1, $2::bigint)", &[&queue, &number])?;
            transaction.commit()?;
            continue;
        };
        transaction.commit()?;
        let (Json(message), Json(record)): (Json<Value>, Json<Value>) = (read.try_get(2)?, row.try_get(0)?);
        let record = serde_json::from_value(record)
            .map_err(|error| Refusal::internal(format!("a request in the queue is not understood: {error}")))?;
        let (starts, resource, is_cancelled) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let message = Message::read(message);
        let started = Timestamp::now();
        return Ok(Some(Taken { message, record, starts, started, resource, is_cancelled, queue, number, reading }));
    }
}

/// The lease of a request that was taken.
pub struct Lease<'a> {
    database: &'a Database,
    taken: &'a Taken,
    length: Duration,
    state: Mutex<Live>,
    news: Condvar,
    is_cancelled: AtomicBool,
}

struct Live {
    stage: String,
    fraction: f32,
    is_told: bool,
    /// By our own clock, and never later than by the database's.
    until: Instant,
    is_lost: bool,
    is_over: bool,
}

impl<'a> Lease<'a> {
    /// Of what was taken after `since`.
    pub fn new(database: &'a Database, taken: &'a Taken, length: Duration, since: Instant) -> Lease<'a> {
        let live = Live {
            stage: "start".to_owned(),
            fraction: 0.0,
            is_told: true,
            until: since + length,
            is_lost: false,
            is_over: false,
        };
        let is_cancelled = AtomicBool::new(taken.is_cancelled);
        Lease { database, taken, length, state: Mutex::new(live), news: Condvar::new(), is_cancelled }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the request is still ours.
    pub fn is_held(&self) -> bool {
        let live = self.live();
        !live.is_lost && Instant::now() < live.until
    }

    /// Whether its end was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Says how far it is.
    pub fn report(&self, stage: &str, fraction: f32) {
        let mut live = self.live();
        if live.stage != stage {
            live.stage = stage.to_owned();
            live.is_told = false;
            self.news.notify_all();
        }
        live.fraction = fraction.clamp(0.0, 1.0);
    }

    /// Renews the lease until [`Lease::release`], in a thread of its own.
    pub fn keep(&self) {
        let pause = LONGEST_SILENCE.min(self.length / 4);
        loop {
            let quiet = |live: &mut Live| live.is_told && !live.is_over;
            let (live, _) = self.news.wait_timeout_while(self.live(), pause, quiet).unwrap_or_else(PoisonError::into_inner);
            if live.is_over || live.is_lost {
                return;
            }
            drop(live);
            // A database that is away for a moment may be back before the lease ends.
            let _ = self.renew();
        }
    }

    /// Ends [`Lease::keep`].
    pub fn release(&self) {
        self.live().is_over = true;
        self.news.notify_all();
    }

    /// Renews the lease now.
    pub fn renew(&self) -> Result<(), Refusal> {
        let (stage, fraction) = {
            let mut live = self.live();
            live.is_told = true;
            (live.stage.clone(), live.fraction)
        };
        let began = Instant::now();
        let seconds = self.length.as_secs() as i32;
        let cancelled = self.change(
            "SELECT pgmq.set_vt($1, $2::bigint, $3::integer)",
            Some(seconds),
            &format!(
                "UPDATE bonemuscle.request SET stage = $5, fraction = $6, held_until = now() + make_interval(secs => {seconds}) \
                 WHERE {OWN_ROW} RETURNING cancelled"
            ),
            &[&stage, &fraction],
        )?;
        self.live().until = began + self.length;
        if cancelled {
            self.is_cancelled.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Takes the request out of the queue. A failure's message is kept for the administrator, as a dead letter.
    pub fn finish(&self, is_failure: bool) -> Result<(), Refusal> {
        let message = if is_failure { "SELECT pgmq.archive($1, $2::bigint)" } else { "SELECT pgmq.delete($1, $2::bigint)" };
        self.change(message, None, &format!("DELETE FROM bonemuscle.request WHERE {OWN_ROW} RETURNING true"), &[]).map(drop)
    }

    /// Lets others have it after `delay`, and says what was in the way. A start that was not the request's fault does not count.
    pub fn give_back(&self, counts: bool, delay: Duration, obstacle: Option<&Obstacle>) -> Result<(), Refusal> {
        let fewer = i32::from(!counts);
        let row = format!(
            "UPDATE bonemuscle.request SET lease = 0, held_until = '-infinity', worker = NULL, stage = 'queued', fraction = 0, \
             starts = starts - {fewer}, record = CASE WHEN $5::jsonb IS NULL THEN record - 'obstacle' \
             ELSE jsonb_set(record, '{{obstacle}}', $5) END WHERE {OWN_ROW} RETURNING true"
        );
        let vt = "SELECT pgmq.set_vt($1, $2::bigint, $3::integer)";
        self.change(vt, Some(delay.as_secs() as i32), &row, &[&obstacle.map(Json)]).map(drop)
    }

    /// Changes message and row in one transaction, the message first as everywhere; nothing where the lease is lost.
    fn change(
        &self,
        message: &str,
        seconds: Option<i32>,
        row: &str,
        values: &[&(dyn postgres::types::ToSql + Sync)],
    ) -> Result<bool, Refusal> {
        let Taken { resource, queue, number, reading, .. } = self.taken;
        let lost = || Refusal::conflict("the lease of this measurement was lost; another worker carries it out");
        let changed = self.database.run(|client| {
            let mut transaction = client.transaction()?;
            match &seconds {
                Some(seconds) => transaction.execute(message, &[queue, number, seconds])?,
                None => transaction.execute(message, &[queue, number])?,
            };
            let own: [&(dyn postgres::types::ToSql + Sync); 4] = [resource, queue, number, reading];
            let all: Vec<_> = own.into_iter().chain(values.iter().copied()).collect();
            let Some(found) = transaction.query_opt(row, &all)? else { return Ok(None) };
            transaction.commit()?;
            Ok(Some(found.try_get::<_, bool>(0)?))
        })?;
        changed.ok_or_else(|| {
            self.live().is_lost = true;
            lost()
        })
    }
}
