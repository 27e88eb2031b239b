//! The worker process, seen from the plugin. It lives for one order and dies with its connection.

use crate::events;
use crate::protocol::{Greeting, News, Order, read_frame, write_frame};
use crate::refusal::Refusal;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a transfer may block before cancelling and the deadline are looked at again.
const TICK: Duration = Duration::from_millis(200);
/// No more of a worker's error output is logged per line.
const LONGEST_LINE: u64 = 500;
/// Nor more lines per worker.
const MOST_LINES: usize = 20;

static STARTED: AtomicU64 = AtomicU64::new(0);
static DIED: AtomicU64 = AtomicU64::new(0);

/// How many workers were started since the library was loaded, and how many of them ended before they were done.
pub fn tally() -> (u64, u64) {
    (STARTED.load(Ordering::Relaxed), DIED.load(Ordering::Relaxed))
}

/// What it takes to start a worker.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// What it may allocate.
    pub memory_megabytes: u64,
    /// Folders of models, which it may read.
    pub models: Vec<PathBuf>,
}

/// When to stop waiting for a worker.
pub struct Watch<'a> {
    /// The point in time.
    pub deadline: Instant,
    /// For the sentence of a worker that was too slow.
    pub limit: &'a str,
    /// Somebody else's wish; asked every fifth of a second.
    pub stopped: &'a dyn Fn() -> Option<Refusal>,
}

impl Watch<'_> {
    fn check(&self) -> Result<(), Refusal> {
        self.alarm().map_or(Ok(()), Err)
    }

    fn alarm(&self) -> Option<Refusal> {
        (self.stopped)().or_else(|| {
            let late = Instant::now() >= self.deadline;
            late.then(|| Refusal::internal(format!("the worker took longer than {}", self.limit)))
        })
    }
}

/// Blocks on a socket, but looks at the watch meanwhile.
struct Watched<'a> {
    stream: &'a UnixStream,
    watch: &'a Watch<'a>,
    looked: Cell<Instant>,
}

impl<'a> Watched<'a> {
    fn new(stream: &'a UnixStream, watch: &'a Watch<'a>) -> Self {
        Watched { stream, watch, looked: Cell::new(Instant::now()) }
    }

