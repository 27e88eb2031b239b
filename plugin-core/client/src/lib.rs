//! The safe Rust door to `libbonemuscle`, which is loaded at run time.
//!
//! [`Library`] loads and runs, [`Inputs`] is what is measured ([`ImageInputs`] where images lie in memory), [`Outcome`] what a run gave, [`Error`] why it gave nothing.
//!
//! ```no_run
//! use bonemuscle_client::{Inputs, Library};
//!
//! let library = Library::find()?;
//! let mut inputs = Inputs::new(&library)?;
//! inputs.add_folder("study".as_ref())?;
//! let outcome = library.measure(&inputs, &serde_json::json!({}), &|stage, fraction| {
//!     eprintln!("{stage} {:.0} %", fraction * 100.0);
//!     true
//! })?;
//! println!("{}", outcome.report);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod functions;
mod image;
mod image_inputs;
mod inputs;
mod library;
mod outcome;
mod own_file;
mod run;

pub use error::{Error, LoadError, Status};
pub use image::{Image, Voxels};
pub use image_inputs::ImageInputs;
pub use inputs::Inputs;
pub use library::Library;
pub use outcome::{File, Outcome};
pub use own_file::own_file;
