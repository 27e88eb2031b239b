//! A back-fill: an order to measure the studies that an archive holds already, and how far it is.

use super::aside::Aside;
use super::hours::Hours;
use super::in_flight::{End, InFlight};
use super::verdict::{Again, Period};
use crate::refusal::Refusal;
use crate::request::{object, unknown, wrong};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What was ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// `From` and `To`: days of the study.
    pub period: Period,
    /// `PerHour`: no more measurements than this are asked for.
    pub per_hour: Option<u32>,
    /// `Hours` of the day in which measurements are asked for.
    pub hours: Option<Hours>,
    /// `Again`: also some of what was asked for before this order.
    pub again: Option<Again>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It goes on.
    Running,
    /// It stands still until it is resumed.
    Paused,
    /// It was ended.
    Cancelled,
    /// All studies were looked at, and all that was asked for has ended.
    Done,
}

/// Studies by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Looked at: the sum of those that follow, up to `asked`.
    pub looked: u64,
    /// Of another period, or undated while there is one.
    pub out_of_period: u64,
    /// They fulfil no rule.
    pub unmatched: u64,
    /// Measured or refused before, with the same input and request, or measured by users.
    pub known: u64,
    /// Users measure them with other settings.
    pub busy: u64,
    /// Deleted meanwhile.
    pub gone: u64,
    /// Orthanc cannot read them.
    pub unreadable: u64,
    /// They cannot be measured as the rule says.
    pub refused: u64,
    /// A measurement was asked for.
    pub asked: u64,
    /// It is done.
    pub done: u64,
    /// It failed.
    pub failed: u64,
    /// How long those that are done took, together.
    pub seconds: f64,
}

/// An order and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackFill {
    /// What was ordered.
    pub order: Order,
    /// How far it is.
    pub state: State,
    /// When it was ordered.
    pub begun: Timestamp,
    /// When it was done or cancelled.
    pub ended: Option<Timestamp>,
    /// The latest study that was looked at; the next has a greater identifier.
    pub position: Option<String>,
    /// Studies before that one which are not done with, so that they hold up no other.
    #[serde(default)]
    pub aside: Vec<Aside>,
    /// In the archive.
    pub studies: usize,
    /// What became of them.
    pub counts: Counts,
    /// Asked for and not ended.
    pub in_flight: InFlight,
    /// When a measurement was asked for last.
    pub asked_last: Option<Timestamp>,
    /// Why it stands still though nobody paused it.
    pub problem: Option<String>,
}

impl Order {
    /// Reads the body of a POST; an empty one orders everything.
    pub fn read(body: &[u8]) -> Result<Order, Refusal> {
        let mut order = Order::default();
        for (key, value) in object("the body", &read_body(body)?)? {
            match key.as_str() {
                "From" => order.period.from = Some(day(key, value)?),
                "To" => order.period.to = Some(day(key, value)?),
                "PerHour" => order.per_hour = Some(per_hour(key, value)?),
                "Hours" => order.hours = Some(hours(key, value)?),
                "Again" => order.again = Some(again(key, value)?),
                _ => return Err(unknown("the body", key, "From, To, PerHour, Hours, Again")),
            }
        }
        order.period.checked()?;
        Ok(order)
    }
}

/// The JSON of a body; of an empty one, that of an empty object.
pub(super) fn read_body(body: &[u8]) -> Result<Value, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::request(format!("the body is not JSON ({error}); send an object")))
}

pub(super) fn day(key: &str, value: &Value) -> Result<Date, Refusal> {
    let date = value.as_str().and_then(|text| text.parse().ok());
    date.ok_or_else(|| wrong(key, value, "a day such as \"2024-01-31\""))
}

fn again(key: &str, value: &Value) -> Result<Again, Refusal> {
    Again::deserialize(value).map_err(|_| wrong(key, value, "\"failed\" or \"all\""))
}

fn per_hour(key: &str, value: &Value) -> Result<u32, Refusal> {
    let number = value.as_u64().filter(|number| (1..=3600).contains(number)).and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| wrong(key, value, "a whole number from 1 to 3600"))
}

fn hours(key: &str, value: &Value) -> Result<Hours, Refusal> {
    let hours = value.as_str().and_then(|text| Hours::try_from(text.to_owned()).ok());
    hours.ok_or_else(|| wrong(key, value, "hours such as \"20:00-06:00\""))
}

impl BackFill {
    /// One that begins now.
    pub fn new(order: Order) -> BackFill {
        BackFill {
            order,
            state: State::Running,
            begun: Timestamp::now(),
            ended: None,
            position: None,
            aside: Vec::new(),
            studies: 0,
            counts: Counts::default(),
            in_flight: InFlight::default(),
            asked_last: None,
            problem: None,
        }
    }

