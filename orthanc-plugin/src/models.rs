//! Models that a POST may name, and the library that runs them, as the core knows them.

use crate::plugin::Plugin;
use crate::protocol::{News, Order};
use crate::refusal::Refusal;
use crate::worker::{Watch, Worker};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// Verifying the files of large models takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks a worker, and keeps the answer for the status.
pub fn list(plugin: &Plugin) -> Result<Value, Refusal> {
    let stopped = || None;
    let watch = Watch { deadline: Instant::now() + PATIENCE, limit: "60 seconds to list models", stopped: &stopped };
    let mut worker = Worker::start(&plugin.launcher, &watch)?;
    let settings = json!({"site": {"models": plugin.site.get("models")}, "model": {"engine": plugin.config.engine}});
    worker.send(&Order::Models { settings }, b"", &watch)?;
    worker.send(&Order::End {}, b"", &watch)?;
    let mut models: Value = match worker.receive(&watch)? {
        (News::Models {}, data) => serde_json::from_slice(&data)
            .map_err(|error| Refusal::internal(format!("the worker's list of models is not JSON: {error}")))?,
        (News::Error { status, message }, _) => return Err(Refusal::from_worker(status, message)),
        (other, _) => return Err(Refusal::internal(format!("the worker answers the question for models with {other:?}"))),
    };
    models["models"].as_array_mut().into_iter().flatten().for_each(without_place);
    *plugin.models.lock().unwrap_or_else(PoisonError::into_inner) = Some(models.clone());
    Ok(models)
}

/// Leaves of a model's folder only its name: where the server keeps it is no business of its clients.
fn without_place(model: &mut Value) {
    if let Some(name) = model["folder"].as_str().and_then(|folder| Path::new(folder).file_name()) {
        model["folder"] = name.to_string_lossy().into();
    }
}

/// What was found last; null before the first look.
pub fn latest(plugin: &Plugin) -> Value {
    plugin.models.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
}

/// Refuses what needs a network while none can be run. A library that was missing is looked for again.
pub fn need_engine(plugin: &Plugin) -> Result<(), Refusal> {
    let problem = |models: &Value| models["engine"]["problem"].as_str().map(str::to_owned);
    if latest(plugin)["engine"]["name"].is_string() {
        return Ok(());
    }
    problem(&list(plugin)?).map_or(Ok(()), |problem| Err(lacking(&problem)))
}

fn lacking(problem: &str) -> Refusal {
    Refusal::unavailable(format!("labels must come from a model, as no segmentation is used, and none can run: {problem}"))
}

/// Whether this is the refusal of a study that needs a network, while others could be measured.
pub fn is_lacking(plugin: &Plugin, refusal: &Refusal) -> bool {
    latest(plugin)["engine"]["problem"].as_str().is_some_and(|problem| lacking(problem) == *refusal)
}

/// Name, version and problem of each, and the library, for the status.
pub fn summary(plugin: &Plugin) -> Value {
    let found = latest(plugin);
    let models = found["models"].as_array().into_iter().flatten();
    let models = models.map(|one| json!({"Name": one["name"], "Version": one["version"], "Problem": one["problem"]}));
    json!({
        "Engine": found["engine"]["name"],
        "EngineProblem": found["engine"]["problem"],
        "Models": models.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_learn_the_name_of_a_models_folder_and_not_its_place() {
        let named = |folder: Value| {
            let mut model = json!({"name": "site-ct", "folder": folder});
            without_place(&mut model);
            model["folder"].clone()
        };
        assert_eq!(named(json!("/srv/secret/models/site-ct")), json!("site-ct"));
        assert_eq!(named(Value::Null), Value::Null);
    }
}
