//! What keeps everybody from carrying out a request: kept beside it, so that whoever waits for it is told, and not for ever.

use crate::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// After this time the request is given up. A weekend with nobody there ends nothing.
const LONGEST: SignedDuration = SignedDuration::from_hours(72);

/// Why whoever began a request last could not carry it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    /// Since when nobody could.
    pub since: Timestamp,
    /// Why.
    #[serde(flatten)]
    pub refusal: Refusal,
}

impl Obstacle {
    /// The next one, after those that were met before.
    pub fn next(earlier: Option<&Obstacle>, refusal: Refusal) -> Obstacle {
        Obstacle { since: earlier.map_or_else(Timestamp::now, |earlier| earlier.since), refusal }
    }

    /// The last word on a request that nobody could carry out for too long.
    pub fn verdict(&self, now: Timestamp) -> Option<Refusal> {
        let Refusal { http_status, details } = &self.refusal;
        let sentence = || {
            format!(
                "given up, as nobody could measure it for {} hours; POST again when this is gone: {details}",
                LONGEST.as_hours()
            )
        };
        (self.since.duration_until(now) >= LONGEST).then(|| Refusal { http_status: *http_status, details: sentence() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_measure_ends_with_what_was_in_the_way_last() {
        let first = Obstacle::next(None, Refusal::unavailable("no library"));
        let latest = Obstacle::next(Some(&first), Refusal::unavailable("no memory"));
        assert_eq!(latest.since, first.since);
        let verdict = |hours| latest.verdict(first.since + SignedDuration::from_hours(hours));
        assert_eq!(verdict(71), None);
        let refusal = verdict(72).unwrap();
        assert!(refusal.is_temporary() && refusal.details.contains("72 hours") && refusal.details.ends_with("no memory"));
        let text = serde_json::to_value(&latest).unwrap();
        assert_eq!((&text["details"], &text["http_status"]), (&"no memory".into(), &503.into()));
        assert_eq!(serde_json::from_value::<Obstacle>(text).unwrap(), latest);
    }
}
