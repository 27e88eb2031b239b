//! A connection to the queue's PostgreSQL. It is made when it is needed, and made anew, with growing patience, after it broke.

use super::settings::QueueSettings;
use super::{schema, tls};
use crate::refusal::Refusal;
use postgres::config::{Host, SslMode, TargetSessionAttrs};
use postgres::{Client, Config};
use std::error::Error as _;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A database that does not answer holds a caller for so long, once per pause.
const CONNECT: Duration = Duration::from_secs(5);
/// A connection that was cut is noticed within this time.
const CUT: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// An answer that was lost, or two transactions in each other's way: once more, for all of ours may be repeated.
const TRIALS: usize = 3;
/// A caller waits for so long for another one who has the connection: a database may take what it is told and never answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// No statement of ours takes long; one that does waits for somebody who died. What was accepted is on disk.
const SESSION: &str = "SET statement_timeout = '15s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Why work on the database was not done.
#[derive(Debug)]
pub enum Failure {
    /// The database's own.
    Database(postgres::Error),
    /// The caller's, after which the transaction is undone.
    Refused(Refusal),
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        Failure::Database(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

/// The database, reachable or not.
pub struct Database {
    config: Config,
    tls: MakeRustlsConnect,
    /// `host:port/database`, for sentences.
    place: String,
    state: Mutex<State>,
    /// Apart, so that it can be told while somebody waits for an answer.
    problem: Mutex<Option<Refusal>>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    pause: Duration,
    again: Option<Instant>,
}

impl Database {
    /// Connects to nothing yet.
    pub fn new(settings: &QueueSettings) -> Result<Database, String> {
        // The parser's own words might quote the password.
        let unusable = "\"ConnectionUri\" is no URI of a PostgreSQL database: postgresql://user:password@host:port/database, with \
                        percent-encoding of special characters, and sslmode=require or disable if need be";
        let mut config: Config = settings.connection.reveal().parse().map_err(|_| unusable.to_owned())?;
        if config.get_hosts().is_empty() {
            return Err(unusable.to_owned());
        }
        if config.get_ssl_mode() == SslMode::Prefer {
            // An attacker in between could talk us out of a mere preference.
            config.ssl_mode(if is_here(&config) { SslMode::Disable } else { SslMode::Require });
        }
        config.connect_timeout(CONNECT).tcp_user_timeout(CUT).application_name("bonemuscle");
        // A standby answers as well, and takes nothing.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.keepalives_idle(CUT / 2).keepalives_interval(CUT / 4).keepalives_retries(2);
        let tls = MakeRustlsConnect::new(tls::client(settings.certificate_file.as_deref())?);
        Ok(Database { place: place(&config), config, tls, state: Mutex::default(), problem: Mutex::default() })
    }

    /// `host:port/database`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Why it cannot be used, as of the latest attempt.
    pub fn problem(&self) -> Option<String> {
        self.noted().as_ref().map(|refusal| refusal.details.clone())
    }

    /// Ends the connection, and every thread that it may have started, unless it is in use and stays so.
    pub fn close(&self) {
        if let Ok(mut state) = self.state() {
            state.client = None;
        }
    }

    fn noted(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, when nobody else has it.
    fn state(&self) -> Result<MutexGuard<'_, State>, Refusal> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.state.try_lock() {
                Ok(state) => return Ok(state),
                Err(TryLockError::Poisoned(state)) => return Ok(state.into_inner()),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                Err(TryLockError::WouldBlock) => {
                    let refusal = Refusal::unavailable(format!(
                        "the queue's PostgreSQL ({}) takes what it is asked and does not answer",
                        self.place
                    ));
                    *self.noted() = Some(refusal.clone());
                    return Err(refusal);
                }
            }
        }
    }

    /// Does `work`, whose transactions may be repeated.
    pub fn run<T>(&self, work: impl FnMut(&mut Client) -> Result<T, Failure>) -> Result<T, Refusal> {
        self.attempt(schema::check, work)
    }

    /// As [`Database::run`], whether or not our tables exist.
    pub fn run_unchecked<T>(&self, work: impl FnMut(&mut Client) -> Result<T, Failure>) -> Result<T, Refusal> {
        self.attempt(|_| Ok(()), work)
    }

