//! Name-based UIDs: the same input, software and settings give the same UIDs, so a repeat is "already stored".

/// What UIDs of one run are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    seed: String,
}

impl Identity {
    /// `series_instance_uid` and the digest of its instances, the digest of the labels' source, and the settings as JSON.
    pub fn new(series_instance_uid: &str, instances_sha256: &str, labels: &str, settings: &str) -> Self {
        Identity { seed: [series_instance_uid, instances_sha256, labels, settings, crate::VERSION].join("\n") }
    }

    /// The UID of a part of the results, such as `sr` or `sr/series`: `2.25.` and a version-5 UUID (PS3.5 B.2).
    pub fn uid(&self, role: &str) -> String {
        name_based_uid(&format!("{role}\n{}", self.seed))
    }
}

/// `2.25.` and the version-5 UUID of `name` as a decimal number, at most 44 characters.
pub fn name_based_uid(name: &str) -> String {
    const NAMESPACE: uuid::Uuid = uuid::uuid!("4b6f7e0a-2d7c-5f0e-9a54-5d1f7c3f8b21");
    format!("2.25.{}", uuid::Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_u128())
}