    fn patiently<T>(&self, mut transfer: impl FnMut(&UnixStream) -> io::Result<T>) -> io::Result<T> {
        loop {
            match transfer(self.stream) {
                // A transfer with a time limit is interrupted also where the process was stopped and goes on, as by a debugger.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
                    ) =>
                {
                    self.look()?;
                }
                Ok(done) => {
                    // Who sends a byte now and then never lets a transfer block for long.
                    if self.looked.get().elapsed() >= TICK {
                        self.look()?;
                    }
                    return Ok(done);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn look(&self) -> io::Result<()> {
        self.looked.set(Instant::now());
        self.watch.alarm().map_or(Ok(()), |refusal| Err(io::Error::other(refusal)))
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.patiently(|mut stream| stream.read(buffer))
    }
}

impl Write for Watched<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.patiently(|mut stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Variables of the environment that a worker gets: Orthanc's own may hold passwords.
fn may_be_known(name: &str) -> bool {
    const NAMES: [&str; 6] = ["BONEMUSCLE_LIBRARY", "HOME", "LANG", "PATH", "TMPDIR", "TZ"];
    const BEGINNINGS: [&str; 7] = ["LC_", "LD_", "MALLOC_", "OMP_", "PYTHON", "RAYON_", "RUST_"];
    NAMES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// A running worker; dropping it ends the process.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    // Sockets rather than pipes: they have timeouts, and writing to a dead worker gives an error instead of SIGPIPE, which
    // would end Orthanc.
    input: UnixStream,
    output: UnixStream,
    errors: UnixStream,
    listener: Option<JoinHandle<()>>,
    /// Bytes that it may still send: what it sends it had in its memory, unless somebody else speaks through it.
    to_come: u64,
    /// What it says of itself.
    pub greeting: Greeting,
}

impl Worker {
    /// Starts a process and waits until it is ready.
    pub fn start(launcher: &Launcher, watch: &Watch<'_>) -> Result<Worker, Refusal> {
        let failed = |error: io::Error| {
            let program = launcher.program.display();
            Refusal::unavailable(format!(
                "the worker {program} cannot be started: {error}; see \"BoneMuscle.Worker\" in the configuration"
            ))
        };
        let (input, child_input) = UnixStream::pair().map_err(failed)?;
        let (output, child_output) = UnixStream::pair().map_err(failed)?;
        let (errors, child_errors) = UnixStream::pair().map_err(failed)?;
        let heard = errors.try_clone().map_err(failed)?;
        input.set_write_timeout(Some(TICK)).map_err(failed)?;
        output.set_read_timeout(Some(TICK)).map_err(failed)?;
        let child = Command::new(&launcher.program)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(may_be_known)))
            .arg(launcher.memory_megabytes.to_string())
            .args(&launcher.models)
            .stdin(Stdio::from(OwnedFd::from(child_input)))
            .stdout(Stdio::from(OwnedFd::from(child_output)))
            .stderr(Stdio::from(OwnedFd::from(child_errors)))
            .spawn()
            .map_err(failed)?;
        STARTED.fetch_add(1, Ordering::Relaxed);
        let listener = std::thread::Builder::new().name("BONEMUSCLE-LOG".into()).spawn(move || log_lines(heard));
        let mut worker = Worker {
            child,
            input,
            output,
            errors,
            listener: listener.ok(),
            to_come: launcher.memory_megabytes.saturating_mul(1 << 20),
            greeting: Greeting::default(),
        };
        match worker.receive(watch)? {
            (News::Hello(greeting), _) => worker.greeting = greeting,
            (News::Error { status, message }, _) => return Err(Refusal::from_worker(status, message)),
            (other, _) => {
                return Err(Refusal::unavailable(format!("the worker greets with {other:?}; is it of another version?")));
            }
        }
        Ok(worker)
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives an order. Where the worker has ended, its last words become the refusal.
    pub fn send(&mut self, order: &Order, payload: &[u8], watch: &Watch<'_>) -> Result<(), Refusal> {
        watch.check()?;
        match write_frame(&mut Watched::new(&self.input, watch), order, payload) {
            Ok(()) => Ok(()),
            Err(error) => Err(own_refusal(error).unwrap_or_else(|| self.last_words(watch))),
        }
    }

    /// Waits for news.
    pub fn receive(&mut self, watch: &Watch<'_>) -> Result<(News, Vec<u8>), Refusal> {
        // A worker that talks without a pause never lets a transfer block.
        watch.check()?;
        match read_frame(&mut Watched::new(&self.output, watch)) {
            Ok(Some((news, payload))) => {
                let left = self.to_come.checked_sub(payload.len() as u64);
                self.to_come = left.ok_or_else(|| Refusal::internal("the worker sends more than its memory can hold"))?;
                Ok((news, payload))
            }
            Ok(None) => Err(self.how_it_ended()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Refusal::internal(format!("the worker sends what is not understood: {error}")))
            }
            Err(error) => Err(own_refusal(error).unwrap_or_else(|| self.how_it_ended())),
        }
    }

    fn last_words(&mut self, watch: &Watch<'_>) -> Refusal {
        loop {
            match self.receive(watch) {
                Ok((News::Error { status, message }, _)) => return Refusal::from_worker(status, message),
                Ok(_) => {}
                Err(refusal) => return refusal,
            }
        }
    }

    fn how_it_ended(&mut self) -> Refusal {
        DIED.fetch_add(1, Ordering::Relaxed);
        // A connection that broke without the process ending would make the wait below endless.
        let deadline = Instant::now() + TICK;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Refusal::internal(ending(status));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Refusal::internal("the worker closed its output before it was done")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // These fail only where the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Ends the listener after what was written so far, even where a process that the worker started lives on.
        let _ = self.errors.shutdown(Shutdown::Read);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn own_refusal(error: io::Error) -> Option<Refusal> {
    error.into_inner()?.downcast::<Refusal>().ok().map(|refusal| *refusal)
}

fn ending(status: ExitStatus) -> String {
    let how = match (status.signal(), status.code()) {
        (Some(signal), _) => format!("by signal {signal}"),
        (None, code) => format!("with exit code {}", code.unwrap_or_default()),
    };
    format!("the worker ended unexpectedly {how}; it may need more than \"BoneMuscle.MemoryMegabytes\", see Orthanc's log")
}

fn log_lines(errors: impl Read) {
    let mut reader = BufReader::new(errors);
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            // The rest is read all the same, so that the worker does not block on it.
            Ok(_) if number < MOST_LINES => {
                events::warning("worker_says", &[("text", &String::from_utf8_lossy(&line).trim_end())]);
            }
            Ok(_) => {}
        }
    }
}

/// The program beside the plugin's library.
pub fn beside_the_plugin() -> Option<PathBuf> {
    Some(bonemuscle_client::own_file()?.parent()?.join("bonemuscle-worker"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launcher(folder: &tempfile::TempDir, script: &str) -> Launcher {
        let program = folder.path().join("worker");
        // Another process writes it: a descriptor that is open for writing here may be inherited by what another test starts at
        // that moment, and then nobody can run the file ("Text file busy").
        let mut install =
            Command::new("install").args(["-m", "755", "/dev/stdin"]).arg(&program).stdin(Stdio::piped()).spawn().unwrap();
        install.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
        assert!(install.wait().unwrap().success());
        Launcher { program, memory_megabytes: 64, models: Vec::new() }
    }

    fn watch(stopped: &dyn Fn() -> Option<Refusal>, milliseconds: u64) -> Watch<'_> {
        Watch { deadline: Instant::now() + Duration::from_millis(milliseconds), limit: "a moment", stopped }
    }

    const HELLO: &str = r#"printf '\054\0\0\0\0\0\0\0{"kind":"hello","worker":"1.2","core":"3.4"}'"#;

    #[test]
    fn a_ready_worker_tells_its_versions() {
        let folder = tempfile::tempdir().unwrap();
        let worker = Worker::start(&launcher(&folder, &format!("{HELLO}; cat >/dev/null")), &watch(&|| None, 5000)).unwrap();
        assert_eq!(worker.greeting, Greeting { worker: "1.2".into(), core: "3.4".into(), unconfined: Vec::new() });
    }

    #[test]
    fn endings_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        // Only the one that never ends is to meet its limit, however busy the machine is.
        for (script, milliseconds, part) in [
            ("exit 3", 20_000, "exit code 3"),
            ("kill -9 $$", 20_000, "signal 9"),
            ("sleep 60", 600, "longer than a moment"),
            ("exec >&-; sleep 60", 20_000, "closed its output"),
            ("echo HTTP/1.1 200 OK", 20_000, "not understood"),
        ] {
            let refusal = Worker::start(&launcher(&folder, script), &watch(&|| None, milliseconds)).unwrap_err();
            assert!(refusal.http_status == 500 && refusal.details.contains(part), "{script}: {refusal}");
        }
        let missing = Launcher { program: folder.path().join("none"), memory_megabytes: 64, models: Vec::new() };
        let refusal = Worker::start(&missing, &watch(&|| None, 600)).unwrap_err();
        assert!(refusal.http_status == 503 && refusal.details.contains("cannot be started"), "{refusal}");
    }

    #[test]
    fn a_worker_that_does_not_listen_is_left_when_somebody_says_stop() {
        let folder = tempfile::tempdir().unwrap();
        let mut worker = Worker::start(&launcher(&folder, &format!("{HELLO}; sleep 60")), &watch(&|| None, 5000)).unwrap();
        let began = Instant::now();
        let stop = || (began.elapsed() > Duration::from_millis(300)).then(|| Refusal::conflict("stop"));
        let order = Order::Instance { name: "big".into() };
        let refusal = worker.send(&order, &vec![0; 8 << 20], &watch(&stop, 60_000)).unwrap_err();
        assert_eq!(refusal, Refusal::conflict("stop"));
        drop(worker);
        assert!(began.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_worker_that_never_pauses_is_left_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let chatter = r#"while :; do printf '\057\0\0\0\0\0\0\0{"kind":"progress","stage":"x","fraction":0.5} '; done"#;
        let mut worker = Worker::start(&launcher(&folder, &format!("{HELLO}; {chatter}")), &watch(&|| None, 5000)).unwrap();
        let limited = watch(&|| None, 300);
        let refusal = (0..).find_map(|_| worker.receive(&limited).err()).unwrap();
        assert!(refusal.details.contains("longer than a moment"), "{refusal}");
    }

    #[test]
    fn a_worker_that_sends_byte_by_byte_is_left_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let trickle = r#"printf '\021\0\0\0\0\0\020\0{"kind":"report"}'; while :; do printf x; sleep 0.02; done"#;
        let mut worker = Worker::start(&launcher(&folder, &format!("{HELLO}; {trickle}")), &watch(&|| None, 5000)).unwrap();
        let refusal = worker.receive(&watch(&|| None, 600)).unwrap_err();
        assert!(refusal.details.contains("longer than a moment"), "{refusal}");
    }

    #[test]
    fn a_worker_does_not_get_the_environment_of_its_parent() {
        // Cargo sets it for every test.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let folder = tempfile::tempdir().unwrap();
        let script = format!("[ -z \"$CARGO_MANIFEST_DIR\" ] || exit 7; [ -n \"$PATH\" ] || exit 8; {HELLO}; cat >/dev/null");
        Worker::start(&launcher(&folder, &script), &watch(&|| None, 5000)).unwrap();
        assert!(!may_be_known("BONEMUSCLE_CONNECTION_URI") && !may_be_known("ORTHANC__REGISTERED_USERS"));
    }

    #[test]
    fn a_worker_that_sends_more_than_it_can_have_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let report = r#"while :; do printf '\021\0\0\0\0\0\140\0{"kind":"report"}'; head -c 6291456 /dev/zero; done"#;
        let mut worker = Worker::start(&launcher(&folder, &format!("{HELLO}; {report}")), &watch(&|| None, 20_000)).unwrap();
        let heard = (0..).map(|_| worker.receive(&watch(&|| None, 20_000)));
        let mut refused = heard.skip_while(Result::is_ok);
        let refusal = refused.next().and_then(Result::err).unwrap();
        assert!(refusal.details.contains("more than its memory"), "{refusal}");
    }

    #[test]
    fn writing_to_a_dead_worker_tells_how_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut worker = Worker::start(&launcher(&folder, &format!("{HELLO}; exit 7")), &watch(&|| None, 5000)).unwrap();
        let order = Order::Instance { name: "a".into() };
        let refusal = (0..100).find_map(|_| worker.send(&order, &[0; 65536], &watch(&|| None, 5000)).err()).unwrap();
        assert!(refusal.details.contains("exit code 7"), "{refusal}");
    }

    #[test]
    fn the_worker_is_looked_for_beside_this_code() {
        assert_eq!(beside_the_plugin(), Some(std::env::current_exe().unwrap().with_file_name("bonemuscle-worker")));
    }
}
