//! The client against the library that cargo built beside this test, without an image.

mod common;

use bonemuscle_client::{Inputs, Library, LoadError, Status};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn statuses_sentences_and_the_version_come_through() {
    let library = common::library();
    assert_eq!(library.version(), env!("CARGO_PKG_VERSION"));
    let mut inputs = Inputs::new(&library).expect("inputs can be made");
    let missing = inputs.add_folder(Path::new("/nonexistent/study")).expect_err("there is no such folder");
    assert_eq!(missing.status, Status::Input);
    assert!(missing.message.contains("/nonexistent/study"), "{missing}");
    assert_eq!(inputs.add_buffer("a\0b", b"").expect_err("NUL in a name").status, Status::InvalidArgument);

    let unknown = json!({"colour": "red"});
    let refused = library.measure(&inputs, &unknown, &|_, _| true).expect_err("an unknown setting");
    assert_eq!(refused.status, Status::Settings);
    assert!(refused.message.contains("colour"), "{refused}");
    assert_eq!(library.choose(&inputs, &unknown, &BTreeMap::new()).expect_err("as above").status, Status::Settings);
    assert_eq!(library.phantom(&unknown).expect_err("as above").status, Status::Settings);
}

#[test]
fn inputs_of_another_library_are_refused() {
    let inputs = Inputs::new(&common::library()).expect("inputs can be made");
    let refused = common::library().measure(&inputs, &json!({}), &|_, _| true).expect_err("another library");
    assert_eq!(refused.status, Status::InvalidArgument);
}

#[test]
fn inputs_outlive_their_library() {
    let library = common::library();
    let mut inputs = Inputs::new(&library).expect("inputs can be made");
    drop(library);
    inputs.add_buffer("bytes", &[0; 200]).expect("bytes can be added");
}

#[test]
fn what_is_not_the_library_is_refused_with_its_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("libbonemuscle.so");
    let detail = |path: &Path| match Library::load(path) {
        Err(LoadError::Unloadable { path, detail }) => (path, detail),
        _ => panic!("{} was loaded", path.display()),
    };
    assert_eq!(detail(&path).0, path);
    std::fs::write(&path, "no ELF file").expect("the file can be written");
    assert_eq!(detail(&path).0, path);
    common::compile(&path, "int nothing;");
    assert!(detail(&path).1.contains("not libbonemuscle"));
}

#[test]
fn another_abi_version_is_refused_with_both_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("libbonemuscle.so");
    common::compile(&path, "unsigned bonemuscle_abi_version(void) { return 2; }");
    let Err(error) = Library::load(&path) else { panic!("version 2 was loaded") };
    assert!(matches!(error, LoadError::OtherVersion { found: 2, needed: 1, .. }), "{error}");
    assert!(error.to_string().contains("ABI version 2, this program needs 1"), "{error}");
}
