//! How far a run has come, and how a host stops it.

use std::fmt;

/// The stages a host shows, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Headers and pixels are read.
    Read,
    /// Labels are read or computed.
    Segment,
    /// Values are computed.
    Measure,
    /// DICOM objects and pages are built.
    Write,
}

impl Stage {
    /// One lower-case word for hosts and logs.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Read => "read",
            Stage::Segment => "segment",
            Stage::Measure => "measure",
            Stage::Write => "write",
        }
    }

    /// Where the stage begins and ends in the whole run, from 0 to 1.
    fn span(self) -> (f32, f32) {
        match self {
            Stage::Read => (0.0, 0.2),
            Stage::Segment => (0.2, 0.7),
            Stage::Measure => (0.7, 0.85),
            Stage::Write => (0.85, 1.0),
        }
    }
}

/// The host asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled by the host")
    }
}

impl std::error::Error for Cancelled {}

/// The host's ear: told the stage and the fraction of the whole run done (0 to 1); answers `false` to stop.
pub type Sink<'a> = dyn Fn(Stage, f32) -> bool + Sync + 'a;

/// Passed down to whatever takes time.
#[derive(Clone, Copy)]
pub struct Progress<'a> {
    sink: &'a Sink<'a>,
}

impl<'a> Progress<'a> {
    /// Reports to `sink`.
    pub fn new(sink: &'a Sink<'a>) -> Self {
        Progress { sink }
    }

    /// Reports to nobody and never stops.
    pub fn silent() -> Progress<'static> {
        Progress { sink: &|_, _| true }
    }

    /// Says that `fraction` (0 to 1) of `stage` is done.
    pub fn report(&self, stage: Stage, fraction: f32) -> Result<(), Cancelled> {
        let (start, end) = stage.span();
        match (self.sink)(stage, start + (end - start) * fraction.clamp(0.0, 1.0)) {
            true => Ok(()),
            false => Err(Cancelled),
        }
    }
}
