//! Studies of a back-fill that are not done with and hold up no other: each is looked at once more later.

use super::back_fill::BackFill;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// More are not set aside: the back-fill then stands still at the next.
const MOST_ASIDE: usize = 100;
/// Before a study is looked at again of which an earlier measurement waits or runs.
const AFTER_EARLIER: SignedDuration = SignedDuration::from_secs(30);
/// Before one is that could not be: nobody knows whether that is of the study or of everything.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(3600);
/// After so many failures one is given up, if others went well meanwhile.
const MOST_FAILURES: u8 = 3;

/// A study that is to be looked at once more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Aside {
    /// Its Orthanc identifier.
    pub study: String,
    /// Not earlier than this.
    pub not_before: Timestamp,
    /// How often in a row it could not be looked at.
    pub failed: u8,
    /// Since when.
    since: Timestamp,
}

/// Why one is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// An earlier measurement of it waits or runs.
    Earlier,
    /// It could not be looked at.
    Failure,
}

impl BackFill {
    /// Goes on to the next study.
    pub fn pass(&mut self, study: &str) {
        self.aside.retain(|aside| aside.study != study);
        // One that was set aside lies before it.
        self.position = self.position.take().max(Some(study.to_owned()));
    }

    /// Has a study looked at again later; answers false where too many are.
    pub fn set_aside(&mut self, study: &str, why: Why) -> bool {
        let known = self.aside.iter().find(|aside| aside.study == study);
        if known.is_none() && self.aside.len() >= MOST_ASIDE {
            return false;
        }
        let now = Timestamp::now();
        let (pause, failed, since) = match (why, known.filter(|known| known.failed > 0)) {
            (Why::Earlier, _) => (AFTER_EARLIER, 0, now),
            (Why::Failure, None) => (AFTER_FAILURE, 1, now),
            (Why::Failure, Some(known)) => (AFTER_FAILURE, known.failed.saturating_add(1), known.since),
        };
        self.pass(study);
        let not_before = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.aside.push(Aside { study: study.to_owned(), not_before, failed, since });
        true
    }

    /// Whether a further failure of one that was set aside is of this study alone: measurements of others were asked for meanwhile.
    pub fn is_hopeless(&self, aside: &Aside) -> bool {
        aside.failed.saturating_add(1) >= MOST_FAILURES && self.asked_last.is_some_and(|last| last > aside.since)
    }
}

#[cfg(test)]
mod tests {
    use super::super::back_fill::Order;
    use super::*;

    #[test]
    fn what_is_set_aside_holds_up_nobody_until_too_many_are() {
        let mut fill = BackFill::new(Order::default());
        let name = |number: usize| format!("{number:03}");
        assert!((0..MOST_ASIDE).all(|number| fill.set_aside(&name(number), Why::Failure)));
        assert_eq!(fill.position, Some(name(MOST_ASIDE - 1)));
        assert!(!fill.set_aside(&name(MOST_ASIDE), Why::Earlier) && fill.set_aside(&name(0), Why::Earlier));
        fill.pass(&name(0));
        assert_eq!((fill.aside.len(), fill.position.clone()), (MOST_ASIDE - 1, Some(name(MOST_ASIDE - 1))));
        assert!(fill.set_aside(&name(MOST_ASIDE), Why::Earlier));
        assert_eq!(fill.position, Some(name(MOST_ASIDE)));
        assert!(serde_json::to_string(&fill).unwrap().len() < 20_000, "beside those in flight, MySQL keeps 64 kilobytes");
    }

    #[test]
    fn an_outage_drops_no_study_and_one_that_fails_while_others_go_well_is_given_up() {
        let mut fill = BackFill::new(Order::default());
        for failed in 1..=5 {
            assert!(fill.set_aside("a", Why::Failure));
            assert_eq!(
                (fill.aside[0].failed, fill.is_hopeless(&fill.aside[0])),
                (failed, false),
                "nothing was asked for since"
            );
        }
        fill.asked_last = Timestamp::now().saturating_add(SignedDuration::from_secs(1)).ok();
        assert!(fill.is_hopeless(&fill.aside[0]));
        assert!(fill.set_aside("a", Why::Earlier) && !fill.is_hopeless(&fill.aside[0]), "it could be looked at");
        assert!(fill.set_aside("a", Why::Failure) && !fill.is_hopeless(&fill.aside[0]));
    }
}
