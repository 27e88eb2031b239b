//! How far a run has come, on stderr, and how Ctrl-C ends it.

use crate::failure::Failure;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::{consts::SIGINT, flag};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const STEPS: u64 = 1000;

/// Shows a bar on a terminal, and one line per stage and tenth in a pipe.
pub struct Display {
    stopped: Arc<AtomicBool>,
    face: Face,
}

enum Face {
    Bar(ProgressBar),
    Lines(Mutex<Lines>),
}

impl Display {
    /// Begins to listen for Ctrl-C: the first stops the run at its next step, the second ends the program at once.
    pub fn start() -> Result<Self, Failure> {
        let stopped = Arc::new(AtomicBool::new(false));
        // The order matters: at the first signal the flag is not yet set when this asks for it.
        flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&stopped))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&stopped)))
            .map_err(|error| Failure::machine(format!("Ctrl-C cannot be listened for: {error}")))?;
        let face = match std::io::stderr().is_terminal() {
            true => Face::Bar(bar()),
            false => Face::Lines(Mutex::default()),
        };
        Ok(Display { stopped, face })
    }

    /// Shows the state; whether to go on.
    pub fn show(&self, stage: &str, fraction: f32) -> bool {
        match &self.face {
            Face::Bar(bar) => {
                bar.set_message(stage.to_owned());
                bar.set_position((fraction * STEPS as f32) as u64);
            }
            Face::Lines(lines) => {
                let line = lines.lock().unwrap_or_else(PoisonError::into_inner).next(stage, fraction);
                if let Some(line) = line {
                    eprintln!("{line}");
                }
            }
        }
        !self.stopped.load(Ordering::Relaxed)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Face::Bar(bar) = &self.face {
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
    tenth: u32,
}

impl Lines {
    fn next(&mut self, stage: &str, fraction: f32) -> Option<String> {
        let tenth = (fraction * 10.0) as u32;
        // Threads may report out of order.
        if stage == self.stage && tenth <= self.tenth {
            return None;
        }
        stage.clone_into(&mut self.stage);
        self.tenth = tenth;
        Some(format!("{stage} {:.0} %", fraction * 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_gets_one_line_per_stage_and_tenth() {
        let mut lines = Lines::default();
        let told = [("read", 0.0), ("read", 0.04), ("read", 0.2), ("read", 0.11), ("segment", 0.4), ("segment", 0.45)];
        let shown: Vec<_> = told.iter().filter_map(|(stage, fraction)| lines.next(stage, *fraction)).collect();
        assert_eq!(shown, ["read 0 %", "read 20 %", "segment 40 %"]);
    }
}
