//! The body of a POST: Orthanc's CamelCase, turned into the core's settings.

use crate::config::{Config, LANGUAGES};
use crate::record::Trigger;
use crate::refusal::Refusal;
use crate::segmentation::Segmentation;
use crate::study::is_uid;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the caller asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// `Measurements`; empty: everything the labels allow.
    pub measurements: Vec<String>,
    /// `Segmentation`; by default a SEG of the study, or where there is none the reference model.
    pub segmentation: Segmentation,
    /// `Calibration`, in the core's words; absent: a phantom in the scan, else a stored calibration, else none.
    pub calibration: Option<Value>,
    /// `Femur`, in the core's words.
    pub femur: Option<Value>,
    /// `HipXray`, in the core's words.
    pub hip_xray: Option<Value>,
    /// `MassModels`; absent: the core's default.
    pub mass_models: Option<Vec<String>>,
    /// `Language` of the pages; absent: that of the configuration.
    pub language: Option<String>,
    /// `Patient.HeightMeters`.
    pub height_m: Option<f64>,
    /// `Patient.WeightKilograms`.
    pub weight_kg: Option<f64>,
    /// `Outputs`; absent: everything.
    pub outputs: Option<Vec<String>>,
    /// `Synchronous`, or `Asynchronous` false.
    pub synchronous: bool,
    /// `Priority` in the queue; greater goes first.
    pub priority: i32,
    /// What made somebody ask; not part of a body.
    pub trigger: Trigger,
}

/// The measurement of radiographs; the others are of CT.
const HIP_XRAY: &str = "hip-xray";
const MEASUREMENTS: [&str; 4] = ["lumbar-bmd", "femur-bmd", "muscle", HIP_XRAY];
const CALIBRATIONS: [&str; 6] = ["auto", "none", "phantom", "stored", "internal", "physics"];
const NECKS: [&str; 3] = ["osaka_10mm", "hologic_like", "min_bmd_scan"];
const POSES: [&str; 3] = ["neck_shaft_frame", "uemura2022", "as_scanned"];
const SIDES: [&str; 3] = ["left", "right", "both"];
const MASS_MODELS: [&str; 4] = ["constant", "two-component", "physics", "internal-two-point"];
const OUTPUTS: [&str; 4] = ["sr", "seg", "pdf", "sc"];

