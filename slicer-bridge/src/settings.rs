//! Arguments as the JSON settings of the library; what is not given is left to its defaults.

use crate::arguments::Arguments;
use crate::failure::Failure;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// More than any site file or list of a study's files holds.
const MOST_BYTES: u64 = 64 << 20;

/// The settings of the run. With the DICOM files of the study (`dicom`) results are written as DICOM objects as well.
pub fn settings(arguments: &Arguments, dicom: bool) -> Result<Value, Failure> {
    Ok(given(json!({
        "measurements": arguments.list("measurements"),
        "segmentation": segmentation(arguments)?,
        "model": given(json!({"passes": arguments.whole("passes"), "engine": arguments.text("engine")})),
        "calibration": calibration(arguments)?,
        "site": site(arguments)?,
        "patient": patient(arguments)?,
        "language": arguments.text("language"),
        "outputs": outputs(arguments, dicom),
        "volume_format": volume_format(arguments)?,
        "threads": arguments.whole("threads"),
    })))
}

/// The lines of a text file that hold anything.
pub fn lines(file: &Path) -> Result<Vec<String>, Failure> {
    let text = read(file)?;
    Ok(text.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn segmentation(arguments: &Arguments) -> Result<Option<Value>, Failure> {
    match (arguments.text("labels"), arguments.text("labelNames"), arguments.text("model")) {
        (None, None, None) => Ok(None),
        (None, None, Some(model)) => Ok(Some(json!({"source": "model", "name": model}))),
        (None, Some(_), _) => Err(Failure::Value("label names were given without labels; give both, or neither".to_owned())),
        (Some(_), _, Some(model)) => {
            Err(Failure::Value(format!("a segmentation and the model {model} were given; give the one that is to be used")))
        }
        (Some(labels), names, None) => {
            Ok(Some(json!({"source": "label-map", "file": labels, "names": names.unwrap_or("segments")})))
        }
    }
}

fn calibration(arguments: &Arguments) -> Result<Option<Value>, Failure> {
    let Some(method) = arguments.text("calibration") else { return Ok(None) };
    let Some(id) = arguments.text("calibrationId") else { return Ok(Some(json!({"method": method}))) };
    match method {
        "phantom" => Ok(Some(json!({"method": method, "phantom": id}))),
        "stored" => Ok(Some(json!({"method": method, "id": id}))),
        "internal" => Ok(Some(json!({"method": method, "mapping": id}))),
        _ => Err(Failure::Value(format!(
            "the calibration {id} was named, but the way of calibrating is {method}; choose phantom, stored or internal"
        ))),
    }
}

fn patient(arguments: &Arguments) -> Result<Value, Failure> {
    let age = arguments.number("age");
    if let Some(age) = age.filter(|age| age.fract() != 0.0) {
        return Err(Failure::Value(format!("the age is {age}; give whole years")));
    }
    Ok(given(json!({
        "height_m": arguments.number("height"),
        "weight_kg": arguments.number("weight"),
        "age_years": age.map(|age| age as u32),
        "sex": arguments.text("sex").filter(|sex| *sex != "unknown"),
    })))
}

/// What the site supplies, with the folders of models after its own.
fn site(arguments: &Arguments) -> Result<Option<Value>, Failure> {
    let folders = arguments.list("modelFolders");
    let file = arguments.path("site");
    if file.is_none() && folders.is_empty() {
        return Ok(None);
    }
    let mut site = file.map(object).transpose()?.unwrap_or_default();
    if !folders.is_empty() {
        let own = site.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
        site.insert("models".to_owned(), own.into_iter().chain(folders.into_iter().map(Value::from)).collect());
    }
    Ok(Some(Value::Object(site)))
}

fn outputs(arguments: &Arguments, dicom: bool) -> Vec<&'static str> {
    let folder = arguments.text("outputFolder").is_some();
    let when = |wanted: bool, kinds: &'static [&'static str]| if wanted { kinds } else { &[] };
    let labels = when(arguments.text("outputLabels").is_some(), &["label-map"]);
    [when(folder && dicom, &["sr", "seg"]), when(folder, &["pdf", "sc"]), labels].concat()
}

/// By the name of the file that the host wants.
fn volume_format(arguments: &Arguments) -> Result<Option<&'static str>, Failure> {
    let Some(labels) = arguments.text("outputLabels") else { return Ok(None) };
    match labels.to_ascii_lowercase() {
        name if name.ends_with(".nrrd") => Ok(Some("nrrd")),
        name if name.ends_with(".nii.gz") => Ok(Some("nifti")),
        _ => Err(Failure::Value(format!("the label map cannot be written as {labels}; its name must end in .nrrd or .nii.gz"))),
    }
}

