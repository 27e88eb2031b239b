//! What the site supplies: a file of phantoms, mappings and reference values, and calibrations kept in Orthanc's database, or in that of
//! the queue where several Orthancs share one.

use crate::plugin::{MOST_LISTENERS, Plugin};
use crate::protocol::{News, Order};
use crate::refusal::Refusal;
use crate::sdk;
use crate::shared::calibrations;
use crate::worker::{Launcher, Watch, Worker};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The global property that holds the calibrations, one JSON object by identifier.
const PROPERTY: i32 = 4750;
/// No site has more scanners and protocols; every measurement carries them all.
const MOST_CALIBRATIONS: usize = 500;
const LARGEST_BODY: usize = 64 << 10;
/// Checking takes a start of the worker.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reading, changing and writing back must not be interrupted by another PUT.
static CHANGING: Mutex<()> = Mutex::new(());

/// Reads the file that `"BoneMuscle.Site"` names.
pub fn read_file(path: &Path) -> Result<Map<String, Value>, String> {
    let wrong = |problem: String| format!("\"BoneMuscle.Site\" in the configuration: {}: {problem}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(keys)) => Ok(keys),
        Ok(_) => Err(wrong("it must hold a JSON object".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// Adds the folders of `"BoneMuscle.Models"` to those of the file.
pub fn add_models(file: &mut Map<String, Value>, folders: &[String]) {
    let own = file.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
    let all: Vec<Value> = own.into_iter().chain(folders.iter().map(|folder| folder.as_str().into())).collect();
    file.insert("models".to_owned(), all.into());
}

/// The folders of models that `site` names.
pub fn model_folders(site: &Map<String, Value>) -> Vec<PathBuf> {
    site.get("models").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from).collect()
}

/// The core's `site` settings: those of the file, and the calibrations of the file and of the database.
pub fn settings(plugin: &Plugin) -> Result<Value, Refusal> {
    let mut site = plugin.site.clone();
    let stored = stored(plugin)?;
    let of_file = site.get("calibrations").and_then(Value::as_array).cloned().unwrap_or_default();
    let of_file = of_file.into_iter().filter(|one| one["id"].as_str().is_none_or(|id| !stored.contains_key(id)));
    site.insert("calibrations".to_owned(), of_file.chain(stored.values().cloned()).collect());
    Ok(Value::Object(site))
}

/// All stored calibrations by identifier.
pub fn stored(plugin: &Plugin) -> Result<Map<String, Value>, Refusal> {
    plugin.shared.as_ref().map_or_else(of_this_orthanc, |shared| calibrations::stored(&shared.database))
}

fn of_this_orthanc() -> Result<Map<String, Value>, Refusal> {
    let text = sdk::global_property(PROPERTY, "{}")
        .ok_or_else(|| Refusal::internal("Orthanc does not answer for the calibrations"))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(calibrations)) => Ok(calibrations),
        _ => Err(Refusal::internal(format!(
            "the global property {PROPERTY} of Orthanc's database holds no calibrations; another plugin may use it"
        ))),
    }
}

/// One of them.
pub fn one(plugin: &Plugin, id: &str) -> Result<Value, Refusal> {
    stored(plugin)?.remove(id).ok_or_else(|| absent(id))
}

fn absent(id: &str) -> Refusal {
    Refusal::not_found(format!("there is no calibration {id:?}; GET /bone-muscle/calibrations lists them"))
}

/// Stores a calibration under `id`, in place of an earlier one; the core judges it first.
pub fn put(plugin: &Plugin, id: &str, body: &[u8]) -> Result<Value, Refusal> {
    let calibration = read(id, body)?;
    plugin.in_turn(MOST_LISTENERS, || check(&json!({"site": {"calibrations": [calibration]}}), &plugin.launcher))?;
    change(plugin, |all| {
        all.insert(id.to_owned(), calibration.clone());
        match all.len() > MOST_CALIBRATIONS {
            true => Err(Refusal::request(format!(
                "{MOST_CALIBRATIONS} calibrations are stored already; DELETE those that have expired"
            ))),
            false => Ok(calibration.clone()),
        }
    })
}

fn read(id: &str, body: &[u8]) -> Result<Value, Refusal> {
    if body.len() > LARGEST_BODY {
        return Err(Refusal::request(format!("the body has {} bytes; a calibration has a few hundred", body.len())));
    }
    let value = serde_json::from_slice(body).map_err(|error| Refusal::request(format!("the body is not JSON: {error}")))?;
    let Value::Object(mut keys) = value else {
        return Err(Refusal::request("the body must be a JSON object as `bonemuscle calibrate` prints it"));
    };
    match keys.get("id").and_then(Value::as_str) {
        Some(named) if named != id => {
            return Err(Refusal::request(format!("\"id\" in the body is {named:?}, the path says {id:?}")));
        }
        _ => keys.insert("id".to_owned(), id.into()),
    };
    Ok(Value::Object(keys))
}

/// Takes a calibration away. Results that used it name it and keep its numbers.
pub fn delete(plugin: &Plugin, id: &str) -> Result<Value, Refusal> {
    change(plugin, |all| all.remove(id).ok_or_else(|| absent(id)))
}

fn change(plugin: &Plugin, edit: impl Fn(&mut Map<String, Value>) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    match &plugin.shared {
        Some(shared) => calibrations::change(&shared.database, edit),
        None => change_here(edit),
    }
}

fn change_here(edit: impl Fn(&mut Map<String, Value>) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = of_this_orthanc()?;
    let answer = edit(&mut all)?;
    match sdk::set_global_property(PROPERTY, &Value::Object(all).to_string()) {
        true => Ok(answer),
        false => Err(Refusal::internal("Orthanc does not store the calibrations")),
    }
}

/// Asks the core whether settings can be used.
pub fn check(settings: &Value, launcher: &Launcher) -> Result<(), Refusal> {
    let never = || None;
    let watch = Watch { deadline: Instant::now() + PATIENCE, limit: "30 seconds to check settings", stopped: &never };
    check_by(&mut Worker::start(launcher, &watch)?, settings, &watch)
}

/// Asks a worker that has no order yet.
pub fn check_by(worker: &mut Worker, settings: &Value, watch: &Watch<'_>) -> Result<(), Refusal> {
    worker.send(&Order::Check { settings: settings.clone() }, b"", watch)?;
    worker.send(&Order::End {}, b"", watch)?;
    match worker.receive(watch)?.0 {
        News::Done {} => Ok(()),
        News::Error { status, message } => Err(Refusal::from_worker(status, message)),
        other => Err(Refusal::internal(format!("the worker answers a check with {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_calibration() {
        assert_eq!(read("ct-1", br#"{"date": "2026-01-01"}"#).unwrap(), json!({"id": "ct-1", "date": "2026-01-01"}));
        assert_eq!(read("ct-1", br#"{"id": "ct-1"}"#).unwrap(), json!({"id": "ct-1"}));
        for body in [&br#"{"id": "ct-2"}"#[..], b"[]", b"{", b""] {
            assert_eq!(read("ct-1", body).unwrap_err().http_status, 400);
        }
        assert_eq!(read("ct-1", &vec![b' '; LARGEST_BODY + 1]).unwrap_err().http_status, 400);
    }

    #[test]
    fn without_orthanc_nothing_is_stored_and_that_is_said() {
        assert_eq!(of_this_orthanc().unwrap_err().http_status, 500);
        assert_eq!(change_here(|_| Ok(Value::Null)).unwrap_err().http_status, 500);
    }

    #[test]
    fn a_site_file_that_is_missing_or_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.json");
        assert!(read_file(&path).unwrap_err().contains("site.json"));
        for text in ["[]", "{", "\u{feff}{}"] {
            std::fs::write(&path, text).unwrap();
            assert!(read_file(&path).unwrap_err().contains("BoneMuscle.Site"), "{text}");
        }
        std::fs::write(&path, r#"{"phantoms": []}"#).unwrap();
        assert_eq!(read_file(&path).unwrap().len(), 1);
    }
}
