//! Whether a study fulfils a rule, and if not, what it lacks.

use super::facts::{Facts, SeriesFacts};
use super::rule::Rule;
use crate::archive::Archive;
use crate::refusal::Refusal;

/// What is asked of a series, in this order; the last ones cost opening a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Criterion {
    Modality,
    BodyPart,
    Description,
    Instances,
    Age,
    SliceThickness,
}

/// The first criterion after which no series of a study was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Miss {
    criterion: Criterion,
    is_absent: bool,
}

impl Miss {
    /// For counts: the key of the rule, and whether what it asks for is wrong or absent.
    pub fn word(self) -> &'static str {
        match (self.criterion, self.is_absent) {
            (Criterion::Modality, _) => "Modality",
            (Criterion::BodyPart, false) => "BodyPart",
            (Criterion::BodyPart, true) => "BodyPartAbsent",
            (Criterion::Description, false) => "Description",
            (Criterion::Description, true) => "DescriptionAbsent",
            (Criterion::Instances, _) => "Instances",
            (Criterion::Age, false) => "Age",
            (Criterion::Age, true) => "AgeAbsent",
            (Criterion::SliceThickness, false) => "SliceThickness",
            (Criterion::SliceThickness, true) => "SliceThicknessAbsent",
        }
    }
}

/// How a series stands to one criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// The study does not say.
    Absent,
}

/// `None` where a series fulfils the rule.
pub fn miss(rule: &Rule, facts: &Facts, archive: &dyn Archive) -> Result<Option<Miss>, Refusal> {
    let mut left: Vec<&SeriesFacts> = facts.series.iter().collect();
    use Criterion::{Age, BodyPart, Description, Instances, Modality, SliceThickness};
    for criterion in [Modality, BodyPart, Description, Instances, Age, SliceThickness] {
        let fits: Vec<Fit> =
            left.iter().map(|series| fit(criterion, rule, facts, series, archive)).collect::<Result<_, Refusal>>()?;
        let is_absent = !fits.contains(&Fit::No) && fits.contains(&Fit::Absent);
        left = left.into_iter().zip(fits).filter(|(_, fit)| *fit == Fit::Yes).map(|(series, _)| series).collect();
        if left.is_empty() {
            return Ok(Some(Miss { criterion, is_absent }));
        }
    }
    Ok(None)
}

fn fit(criterion: Criterion, rule: &Rule, facts: &Facts, series: &SeriesFacts, archive: &dyn Archive) -> Result<Fit, Refusal> {
    let one_of = |accepted: &[String], found: &str| accepted.iter().any(|one| one.eq_ignore_ascii_case(found));
    Ok(match criterion {
        Criterion::Modality => asked(true, Some(&series.modality), |found| one_of(&rule.modalities, found)),
        Criterion::BodyPart => {
            asked(!rule.body_parts.is_empty(), series.body_part.as_deref(), |found| one_of(&rule.body_parts, found))
        }
        Criterion::Description => {
            let fits = |found: &str| rule.descriptions.iter().any(|pattern| pattern.fits(found));
            asked(!rule.descriptions.is_empty(), series.description.as_deref(), fits)
        }
        Criterion::Instances => {
            let fits = |count| rule.instances.is_none_or(|range| range.holds(count));
            asked(rule.instances.is_some(), Some(series.instances as f64), fits)
        }
        Criterion::Age => match rule.age_years {
            Some(range) => asked(true, facts.age_years(series, archive)?, |age| range.holds(age)),
            None => Fit::Yes,
        },
        Criterion::SliceThickness => match rule.slice_thickness_mm {
            Some(range) => asked(true, series.header(archive)?.slice_thickness_mm, |mm| range.holds(mm)),
            None => Fit::Yes,
        },
    })
}

