//! Compiles the C++ half of the facade with the bridge, both into the static library.

fn main() {
    cxx_build::bridge("src/lib.rs")
        .file("src/library.cc")
        .include("include")
        .std("c++17")
        .flag_if_supported("-fvisibility=hidden")
        .compile("bonemuscle_cpp_bridge");
    for changed in ["src/library.cc", "src/listener.hpp", "include/bonemuscle"] {
        println!("cargo:rerun-if-changed={changed}");
    }
}