impl Request {
    /// Reads a body; an empty one asks for the defaults.
    pub fn read(body: &[u8]) -> Result<Request, Refusal> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Request::default());
        }
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            Refusal::request(format!("the body is not JSON ({error}); send a JSON object, or nothing for the defaults"))
        })?;
        let keys = object("the body", &value)?;
        let mut request = Request::default();
        let mut asynchronous = None;
        let mut synchronous = None;
        for (key, value) in keys {
            match key.as_str() {
                "Measurements" => request.measurements = words(key, value, &MEASUREMENTS)?,
                "Outputs" => request.outputs = Some(words(key, value, &OUTPUTS)?),
                "Segmentation" => request.segmentation = Segmentation::read(value)?,
                "Calibration" => request.calibration = Some(calibration(value)?),
                "Femur" => request.femur = Some(femur(value)?),
                "HipXray" => request.hip_xray = Some(hip_xray(value)?),
                "MassModels" => request.mass_models = Some(words(key, value, &MASS_MODELS)?),
                "Language" => request.language = Some(word(key, value, &LANGUAGES)?),
                "Patient" => patient(value, &mut request)?,
                "Synchronous" => synchronous = Some(truth(key, value)?),
                "Asynchronous" => asynchronous = Some(truth(key, value)?),
                "Priority" => request.priority = priority(value)?,
                _ => {
                    return Err(unknown(
                        "the body",
                        key,
                        "Measurements, Segmentation, Calibration, Femur, HipXray, MassModels, Patient, Language, Outputs, \
                         Synchronous, Asynchronous, Priority",
                    ));
                }
            }
        }
        request.synchronous = match (synchronous, asynchronous) {
            (Some(yes), Some(no)) if yes == no => {
                return Err(Refusal::request("\"Synchronous\" and \"Asynchronous\" contradict each other; give one of them"));
            }
            (Some(synchronous), _) => synchronous,
            (None, Some(asynchronous)) => !asynchronous,
            (None, None) => false,
        };
        Ok(request)
    }

    /// Whether a CT would do.
    pub fn wants_ct(&self) -> bool {
        self.measurements.is_empty() || self.measurements.iter().any(|kind| kind != HIP_XRAY)
    }

    /// Whether a radiograph would do.
    pub fn wants_film(&self) -> bool {
        self.measurements.is_empty() || self.measurements.iter().any(|kind| kind == HIP_XRAY)
    }

    /// What the record keeps, and what makes two requests the same: everything that can change a result.
    pub fn canonical(&self) -> Value {
        json!({
            "Measurements": self.measurements,
            "Segmentation": self.segmentation.canonical(),
            "Calibration": self.calibration,
            "Femur": self.femur,
            "HipXray": self.hip_xray,
            "MassModels": self.mass_models,
            "Language": self.language,
            "Patient": {"HeightMeters": self.height_m, "WeightKilograms": self.weight_kg},
            "Outputs": self.outputs,
        })
    }

    /// The request that was kept as [`Request::canonical`]. What a newer or older version wrote may not be understood.
    pub fn from_canonical(kept: &Value, priority: i32) -> Result<Request, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        struct Kept {
            measurements: Vec<String>,
            segmentation: Value,
            calibration: Option<Value>,
            femur: Option<Value>,
            hip_xray: Option<Value>,
            mass_models: Option<Vec<String>>,
            language: Option<String>,
            patient: KeptPatient,
            outputs: Option<Vec<String>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        struct KeptPatient {
            height_meters: Option<f64>,
            weight_kilograms: Option<f64>,
        }
        let kept = Kept::deserialize(kept)?;
        let segmentation = match kept.segmentation {
            Value::Null => Segmentation::default(),
            asked => Segmentation::read(&asked).map_err(serde::de::Error::custom)?,
        };
        Ok(Request {
            measurements: kept.measurements,
            segmentation,
            calibration: kept.calibration,
            femur: kept.femur,
            hip_xray: kept.hip_xray,
            mass_models: kept.mass_models,
            language: kept.language,
            height_m: kept.patient.height_meters,
            weight_kg: kept.patient.weight_kilograms,
            outputs: kept.outputs,
            synchronous: false,
            priority,
            trigger: Trigger::User,
        })
    }

    /// The core's settings; the series are Series Instance UIDs of the image and the SEG, `site` is [`crate::site::settings`].
    pub fn settings(&self, (series, seg_series): (Option<&str>, Option<&str>), config: &Config, site: Value) -> Value {
        let (segmentation, model) = self.segmentation.settings(seg_series, &config.engine);
        let mut settings = json!({
            "measurements": self.measurements,
            "series_instance_uid": series,
            "segmentation": segmentation,
            "model": model,
            "patient": {"height_m": self.height_m, "weight_kg": self.weight_kg},
            "site": site,
            "language": self.language.as_ref().unwrap_or(&config.language),
            "outputs": self.outputs,
            "threads": config.threads,
        });
        let chosen = [
            ("calibration", self.calibration.clone()),
            ("femur", self.femur.clone()),
            ("xray", self.hip_xray.clone()),
            ("mass_models", self.mass_models.as_ref().map(|models| json!(models))),
        ];
        for (key, value) in chosen {
            if let Some(value) = value {
                settings[key] = value;
            }
        }
        settings
    }
}

pub(crate) fn wrong(key: &str, found: &Value, accepted: &str) -> Refusal {
    Refusal::request(format!("\"{key}\" is {found}; it must be {accepted}"))
}

pub(crate) fn unknown(place: &str, key: &str, accepted: &str) -> Refusal {
    Refusal::request(format!("{place} has the unknown key {key:?}; accepted: {accepted}"))
}

