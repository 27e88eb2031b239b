//! Where models and the libraries that run them lie.

use super::{Manifest, ModelError};
use crate::settings::SegmentationChoice;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The folder of libbonemuscle: beside it lie `onnxruntime/` and, where installed, `openvino/`.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Absolute.
    pub folder: PathBuf,
}

/// A model whose files were read and verified.
#[derive(Debug, Clone)]
pub struct Model {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The ONNX files, in the order of the manifest.
    pub networks: Vec<std::borrow::Cow<'static, [u8]>>,
    /// SHA-256 of the first network, or over those of all where there are several, lower-case hexadecimal.
    pub sha256: String,
}

/// A model that can be chosen, or a folder that looks like one and cannot.
#[derive(Debug, Clone, Serialize)]
pub struct KnownModel {
    /// Its name, or the folder's where the manifest cannot be read.
    pub name: String,
    /// Version, description and licence; absent where the manifest cannot be read.
    pub manifest: Option<Manifest>,
    /// Absent: embedded in the library.
    pub folder: Option<PathBuf>,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

impl Model {
    /// The reference model, which is part of the library.
    pub fn reference() -> Result<Model, ModelError> {
        Err(ModelError::Unknown { name: "reference".to_owned(), known: Vec::new() })
    }

    /// The model that `choice` names among the reference model and `folders`.
    pub fn choose(_choice: &SegmentationChoice, _folders: &[PathBuf]) -> Result<Model, ModelError> {
        Model::reference()
    }

    /// Reads and verifies a model folder.
    pub fn read(folder: &Path) -> Result<Model, ModelError> {
        Err(ModelError::File { file: folder.to_owned(), reason: String::new() })
    }
}

/// The reference model and every model of `folders`, each of which is a model folder or holds some.
pub fn known_models(_folders: &[PathBuf]) -> Vec<KnownModel> {
    Vec::new()
}
