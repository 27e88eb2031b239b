//! The section `BoneMuscle` of Orthanc's configuration.

use crate::automatic::rule::Settings as Automatic;
use crate::shared::settings::QueueSettings;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Languages of the pages.
pub const LANGUAGES: [&str; 2] = ["en", "ja"];

/// Libraries that run models, in the core's words.
pub const ENGINES: [&str; 3] = ["auto", "onnx-runtime", "open-vino"];

/// Every quantity that a report may hold.
const REPORT_SCHEMA: &str = include_str!("../../plugin-core/schema/report.schema.json");

/// What the administrator chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `Worker`: the program that measures; absent: `bonemuscle-worker` beside the plugin.
    pub worker: Option<PathBuf>,
    /// `Site`: a JSON file with the site's phantoms, mappings and reference values.
    pub site: Option<PathBuf>,
    /// `Models`: folders of models beside the reference model.
    pub models: Vec<String>,
    /// `Engine`: the library that runs models.
    pub engine: String,
    /// `Language` of the pages: `en` or `ja`.
    pub language: String,
    /// `Queue`: where several Orthancs and machines share the work; absent: this Orthanc does it alone.
    pub queue: Option<QueueSettings>,
    /// `Workers`: how many measurements run at once; 0 only with a `Queue`, which others then serve. Each holds one of Orthanc's `ConcurrentJobs` while it runs.
    pub workers: usize,
    /// `Threads` of one measurement; 0 in the file means half of the machine's.
    pub threads: usize,
    /// `MemoryMegabytes` that one worker may allocate.
    pub memory_megabytes: u64,
    /// `TimeoutSeconds` after which a worker is ended.
    pub timeout: Duration,
    /// `ImageCacheMegabytes`: how much of the images that were looked at last is kept on disk.
    pub image_cache_megabytes: u64,
    /// `Automatic`: what is measured without being asked for.
    pub automatic: Automatic,
    /// `LeastSignificantChange`: by quantity of the report, in its unit, the difference between two measurements of a patient that
    /// the site takes for more than chance. What is not given is not judged.
    pub least_significant_change: BTreeMap<String, f64>,
}

/// All keys of the section.
const KEYS: [&str; 14] = [
    "Enable",
    "Worker",
    "Site",
    "Models",
    "Engine",
    "Language",
    "Queue",
    "Workers",
    "Threads",
    "MemoryMegabytes",
    "TimeoutSeconds",
    "ImageCacheMegabytes",
    "Automatic",
    "LeastSignificantChange",
];

/// A section that was read.
#[derive(Debug, PartialEq)]
pub struct Section {
    /// `None` where the plugin is not enabled.
    pub config: Option<Config>,
    /// Keys that mean nothing here.
    pub unknown: Vec<String>,
}

impl Section {
    /// Reads the section from Orthanc's whole configuration. Absent, or without `"Enable": true`: the plugin is off.
    pub fn read(orthanc: &str) -> Result<Section, String> {
        let orthanc: Value = serde_json::from_str(orthanc).map_err(|error| format!("Orthanc's configuration: {error}"))?;
        let empty = Map::new();
        let keys = match orthanc.get("BoneMuscle") {
            None => &empty,
            Some(Value::Object(keys)) => keys,
            // It may hold the queue's password all the same.
            Some(other) => {
                return Err(format!("\"BoneMuscle\" in the configuration is {}; it must be an object", outline(other)));
            }
        };
        let queue = keys.get("Queue").filter(|value| !value.is_null()).map(QueueSettings::read).transpose();
        let queue = queue.map_err(|problem| format!("\"BoneMuscle.Queue\" in the configuration: {problem}"))?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let config = Config {
            worker: Some(text(keys, "Worker", "")?).filter(|path| !path.is_empty()).map(PathBuf::from),
            site: Some(text(keys, "Site", "")?).filter(|path| !path.is_empty()).map(PathBuf::from),
            models: texts(keys, "Models")?,
            engine: one_of(keys, "Engine", "auto", &ENGINES)?,
            language: one_of(keys, "Language", "en", &LANGUAGES)?,
            workers: whole(keys, "Workers", 1, u64::from(queue.is_none()), 64)? as usize,
            queue,
            threads: match whole(keys, "Threads", 0, 0, 1024)? {
                0 => threads.div_ceil(2),
                chosen => chosen as usize,
            },
            memory_megabytes: whole(keys, "MemoryMegabytes", 8192, 64, 1 << 24)?,
            timeout: Duration::from_secs(whole(keys, "TimeoutSeconds", 1800, 1, 7 * 24 * 3600)?),
            image_cache_megabytes: whole(keys, "ImageCacheMegabytes", 1024, 0, 1 << 24)?,
            automatic: automatic(keys)?,
            least_significant_change: changes(keys, "LeastSignificantChange")?,
        };
        let unknown = keys.keys().filter(|key| !KEYS.contains(&key.as_str())).cloned().collect();
        Ok(Section { config: truth(keys, "Enable", false)?.then_some(config), unknown })
    }
}

