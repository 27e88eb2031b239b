//! Has what Orthanc's SQLite wrote reach the disk.

use std::fs::File;
use std::io;
use std::path::PathBuf;

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
