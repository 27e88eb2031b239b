//! Progress on stdout, as a program of the Slicer Execution Model tells it.

use crate::run::Host;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The host at the other end of stdout.
pub struct Filter<W> {
    /// The signal that ended the run; 0: none did.
    signal: Arc<AtomicUsize>,
    shown: Mutex<Shown<W>>,
}

struct Shown<W> {
    stdout: W,
    comment: String,
    percent: u32,
    /// Nobody reads any more: the host has died.
    closed: bool,
}

impl<W: Write + Send> Filter<W> {
    /// Begins to tell, and to listen for signals: the first one stops the run at its next step, the second ends the program at once.
    pub fn start(stdout: W) -> io::Result<Filter<W>> {
        let (signal, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for number in [SIGINT, SIGTERM] {
            // The order matters: at the first signal the flag is not yet set when this asks for it.
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&asked))?;
            flag::register(number, Arc::clone(&asked))?;
            flag::register_usize(number, Arc::clone(&signal), number as usize)?;
        }
        let filter = Filter { signal, shown: Mutex::new(Shown { stdout, comment: String::new(), percent: 0, closed: false }) };
        filter.say("<filter-start>\n<filter-name>BoneMuscle</filter-name>\n</filter-start>\n");
        Ok(filter)
    }

    /// Ends the telling with a sentence.
    pub fn end(&self, sentence: &str) {
        self.say(&format!(
            "<filter-progress>1</filter-progress>\n{sentence}\n<filter-end>\n<filter-name>BoneMuscle</filter-name>\n</filter-end>\n"
        ));
    }

    /// The exit code of a program that a signal ended, where one did.
    pub fn exit_code(&self) -> Option<u8> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number => Some(128 + number as u8),
        }
    }

    fn say(&self, text: &str) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).say(text);
    }
}

impl<W: Write + Send> Host for Filter<W> {
    fn tell(&self, comment: &str, fraction: f32) -> bool {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.advance(comment, fraction);
        !shown.closed && self.signal.load(Ordering::Relaxed) == 0
    }
}

impl<W: Write> Shown<W> {
    /// Threads report out of order, and a bar that runs backwards confuses; Slicer searches all that was said at every line, so that less
    /// is better.
    fn advance(&mut self, comment: &str, fraction: f32) {
        let percent = (fraction.clamp(0.0, 1.0) * 100.0) as u32;
        if percent <= self.percent && !self.comment.is_empty() {
            return;
        }
        self.percent = percent;
        let mut text = format!("<filter-progress>{}</filter-progress>\n", f64::from(percent) / 100.0);
        if comment != self.comment {
            comment.clone_into(&mut self.comment);
            text += &format!("<filter-comment>{comment}</filter-comment>\n");
        }
        self.say(&text);
    }

    fn say(&mut self, text: &str) {
        let said = self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush());
        self.closed |= said.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_percent_is_told_once_and_every_stage_once() {
        let filter = Filter::start(Vec::new()).expect("signals can be listened for");
        for (comment, fraction) in
            [("Reading", 0.0), ("Reading", 0.004), ("Reading", 0.02), ("Reading", 0.01), ("Measuring", 0.7)]
        {
            assert!(filter.tell(comment, fraction));
        }
        filter.end("Done.");
        let told = String::from_utf8(filter.shown.into_inner().expect("no thread panicked").stdout).expect("text");
        let expected = "<filter-start>\n<filter-name>BoneMuscle</filter-name>\n</filter-start>\n\
            <filter-progress>0</filter-progress>\n<filter-comment>Reading</filter-comment>\n\
            <filter-progress>0.02</filter-progress>\n\
            <filter-progress>0.7</filter-progress>\n<filter-comment>Measuring</filter-comment>\n\
            <filter-progress>1</filter-progress>\nDone.\n<filter-end>\n<filter-name>BoneMuscle</filter-name>\n</filter-end>\n";
        assert_eq!(told, expected);
    }

    #[test]
    fn a_host_that_has_died_stops_the_run() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(!Filter::start(Closed).expect("signals can be listened for").tell("Reading", 0.0));
    }
}
