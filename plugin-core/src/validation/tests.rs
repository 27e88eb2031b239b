use super::*;
use serde_json::Value;

const TABLE: &str = "\
patient,site,group,repeat,quantity,unit,reference,measured
YAMADA1,east,in-house,1,neck,g/cm2,0.50,0.52
YAMADA1,east,in-house,2,neck,g/cm2,0.50,0.54
YAMADA2,east,in-house,1,neck,g/cm2,0.60,0.57
YAMADA3,east,in-house,1,neck,g/cm2,0.72,0.70
YAMADA4,east,in-house,1,neck,g/cm2,0.81,0.85
YAMADA5,west,external,1,neck,g/cm2,0.55,0.61
YAMADA6,west,external,1,neck,g/cm2,0.79,0.77
";

fn validated(table: &str) -> Validated {
    let settings = ValidationSettings { reference_cut: Some(0.6), cut: Some(0.6), ..ValidationSettings::default() };
    validate(table.as_bytes(), &settings).expect("validated")
}

fn strata(validation: &Validation) -> Vec<(&str, usize)> {
    validation.strata.iter().map(|stratum| (stratum.name.as_str(), stratum.pairs)).collect()
}

#[test]
fn repeats_are_no_pairs_and_a_site_of_two_pairs_has_reasons() {
    let validation = validated(TABLE).validation;
    assert_eq!(strata(&validation), [("all", 6), ("in-house", 4), ("external", 2), ("east", 4), ("west", 2)]);
    let west = serde_json::to_value(&validation.strata[4]).expect("JSON");
    assert_eq!(west["pearson_r"]["not_computed"], "2 pairs; at least 3 are needed");
    assert_eq!(west["bland_altman"]["not_computed"], "2 pairs; at least 3 are needed");
    assert!((west["errors"]["mae"].as_f64().expect("computed") - 0.04).abs() < 1e-12);
    let all = &validation.strata[0];
    let precision = all.precision.computed().expect("computed");
    assert_eq!((precision.patients, precision.degrees_of_freedom), (1, 1));
    let at_cut = all.at_cut.computed().expect("computed");
    let counts = [at_cut.true_positives, at_cut.false_negatives, at_cut.true_negatives, at_cut.false_positives];
    assert_eq!(counts, [2, 1, 3, 0]);
}

#[test]
fn without_groups_or_further_sites_there_is_one_stratum_and_without_cuts_a_reason() {
    let table = "patient,site,reference,measured\na,x,1,1\nb,x,2,2.5\nc,x,3,2.75\n";
    let validation = validate(table.as_bytes(), &ValidationSettings::default()).expect("validated").validation;
    assert_eq!(strata(&validation), [("all", 3)]);
    assert!(validation.strata[0].roc.computed().is_none() && validation.strata[0].at_cut.computed().is_none());
    let r = validation.strata[0].pearson_r.computed().expect("computed");
    assert!(r.interval.computed().is_none(), "Fisher's interval needs four pairs");
}

#[test]
fn equal_values_and_perfect_agreement_are_no_nan() {
    for rows in
        ["a,x,1,1\nb,x,1,1\nc,x,1,1\nd,x,1,1\n", "a,x,1,1\nb,x,2,2\nc,x,3,3\nd,x,4,4\n", "a,x,0,0\n", "a,x,1,2\nb,x,2,1\n"]
    {
        let Validated { validation, files } = validated(&format!("patient,site,reference,measured\n{rows}"));
        let json = serde_json::to_value(&validation).expect("JSON");
        // serde_json writes NaN and infinity as null.
        json["strata"].as_array().expect("strata").iter().for_each(has_no_null);
        let table = files.iter().find(|file| file.name == "validation.csv").expect("the table");
        let table = String::from_utf8_lossy(&table.bytes).to_lowercase();
        assert!(!table.contains("nan") && !table.contains(",inf"), "{table}");
    }
}

fn has_no_null(value: &Value) {
    match value {
        Value::Null => panic!("a number is missing without a reason"),
        Value::Array(items) => items.iter().for_each(has_no_null),
        Value::Object(items) => items.values().for_each(has_no_null),
        _ => {}
    }
}

#[test]
fn no_file_names_a_patient_and_every_text_bears_the_notice() {
    let files = validated(TABLE).files;
    assert_eq!(files.len(), 10);
    for file in &files {
        let text = String::from_utf8_lossy(&file.bytes);
        assert!(!text.contains("YAMADA"), "{}", file.name);
        if ["validation.json", "validation.html"].contains(&file.name) {
            assert!(text.contains(crate::RESEARCH_USE_ONLY), "{}", file.name);
        }
    }
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let bytes = |files: Vec<OutputFile>| files.into_iter().map(|file| file.bytes).collect::<Vec<_>>();
    assert_eq!(bytes(validated(TABLE).files), bytes(validated(TABLE).files));
}
