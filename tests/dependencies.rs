//! What other people's crates may be, as `deny.toml` says: a house test in place of cargo-deny, which takes minutes to build and of
//! which only the advisories are missed here.

use serde::Deserialize;
use spdx::{Expression, LicenseReq, ParseMode};
use std::path::Path;
use std::process::Command;

#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    license: Option<String>,
    source: Option<String>,
    manifest_path: String,
}

fn policy() -> Policy {
    toml::from_str(include_str!("../deny.toml")).expect("deny.toml is TOML")
}

/// Everything that the two lock files name, for whatever system. A lock file that lags behind its manifests is an error.
fn packages() -> Vec<Package> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository");
    [root.to_path_buf(), root.join("fuzz")].iter().flat_map(|workspace| locked(workspace)).collect()
}

fn locked(workspace: &Path) -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(workspace)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Metadata>(&output.stdout).expect("cargo metadata is JSON").packages
}

impl Licenses {
    fn accept(&self, package: &Package) -> bool {
        let exceptions = self.exceptions.iter().filter(|exception| exception.name == package.name);
        let allowed: Vec<&str> =
            self.allow.iter().chain(exceptions.flat_map(|exception| &exception.allow)).map(String::as_str).collect();
        let accepts = |required: &LicenseReq| allowed.contains(&required.to_string().as_str());
        // Older crates separate alternatives by a slash.
        let stated = package.license.as_deref().and_then(|stated| Expression::parse_mode(stated, ParseMode::LAX).ok());
        stated.is_some_and(|stated| stated.evaluate(accepts))
    }
}

#[test]
fn every_licence_is_one_of_those_allowed() {
    let licenses = policy().licenses;
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !licenses.accept(package))
        .map(|package| format!("{} ({:?})", package.name, package.license))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn a_licence_that_is_not_allowed_is_refused() {
    let licenses = policy().licenses;
    let package = |name: &str, license: Option<&str>| Package {
        name: name.to_owned(),
        license: license.map(str::to_owned),
        source: None,
        manifest_path: String::new(),
    };
    for license in
        [None, Some("GPL-3.0-or-later"), Some("MIT AND LGPL-2.1-only"), Some("LicenseRef-mine"), Some("no expression")]
    {
        assert!(!licenses.accept(&package("somebody", license)), "{license:?}");
    }
    assert!(licenses.accept(&package("somebody", Some("GPL-3.0-or-later OR MIT"))));
    assert!(licenses.accept(&package("orthanc-bone-muscle", Some("GPL-3.0-or-later"))));
}

#[test]
fn nothing_that_is_banned_is_linked() {
    let banned = policy().bans.deny;
    let found: Vec<String> = packages().into_iter().map(|package| package.name).filter(|name| banned.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// Others may change under the same version, or go away.
#[test]
fn crates_come_from_a_registry_or_this_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository");
    for package in packages() {
        let is_ours = package.source.is_none() && Path::new(&package.manifest_path).starts_with(root);
        let is_public = package.source.as_deref().is_some_and(|source| source.starts_with("registry+"));
        assert!(is_ours || is_public, "{} comes from {:?}", package.name, package.source);
    }
}
