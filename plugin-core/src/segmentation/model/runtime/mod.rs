//! The libraries that run networks, behind one trait.

mod onnxruntime;
mod openvino;
mod signature;
mod stacked;
mod stemmed;
#[cfg(test)]
mod tests;

use super::{Installation, Model, ModelError};
use crate::settings::{self, ModelSettings};
pub(in crate::segmentation) use signature::{Promise, Signature};
use std::sync::Arc;
use stemmed::Stemmed;

/// How a tensor of an ONNX file begins to say where else its values lie: the key `location` of `TensorProto.external_data`, as
/// protocol buffers encode it. OpenVINO would look for that file in the current folder.
const EXTERNAL_WEIGHTS: &[u8] = b"\x0a\x08location";

/// A network that is ready to run; one thread uses it at a time.
pub(in crate::segmentation) trait Network: Send {
    /// Shows `inputs` to the network, row-major, one for each of the signature, in order: the image, then a mask for each of its dropout
    /// inputs.
    ///
    /// An error, where an output has another shape than the signature says, or holds a number that is not finite.
    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), ModelError>;

    /// Output number `place` of the signature, row-major, where the library left it in the last run; empty before one, and when that
    /// failed.
    fn output(&self, place: usize) -> &[f32];

    /// [`Network::output`], in which the caller may work until the next run.
    fn output_mut(&mut self, place: usize) -> &mut [f32];
}

/// The inputs of a run: an image and its dropout masks.
pub(in crate::segmentation) fn with_masks<'a>(image: &'a [f32], masks: &'a [Vec<f32>]) -> Vec<&'a [f32]> {
    std::iter::once(image).chain(masks.iter().map(Vec::as_slice)).collect()
}

/// Networks of one signature, to be run by a library.
pub(in crate::segmentation) struct Networks<'m> {
    /// ONNX files.
    pub files: Vec<&'m [u8]>,
    /// What goes into them and comes out.
    pub signature: Arc<Signature>,
    /// What computes their first inputs from the image.
    pub stem: Option<Box<Networks<'m>>>,
}

impl<'m> Networks<'m> {
    /// The folds of a CT model.
    pub fn of(model: &'m Model) -> Networks<'m> {
        let files = model.networks.iter().map(|bytes| &**bytes).collect();
        let stem = model.manifest.stem.as_ref().zip(model.stem.as_deref()).map(|(stem, bytes)| {
            let signature = Arc::new(Signature::of_stem(&model.manifest, stem));
            Box::new(Networks { files: vec![bytes], signature, stem: None })
        });
        Networks { files, signature: Arc::new(Signature::of(&model.manifest)), stem }
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
    /// The same library with the stem.
    stem: Option<Library<'m>>,
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
    /// Peak resident memory of the whole program with one network on two threads, on 300 x 300 x 200 voxels in tiles of 128^3 with
    /// nnU-Net's PlainConvUNet 16-32-64-128-256 (5.65 million weights, 5 classes), as `models/export` writes it: 852 MB with ONNX Runtime,
    /// 780 MB with OpenVINO. Two networks of ONNX Runtime on one thread each needed 1560 MB and were no quicker.
    ///
    /// With OpenVINO several networks of one fold are requests of one compiled network: they share its weights and its threads and
    /// wait for each other, so that a second one only hides what is done between tiles. With ONNX Runtime each has all of its own.
    pub fn network(&self, fold: usize, threads: usize) -> Result<Box<dyn Network>, ModelError> {
        let network = self.library.network(fold, threads)?;
        let Some(stem) = &self.stem else { return Ok(network) };
        Ok(Box::new(Stemmed::new(stem.network(0, threads)?, network)))
    }
}

impl<'m> Library<'m> {
    fn start(
        networks: Networks<'m>,
        installation: &Installation,
        is_open_vino: bool,
        threads: usize,
    ) -> Result<Library<'m>, ModelError> {
        Ok(match is_open_vino {
            true => Library::OpenVino(openvino::Engine::start(networks, installation, threads)?),
            false => Library::OnnxRuntime(onnxruntime::Engine::start(networks, installation, threads)?),
        })
    }

    fn network(&self, fold: usize, threads: usize) -> Result<Box<dyn Network>, ModelError> {
        match self {
            Library::OnnxRuntime(engine) => Ok(Box::new(engine.network(fold, threads)?)),
            Library::OpenVino(engine) => Ok(Box::new(engine.network(fold, threads)?)),
        }
    }
}

/// Finds the library that `settings` names and checks that it runs `networks`.
///
/// The first network is loaded, on `threads` threads, and kept for [`Engine::network`].
pub(in crate::segmentation) fn start<'m>(
    mut networks: Networks<'m>,
    installation: &Installation,
    settings: &ModelSettings,
    threads: usize,
) -> Result<Engine<'m>, ModelError> {
    let is_open_vino = is_open_vino(installation, settings)?;
    let start = |networks| Library::start(networks, installation, is_open_vino, threads);
    let stem = networks.stem.take().map(|stem| start(*stem)).transpose()?;
    Ok(Engine { library: start(networks)?, stem })
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
