//! Our tables beside those of pgmq, with a version.

use super::database::{Database, Failure};
use crate::refusal::Refusal;
use postgres::{Client, GenericClient};

/// The queues of pgmq, in the order in which they are looked into: requests of a `Priority` above 0, of 0, and below.
pub const QUEUES: [&str; 3] = ["bonemuscle_high", "bonemuscle_normal", "bonemuscle_low"];

/// Each brings the tables from the version before to its own; the first to version 1. Never changed once released.
const STEPS: [&str; 1] = ["
    CREATE TABLE bonemuscle.request (
        -- studies/IDENTIFIER or series/IDENTIFIER
        resource text PRIMARY KEY,
        queue text NOT NULL,
        message bigint NOT NULL,
        -- As it was when the request was accepted
        record jsonb NOT NULL,
        stage text NOT NULL DEFAULT 'queued',
        fraction real NOT NULL DEFAULT 0,
        cancelled boolean NOT NULL DEFAULT false,
        -- How often it was begun, without those who gave it back
        starts integer NOT NULL DEFAULT 0,
        -- Which reading of the message holds it; 0: none
        lease integer NOT NULL DEFAULT 0,
        held_until timestamptz NOT NULL DEFAULT '-infinity',
        worker text,
        started timestamptz
    );
    CREATE TABLE bonemuscle.site (key text PRIMARY KEY, value jsonb NOT NULL);
    INSERT INTO bonemuscle.site VALUES ('calibrations', '{}');
"];

const ABSENT: &str = "pgmq is not installed in this database (function pgmq.read is missing); install it as its owner, as the README's chapter \
    on many machines says, and prepare the queue again";

/// Makes what is missing; answers the version that was found, 0 where there was none.
pub fn prepare(database: &Database) -> Result<i32, Refusal> {
    database.run_unchecked(|client| {
        let mut transaction = client.transaction()?;
        // Two administrators may do this at once.
        transaction.execute("SELECT pg_advisory_xact_lock(4750)", &[])?;
        if !has_pgmq(&mut transaction)? {
            return Err(Refusal::unavailable(ABSENT).into());
        }
        transaction.batch_execute(
            "CREATE SCHEMA IF NOT EXISTS bonemuscle;
             CREATE TABLE IF NOT EXISTS bonemuscle.version (number integer NOT NULL)",
        )?;
        let found = version(&mut transaction)?.unwrap_or(0);
        let done = usize::try_from(found).ok().filter(|done| *done <= STEPS.len());
        let done = done.ok_or_else(|| other_version(found))?;
        for step in STEPS.iter().skip(done) {
            transaction.batch_execute(step)?;
        }
        transaction.batch_execute("DELETE FROM bonemuscle.version")?;
        transaction.execute("INSERT INTO bonemuscle.version VALUES ($1)", &[&(STEPS.len() as i32)])?;
        for queue in QUEUES {
            let known = transaction.query_opt("SELECT 1 FROM pgmq.list_queues() WHERE queue_name = $1", &[&queue])?;
            if known.is_none() {
                transaction.execute("SELECT pgmq.create($1)", &[&queue])?;
            }
        }
        transaction.commit()?;
        Ok(found)
    })
}

/// Refuses a database that was not prepared, or by another version.
pub fn check(client: &mut Client) -> Result<(), Failure> {
    if !has_pgmq(client)? {
        return Err(Refusal::unavailable(ABSENT).into());
    }
    let known = client.query_one("SELECT to_regclass('bonemuscle.version') IS NOT NULL", &[])?.get(0);
    let found = if known { version(client)? } else { None };
    match found {
        Some(number) if number == STEPS.len() as i32 => Ok(()),
        Some(number) => Err(other_version(number).into()),
        None => Err(Refusal::unavailable(
            "the queue's database has no tables of BoneMuscle; run: bonemuscle-worker --queue FILE --prepare",
        )
        .into()),
    }
}

fn has_pgmq(client: &mut impl GenericClient) -> Result<bool, postgres::Error> {
    let found = client.query_one(
        "SELECT EXISTS (SELECT 1 FROM pg_proc WHERE proname = 'read' AND pronamespace = to_regnamespace('pgmq'))",
        &[],
    )?;
    found.try_get(0)
}

fn version(client: &mut impl GenericClient) -> Result<Option<i32>, postgres::Error> {
    client.query_opt("SELECT max(number) FROM bonemuscle.version", &[])?.map_or(Ok(None), |row| row.try_get(0))
}

fn other_version(found: i32) -> Refusal {
    let known = STEPS.len();
    Refusal::unavailable(match found < known as i32 {
        true => format!(
            "the queue's tables have version {found}, this BoneMuscle needs {known}; run its bonemuscle-worker --queue FILE --prepare"
        ),
        false => format!("the queue's tables have version {found}, this BoneMuscle knows {known}; update it"),
    })
}
