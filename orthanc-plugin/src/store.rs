//! Puts results into the archive: only new instances, never a change of what is there.

use crate::archive::Archive;
use crate::record::{PENDING, StoredInstance};
use crate::refusal::Refusal;
use crate::sdk::{Body, Method, return_freed_memory};
use crate::study::{Resource, is_uid};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Orthanc holds a file some times over while it stores it; of several at once its memory would grow by all of them.
static STORING: Mutex<()> = Mutex::new(());

/// A file that the worker sent.
#[derive(Debug)]
pub struct ResultFile {
    /// File name.
    pub name: String,
    /// MIME type.
    pub media_type: String,
    /// Its content.
    pub data: Body,
}

/// The DICOM files among `files` as the record names them before any is stored. Fails where one is no DICOM file, for then none is to be
/// stored.
pub fn announce(files: &[ResultFile]) -> Result<BTreeMap<String, StoredInstance>, Refusal> {
    let one = |file: &ResultFile| {
        let uid = sop_instance_uid(&file.data);
        let uid = uid.ok_or_else(|| {
            Refusal::internal(format!(
                "{} names no Media Storage SOP Instance UID, so none of the results is stored",
                file.name
            ))
        })?;
        Ok((file.name.clone(), StoredInstance { id: String::new(), sop_instance_uid: uid, status: PENDING.into() }))
    };
    dicom(files).map(one).collect()
}

/// Stores the DICOM files among `files` below `resource`, in the worker's order, noting each in `stored`. What is noted there already is
/// not stored again, so that a failure can be repeated.
pub fn store(
    archive: &dyn Archive,
    resource: &Resource,
    files: &[ResultFile],
    stored: &mut BTreeMap<String, StoredInstance>,
) -> Result<(), Refusal> {
    let count = dicom(files).count();
    for file in dicom(files) {
        if stored.contains_key(&file.name) {
            continue;
        }
        // Results of a study that was deleted meanwhile would bring it back.
        if archive.call(Method::Get, &resource.uri(), &[], b"")?.status == 404 {
            return Err(resource.absent());
        }
        let instance = store_one(archive, file).map_err(|refusal| Refusal {
            details: format!(
                "{} could not be stored: {}; {} of {count} results are; POST again to complete them",
                file.name,
                refusal.details,
                stored.len()
            ),
            ..refusal
        })?;
        stored.insert(file.name.clone(), instance);
    }
    Ok(())
}

/// Those among `instances` that the archive holds.
pub fn present<'a>(
    archive: &dyn Archive,
    instances: impl Iterator<Item = &'a StoredInstance>,
) -> Result<Vec<StoredInstance>, Refusal> {
    let one = |instance: &StoredInstance| {
        let id = lookup(archive, &instance.sop_instance_uid)?;
        Ok(id.map(|id| StoredInstance { id, sop_instance_uid: instance.sop_instance_uid.clone(), status: "Success".into() }))
    };
    instances.filter_map(|instance| one(instance).transpose()).collect()
}

fn dicom(files: &[ResultFile]) -> impl Iterator<Item = &ResultFile> {
    files.iter().filter(|file| file.media_type == "application/dicom")
}

fn store_one(archive: &dyn Archive, file: &ResultFile) -> Result<StoredInstance, Refusal> {
    let uid = sop_instance_uid(&file.data).ok_or_else(|| Refusal::internal("it names no Media Storage SOP Instance UID"))?;
    // Asked first, because an Orthanc with OverwriteInstances would replace the stored one.
    if let Some(id) = lookup(archive, &uid)? {
        return Ok(StoredInstance { id, sop_instance_uid: uid, status: "AlreadyStored".into() });
    }
    archive.room_for(file.data.len())?;
    let reply = {
        let _turn = STORING.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = archive.call(Method::Post, "/instances", &[], &file.data);
        return_freed_memory();
        reply?
    };
    let answer = reply.json().ok_or_else(|| Refusal::internal(format!("Orthanc answers HTTP status {}", reply.status)))?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
    match (text("ID"), text("Status").unwrap_or_default()) {
        (Some(id), status) if matches!(status.as_str(), "Success" | "AlreadyStored") => {
            Ok(StoredInstance { id, sop_instance_uid: uid, status })
        }
        (_, status) => Err(Refusal::internal(format!("Orthanc answers with the status {status:?}"))),
    }
}

fn lookup(archive: &dyn Archive, uid: &str) -> Result<Option<String>, Refusal> {
    let reply = archive.call(Method::Post, "/tools/lookup", &[], uid.as_bytes())?;
    let found =
        reply.json().ok_or_else(|| Refusal::internal(format!("Orthanc answers HTTP status {} for {uid}", reply.status)))?;
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
            return is_uid(uid).then(|| uid.to_owned());
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
