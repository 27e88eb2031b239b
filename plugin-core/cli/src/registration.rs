//! The file in which `register` tells a pose.

use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const SCHEMA: &str = "bonemuscle-registration/1";

/// What of a film must be told, for requests have defaults.
const WHOLE: [&str; 4] = ["rows", "columns", "pixel_spacing_mm", "beam"];

/// Where machine and patient stand, in the words of the library's requests; null is left to its defaults.
#[derive(Debug, PartialEq)]
pub struct SetUp {
    /// Series Instance UID of the CT.
    pub ct_series: Value,
    /// Detector and distances.
    pub film: Value,
    /// The point of the CT that the film is centred on.
    pub centre_mm: Value,
    /// How the patient moved.
    pub pose: Value,
}

/// The pose in a registration.json.
pub fn read(file: &Path) -> Result<SetUp, Failure> {
    let unusable =
        |what: String| Failure::usage(format!("{} {what}; give a registration.json of `bonemuscle register`", file.display()));
    let text = fs::read_to_string(file).map_err(|error| unusable(format!("cannot be read: {error}")))?;
    let written: Value = serde_json::from_str(&text).map_err(|error| unusable(format!("is not JSON: {error}")))?;
    set_up(&written).map_err(unusable)
}

/// What is wrong with it, else.
fn set_up(written: &Value) -> Result<SetUp, String> {
    if written["schema"] != SCHEMA {
        return Err(format!("has the schema {}, not \"{SCHEMA}\"", written["schema"]));
    }
    if let Some(reason) = written["refused"].as_str() {
        return Err(format!("holds no pose: {reason}"));
    }
    let found = &written["found"];
    let (geometry, pose) = (&found["geometry"], &found["pose"]);
    let answer = SetUp {
        ct_series: written["ct"]["series_instance_uid"].clone(),
        film: Some(&geometry["film"]).filter(|film| WHOLE.iter().all(|key| !film[key].is_null())).cloned().unwrap_or_default(),
        centre_mm: geometry["centre_mm"].clone(),
        pose: json!({"rotation_degrees": pose["rotation_degrees"], "translation_mm": pose["translation_mm"]}),
    };
    let missing =
        [&answer.ct_series, &answer.film, &answer.centre_mm, &answer.pose["rotation_degrees"], &answer.pose["translation_mm"]];
    match missing.iter().any(|value| value.is_null()) {
        true => Err("lacks the CT's series, the film's geometry or the pose".to_owned()),
        false => Ok(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film() -> Value {
        json!({"rows": 3, "columns": 4, "pixel_spacing_mm": [0.1, 0.1], "beam": {"kind": "parallel"}})
    }

    fn written() -> Value {
        let pose = json!({"rotation_degrees": [1.0, 2.0, 3.0], "translation_mm": [4.0, 5.0, 6.0], "centre": [7.0, 8.0, 9.0]});
        let geometry = json!({"film": film(), "centre_mm": [7.0, 8.0, 9.0]});
        let found = json!({"geometry": geometry, "pose": pose});
        json!({"schema": SCHEMA, "ct": {"series_instance_uid": "1.2"}, "refused": null, "found": found})
    }

    #[test]
    fn a_pose_is_taken_with_its_film_and_its_ct() {
        let found = set_up(&written()).unwrap();
        assert_eq!(found.pose, json!({"rotation_degrees": [1.0, 2.0, 3.0], "translation_mm": [4.0, 5.0, 6.0]}));
        assert_eq!((found.ct_series, found.film, found.centre_mm), (json!("1.2"), film(), json!([7.0, 8.0, 9.0])));
    }

    #[test]
    fn a_refused_pose_and_other_files_are_named() {
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut other = written();
            change(&mut other);
            set_up(&other).unwrap_err()
        };
        assert_eq!(refused(&|file| file["refused"] = json!("unlike")), "holds no pose: unlike");
        assert!(refused(&|file| file["schema"] = json!("drr")).contains("\"drr\""));
        assert!(refused(&|file| drop(file["found"]["geometry"]["film"]["rows"].take())).contains("lacks"));
        assert!(refused(&|file| file["found"]["pose"] = Value::Null).contains("lacks"));
    }
}