    /// What keeps it from asking for more at this moment.
    pub fn obstacle(&self, most_in_flight: usize) -> Option<&'static str> {
        let is_night = self.order.hours.is_none_or(Hours::are_now);
        let is_due = self
            .asked_last
            .zip(self.interval())
            .is_none_or(|(last, interval)| last.duration_until(Timestamp::now()) >= interval);
        match (self.state, is_night, is_due) {
            (State::Running, false, _) => Some("hours"),
            (State::Running, true, false) => Some("rate"),
            (State::Running, true, true) if self.in_flight.len() >= most_in_flight => Some("queue"),
            _ => None,
        }
    }

    /// Between two requests.
    fn interval(&self) -> Option<SignedDuration> {
        self.order.per_hour.map(|per_hour| SignedDuration::from_secs_f64(3600.0 / f64::from(per_hour)))
    }

    /// Notes the ends of measurements.
    pub fn settle(&mut self, ends: &[End]) {
        for end in ends {
            match end {
                End::Done(seconds) => {
                    self.counts.done += 1;
                    self.counts.seconds += seconds;
                }
                End::Failed | End::Gone => self.counts.failed += 1,
            }
        }
    }

    fn seconds_per_measurement(&self) -> Option<f64> {
        (self.counts.done > 0).then(|| self.counts.seconds / self.counts.done as f64)
    }

    /// From what the studies so far gave: they are a sample of all, as their order is by chance.
    fn seconds_left(&self, workers: usize) -> Option<f64> {
        if self.counts.looked == 0 || !matches!(self.state, State::Running | State::Paused) {
            return None;
        }
        let unseen = (self.studies as f64 - self.counts.looked as f64).max(0.0);
        let measurements = unseen * self.counts.asked as f64 / self.counts.looked as f64;
        let working = self.seconds_per_measurement()? / workers.max(1) as f64;
        let waiting = self.interval().map_or(0.0, |interval| interval.as_secs_f64());
        let left = measurements * working.max(waiting) + self.in_flight.len() as f64 * working;
        Some(left / self.order.hours.map_or(1.0, Hours::share))
    }

    /// As it is answered.
    pub fn public(&self, workers: usize, most_in_flight: usize) -> Value {
        let counts = &self.counts;
        json!({
            "State": self.state,
            "Waiting": self.obstacle(most_in_flight),
            "Problem": self.problem,
            "From": self.order.period.from,
            "To": self.order.period.to,
            "PerHour": self.order.per_hour,
            "Hours": self.order.hours,
            "Again": self.order.again,
            "Begun": self.begun,
            "Ended": self.ended,
            "Position": self.position,
            "SetAside": self.aside.len(),
            "Studies": self.studies,
            "Looked": counts.looked,
            "OutOfPeriod": counts.out_of_period,
            "NotMatching": counts.unmatched,
            "MeasuredAlready": counts.known,
            "Busy": counts.busy,
            "Gone": counts.gone,
            "Unreadable": counts.unreadable,
            "Refused": counts.refused,
            "Requested": counts.asked,
            "InQueue": self.in_flight.len(),
            "Done": counts.done,
            "Failed": counts.failed,
            "SecondsPerMeasurement": self.seconds_per_measurement(),
            "SecondsLeft": self.seconds_left(workers).map(f64::round),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_an_order() {
        assert_eq!(Order::read(b"").unwrap(), Order::default());
        let body = br#"{"From": "2020-01-01", "To": "2024-12-31", "PerHour": 30, "Hours": "20:00-06:00", "Again": "failed"}"#;
        let order = Order::read(body).unwrap();
        assert_eq!(
            (order.per_hour, order.again, order.period.to),
            (Some(30), Some(Again::Failed), Some(jiff::civil::date(2024, 12, 31)))
        );
        let kept = serde_json::to_string(&BackFill::new(order)).unwrap();
        assert_eq!(serde_json::from_str::<BackFill>(&kept).unwrap().order, order);
    }

    #[test]
    fn wrong_orders_are_named() {
        for (body, parts) in [
            ("{", ["not JSON", "object"]),
            ("[]", ["the body", "an object"]),
            (r#"{"from": "2020-01-01"}"#, ["from", "From, To, PerHour"]),
            (r#"{"From": "20200101x"}"#, ["From", "2024-01-31"]),
            (r#"{"From": "2021-01-01", "To": "2020-01-01"}"#, ["From", "after"]),
            (r#"{"PerHour": 0}"#, ["PerHour", "1 to 3600"]),
            (r#"{"Hours": "night"}"#, ["Hours", "20:00-06:00"]),
            (r#"{"Again": true}"#, ["Again", "failed"]),
        ] {
            let refusal = Order::read(body.as_bytes()).unwrap_err();
            assert_eq!(refusal.http_status, 400);
            assert!(parts.iter().all(|part| refusal.details.contains(part)), "{body}: {refusal}");
        }
    }

    #[test]
    fn the_estimate_is_what_the_sample_says() {
        let mut fill = BackFill::new(Order::default());
        assert_eq!(fill.seconds_left(1), None);
        fill.studies = 1000;
        fill.counts = Counts { looked: 100, unmatched: 50, asked: 50, done: 50, seconds: 500.0, ..Counts::default() };
        assert_eq!(fill.seconds_left(1), Some(4500.0));
        assert_eq!(fill.seconds_left(2), Some(2250.0));
        fill.order.per_hour = Some(60);
        assert_eq!(fill.seconds_left(1), Some(27_000.0));
        fill.order.hours = Some(Hours::try_from("20:00-08:00".to_owned()).unwrap());
        assert_eq!(fill.seconds_left(1), Some(54_000.0));
        fill.state = State::Done;
        assert_eq!(fill.seconds_left(1), None);
    }

    #[test]
    fn what_keeps_it_is_named() {
        let mut fill = BackFill::new(Order { per_hour: Some(1), ..Order::default() });
        assert_eq!(fill.obstacle(2), None);
        ["a", "b"].iter().for_each(|study| fill.in_flight.add(study));
        assert_eq!(fill.obstacle(2), Some("queue"));
        fill.asked_last = Some(Timestamp::now());
        assert_eq!(fill.obstacle(2), Some("rate"));
        fill.state = State::Paused;
        assert_eq!(fill.obstacle(2), None);
    }
}
