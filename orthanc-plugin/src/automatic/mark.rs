//! What automatic mode has asked for already: a metadata entry of the study, which outlives restarts and a measurement that a user
//! asks for later, and which every Orthanc on the same database sees.

use super::facts::Facts;
use super::rule::Rule;
use crate::archive::Archive;
use crate::record::{Record, State};
use crate::refusal::Refusal;
use crate::sdk::Method;
use crate::study::Resource;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The entry's number; numbers from 1024 need no configuration.
pub const METADATA: u16 = 4751;

/// The latest that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Of [`fingerprint`].
    pub fingerprint: String,
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of asking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// About to ask: whether it was heard, only the record can tell.
    Asking,
    /// A measurement waits, runs or has ended, well or not.
    Asked,
    /// The study cannot be measured as the rule says.
    Refused(Refusal),
}

/// What makes a measurement the same: everything that it may read, and what is asked for. Not the version of the core: an upgrade of the
/// plugin is no reason to measure an archive again.
pub fn fingerprint(facts: &Facts, rule: &Rule) -> String {
    let mut hash = Sha256::new();
    for instance in &facts.inputs {
        hash.update(instance);
        hash.update("\n");
    }
    hash.update(rule.request.canonical().to_string());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Mark {
    /// A mark of now.
    pub fn new(fingerprint: &str, outcome: Outcome) -> Mark {
        Mark { fingerprint: fingerprint.to_owned(), at: Timestamp::now(), outcome }
    }

    /// The mark of a study; one that cannot be read counts as none.
    pub fn load(archive: &dyn Archive, study: &Resource) -> Result<Option<Mark>, Refusal> {
        let reply = archive.call(Method::Get, &uri(study), &[], b"")?;
        Ok((reply.status == 200).then(|| serde_json::from_slice(&reply.body).ok()).flatten())
    }

    /// Puts it in place of the earlier one.
    pub fn save(&self, archive: &dyn Archive, study: &Resource) -> Result<(), Refusal> {
        let body = serde_json::to_vec(self).map_err(|error| Refusal::internal(format!("the mark: {error}")))?;
        // Where CheckRevisions is on, replacing needs the revision that is replaced.
        let earlier = archive.call(Method::Get, &uri(study), &[], b"")?;
        let headers: Vec<(&str, &str)> = earlier.header("ETag").iter().map(|tag| ("if-match", *tag)).collect();
        match archive.call(Method::Put, &uri(study), &headers, &body)?.status {
            200 => Ok(()),
            404 => Err(study.absent()),
            status => Err(Refusal::internal(format!("Orthanc refuses to store metadata {METADATA} (HTTP status {status})"))),
        }
    }
}

fn uri(study: &Resource) -> String {
    format!("{}/metadata/{METADATA}", study.uri())
}

/// How a study stands to a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has asked for it.
    New,
    /// It was asked for.
    Asked,
    /// It was asked for and refused.
    Refused,
    /// Users have measured the study before automatic mode saw it: theirs stands.
    ByUser,
}

/// Judges from the mark, and from the record where the mark alone cannot tell.
pub fn standing(
    fingerprint: &str,
    mark: Option<&Mark>,
    record: impl FnOnce() -> Result<Option<Record>, Refusal>,
) -> Result<Standing, Refusal> {
    Ok(match mark {
        None => record()?.map_or(Standing::New, |_| Standing::ByUser),
        Some(mark) if mark.fingerprint != fingerprint => Standing::New,
        Some(Mark { outcome: Outcome::Asked, .. }) => Standing::Asked,
        Some(Mark { outcome: Outcome::Refused(_), .. }) => Standing::Refused,
        // Killed, or refused for a moment, in between: heard, if a record was begun since that did not come to nothing.
        Some(Mark { outcome: Outcome::Asking, at, .. }) => match record()? {
            Some(record) if record.queued >= *at && record.state != State::Interrupted => Standing::Asked,
            _ => Standing::New,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::rule::rules;
    use super::*;
    use crate::record::Origin;
    use serde_json::json;

    fn rule(request: serde_json::Value) -> Rule {
        rules("Rules", &json!([{"Request": request}])).unwrap().remove(0)
    }

    fn facts(inputs: &[&str]) -> Facts {
        Facts { inputs: inputs.iter().map(|id| (*id).to_owned()).collect(), ..Facts::default() }
    }

    #[test]
    fn input_and_request_make_the_fingerprint_and_nothing_else() {
        let of = |inputs: &[&str], request| fingerprint(&facts(inputs), &rule(request));
        let one = of(&["a", "b"], json!({"Outputs": ["sr", "pdf"]}));
        assert_eq!(one, of(&["a", "b"], json!({"Outputs": ["pdf", "sr"]})));
        assert_ne!(one, of(&["a", "b"], json!({})));
        assert_ne!(one, of(&["a", "b", "c"], json!({"Outputs": ["sr", "pdf"]})));
        assert_ne!(of(&["a", "b"], json!({})), of(&["ab"], json!({})));
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for outcome in [Outcome::Asking, Outcome::Asked, Outcome::Refused(Refusal::unsuitable("no CT"))] {
            let mark = Mark::new("f", outcome);
            let text = serde_json::to_string(&mark).unwrap();
            assert_eq!(serde_json::from_str::<Mark>(&text).unwrap(), mark);
        }
    }

    #[test]
    fn what_was_asked_for_is_asked_once() {
        let record = || Record::new(Origin { node: "n".into(), boot: "b".into() }, json!({}), 0);
        let judge = |mark: Option<Mark>, record: Option<Record>| standing("f", mark.as_ref(), || Ok(record)).unwrap();
        assert_eq!(judge(None, None), Standing::New);
        assert_eq!(judge(None, Some(record())), Standing::ByUser);
        assert_eq!(judge(Some(Mark::new("f", Outcome::Asked)), None), Standing::Asked);
        assert_eq!(judge(Some(Mark::new("f", Outcome::Refused(Refusal::unsuitable("")))), None), Standing::Refused);
        assert_eq!(judge(Some(Mark::new("earlier", Outcome::Asked)), Some(record())), Standing::New);
        let earlier = record();
        let asking = Mark::new("f", Outcome::Asking);
        assert_eq!(judge(Some(asking.clone()), Some(record())), Standing::Asked, "killed after it was heard");
        let lost = record().interrupted("failed while it was being accepted");
        assert_eq!(judge(Some(asking.clone()), Some(lost)), Standing::New, "nobody goes on with it");
        assert_eq!(judge(Some(asking.clone()), Some(earlier)), Standing::New, "killed before");
        assert_eq!(judge(Some(asking), None), Standing::New);
    }
}
