//! The files a run leaves: each whole or not at all.

use crate::failure::Failure;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Files that lie beside their final names until all are on disk.
#[derive(Default)]
pub struct Output {
    staged: Vec<Staged>,
}

struct Staged {
    part: PathBuf,
    target: PathBuf,
}

impl Output {
    /// Writes `data` beside `target`.
    pub fn stage(&mut self, target: &Path, data: &[u8]) -> Result<(), Failure> {
        let Some(name) = target.file_name() else { return Err(unwritable(target, "it has no file name")) };
        let part = target.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        self.staged.push(Staged { part: part.clone(), target: target.to_owned() });
        let written = fs::File::create(&part).and_then(|mut file| file.write_all(data));
        written.map_err(|error| unwritable(target, error))
    }

    /// Gives all files their names; earlier ones are replaced.
    pub fn finish(self) -> Result<(), Failure> {
        self.staged
            .iter()
            .try_for_each(|one| fs::rename(&one.part, &one.target).map_err(|error| unwritable(&one.target, error)))
    }
}

/// Removes what got no name.
impl Drop for Output {
    fn drop(&mut self) {
        for one in &self.staged {
            let _renamed_or_never_written = fs::remove_file(&one.part);
        }
    }
}

/// Makes sure, before the long work, that files can be written into `folder`; it is made where it is missing.
pub fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).and_then(|()| probe(folder)).map_err(|error| unwritable(folder, error))
}

/// As [`prepare_folder`], for the folder of a file, which has to exist.
pub fn prepare_file(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if file.is_dir() {
        return Err(unwritable(file, "it is a folder"));
    }
    probe(folder).map_err(|error| unwritable(file, error))
}

fn probe(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!(".bonemuscle.{}.part", std::process::id()));
    fs::File::create(&file)?;
    fs::remove_file(&file)
}

fn unwritable(place: &Path, problem: impl ToString) -> Failure {
    Failure::Write { place: place.to_owned(), problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").file_name());
        entries.map(|name| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn nothing_has_its_name_before_everything_is_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("report.json");
        fs::write(&target, "old").expect("writable");
        let mut output = Output::default();
        output.stage(&target, b"new").expect("writable");
        assert!(output.stage(&folder.path().join("absent/b"), b"").expect_err("no folder").to_string().contains("absent/b"));
        drop(output);
        assert_eq!(
            (names(folder.path()), fs::read_to_string(&target).expect("readable")),
            (vec!["report.json".into()], "old".into())
        );
        let mut output = Output::default();
        output.stage(&target, b"new").expect("writable");
        output.finish().expect("renamed");
        assert_eq!(
            (names(folder.path()), fs::read_to_string(&target).expect("readable")),
            (vec!["report.json".into()], "new".into())
        );
    }

    #[test]
    fn what_cannot_be_written_is_known_beforehand() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("a");
        fs::write(&file, "").expect("writable");
        assert!(prepare_folder(&file).is_err());
        assert!(prepare_file(&folder.path().join("absent/b")).is_err());
        assert!(prepare_file(folder.path()).expect_err("a folder").to_string().ends_with("it is a folder"));
        prepare_folder(&folder.path().join("new/one")).expect("it is made");
        prepare_file(&file).expect("it may be replaced");
    }
}
