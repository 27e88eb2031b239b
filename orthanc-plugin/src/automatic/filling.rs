//! Carries out a back-fill, study by study, and takes the orders about it.

use super::aside::Why;
use super::asking::most_in_flight;
use super::back_fill::{BackFill, Counts, Order, State};
use super::deciding::{Became, Obstacle, decide};
use super::is_open;
use super::kept;
use super::turns::{Turn, Turns};
use crate::events;
use crate::plugin::Plugin;
use crate::problems::Topic;
use crate::record::Trigger;
use crate::refusal::Refusal;
use crate::sdk::InProcess;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::Display;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often it looks where nothing was ordered; an order wakes it.
const IDLE: Duration = Duration::from_secs(10);
/// How often it looks whether it may go on.
const PAUSE: Duration = Duration::from_millis(500);
/// Before something that failed is tried again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much looking a kill may cost, which is then repeated.
const SAVE_AFTER: Duration = Duration::from_secs(2);

fn current(plugin: &Plugin) -> MutexGuard<'_, Option<BackFill>> {
    plugin.automatic.back_fill.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is at hand between steps; nothing that must outlive a restart.
struct Hand {
    turns: Turns,
    saved: Instant,
}

/// Runs until Orthanc stops.
pub fn run(plugin: &Arc<Plugin>) {
    let mut hand = Hand { turns: Turns::default(), saved: Instant::now() };
    while !plugin.queue.is_stopping() {
        let pause = if is_open(plugin) { step(plugin, &mut hand) } else { Ok(hold_back(&mut hand)) };
        let pause = pause.unwrap_or_else(|refusal| {
            note_problem(plugin, &refusal);
            PATIENCE
        });
        if !pause.is_zero() {
            plugin.automatic.ordered.wait(pause);
        }
    }
    // A failure costs some looking, and nothing else.
    let _ = save(plugin);
}

/// Logged once, however often it is tried again.
fn note_problem(plugin: &Plugin, refusal: &Refusal) {
    let earlier = current(plugin).as_mut().and_then(|fill| fill.problem.replace(refusal.details.clone()));
    if earlier.as_ref() != Some(&refusal.details) {
        events::error("back_fill_waits", &[("problem", refusal)]);
    }
    plugin.noted.raise(Topic::BackFill, format!("The back-fill does not go on now: {refusal}"));
}

/// Changes the back-fill that began then, unless another one has taken its place.
fn change(plugin: &Plugin, begun: Timestamp, edit: impl FnOnce(&mut BackFill)) {
    if let Some(fill) = current(plugin).as_mut().filter(|fill| fill.begun == begun) {
        edit(fill);
    }
}

/// What an earlier start has left.
fn load(plugin: &Plugin) -> Result<(), Refusal> {
    let mut fill = current(plugin);
    if fill.is_none() && plugin.config.automatic.enable {
        *fill = kept::load(kept::BACK_FILL)?;
    }
    Ok(())
}

fn save(plugin: &Plugin) -> Result<(), Refusal> {
    let fill = current(plugin).clone();
    fill.map_or(Ok(()), |fill| kept::save(kept::BACK_FILL, &fill))
}

fn hold_back(hand: &mut Hand) -> Duration {
    hand.turns.held_back();
    PAUSE
}

/// Looks at one study, if one may be; answers how long to wait before the next.
fn step(plugin: &Arc<Plugin>, hand: &mut Hand) -> Result<Duration, Refusal> {
    load(plugin)?;
    settle(plugin)?;
    let Some(fill) = current(plugin).clone() else { return Ok(IDLE) };
    if fill.state != State::Running {
        let pause = hold_back(hand);
        return Ok(if fill.in_flight.is_empty() { IDLE } else { pause });
    }
    if fill.begun != hand.turns.begun {
        hand.turns = Turns::new(fill.begun);
    }
    if fill.obstacle(most_in_flight(plugin)).is_some() {
        return Ok(hold_back(hand));
    }
    if let Some(total) = hand.turns.fetch(&InProcess, &fill)? {
        change(plugin, hand.turns.begun, |fill| (fill.studies, fill.problem) = (total, None));
    }
    match hand.turns.next(&fill, Timestamp::now()) {
        Turn::Study(study) => look(plugin, hand, &fill, &study),
        Turn::Wait => Ok(PAUSE),
        Turn::End => end(plugin, hand),
    }
}

fn look(plugin: &Arc<Plugin>, hand: &mut Hand, fill: &BackFill, study: &str) -> Result<Duration, Refusal> {
    let again = fill.order.again.map(|again| (again, fill.begun));
    let aside = fill.aside.iter().find(|aside| aside.study == study);
    let failed = aside.map_or(hand.turns.failed, |aside| aside.failed);
    let decided = match decide(plugin, study, &fill.order.period, again, Trigger::BackFill, failed) {
        Err(Obstacle::Now(refusal)) if aside.is_some_and(|aside| fill.is_hopeless(aside)) => {
            events::error("automatic_unreadable", &[("resource", &study), ("problem", &refusal)]);
            Ok(Became::Unreadable)
        }
        decided => decided,
    };
    match decided {
        Ok(became) => {
            let is_asked = matches!(became, Became::Asked);
            plugin.noted.clear(Topic::BackFill);
            change(plugin, hand.turns.begun, |fill| enter(fill, study, &became));
            hand.turns.passed(study);
            if is_asked || hand.saved.elapsed() > SAVE_AFTER {
                save(plugin)?;
                hand.saved = Instant::now();
            }
            Ok(Duration::ZERO)
        }
        Err(Obstacle::Earlier) => {
            Ok(if set_aside(plugin, &mut hand.turns, study, Why::Earlier)? { Duration::ZERO } else { PATIENCE })
        }
        Err(Obstacle::Now(refusal)) => {
            if aside.is_some() || hand.turns.is_stuck(Instant::now()) {
                set_aside(plugin, &mut hand.turns, study, Why::Failure)?;
            }
            Err(refusal)
        }
        Err(Obstacle::Here(refusal)) => {
            match aside {
                Some(_) => _ = set_aside(plugin, &mut hand.turns, study, Why::Failure)?,
                None => hand.turns.failed += 1,
            }
            Err(refusal)
        }
    }
}