pub(crate) fn object<'a>(key: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Refusal> {
    value.as_object().ok_or_else(|| wrong(key, value, "an object"))
}

fn truth(key: &str, value: &Value) -> Result<bool, Refusal> {
    value.as_bool().ok_or_else(|| wrong(key, value, "true or false"))
}

fn words(key: &str, value: &Value, accepted: &[&str]) -> Result<Vec<String>, Refusal> {
    let refused = || wrong(key, value, &format!("a list of {}", accepted.join(", ")));
    let mut words = Vec::new();
    for item in value.as_array().ok_or_else(refused)? {
        let word = item.as_str().filter(|word| accepted.contains(word)).ok_or_else(refused)?;
        words.push(word.to_owned());
    }
    words.sort();
    words.dedup();
    Ok(words)
}

fn word(key: &str, value: &Value, accepted: &[&str]) -> Result<String, Refusal> {
    let word = value.as_str().filter(|word| accepted.contains(word));
    word.map(str::to_owned).ok_or_else(|| wrong(key, value, &format!("one of {}", accepted.join(", "))))
}

/// `"phantom"`, or `{"Method": "phantom", "Phantom": "b-mas200"}`, as the core's `{"method": "phantom", "phantom": "b-mas200"}`.
fn calibration(value: &Value) -> Result<Value, Refusal> {
    if value.is_string() {
        return Ok(json!({"method": word("Calibration", value, &CALIBRATIONS)?}));
    }
    let keys = object("Calibration", value)?;
    let method = word("Calibration.Method", keys.get("Method").unwrap_or(&Value::Null), &CALIBRATIONS)?;
    let (name, of_core) = match method.as_str() {
        "phantom" => ("Phantom", "phantom"),
        "stored" => ("Id", "id"),
        "internal" => ("Mapping", "mapping"),
        _ => ("", ""),
    };
    if let Some(key) = keys.keys().find(|key| *key != "Method" && *key != name) {
        return Err(unknown(&format!("\"Calibration\" by {method}"), key, format!("Method {name}").trim_end()));
    }
    let mut choice = json!({"method": method});
    if let Some(value) = keys.get(name) {
        let text = value.as_str().filter(|text| !text.is_empty() && text.len() <= 64);
        choice[of_core] = json!(text.ok_or_else(|| wrong(&format!("Calibration.{name}"), value, "the name of one"))?);
    }
    Ok(choice)
}

fn femur(value: &Value) -> Result<Value, Refusal> {
    let mut settings = Map::new();
    for (key, value) in object("Femur", value)? {
        match key.as_str() {
            "Neck" => settings.insert("neck".into(), word("Femur.Neck", value, &NECKS)?.into()),
            "Pose" => settings.insert("pose".into(), word("Femur.Pose", value, &POSES)?.into()),
            "DistalMillimeters" => {
                settings.insert("distal_mm".into(), number("Femur.DistalMillimeters", value, 5.0, 40.0)?.into())
            }
            _ => return Err(unknown("\"Femur\"", key, "Neck, Pose, DistalMillimeters")),
        };
    }
    Ok(Value::Object(settings))
}

/// What stands in place of a radiograph's headers, and which model looks at it.
fn hip_xray(value: &Value) -> Result<Value, Refusal> {
    let mut settings = Map::new();
    for (key, value) in object("HipXray", value)? {
        match key.as_str() {
            "Side" => settings.insert("side".into(), word("HipXray.Side", value, &SIDES)?.into()),
            "Magnification" => {
                settings.insert("magnification".into(), number("HipXray.Magnification", value, 1.0, 1.5)?.into())
            }
            "Model" => {
                let name = value.as_str().filter(|name| !name.is_empty() && name.len() <= 64);
                let name = name.ok_or_else(|| wrong("HipXray.Model", value, "a name that GET /bone-muscle/models lists"))?;
                settings.insert("model".into(), name.into())
            }
            "Film" => {
                let uid = value.as_str().filter(|uid| uid.len() <= 64 && is_uid(uid));
                let uid =
                    uid.ok_or_else(|| wrong("HipXray.Film", value, "the SOP Instance UID of a radiograph of the study"))?;
                settings.insert("film".into(), uid.into())
            }
            _ => return Err(unknown("\"HipXray\"", key, "Side, Magnification, Film, Model")),
        };
    }
    Ok(Value::Object(settings))
}

