//! Measures studies when they become stable.
//!
//! Orthanc's event only wakes this thread, which reads Orthanc's list of changes from where it stopped. So it hears of what became stable
//! while the plugin did not run, and of what was to become stable when Orthanc was killed.

use super::asking;
use super::changes::{self, Change};
use super::deciding::{Became, Obstacle, decide};
use super::in_flight::{End, InFlight};
use super::is_open;
use super::kept;
use super::mark::Standing;
use super::verdict::Period;
use crate::archive::Archive;
use crate::events;
use crate::plugin::Plugin;
use crate::problems::Topic;
use crate::record::Trigger;
use crate::refusal::Refusal;
use crate::sdk::{InProcess, Method};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How often the list is read without an event: other Orthancs of the database write to it too.
const IDLE: Duration = Duration::from_secs(10);
/// How often what waits is looked at.
const BUSY: Duration = Duration::from_secs(1);
/// Beyond this, changes stay in Orthanc's list until some of these are measured.
const MOST_PENDING: usize = 300;
/// Studies that still arrive; beyond this the oldest are forgotten, and found only if Orthanc is not killed before they are stable.
const MOST_ARRIVING: usize = 300;
/// Before a study that failed is tried again.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Where the trigger has got to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    /// Number of the latest change that was read.
    sequence: i64,
    /// Studies with a new series that are not stable yet.
    arriving: VecDeque<String>,
    /// Studies to look at, in order.
    pending: VecDeque<Pending>,
    /// Asked for and not ended.
    in_flight: InFlight,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pending {
    study: String,
    attempts: u8,
    not_before: Option<Timestamp>,
}

/// Counts since the start of Orthanc.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    stable: u64,
    unmatched: u64,
    known: u64,
    asked: u64,
    refused: u64,
    done: u64,
    failed: u64,
    arriving: usize,
    pending: usize,
    in_flight: usize,
    problem: Option<String>,
}

impl Tally {
    /// As it is answered.
    pub fn public(&self) -> Value {
        json!({
            "Stable": self.stable,
            "NotMatching": self.unmatched,
            "MeasuredAlready": self.known,
            "Requested": self.asked,
            "Refused": self.refused,
            "Done": self.done,
            "Failed": self.failed,
            "Arriving": self.arriving,
            "Waiting": self.pending,
            "InQueue": self.in_flight,
            "Problem": self.problem,
        })
    }
}

