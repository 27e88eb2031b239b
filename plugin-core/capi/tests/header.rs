//! The committed header is what cbindgen writes today.

use std::path::Path;

#[test]
fn the_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml can be read");
    let mut written = Vec::new();
    cbindgen::generate_with_config(root, config).expect("the crate can be parsed").write(&mut written);
    let written = String::from_utf8(written).expect("the header is UTF-8");

    let path = root.join("include/bonemuscle.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &written).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == written,
        "include/bonemuscle.h does not match the source; run `UPDATE_HEADER=1 cargo test -p bonemuscle-capi --test header` and \
         commit it (and raise bonemuscle_abi_version where older programs would break)"
    );
}