/// A value without what is in it.
fn outline(value: &Value) -> String {
    match value {
        Value::Object(_) => "{...}".to_owned(),
        Value::Array(_) => "[...]".to_owned(),
        Value::String(_) => "\"...\"".to_owned(),
        other => other.to_string(),
    }
}

fn wrong(key: &str, found: &Value, accepted: &str) -> String {
    // Where a brace is misplaced, the rest of the section stands in it.
    let found = if found.is_string() { found.to_string() } else { outline(found) };
    format!("\"BoneMuscle.{key}\" in the configuration is {found}; it must be {accepted}")
}

fn truth(keys: &Map<String, Value>, key: &str, default: bool) -> Result<bool, String> {
    keys.get(key).map_or(Ok(default), |value| value.as_bool().ok_or_else(|| wrong(key, value, "true or false")))
}

fn text(keys: &Map<String, Value>, key: &str, default: &str) -> Result<String, String> {
    let Some(value) = keys.get(key) else { return Ok(default.to_owned()) };
    value.as_str().map(str::to_owned).ok_or_else(|| wrong(key, value, "a text"))
}

fn one_of(keys: &Map<String, Value>, key: &str, default: &str, accepted: &[&str]) -> Result<String, String> {
    let found = text(keys, key, default)?;
    let known = accepted.contains(&found.as_str());
    if known { Ok(found) } else { Err(wrong(key, &found.into(), &accepted.join(" or "))) }
}

fn texts(keys: &Map<String, Value>, key: &str) -> Result<Vec<String>, String> {
    let Some(value) = keys.get(key) else { return Ok(Vec::new()) };
    let refused = || wrong(key, value, "a list of folders");
    let items = value.as_array().ok_or_else(refused)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(refused)).collect()
}

fn whole(keys: &Map<String, Value>, key: &str, default: u64, least: u64, most: u64) -> Result<u64, String> {
    let Some(value) = keys.get(key) else { return Ok(default) };
    value
        .as_u64()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| wrong(key, value, &format!("a whole number from {least} to {most}")))
}

fn automatic(keys: &Map<String, Value>) -> Result<Automatic, String> {
    let read = |value| Automatic::read("BoneMuscle.Automatic", value);
    let settings = keys.get("Automatic").map(read).transpose().map_err(|refusal| format!("in the configuration, {refusal}"))?;
    Ok(settings.unwrap_or_default())
}

