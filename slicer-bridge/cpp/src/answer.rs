use crate::ffi;
use bonemuscle_client::{Error, Outcome, Status};
use serde_json::Value;

/// What a run gave, with the values of its report in rows.
pub(crate) fn answer(outcome: Outcome) -> ffi::Answer {
    let findings = || items(&outcome.report["findings"]);
    let each = |key: &'static str| findings().flat_map(move |finding| items(&finding[key]).map(move |one| (finding, one)));
    ffi::Answer {
        status: 0,
        sentence: String::new(),
        measurements: each("measurements").map(|(finding, one)| measurement(finding, one)).collect(),
        not_measured: each("not_measured").map(|(finding, one)| not_measured(finding, one)).collect(),
        json: outcome.report.to_string(),
        files: outcome.files.into_iter().map(file).collect(),
    }
}

/// Why a run gave nothing.
pub(crate) fn refusal(error: Error) -> ffi::Answer {
    ffi::Answer {
        status: number(error.status),
        sentence: error.message,
        json: String::new(),
        measurements: Vec::new(),
        not_measured: Vec::new(),
        files: Vec::new(),
    }
}

/// The number of a status in `bonemuscle.h`. One that only a later library gives is internal to the C++ of today.
fn number(status: Status) -> u32 {
    match status {
        Status::InvalidArgument => 1,
        Status::Settings => 2,
        Status::Input => 3,
        Status::Labels => 4,
        Status::Cancelled => 5,
        Status::Write => 6,
        Status::Model => 8,
        _ => 7,
    }
}

fn measurement(finding: &Value, one: &Value) -> ffi::Measurement {
    ffi::Measurement {
        structure: text(&finding["structure"]),
        side: text(&finding["side"]),
        region: text(&one["region"]),
        quantity: text(&one["quantity"]),
        value: one["value"].as_f64().unwrap_or(f64::NAN),
        unit: text(&one["unit"]),
        standard_deviation: one["standard_deviation"].as_f64().into_iter().collect(),
        method: text(&one["method"]),
        reference: one["reference"].as_str().map(str::to_owned).into_iter().collect(),
    }
}

fn not_measured(finding: &Value, one: &Value) -> ffi::NotMeasured {
    ffi::NotMeasured {
        structure: text(&finding["structure"]),
        side: text(&finding["side"]),
        region: text(&one["region"]),
        quantities: items(&one["quantities"]).map(text).collect(),
        criteria: items(&one["criteria"]).map(text).collect(),
        code: text(&one["code"]),
        reason: text(&one["reason"]),
        found: one["found"].as_f64().into_iter().collect(),
    }
}

fn file(file: bonemuscle_client::File) -> ffi::File {
    ffi::File { name: file.name, media_type: file.media_type, data: file.data }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
