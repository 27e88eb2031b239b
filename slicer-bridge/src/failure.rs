//! Why there is no result.

use bonemuscle_client::{Error, LoadError, Status};
use std::path::PathBuf;

/// Why a run gave no values, in a sentence for the host's panel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The arguments are not those of the module.
    #[error("{0}")]
    Arguments(String),
    /// Two arguments contradict each other, or a value is out of range.
    #[error("{0}")]
    Value(String),
    /// An input beside the image cannot be used.
    #[error("{} {problem}", file.display())]
    Input {
        /// Which.
        file: PathBuf,
        /// What is wrong with it, after its name.
        problem: String,
    },
    /// A result cannot be written.
    #[error("{} cannot be written: {problem}", place.display())]
    Write {
        /// Where.
        place: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// The input was understood, and the report with the reasons is written.
    #[error("nothing could be measured; the first reason: {0}")]
    NothingMeasured(String),
    /// The machine, or an error of this module itself.
    #[error("{0}")]
    Machine(String),
    /// There is no library.
    #[error(transparent)]
    Library(#[from] LoadError),
    /// The library refused, failed, or was asked to stop.
    #[error(transparent)]
    Run(#[from] Error),
}

impl Failure {
    /// The exit code: 3 where nothing could be measured, 2 where the input has to change, 1 where the machine has to.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::NothingMeasured(_) => 3,
            Failure::Arguments(_) | Failure::Value(_) | Failure::Input { .. } => 2,
            Failure::Write { .. } | Failure::Machine(_) | Failure::Library(_) => 1,
            Failure::Run(error) => match error.status {
                Status::InvalidArgument | Status::Settings | Status::Input | Status::Labels => 2,
                _ => 1,
            },
        }
    }

    /// Whether the host wanted it so.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Failure::Run(Error { status: Status::Cancelled, .. }))
    }
}
