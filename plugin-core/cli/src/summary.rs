//! A report as a person reads it in a terminal: values, then what was not measured, then what the gates said.

use crate::json::{list, name, text_of};
use serde_json::Value;
use std::fmt::Write;

/// How many values `report` holds.
pub fn value_count(report: &Value) -> usize {
    findings(report).map(|finding| list(finding, "measurements").len()).sum()
}

/// The whole summary, ending in a line break.
pub fn of(report: &Value) -> String {
    let mut text = format!("{}\n", text_of(report, "notice"));
    text.push_str(&values(report));
    text.push_str(&missing(report));
    for quality in list(report, "quality") {
        // Writing into a String cannot fail.
        let _ =
            writeln!(text, "{}: {} ({})", text_of(quality, "severity"), text_of(quality, "message"), text_of(quality, "code"));
    }
    text
}

fn values(report: &Value) -> String {
    let mut rows = Vec::new();
    for finding in findings(report) {
        for measurement in list(finding, "measurements") {
            let number = match measurement["root_mean_square_error"].as_f64() {
                None => measurement["value"].to_string(),
                Some(error) => format!("{} ± {error}", measurement["value"]),
            };
            let unit = match text_of(measurement, "unit") {
                "[hnsf'U]" => "HU",
                unit => unit,
            };
            rows.push([
                name(finding),
                text_of(measurement, "region").to_owned(),
                text_of(measurement, "quantity").to_owned(),
                number,
                unit.to_owned(),
            ]);
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second, third, fourth) = (width(0), width(1), width(2), width(3));
    let line = |[finding, region, quantity, number, unit]: &[String; 5]| {
        format!("{finding:first$}  {region:second$}  {quantity:third$}  {number:>fourth$} {unit}\n")
    };
    rows.iter().map(line).collect()
}

fn missing(report: &Value) -> String {
    let mut text = String::new();
    for finding in findings(report) {
        for missing in list(finding, "not_measured") {
            let what = list(missing, "quantities").iter().chain(list(missing, "criteria")).filter_map(Value::as_str);
            let what = what.collect::<Vec<_>>().join(", ");
            let place = match text_of(missing, "region") {
                "whole" => name(finding),
                region => format!("{} {region}", name(finding)),
            };
            let _ = writeln!(text, "{place}: not given: {what}: {} ({})", text_of(missing, "reason"), text_of(missing, "code"));
        }
    }
    text
}

fn findings(report: &Value) -> impl Iterator<Item = &Value> {
    list(report, "findings").iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_reasons_and_gates_are_shown() {
        let report = json!({
            "notice": "Research use only. Not for diagnosis.",
            "quality": [{"code": "SLICE_THICK", "severity": "warning", "message": "slices are 5 mm thick", "found": 5.0}],
            "findings": [
                {"structure": "l3", "side": "none", "measurements": [
                    {"region": "trabecular", "quantity": "attenuation_mean", "value": 151.25, "unit": "[hnsf'U]", "method": "m/1"},
                ], "not_measured": []},
                {"structure": "iliopsoas", "side": "left", "measurements": [
                    {"region": "whole", "quantity": "volume", "value": 1203.5, "root_mean_square_error": 3.5, "unit": "cm3", "method": "m/1"},
                ], "not_measured": [
                    {"region": "whole", "quantities": ["attenuation_mean", "attenuation_sd"], "code": "METAL",
                     "reason": "metal lies 3 mm away", "found": 3.0},
                    {"region": "l3_slice", "quantities": [], "criteria": ["who", "jsbmr"], "code": "AGE", "reason": "too young"},
                ]},
            ],
        });
        let expected = "\
Research use only. Not for diagnosis.
l3              trabecular  attenuation_mean        151.25 HU
iliopsoas left  whole       volume            1203.5 ± 3.5 cm3
iliopsoas left: not given: attenuation_mean, attenuation_sd: metal lies 3 mm away (METAL)
iliopsoas left l3_slice: not given: who, jsbmr: too young (AGE)
warning: slices are 5 mm thick (SLICE_THICK)
";
        assert_eq!((of(&report).as_str(), value_count(&report)), (expected, 2));
    }
}
