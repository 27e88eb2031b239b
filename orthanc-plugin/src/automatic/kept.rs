//! What automatic mode remembers over restarts: global properties of Orthanc's database, in each an object by name of the Orthanc, for
//! several may share a database.

use crate::refusal::Refusal;
use crate::sdk;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::{Mutex, PoisonError};

/// Where the trigger has got to.
pub const TRIGGER: i32 = 4752;
/// The latest back-fill.
pub const BACK_FILL: i32 = 4753;

/// Reading, changing and writing back must not be interrupted by the other thread.
static CHANGING: Mutex<()> = Mutex::new(());

fn all(property: i32) -> Result<Map<String, Value>, Refusal> {
    let text = sdk::global_property(property, "{}");
    let text = text.ok_or_else(|| Refusal::internal("Orthanc does not answer for what automatic mode remembers"))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(all)) => Ok(all),
        _ => Err(Refusal::internal(format!(
            "the global property {property} of Orthanc's database holds nothing of automatic mode; another plugin may use it"
        ))),
    }
}

/// What this Orthanc remembers.
pub fn load<T: DeserializeOwned>(property: i32, node: &str) -> Result<Option<T>, Refusal> {
    let kept = all(property)?.remove(node).map(serde_json::from_value).transpose();
    kept.map_err(|error| Refusal::internal(format!("the global property {property} of Orthanc's database: {error}")))
}

/// Remembers it in place of the earlier one.
pub fn save<T: Serialize>(property: i32, node: &str, kept: &T) -> Result<(), Refusal> {
    let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = all(property)?;
    let kept = serde_json::to_value(kept).map_err(|error| Refusal::internal(format!("automatic mode: {error}")))?;
    all.insert(node.to_owned(), kept);
    match sdk::set_global_property(property, &Value::Object(all).to_string()) {
        true => Ok(()),
        false => Err(Refusal::internal("Orthanc does not store what automatic mode remembers")),
    }
}
