//! The JSON schema and the table against a report built in code.

#[path = "../examples/synthetic/mod.rs"]
#[allow(dead_code, reason = "shared with examples, which use more of it")]
mod synthetic;

use plugin_core::anatomy::{Side, Structure};
use plugin_core::report::{GateCode, NotMeasured, Quality, Quantity, Region, Report, Severity, to_csv};
use serde_json::Value;
use std::collections::BTreeSet;
use synthetic::{Study, ellipsoid};

fn report() -> Report {
    let masks = vec![
        ellipsoid(Structure::L1, Side::None, [0, 0, 0], [4, 4, 4]),
        ellipsoid(Structure::GluteusMaximus, Side::Right, [0, 0, 0], [8, 8, 8]),
    ];
    let mut report = Study::new([8, 8, 8], masks).report;
    report.findings[0].not_measured.push(NotMeasured {
        criteria: vec![],
        region: Region::Trabecular,
        quantities: vec![Quantity::AttenuationMedian, Quantity::Volume],
        code: GateCode::RoiSmall,
        reason: "3 voxels, \"thin\"; 50 are needed".into(),
        found: Some(3.0),
    });
    report.quality.push(Quality { code: GateCode::SliceThick, severity: Severity::Info, message: "thick".into(), found: None });
    report
}

#[test]
fn the_table_has_a_row_per_value_and_per_missing_value() {
    // 32 of the 64 voxels of the small box lie within the ellipsoid, each 1.25 x 0.75 x 2.5 mm.
    let expected = "structure,side,region,quantity,value,unit,method,not_measured,reason\r\n\
        l1,,whole,volume,0.075,cm3,labelled-voxels/1,,\r\n\
        l1,,trabecular,attenuation_mean,131.25,[hnsf'U],trabecular-body/1,,\r\n\
        l1,,trabecular,attenuation_sd,3.33333e-8,[hnsf'U],trabecular-body/1,,\r\n\
        l1,,trabecular,attenuation_median,,[hnsf'U],,ROI_SMALL,\"3 voxels, \"\"thin\"\"; 50 are needed\"\r\n\
        l1,,trabecular,volume,,cm3,,ROI_SMALL,\"3 voxels, \"\"thin\"\"; 50 are needed\"\r\n\
        gluteus_maximus,right,whole,volume,";
    let table = to_csv(&report());
    assert!(table.starts_with(expected), "{table}");
    assert_eq!(table.lines().count(), 1 + 5 + 5);
}

#[test]
fn the_schema_has_the_keys_and_words_of_the_program() {
    let schema: Value = serde_json::from_str(include_str!("../schema/report.schema.json")).expect("JSON");
    compare(&schema, &schema, &serde_json::to_value(report()).expect("JSON"), "report");
    let mut stored = Study::new([8, 8, 8], vec![]);
    stored.store_labels();
    compare(&schema, &schema, &serde_json::to_value(stored.report).expect("JSON"), "report");

    let words =
        |value: &Value| value["enum"].as_array().expect("words").iter().map(|word| word.to_string()).collect::<Vec<_>>();
    let structures = &schema["$defs"]["finding"]["properties"]["structure"];
    assert_eq!(words(structures), Structure::ALL.iter().map(|s| format!("{:?}", s.name())).collect::<Vec<_>>());
}

/// Objects must have exactly the properties of the schema, all of them required; words must be among those listed.
fn compare(root: &Value, schema: &Value, value: &Value, path: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return compare(root, &root["$defs"][reference.trim_start_matches("#/$defs/")], value, path);
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let resolved =
            alternatives.iter().map(|one| &root["$defs"][one["$ref"].as_str().unwrap_or("").trim_start_matches("#/$defs/")]);
        let fitting: Vec<_> = resolved.filter(|one| one["properties"]["source"]["const"] == value["source"]).collect();
        assert_eq!(fitting.len(), 1, "{path}");
        return compare(root, fitting[0], value, path);
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{path}: {value}");
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(constant, value, "{path}");
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        compare(root, &schema["items"], item, &format!("{path}[{number}]"));
    }
    if let Some(object) = value.as_object() {
        let keys: BTreeSet<_> = object.keys().collect();
        let known: BTreeSet<_> = schema["properties"].as_object().expect("properties").keys().collect();
        assert_eq!(keys, known, "{path}");
        assert_eq!(schema["required"].as_array().map(Vec::len), Some(keys.len()), "{path}");
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{path}");
        for (key, item) in object {
            compare(root, &schema["properties"][key], item, &format!("{path}.{key}"));
        }
    }
}
