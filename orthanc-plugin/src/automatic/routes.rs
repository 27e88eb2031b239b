//! Routes of automatic mode: counts and Orthanc's identifiers, and nothing about patients.

use super::{dry_run, filling};
use crate::plugin::Plugin;
use crate::refusal::Refusal;
use crate::routes::json_answer;
use crate::sdk::{Answer, Method};
use serde_json::{Value, json};
use std::sync::PoisonError;

/// Answers `/bone-muscle/automatic` and what lies below it.
pub fn handle(plugin: &Plugin, method: Method, words: &[&str], body: &[u8]) -> Result<Answer, Refusal> {
    let answer = match (method, words) {
        (Method::Get, []) => summary(plugin),
        (Method::Post, ["dry-run"]) => dry_run::look(plugin, body),
        (Method::Get, ["back-fill"]) => filling::state(plugin),
        (Method::Post, ["back-fill"]) => filling::begin(plugin, body),
        (Method::Post, ["back-fill", word]) => filling::steer(plugin, word),
        (_, ["back-fill"]) => return Ok(Answer::MethodNotAllowed(c"GET,POST")),
        (_, []) => return Ok(Answer::MethodNotAllowed(c"GET")),
        _ => return Ok(Answer::MethodNotAllowed(c"POST")),
    };
    answer.map(|value| json_answer(&value))
}

/// How automatic mode fares.
fn summary(plugin: &Plugin) -> Result<Value, Refusal> {
    let settings = &plugin.config.automatic;
    let tally = plugin.automatic.tally.lock().unwrap_or_else(PoisonError::into_inner).public();
    Ok(json!({
        "Enable": settings.enable,
        "Rules": settings.rules.len(),
        "SinceStart": tally,
        "BackFill": filling::state(plugin)?,
    }))
}
