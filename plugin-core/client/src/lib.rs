//! The safe Rust door to `libbonemuscle`, which is loaded at run time.
//!
//! [`Library`] loads and runs, [`Inputs`] is what is measured, [`Outcome`] what a run gave, [`Error`] why it gave nothing.
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
mod inputs;
mod library;
mod outcome;
mod run;

pub use error::{Error, LoadError, Status};
pub use inputs::Inputs;
pub use library::Library;
pub use outcome::{File, Outcome};
