//! Tables as sites edit them.

use super::*;

#[test]
fn a_criterion_without_verified_rows_is_not_offered() {
    let ratio = with(Structure::L2, &[(Region::VertebralBody, Quantity::AnteriorHeightRatio, 0.5)]);
    let (finding, used) = Study::new().apply(ratio);
    assert!(finding.assessments.is_empty() && finding.not_measured.is_empty() && used.is_empty());
}

/// The built-in tables after `change`, as a site would edit them.
fn edited(change: impl Fn(&mut serde_json::Value)) -> Result<ReferenceTables, String> {
    let mut json = serde_json::to_value(ReferenceTables::built_in()).expect("it is JSON");
    change(&mut json);
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn row<'a>(json: &'a mut serde_json::Value, id: &str) -> &'a mut serde_json::Value {
    let lists = json.as_object_mut().expect("an object").values_mut();
    lists.flat_map(|list| list.as_array_mut().expect("rows")).find(|row| row["id"] == id).expect("the row exists")
}

#[test]
fn a_row_counts_from_the_day_somebody_verified_it() {
    let tables = edited(|json| {
        for id in ["genant-anterior", "jsbmr-qdr-femoral-neck-women"] {
            row(json, id)["verified_by"] = "Dr. Example".into();
        }
    });
    let study = Study { tables: tables.expect("as before but for who verified"), ..Study::new() };
    for (ratio, expected) in [
        (0.81, Category::NoHeightLoss),
        (0.80, Category::MildHeightLoss),
        (0.75, Category::ModerateHeightLoss),
        (0.60, Category::ModerateHeightLoss),
        (0.59, Category::SevereHeightLoss),
    ] {
        let l2 = with(Structure::L2, &[(Region::VertebralBody, Quantity::AnteriorHeightRatio, ratio)]);
        assert_eq!(category(&study, l2, Criterion::Genant), Some(expected), "{ratio}");
    }
    let (finding, _) = study.apply(femur(0.787, 0.7));
    assert_eq!(finding.value(Region::FemoralNeck, Quantity::PercentYoungAdultMean), Some(100.0));
}

#[test]
fn z_scores_come_from_rows_of_the_same_age() {
    let tables = edited(|json| {
        let mut band = row(json, "nhanes3-total-hip").clone();
        band["id"] = "site-total-hip-40".into();
        band["criterion"] = serde_json::Value::Null;
        band["scores"] = serde_json::json!(["z_score"]);
        band["patients"] = serde_json::json!({ "sex": "female", "least_age": 40, "most_age": 49 });
        json["distributions"].as_array_mut().expect("rows").push(band);
    });
    let mut study = Study { tables: tables.expect("a row like another"), ..Study::new() };
    let z = |study: &Study| study.apply(femur(0.7, 0.82)).0.value(Region::TotalHip, Quantity::ZScore);
    assert_eq!(z(&study), None);
    study.patient.age_years = Some(45);
    assert_eq!(z(&study), Some(-1.0));
    let codes: Vec<_> = study.apply(femur(0.7, 0.82)).0.not_measured.iter().map(|one| one.code).collect();
    assert_eq!(codes, [GateCode::Age, GateCode::NoReference], "the second is for the percentage of the neck");
}

#[test]
fn tables_that_contradict_themselves_are_refused_with_the_row_named() {
    let refused = |id: &str, key: &str, value: serde_json::Value| {
        let error = edited(|json| row(json, id)[key] = value.clone()).expect_err("it must be refused");
        assert!(error.contains(id), "{error}");
    };
    refused("nhanes3-total-hip", "sd", 0.into());
    refused("nhanes3-total-hip", "mean", (-1).into());
    // In mg/cm2; and what gives scores that are no numbers.
    refused("nhanes3-total-hip", "mean", 942.into());
    refused("nhanes3-total-hip", "sd", 1e-308.into());
    refused("nhanes3-total-hip", "verified_by", " ".into());
    refused("nhanes3-total-hip", "scores", serde_json::json!(["volume"]));
    refused("who-1994", "steps", serde_json::json!([]));
    refused(
        "who-1994",
        "steps",
        serde_json::json!([
            { "at": -1, "inclusive": true, "category": "low_bone_mass" },
            { "at": -2.5, "inclusive": true, "category": "osteoporosis" },
        ]),
    );
    let twice = edited(|json| row(json, "spine-qct")["id"] = "who-1994".into());
    assert!(twice.expect_err("it must be refused").contains("who-1994"));
    assert!(edited(|json| row(json, "who-1994")["cutoff"] = 1.into()).is_err(), "unknown keys are errors");
    assert!(edited(|_| ()).is_ok());
}