/// A JSON file that holds an object.
fn object(file: &Path) -> Result<Map<String, Value>, Failure> {
    let unusable = |problem: String| Failure::Input { file: file.to_owned(), problem };
    match serde_json::from_str(&read(file)?) {
        Ok(Value::Object(keys)) => Ok(keys),
        Ok(_) => Err(unusable("must hold a JSON object".to_owned())),
        Err(error) => Err(unusable(format!("is not JSON: {error}"))),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let unusable = |problem: String| Failure::Input { file: file.to_owned(), problem };
    let mut text = String::new();
    let read = File::open(file).and_then(|opened| opened.take(MOST_BYTES + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(unusable(format!("cannot be read: {error}"))),
        Ok(bytes) if bytes as u64 > MOST_BYTES => Err(unusable(format!("has more than {} MiB", MOST_BYTES >> 20))),
        Ok(_) => Ok(text),
    }
}

/// `object` without its nulls.
fn given(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Request;

    fn of(line: &str, dicom: bool) -> Result<Value, String> {
        let line = format!("BoneMuscleCLI ct.nrrd {line}");
        match Request::read(line.split_whitespace().map(Into::into)) {
            Ok(Request::Measure(arguments)) => settings(&arguments, dicom).map_err(|failure| failure.to_string()),
            _ => panic!("the line is right"),
        }
    }

    #[test]
    fn what_is_not_given_is_left_to_the_library() {
        let nothing = json!({"measurements": [], "model": {}, "patient": {}, "outputs": []});
        assert_eq!(of("", true).expect("usable"), nothing);
        assert_eq!(of("--sex unknown --age 0 --height 0", true).expect("usable"), nothing);
    }

    #[test]
    fn what_is_given_has_the_keys_of_the_library() {
        let line = "--labels l.nrrd --measurements muscle,lumbar-bmd --calibration phantom --calibrationId b-mas200 --height 1.7 \
                    --weight 65 --age 71 --sex F --outputLabels o.nrrd --outputFolder r --passes 0 --engine open-vino \
                    --language ja --threads 2 --modelFolders a,b";
        let expected = json!({
            "measurements": ["muscle", "lumbar-bmd"],
            "segmentation": {"source": "label-map", "file": "l.nrrd", "names": "segments"},
            "model": {"passes": 0, "engine": "open-vino"},
            "calibration": {"method": "phantom", "phantom": "b-mas200"},
            "site": {"models": ["a", "b"]},
            "patient": {"height_m": 1.7, "weight_kg": 65.0, "age_years": 71, "sex": "F"},
            "language": "ja",
            "outputs": ["sr", "seg", "pdf", "sc", "label-map"],
            "volume_format": "nrrd",
            "threads": 2,
        });
        assert_eq!(of(line, true).expect("usable"), expected);
        assert_eq!(of(line, false).expect("usable")["outputs"], json!(["pdf", "sc", "label-map"]));
        assert_eq!(of("--labels l --labelNames n.json", false).expect("usable")["segmentation"]["names"], "n.json");
        assert_eq!(of("--model m", false).expect("usable")["segmentation"], json!({"source": "model", "name": "m"}));
    }

    #[test]
    fn contradictions_are_refused_in_a_sentence() {
        for (line, part) in [
            ("--labelNames n.json", "without labels"),
            ("--labels l --model m", "give the one"),
            ("--calibration auto --calibrationId x", "choose phantom, stored or internal"),
            ("--age 70.5", "whole years"),
            ("--outputLabels o.mha", ".nrrd or .nii.gz"),
            ("--site absent.json", "absent.json cannot be read"),
        ] {
            let sentence = of(line, true).expect_err(line);
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn the_models_of_the_site_come_first() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("site.json");
        std::fs::write(&file, r#"{"models": ["own"], "mappings": []}"#).expect("writable");
        let settings = of(&format!("--site {} --modelFolders more", file.display()), false).expect("usable");
        assert_eq!(settings["site"], json!({"models": ["own", "more"], "mappings": []}));
        std::fs::write(&file, "[]").expect("writable");
        assert!(of(&format!("--site {}", file.display()), false).expect_err("no object").contains("must hold a JSON object"));
    }

    #[test]
    fn a_list_of_files_may_come_from_windows_and_hold_empty_lines() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("files.txt");
        std::fs::write(&file, "/a b/1.dcm\r\n\n/2.dcm").expect("writable");
        assert_eq!(lines(&file).expect("a list"), ["/a b/1.dcm", "/2.dcm"]);
    }
}
