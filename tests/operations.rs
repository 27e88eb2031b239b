//! What the plugin tells administrators stands in its documentation: every event of the log, every figure for Prometheus.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// The plugin's sources without white space, so that a call is one text however it is laid out.
fn sources() -> String {
    let mut text = String::new();
    let mut pending = vec![root().join("orthanc-plugin/src")];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(next).expect("a folder of the repository").map(|entry| entry.expect("readable").path()) {
            match entry.extension().and_then(|extension| extension.to_str()) {
                _ if entry.is_dir() => pending.push(entry),
                Some("rs") => text.extend(fs::read_to_string(entry).expect("UTF-8").split_whitespace()),
                _ => {}
            }
        }
    }
    text
}

/// What follows `start` up to the next quote, wherever it occurs.
fn quoted<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split('"').next())
}

#[test]
fn every_event_and_every_figure_is_documented() {
    let page = fs::read_to_string(root().join("orthanc-plugin/README.md")).expect("the plugin's page");
    let sources = sources();
    let events = ["info", "warning", "error"].map(|level| format!("events::{level}(\""));
    let events: Vec<&str> = events.iter().flat_map(|call| quoted(&sources, call)).collect();
    let figures: Vec<String> = quoted(&sources, "c\"bonemuscle_").map(|name| format!("bonemuscle_{name}")).collect();
    assert!(events.len() > 10 && figures.len() > 5, "the sources are not read: {events:?} {figures:?}");
    for name in events.into_iter().map(str::to_owned).chain(figures) {
        assert!(page.contains(&format!("`{name}`")), "orthanc-plugin/README.md does not say what `{name}` is");
    }
}
