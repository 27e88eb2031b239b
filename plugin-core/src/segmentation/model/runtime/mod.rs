//! The libraries that run networks, behind one trait.

mod onnxruntime;
mod openvino;

use super::{Installation, Model, ModelError};
use crate::settings::ModelSettings;

/// A network that is ready to run; one thread uses it at a time.
pub(super) trait Network: Send {
    /// Logits `[class, axis 0, axis 1, axis 2]` of one tile into `logits`.
    ///
    /// `tile` has the shape of the manifest's patch; `dropout` holds one mask per input of the manifest, in order.
    fn run(&mut self, tile: &[f32], dropout: &[Vec<f32>], logits: &mut Vec<f32>) -> Result<(), ModelError>;
}

/// A started library with a model.
pub(super) struct Engine {
    name: String,
}

impl Engine {
    /// Library, version and precision, such as `ONNX Runtime 1.28.0, f32`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Another copy of the model's network number `fold`, to run beside others, on `threads` threads of its own.
    pub fn network(&self, _fold: usize, _threads: usize) -> Result<Box<dyn Network>, ModelError> {
        Err(ModelError::Runtime { reason: String::new() })
    }
}

/// Finds the library that `settings` names and checks that it runs `model`.
pub(super) fn start(_model: &Model, _installation: &Installation, _settings: &ModelSettings) -> Result<Engine, ModelError> {
    Ok(Engine { name: String::new() })
}
