//! The C++ facade: what crosses between `include/bonemuscle/` and [`bonemuscle_client`].
//!
//! Nothing here is for Rust programs. The types of the bridge are plain and private; `library.cc` turns them into those of the
//! headers, which know nothing of Rust. Images cross as the bytes where they lie.

mod answer;
mod core;
mod image;

use crate::core::{Core, find, load};

#[cxx::bridge(namespace = "bonemuscle::bridge")]
mod ffi {
    /// `bonemuscle::Image`; there is none where `voxel` is 0.
    struct Image<'a> {
        /// The voxels as they lie in the host's memory.
        bytes: &'a [u8],
        /// `bonemuscle::Voxel`.
        voxel: u32,
        size: [usize; 3],
        origin: [f64; 3],
        steps: [f64; 9],
    }

    struct LabelName {
        value: i64,
        name: String,
    }

    /// `bonemuscle::Study`.
    struct Study<'a> {
        files: Vec<String>,
        volume: Image<'a>,
        labels: Image<'a>,
        label_names: Vec<LabelName>,
    }

    /// `bonemuscle::Measurement`; what is optional there is a vector of none or one here.
    struct Measurement {
        structure: String,
        side: String,
        region: String,
        quantity: String,
        value: f64,
        unit: String,
        standard_deviation: Vec<f64>,
        method: String,
        reference: Vec<String>,
    }

    /// `bonemuscle::NotMeasured`.
    struct NotMeasured {
        structure: String,
        side: String,
        region: String,
        quantities: Vec<String>,
        criteria: Vec<String>,
        code: String,
        reason: String,
        found: Vec<f64>,
    }

    /// `bonemuscle::File`.
    struct File {
        name: String,
        media_type: String,
        data: Vec<u8>,
    }

    /// `bonemuscle::Result`, or why there is none.
    struct Answer {
        /// `bonemuscle::Status`; 0 where there is a result.
        status: u32,
        /// Why there is none.
        sentence: String,
        json: String,
        measurements: Vec<Measurement>,
        not_measured: Vec<NotMeasured>,
        files: Vec<File>,
    }

    extern "Rust" {
        type Core;

        fn load(path: &str) -> Result<Box<Core>>;
        fn find(installed: &str) -> Result<Box<Core>>;
        fn version(self: &Core) -> String;
        fn measure(self: &Core, study: &Study, settings: &str, listener: &Listener) -> Answer;
        fn segment(self: &Core, study: &Study, settings: &str, listener: &Listener) -> Answer;
    }

    // SAFETY: `hear` is the function of listener.hpp with this signature, which the generated C++ checks; it throws nothing.
    unsafe extern "C++" {
        include!("bonemuscle-cpp/src/listener.hpp");

        type Listener;

        fn hear(self: &Listener, stage: &str, fraction: f32) -> bool;
    }
}

// SAFETY: `hear` is the only function of a listener and holds its mutex throughout.
unsafe impl Sync for ffi::Listener {}