/// Goes on with the others; answers false where too many are set aside.
fn set_aside(plugin: &Plugin, turns: &mut Turns, study: &str, why: Why) -> Result<bool, Refusal> {
    let mut is_aside = false;
    change(plugin, turns.begun, |fill| is_aside = fill.set_aside(study, why));
    if is_aside {
        turns.passed(study);
        save(plugin)?;
    }
    Ok(is_aside)
}

fn enter(fill: &mut BackFill, study: &str, became: &Became) {
    let counts = &mut fill.counts;
    let count = match became {
        Became::OutOfPeriod => &mut counts.out_of_period,
        Became::Unmatched => &mut counts.unmatched,
        Became::Known(..) => &mut counts.known,
        Became::Busy => &mut counts.busy,
        Became::Gone => &mut counts.gone,
        Became::Unreadable => &mut counts.unreadable,
        Became::Refused => &mut counts.refused,
        Became::Asked => &mut counts.asked,
    };
    *count += 1;
    counts.looked += 1;
    fill.pass(study);
    fill.problem = None;
    if let Became::Asked = became {
        fill.in_flight.add(study);
        fill.asked_last = Some(Timestamp::now());
    }
}

/// Those that were asked for go on when the back-fill is paused or cancelled, and are counted.
fn settle(plugin: &Plugin) -> Result<(), Refusal> {
    let Some((begun, mut in_flight)) = current(plugin).as_ref().map(|fill| (fill.begun, fill.in_flight.clone())) else {
        return Ok(());
    };
    let ends = in_flight.settle(plugin);
    if ends.is_empty() {
        return Ok(());
    }
    // Only this thread adds to those in flight.
    change(plugin, begun, |fill| {
        fill.settle(&ends);
        fill.in_flight = in_flight;
    });
    save(plugin)
}

fn end(plugin: &Plugin, hand: &Hand) -> Result<Duration, Refusal> {
    change(plugin, hand.turns.begun, |fill| (fill.state, fill.ended) = (State::Done, Some(Timestamp::now())));
    save(plugin)?;
    let counts = current(plugin).as_ref().map(|fill| fill.counts).unwrap_or_default();
    log("done", &counts);
    Ok(PAUSE)
}

fn log(state: &str, counts: &Counts) {
    let Counts { looked, asked, done, failed, refused, .. } = counts;
    let fields: [(&str, &dyn Display); 6] =
        [("state", &state), ("looked", looked), ("requested", asked), ("done", done), ("failed", failed), ("refused", refused)];
    events::warning("back_fill", &fields);
}

/// The latest back-fill, as it is answered.
pub fn state(plugin: &Plugin) -> Result<Value, Refusal> {
    load(plugin)?;
    Ok(match current(plugin).as_ref() {
        // With a queue others measure as well.
        Some(fill) => fill.public(plugin.config.workers.max(plugin.lengths().1), most_in_flight(plugin)),
        None => json!({"State": "none"}),
    })
}

/// Begins one.
pub fn begin(plugin: &Plugin, body: &[u8]) -> Result<Value, Refusal> {
    let order = Order::read(body)?;
    if !plugin.config.automatic.enable {
        return Err(Refusal::conflict(
            "automatic mode is off; set \"BoneMuscle.Automatic.Enable\" and \"Rules\" in the configuration",
        ));
    }
    set(plugin, |fill| match fill.as_ref().map(|fill| fill.state) {
        Some(State::Running | State::Paused) => {
            Err(Refusal::conflict("a back-fill is under way; POST /bone-muscle/automatic/back-fill/cancel ends it"))
        }
        _ => {
            *fill = Some(BackFill::new(order));
            Ok("begun")
        }
    })
}

/// `pause`, `resume` or `cancel`.
pub fn steer(plugin: &Plugin, word: &str) -> Result<Value, Refusal> {
    set(plugin, |fill| {
        let fill = fill.as_mut().filter(|fill| matches!(fill.state, State::Running | State::Paused));
        let fill = fill
            .ok_or_else(|| Refusal::conflict("no back-fill is under way; POST /bone-muscle/automatic/back-fill begins one"))?;
        let (state, log) = match word {
            "pause" => (State::Paused, "paused"),
            "resume" => (State::Running, "resumed"),
            _ => (State::Cancelled, "cancelled"),
        };
        fill.state = state;
        fill.ended = (state == State::Cancelled).then(Timestamp::now);
        Ok(log)
    })
}

/// Kept before it is answered.
fn set(plugin: &Plugin, edit: impl FnOnce(&mut Option<BackFill>) -> Result<&'static str, Refusal>) -> Result<Value, Refusal> {
    load(plugin)?;
    let mut fill = current(plugin);
    let mut edited = fill.clone();
    let word = edit(&mut edited)?;
    kept::save(kept::BACK_FILL, &edited)?;
    let counts = edited.as_ref().map(|fill| fill.counts).unwrap_or_default();
    *fill = edited;
    drop(fill);
    plugin.noted.clear(Topic::BackFill);
    log(word, &counts);
    plugin.automatic.ordered.ring();
    state(plugin)
}
