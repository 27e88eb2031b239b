//! The web page at `/bone-muscle/app/`: files that are part of the library, so that no request leaves the server.

use crate::refusal::Refusal;
use crate::sdk::{Answer, Body, Headers};
use std::ffi::CStr;

/// One file of the page.
struct File {
    /// Below `app/dist`.
    path: &'static str,
    media_type: &'static CStr,
    /// Its ETag.
    tag: &'static str,
    bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/app.rs"));

/// Leads from `/bone-muscle/app` to `/bone-muscle/app/`. Orthanc tells plugins the same path for both, and without the stroke the page
/// would look for its files beside itself.
const STROKE: &str =
    r"if(!/(\/|\.html)$/.test(location.pathname))location.replace(location.pathname+'/'+location.search+location.hash)";

/// What the page may do: load from this server only, and run no script but its files and [`STROKE`], known by its SHA-256. The viewer
/// starts workers and draws pictures that it made itself.
const POLICY: &str = "default-src 'none'; script-src 'self' 'sha256-CDPTw3GAc6gnCJDoT9YeqVA4L8zXHFoHAoE04ZzLfAo='; worker-src 'self' blob:; \
     style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self' blob:; frame-ancestors 'self'; base-uri 'none'; \
     form-action 'none'";

/// Answers with a file; `path` is what follows `/bone-muscle/app/`, empty for the page itself.
pub fn file(path: &str, if_none_match: Option<&str>) -> Result<Answer, Refusal> {
    let name = if path.is_empty() { "index.html" } else { path };
    let file = FILES
        .iter()
        .find(|file| file.path == name)
        .ok_or_else(|| Refusal::not_found(format!("the web page has no file {path:?}; it begins at /bone-muscle/app/")))?;
    let headers = headers(file);
    if if_none_match == Some(file.tag) {
        return Ok(Answer::NotModified(headers));
    }
    let data = if path.is_empty() { Body::Own(with_stroke(file.bytes)) } else { Body::Embedded(file.bytes) };
    Ok(Answer::Content { media_type: file.media_type, data, headers, is_compressed: false })
}

fn with_stroke(page: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(page).replacen("<head>", &format!("<head><script>{STROKE}</script>"), 1).into_bytes()
}

fn headers(file: &File) -> Headers {
    // Files below assets/ have a digest in their names. Whoever is logged in may keep them, a proxy that serves others may not.
    let keep = if file.path.starts_with("assets/") { "private, max-age=31536000, immutable" } else { "private, no-cache" };
    vec![
        (c"Cache-Control", keep.to_owned()),
        (c"ETag", file.tag.to_owned()),
        (c"Content-Security-Policy", POLICY.to_owned()),
        (c"X-Content-Type-Options", "nosniff".to_owned()),
        (c"Referrer-Policy", "same-origin".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Digest;

    #[test]
    fn the_page_is_served_and_asked_for_again_only_when_it_changed() {
        let Ok(Answer::Content { media_type, data, headers, .. }) = file("", None) else { panic!("no page") };
        assert_eq!(media_type, c"text/html; charset=utf-8");
        assert!(data.starts_with(b"<!doctype html>") || data.starts_with(b"<!DOCTYPE html>"));
        let tag = headers.iter().find(|(key, _)| *key == c"ETag").map(|(_, value)| value.clone()).unwrap();
        assert!(matches!(file("index.html", Some(&tag)), Ok(Answer::NotModified(_))));
        assert!(matches!(file("", Some("\"other\"")), Ok(Answer::Content { .. })));
    }

    #[test]
    fn the_policy_knows_the_one_script_in_the_page() {
        let Ok(Answer::Content { data, .. }) = file("", None) else { panic!("no page") };
        let page = String::from_utf8(data.to_vec()).unwrap();
        let script = page.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap();
        let digest: [u8; 32] = sha2::Sha256::digest(script).into();
        let named = POLICY.split("'sha256-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
        assert_eq!(base64(&digest), named);
        assert!(page.find("<script>") < page.find(" src="), "before anything is loaded");
    }

    fn base64(bytes: &[u8]) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letters = bytes.chunks(3).flat_map(|chunk| {
            let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            (0..=chunk.len()).map(move |place| char::from(LETTERS[(word >> (18 - 6 * place)) as usize & 63]))
        });
        let text: String = letters.collect();
        let padding = text.len().next_multiple_of(4) - text.len();
        text + &"=".repeat(padding)
    }

    #[test]
    fn only_files_of_the_page_are_served() {
        for path in ["../Cargo.toml", "assets", "assets/../index.html", "Index.html", "index.html/"] {
            assert_eq!(file(path, None).unwrap_err().http_status, 404, "{path}");
        }
    }

    #[test]
    fn what_the_page_loads_first_is_here() {
        let page = FILES.iter().find(|file| file.path == "index.html").unwrap();
        let page = std::str::from_utf8(page.bytes).unwrap();
        let named: Vec<&str> = ["src=\"", "href=\""]
            .iter()
            .flat_map(|start| page.split(start).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(named.len() >= 2, "a script and a style sheet");
        for path in named {
            assert!(FILES.iter().any(|file| Some(file.path) == path.strip_prefix("./")), "{path}");
        }
    }
}
