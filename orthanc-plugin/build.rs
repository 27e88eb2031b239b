//! Makes the web page, as its own build leaves it in `app/dist`, part of the library, and compiles its few lines of C++.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Every kind of file that a page may be made of; another one would be served as something that it is not.
const MEDIA_TYPES: [(&str, &str); 9] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("wasm", "application/wasm"),
    ("woff2", "font/woff2"),
    ("txt", "text/plain; charset=utf-8"),
];

const CONTAINED_CALL: &str = "src/sdk/contained_call.cpp";

fn main() {
    println!("cargo::rerun-if-changed=app/dist");
    println!("cargo::rerun-if-changed={CONTAINED_CALL}");
    cc::Build::new().cpp(true).file(CONTAINED_CALL).compile("bonemuscle_contained_call");
    if let Err(problem) = embed() {
        println!("cargo::error={problem}");
    }
}

fn embed() -> Result<(), String> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("app/dist");
    if !dist.join("index.html").is_file() {
        return Err(format!(
            "the web page is not built, {} is missing: run `npm ci` and `npm run build` in orthanc-plugin/app (Node 18 or later); \
             scripts/demo.sh and scripts/test.sh do so",
            dist.join("index.html").display()
        ));
    }
    let mut files = Vec::new();
    collect(&dist, &mut files).map_err(|error| format!("{}: {error}", dist.display()))?;
    files.sort();
    let entries: Vec<String> = files.iter().map(|file| entry(&dist, file)).collect::<Result<_, _>>()?;
    let code = format!("const FILES: [File; {}] = [\n{}];\n", entries.len(), entries.concat());
    let out = std::env::var_os("OUT_DIR").ok_or("cargo gives no OUT_DIR")?;
    fs::write(Path::new(&out).join("app.rs"), code).map_err(|error| error.to_string())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn entry(dist: &Path, file: &Path) -> Result<String, String> {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let media_type = MEDIA_TYPES.iter().find(|(known, _)| *known == extension).map(|(_, media_type)| media_type);
    let media_type =
        media_type.ok_or_else(|| format!("{} is of no kind that orthanc-plugin/build.rs knows", file.display()))?;
    let path = file.strip_prefix(dist).ok().and_then(Path::to_str);
    let path = path.ok_or_else(|| format!("the name {} is not UTF-8", file.display()))?;
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    Ok(format!("File {{ path: {path:?}, media_type: c{media_type:?}, tag: {tag:?}, bytes: include_bytes!({file:?}) }},\n"))
}
