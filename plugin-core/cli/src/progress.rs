//! How far a run has come, on stderr, and how Ctrl-C ends it.

use crate::failure::Failure;
use crate::terminal::tell;
use bonemuscle_client::Error;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::{consts::SIGINT, flag};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const STEPS: u64 = 1000;

/// What a run tells: stage and fraction done; the answer is whether to go on.
type Hear<'a> = dyn Fn(&str, f32) -> bool + Sync + 'a;

/// Runs `work`, shows how far it has come, and ends it at Ctrl-C.
pub fn shown<T>(work: impl FnOnce(&Hear<'_>) -> Result<T, Error>) -> Result<T, Failure> {
    let display = Display::start()?;
    Ok(work(&|stage, fraction| display.show(stage, fraction))?)
}

/// Shows a bar on a terminal, and one line per stage and tenth in a pipe.
struct Display {
    stopped: Arc<AtomicBool>,
    shown: Mutex<Shown>,
}

struct Shown {
    /// In steps; threads report out of order, and a display that runs backwards confuses.
    furthest: u64,
    face: Face,
}

enum Face {
    Bar(ProgressBar),
    Lines(Lines),
}

impl Display {
    /// Begins to listen for Ctrl-C: the first stops the run at its next step, the second ends the program at once.
    fn start() -> Result<Self, Failure> {
        let stopped = Arc::new(AtomicBool::new(false));
        // The order matters: at the first signal the flag is not yet set when this asks for it.
        flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&stopped))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&stopped)))
            .map_err(|error| Failure::machine(format!("Ctrl-C cannot be listened for: {error}")))?;
        let face = match std::io::stderr().is_terminal() {
            true => Face::Bar(bar()),
            false => Face::Lines(Lines::default()),
        };
        Ok(Display { stopped, shown: Mutex::new(Shown { furthest: 0, face }) })
    }

    /// Shows the state; whether to go on.
    fn show(&self, stage: &str, fraction: f32) -> bool {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).advance(stage, (fraction * STEPS as f32) as u64);
        !self.stopped.load(Ordering::Relaxed)
    }
}

impl Shown {
    fn advance(&mut self, stage: &str, step: u64) {
        if step < self.furthest {
            return;
        }
        self.furthest = step;
        match &mut self.face {
            Face::Bar(bar) => {
                bar.set_message(stage.to_owned());
                bar.set_position(step);
            }
            Face::Lines(lines) => {
                if let Some(line) = lines.next(stage, step) {
                    tell(&line);
                }
            }
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let shown = self.shown.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Face::Bar(bar) = &shown.face {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg:>8} [{wide_bar}] {percent:>3} %").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr()).with_style(style)
}

/// Which lines a pipe has seen.
#[derive(Default)]
struct Lines {
    stage: String,
    tenth: u64,
}

impl Lines {
    fn next(&mut self, stage: &str, step: u64) -> Option<String> {
        let tenth = step * 10 / STEPS;
        if stage == self.stage && tenth <= self.tenth {
            return None;
        }
        stage.clone_into(&mut self.stage);
        self.tenth = tenth;
        Some(format!("{stage} {} %", step * 100 / STEPS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_gets_one_line_per_stage_and_tenth() {
        let mut lines = Lines::default();
        let told =
            [("read", 0), ("read", 40), ("read", 200), ("read", 299), ("segment", 400), ("segment", 450), ("segment", 500)];
        let shown: Vec<_> = told.iter().filter_map(|(stage, step)| lines.next(stage, *step)).collect();
        assert_eq!(shown, ["read 0 %", "read 20 %", "segment 40 %", "segment 50 %"]);
    }
}
