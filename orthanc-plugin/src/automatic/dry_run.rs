//! What a back-fill would do: counts, from a look at the archive that changes nothing.

use super::back_fill::{day, read_body};
use super::in_flight::seconds;
use super::mark::Standing;
use super::rule::{Rule, rules};
use super::studies;
use super::verdict::{Period, Verdict, What, judge};
use crate::archive::Archive;
use crate::plugin::Plugin;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::request::{object, unknown, wrong};
use crate::results;
use crate::sdk::InProcess;
use crate::study::Resource;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Studies whose identifiers are held at a time.
const BATCH: usize = 10_000;
/// How long a look takes unless `Seconds` says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// Records that are read for how long a measurement takes.
const MOST_TIMED: usize = 30;

/// What was asked.
#[derive(Debug, Default)]
struct Question {
    period: Period,
    after: Option<String>,
    patience: Option<Duration>,
    rules: Option<Vec<Rule>>,
}

impl Question {
    fn read(body: &[u8]) -> Result<Question, Refusal> {
        let mut question = Question::default();
        for (key, value) in object("the body", &read_body(body)?)? {
            match key.as_str() {
                "From" => question.period.from = Some(day(key, value)?),
                "To" => question.period.to = Some(day(key, value)?),
                "After" => question.after = Some(identifier(key, value)?),
                "Seconds" => question.patience = Some(patience(key, value)?),
                "Rules" => question.rules = Some(rules(key, value)?),
                _ => return Err(unknown("the body", key, "From, To, After, Seconds, Rules")),
            }
        }
        question.period.checked()?;
        Ok(question)
    }
}

fn identifier(key: &str, value: &Value) -> Result<String, Refusal> {
    let identifier = value.as_str().and_then(|text| Resource::new("studies", text).ok());
    identifier.map(|study| study.id).ok_or_else(|| wrong(key, value, "the \"Next\" of an earlier answer"))
}

fn patience(key: &str, value: &Value) -> Result<Duration, Refusal> {
    let seconds = value.as_u64().filter(|seconds| (1..=60).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| wrong(key, value, "a whole number from 1 to 60"))
}

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    looked: u64,
    out_of_period: u64,
    unmatched: u64,
    known: u64,
    by_user: u64,
    refused: u64,
    unreadable: u64,
    to_measure: u64,
    rules: Vec<PerRule>,
    /// Seconds that measurements took.
    times: Vec<f64>,
}

#[derive(Debug, Default, Clone)]
struct PerRule {
    matches: u64,
    misses: BTreeMap<&'static str, u64>,
}

impl Seen {
    fn enter(&mut self, verdict: &Verdict) {
        self.looked += 1;
        for (rule, miss) in self.rules.iter_mut().zip(&verdict.misses) {
            *rule.misses.entry(miss.word()).or_default() += 1;
        }
        let (wish, count) = match &verdict.what {
            // Deleted while it was looked at: as if it had never been there.
            What::Gone => return self.looked -= 1,
            What::OutOfPeriod => return self.out_of_period += 1,
            What::Unmatched => return self.unmatched += 1,
            What::Known(wish, Standing::Refused) => (wish, &mut self.refused),
            What::Known(wish, Standing::ByUser) => (wish, &mut self.by_user),
            What::Known(wish, _) => (wish, &mut self.known),
            What::Measure(wish, _) => (wish, &mut self.to_measure),
        };
        *count += 1;
        if let Some(rule) = self.rules.get_mut(wish.rule) {
            rule.matches += 1;
        }
    }

    fn time(&mut self, archive: &dyn Archive, verdict: &Verdict) {
        if let (What::Known(wish, _), true) = (&verdict.what, self.times.len() < MOST_TIMED) {
            let record = Record::load(archive, &wish.study).ok().flatten();
            self.times.extend(record.as_ref().and_then(seconds));
        }
    }

    fn seconds_per_measurement(&self) -> Option<f64> {
        (!self.times.is_empty()).then(|| self.times.iter().sum::<f64>() / self.times.len() as f64)
    }

