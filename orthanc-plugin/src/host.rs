//! The Orthanc around the plugin: which one it is, and what cannot be done in it.

use crate::archive::Archive;
use crate::refusal::Refusal;
use crate::sdk::{AUDIT_LOG_SINCE, Method, Version};
use serde_json::Value;

/// What Orthanc tells of itself under `/system`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// A name that outlives restarts: its own, from 1.11.1 on, or host and ports.
    pub node: String,
    version: String,
    is_read_only: bool,
}

impl Host {
    /// Asks once; none of it changes while Orthanc runs.
    pub fn ask(archive: &dyn Archive) -> Host {
        let reply = archive.call(Method::Get, "/system", &[], b"").ok();
        Host::read(&reply.and_then(|reply| reply.json()).unwrap_or_default(), &machine())
    }

    fn read(system: &Value, machine: &str) -> Host {
        let node = match system["DatabaseServerIdentifier"].as_str() {
            Some(name) => name.to_owned(),
            None => format!("{machine} {} {} {}", system["Name"], system["DicomPort"], system["HttpPort"]),
        };
        Host {
            node,
            version: system["Version"].as_str().unwrap_or_default().to_owned(),
            is_read_only: system["ReadOnly"] == true,
        }
    }

    /// Refuses what would have to be stored.
    pub fn must_be_writable(&self) -> Result<(), Refusal> {
        let sentence = "this Orthanc is read-only (\"ReadOnly\" in its configuration), so nothing can be stored in it";
        if self.is_read_only { Err(Refusal::unavailable(sentence)) } else { Ok(()) }
    }

    /// What works elsewhere and not here, as one line for administrators; `None` where all works.
    pub fn what_is_off(&self) -> Option<String> {
        let Version(major, minor, patch) = AUDIT_LOG_SINCE;
        let off = [
            (self.is_read_only, "measuring and storing calibrations (\"ReadOnly\" is on)".to_owned()),
            (Version::parse(&self.version) < AUDIT_LOG_SINCE, format!("Orthanc's audit log (from {major}.{minor}.{patch} on)")),
        ];
        let off: Vec<String> = off.into_iter().filter(|(is_off, _)| *is_off).map(|(_, what)| what).collect();
        (!off.is_empty()).then(|| format!("in Orthanc {}: {}", self.version, off.join("; ")))
    }
}

/// The name of this machine.
pub fn machine() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_name_of_the_database_goes_before_host_and_ports() {
        let mut system = json!({"Name": "A", "DicomPort": 4242, "HttpPort": 8042, "Version": "1.12.7"});
        assert_eq!(Host::read(&system, "ct").node, "ct \"A\" 4242 8042");
        system["DatabaseServerIdentifier"] = "1234".into();
        assert_eq!(Host::read(&system, "ct").node, "1234");
    }

    #[test]
    fn one_line_names_what_is_off_and_nothing_else() {
        let off = |system| Host::read(&system, "").what_is_off();
        assert_eq!(off(json!({"Version": "1.12.9", "ReadOnly": false})), None);
        assert_eq!(off(json!({"Version": "mainline"})), None);
        let old = off(json!({"Version": "1.12.7"})).unwrap();
        assert!(old.contains("1.12.7") && old.contains("audit log (from 1.12.9 on)") && !old.contains("ReadOnly"), "{old}");
        assert!(off(json!({"Version": "1.13.0", "ReadOnly": true})).unwrap().contains("measuring"));
    }

    #[test]
    fn only_a_read_only_orthanc_refuses() {
        assert_eq!(Host::read(&json!({"ReadOnly": false}), "").must_be_writable(), Ok(()));
        assert_eq!(Host::read(&json!({}), "").must_be_writable(), Ok(()));
        assert_eq!(Host::read(&json!({"ReadOnly": true}), "").must_be_writable().unwrap_err().http_status, 503);
    }
}