fn asked<T>(is_asked: bool, found: Option<T>, fits: impl FnOnce(T) -> bool) -> Fit {
    match (is_asked, found.map(fits)) {
        (false, _) | (true, Some(true)) => Fit::Yes,
        (true, Some(false)) => Fit::No,
        (true, None) => Fit::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::Header;
    use super::super::rule::rules;
    use super::*;
    use crate::sdk::InProcess;
    use serde_json::{Value, json};

    fn series(modality: &str, body_part: &str, description: &str, age_years: Option<f64>, mm: Option<f64>) -> SeriesFacts {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        SeriesFacts {
            modality: modality.to_owned(),
            body_part: given(body_part),
            description: given(description),
            instances: 30,
            instance: "i".to_owned(),
            header: Header { age_years, slice_thickness_mm: mm }.into(),
        }
    }

    fn word(rule: Value, series: &[SeriesFacts]) -> &'static str {
        let rule = &rules("Rules", &json!([rule])).unwrap()[0];
        let facts = Facts { series: series.to_vec(), ..Facts::default() };
        // The headers are there, so that no archive is asked.
        miss(rule, &facts, &InProcess).unwrap().map_or("fulfilled", Miss::word)
    }

    #[test]
    fn each_criterion_can_be_missed_or_absent() {
        let rule = json!({"Modality": ["CT"], "BodyPart": ["Abdomen"], "Description": "thin", "Instances": {"Least": 20},
            "Age": {"Least": 50}, "SliceThickness": {"Most": 3.0}, "Request": {}});
        for (expected, series) in [
            ("fulfilled", series("CT", "ABDOMEN", "Thin", Some(50.0), Some(3.0))),
            ("Modality", series("MR", "ABDOMEN", "Thin", Some(50.0), Some(3.0))),
            ("BodyPart", series("CT", "HEAD", "Thin", Some(50.0), Some(3.0))),
            ("BodyPartAbsent", series("CT", "", "Thin", Some(50.0), Some(3.0))),
            ("Description", series("CT", "ABDOMEN", "Thick", Some(50.0), Some(3.0))),
            ("DescriptionAbsent", series("CT", "ABDOMEN", "", Some(50.0), Some(3.0))),
            ("Instances", SeriesFacts { instances: 19, ..series("CT", "ABDOMEN", "Thin", Some(50.0), Some(3.0)) }),
            ("Age", series("CT", "ABDOMEN", "Thin", Some(49.0), Some(3.0))),
            ("AgeAbsent", series("CT", "ABDOMEN", "Thin", None, Some(3.0))),
            ("SliceThickness", series("CT", "ABDOMEN", "Thin", Some(50.0), Some(5.0))),
            ("SliceThicknessAbsent", series("CT", "ABDOMEN", "Thin", Some(50.0), None)),
        ] {
            assert_eq!(word(rule.clone(), &[series]), expected);
        }
    }

    #[test]
    fn what_is_not_asked_for_may_be_absent() {
        assert_eq!(word(json!({"Request": {}}), &[series("DX", "", "", None, None)]), "fulfilled");
        assert_eq!(word(json!({"Request": {}}), &[]), "Modality");
    }

    #[test]
    fn one_series_must_fulfil_all_of_it() {
        let rule = json!({"BodyPart": ["ABDOMEN"], "SliceThickness": {"Most": 3.0}, "Request": {}});
        let thick_abdomen = series("CT", "ABDOMEN", "", None, Some(5.0));
        let thin_head = series("CT", "HEAD", "", None, Some(1.0));
        assert_eq!(word(rule.clone(), &[thick_abdomen.clone(), thin_head]), "SliceThickness");
        assert_eq!(word(rule, &[thick_abdomen, series("CT", "Abdomen ", "", None, Some(1.0))]), "SliceThickness");
    }

    #[test]
    fn one_wrong_value_beside_absent_ones_is_a_wrong_value() {
        let rule = json!({"Age": {"Least": 50}, "Request": {}});
        let both = [series("CT", "", "", None, None), series("CT", "", "", Some(40.0), None)];
        assert_eq!(word(rule.clone(), &both), "Age");
        assert_eq!(word(rule, &both[..1]), "AgeAbsent");
    }
}