    fn public(&self, studies: usize, next: Option<&str>, threads: usize) -> Value {
        let seconds = self.seconds_per_measurement();
        let hours = |measurements: f64| seconds.map(|seconds| measurements * seconds * threads as f64 / 3600.0);
        // The order of the studies is by chance, so those that were seen stand for all.
        let whole = self.to_measure as f64 * studies as f64 / (self.looked.max(1)) as f64;
        json!({
            "Studies": studies,
            "Looked": self.looked,
            "Complete": next.is_none(),
            "Next": next,
            "OutOfPeriod": self.out_of_period,
            "NotMatching": self.unmatched,
            "MeasuredAlready": self.known,
            "MeasuredByUsers": self.by_user,
            "RefusedAlready": self.refused,
            "Unreadable": self.unreadable,
            "WouldMeasure": self.to_measure,
            "Rules": self.rules.iter().map(|rule| json!({"Matching": rule.matches, "NotMatching": rule.misses})).collect::<Vec<_>>(),
            "SecondsPerMeasurement": seconds,
            "MeasurementsTimed": self.times.len(),
            "ProcessorHours": hours(self.to_measure as f64),
            "WholeArchive": {"WouldMeasure": whole.round(), "ProcessorHours": hours(whole)},
        })
    }
}

/// Looks for as long as was asked for, and says where to go on.
pub fn look(plugin: &Plugin, body: &[u8]) -> Result<Value, Refusal> {
    let question = Question::read(body)?;
    let rules = question.rules.as_ref().unwrap_or(&plugin.config.automatic.rules);
    if rules.is_empty() {
        return Err(Refusal::request(
            "there are no rules; give \"Rules\" here, or \"BoneMuscle.Automatic.Rules\" in the configuration",
        ));
    }
    let _alone = plugin
        .automatic
        .looking
        .try_lock()
        .map_err(|_| Refusal::unavailable("another dry run is under way; POST again later"))?;
    let deadline = Instant::now() + question.patience.unwrap_or(PATIENCE);
    let mut seen = Seen { rules: vec![PerRule::default(); rules.len()], ..Seen::default() };
    let mut after = question.after.clone();
    loop {
        let next = studies::next(&InProcess, after.as_deref(), BATCH)?;
        if next.studies.is_empty() {
            return Ok(seen.public(next.total, None, plugin.config.threads));
        }
        for study in &next.studies {
            if Instant::now() >= deadline || plugin.queue.is_stopping() {
                return Ok(seen.public(next.total, after.as_deref(), plugin.config.threads));
            }
            match judge(&InProcess, &|study| results::certain(plugin, study), study, rules, &question.period, None) {
                Ok(verdict) => {
                    seen.enter(&verdict);
                    seen.time(&InProcess, &verdict);
                }
                Err(_) => (seen.looked, seen.unreadable) = (seen.looked + 1, seen.unreadable + 1),
            }
            after = Some(study.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_questions_are_named() {
        for (body, parts) in [
            (r#"{"Since": 1}"#, ["Since", "From, To, After"]),
            (r#"{"After": "x"}"#, ["After", "Next"]),
            (r#"{"Seconds": 3600}"#, ["Seconds", "1 to 60"]),
            (r#"{"Rules": [{}]}"#, ["Rules[0].Request", "missing"]),
            (r#"{"From": "2021-01-01", "To": "2020-01-01"}"#, ["From", "after"]),
        ] {
            let refusal = Question::read(body.as_bytes()).unwrap_err();
            assert!(parts.iter().all(|part| refusal.details.contains(part)), "{body}: {refusal}");
        }
    }

    #[test]
    fn what_was_seen_stands_for_the_whole() {
        let seen = Seen { looked: 10, to_measure: 4, times: vec![80.0, 100.0], ..Seen::default() };
        let answer = seen.public(1000, Some("a"), 2);
        assert_eq!(answer["ProcessorHours"], json!(4.0 * 90.0 * 2.0 / 3600.0));
        assert_eq!(answer["WholeArchive"]["WouldMeasure"], json!(400.0));
        assert_eq!(answer["Complete"], json!(false));
        assert_eq!(Seen::default().public(0, None, 2)["ProcessorHours"], Value::Null);
    }
}
