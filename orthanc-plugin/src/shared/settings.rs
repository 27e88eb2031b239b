//! `Queue` in the plugin's configuration: which database, and how long a worker may be silent.

use super::secret::Secret;
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// Names the connection where the configuration does not.
const ENVIRONMENT: &str = "BONEMUSCLE_CONNECTION_URI";

/// How the queue is reached and kept.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueSettings {
    /// `ConnectionUri`, or what the file of `ConnectionUriFile` holds: `postgresql://user:password@host:port/database`.
    pub connection: Secret,
    /// `CertificateFile`: authorities that are believed instead of the system's, PEM.
    pub certificate_file: Option<PathBuf>,
    /// `LeaseSeconds`: a worker that has been silent for longer is taken for dead.
    pub lease: Duration,
    /// `MostStarts`: how often a measurement is begun before it is given up.
    pub most_starts: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Keys {
    connection_uri: Option<String>,
    connection_uri_file: Option<PathBuf>,
    certificate_file: Option<PathBuf>,
    lease_seconds: Option<u64>,
    most_starts: Option<u64>,
}

impl QueueSettings {
    /// Reads the object.
    pub fn read(value: &Value) -> Result<QueueSettings, String> {
        if !value.is_object() {
            // A text may be the connection with its password, which no sentence may quote.
            return Err("it must be an object, such as {\"ConnectionUriFile\": \"/etc/orthanc/queue.uri\"}".to_owned());
        }
        let keys = Keys::deserialize(value).map_err(wrong_keys)?;
        QueueSettings::new(
            connection(keys.connection_uri, keys.connection_uri_file)?,
            keys.certificate_file,
            keys.lease_seconds,
            keys.most_starts,
        )
    }

    /// With the defaults for what is not given.
    pub fn new(
        connection: Secret,
        certificate_file: Option<PathBuf>,
        lease_seconds: Option<u64>,
        most_starts: Option<u64>,
    ) -> Result<QueueSettings, String> {
        Ok(QueueSettings {
            connection,
            certificate_file,
            lease: Duration::from_secs(within("LeaseSeconds", lease_seconds.unwrap_or(120), 2, 3600)?),
            most_starts: within("MostStarts", most_starts.unwrap_or(3), 1, 100)? as i32,
        })
    }
}

/// The connection: given, in a file, or from the environment.
pub fn connection(uri: Option<String>, file: Option<PathBuf>) -> Result<Secret, String> {
    match (uri, file) {
        (Some(_), Some(_)) => Err("\"ConnectionUri\" and \"ConnectionUriFile\" contradict each other; give one of them".to_owned()),
        (Some(uri), None) => Ok(Secret::new(uri)),
        (None, Some(file)) => Secret::read("ConnectionUriFile", &file),
        (None, None) => std::env::var(ENVIRONMENT).map(Secret::new).map_err(|_| {
            format!("the database is not named; give \"ConnectionUri\", \"ConnectionUriFile\" or the environment variable {ENVIRONMENT}")
        }),
    }
}

/// What is wrong with an object of keys, without quoting a text: it may be the connection with its password under another key.
pub fn wrong_keys(error: serde_json::Error) -> String {
    let sentence = error.to_string();
    match (sentence.find('"'), sentence.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}\"...\"{}", &sentence[..first], &sentence[last + 1..]),
        _ => sentence,
    }
}

/// A number that must lie between bounds.
pub fn within(key: &str, value: u64, least: u64, most: u64) -> Result<u64, String> {
    match (least..=most).contains(&value) {
        true => Ok(value),
        false => Err(format!("\"{key}\" is {value}; it must be a whole number from {least} to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_and_values() {
        let read = QueueSettings::read(&json!({"ConnectionUri": "postgresql://u:p@h/d"})).unwrap();
        assert_eq!(
            (read.connection.reveal(), read.lease, read.most_starts),
            ("postgresql://u:p@h/d", Duration::from_secs(120), 3)
        );
        let read = QueueSettings::read(&json!({"ConnectionUri": "x", "LeaseSeconds": 30, "MostStarts": 5})).unwrap();
        assert_eq!((read.lease, read.most_starts), (Duration::from_secs(30), 5));
        assert!(!format!("{read:?}").contains("\"x\""));
    }

    #[test]
    fn mistakes_are_named() {
        for (value, part) in [
            (json!({}), "ConnectionUriFile"),
            (json!("postgresql://u:hidden@h/d"), "must be an object"),
            (json!(["postgresql://u:hidden@h/d"]), "must be an object"),
            (json!({"ConnectionUri": "x", "ConnectionUriFile": "y"}), "contradict"),
            (json!({"ConnectionUriFile": "/nonexistent/uri"}), "/nonexistent/uri"),
            (json!({"ConnectionUri": "x", "LeaseSeconds": 1}), "from 2 to 3600"),
            (json!({"ConnectionUri": "x", "MostStarts": 0}), "from 1 to 100"),
            (json!({"ConnectionUri": "x", "Lease": 5}), "unknown field `Lease`"),
        ] {
            let error = QueueSettings::read(&value).unwrap_err();
            assert!(error.contains(part) && !error.contains("hidden"), "{error}");
        }
    }
}
