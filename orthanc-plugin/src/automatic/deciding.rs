//! From a study to a request, or to why there is none.

use super::asking::{self, Answer};
use super::mark::Standing;
use super::rule::Rule;
use super::verdict::{Again, Period, What, Wish, judge};
use crate::admission;
use crate::events;
use crate::plugin::Plugin;
use crate::record::{Record, Trigger};
use crate::refusal::Refusal;
use crate::results;
use crate::sdk::InProcess;
use jiff::Timestamp;
use std::sync::Arc;

/// After so many failures a study is given up.
const MOST_ATTEMPTS: u8 = 3;

/// What became of a study.
#[derive(Debug)]
pub enum Became {
    /// It is not in the archive any more.
    Gone,
    /// It is not of the period.
    OutOfPeriod,
    /// It fulfils no rule.
    Unmatched,
    /// It was measured or refused with the same input and request.
    Known(Wish, Standing),
    /// Users are having it measured with other settings.
    Busy,
    /// It could not be read, so often that it is given up.
    Unreadable,
    /// It cannot be measured like this, or failed so often that it is given up.
    Refused,
    /// Its measurement waits or runs.
    Asked,
}

/// What is in the way.
#[derive(Debug)]
pub enum Obstacle {
    /// Of all studies.
    Now(Refusal),
    /// Of this one, which is to be tried again.
    Here(Refusal),
    /// An earlier measurement of this one waits or runs, planned before what makes the study new had come. Joined, it would pass for a
    /// measurement of that, so this one is to be looked at again when it has ended.
    Earlier,
}

/// Looks at a study and has it measured if a rule says so. `attempts` is how many failed; `again` as for [`judge`].
pub fn decide(
    plugin: &Arc<Plugin>,
    study: &str,
    period: &Period,
    again: Option<(Again, Timestamp)>,
    trigger: Trigger,
    attempts: u8,
) -> Result<Became, Obstacle> {
    let rules = &plugin.config.automatic.rules;
    let is_last = attempts + 1 >= MOST_ATTEMPTS;
    let verdict = match judge(&InProcess, &|study| results::certain(plugin, study), study, rules, period, again) {
        Ok(verdict) => verdict,
        Err(refusal) if refusal.is_temporary() => return Err(Obstacle::Now(refusal)),
        Err(refusal) if is_last => {
            events::error("automatic_unreadable", &[("resource", &study), ("problem", &refusal)]);
            return Ok(Became::Unreadable);
        }
        Err(refusal) => return Err(Obstacle::Here(refusal)),
    };
    let (wish, standing) = match verdict.what {
        What::Gone => return Ok(Became::Gone),
        What::OutOfPeriod => return Ok(Became::OutOfPeriod),
        What::Unmatched => return Ok(Became::Unmatched),
        What::Known(wish, standing) => return Ok(Became::Known(wish, standing)),
        What::Measure(wish, standing) => (wish, standing),
    };
    let Some(rule) = rules.get(wish.rule) else { return Ok(Became::Unmatched) };
    if standing == Standing::New {
        let earlier = admission::pending(plugin, &wish.study).map_err(Obstacle::Now)?;
        if earlier.is_some_and(|earlier| is_in_the_way(&earlier, rule)) {
            return Err(Obstacle::Earlier);
        }
    }
    let answer = match asking::ask(plugin, &wish, rule, trigger) {
        Answer::Failed(refusal) if is_last => asking::give_up(&wish, trigger, refusal),
        answer => answer,
    };
    match answer {
        Answer::Asked => Ok(Became::Asked),
        Answer::Refused => Ok(Became::Refused),
        Answer::Gone => Ok(Became::Gone),
        Answer::Busy => Ok(Became::Busy),
        Answer::NotNow(refusal) => Err(Obstacle::Now(refusal)),
        Answer::Failed(refusal) => Err(Obstacle::Here(refusal)),
    }
}

/// Users who have a study measured with other settings are met by their refusal, and theirs stands.
fn is_in_the_way(earlier: &Record, rule: &Rule) -> bool {
    earlier.trigger != Trigger::User || earlier.request == rule.request.canonical()
}

#[cfg(test)]
mod tests {
    use super::super::rule::rules;
    use super::*;
    use crate::record::Origin;
    use serde_json::json;

    #[test]
    fn what_was_planned_before_the_news_is_not_joined_and_other_settings_of_users_stand() {
        let rules = rules("Rules", &json!([{"Request": {}}, {"Request": {"Outputs": ["pdf"]}}])).unwrap();
        let earlier = |trigger| {
            let record = Record::new(Origin { node: "n".into(), boot: "b".into() }, rules[0].request.canonical(), 0);
            Record { trigger, ..record }
        };
        let judged = |trigger| [0, 1].map(|rule: usize| is_in_the_way(&earlier(trigger), &rules[rule]));
        assert_eq!(judged(Trigger::Automatic), [true, true]);
        assert_eq!(judged(Trigger::BackFill), [true, true]);
        assert_eq!(judged(Trigger::User), [true, false]);
    }
}
