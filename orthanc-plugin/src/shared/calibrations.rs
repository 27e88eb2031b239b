//! The site's calibrations where several Orthancs share a queue: Orthanc keeps what a plugin stores for one Orthanc only.

use super::database::Database;
use crate::refusal::Refusal;
use postgres::types::Json;
use serde_json::{Map, Value};

fn read(Json(value): Json<Value>) -> Result<Map<String, Value>, Refusal> {
    match value {
        Value::Object(calibrations) => Ok(calibrations),
        _ => Err(Refusal::internal("the table bonemuscle.site of the queue's database holds no calibrations")),
    }
}

/// All of them, by identifier.
pub fn stored(database: &Database) -> Result<Map<String, Value>, Refusal> {
    database.run(|client| {
        let row = client.query_one("SELECT value FROM bonemuscle.site WHERE key = 'calibrations'", &[])?;
        Ok(read(row.try_get(0)?)?)
    })
}

/// Changes them, while nobody else does.
pub fn change(database: &Database, edit: impl Fn(&mut Map<String, Value>) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    database.run(|client| {
        let mut transaction = client.transaction()?;
        let row = transaction.query_one("SELECT value FROM bonemuscle.site WHERE key = 'calibrations' FOR UPDATE", &[])?;
        let mut all = read(row.try_get(0)?)?;
        let answer = edit(&mut all)?;
        transaction
            .execute("UPDATE bonemuscle.site SET value = $1 WHERE key = 'calibrations'", &[&Json(Value::Object(all))])?;
        transaction.commit()?;
        Ok(answer)
    })
}
