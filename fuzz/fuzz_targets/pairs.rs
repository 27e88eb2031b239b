//! Tables of pairs, up to the statistics of all their patients.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plugin_core::validation::stratum::{members, strata};
use plugin_core::validation::{ValidationSettings, pairs};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    // Cuts within the values of the seed, so that everything is computed.
    let settings =
        ValidationSettings { reference_cut: Some(0.7), cut: Some(0.72), prevalence: Some(0.1), ..ValidationSettings::default() };
    let Ok(pairs) = pairs::read(data, &settings) else { return };
    let strata = serde_json::to_value(strata(&members(&pairs), &settings)).expect("statistics are JSON");
    // JSON has no other word for NaN and infinity.
    assert!(is_without_null(&strata), "a statistic is no number: {strata}");
});

fn is_without_null(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => values.iter().all(is_without_null),
        Value::Object(keys) => keys.values().all(is_without_null),
        _ => true,
    }
}
