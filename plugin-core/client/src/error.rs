use std::path::PathBuf;

/// How a call ended that gave nothing; the statuses of `bonemuscle.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// An argument cannot be used.
    InvalidArgument,
    /// The settings cannot be used.
    Settings,
    /// The input cannot be read, or is nothing that can be measured.
    Input,
    /// There are no usable labels.
    Labels,
    /// The progress closure asked to stop.
    Cancelled,
    /// The results could not be written.
    Write,
    /// A model's files, or the library that runs models, cannot be used.
    Model,
    /// An error of BoneMuscle itself, or a status that this client does not know.
    Internal,
}

impl Status {
    pub(crate) fn from_code(code: u32) -> Result<(), Status> {
        match code {
            0 => Ok(()),
            1 => Err(Status::InvalidArgument),
            2 => Err(Status::Settings),
            3 => Err(Status::Input),
            4 => Err(Status::Labels),
            5 => Err(Status::Cancelled),
            6 => Err(Status::Write),
            8 => Err(Status::Model),
            _ => Err(Status::Internal),
        }
    }
}

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Which kind.
    pub status: Status,
    /// One sentence for people.
    pub message: String,
}

impl Error {
    pub(crate) fn new(status: Status, message: impl ToString) -> Self {
        Error { status, message: message.to_string() }
    }
}

/// Why there is no library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is in none of the usual places.
    #[error(
        "libbonemuscle was not found; looked for {}; put it there, or name it in the environment variable BONEMUSCLE_LIBRARY",
        list(.places)
    )]
    NotFound {
        /// Where it was looked for.
        places: Vec<PathBuf>,
    },
    /// The file cannot be loaded.
    #[error("{} cannot be loaded: {detail}", path.display())]
    Unloadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        detail: String,
    },
    /// The library belongs to another release.
    #[error("{} has ABI version {found}, this program needs {needed}; install both from the same release", path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// The version it states.
        found: u32,
        /// The version that would do.
        needed: u32,
    },
}

fn list(places: &[PathBuf]) -> String {
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
}
