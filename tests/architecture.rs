//! The house rules: which crate may use which, which folder of the core may use which, and where `unsafe` may live.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders of the core in the order the data flows; each may use those before it.
const FLOW: [&str; 13] = [
    "read",
    "volume",
    "projection",
    "registration",
    "segmentation",
    "calibration",
    "measure",
    "criteria",
    "report",
    "results",
    "phantom",
    "validation",
    "pipeline",
];
/// Modules everybody may use.
const COMMON: [&str; 7] = ["units", "geometry", "anatomy", "progress", "random", "settings", "drawing"];
/// Plain data of a later stage that an earlier one fills in: findings are written by `measure` and `criteria`, gates speak in
/// `segmentation` (of films) and `calibration`, and settings name what the site's tables hold.
const SHARED_DATA: [(&str, &str); 7] = [
    ("segmentation", "report"),
    ("calibration", "report"),
    ("measure", "report"),
    ("criteria", "report"),
    ("settings", "report"),
    ("settings", "calibration"),
    ("settings", "criteria"),
];

/// `(crate, crates of this workspace it may link)`; what is loaded at run time is no link.
const LINKS: [(&str, &[&str]); 8] = [
    ("plugin-core", &[]),
    ("bonemuscle-capi", &["plugin-core"]),
    ("bonemuscle-client", &[]),
    ("bonemuscle-cli", &["bonemuscle-client"]),
    ("orthanc-bone-muscle", &["bonemuscle-client"]),
    ("bonemuscle-slicer", &["bonemuscle-client"]),
    ("bonemuscle-cpp", &["bonemuscle-client"]),
    ("bonemuscle-tests", &[]),
];

/// The rooms where memory of others is touched.
const UNSAFE_ROOMS: [&str; 5] = [
    "plugin-core/capi",
    "plugin-core/client",
    "orthanc-plugin/src/sdk",
    "slicer-bridge/src/module.rs",
    "slicer-bridge/cpp/src/lib.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(&next).expect("a folder of the repository").map(|entry| entry.expect("readable").path()) {
            match entry.extension().and_then(|extension| extension.to_str()) {
                _ if entry.is_dir() && !entry.ends_with("target") => pending.push(entry),
                Some("rs") => files.push(entry),
                _ => {}
            }
        }
    }
    files
}

#[test]
fn crates_link_only_what_they_may() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert_eq!(packages.len(), LINKS.len(), "a crate is missing from the table of this test");
    for package in packages {
        let name = package["name"].as_str().expect("name");
        let (_, allowed) = LINKS.iter().find(|(crate_name, _)| *crate_name == name).expect("a crate of the table");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let used = dependency["name"].as_str().expect("name");
            let ours = LINKS.iter().any(|(crate_name, _)| *crate_name == used);
            let only_for_tests = dependency["kind"] == "dev";
            assert!(!ours || only_for_tests || allowed.contains(&used), "{name} must not link {used}");
        }
    }
}

#[test]
fn the_core_flows_one_way() {
    let source = root().join("plugin-core/src");
    for file in rust_files(&source) {
        let inside = file.strip_prefix(&source).expect("below src");
        let module = inside.iter().next().and_then(|first| first.to_str()).expect("a name").trim_end_matches(".rs");
        let text: String =
            fs::read_to_string(&file).expect("UTF-8").lines().filter(|line| !line.trim().starts_with("//")).collect();
        for used in text.split("crate::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()) {
            let used = used.unwrap_or_default();
            let (Some(target), here) = (position(used), position(module)) else { continue };
            let allowed = match here {
                Some(here) => target <= here || SHARED_DATA.contains(&(module, used)),
                None => module == "lib" || SHARED_DATA.contains(&(module, used)),
            };
            assert!(allowed, "{} uses {used}, which lies downstream of {module}", inside.display());
        }
        assert!(position(module).is_some() || COMMON.contains(&module) || module == "lib", "{module} has no place in the flow");
    }
}

fn position(module: &str) -> Option<usize> {
    FLOW.iter().position(|stage| *stage == module)
}

#[test]
fn unsafe_code_stays_in_its_rooms() {
    for file in rust_files(&root()) {
        let name = file.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
        let room = UNSAFE_ROOMS.iter().any(|room| name.starts_with(room));
        let text = fs::read_to_string(&file).expect("UTF-8");
        let uses = text.lines().any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"].iter().any(|form| code.contains(form))
        });
        assert!(room || !uses || name == "tests/architecture.rs", "{name} uses unsafe");
    }
}

#[test]
fn every_file_is_one_idea() {
    /// Generated from the SDK's header.
    const GENERATED: &str = "bindings.rs";
    for file in rust_files(&root()).into_iter().filter(|file| !file.ends_with(GENERATED)) {
        let lines = fs::read_to_string(&file).expect("UTF-8").lines().count();
        assert!(lines <= 450, "{} has {lines} lines; split it", file.display());
    }
}
