use crate::arguments::Register;
use crate::failure::Failure;
use crate::json::{list, text_of};
use crate::measure::{check_apart, read_inputs};
use crate::progress::shown;
use crate::terminal::show;
use crate::{folder, settings};
use bonemuscle_client::Library;
use serde_json::Value;
use std::fmt::Write as _;
use std::process::ExitCode;

pub fn run(arguments: &Register) -> Result<ExitCode, Failure> {
    let request = settings::of_register(arguments)?;
    let paths = [arguments.ct.clone(), arguments.xray.clone()];
    check_apart(&paths, &arguments.output)?;
    let library = Library::find()?;
    let inputs = read_inputs(&library, &paths)?;
    folder::create(&arguments.output)?;

    let outcome = shown(|hear| library.register(&inputs, &request, hear))?;
    folder::deliver(&arguments.output, &outcome.files)?;
    show(&summary(&outcome.report));
    Ok(match outcome.report["found"].is_null() {
        true => ExitCode::from(3),
        false => ExitCode::SUCCESS,
    })
}

/// Pose or refusal, then what was taken for granted.
fn summary(report: &Value) -> String {
    let mut text = format!("{}\n", text_of(report, "notice"));
    let found = &report["found"];
    let numbers = |list_of: &Value| {
        let values = list_of.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_f64);
        values.map(|value| format!("{value:.2}")).collect::<Vec<_>>().join(", ")
    };
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    // Writing into a String cannot fail.
    let _ = match report["refused"].as_str() {
        Some(reason) => writeln!(text, "no pose: {reason}"),
        None => writeln!(
            text,
            "rotation about x, y, z (LPS)  {} degrees\ntranslation                   {} mm\nsimilarity                    {:.3}\n\
             {} of {} restarts agree within  {:.2} mm in the plane of the film, {:.2} mm in depth",
            numbers(&found["pose"]["rotation_degrees"]),
            numbers(&found["pose"]["translation_mm"]),
            number(&found["similarity"]),
            found["agreeing_restarts"],
            found["restarts"],
            number(&found["spread"]["in_plane_mm"]),
            number(&found["spread"]["depth_mm"]),
        ),
    };
    for (kind, key) in [("assumed", "assumptions"), ("note", "caveats")] {
        for sentence in list(report, key).iter().filter_map(Value::as_str) {
            let _ = writeln!(text, "{kind}: {sentence}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pose_is_shown_with_what_was_assumed() {
        let mut report = json!({
            "notice": "Research use only.",
            "found": {
                "pose": {"rotation_degrees": [1.0, -2.346, 0.0], "translation_mm": [10.0, 0.5, -3.0], "centre": [0.0, 0.0, 0.0]},
                "similarity": 0.4567,
                "restarts": 6,
                "agreeing_restarts": 4,
                "spread": {"total_mm": 1.0, "in_plane_mm": 0.25, "depth_mm": 0.9},
            },
            "refused": null,
            "assumptions": ["the distance is absent"],
            "caveats": ["one film"],
        });
        let expected = "\
Research use only.
rotation about x, y, z (LPS)  1.00, -2.35, 0.00 degrees
translation                   10.00, 0.50, -3.00 mm
similarity                    0.457
4 of 6 restarts agree within  0.25 mm in the plane of the film, 0.90 mm in depth
assumed: the distance is absent
note: one film
";
        assert_eq!(summary(&report), expected);
        report["refused"] = json!("unlike");
        report["found"] = Value::Null;
        assert!(summary(&report).starts_with("Research use only.\nno pose: unlike\nassumed: "));
    }
}
