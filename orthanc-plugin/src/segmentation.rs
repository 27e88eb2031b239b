//! `Segmentation` in the body of a POST: where labels come from.

use crate::refusal::Refusal;
use crate::request::{object, unknown, wrong};
use serde_json::{Map, Value, json};

/// Identifiers and names are no longer.
const LONGEST: usize = 64;
/// More passes cost hours and tell nothing new.
const MOST_PASSES: u64 = 100;

/// Nothing given: a SEG of the study, or where there is none the reference model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segmentation {
    /// `Series`: Orthanc identifier or Series Instance UID of a SEG.
    pub series: Option<String>,
    /// `Model`: the name of one, never a file or folder.
    pub model: Option<String>,
    /// `Passes` with dropout; absent: as the model says.
    pub passes: Option<u64>,
    /// `Seed` of the dropout; absent: 0.
    pub seed: Option<u64>,
}

impl Segmentation {
    /// Reads the value of the key.
    pub fn read(value: &Value) -> Result<Segmentation, Refusal> {
        let mut read = Segmentation::default();
        for (key, value) in object("Segmentation", value)? {
            let key = key.as_str();
            match key {
                "Series" => {
                    let accepted = "the Orthanc identifier or the Series Instance UID of a SEG series of this study";
                    read.series = Some(text(key, value, accepted)?);
                }
                "Model" => read.model = Some(text(key, value, "a name that GET /bone-muscle/models lists")?),
                "Passes" => read.passes = Some(whole(key, value, MOST_PASSES)?),
                "Seed" => read.seed = Some(whole(key, value, u64::MAX)?),
                _ => return Err(unknown("\"Segmentation\"", key, "Series, Model, Passes, Seed")),
            }
        }
        let names_a_model = read.model.is_some() || read.passes.is_some() || read.seed.is_some();
        match read.series.is_some() && names_a_model {
            true => Err(Refusal::request(
                "\"Segmentation.Series\" and \"Segmentation.Model\", \"Passes\" or \"Seed\" contradict each other; a series needs no model",
            )),
            false => Ok(read),
        }
    }

    /// As it was asked for, without what was not; null for nothing.
    pub fn canonical(&self) -> Value {
        let given = [
            ("Series", self.series.as_deref().map(Value::from)),
            ("Model", self.model.as_deref().map(Value::from)),
            ("Passes", self.passes.map(Value::from)),
            ("Seed", self.seed.map(Value::from)),
        ];
        let given: Map<String, Value> = given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        if given.is_empty() { Value::Null } else { Value::Object(given) }
    }

    /// The core's `segmentation` and `model`; `seg_series` is the Series Instance UID of the SEG that was asked for.
    pub fn settings(&self, seg_series: Option<&str>, engine: &str) -> (Value, Value) {
        let segmentation = match (seg_series, &self.model) {
            (Some(uid), _) => json!({"source": "dicom-seg", "series_instance_uid": uid}),
            (None, Some(name)) => json!({"source": "model", "name": name}),
            (None, None) => json!({"source": "auto"}),
        };
        let mut model = json!({"engine": engine});
        for (key, value) in [("passes", self.passes), ("seed", self.seed)] {
            if let Some(value) = value {
                model[key] = value.into();
            }
        }
        (segmentation, model)
    }
}

fn text(key: &str, value: &Value, accepted: &str) -> Result<String, Refusal> {
    let text = value.as_str().filter(|text| !text.is_empty() && text.len() <= LONGEST);
    text.map(str::to_owned).ok_or_else(|| wrong(&format!("Segmentation.{key}"), value, accepted))
}

fn whole(key: &str, value: &Value, most: u64) -> Result<u64, Refusal> {
    let number = value.as_u64().filter(|number| *number <= most);
    number.ok_or_else(|| wrong(&format!("Segmentation.{key}"), value, &format!("a whole number from 0 to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Value) -> Result<Segmentation, Refusal> {
        Segmentation::read(&body)
    }

    #[test]
    fn a_model_reaches_the_settings_and_the_record() {
        let asked = json!({"Model": "bonemuscle-ct", "Passes": 0, "Seed": 18446744073709551615u64});
        let request = read(asked.clone()).unwrap();
        assert_eq!(request.canonical(), asked);
        let (segmentation, model) = request.settings(None, "open-vino");
        assert_eq!(segmentation, json!({"source": "model", "name": "bonemuscle-ct"}));
        assert_eq!(model, json!({"engine": "open-vino", "passes": 0, "seed": 18446744073709551615u64}));
    }

    #[test]
    fn nothing_asked_for_is_automatic() {
        let nothing = read(json!({})).unwrap();
        assert_eq!((nothing.canonical(), nothing == Segmentation::default()), (Value::Null, true));
        assert_eq!(nothing.settings(None, "auto"), (json!({"source": "auto"}), json!({"engine": "auto"})));
        let fewer = read(json!({"Passes": 3})).unwrap();
        assert_eq!(fewer.settings(None, "auto"), (json!({"source": "auto"}), json!({"engine": "auto", "passes": 3})));
    }

    #[test]
    fn refusals_name_the_key_and_what_would_do() {
        for (body, parts) in [
            (json!({"Series": null}), ["Segmentation.Series", "null"]),
            (json!({"Series": "x".repeat(65)}), ["Segmentation.Series", "Series Instance UID"]),
            (json!({"Model": ""}), ["Segmentation.Model", "/bone-muscle/models"]),
            (json!({"Model": ["a"]}), ["Segmentation.Model", "[\"a\"]"]),
            (json!({"Passes": -1}), ["Segmentation.Passes", "0 to 100"]),
            (json!({"Passes": 101}), ["Segmentation.Passes", "101"]),
            (json!({"Seed": 1.5}), ["Segmentation.Seed", "1.5"]),
            (json!({"Series": "1.2", "Model": "m"}), ["contradict", "Series"]),
            (json!({"Series": "1.2", "Seed": 0}), ["contradict", "Seed"]),
        ] {
            let refusal = read(body.clone()).unwrap_err();
            assert_eq!(refusal.http_status, 400);
            assert!(parts.iter().all(|part| refusal.details.contains(part)), "{body}: {refusal}");
        }
    }
}
