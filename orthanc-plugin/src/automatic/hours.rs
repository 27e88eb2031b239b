//! Hours of the day, `20:00-06:00`, by the clock and time zone of the machine.

use jiff::civil::Time;
use jiff::{SignedDuration, Zoned};
use serde::{Deserialize, Serialize};

/// From the first minute to before the last one; past midnight where the first is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    from: Time,
    to: Time,
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Hours, String> {
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        let hours = text.split_once('-').and_then(|(from, to)| Some(Hours { from: time(from)?, to: time(to)? }));
        hours.filter(|hours| hours.from != hours.to).ok_or_else(|| format!("{text:?} are no hours such as 20:00-06:00"))
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> String {
        format!("{}-{}", hours.from.strftime("%H:%M"), hours.to.strftime("%H:%M"))
    }
}

impl Hours {
    /// Whether it is now.
    pub fn are_now(self) -> bool {
        self.hold(Zoned::now().time())
    }

    fn hold(self, time: Time) -> bool {
        match self.from < self.to {
            true => (self.from..self.to).contains(&time),
            false => time >= self.from || time < self.to,
        }
    }

    /// Their share of the day.
    pub fn share(self) -> f64 {
        let day = SignedDuration::from_hours(24);
        let length = self.from.duration_until(self.to);
        let length = if length.is_negative() { length + day } else { length };
        length.as_secs_f64() / day.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> Hours {
        Hours::try_from(text.to_owned()).unwrap()
    }

    fn held(hours: Hours, times: &[&str]) -> Vec<bool> {
        times.iter().map(|time| hours.hold(time.parse().unwrap())).collect()
    }

    #[test]
    fn nights_go_past_midnight() {
        let times = ["19:59:59", "20:00:00", "23:59:59", "00:00:00", "05:59:59", "06:00:00", "12:00:00"];
        assert_eq!(held(hours("20:00-06:00"), &times), [false, true, true, true, true, false, false]);
        assert_eq!(held(hours("06:00-20:00"), &times), [true, false, false, false, false, true, true]);
    }

    #[test]
    fn the_share_of_the_day() {
        assert!((hours("20:00-06:00").share() - 10.0 / 24.0).abs() < 1e-9);
        assert!((hours("08:00-12:30").share() - 4.5 / 24.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_hours_is_refused_and_the_rest_written_as_read() {
        for text in ["", "20:00", "20-6", "25:00-06:00", "20:00-20:00", "20:00-06:00-07:00", "night"] {
            assert!(Hours::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert_eq!(String::from(hours("20:00 - 6:05")), "20:00-06:05");
    }
}
