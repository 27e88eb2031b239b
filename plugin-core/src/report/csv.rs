//! The report as a table.

use super::{Finding, Report};
use std::borrow::Cow;

const HEADER: [&str; 9] = ["structure", "side", "region", "quantity", "value", "unit", "method", "not_measured", "reason"];

/// One row per value and per missing value: `structure,side,region,quantity,value,unit,method,not_measured,reason` (RFC 4180).
///
/// Values have the digits of the JSON form; `not_measured` is the code of the gate that withheld the value.
pub fn to_csv(report: &Report) -> String {
    let rows = report.findings.iter().flat_map(rows_of);
    [HEADER.map(Cow::Borrowed)].into_iter().chain(rows).map(|row| line(&row)).collect()
}

fn rows_of(finding: &Finding) -> impl Iterator<Item = [Cow<'_, str>; 9]> {
    let start = [finding.structure.name(), finding.side.name()];
    let measured = finding.measurements.iter().map(move |measurement| {
        let value = serde_json::Value::from(measurement.value).to_string();
        let [structure, side] = start.map(Cow::Borrowed);
        let [region, quantity] = [measurement.region.name(), measurement.quantity.name()].map(Cow::Borrowed);
        let [unit, method] = [measurement.unit.code().value, measurement.method.as_str()].map(Cow::Borrowed);
        [structure, side, region, quantity, Cow::Owned(value), unit, method, Cow::Borrowed(""), Cow::Borrowed("")]
    });
    let missing = finding.not_measured.iter().flat_map(move |missing| {
        missing.quantities.iter().map(move |quantity| {
            [
                start[0],
                start[1],
                missing.region.name(),
                quantity.name(),
                "",
                quantity.unit().code().value,
                "",
                missing.code.name(),
                &missing.reason,
            ]
            .map(Cow::Borrowed)
        })
    });
    measured.chain(missing)
}

fn line(fields: &[Cow<'_, str>]) -> String {
    let quoted: Vec<_> = fields.iter().map(|field| quote(field)).collect();
    quoted.join(",") + "\r\n"
}

fn quote(field: &str) -> Cow<'_, str> {
    match field.contains([',', '"', '\r', '\n']) {
        true => Cow::Owned(format!("\"{}\"", field.replace('"', "\"\""))),
        false => Cow::Borrowed(field),
    }
}
