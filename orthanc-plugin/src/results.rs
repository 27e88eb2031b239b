//! What a measurement has given, as its study or series shows it.

use crate::admission;
use crate::archive::Archive;
use crate::images;
use crate::plugin::Plugin;
use crate::record::{Record, State};
use crate::refusal::Refusal;
use crate::routes::{content, json_answer};
use crate::sdk::{Answer, Body, InProcess, Method};
use crate::shared::mirror::LEFT_THE_QUEUE;
use crate::study::Resource;
use jiff::Timestamp;
use std::ffi::CStr;

/// The record, of what waits or runs or else of what has ended.
pub fn latest(plugin: &Plugin, resource: &Resource) -> Result<Answer, Refusal> {
    if let Some(shared) = &plugin.shared {
        return match shared.find(resource) {
            Ok(Some(waiting)) => Ok(json_answer(&waiting.public())),
            _ => stored(plugin, resource).map(|record| json_answer(&record.public())),
        };
    }
    match plugin.queue.find(resource) {
        Some(measurement) => Ok(json_answer(&measurement.public())),
        None => stored(plugin, resource).map(|record| json_answer(&record.public())),
    }
}

/// The record of the latest measurement.
pub fn stored(plugin: &Plugin, resource: &Resource) -> Result<Record, Refusal> {
    if let Some(record) = Record::load(&InProcess, resource)? {
        return match &plugin.shared {
            Some(shared) => Ok(shared.judged(resource, record)),
            None => judged(plugin, resource, record),
        };
    }
    let exists = InProcess.call(Method::Get, &resource.uri(), &[], b"")?.status == 200;
    Err(match exists {
        false => resource.absent(),
        true => {
            Refusal::not_found(format!("this {} was never measured; POST to the same path to do so", resource.level.word()))
        }
    })
}

/// The record, if there is one, of which nobody is left in doubt: it is unfinished only where somebody goes on with it, and where the
/// queue, which alone can tell, does not answer, this fails.
pub fn certain(plugin: &Plugin, resource: &Resource) -> Result<Option<Record>, Refusal> {
    let record = Record::load(&InProcess, resource)?;
    if !record.as_ref().is_some_and(Record::is_unfinished) {
        return Ok(record);
    }
    if let Some(pending) = admission::pending(plugin, resource)? {
        return Ok(Some(pending));
    }
    // It may have ended between the two looks.
    let record = Record::load(&InProcess, resource)?;
    match &plugin.shared {
        Some(_) => Ok(record.map(|record| if record.is_unfinished() { record.interrupted(LEFT_THE_QUEUE) } else { record })),
        None => record.map(|record| judged(plugin, resource, record)).transpose(),
    }
}

fn judged(plugin: &Plugin, resource: &Resource, record: Record) -> Result<Record, Refusal> {
    // After a start of Orthanc, before everything waits again.
    if record.is_unfinished() && plugin.ledger.journal.lists(resource)? {
        return Ok(record);
    }
    Ok(record.judged(&plugin.origin(), Timestamp::now(), plugin.config.timeout))
}

/// A file of the latest measurement, which must have given results.
pub fn file(plugin: &Plugin, resource: &Resource, name: &str, if_none_match: Option<&str>) -> Result<Answer, Refusal> {
    let record = stored(plugin, resource)?;
    if record.state != State::Done {
        let word = serde_json::to_value(record.state).unwrap_or_default();
        return Err(Refusal::not_found(format!("there are no results yet: the latest measurement is {word}")));
    }
    if let Some((_, media_type)) = images::FILES.iter().find(|(known, _)| *known == name) {
        return image(plugin, resource, &record, (name, media_type), if_none_match);
    }
    match name {
        "report.pdf" => from_instance(&record, "pdf.dcm", "pdf", c"application/pdf"),
        "report.png" => from_instance(&record, "sc.dcm", "preview", c"image/png"),
        "report.json" => Ok(json_answer(&record.report.unwrap_or_default())),
        _ => {
            let csv = record.csv.ok_or_else(|| Refusal::not_found("the latest measurement gave no table"))?;
            Ok(content(c"text/csv; charset=utf-8", csv.into_bytes()))
        }
    }
}

fn image(
    plugin: &Plugin,
    resource: &Resource,
    record: &Record,
    (name, media_type): (&str, &'static CStr),
    if_none_match: Option<&str>,
) -> Result<Answer, Refusal> {
    let tag = images::tag(record);
    // A browser may keep what a patient looks like only as long as it asks each time whether it still may see it.
    let headers = vec![(c"ETag", tag.clone()), (c"Cache-Control", "private, no-cache".to_owned())];
    if if_none_match == Some(&tag) {
        return Ok(Answer::NotModified(headers));
    }
    let data = Body::File(images::file(plugin, resource, record, name)?);
    Ok(Answer::Content { media_type, data, headers, is_compressed: name.ends_with(".gz") })
}

fn from_instance(record: &Record, name: &str, view: &str, media_type: &'static CStr) -> Result<Answer, Refusal> {
    let instance = record.instances.get(name).ok_or_else(|| {
        let kind = name.trim_end_matches(".dcm");
        Refusal::not_found(format!(
            "the latest measurement made no page of this kind; POST with \"Outputs\" containing {kind:?}"
        ))
    })?;
    let reply = InProcess.call(Method::Get, &format!("/instances/{}/{view}", instance.id), &[], b"")?;
    match reply.status {
        200 => Ok(content(media_type, reply.body.to_vec())),
        _ => Err(Refusal::not_found(format!(
            "instance {} was deleted from this Orthanc; POST again to make it anew",
            instance.id
        ))),
    }
}
