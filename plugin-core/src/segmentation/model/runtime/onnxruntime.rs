//! ONNX Runtime through `ort`, loaded from beside the library.
//!
//! Only the file of one release is loaded, known by its SHA-256: the same bits everywhere, and no release that sends telemetry (1.29
//! and later do, whatever `with_telemetry` says).

use super::super::error::brief;
use super::super::{Installation, ModelError};
use super::Networks;
use super::signature::{Port, Signature};
use super::stacked::{IMAGE_BYTES, stacked};
use crate::read::sha256;
use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::Session;
use ort::value::{DynValue, Outlet, TensorElementType, TensorRef};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The release that was tested.
const VERSION: &str = "1.28.0";

/// A build of [`VERSION`].
struct Build {
    os: &'static str,
    architecture: &'static str,
    file: &'static str,
    sha256: &'static str,
}

/// `onnxruntime/capi/` of the wheels that Microsoft publishes as `onnxruntime` 1.28.0.
const BUILDS: &[Build] = &[Build {
    os: "linux",
    architecture: "x86_64",
    file: "libonnxruntime.so.1.28.0",
    sha256: "aa4079d18f4ea7a5f3a94d80cd4bbe0f2740436626622d64d793803a20381083",
}];

/// ONNX Runtime allows one environment per process, for ever: a second one is refused even when the first is gone.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// ONNX Runtime with networks.
pub(super) struct Engine<'m> {
    name: String,
    networks: Networks<'m>,
    environment: Environment,
    /// The network that was loaded to be checked, and its number of threads, until it is asked for.
    checked: Mutex<Option<(usize, Network)>>,
}

impl<'m> Engine<'m> {
    pub fn start(networks: Networks<'m>, installation: &Installation, threads: usize) -> Result<Engine<'m>, ModelError> {
        let (environment, name) = start_library(installation)?;
        let engine = Engine { name, networks, environment, checked: Mutex::new(None) };
        let first = engine.load(0, threads)?;
        *engine.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some((threads, first));
        Ok(engine)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn network(&self, fold: usize, threads: usize) -> Result<Network, ModelError> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if fold == 0
            && let Some((_, network)) = checked.take_if(|(loaded, _)| *loaded == threads)
        {
            return Ok(network);
        }
        drop(checked);
        self.load(fold, threads)
    }

    fn load(&self, fold: usize, threads: usize) -> Result<Network, ModelError> {
        let signature = self.networks.signature.clone();
        let bytes = self.networks.bytes(fold)?;
        let rewritten = stacked(bytes, signature.input_shapes(), IMAGE_BYTES);
        let bytes = rewritten.as_deref().unwrap_or(bytes);
        let session = session(&self.environment, bytes, threads).map_err(|error| signature.not_loaded(error))?;
        let ports = |outlets: &[Outlet]| outlets.iter().map(port).collect::<Vec<Port>>();
        signature.check(&ports(session.inputs()), &ports(session.outputs()))?;
        Ok(Network { session, signature, answers: Vec::new() })
    }
}

/// A session of its own: `Session::run` is not safe to call twice at a time.
pub(super) struct Network {
    session: Session,
    signature: Arc<Signature>,
    /// Outputs of the last run.
    answers: Vec<DynValue>,
}

impl super::Network for Network {
    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), ModelError> {
        let Network { session, signature, answers } = self;
        // Their memory is what the next outputs are written to.
        answers.clear();
        let failed = |error: ort::Error| signature.failed(error);
        let mut tensors = Vec::new();
        for (name, shape, values) in signature.inputs(inputs)? {
            tensors.push((name, TensorRef::from_array_view((shape, values)).map_err(failed)?));
        }
        let mut answer = session.run(tensors).map_err(failed)?;
        let mut found = Vec::new();
        for (place, name) in signature.outputs().enumerate() {
            let output = answer.remove(name).ok_or_else(|| signature.failed("an output is missing"))?;
            let (shape, values) = output.try_extract_tensor::<f32>().map_err(failed)?;
            signature.check_answer(place, shape, values)?;
            found.push(output);
        }
        *answers = found;
        Ok(())
    }

