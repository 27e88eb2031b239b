//! The JSON schema and the table against a report built in code.

#[path = "../examples/synthetic/mod.rs"]
#[allow(dead_code, reason = "shared with examples, which use more of it")]
mod synthetic;

use plugin_core::anatomy::{Side, Structure};
use plugin_core::report::{
    Category, Criterion, GateCode, LandmarkName, NotMeasured, Quality, Quantity, Region, Report, Severity, to_csv,
};
use plugin_core::segmentation::LabelOrigin;
use plugin_core::units::Material;
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
    let expected = "structure,side,region,quantity,value,unit,method,reference,not_measured,reason,predictive_variance,\
        predicted_dice,root_mean_square_error\r\n\
        l1,,whole,volume,0.075,cm3,labelled-voxels/1,,,,,,\r\n\
        l1,,trabecular,attenuation_mean,131.25,[hnsf'U],trabecular-body/1,,,,,,\r\n\
        l1,,trabecular,attenuation_sd,3.33333e-8,[hnsf'U],trabecular-body/1,,,,,,\r\n\
        l1,,trabecular,attenuation_median,,[hnsf'U],,,ROI_SMALL,\"3 voxels, \"\"thin\"\"; 50 are needed\",,,\r\n\
        l1,,trabecular,volume,,cm3,,,ROI_SMALL,\"3 voxels, \"\"thin\"\"; 50 are needed\",,,\r\n\
        gluteus_maximus,right,whole,volume,";
    let table = to_csv(&report());
    assert!(table.starts_with(expected), "{table}");
    assert_eq!(table.lines().count(), 1 + 5 + 5);
}

#[test]
fn scores_and_what_criteria_say_are_rows_that_name_their_reference() {
    let table = to_csv(&synthetic::full::one_of_each().report);
    for row in [
        "femur,right,femoral_neck,t_score,-2.04713,{T-score},score/1,nhanes3-fn,,,,,\r\n",
        "femur,right,femoral_neck,areal_density,0.612345,g{HA}/cm2,femur-projection/1,,,,,,\r\n",
        "lumbar_spine,,l1_l4,spine_qct,low_bone_mass,,,spine-qct-acr-iscd,,\"Trabecular density 94.1",
        "lumbar_spine,,l1_l4,spine_qct_east_asian,,,,,NO_REFERENCE,nobody has verified",
        "femur,left,femoral_neck,who,,,,,NECK_QC,",
    ] {
        assert!(table.contains(row), "{row} is not in\n{table}");
    }
}

#[test]
fn every_row_says_how_sure_the_model_was_of_the_label() {
    let masks = vec![
        ellipsoid(Structure::L1, Side::None, [0, 0, 0], [4, 4, 4]),
        ellipsoid(Structure::L2, Side::None, [4, 4, 4], [4, 4, 4]),
        ellipsoid(Structure::L3, Side::None, [4, 0, 0], [4, 4, 4]),
    ];
    let mut study = Study::new([8, 8, 8], masks);
    study.label_by_model();
    let table = to_csv(&study.report);
    let ends = |structure: &str, figures: &str| {
        table.lines().filter(|row| row.starts_with(structure)).all(|row| row.ends_with(figures))
    };
    assert!(ends("l1,", ",0.00123456,0.931234,") && ends("l2,", ",0.0061,0.72461,") && ends("l3,", ",0.002468,,"), "{table}");
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../schema/report.schema.json")).expect("JSON")
}

#[test]
fn the_schema_has_the_keys_and_words_of_the_program() {
    let schema = schema();
    let mut stored = Study::new([8, 8, 8], vec![]);
    stored.store_labels();
    let mut full = synthetic::full::study().report;
    let mut modelled = synthetic::full::study();
    modelled.label_by_model();
    let mut certain = modelled.report.clone();
    if let LabelOrigin::Model { dropout, seed, .. } = &mut certain.segmentation {
        (*dropout, *seed) = (None, None);
    }
    for report in [report(), stored.report, full.clone(), modelled.report, certain] {
        compare(&schema, &schema, &serde_json::to_value(report).expect("JSON"), "report");
    }
    for (_, calibration) in synthetic::full::calibrations() {
        full.calibration = calibration;
        compare(&schema, &schema, &serde_json::to_value(&full).expect("JSON"), "report");
    }
}

#[test]
fn the_schema_lists_every_word_the_program_knows_in_its_order() {
    let schema = schema();
    let lists = |pointer: &str| {
        let list = schema.pointer(pointer).and_then(|value| value["enum"].as_array()).expect(pointer);
        list.iter().map(|word| word.as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    macro_rules! assert_lists {
        ($($pointer:literal $words:ty;)*) => {
            $(assert_eq!(lists($pointer), <$words>::ALL.iter().map(|word| word.name()).collect::<Vec<_>>());)*
        };
    }
    assert_lists! {
        "/$defs/finding/properties/structure" Structure;
        "/$defs/landmark/properties/name" LandmarkName;
        "/$defs/gate" GateCode;
        "/$defs/region" Region;
        "/$defs/quantity" Quantity;
        "/$defs/criterion" Criterion;
        "/$defs/category" Category;
    }
    // A density without its material is none that a report may hold.
    let materials = [Material::Hydroxyapatite, Material::DipotassiumPhosphate];
    let units = |quantity: &Quantity| materials.map(|material| quantity.unit().of_material(material).code().value.to_owned());
    let known: BTreeSet<_> = Quantity::ALL.iter().flat_map(units).collect();
    assert_eq!(lists("/$defs/measurement/properties/unit").into_iter().collect::<BTreeSet<_>>(), known);
}

/// Where an object lies, and its key that may be absent.
const OPTIONAL: [(&str, &str); 2] = [(".measurements[", "root_mean_square_error"), (".patient", "given")];

fn keys<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.collect()
}

fn keys_of(value: &Value) -> BTreeSet<&str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

/// Objects must have exactly the properties of the schema, all but [`OPTIONAL`] required; words must be among those listed.
fn compare(root: &Value, schema: &Value, value: &Value, path: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return compare(root, &root["$defs"][reference.trim_start_matches("#/$defs/")], value, path);
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let resolved =
            alternatives.iter().map(|one| &root["$defs"][one["$ref"].as_str().unwrap_or("").trim_start_matches("#/$defs/")]);
        let fits = |one: &&Value| {
            let mut constants =
                one["properties"].as_object().into_iter().flatten().filter(|(_, property)| property["const"] != Value::Null);
            let required = one["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            constants.all(|(key, property)| property["const"] == value[key]) && keys(required).is_subset(&keys_of(value))
        };
        let fitting: Vec<_> = resolved.filter(fits).collect();
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
        let required = keys(schema["required"].as_array().expect("required").iter().filter_map(Value::as_str));
        let optional = keys(OPTIONAL.iter().filter(|(of, _)| path.contains(of)).map(|(_, key)| *key));
        assert_eq!(keys_of(&schema["properties"]), required.union(&optional).copied().collect(), "{path}");
        let present = keys_of(value);
        assert!(required.is_subset(&present) && present.is_subset(&keys_of(&schema["properties"])), "{path}: {present:?}");
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{path}");
        for (key, item) in object {
            compare(root, &schema["properties"][key], item, &format!("{path}.{key}"));
        }
    }
}
