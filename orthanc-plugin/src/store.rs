//! Puts results into the archive: only new instances, never a change of what is there.

use crate::archive::Archive;
use crate::record::StoredInstance;
use crate::refusal::Refusal;
use crate::sdk::Method;
use serde_json::Value;
use std::collections::BTreeMap;

/// A file that the worker sent.
#[derive(Debug)]
pub struct ResultFile {
    /// File name.
    pub name: String,
    /// MIME type.
    pub media_type: String,
    /// Its content.
    pub data: Vec<u8>,
}

/// Stores the DICOM files among `files`, in order, noting each in `stored`. After a failure a repeat completes them.
pub fn store(
    archive: &dyn Archive,
    files: &[ResultFile],
    stored: &mut BTreeMap<String, StoredInstance>,
) -> Result<(), Refusal> {
    let dicom: Vec<&ResultFile> = files.iter().filter(|file| file.media_type == "application/dicom").collect();
    for file in &dicom {
        let instance = store_one(archive, file).map_err(|refusal| {
            let count = (stored.len(), dicom.len());
            let details =
                format!("{} could not be stored ({refusal}); {} of {} results are; POST again", file.name, count.0, count.1);
            Refusal::internal(details)
        })?;
        stored.insert(file.name.clone(), instance);
    }
    Ok(())
}

fn store_one(archive: &dyn Archive, file: &ResultFile) -> Result<StoredInstance, Refusal> {
    let uid = sop_instance_uid(&file.data).ok_or_else(|| Refusal::internal("it names no Media Storage SOP Instance UID"))?;
    // Asked first, because an Orthanc with OverwriteInstances would replace the stored one.
    if let Some(id) = lookup(archive, &uid)? {
        return Ok(StoredInstance { id, sop_instance_uid: uid, status: "AlreadyStored".into() });
    }
    let reply = archive.call(Method::Post, "/instances", &[], &file.data)?;
    let answer = reply.json().ok_or_else(|| Refusal::internal(format!("Orthanc answers HTTP status {}", reply.status)))?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
    match (text("ID"), text("Status")) {
        (Some(id), Some(status)) => Ok(StoredInstance { id, sop_instance_uid: uid, status }),
        _ => Err(Refusal::internal("Orthanc's answer lacks ID and Status")),
    }
}

fn lookup(archive: &dyn Archive, uid: &str) -> Result<Option<String>, Refusal> {
    let found = archive.call(Method::Post, "/tools/lookup", &[], uid.as_bytes())?.json().unwrap_or_default();
    let instance = found.as_array().into_iter().flatten().find(|entry| entry["Type"] == "Instance");
    Ok(instance.and_then(|entry| entry["ID"].as_str()).map(str::to_owned))
}

/// Media Storage SOP Instance UID (0002,0003) of a DICOM file; the meta header is Explicit VR Little Endian (PS3.10 7.1).
fn sop_instance_uid(file: &[u8]) -> Option<String> {
    let mut rest = file.get(128..)?.strip_prefix(b"DICM")?;
    loop {
        let (start, after) = rest.split_at_checked(8)?;
        if start[..2] != [2, 0] {
            return None;
        }
        let is_long = matches!(&start[4..6], b"OB" | b"UN");
        let (length, after) = match is_long {
            false => (usize::from(u16::from_le_bytes([start[6], start[7]])), after),
            true => {
                let (length, after) = after.split_first_chunk::<4>()?;
                (u32::from_le_bytes(*length) as usize, after)
            }
        };
        let (value, next) = after.split_at_checked(length)?;
        if start[2..4] == [3, 0] {
            let uid = str::from_utf8(value).ok()?.trim_end_matches(['\0', ' ']);
            let is_uid = !uid.is_empty() && uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            return is_uid.then(|| uid.to_owned());
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(elements: &[(u16, &[u8; 2], &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; 128];
        bytes.extend(b"DICM");
        for (element, vr, value) in elements {
            bytes.extend([2, 0]);
            bytes.extend(element.to_le_bytes());
            bytes.extend(*vr);
            match *vr {
                b"OB" => {
                    bytes.extend([0, 0]);
                    bytes.extend((value.len() as u32).to_le_bytes());
                }
                _ => bytes.extend((value.len() as u16).to_le_bytes()),
            }
            bytes.extend(*value);
        }
        bytes
    }

    #[test]
    fn the_uid_is_read_past_the_elements_before_it() {
        let bytes = file(&[(0, b"UL", &[9, 0, 0, 0]), (1, b"OB", &[0, 1]), (2, b"UI", b"1.2\0"), (3, b"UI", b"2.25.77\0")]);
        assert_eq!(sop_instance_uid(&bytes).as_deref(), Some("2.25.77"));
    }

    #[test]
    fn files_without_a_uid_give_none() {
        let whole = file(&[(1, b"OB", &[0, 1]), (3, b"UI", b"2.25.77\0")]);
        for length in 0..whole.len() {
            assert_eq!(sop_instance_uid(&whole[..length]), None, "cut at {length}");
        }
        assert_eq!(sop_instance_uid(&file(&[(3, b"UI", b"1.2/../x")])), None);
        assert_eq!(sop_instance_uid(&file(&[(1, b"OB", &[0, 1])])), None);
    }
}
