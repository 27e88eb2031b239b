//! The file that `bonemuscle-worker --queue` is given.

use super::consumer::Own;
use super::secret::Secret;
use super::settings::{QueueSettings, connection, within, wrong_keys};
use crate::host::machine;
use crate::rest::basic;
use crate::worker::Launcher;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the program on another machine needs to know.
#[derive(Debug)]
pub struct WorkerFile {
    /// The queue.
    pub queue: QueueSettings,
    /// `OrthancUrl`: an Orthanc, or the balancer before several.
    pub orthanc: Option<String>,
    /// From `Username` and `PasswordFile`, or from `AuthorizationFile`.
    pub authorization: Option<Secret>,
    /// `Name`, as it is shown; absent: that of the host.
    pub name: String,
    /// `Workers`: measurements at once.
    pub workers: usize,
    /// `Worker` and `MemoryMegabytes`.
    pub launcher: Launcher,
    /// `TimeoutSeconds`.
    pub timeout: Duration,
    /// `Threads`, `Engine`, `Models`.
    pub own: Own,
    /// `MetricsFile`, for the textfile collector of Prometheus' node exporter.
    pub metrics: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Keys {
    connection_uri: Option<String>,
    connection_uri_file: Option<PathBuf>,
    certificate_file: Option<PathBuf>,
    lease_seconds: Option<u64>,
    most_starts: Option<u64>,
    orthanc_url: Option<String>,
    username: Option<String>,
    password_file: Option<PathBuf>,
    authorization_file: Option<PathBuf>,
    name: Option<String>,
    workers: Option<u64>,
    worker: Option<PathBuf>,
    memory_megabytes: Option<u64>,
    timeout_seconds: Option<u64>,
    threads: Option<u64>,
    #[serde(default = "any_engine")]
    engine: String,
    #[serde(default)]
    models: Vec<PathBuf>,
    metrics_file: Option<PathBuf>,
}

impl Keys {
    fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let given = [
            &mut self.connection_uri_file,
            &mut self.certificate_file,
            &mut self.password_file,
            &mut self.authorization_file,
            &mut self.worker,
            &mut self.metrics_file,
        ];
        given.into_iter().flatten().chain(&mut self.models)
    }
}

fn any_engine() -> String {
    crate::config::ENGINES[0].to_owned()
}

impl WorkerFile {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<WorkerFile, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        // The files that it names lie beside it, unless their paths say otherwise.
        let folder = path.parent().unwrap_or(Path::new(""));
        WorkerFile::parse(&text, folder).map_err(|problem| format!("{}: {problem}", path.display()))
    }

    fn parse(text: &str, folder: &Path) -> Result<WorkerFile, String> {
        let mut keys: Keys = serde_json::from_str(text).map_err(wrong_keys)?;
        for path in keys.paths() {
            *path = folder.join(&path);
        }
        if !crate::config::ENGINES.contains(&keys.engine.as_str()) {
            return Err(format!("\"Engine\" is {:?}; it must be {}", keys.engine, crate::config::ENGINES.join(" or ")));
        }
        let authorization = authorization(keys.username, keys.password_file, keys.authorization_file)?;
        let program = keys.worker.or_else(crate::worker::beside_the_plugin);
        let workers = within("Workers", keys.workers.unwrap_or(1), 1, 64)? as usize;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(WorkerFile {
            queue: QueueSettings::new(
                connection(keys.connection_uri, keys.connection_uri_file)?,
                keys.certificate_file,
                keys.lease_seconds,
                keys.most_starts,
            )?,
            orthanc: keys.orthanc_url,
            authorization,
            name: keys.name.unwrap_or_else(machine),
            workers,
            launcher: Launcher {
                models: keys.models.clone(),
                program: program.ok_or("this program does not find itself; set \"Worker\" to its path")?,
                memory_megabytes: within("MemoryMegabytes", keys.memory_megabytes.unwrap_or(8192), 64, 1 << 24)?,
            },
            timeout: Duration::from_secs(within("TimeoutSeconds", keys.timeout_seconds.unwrap_or(1800), 1, 7 * 24 * 3600)?),
            own: Own {
                threads: match within("Threads", keys.threads.unwrap_or(0), 0, 1024)? {
                    // Nobody else works on this machine.
                    0 => processors.div_ceil(workers),
                    chosen => chosen as usize,
                },
                engine: keys.engine,
                models: keys.models,
            },
            metrics: keys.metrics_file,
        })
    }
}

fn authorization(
    username: Option<String>,
    password: Option<PathBuf>,
    header: Option<PathBuf>,
) -> Result<Option<Secret>, String> {
    match (username, password, header) {
        (None, None, None) => Ok(None),
        (Some(username), Some(file), None) => Ok(Some(basic(&username, &Secret::read("PasswordFile", &file)?))),
        (None, None, Some(file)) => Ok(Some(Secret::read("AuthorizationFile", &file)?)),
        _ => Err("give \"Username\" and \"PasswordFile\", or \"AuthorizationFile\" with the value of the header Authorization, or none".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_defaults() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), "hidden\n").unwrap();
        let text = r#"{"ConnectionUri": "postgresql://u:hidden@h/d", "OrthancUrl": "https://o", "Username": "w", "PasswordFile": "password",
                 "Workers": 2, "Threads": 3, "Name": "gpu-1"}"#;
        let read = WorkerFile::parse(text, folder.path()).unwrap();
        assert_eq!((read.workers, read.own.threads, read.name.as_str(), read.own.engine.as_str()), (2, 3, "gpu-1", "auto"));
        assert_eq!(read.authorization.as_ref().unwrap().reveal(), "Basic dzpoaWRkZW4=");
        assert!(!format!("{read:?}").contains("hidden"));
    }

    #[test]
    fn mistakes_are_named() {
        for (keys, part) in [
            (r#""Wokers": 1"#, "Wokers"),
            (r#""Workers": 0"#, "from 1 to 64"),
            (r#""Username": "w""#, "PasswordFile"),
            (r#""AuthorizationFile": "/nonexistent/token""#, "/nonexistent/token"),
            (r#""Engine": "torch""#, "onnx-runtime"),
            (r#""MemoryMegabytes": 1"#, "MemoryMegabytes"),
            (r#""Models": "postgresql://u:hidden@h/d""#, "expected a sequence"),
        ] {
            let error =
                WorkerFile::parse(&format!(r#"{{"ConnectionUri": "postgresql://u:hidden@h/d", {keys}}}"#), Path::new("/"))
                    .unwrap_err();
            assert!(error.contains(part) && !error.contains("hidden"), "{error}");
        }
    }
}
