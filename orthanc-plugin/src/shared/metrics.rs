//! What a worker has done, as a text file for Prometheus.

use crate::record::State;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Counts since the start of the program.
#[derive(Debug, Default)]
pub struct Metrics {
    done: AtomicU64,
    failed: AtomicU64,
    milliseconds: AtomicU64,
}

impl Metrics {
    /// Counts a measurement that has ended.
    pub fn count(&self, state: State, seconds: f64) {
        let counter = if state == State::Done { &self.done } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        self.milliseconds.fetch_add((seconds * 1000.0) as u64, Ordering::Relaxed);
    }

    /// Replaces `file`, so that nobody reads half of it.
    pub fn write(&self, file: &Path, is_connected: bool) -> std::io::Result<()> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut whole = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut whole, self.text(is_connected).as_bytes())?;
        // The collector is another user.
        std::fs::set_permissions(whole.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        whole.persist(file)?;
        Ok(())
    }

    fn text(&self, is_connected: bool) -> String {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        format!(
            "# TYPE bonemuscle_worker_done_total counter\nbonemuscle_worker_done_total {}\n\
             # TYPE bonemuscle_worker_failed_total counter\nbonemuscle_worker_failed_total {}\n\
             # TYPE bonemuscle_worker_busy_seconds_total counter\nbonemuscle_worker_busy_seconds_total {}\n\
             # TYPE bonemuscle_worker_queue_connected gauge\nbonemuscle_worker_queue_connected {}\n\
             # TYPE bonemuscle_worker_written_timestamp_seconds gauge\nbonemuscle_worker_written_timestamp_seconds {now}\n",
            of(&self.done),
            of(&self.failed),
            of(&self.milliseconds) as f64 / 1000.0,
            u8::from(is_connected),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_reach_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bonemuscle.prom");
        let metrics = Metrics::default();
        metrics.count(State::Done, 1.5);
        metrics.count(State::Failed, 0.25);
        metrics.write(&file, true).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        for line in
            ["bonemuscle_worker_done_total 1", "bonemuscle_worker_failed_total 1", "bonemuscle_worker_busy_seconds_total 1.75"]
        {
            assert!(text.lines().any(|found| found == line), "{text}");
        }
        assert!(metrics.write(&folder.path().join("none/x.prom"), true).is_err());
    }
}
