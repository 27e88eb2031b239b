//! `bonemuscle models`: which networks there are, whether one runs, and a CT labelled by one.

use crate::arguments::{CheckModel, Inference, ListModels, Models, RunModel};
use crate::failure::Failure;
use crate::json::{list, name, remarks, text_of};
use crate::measure::{check_apart, read_inputs};
use crate::progress::shown;
use crate::terminal::{show, tell};
use crate::{folder, settings};
use bonemuscle_client::Library;
use serde_json::Value;
use std::fmt::Write as _;
use std::process::ExitCode;

pub fn run(arguments: &Models) -> Result<ExitCode, Failure> {
    let library = Library::find()?;
    match arguments {
        Models::List(arguments) => show_all(&library, arguments),
        Models::Check(arguments) => check(&library, arguments),
        Models::Run(arguments) => label(&library, arguments),
    }
}

fn show_all(library: &Library, arguments: &ListModels) -> Result<ExitCode, Failure> {
    let known = library.models(&settings::of_models(&arguments.inference)?)?;
    match arguments.json {
        true => show(&format!("{known:#}\n")),
        false => show(&table(&known)),
    }
    Ok(ExitCode::SUCCESS)
}

/// One paragraph per model, then the library that runs them.
fn table(known: &Value) -> String {
    let mut text = String::new();
    for model in list(known, "models") {
        let place = if model["embedded"] == true { "embedded" } else { text_of(model, "folder") };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{} {}  ({place})", text_of(model, "name"), text_of(model, "version"));
        let _ = match model["problem"].as_str() {
            Some(problem) => writeln!(text, "    cannot be used: {problem}"),
            None => writeln!(text, "    {}\n    {}", text_of(model, "description"), details(model)),
        };
        for line in list(model, "attribution").iter().filter_map(Value::as_str) {
            let _ = writeln!(text, "    made from {line}");
        }
    }
    let engine = &known["engine"];
    let _ = match engine["problem"].as_str() {
        Some(problem) => writeln!(text, "no network can be run: {problem}"),
        None => writeln!(text, "run by {}", text_of(engine, "name")),
    };
    text
}

fn details(model: &Value) -> String {
    let passes = match model["passes"].as_u64() {
        None | Some(0) => "no uncertainty".to_owned(),
        Some(passes) => format!("uncertainty from {passes} passes"),
    };
    if model["kind"] == "hip-xray" {
        return format!("for films of the hip, {passes}; licence {}", text_of(model, "licence"));
    }
    let spacing: Vec<String> = list(model, "spacing_mm").iter().map(Value::to_string).collect();
    let measured = list(model, "classes").iter().filter(|class| !class["structure"].is_null()).count();
    format!("voxels of {} mm, {measured} classes, {passes}; licence {}", spacing.join(" x "), text_of(model, "licence"))
}

/// Tells what is right with each model of the folder before it fails for what is not.
fn check(library: &Library, arguments: &CheckModel) -> Result<ExitCode, Failure> {
    let inference =
        Inference { models: vec![arguments.folder.clone()], passes: None, seed: None, engine: arguments.engine.clone() };
    let settings = settings::of_models(&inference)?;
    let known = library.models(&settings)?;
    let found: Vec<&Value> = list(&known, "models").iter().filter(|model| model["embedded"] != true).collect();
    if found.is_empty() {
        return Err(Failure::usage(format!("{} holds no model: no manifest.json was found", arguments.folder.display())));
    }
    let mut failed = None;
    for model in found {
        if let Err(failure) = try_one(library, &settings, model) {
            tell(&format!("{}: {}", text_of(model, "name"), failure.sentence));
            failed = Some(failure.exit);
        }
    }
    Ok(failed.map_or(ExitCode::SUCCESS, ExitCode::from))
}

