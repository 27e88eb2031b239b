//! What automatic mode remembers over restarts: global properties of Orthanc's database, which each Orthanc on it has for itself.

use crate::refusal::Refusal;
use crate::sdk;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where the trigger has got to.
pub const TRIGGER: i32 = 4752;
/// The latest back-fill.
pub const BACK_FILL: i32 = 4753;

/// What was remembered last, if anything ever was.
pub fn load<T: DeserializeOwned>(property: i32) -> Result<Option<T>, Refusal> {
    let text = sdk::global_property(property, "null");
    let text =
        text.ok_or_else(|| Refusal::unavailable("Orthanc's database does not answer for what automatic mode remembers"))?;
    serde_json::from_str(&text).map_err(|error| {
        Refusal::internal(format!(
            "the global property {property} of Orthanc's database holds nothing of automatic mode ({error}); another plugin may use it"
        ))
    })
}

/// Remembers it in place of the earlier one.
pub fn save<T: Serialize>(property: i32, kept: &T) -> Result<(), Refusal> {
    let text =
        serde_json::to_string(kept).map_err(|error| Refusal::internal(format!("what automatic mode remembers: {error}")))?;
    match sdk::set_global_property(property, &text) {
        true => Ok(()),
        false => Err(Refusal::unavailable(
            "Orthanc's database does not store what automatic mode remembers; is its disk full, or read-only?",
        )),
    }
}
