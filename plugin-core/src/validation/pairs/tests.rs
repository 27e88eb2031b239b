use super::*;
use crate::criteria::{DxaDevice, DxaSite};
use crate::validation::settings::Standardization;

fn read_text(text: &str) -> Result<Pairs, PairsError> {
    read(text.as_bytes(), &ValidationSettings::default())
}

fn refused(text: &str) -> String {
    read_text(text).expect_err("refused").to_string()
}

const HEAD: &str = "patient,site,reference,measured\n";

#[test]
fn marks_line_ends_semicolons_and_order_of_columns_do_not_matter() {
    let plain = read_text("patient,site,reference,measured\na,x,0.8,0.9\nb,y,0.7,0.6\n").expect("read");
    assert_eq!((plain.patients.len(), plain.sites.as_slice()), (2, ["x".to_owned(), "y".to_owned()].as_slice()));
    for same in [
        "\u{feff}patient,site,reference,measured\r\na,x,0.8,0.9\r\n\r\nb,y,0.7,0.6",
        "patient;site;reference;measured\na;x;0.8;0.9\nb;y;0.7;0.6\n",
        "measured , reference,site,patient\n0.9, 0.8 ,x,a\n0.6,0.7,y,\"b\"\n",
    ] {
        assert_eq!(read_text(same).expect("read"), plain);
    }
}

#[test]
fn every_flaw_is_named_with_line_and_column() {
    for (body, sentence) in [
        ("a,x,,1\n", "line 2, column \"reference\": is empty; leave out pairs without a value, and say how many"),
        ("a,x,1,2\nb,x,1,NaN\n", "line 3, column \"measured\": is NaN; leave out pairs without a value, and say how many"),
        ("a,x,1,inf\n", "line 2, column \"measured\": is not finite, or beyond any measurement"),
        ("a,x,1,Smith\n", "line 2, column \"measured\": is not a number"),
        ("a,x,1\n", "line 2 holds 3 cells; line 1 names 4 columns"),
        (",x,1,1\n", "line 2, column \"patient\": is empty"),
        (
            "a,x,1,-1\n",
            "line 2, column \"measured\": is -1, below zero; only the units HU, [hnsf'U], {T-score}, {Z-score} allow that",
        ),
        (
            "a,x,1,1\nb,x,1,1\na,x,1,1\n",
            "line 4, column \"patient\": the patient, site and repeat of line 2 once more; number repeated measurements in a \
             column \"repeat\"; of two hips give one, or their mean",
        ),
    ] {
        assert_eq!(refused(&format!("{HEAD}{body}")), sentence);
    }
    assert_eq!(
        refused("patient;site;reference;measured\na;x;0,8;0,9\n"),
        "line 2, column \"reference\": holds a comma; write decimals with a point"
    );
}

#[test]
fn a_header_that_is_not_as_documented_is_named() {
    assert!(refused("patient,site,reference\n").contains("\"measured\" is missing"));
    assert!(refused("patient,site,reference,measured,grup\n").contains("column 5 is called \"grup\""));
    assert!(refused("patient,site,reference,measured,site\n").contains("two columns are called \"site\""));
    assert!(refused("").contains("no pairs") && refused(HEAD).contains("no pairs"));
    let latin = read(b"patient,site,reference,measured\n\xe4,x,1,1\n", &ValidationSettings::default());
    assert_eq!(latin, Err(PairsError::NotUtf8 { line: 2 }));
}

#[test]
fn quantities_units_and_groups_are_not_mixed() {
    let two = "patient,site,reference,measured,quantity,unit\na,x,1,2,neck,g/cm2\na,x,50,60,fat,%\n";
    assert_eq!(refused(two), "the table holds several quantities; choose one: fat, neck");
    let neck = ValidationSettings { quantity: Some("neck".into()), ..ValidationSettings::default() };
    let pairs = read(two.as_bytes(), &neck).expect("read");
    assert_eq!((pairs.patients.len(), pairs.unit.as_deref()), (1, Some("g/cm2")));
    let other = ValidationSettings { quantity: Some("hip".into()), ..ValidationSettings::default() };
    assert!(read(two.as_bytes(), &other).expect_err("refused").to_string().contains("\"hip\""));
    assert!(refused(&two.replace("fat", "neck")).contains("line 3, column \"unit\": \"%\", where \"g/cm2\" is needed"));
    let groups = "patient,site,reference,measured,group\na,x,1,2,in-house\nb,x,1,2,external\n";
    assert!(refused(groups).contains("line 3, column \"group\": differs from line 2"));
    assert!(refused(&groups.replace("in-house", "ours")).contains("is none of in-house, external"));
}

#[test]
fn repeats_belong_to_a_patient_at_a_site() {
    let text = "patient,site,reference,measured,repeat\na,x,1,2,1\na,x,1,3,2\na,y,1,4,1\nb,x,1,5,1\n";
    let pairs = read_text(text).expect("read");
    assert_eq!(
        pairs.patients.iter().map(|one| one.measured.clone()).collect::<Vec<_>>(),
        [vec![2.0, 3.0], vec![4.0], vec![5.0]]
    );
    assert_eq!(pairs.patients[0].first, [1.0, 2.0]);
}

#[test]
fn values_below_zero_need_a_unit_that_has_them() {
    let text = "patient,site,reference,measured,unit\na,x,-90.5,-80,HU\n";
    assert_eq!(read_text(text).expect("read").patients[0].first, [-90.5, -80.0]);
}

#[test]
fn devices_of_several_makers_are_compared_as_standardised_bmd() {
    let standardized = Some(Standardization { site: DxaSite::TotalHip, measured: DxaDevice::Hologic });
    let settings = ValidationSettings { standardized, ..ValidationSettings::default() };
    let text = "patient,site,reference,measured,unit,device\na,x,0.758529,0.7,g/cm2,lunar\n";
    let pairs = read(text.as_bytes(), &settings).expect("read");
    let [reference, measured] = pairs.patients[0].first;
    assert!((reference - 711.6).abs() < 1e-3 && (measured - 711.6).abs() < 1e-9, "{pairs:?}");
    assert_eq!(pairs.unit.as_deref(), Some("mg/cm2"));
    let without = read(HEAD.as_bytes(), &settings).expect_err("refused").to_string();
    assert!(without.contains("\"device\" is missing"), "{without}");
}