fn try_one(library: &Library, settings: &Value, model: &Value) -> Result<(), Failure> {
    if let Some(problem) = model["problem"].as_str() {
        return Err(Failure::usage(problem));
    }
    let mut settings = settings.clone();
    match text_of(model, "kind") {
        "hip-xray" => settings["xray"] = serde_json::json!({"model": text_of(model, "name")}),
        _ => settings["segmentation"] = settings::by_model(text_of(model, "name")),
    }
    let ran = library.check_model(&settings)?;
    show(&format!(
        "{} {}\n    {}\n    {}\n    sha256 {}\n    one tile in {:.2} s by {}\n",
        text_of(&ran, "name"),
        text_of(&ran, "version"),
        text_of(model, "description"),
        details(model),
        text_of(&ran, "sha256"),
        ran["seconds_per_tile"].as_f64().unwrap_or(0.0),
        text_of(&ran, "engine")
    ));
    Ok(())
}

fn label(library: &Library, arguments: &RunModel) -> Result<ExitCode, Failure> {
    let settings = settings::of_run(arguments)?;
    check_apart(&arguments.inputs, &arguments.output)?;
    library.check_settings(&settings)?;
    let inputs = read_inputs(library, &arguments.inputs)?;
    folder::create(&arguments.output)?;
    let labelled = shown(|hear| library.segment(&inputs, &settings, hear))?;
    folder::write(&arguments.output, &labelled.files)?;
    tell(&format!("labels in {}", arguments.output.display()));
    show(&summary(&labelled.report));
    Ok(ExitCode::SUCCESS)
}

/// Volume of every structure, then what is in doubt.
fn summary(labelled: &Value) -> String {
    let mut text = format!("{}\n", text_of(labelled, "notice"));
    for one in list(labelled, "structures") {
        let dice =
            one["uncertainty"]["predicted_dice"].as_f64().map_or(String::new(), |dice| format!("  expected Dice {dice:.2}"));
        let _ = writeln!(
            text,
            "{:3}  {:30} {:>10.1} cm3{dice}",
            one["value"],
            name(one),
            one["volume_cm3"].as_f64().unwrap_or(0.0)
        );
    }
    if let Some(doubt) = labelled["numbering_doubt"].as_str() {
        let _ = writeln!(text, "warning: which vertebra is which is in doubt: {doubt}");
    }
    for remark in remarks(labelled) {
        let _ = writeln!(text, "{remark}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_says_what_each_model_is_or_why_it_cannot_be_used() {
        let known = json!({
            "engine": {"name": "ONNX Runtime 1.28.0, f32", "problem": null},
            "models": [
                {"name": "a", "version": "1", "description": "Bones.", "licence": "CC-BY-4.0", "attribution": ["Bodies, CC BY 4.0"], "embedded": true, "passes": 10,
                 "spacing_mm": [3.0, 3.0, 1.5], "classes": [{"name": "bg", "structure": null}, {"name": "L1", "structure": "l1"}],
                 "problem": null},
                {"name": "h", "version": "2", "kind": "hip-xray", "description": "Hips.", "licence": "CC0-1.0", "embedded": true, "passes": 8,
                 "problem": null},
                {"name": "b", "version": null, "embedded": false, "folder": "/m/b", "problem": "no manifest"},
            ],
        });
        let expected = "\
a 1  (embedded)
    Bones.
    voxels of 3.0 x 3.0 x 1.5 mm, 1 classes, uncertainty from 10 passes; licence CC-BY-4.0
    made from Bodies, CC BY 4.0
h 2  (embedded)
    Hips.
    for films of the hip, uncertainty from 8 passes; licence CC0-1.0
b   (/m/b)
    cannot be used: no manifest
run by ONNX Runtime 1.28.0, f32
";
        assert_eq!(table(&known), expected);
    }

    #[test]
    fn a_summary_holds_volumes_and_doubts() {
        let labelled = json!({
            "notice": "Research use only.",
            "numbering_doubt": "six vertebrae above the sacrum",
            "quality": [{"severity": "warning", "message": "others"}],
            "structures": [
                {"value": 1, "structure": "l1", "side": "none", "volume_cm3": 41.25, "uncertainty": null},
                {"value": 29, "structure": "femur", "side": "left", "volume_cm3": 200.0, "uncertainty": {"predicted_dice": 0.913}},
            ],
        });
        let text = summary(&labelled);
        let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let expected = [
            "Research use only.",
            "1 l1 41.2 cm3",
            "29 femur left 200.0 cm3 expected Dice 0.91",
            "warning: which vertebra is which is in doubt: six vertebrae above the sacrum",
            "warning: others",
        ];
        assert_eq!(lines, expected);
    }
}