fn patient(value: &Value, request: &mut Request) -> Result<(), Refusal> {
    for (key, value) in object("Patient", value)? {
        match key.as_str() {
            "HeightMeters" => request.height_m = Some(number("Patient.HeightMeters", value, 0.3, 2.8)?),
            "WeightKilograms" => request.weight_kg = Some(number("Patient.WeightKilograms", value, 1.0, 650.0)?),
            _ => return Err(unknown("\"Patient\"", key, "HeightMeters, WeightKilograms")),
        }
    }
    Ok(())
}

fn number(key: &str, value: &Value, least: f64, most: f64) -> Result<f64, Refusal> {
    let number = value.as_f64().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| wrong(key, value, &format!("a number from {least} to {most}")))
}

fn priority(value: &Value) -> Result<i32, Refusal> {
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| wrong("Priority", value, "a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Section;

    #[test]
    fn no_body_is_the_defaults() {
        for body in ["", " \n", "{}"] {
            assert_eq!(Request::read(body.as_bytes()).unwrap(), Request::default());
        }
        assert_eq!(Request::from_canonical(&Request::default().canonical(), 0).unwrap(), Request::default());
        assert!(Request::from_canonical(&json!({"Newer": 1}), 0).is_err());
    }

    #[test]
    fn everything_reaches_the_settings() {
        let body = br#"{"Measurements": ["muscle"], "Segmentation": {"Series": "1.2"}, "Outputs": ["sr", "pdf"],
            "Patient": {"HeightMeters": 1.7, "WeightKilograms": 65}, "Asynchronous": false, "Priority": -3,
            "Calibration": {"Method": "phantom", "Phantom": "b-mas200"}, "MassModels": ["two-component", "constant"],
            "Femur": {"Neck": "hologic_like", "DistalMillimeters": 10},
            "HipXray": {"Side": "left", "Magnification": 1.2, "Film": "1.2.3", "Model": "m"}}"#;
        let request = Request::read(body).unwrap();
        assert!(request.synchronous);
        let kept = Request::from_canonical(&request.canonical(), request.priority).unwrap();
        assert_eq!(kept, Request { synchronous: false, ..request.clone() });
        assert_eq!(request.priority, -3);
        let expected = json!({
            "measurements": ["muscle"],
            "series_instance_uid": "1.9",
            "segmentation": {"source": "dicom-seg", "series_instance_uid": "1.2"},
            "model": {"engine": "auto"},
            "patient": {"height_m": 1.7, "weight_kg": 65.0},
            "calibration": {"method": "phantom", "phantom": "b-mas200"},
            "femur": {"neck": "hologic_like", "distal_mm": 10.0},
            "xray": {"side": "left", "magnification": 1.2, "film": "1.2.3", "model": "m"},
            "mass_models": ["constant", "two-component"],
            "site": {"phantoms": []},
            "language": "ja",
            "outputs": ["pdf", "sr"],
            "threads": 2,
        });
        let config =
            Section::read(r#"{"BoneMuscle": {"Enable": true, "Threads": 2, "Language": "ja"}}"#).unwrap().config.unwrap();
        assert_eq!(request.settings((Some("1.9"), Some("1.2")), &config, json!({"phantoms": []})), expected);
    }

    #[test]
    fn what_is_measured_says_which_images_would_do() {
        let wants =
            |body: &str| Request::read(body.as_bytes()).map(|request| (request.wants_ct(), request.wants_film())).unwrap();
        assert_eq!(wants("{}"), (true, true));
        assert_eq!(wants(r#"{"Measurements": []}"#), (true, true));
        assert_eq!(wants(r#"{"Measurements": ["hip-xray"]}"#), (false, true));
        assert_eq!(wants(r#"{"Measurements": ["muscle"]}"#), (true, false));
        assert_eq!(wants(r#"{"Measurements": ["muscle", "hip-xray"]}"#), (true, true));
    }

    #[test]
    fn the_same_wishes_in_another_order_are_the_same_request() {
        let one = Request::read(br#"{"Outputs": ["sr", "pdf"], "Priority": 1}"#).unwrap();
        let other = Request::read(br#"{"Outputs": ["pdf", "sr", "pdf"], "Synchronous": true}"#).unwrap();
        assert_eq!(one.canonical(), other.canonical());
        assert_ne!(one.canonical(), Request::default().canonical());
    }

    #[test]
    fn refusals_name_the_key_and_what_would_do() {
        for (body, parts) in [
            ("{", ["not JSON", "JSON object"]),
            ("[]", ["the body", "an object"]),
            (r#"{"measurements": []}"#, ["\"measurements\"", "Measurements"]),
            (r#"{"Measurements": "muscle"}"#, ["Measurements", "lumbar-bmd, femur-bmd, muscle, hip-xray"]),
            (r#"{"Measurements": ["bmi"]}"#, ["bmi", "lumbar-bmd"]),
            (r#"{"Outputs": [1]}"#, ["Outputs", "sr, seg, pdf, sc"]),
            (r#"{"Segmentation": "1.2"}"#, ["Segmentation", "an object"]),
            (r#"{"Segmentation": {"File": "/etc"}}"#, ["File", "Series, Model, Passes, Seed"]),
            (r#"{"Patient": {"HeightMeters": 170}}"#, ["170", "0.3 to 2.8"]),
            (r#"{"Patient": {"WeightKilograms": "65"}}"#, ["WeightKilograms", "\"65\""]),
            (r#"{"Patient": {"Name": "x"}}"#, ["Name", "HeightMeters"]),
            (r#"{"Calibration": "phantoms"}"#, ["Calibration", "auto, none, phantom"]),
            (r#"{"Calibration": {}}"#, ["Calibration.Method", "null"]),
            (r#"{"Calibration": {"Method": "stored", "Phantom": "x"}}"#, ["Phantom", "Method Id"]),
            (r#"{"Calibration": {"Method": "none", "Id": "x"}}"#, ["Id", "accepted: Method"]),
            (r#"{"Femur": {"Neck": "narrow"}}"#, ["Femur.Neck", "osaka_10mm"]),
            (r#"{"Femur": {"DistalMillimeters": 2}}"#, ["DistalMillimeters", "5 to 40"]),
            (r#"{"HipXray": {"Side": "none"}}"#, ["HipXray.Side", "left, right, both"]),
            (r#"{"HipXray": {"Film": "newest"}}"#, ["HipXray.Film", "SOP Instance UID"]),
            (r#"{"HipXray": {"Magnification": 2}}"#, ["HipXray.Magnification", "1 to 1.5"]),
            (r#"{"HipXray": {"Model": ""}}"#, ["HipXray.Model", "GET /bone-muscle/models"]),
            (r#"{"HipXray": {"View": "AP"}}"#, ["View", "Side, Magnification, Film, Model"]),
            (r#"{"MassModels": ["aubrey"]}"#, ["MassModels", "two-component"]),
            (r#"{"Language": "de"}"#, ["Language", "en, ja"]),
            (r#"{"Priority": 1.5}"#, ["Priority", "1.5"]),
            (r#"{"Synchronous": 1}"#, ["Synchronous", "true or false"]),
            (r#"{"Synchronous": true, "Asynchronous": true}"#, ["Synchronous", "contradict"]),
        ] {
            let refusal = Request::read(body.as_bytes()).unwrap_err();
            assert_eq!(refusal.http_status, 400);
            assert!(parts.iter().all(|part| refusal.details.contains(part)), "{body}: {refusal}");
        }
    }
}
