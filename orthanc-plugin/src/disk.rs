//! The disk under Orthanc: whether it has room, and has what Orthanc's SQLite wrote reach it.

use rustix::fs::{StatVfsMountFlags, statvfs};
use serde_json::Value;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where Orthanc keeps its files, as far as [`folder`] knows.
static STORAGE: OnceLock<Option<PathBuf>> = OnceLock::new();
/// What others may store between our look and our write.
const RESERVE_BYTES: u64 = 64 << 20;

/// Reads Orthanc's whole configuration.
pub fn configure(orthanc: &str) {
    let orthanc: Value = serde_json::from_str(orthanc).unwrap_or_default();
    // Orthanc reads its configuration once in a process, and anew where it restarts itself, with the same folders.
    STORAGE.get_or_init(|| folder(&orthanc, "StorageDirectory"));
}

/// Whether a file of so many bytes finds room among Orthanc's files, or a sentence.
pub fn room_for(bytes: usize) -> Result<(), String> {
    STORAGE.get().and_then(Option::as_deref).map_or(Ok(()), |folder| room_in(folder, bytes))
}

fn room_in(folder: &Path, bytes: usize) -> Result<(), String> {
    match space(folder) {
        Some(Space::ReadOnly) => Err("the file system of \"StorageDirectory\" is mounted read-only".to_owned()),
        Some(Space::Bytes(free)) if free < RESERVE_BYTES.saturating_add(bytes as u64) => {
            Err(format!("only {} megabytes are free in \"StorageDirectory\"; the disk is full", free >> 20))
        }
        _ => Ok(()),
    }
}

/// What can be written into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// Nothing: its file system is mounted so.
    ReadOnly,
    /// So many bytes, for users other than root.
    Bytes(u64),
}

/// Of the file system below `folder`. `None` where it is not there, and then it is not used: another plugin keeps the files elsewhere.
pub fn space(folder: &Path) -> Option<Space> {
    let found = statvfs(folder).ok()?;
    Some(match found.f_flag.contains(StatVfsMountFlags::RDONLY) {
        true => Space::ReadOnly,
        false => Space::Bytes(found.f_bavail.saturating_mul(found.f_frsize)),
    })
}

/// A folder that Orthanc's configuration names without reference to one that plugins do not know.
pub fn folder(orthanc: &Value, key: &str) -> Option<PathBuf> {
    orthanc[key].as_str().map(PathBuf::from).filter(|folder| folder.is_absolute())
}

/// Orthanc's database in its index folder; SQLite appends this ending for the write-ahead log.
const WRITE_AHEAD_LOG: &str = "index-wal";

/// Syncs the write-ahead log of Orthanc's SQLite, and with it everything that was committed so far. Without SQLite there is none.
///
/// SQLite's own checkpoint would do the same, but no plugin can ask for one. Reading is all that is done to the file, and SQLite holds
/// no lock on it that closing it here could drop: its locks are on the database file.
pub fn sync_database() -> io::Result<()> {
    write_ahead_logs()?.into_iter().try_for_each(|path| File::open(path)?.sync_data())
}

/// The configuration names the folder relative to a file that plugins do not know; the open files of the process say where it is.
fn write_ahead_logs() -> io::Result<Vec<PathBuf>> {
    let open = std::fs::read_dir("/proc/self/fd")?;
    let paths = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    Ok(paths.filter(|path| path.file_name().is_some_and(|name| name == WRITE_AHEAD_LOG)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_disk_has_room_for_everything() {
        let folder = tempfile::tempdir().unwrap();
        assert!(room_in(folder.path(), usize::MAX).unwrap_err().contains("megabytes are free"));
        assert_eq!(room_in(&folder.path().join("none"), usize::MAX), Ok(()));
    }

    #[test]
    fn the_log_is_found_while_it_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(WRITE_AHEAD_LOG);
        let open = File::create(&path).unwrap();
        assert!(write_ahead_logs().unwrap().contains(&path));
        sync_database().unwrap();
        drop(open);
        assert!(!write_ahead_logs().unwrap().contains(&path));
    }
}
