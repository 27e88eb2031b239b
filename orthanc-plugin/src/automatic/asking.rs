//! Asks for a measurement as a POST does, and notes at the study that it was asked for.

use super::mark::{Mark, Outcome};
use super::rule::Rule;
use super::verdict::Wish;
use crate::admission;
use crate::events;
use crate::models;
use crate::plugin::Plugin;
use crate::record::Trigger;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::sdk::InProcess;
use std::sync::Arc;

/// What came of it.
#[derive(Debug)]
pub enum Answer {
    /// A measurement waits or runs.
    Asked,
    /// It cannot be measured like this; noted, and not tried again.
    Refused,
    /// The study is not in the archive any more.
    Gone,
    /// Users are having it measured with other settings: theirs stands.
    Busy,
    /// Nothing can be measured now, whichever study.
    NotNow(Refusal),
    /// Something failed that may do so again.
    Failed(Refusal),
}

/// What nobody waits for goes after what somebody does, whose priority is 0 unless they say otherwise.
fn priority(trigger: Trigger) -> i32 {
    match trigger {
        Trigger::User => 0,
        Trigger::Automatic => -1,
        Trigger::BackFill => -2,
    }
}

/// How many that nobody waits for are queued or run at a time; by default so many that no worker of this Orthanc is ever idle.
pub fn most_in_flight(plugin: &Plugin) -> usize {
    plugin.config.automatic.in_queue.unwrap_or(2 * plugin.config.workers.max(1))
}

/// Asks.
pub fn ask(plugin: &Arc<Plugin>, wish: &Wish, rule: &Rule, trigger: Trigger) -> Answer {
    // Before the request is heard, so that it is never asked for twice: where this cannot be written, nothing is asked for.
    if let Err(refusal) = note(wish, Outcome::Asking) {
        return if refusal.http_status == 404 { Answer::Gone } else { Answer::NotNow(refusal) };
    }
    let request = Request { trigger, priority: priority(trigger), ..rule.request.clone() };
    let refusal = match admission::request(plugin, &wish.study, request) {
        Ok(_) => {
            log(wish, trigger, "requested");
            return noted(wish, Outcome::Asked, Answer::Asked);
        }
        Err(refusal) => refusal,
    };
    match refusal.http_status {
        400 | 422 => {
            log(wish, trigger, "refused");
            noted(wish, Outcome::Refused(refusal), Answer::Refused)
        }
        404 => Answer::Gone,
        409 => noted(wish, Outcome::Asked, Answer::Busy),
        // Others may have a segmentation, and are not kept waiting for a library that is missing.
        503 if models::is_lacking(plugin, &refusal) => {
            log(wish, trigger, "refused");
            noted(wish, Outcome::Refused(refusal), Answer::Refused)
        }
        503 => Answer::NotNow(refusal),
        _ => Answer::Failed(refusal),
    }
}

/// Why it was refused may name a series, and stays in the study's metadata.
fn log(wish: &Wish, trigger: Trigger, outcome: &str) {
    let name = if trigger == Trigger::BackFill { "back_fill" } else { "automatic" };
    let (resource, rule) = (wish.study.uri(), wish.rule + 1);
    events::warning(name, &[("resource", &resource), ("rule", &rule), ("outcome", &outcome)]);
}

/// Gives up on a study that failed too often.
pub fn give_up(wish: &Wish, trigger: Trigger, refusal: Refusal) -> Answer {
    log(wish, trigger, "given_up");
    noted(wish, Outcome::Refused(refusal), Answer::Refused)
}

/// Notes that users have measured a study, so that new instances of it count as new.
pub fn leave_to_user(wish: &Wish) -> Result<(), Refusal> {
    note(wish, Outcome::Asked)
}

fn note(wish: &Wish, outcome: Outcome) -> Result<(), Refusal> {
    Mark::new(&wish.fingerprint, outcome).save(&InProcess, &wish.study)
}

fn noted(wish: &Wish, outcome: Outcome, answer: Answer) -> Answer {
    if let Err(refusal) = note(wish, outcome) {
        events::error("automatic_not_noted", &[("resource", &wish.study.uri()), ("problem", &refusal)]);
    }
    answer
}
