//! Writes the module's description from the table of its parameters: Slicer's loader wants it as an array of characters in the library.

use std::path::Path;
use std::{env, fs};

#[path = "src/description.rs"]
mod description;
#[path = "src/parameters.rs"]
mod parameters;

fn main() {
    println!("cargo::rerun-if-changed=src/description.rs");
    println!("cargo::rerun-if-changed=src/parameters.rs");
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder for what is generated");
    let file = Path::new(&folder).join("BoneMuscleCLI.xml");
    fs::write(file, description::xml(env!("CARGO_PKG_VERSION"))).expect("cargo's folder can be written");
}
