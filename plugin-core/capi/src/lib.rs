//! The C ABI of BoneMuscle: `libbonemuscle` and its header `include/bonemuscle.h`, which cbindgen writes from this crate.
//!
//! Names are those of C, and the header states the conventions (who frees what, threads, panics). Each file is one concept:
//!
//! | file | holds |
//! |---|---|
//! | `status` | the numbered statuses, and which error of the core is which |
//! | `boundary` | the only ways in and out: panics, NULL, text, outputs |
//! | `last_error` | the sentence about the last failure of each thread |
//! | `inputs` | what is measured |
//! | `image` | a CT that is not DICOM, and labels, in files and in the host's memory |
//! | `installation` | where this library lies |
//! | `models` | which models there are, and whether one runs |
//! | `call` | what every call that gives a result does before and after its own work |
//! | `progress` | the host's progress function |
//! | `run` | choose, measure, segment, and whether settings can be used |
//! | `calibrate` | a scan with a phantom, and what is learnt from several |
//! | `drr` | radiographs of a CT |
//! | `register` | where the patient of a CT lay when a film was taken |
//! | `phantom` | studies with known answers |
//! | `validate` | a table of pairs, against a reference |
//! | `memory` | large blocks on huge pages |
//! | `threads` | the threads of one run |
//! | `result` | what a run gave |
#![allow(non_camel_case_types)]

mod boundary;
mod calibrate;
mod call;
mod drr;
mod image;
mod inputs;
mod installation;
mod last_error;
mod memory;
mod models;
mod phantom;
mod progress;
mod register;
mod result;
mod run;
mod status;
mod threads;
mod validate;

pub use calibrate::*;
pub use drr::bonemuscle_drr;
pub use image::*;
pub use inputs::*;
pub use last_error::bonemuscle_last_error;
pub use models::*;
pub use phantom::bonemuscle_phantom;
pub use progress::bonemuscle_progress;
pub use register::bonemuscle_register;
pub use result::*;
pub use run::*;
pub use status::bonemuscle_status;
pub use validate::bonemuscle_validate;

use std::ffi::{CStr, c_char};

/// The version of this header's functions: 1. It grows when a program compiled with an older header would no longer work.
#[unsafe(no_mangle)]
pub extern "C" fn bonemuscle_abi_version() -> u32 {
    1
}

/// The version that every report and DICOM object names, such as "0.1.0". Valid for as long as the library is loaded.
#[unsafe(no_mangle)]
pub extern "C" fn bonemuscle_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version holds no NUL"),
    };
    VERSION.as_ptr()
}