fn tell(plugin: &Plugin, change: impl FnOnce(&mut Tally)) {
    change(&mut plugin.automatic.tally.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Where it has got to, and what of that is kept.
#[derive(Default)]
struct Progress {
    place: Place,
    kept: Option<Place>,
    /// Everything of the time before this start was read.
    caught_up: bool,
}

impl Progress {
    fn keep(&mut self) -> Result<(), Refusal> {
        if self.kept.as_ref() != Some(&self.place) {
            kept::save(kept::TRIGGER, &self.place)?;
            self.kept = Some(self.place.clone());
        }
        Ok(())
    }

    fn is_idle(&self) -> bool {
        self.caught_up && self.place.pending.is_empty() && self.place.in_flight.is_empty()
    }
}

/// Runs until Orthanc stops.
pub fn run(plugin: &Arc<Plugin>) {
    let mut progress = Progress::default();
    while !plugin.queue.is_stopping() {
        let problem = round(plugin, &mut progress).err();
        note_problem(plugin, problem);
        let place = &progress.place;
        tell(plugin, |tally| {
            tally.arriving = place.arriving.len();
            (tally.pending, tally.in_flight) = (place.pending.len(), place.in_flight.len());
        });
        plugin.automatic.stable.wait(if progress.is_idle() { IDLE } else { BUSY });
    }
}

/// Logged once, however often it is tried again.
fn note_problem(plugin: &Plugin, problem: Option<Refusal>) {
    let problem = problem.map(|refusal| refusal.details);
    match &problem {
        Some(sentence) => plugin.noted.raise(Topic::Automatic, format!("Nothing is measured automatically now: {sentence}")),
        None => plugin.noted.clear(Topic::Automatic),
    }
    tell(plugin, |tally| {
        if let Some(sentence) = problem.as_ref().filter(|_| tally.problem != problem) {
            events::error("automatic_waits", &[("problem", sentence)]);
        }
        tally.problem = problem;
    });
}

/// From where it stopped; the first time from now on, as the archive as it is is the back-fill's.
fn begin() -> Result<Place, Refusal> {
    let start = || Ok(Place { sequence: changes::latest(&InProcess)?, ..Place::default() });
    kept::load(kept::TRIGGER)?.map_or_else(start, Ok)
}

fn round(plugin: &Arc<Plugin>, progress: &mut Progress) -> Result<(), Refusal> {
    if progress.kept.is_none() {
        progress.place = begin()?;
    }
    read(plugin, progress)?;
    progress.keep()?;
    if !is_open(plugin) {
        return Ok(());
    }
    settle(plugin, &mut progress.place);
    work(plugin, progress)
}

fn settle(plugin: &Plugin, place: &mut Place) {
    let ends = place.in_flight.settle(plugin);
    tell(plugin, |tally| {
        for end in ends {
            match end {
                End::Done(_) => tally.done += 1,
                End::Failed => tally.failed += 1,
                End::Gone => {}
            }
        }
    });
}

fn read(plugin: &Plugin, progress: &mut Progress) -> Result<(), Refusal> {
    let place = &mut progress.place;
    while place.pending.len() < MOST_PENDING && !plugin.queue.is_stopping() {
        let page = changes::since(&InProcess, place.sequence)?;
        for change in &page.changes {
            note(plugin, place, change);
            place.sequence = change.seq;
            if place.pending.len() >= MOST_PENDING {
                return Ok(());
            }
        }
        place.sequence = page.last.max(place.sequence);
        if page.done {
            if !progress.caught_up {
                revive(plugin, place)?;
                progress.caught_up = true;
            }
            return Ok(());
        }
    }
    Ok(())
}

fn note(plugin: &Plugin, place: &mut Place, change: &Change) {
    match change.change_type.as_str() {
        "NewSeries" => {
            let reply = InProcess.call(Method::Get, &format!("/series/{}", change.id), &[], b"").ok();
            let series = reply.and_then(|reply| reply.json());
            let study = series.as_ref().and_then(|series| series["ParentStudy"].as_str());
            if let Some(study) = study.filter(|study| !place.arriving.iter().any(|one| one == study)) {
                place.arriving.push_back(study.to_owned());
            }
            if place.arriving.len() > MOST_ARRIVING {
                place.arriving.pop_front();
            }
        }
        "StableStudy" => push(plugin, place, &change.id),
        _ => {}
    }
}

fn push(plugin: &Plugin, place: &mut Place, study: &str) {
    place.arriving.retain(|one| one != study);
    tell(plugin, |tally| tally.stable += 1);
    match place.pending.iter_mut().find(|pending| pending.study == study) {
        Some(pending) => pending.not_before = None,
        None => place.pending.push_back(Pending { study: study.to_owned(), attempts: 0, not_before: None }),
    }
}

/// Orthanc forgets at its end which studies were not stable yet, and never says that they are.
fn revive(plugin: &Plugin, place: &mut Place) -> Result<(), Refusal> {
    for study in place.arriving.clone() {
        let found = InProcess.call(Method::Get, &format!("/studies/{study}"), &[], b"")?.json();
        match found.map(|found| found["IsStable"] == true) {
            Some(true) => push(plugin, place, &study),
            Some(false) => {}
            None => place.arriving.retain(|one| *one != study),
        }
    }
    Ok(())
}

fn later() -> Option<Timestamp> {
    Timestamp::now().checked_add(PATIENCE).ok()
}

/// Looks at those whose time has come, as long as the queue has room for what nobody waits for.
fn work(plugin: &Arc<Plugin>, progress: &mut Progress) -> Result<(), Refusal> {
    let now = Timestamp::now();
    for _ in 0..progress.place.pending.len() {
        let place = &mut progress.place;
        if plugin.queue.is_stopping() || place.in_flight.len() >= asking::most_in_flight(plugin) {
            return Ok(());
        }
        let Some(pending) = place.pending.front().cloned() else { return Ok(()) };
        if pending.not_before.is_none_or(|time| time <= now) {
            let looked = look(plugin, place, &pending);
            place.pending.pop_front();
            match looked {
                Ok(later) => place.pending.extend(later),
                Err(refusal) => {
                    // It may be this study alone, so the others have their turn before it.
                    place.pending.push_back(Pending { not_before: later(), ..pending });
                    return Err(refusal);
                }
            }
            progress.keep()?;
        } else {
            place.pending.rotate_left(1);
        }
    }
    Ok(())
}

/// Answers when to look again, if at all; an error is perhaps in the way of all of them.
fn look(plugin: &Arc<Plugin>, place: &mut Place, pending: &Pending) -> Result<Option<Pending>, Refusal> {
    let became = match decide(plugin, &pending.study, &Period::default(), None, Trigger::Automatic, pending.attempts) {
        Ok(became) => became,
        Err(Obstacle::Now(refusal)) => return Err(refusal),
        Err(Obstacle::Earlier) => return Ok(Some(Pending { not_before: later(), ..pending.clone() })),
        Err(Obstacle::Here(_)) => {
            return Ok(Some(Pending { attempts: pending.attempts + 1, not_before: later(), ..pending.clone() }));
        }
    };
    if let Became::Known(wish, Standing::ByUser) = &became {
        asking::leave_to_user(wish)?;
    }
    if let Became::Asked = became {
        place.in_flight.add(&pending.study);
    }
    tell(plugin, |tally| match became {
        Became::Unmatched => tally.unmatched += 1,
        Became::Known(..) | Became::Busy => tally.known += 1,
        Became::Asked => tally.asked += 1,
        Became::Refused => tally.refused += 1,
        Became::Gone | Became::OutOfPeriod | Became::Unreadable => {}
    });
    Ok(None)
}
