//! Every size, offset and number in `src/sdk/bindings.rs` and `newer_bindings.rs`, checked by a C compiler against an installed SDK header:
//! this machine's, or the one below the root folder that `BONEMUSCLE_ORTHANC` names.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const BINDINGS: &str = include_str!("../src/sdk/bindings.rs");
const NEWER_BINDINGS: &str = include_str!("../src/sdk/newer_bindings.rs");
/// In every header that has all of the newer ones.
const NEWEST: &str = "_OrthancPluginEmitAuditLog";

/// What Orthanc makes and the plugin only reads; newer ones have more at the end.
const MAY_BE_LONGER: &str = "OrthancPluginHttpRequest";

/// What lies between `start` and `end` in each piece of `text` that has both.
fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}

fn header() -> PathBuf {
    let root = std::env::var_os("BONEMUSCLE_ORTHANC").unwrap_or_default();
    PathBuf::from("/").join(root).join("usr/include/orthanc/OrthancCPlugin.h")
}

fn claims(header: &Path) -> (String, usize) {
    let has_newer = std::fs::read_to_string(header).unwrap().contains(NEWEST);
    let bindings = format!("{BINDINGS}{}", if has_newer { NEWER_BINDINGS } else { "" });
    let flat = bindings.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut program = format!("#include <stddef.h>\n#include \"{}\"\n", header.display());
    let mut count = 0;
    let mut claim = |left: String, right: &str| {
        let relation = if left == format!("sizeof({MAY_BE_LONGER})") { ">=" } else { "==" };
        writeln!(program, "_Static_assert({left} {relation} {right}, \"{left} is not {right}\");").unwrap();
        count += 1;
    };
    for text in between(&flat, "core::mem::size_of::<", "usize]") {
        let (name, size) = text.split_once(">() - ").unwrap();
        let name = name.trim_end_matches("_t");
        let name = if name == "_OrthancPluginContext" { "OrthancPluginContext" } else { name };
        claim(format!("sizeof({name})"), size);
    }
    for text in between(&flat, "core::mem::offset_of!(", "usize]") {
        let (place, offset) = text.split_once(") - ").unwrap();
        let (name, field) = place.split_once(", ").unwrap();
        let name = if name == "_OrthancPluginContext_t" { "OrthancPluginContext" } else { name };
        let field = if field == "type_" { "type" } else { field };
        claim(format!("offsetof({name}, {field})"), offset);
    }
    for text in between(&flat, "pub const ", ";") {
        let (name, value) = text.split_once(": Type = ").unwrap();
        claim(name.to_owned(), value);
    }
    (program, count)
}

#[test]
fn the_bindings_agree_with_the_installed_header() {
    let header = header();
    if !header.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is needed (Debian: orthanc-dev)", header.display());
        println!("skipped: no {}", header.display());
        return;
    }
    let (program, count) = claims(&header);
    // 15 structures with their fields, and 30 constants: a parser that finds nothing must not pass.
    assert!(count > 100, "only {count} claims found");
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("claims.c");
    std::fs::write(&source, program).unwrap();
    let output = Command::new("cc").args(["-std=c11", "-fsyntax-only"]).arg(&source).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
