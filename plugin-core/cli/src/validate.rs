use crate::arguments::Validate;
use crate::failure::Failure;
use crate::json::{list, text_of};
use crate::terminal::{show, tell};
use crate::{folder, settings};
use bonemuscle_client::Library;
use serde_json::Value;
use std::process::ExitCode;

pub fn run(arguments: &Validate) -> Result<ExitCode, Failure> {
    let request = settings::of_validate(arguments)?;
    let outcome = Library::find()?.validate(&request)?;
    folder::create(&arguments.output)?;
    folder::write(&arguments.output, &outcome.files)?;
    tell(&format!("results in {}", arguments.output.display()));
    show(&summary(&outcome.report));
    let computed = list(&outcome.report, "strata").iter().any(|stratum| stratum["bland_altman"]["bias"].is_object());
    Ok(if computed { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// A line for each set of patients; every number stands in the files.
fn summary(validation: &Value) -> String {
    let lines = list(validation, "strata").iter().map(|stratum| {
        let said = [
            format!("{} pairs", stratum["pairs"]),
            told("r", &stratum["pearson_r"], &stratum["pearson_r"]["value"]),
            told("MAE", &stratum["errors"], &stratum["errors"]["mae"]),
            told("bias", &stratum["bland_altman"], &stratum["bland_altman"]["bias"]["value"]),
            told("AUC", &stratum["roc"], &stratum["roc"]["auc"]["value"]),
        ];
        format!("{} {}: {}\n", text_of(stratum, "kind"), text_of(stratum, "name"), said.join(", "))
    });
    format!("{}\n{}", text_of(validation, "notice"), lines.collect::<String>())
}

/// The number, or why there is none.
fn told(name: &str, statistic: &Value, value: &Value) -> String {
    match value.as_f64() {
        Some(value) => format!("{name} {value:.4}"),
        None => format!("{name} not computed ({})", text_of(statistic, "not_computed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_reasons_are_shown() {
        let stratum = json!({
            "kind": "site", "name": "a", "pairs": 2, "pearson_r": {"not_computed": "2 pairs"}, "errors": {"mae": 0.05},
            "bland_altman": {"not_computed": "2 pairs"}, "roc": {"auc": {"value": 1.0}},
        });
        let text = summary(&json!({"notice": "Research use only.", "strata": [stratum]}));
        let line = "site a: 2 pairs, r not computed (2 pairs), MAE 0.0500, bias not computed (2 pairs), AUC 1.0000\n";
        assert_eq!(text, format!("Research use only.\n{line}"));
    }
}