    fn attempt<T>(
        &self,
        check: impl Fn(&mut Client) -> Result<(), Failure>,
        mut work: impl FnMut(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, Refusal> {
        let mut state = self.state()?;
        let mut trial = 0;
        loop {
            trial += 1;
            let mut client = match state.client.take() {
                Some(client) => client,
                None => self.connect(&mut state, &check)?,
            };
            let outcome = work(&mut client);
            if !client.is_closed() {
                state.client = Some(client);
            }
            match outcome {
                Ok(done) => {
                    *self.noted() = None;
                    return Ok(done);
                }
                Err(Failure::Refused(refusal)) => return Err(refusal),
                Err(Failure::Database(error)) if trial < TRIALS && may_be_repeated(&error) => {
                    if is_broken(&error) {
                        state.client = None;
                    }
                }
                Err(Failure::Database(error)) => return Err(self.unavailable(&error)),
            }
        }
    }

    fn connect(&self, state: &mut State, check: impl Fn(&mut Client) -> Result<(), Failure>) -> Result<Client, Refusal> {
        if let (Some(again), Some(problem)) = (state.again, self.noted().clone())
            && Instant::now() < again
        {
            return Err(problem);
        }
        let connected =
            self.config.connect(self.tls.clone()).and_then(|mut client| client.batch_execute(SESSION).map(|()| client));
        let checked = connected.map_err(Failure::Database).and_then(|mut client| check(&mut client).map(|()| client));
        match checked {
            Ok(client) => {
                (state.again, state.pause) = (None, SHORTEST_PAUSE);
                *self.noted() = None;
                Ok(client)
            }
            Err(failure) => {
                let refusal = match failure {
                    Failure::Refused(refusal) => refusal,
                    Failure::Database(error) => self.unavailable(&error),
                };
                state.pause = (state.pause * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
                state.again = Some(Instant::now() + state.pause);
                *self.noted() = Some(refusal.clone());
                Err(refusal)
            }
        }
    }

    fn unavailable(&self, error: &postgres::Error) -> Refusal {
        let why = match (error.as_db_error(), error.source()) {
            (Some(told), _) => told.message().to_owned(),
            (None, Some(cause)) => format!("{error}: {cause}"),
            (None, None) => error.to_string(),
        };
        Refusal::unavailable(format!("the queue's PostgreSQL ({}) cannot be used: {why}", self.place))
    }
}

/// The connection is gone, the server is about to end it, or has become a standby (25006).
fn is_broken(error: &postgres::Error) -> bool {
    error.code().is_none_or(|code| ["08", "57P", "25006"].iter().any(|start| code.code().starts_with(start)))
}

/// Also where two transactions were in each other's way (deadlock, serialization).
fn may_be_repeated(error: &postgres::Error) -> bool {
    is_broken(error) || error.code().is_some_and(|code| code.code().starts_with("40"))
}

/// Whether nothing of the connection leaves this machine. Where addresses are given, hosts are no more than names for them.
fn is_here(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
    });
    hosts && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn place(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(folder)) => folder.display().to_string(),
        None => String::new(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}:{port}/{}", config.get_dbname().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::secret::Secret;
    use super::*;

    fn database(uri: &str) -> Result<Database, String> {
        Database::new(&QueueSettings::new(Secret::new(uri), None, None, None).unwrap())
    }

    #[test]
    fn beyond_this_machine_the_connection_is_encrypted_unless_told_otherwise() {
        for (uri, mode) in [
            ("postgresql://u:p@db.hospital:5433/orthanc", SslMode::Require),
            ("postgresql://u:p@10.0.0.1/orthanc", SslMode::Require),
            ("postgresql://u:p@localhost,db.hospital/orthanc", SslMode::Require),
            ("postgresql://u:p@127.0.0.1/orthanc", SslMode::Disable),
            ("postgresql://u:p@[::1]/orthanc", SslMode::Disable),
            ("postgresql:///orthanc?host=/run/postgresql", SslMode::Disable),
            ("postgresql://u:p@localhost/orthanc?hostaddr=10.0.0.5", SslMode::Require),
            ("postgresql://u:p@localhost,localhost/orthanc?hostaddr=127.0.0.1,10.0.0.5", SslMode::Require),
            ("postgresql://u:p@localhost/orthanc?hostaddr=127.0.0.1", SslMode::Disable),
            ("postgresql://u:p@db.hospital/orthanc?hostaddr=127.0.0.1", SslMode::Require),
            ("postgresql://u:p@db.hospital/orthanc?sslmode=disable", SslMode::Disable),
            ("postgresql://u:p@127.0.0.1/orthanc?sslmode=require", SslMode::Require),
        ] {
            assert_eq!(database(uri).unwrap().config.get_ssl_mode(), mode, "{uri}");
        }
    }

    #[test]
    fn sentences_name_the_place_and_never_the_password() {
        assert_eq!(database("postgresql://u:hidden@db:5433/orthanc").unwrap().place(), "db:5433/orthanc");
        for uri in ["postgresql://u:hid@den@:x/", "hidden", "postgresql://u:hidden@h/d?hidden=1", ""] {
            let error = database(uri).err().unwrap();
            assert!(error.contains("ConnectionUri") && !error.contains("hid"), "{error}");
        }
    }

    #[test]
    fn nobody_there_is_said_at_once_and_for_a_while() {
        // Port 1 of the loopback: refused.
        let database = database("postgresql://u:hidden@127.0.0.1:1/d").unwrap();
        let refusal = database.run(|_| Ok(())).unwrap_err();
        assert!(refusal.http_status == 503 && refusal.details.contains("127.0.0.1:1/d") && !refusal.details.contains("hidden"));
        assert_eq!(database.problem(), Some(refusal.details.clone()));
        assert_eq!(database.run(|_| Ok(())).unwrap_err(), refusal);
    }
}
