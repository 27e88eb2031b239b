//! The libraries that run networks, behind one trait.

mod onnxruntime;
mod openvino;
mod signature;
#[cfg(test)]
mod tests;

use super::{Installation, Model, ModelError};
use crate::settings::{self, ModelSettings};
pub(in crate::segmentation) use signature::{Promise, Signature};
use std::sync::Arc;

/// How a tensor of an ONNX file begins to say where else its values lie: the key `location` of `TensorProto.external_data`, as
/// protocol buffers encode it. OpenVINO would look for that file in the current folder.
const EXTERNAL_WEIGHTS: &[u8] = b"\x0a\x08location";

/// A network that is ready to run; one thread uses it at a time.
pub(in crate::segmentation) trait Network: Send {
    /// Shows `image` to the network and copies its outputs, row-major, into `outputs`: one for each of the signature, in order.
    ///
    /// `image` has the shape of the signature's; `dropout` holds one mask per further input, in order. An error, where an output has
    /// another shape than the signature says, or holds a number that is not finite.
    fn run(&mut self, image: &[f32], dropout: &[Vec<f32>], outputs: &mut [Vec<f32>]) -> Result<(), ModelError>;
}

/// Networks of one signature, to be run by a library.
pub(in crate::segmentation) struct Networks<'m> {
    /// ONNX files.
    pub files: Vec<&'m [u8]>,
    /// What goes into them and comes out.
    pub signature: Arc<Signature>,
}

impl<'m> Networks<'m> {
    /// The folds of a CT model.
    pub fn of(model: &'m Model) -> Networks<'m> {
        let files = model.networks.iter().map(|bytes| &**bytes).collect();
        Networks { files, signature: Arc::new(Signature::of(&model.manifest)) }
    }

    /// Network number `fold`.
    fn bytes(&self, fold: usize) -> Result<&'m [u8], ModelError> {
        let bytes = *self
            .files
            .get(fold)
            .ok_or_else(|| self.signature.failed(format!("network {fold} of {} was asked for", self.files.len())))?;
        if bytes.windows(EXTERNAL_WEIGHTS.len()).any(|window| window == EXTERNAL_WEIGHTS) {
            let reason = "its weights lie in another file, which its SHA-256 does not cover; accepted: one file that holds all";
            return Err(self.signature.not_loaded(reason));
        }
        Ok(bytes)
    }
}

/// A started library with networks.
pub(in crate::segmentation) struct Engine<'m> {
    library: Library<'m>,
}

enum Library<'m> {
    OnnxRuntime(onnxruntime::Engine<'m>),
    OpenVino(openvino::Engine<'m>),
}

impl Engine<'_> {
    /// Library, version and precision, such as `ONNX Runtime 1.28.0, f32`.
    pub fn name(&self) -> &str {
        match &self.library {
            Library::OnnxRuntime(engine) => engine.name(),
            Library::OpenVino(engine) => engine.name(),
        }
    }

    /// Whether the networks of one fold share the threads that they are given, and wait for each other.
    pub fn shares_threads(&self) -> bool {
        matches!(self.library, Library::OpenVino(_))
    }

    /// Another copy of network number `fold`, to run beside others, on `threads` threads of its own.
    ///
    /// One network on all threads needs the least memory, several side by side are quicker with ONNX Runtime; `window` chooses.
    /// Peak resident memory of the whole process with nnU-Net's PlainConvUNet 16-32-64-128-256 (5.65 million weights, 5 classes) and
    /// tiles of 128^3 on two cores, input and output tile included:
    ///
    /// | library | networks x threads | peak |
    /// |---|---|---|
    /// | ONNX Runtime | 1 x 2 | 665 MB |
    /// | ONNX Runtime, without its arena | 1 x 2 | 735 MB, slower |
    /// | ONNX Runtime, with memory pattern | 1 x 2 | 1193 MB |
    /// | ONNX Runtime | 2 x 1 | 1276 MB, a tenth faster |
    /// | OpenVINO | 1 x 2 | 771 MB |
    /// | OpenVINO | 2 x 2 | 891 MB |
    ///
    /// With OpenVINO several networks of one fold are requests of one compiled network: they share its weights and its threads and
    /// wait for each other, so that a second one only hides what is done between tiles. With ONNX Runtime each has all of its own.
    pub fn network(&self, fold: usize, threads: usize) -> Result<Box<dyn Network>, ModelError> {
        match &self.library {
            Library::OnnxRuntime(engine) => Ok(Box::new(engine.network(fold, threads)?)),
            Library::OpenVino(engine) => Ok(Box::new(engine.network(fold, threads)?)),
        }
    }
}

/// Finds the library that `settings` names and checks that it runs `networks`.
///
/// The first network is loaded, on `threads` threads, and kept for [`Engine::network`].
pub(in crate::segmentation) fn start<'m>(
    networks: Networks<'m>,
    installation: &Installation,
    settings: &ModelSettings,
    threads: usize,
) -> Result<Engine<'m>, ModelError> {
    let library = match is_open_vino(installation, settings)? {
        true => Library::OpenVino(openvino::Engine::start(networks, installation, threads)?),
        false => Library::OnnxRuntime(onnxruntime::Engine::start(networks, installation, threads)?),
    };
    Ok(Engine { library })
}

/// [`Engine::name`] of the library that `settings` name, which is started without any network.
pub(in crate::segmentation) fn library(installation: &Installation, settings: &ModelSettings) -> Result<String, ModelError> {
    match is_open_vino(installation, settings)? {
        true => openvino::start_library(installation).map(|(_, name)| name),
        false => onnxruntime::start_library(installation).map(|(_, name)| name),
    }
}

fn is_open_vino(installation: &Installation, settings: &ModelSettings) -> Result<bool, ModelError> {
    if !installation.folder.is_absolute() {
        let reason =
            "the folder of libbonemuscle is unknown, and the libraries that run networks are looked for in it only".to_owned();
        return Err(ModelError::Runtime { reason });
    }
    Ok(match settings.engine {
        settings::Engine::Auto => openvino::is_installed(installation),
        settings::Engine::OpenVino => true,
        settings::Engine::OnnxRuntime => false,
    })
}

/// What every library's words become: one line, not endless.
fn words(error: impl std::fmt::Display) -> String {
    const LONGEST: usize = 400;
    let line = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
