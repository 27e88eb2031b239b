//! What the host is told of the run, beside its results.

use serde_json::Value;

/// The module's answers, from the library's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Values that were measured.
    pub measured: usize,
    /// Values that could not be given.
    pub not_measured: usize,
    /// A sentence, where the numbering of the vertebrae is in doubt; else empty.
    pub numbering: String,
    /// Why the first value could not be given.
    first_reason: Option<String>,
    /// The sentence that stands on every output.
    notice: String,
}

impl Answer {
    /// Counts what the report holds.
    pub fn of(report: &Value) -> Answer {
        let findings = list(report, "findings");
        let missing = || findings.iter().flat_map(|finding| list(finding, "not_measured"));
        let reason = |one: &Value| one["reason"].as_str().map(str::to_owned);
        let doubts = list(report, "quality").iter().filter(|one| one["code"] == "LEVEL_AMBIG").map(|one| &one["message"]);
        let withheld = missing().filter(|one| one["code"] == "LEVEL_AMBIG").map(|one| &one["reason"]);
        Answer {
            measured: findings.iter().map(|finding| list(finding, "measurements").len()).sum(),
            not_measured: missing().map(|one| list(one, "quantities").len()).sum(),
            numbering: doubts.chain(withheld).find_map(Value::as_str).unwrap_or_default().to_owned(),
            first_reason: missing().find_map(reason),
            notice: report["notice"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// What was done, in a sentence.
    pub fn status(&self) -> String {
        let values = match self.measured {
            1 => "1 value was measured".to_owned(),
            count => format!("{count} values were measured"),
        };
        let missing = match self.not_measured {
            0 => String::new(),
            count => format!(", {count} could not be given"),
        };
        format!("{values}{missing}. {}", self.notice)
    }

    /// Why nothing was measured.
    pub fn reason(&self) -> String {
        self.first_reason.clone().unwrap_or_else(|| "the labels hold nothing that is measured".to_owned())
    }

    /// The file that the host reads the answers from: a line `name = value` each.
    pub fn file(&self) -> String {
        let Answer { measured, not_measured, numbering, .. } = self;
        let lines = format!("status = {}\nmeasured = {measured}\nnotMeasured = {not_measured}\n", one_line(&self.status()));
        match numbering.as_str() {
            "" => lines,
            doubt => format!("{lines}numbering = {}\n", one_line(doubt)),
        }
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::{GROUPS, Kind};
    use serde_json::json;

    fn report() -> Value {
        json!({
            "notice": "Research use only.",
            "quality": [{"code": "LEVEL_AMBIG", "message": "there may be\nsix lumbar vertebrae"}],
            "findings": [
                {"measurements": [{}, {}], "not_measured": [{"quantities": ["a", "b"], "code": "METAL", "reason": "metal"}]},
                {"measurements": [{}], "not_measured": [{"quantities": [], "criteria": ["who"], "reason": "too young"}]},
            ],
        })
    }

    #[test]
    fn values_and_what_is_missing_are_counted() {
        let answer = Answer::of(&report());
        assert_eq!((answer.measured, answer.not_measured, answer.reason().as_str()), (3, 2, "metal"));
        assert_eq!(answer.status(), "3 values were measured, 2 could not be given. Research use only.");
        assert_eq!(Answer::of(&json!({"findings": []})).status().trim_end(), "0 values were measured.");
    }

    #[test]
    fn every_answer_of_the_table_has_its_line() {
        let file = Answer::of(&report()).file();
        let told: Vec<&str> = file.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
        let answers =
            GROUPS.iter().flat_map(|group| group.parameters).filter(|one| matches!(one.kind, Kind::Sentence | Kind::Count));
        assert_eq!(told, answers.map(|one| one.name).collect::<Vec<_>>());
        assert!(file.ends_with("numbering = there may be six lumbar vertebrae\n"));
    }
}