fn changes(keys: &Map<String, Value>, key: &str) -> Result<BTreeMap<String, f64>, String> {
    let Some(value) = keys.get(key) else { return Ok(BTreeMap::new()) };
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).map_err(|error| format!("the report's schema: {error}"))?;
    let quantities: Vec<&str> =
        schema["$defs"]["quantity"]["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let given = value.as_object().ok_or_else(|| wrong(key, value, "an object of quantities and numbers"))?;
    let one = |(quantity, change): (&String, &Value)| {
        if !quantities.contains(&quantity.as_str()) {
            return Err(wrong(key, &quantity.as_str().into(), &format!("by quantity, which are {}", quantities.join(", "))));
        }
        let number = change.as_f64().filter(|number| *number > 0.0);
        let number =
            number.ok_or_else(|| wrong(&format!("{key}.{quantity}"), change, "a number over 0, in the quantity's unit"))?;
        Ok((quantity.clone(), number))
    };
    given.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_or_not_enabled_means_off() {
        for text in ["{}", r#"{"BoneMuscle": {}}"#, r#"{"BoneMuscle": {"Enable": false, "Workers": 2}}"#] {
            assert_eq!(Section::read(text).unwrap().config, None, "{text}");
        }
    }

    #[test]
    fn defaults_and_values() {
        let section = Section::read(r#"{"BoneMuscle": {"Enable": true}}"#).unwrap();
        let config = section.config.unwrap();
        assert_eq!((config.workers, config.memory_megabytes, config.timeout.as_secs()), (1, 8192, 1800));
        assert!(config.threads >= 1);
        assert_eq!((config.worker, config.models, config.engine.as_str()), (None, vec![], "auto"));
        let text = r#"{"BoneMuscle": {"Enable": true, "Worker": "/opt/w", "Models": ["/m"], "Engine": "open-vino", "Workers": 3, "Threads": 5, "TimeoutSeconds": 7}}"#;
        let config = Section::read(text).unwrap().config.unwrap();
        assert_eq!((config.workers, config.threads, config.timeout.as_secs()), (3, 5, 7));
        assert_eq!(config.worker, Some(PathBuf::from("/opt/w")));
        assert_eq!((config.models, config.engine.as_str()), (vec!["/m".to_owned()], "open-vino"));
    }

    #[test]
    fn a_least_significant_change_is_given_by_quantity() {
        let text =
            r#"{"BoneMuscle": {"Enable": true, "LeastSignificantChange": {"areal_density": 0.03, "muscle_attenuation": 4}}}"#;
        let config = Section::read(text).unwrap().config.unwrap();
        let given: Vec<_> = config.least_significant_change.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        assert_eq!(given, [("areal_density", 0.03), ("muscle_attenuation", 4.0)]);
    }

    #[test]
    fn with_a_queue_an_orthanc_may_leave_the_work_to_others() {
        let text = r#"{"BoneMuscle": {"Enable": true, "Workers": 0, "Queue": {"ConnectionUri": "postgresql://u:p@h/d"}}}"#;
        let config = Section::read(text).unwrap().config.unwrap();
        assert_eq!((config.workers, config.queue.is_some()), (0, true));
        let error = Section::read(r#"{"BoneMuscle": {"Queue": {"Uri": "postgresql://u:hidden@h/d"}}}"#).unwrap_err();
        assert!(error.contains("BoneMuscle.Queue") && error.contains("`Uri`") && !error.contains("hidden"), "{error}");
    }

    #[test]
    fn a_section_of_the_wrong_form_keeps_its_passwords() {
        let queue = r#"{"Queue": {"ConnectionUri": "postgresql://u:hidden@h/d"}}"#;
        for (section, part) in [
            (format!("[{queue}]"), "\"BoneMuscle\" in the configuration is [...]; it must be an object"),
            (r#""postgresql://u:hidden@h/d""#.to_owned(), "must be an object"),
            (format!(r#"{{"Site": {queue}}}"#), "\"BoneMuscle.Site\" in the configuration is {...}"),
            (format!(r#"{{"Models": [{queue}]}}"#), "\"BoneMuscle.Models\" in the configuration is [...]"),
            (r#"{"Queue": {"LeaseSeconds": "postgresql://u:hidden@h/d"}}"#.to_owned(), "expected u64"),
            (r#"{"Queue": "postgresql://u:hidden@h/d"}"#.to_owned(), "BoneMuscle.Queue"),
        ] {
            let error = Section::read(&format!(r#"{{"BoneMuscle": {section}}}"#)).unwrap_err();
            assert!(error.contains(part) && !error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn unknown_keys_are_named() {
        let section = Section::read(r#"{"BoneMuscle": {"Enable": true, "Wokers": 2}}"#).unwrap();
        assert_eq!(section.unknown, ["Wokers"]);
    }

    #[test]
    fn wrong_types_and_ranges_name_key_and_value() {
        for (section, parts) in [
            (r#"{"Workers": "2"}"#, ["BoneMuscle.Workers", "\"2\""]),
            (r#"{"Workers": 0}"#, ["BoneMuscle.Workers", "from 1 to 64"]),
            (r#"{"Threads": -1}"#, ["BoneMuscle.Threads", "-1"]),
            (r#"{"Enable": 1}"#, ["BoneMuscle.Enable", "true or false"]),
            (r#"{"Worker": 1}"#, ["BoneMuscle.Worker", "a text"]),
            (r#"{"Language": "de"}"#, ["BoneMuscle.Language", "en or ja"]),
            (r#"{"Models": "/m"}"#, ["BoneMuscle.Models", "a list of folders"]),
            (r#"{"Models": [1]}"#, ["BoneMuscle.Models", "a list of folders"]),
            (r#"{"Engine": "torch"}"#, ["BoneMuscle.Engine", "onnx-runtime"]),
            (r#"{"TimeoutSeconds": 0.5}"#, ["BoneMuscle.TimeoutSeconds", "0.5"]),
            (r#"{"ImageCacheMegabytes": -1}"#, ["BoneMuscle.ImageCacheMegabytes", "-1"]),
            (r#"{"LeastSignificantChange": 0.03}"#, ["BoneMuscle.LeastSignificantChange", "an object"]),
            (r#"{"LeastSignificantChange": {"bmd": 0.03}}"#, ["\"bmd\"", "areal_density"]),
            (r#"{"LeastSignificantChange": {"areal_density": 0}}"#, ["LeastSignificantChange.areal_density", "over 0"]),
            (r#"{"Automatic": {"Enable": true}}"#, ["BoneMuscle.Automatic", "Rules"]),
            ("true", ["BoneMuscle", "an object"]),
        ] {
            let error = Section::read(&format!(r#"{{"BoneMuscle": {section}}}"#)).unwrap_err();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }

    /// The variable that a person writes for a key, such as `IMAGE_CACHE_MEGABYTES`: a capital after a small letter begins a word.
    fn variable(key: &str) -> String {
        let mut variable = String::new();
        let mut before = ' ';
        for letter in key.chars() {
            if before.is_ascii_lowercase() && letter.is_ascii_uppercase() {
                variable.push('_');
            }
            variable.push(letter.to_ascii_uppercase());
            before = letter;
        }
        variable
    }

    /// The key that Orthanc's container images make of a variable.
    fn key(variable: &str) -> String {
        let word = |word: &str| word[..1].to_owned() + &word[1..].to_ascii_lowercase();
        variable.split('_').map(word).collect::<Vec<String>>().concat()
    }

    #[test]
    fn the_example_has_every_key_and_each_can_be_set_by_an_environment_variable() {
        const EXAMPLE: &str = include_str!("../../examples/orthanc.json");
        let pieces: Vec<&str> = EXAMPLE.split('"').collect();
        let is_key = |pair: &&[&str]| {
            pair[1].trim_start().starts_with(':') && pair[0].starts_with(|letter: char| letter.is_ascii_uppercase())
        };
        let keys: Vec<&str> = pieces.windows(2).skip(1).step_by(2).filter(is_key).map(|pair| pair[0]).collect();
        assert!(!EXAMPLE.contains(": null") && !EXAMPLE.contains(":null"), "nothing can be merged into null");
        for name in KEYS {
            assert!(keys.contains(&name), "examples/orthanc.json lacks {name}");
        }
        for name in keys {
            assert_eq!(key(&variable(name)), name, "two capitals in a row are lost in ORTHANC__BONE_MUSCLE__...");
        }
        assert_eq!(key(&variable("ConnectionURI")), "ConnectionUri", "what the test is to find");
    }
}
