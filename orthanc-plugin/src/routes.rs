//! The REST routes.

use crate::admission;
use crate::app;
use crate::automatic;
use crate::ledger;
use crate::measurement::interrupted;
use crate::models;
use crate::plugin::{self, MOST_LISTENERS, Plugin};
use crate::refusal::Refusal;
use crate::request::Request as Wishes;
use crate::results;
use crate::sdk::{Answer, Body, Method, Request};
use crate::shared::mirror::Shared;
use crate::site;
use crate::status;
use crate::study::Resource;
use serde_json::{Value, json};
use std::ffi::CStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What Orthanc passes to [`handle`]. Routes below studies and series, so that the rules of its authorization plugin for
/// these hold for ours; `/bone-muscle/` shows nothing about patients.
pub const PATTERNS: [&CStr; 6] = [
    c"/(studies|series)/([^/]+)/bone-muscle(/cancel)?",
    c"/(studies|series)/([^/]+)/bone-muscle/(report\\.(pdf|png|json)|results\\.csv|image\\.nii\\.gz|labels\\.(nii\\.gz|json))",
    c"/bone-muscle/(status|queue|models|openapi\\.json)",
    c"/bone-muscle/calibrations(/([A-Za-z0-9_.-]{1,64}))?",
    c"/bone-muscle/automatic(/(dry-run|back-fill(/(pause|resume|cancel))?))?",
    c"/bone-muscle/app(/.*)?",
];

/// The contract, as a machine reads it.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// Answers a call.
pub fn handle(request: &Request<'_>) -> Answer {
    let Some(plugin) = plugin::current() else {
        return Refusal::unavailable("the plugin is not initialized").into();
    };
    let words: Vec<&str> = request.path.split('/').collect();
    let answer = match (request.method, words.as_slice()) {
        (Method::Get, ["", "bone-muscle", "status"]) => Ok(json_answer(&status::status(&plugin))),
        (Method::Get, ["", "bone-muscle", "queue"]) => status::queue(&plugin).map(|queue| json_answer(&queue)),
        (Method::Get, ["", "bone-muscle", "app", file @ ..]) => app::file(&file.join("/"), request.if_none_match.as_deref()),
        (Method::Get, ["", "bone-muscle", "models"]) => {
            plugin.in_turn(MOST_LISTENERS, || models::list(&plugin)).map(|all| json_answer(&all))
        }
        (method, ["", "bone-muscle", "automatic", below @ ..]) => {
            automatic::routes::handle(&plugin, method, below, request.body)
        }
        (Method::Get, ["", "bone-muscle", "openapi.json"]) => Ok(content(c"application/json", OPENAPI.into())),
        (Method::Get, ["", "bone-muscle", "calibrations"]) => site::stored(&plugin).map(|all| json_answer(&Value::Object(all))),
        (method, ["", "bone-muscle", "calibrations", id]) => calibration(&plugin, method, id, request.body),
        (Method::Get, ["", kind, id, "bone-muscle"]) => Resource::new(kind, id).and_then(|it| results::latest(&plugin, &it)),
        (Method::Post, ["", kind, id, "bone-muscle"]) => {
            Resource::new(kind, id).and_then(|it| measure(&plugin, &it, request.body))
        }
        (Method::Post, ["", kind, id, "bone-muscle", "cancel"]) => Resource::new(kind, id).and_then(|it| cancel(&plugin, &it)),
        (_, ["", _, _, "bone-muscle", "cancel"]) => Ok(Answer::MethodNotAllowed(c"POST")),
        (Method::Get, ["", kind, id, "bone-muscle", file]) => {
            Resource::new(kind, id).and_then(|it| results::file(&plugin, &it, file, request.if_none_match.as_deref()))
        }
        (_, ["", _, _, "bone-muscle"]) => Ok(Answer::MethodNotAllowed(c"GET,POST")),
        _ => Ok(Answer::MethodNotAllowed(c"GET")),
    };
    answer.unwrap_or_else(Answer::from)
}

fn calibration(plugin: &Plugin, method: Method, id: &str, body: &[u8]) -> Result<Answer, Refusal> {
    if matches!(method, Method::Put | Method::Delete) {
        plugin.host().must_be_writable()?;
    }
    let answer = match method {
        Method::Get => site::one(plugin, id),
        Method::Put => site::put(plugin, id, body),
        Method::Delete => site::delete(plugin, id),
        Method::Post => return Ok(Answer::MethodNotAllowed(c"GET,PUT,DELETE")),
    };
    answer.map(|calibration| json_answer(&calibration))
}

