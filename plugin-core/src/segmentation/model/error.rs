//! What can be wrong with a model, its files, or the library that runs it.

use std::path::{Path, PathBuf};

/// The last folder and the name of a path. Sentences reach clients of an archive, whom its other folders are no business of.
pub(in crate::segmentation) fn brief(path: &Path) -> String {
    let mut last = path.components().rev().filter_map(|part| part.as_os_str().to_str());
    match (last.next(), last.next().filter(|folder| *folder != "/")) {
        (Some(name), Some(folder)) => format!("{folder}/{name}"),
        (name, _) => name.unwrap_or_default().to_owned(),
    }
}

/// A model that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No model of this name.
    #[error("no model is called \"{name}\"; the models known here are {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names that would do.
        known: Vec<String>,
    },
    /// Several models share the name.
    #[error(
        "the name \"{name}\" stands for several models: {}; take out all but the one that is meant, or give it another name in its \
         manifest.json",
        places.join(" and ")
    )]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Where they lie.
        places: Vec<String>,
    },
    /// A file of the model cannot be read.
    #[error("the model file {} cannot be read: {reason}", brief(file))]
    File {
        /// The file.
        file: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The manifest is not one.
    #[error("the manifest of the model {model} cannot be used: {reason}")]
    Manifest {
        /// Folder or name.
        model: String,
        /// What is wrong and what would do.
        reason: String,
    },
    /// The network is not the one that the manifest describes.
    #[error("the network of the model {model} has the SHA-256 {found}, its manifest says {expected}: one of them was changed")]
    Digest {
        /// Name.
        model: String,
        /// Of the file.
        found: String,
        /// Of the manifest.
        expected: String,
    },
    /// The library that runs networks is missing or not the one that was tested.
    #[error("networks cannot be run: {reason}")]
    Runtime {
        /// What was looked for, where, and what would do.
        reason: String,
    },
    /// The network cannot be loaded.
    #[error("the network of the model {model} cannot be loaded: {reason}")]
    Network {
        /// Name.
        model: String,
        /// The runtime's words.
        reason: String,
    },
    /// Inputs or outputs are not what the manifest says.
    #[error("the network of the model {model} does not fit its manifest: {reason}")]
    Shape {
        /// Name.
        model: String,
        /// What was found and what was expected.
        reason: String,
    },
    /// The network failed, or gave numbers that are none.
    #[error("the network of the model {model} failed: {reason}")]
    Run {
        /// Name.
        model: String,
        /// What happened.
        reason: String,
    },
    /// The CT cannot be given to the network.
    #[error("the CT cannot be segmented by the model {model}: {reason}")]
    Volume {
        /// Name.
        model: String,
        /// What was found and what would do.
        reason: String,
    },
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}
