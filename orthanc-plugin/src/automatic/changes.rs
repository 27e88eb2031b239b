//! Orthanc's list of changes, which outlives restarts, unlike the events that Orthanc tells of.

use crate::archive::Archive;
use crate::refusal::Refusal;
use crate::sdk::Method;
use serde::Deserialize;

/// Changes asked for at a time.
const PAGE: usize = 1000;

/// A piece of the list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Page {
    /// In order.
    pub changes: Vec<Change>,
    /// Whether these are the last ones.
    pub done: bool,
    /// Number of the last one here; what was asked with, where there is none.
    pub last: i64,
}

/// A change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// Such as `StableStudy`.
    pub change_type: String,
    /// Of a study, for that one.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its number.
    pub seq: i64,
}

/// The changes after `sequence`.
pub fn since(archive: &dyn Archive, sequence: i64) -> Result<Page, Refusal> {
    read(archive, &format!("/changes?since={sequence}&limit={PAGE}"))
}

/// The number of the latest change.
pub fn latest(archive: &dyn Archive) -> Result<i64, Refusal> {
    read(archive, "/changes?last").map(|page| page.last)
}

fn read(archive: &dyn Archive, uri: &str) -> Result<Page, Refusal> {
    let reply = archive.call(Method::Get, uri, &[], b"")?;
    serde_json::from_slice(&reply.body)
        .map_err(|error| Refusal::internal(format!("Orthanc's list of changes is not understood: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_orthanc_is_read() {
        let text = r#"{"Changes": [{"ChangeType": "StableStudy", "Date": "20260101T000000", "ID": "a", "Path": "/studies/a",
            "ResourceType": "Study", "Seq": 17}], "Done": true, "Last": 17}"#;
        let page: Page = serde_json::from_str(text).unwrap();
        assert_eq!((page.last, page.done, page.changes[0].seq), (17, true, 17));
        assert_eq!((page.changes[0].change_type.as_str(), page.changes[0].id.as_str()), ("StableStudy", "a"));
    }
}