/// A body of a few kilobytes.
pub(crate) fn content(media_type: &'static CStr, data: Vec<u8>) -> Answer {
    Answer::Content { media_type, data: Body::Own(data), headers: Vec::new(), is_compressed: false }
}

pub(crate) fn json_answer(value: &Value) -> Answer {
    content(c"application/json", format!("{value:#}\n").into_bytes())
}

fn too_many() -> Refusal {
    Refusal::unavailable(format!(
        "{MOST_LISTENERS} calls wait for the end of a measurement already; POST without \"Synchronous\", and GET tells how far it is"
    ))
}

fn measure(plugin: &Arc<Plugin>, resource: &Resource, body: &[u8]) -> Result<Answer, Refusal> {
    let wishes = Wishes::read(body)?;
    let synchronous = wishes.synchronous;
    let _place = if synchronous { Some(plugin.listeners.enter().ok_or_else(too_many)?) } else { None };
    let measurement = admission::request(plugin, resource, wishes)?;
    if synchronous {
        while !measurement.wait(Duration::from_secs(1)) {
            if plugin.queue.is_stopping() && !measurement.wait(Duration::from_secs(5)) {
                return Err(interrupted());
            }
        }
        let record = measurement.record();
        return record.error.clone().map_or_else(|| Ok(json_answer(&record.public())), Err);
    }
    let job = measurement.job(Duration::from_secs(5));
    let job = job.ok_or_else(|| Refusal::internal("Orthanc gives the measurement no job"))?;
    Ok(json_answer(&json!({"ID": job, "Path": format!("/jobs/{job}")})))
}

/// Ends what waits or runs, and answers with its record.
fn cancel(plugin: &Plugin, resource: &Resource) -> Result<Answer, Refusal> {
    ledger::open(plugin)?;
    if let Some(shared) = &plugin.shared {
        return cancel_shared(plugin, shared, resource);
    }
    let Some(measurement) = plugin.queue.find(resource) else {
        let record = results::stored(plugin, resource)?;
        let unfinished = record.is_unfinished();
        return Err(Refusal::conflict(match unfinished {
            true => "another Orthanc of this database measures it; only that one can cancel it",
            false => "nothing waits or runs here: the latest measurement has ended",
        }));
    };
    plugin.cancel(&measurement);
    measurement.cancel_job();
    measurement.wait(Duration::from_secs(5));
    Ok(json_answer(&measurement.public()))
}

/// Whichever Orthanc it was asked of, and whoever is at it.
fn cancel_shared(plugin: &Plugin, shared: &Shared, resource: &Resource) -> Result<Answer, Refusal> {
    if !shared.cancel(resource)? {
        results::stored(plugin, resource)?;
        return Err(Refusal::conflict("nothing waits or runs here: the latest measurement has ended"));
    }
    if let Some(measurement) = plugin.queue.find(resource) {
        measurement.cancel_job();
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    while shared.find(resource)?.is_some() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(200));
    }
    results::latest(plugin, resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images;

    #[test]
    fn the_contract_lists_exactly_the_routes() {
        let contract: Value = serde_json::from_str(OPENAPI).unwrap();
        assert_eq!(contract["info"]["version"], crate::VERSION);
        let mut listed: Vec<String> = contract["paths"].as_object().unwrap().keys().cloned().collect();
        listed.sort();
        let mut expected = [
            "app/",
            "automatic",
            "automatic/back-fill",
            "automatic/back-fill/cancel",
            "automatic/back-fill/pause",
            "automatic/back-fill/resume",
            "automatic/dry-run",
            "calibrations",
            "calibrations/{id}",
            "models",
            "openapi.json",
            "queue",
            "status",
        ]
        .map(|path| format!("/bone-muscle/{path}"))
        .to_vec();
        for kind in ["series", "studies"] {
            let names = ["", "/cancel", "/report.pdf", "/report.png", "/report.json", "/results.csv"];
            let images = images::FILES.map(|(name, _)| format!("/{name}"));
            for name in names.into_iter().chain(images.iter().map(String::as_str)) {
                expected.push(format!("/{kind}/{{id}}/bone-muscle{name}"));
            }
        }
        expected.sort();
        assert_eq!(listed, expected);
    }

    #[test]
    fn without_a_plugin_calls_are_refused() {
        let request = Request { method: Method::Get, path: "/bone-muscle/status", body: b"", if_none_match: None };
        assert!(matches!(handle(&request), Answer::Refused { status: 503, .. }));
    }
}
