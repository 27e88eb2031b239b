//! Reading is for what the system gives to everybody, the libraries and the models; writing for nobody.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    path_beneath_rules,
};
use std::fs;
use std::path::{Path, PathBuf};

/// The newest of Landlock's abilities that are asked for; an older kernel gives what it has.
const ABILITIES: ABI = ABI::V6;

/// What the C library and the libraries that run networks look at: other libraries, time zones, processors, limits of memory.
/// Landlock itself closes those files of `/proc` that tell of another process's memory.
const OF_THE_SYSTEM: [&str; 9] =
    ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc", "/sys", "/dev/null", "/dev/urandom"];

pub(super) fn restrict(libraries: &[PathBuf], models: &[PathBuf]) -> Result<(), String> {
    let models = models.iter().flat_map(|folder| with_links(folder));
    let readable: Vec<PathBuf> =
        OF_THE_SYSTEM.iter().map(PathBuf::from).chain(libraries.iter().cloned()).chain(models).collect();
    match enforced(&readable).map_err(|error| error.to_string())? {
        RulesetStatus::NotEnforced => Err("Landlock is not part of this kernel, or not enabled".to_owned()),
        // The network of an older kernel and signals are closed by seccomp as well.
        RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
    }
}

fn enforced(readable: &[PathBuf]) -> Result<RulesetStatus, RulesetError> {
    let reading: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(ABILITIES))?
        .handle_access(AccessNet::from_all(ABILITIES))?
        .scope(Scope::from_all(ABILITIES))?
        .create()?
        // A folder that is not there gives no rule, and the core says of it what it says otherwise.
        .add_rules(path_beneath_rules(readable, reading))?;
    Ok(ruleset.restrict_self()?.ruleset)
}

/// A folder of models, and what the links in it and in its folders lead to: the networks of some stores are links.
fn with_links(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found = vec![folder.to_owned()];
    for entry in entries(folder) {
        found.extend(entries(&entry).filter(|inner| inner.is_symlink()));
        found.extend(Some(entry).filter(|entry| entry.is_symlink()));
    }
    found
}