    fn output(&self, place: usize) -> &[f32] {
        let tensor = self.answers.get(place).and_then(|answer| answer.try_extract_tensor().ok());
        tensor.map_or(&[], |(_, values)| values)
    }

    fn output_mut(&mut self, place: usize) -> &mut [f32] {
        let tensor = self.answers.get_mut(place).and_then(|answer| answer.try_extract_tensor_mut().ok());
        tensor.map_or(&mut [], |(_, values)| values)
    }
}

fn session(environment: &Environment, bytes: &[u8], threads: usize) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(threads)?
        // Waiting threads would take the cores from rayon between tiles.
        .with_intra_op_spinning(false)?
        // Memory planned before the run keeps all tensors of a tile at once.
        .with_memory_pattern(false)?
        // Every failure comes back as an error; a library prints nothing.
        .with_log_level(LogLevel::Fatal)?
        .commit_from_memory(bytes)
}

fn port(outlet: &Outlet) -> Port {
    let shape = outlet.dtype().tensor_shape();
    Port {
        name: outlet.name().to_owned(),
        is_f32: outlet.dtype().tensor_type() == Some(TensorElementType::Float32),
        shape: shape.map(|shape| shape.iter().map(|extent| usize::try_from(*extent).ok()).collect()),
    }
}

/// The library and its name.
pub(super) fn start_library(installation: &Installation) -> Result<(Environment, String), ModelError> {
    Ok((environment(installation)?, format!("ONNX Runtime {VERSION}, f32")))
}

fn environment(installation: &Installation) -> Result<Environment, ModelError> {
    let mut started = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*started {
        return Ok(environment.clone());
    }
    let library = verified(&installation.folder)?;
    let failed = |reason: String| ModelError::Runtime { reason: format!("{} cannot be started: {reason}", brief(&library)) };
    // With a path, and a file of this path, `ort` loads just that; without it would search, and panic where it finds nothing.
    let builder = ort::init_from(&library).map_err(|error| failed(super::words(error)))?;
    let environment = builder.with_telemetry(false).build().map_err(|error| failed(super::words(error)))?;
    environment.set_log_level(LogLevel::Fatal);
    *started = Some(environment.clone());
    Ok(environment)
}

/// The file of this platform's build, when it is that build.
fn verified(folder: &Path) -> Result<PathBuf, ModelError> {
    use std::env::consts::{ARCH, OS};
    let refused = |reason: String| ModelError::Runtime { reason };
    let Some(build) = BUILDS.iter().find(|build| (build.os, build.architecture) == (OS, ARCH)) else {
        return Err(refused(format!("no build of ONNX Runtime {VERSION} was tested on {OS} {ARCH}; accepted: linux x86_64")));
    };
    let path = folder.join("onnxruntime").join(build.file);
    let remedy = "`. scripts/setup.sh && stage_onnxruntime` in the source puts it there";
    let bytes = std::fs::read(&path).map_err(|error| {
        refused(format!("ONNX Runtime {VERSION} is expected as {} beside libbonemuscle: {error}; {remedy}", brief(&path)))
    })?;
    let found = sha256(&bytes);
    if found != build.sha256 {
        return Err(refused(format!(
            "{} is not the ONNX Runtime {VERSION} that was tested: its SHA-256 is {found}, expected is {}; {remedy}",
            brief(&path),
            build.sha256
        )));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tested_file_is_loaded() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = verified(folder.path()).expect_err("there is none").to_string();
        let place = folder.path().join("onnxruntime/libonnxruntime.so.1.28.0");
        let expected = "as onnxruntime/libonnxruntime.so.1.28.0 beside libbonemuscle";
        assert!(missing.contains(expected) && missing.contains("scripts/setup.sh"), "{missing}");
        assert!(!missing.contains(&folder.path().display().to_string()), "{missing}");
        std::fs::create_dir(folder.path().join("onnxruntime")).expect("a folder");
        std::fs::write(&place, "another library").expect("a file");
        let other = verified(folder.path()).expect_err("another file").to_string();
        // sha256sum of the text.
        assert!(other.contains("8450b4c5fbdac3a99d72a55131e8e20cc2ba850333c64a30c244a392f543b058"), "{other}");
    }
}
