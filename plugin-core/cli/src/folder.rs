//! The folder that results go to.

use crate::failure::Failure;
use crate::terminal::tell;
use bonemuscle_client::File;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes `folder` where it is missing.
pub fn create(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .map_err(|error| Failure::usage(format!("the output folder {} cannot be made: {error}", folder.display())))
}

/// Writes all `files` into `folder`, each whole or not at all, and replaces earlier ones only when all are on disk.
pub fn write(folder: &Path, files: &[File]) -> Result<(), Failure> {
    let mut parts = Parts(Vec::new());
    for file in files {
        let path = path_in(folder, &file.name)?;
        let part = folder.join(format!(".{}.{}.part", file.name, std::process::id()));
        parts.0.push(part.clone());
        write_part(&part, &file.data).map_err(|error| unwritable(&path, &error))?;
    }
    for (file, part) in files.iter().zip(&parts.0) {
        let path = folder.join(&file.name);
        fs::rename(part, &path).map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

/// Names in `folder` that are not among `files`, such as the results of an earlier run.
pub fn others(folder: &Path, files: &[File]) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut others: Vec<_> = names.filter(|name| files.iter().all(|file| file.name != *name)).collect();
    others.sort();
    others
}

/// Files that are not yet under their final name; removed unless renamed.
struct Parts(Vec<PathBuf>);

impl Drop for Parts {
    fn drop(&mut self) {
        for part in &self.0 {
            let _renamed_or_never_written = fs::remove_file(part);
        }
    }
}

fn path_in(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    match Path::new(name).file_name() {
        Some(plain) if plain == name => Ok(folder.join(name)),
        _ => Err(Failure::machine(format!("the library gave the file name {name:?}, which is not a plain one"))),
    }
}

fn write_part(path: &Path, data: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(data)?;
    file.sync_all()
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::machine(format!("{} cannot be written: {error}", path.display()))
}

/// Writes results, and tells where they are and what else lies there.
pub fn deliver(folder: &Path, files: &[File]) -> Result<(), Failure> {
    write(folder, files)?;
    tell(&format!("results in {}", folder.display()));
    let others = others(folder, files);
    if !others.is_empty() {
        tell(&format!("not of this run: {}", others.join(", ")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, data: &str) -> File {
        File { name: name.into(), media_type: "text/plain".into(), data: data.into() }
    }

    fn content(folder: &Path) -> Vec<(String, String)> {
        let names = others(folder, &[]);
        let read = |name: String| (fs::read_to_string(folder.join(&name)).expect("the file can be read"), name);
        names.into_iter().map(read).map(|(text, name)| (name, text)).collect()
    }

    #[test]
    fn own_names_are_replaced_and_others_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), &[file("a", "old"), file("b", "old")]).expect("the folder can be written");
        write(folder.path(), &[file("a", "new")]).expect("the folder can be written");
        assert_eq!(content(folder.path()), [("a".into(), "new".into()), ("b".into(), "old".into())]);
        assert_eq!(others(folder.path(), &[file("a", "")]), ["b"]);
    }

    #[test]
    fn a_failure_leaves_earlier_results_whole_and_no_rest() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), &[file("a", "old")]).expect("the folder can be written");
        for name in ["../b", "", "..", "c/d"] {
            assert_eq!(write(folder.path(), &[file("a", "new"), file(name, "")]).expect_err("not a plain name").exit, 1);
        }
        assert_eq!(content(folder.path()), [("a".into(), "old".into())]);
    }
}
