//! What is to be done about a study.

use super::facts;
use super::mark::{self, Mark, Standing};
use super::matching::{Miss, miss};
use super::rule::Rule;
use crate::archive::Archive;
use crate::record::{Record, State};
use crate::refusal::Refusal;
use crate::study::Resource;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Which studies of an archive, by Study Date; both ends included. A study without a date is in no bounded period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

impl Period {
    /// Refuses one that ends before it begins.
    pub fn checked(&self) -> Result<(), Refusal> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => {
                Err(Refusal::request(format!("\"From\" is {from}, after \"To\", which is {to}; the first day comes first")))
            }
            _ => Ok(()),
        }
    }

    /// Whether a study of this date is meant.
    pub fn holds(&self, date: Option<Date>) -> bool {
        let is_open = self.from.is_none() && self.to.is_none();
        let within = |date| self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to);
        date.map_or(is_open, within)
    }
}

/// Which of those that were asked for before are asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Again {
    /// What failed or was refused.
    Failed,
    /// Everything.
    All,
}

/// What a look at a study gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Why the rules before the one that it fulfils, or all of them, are not fulfilled.
    pub misses: Vec<Miss>,
    /// What follows.
    pub what: What,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// It is not in the archive any more.
    Gone,
    /// It is not of the period.
    OutOfPeriod,
    /// It fulfils no rule.
    Unmatched,
    /// It fulfils a rule, and was measured or refused with the same input and request.
    Known(Wish, Standing),
    /// It is to be measured.
    Measure(Wish, Standing),
}

/// A measurement of a study by a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// The study.
    pub study: Resource,
    /// Index of the rule.
    pub rule: usize,
    /// Of input and request.
    pub fingerprint: String,
}

/// The record of a study, of which nobody is left in doubt.
pub type Records<'a> = &'a dyn Fn(&Resource) -> Result<Option<Record>, Refusal>;

/// Looks at a study; reads, and changes nothing. `again` says what is asked for again, if it was before that moment.
pub fn judge(
    archive: &dyn Archive,
    records: Records<'_>,
    study: &str,
    rules: &[Rule],
    period: &Period,
    again: Option<(Again, Timestamp)>,
) -> Result<Verdict, Refusal> {
    let mut misses = Vec::new();
    let what = judge_by(archive, records, study, rules, period, again, &mut misses)?;
    Ok(Verdict { misses, what })
}

fn judge_by(
    archive: &dyn Archive,
    records: Records<'_>,
    study: &str,
    rules: &[Rule],
    period: &Period,
    again: Option<(Again, Timestamp)>,
    misses: &mut Vec<Miss>,
) -> Result<What, Refusal> {
    let study = Resource::new("studies", study)?;
    let Some(mut facts) = facts::dates(archive, &study.id)? else { return Ok(What::Gone) };
    if !period.holds(facts.date) {
        return Ok(What::OutOfPeriod);
    }
    if !facts.add_series(archive, &study.id)? {
        return Ok(What::Gone);
    }
    for (index, rule) in rules.iter().enumerate() {
        match miss(rule, &facts, archive)? {
            Some(miss) => misses.push(miss),
            None => {
                let wish = Wish { fingerprint: mark::fingerprint(&facts, rule), study, rule: index };
                let mark = Mark::load(archive, &wish.study)?;
                let record = || records(&wish.study);
                let standing = mark::standing(&wish.fingerprint, mark.as_ref(), record)?;
                let again =
                    again.filter(|(_, before)| mark.as_ref().is_none_or(|mark| mark.at < *before)).map(|(again, _)| again);
                return Ok(if is_wanted(standing, again, record)? {
                    What::Measure(wish, standing)
                } else {
                    What::Known(wish, standing)
                });
            }
        }
    }
    Ok(What::Unmatched)
}

/// What ended without an end has failed, and what it left can be read no more.
fn is_wanted(
    standing: Standing,
    again: Option<Again>,
    record: impl FnOnce() -> Result<Option<Record>, Refusal>,
) -> Result<bool, Refusal> {
    Ok(match (standing, again) {
        (Standing::New, _) | (_, Some(Again::All)) | (Standing::Refused, Some(Again::Failed)) => true,
        (_, Some(Again::Failed)) => match record() {
            Ok(record) => record.is_some_and(|record| matches!(record.state, State::Failed | State::Interrupted)),
            Err(refusal) if refusal.is_temporary() => return Err(refusal),
            Err(_) => true,
        },
        (_, None) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Origin;
    use serde_json::json;

    #[test]
    fn what_ended_without_an_end_is_tried_again_with_what_failed() {
        let wanted = |found: Result<Option<State>, Refusal>| {
            let origin = Origin { node: "n".into(), boot: "b".into() };
            let record = |state| Record { state, ..Record::new(origin, json!({}), 0) };
            is_wanted(Standing::Asked, Some(Again::Failed), || found.map(|state| state.map(record)))
        };
        let found = |state| wanted(Ok(Some(state))).unwrap();
        let states = [State::Failed, State::Interrupted, State::Queued, State::Running, State::Done];
        assert_eq!(states.map(found), [true, true, false, false, false]);
        assert_eq!(wanted(Ok(None)), Ok(false));
        assert_eq!(wanted(Err(Refusal::internal("no record of BoneMuscle"))), Ok(true));
        let away = Refusal::unavailable("the queue does not answer");
        assert_eq!(wanted(Err(away.clone())), Err(away));
    }

    #[test]
    fn a_period_has_both_its_ends() {
        let date = |text: &str| Some(text.parse::<Date>().unwrap());
        let period = Period { from: date("2024-01-01"), to: date("2024-12-31") };
        let held = ["2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01"].map(|text| period.holds(date(text)));
        assert_eq!(held, [false, true, true, false]);
        assert!(!period.holds(None) && Period::default().holds(None));
        assert!(Period { from: date("2024-01-01"), to: None }.holds(date("2999-01-01")));
    }
}
