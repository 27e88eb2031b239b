//! The report as a table.

use super::{Assessment, Finding, Measurement, NotMeasured, Region, Report, Uncertainty};
use std::borrow::Cow;

const HEADER: [&str; 13] = [
    "structure",
    "side",
    "region",
    "quantity",
    "value",
    "unit",
    "method",
    "reference",
    "not_measured",
    "reason",
    "predictive_variance",
    "predicted_dice",
    "root_mean_square_error",
];

/// One row per value, per missing value and per criterion (RFC 4180); the columns are those of the first row.
///
/// Values have the digits of the JSON form. `reference` is the `id` of a reference value of the report; `not_measured` is the code
/// of the gate that withheld the value and `reason` its sentence. What a criterion says stands as its own row: `quantity` is the
/// criterion, `value` the category, `reason` the sentence, which says no more than CT can support. `predictive_variance` and
/// `predicted_dice` say in every row of a finding how sure the model was of its label, and `root_mean_square_error` by how
/// much such values of a network were off on simulated films; empty where nobody said.
pub fn to_csv(report: &Report) -> String {
    let rows = report.findings.iter().flat_map(rows_of);
    std::iter::once(HEADER.map(Cow::Borrowed)).chain(rows).map(|row| line(&row)).collect()
}

type Row<'a> = [Cow<'a, str>; 13];

fn rows_of(finding: &Finding) -> impl Iterator<Item = Row<'_>> {
    let measured = finding.measurements.iter().map(move |one| value_row(finding, one));
    let missing = finding.not_measured.iter().flat_map(move |one| missing_rows(finding, one));
    let assessed = finding.assessments.iter().map(move |one| assessment_row(finding, one));
    measured.chain(missing).chain(assessed)
}

fn value_row<'a>(finding: &'a Finding, one: &'a Measurement) -> Row<'a> {
    let value = number(one.value);
    let reference = one.reference.as_deref().unwrap_or_default();
    let rest = [value.into(), one.unit.code().value.into(), one.method.as_str().into(), reference.into(), "".into(), "".into()];
    let mut row = row(finding, one.region, one.quantity.name(), rest);
    row[12] = one.root_mean_square_error.map(number).unwrap_or_default().into();
    row
}

fn missing_rows<'a>(finding: &'a Finding, one: &'a NotMeasured) -> impl Iterator<Item = Row<'a>> {
    let quantities = one.quantities.iter().map(|quantity| (quantity.name(), quantity.unit().code().value));
    let criteria = one.criteria.iter().map(|criterion| (criterion.name(), ""));
    quantities.chain(criteria).map(move |(name, unit)| {
        let rest = ["", unit, "", "", one.code.name(), &one.reason].map(Cow::Borrowed);
        row(finding, one.region, name, rest)
    })
}

fn assessment_row<'a>(finding: &'a Finding, one: &'a Assessment) -> Row<'a> {
    let rest = [one.category.name(), "", "", &one.reference, "", &one.sentence].map(Cow::Borrowed);
    row(finding, one.region, one.criterion.name(), rest)
}

fn row<'a>(finding: &Finding, region: Region, name: &'static str, rest: [Cow<'a, str>; 6]) -> Row<'a> {
    let [value, unit, method, reference, code, reason] = rest;
    let [structure, side, region, name] =
        [finding.structure.name(), finding.side.name(), region.name(), name].map(Cow::Borrowed);
    let [variance, dice] = match finding.uncertainty {
        Uncertainty::None => [None, None],
        Uncertainty::MonteCarloDropout { predictive_variance, predicted_dice } => [Some(predictive_variance), predicted_dice],
    }
    .map(|figure| Cow::Owned(figure.map(number).unwrap_or_default()));
    [structure, side, region, name, value, unit, method, reference, code, reason, variance, dice, "".into()]
}

fn number(value: f64) -> String {
    serde_json::Value::from(value).to_string()
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
