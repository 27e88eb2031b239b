//! When measuring started, as DICOM writes it.

use super::WriteError;
use jiff::fmt::temporal::Pieces;

/// A point in time in the clock of its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// `YYYYMMDD` (DA).
    pub date: String,
    /// `HHMMSS` or `HHMMSS.ffffff` (TM).
    pub time: String,
    /// `+HHMM` (Timezone Offset From UTC (0008,0201)).
    pub offset: String,
}

impl Moment {
    /// Reads ISO 8601 with an offset, the form of [`crate::report::Report::started`].
    pub(super) fn parse(started: &str) -> Result<Moment, WriteError> {
        let refused = || WriteError::Started { found: started.to_owned() };
        let pieces = Pieces::parse(started).map_err(|_| refused())?;
        let (date, time) = (pieces.date(), pieces.time().ok_or_else(refused)?);
        let offset = pieces.to_numeric_offset().ok_or_else(refused)?.seconds();
        let fraction = match time.subsec_nanosecond() / 1000 {
            0 => String::new(),
            microseconds => format!(".{microseconds:06}"),
        };
        let minutes = offset.unsigned_abs() / 60;
        Ok(Moment {
            date: format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()),
            time: format!("{:02}{:02}{:02}{fraction}", time.hour(), time.minute(), time.second()),
            offset: format!("{}{:02}{:02}", if offset < 0 { '-' } else { '+' }, minutes / 60, minutes % 60),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(date: &str, time: &str, offset: &str) -> Moment {
        Moment { date: date.into(), time: time.into(), offset: offset.into() }
    }

    #[test]
    fn the_clock_of_the_place_is_kept() {
        let cases = [
            ("2026-11-20T18:05:09+09:00", moment("20261120", "180509", "+0900")),
            ("2026-11-20T18:05:09.25Z", moment("20261120", "180509.250000", "+0000")),
            ("2026-01-02T03:04:05-03:30", moment("20260102", "030405", "-0330")),
        ];
        for (text, expected) in cases {
            assert_eq!(Moment::parse(text).ok(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_time_without_offset_is_refused() {
        for text in ["2026-11-20T18:05:09", "2026-11-20", "yesterday"] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }
}
