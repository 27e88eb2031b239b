//! OpenVINO, where its files are installed.

use super::super::error::brief;
use super::super::{Installation, ModelError};
use super::Networks;
use super::signature::{Input, Port, Signature};
use openvino::{
    CompiledModel, Core, DeviceType, ElementType, InferRequest, InferenceError, Node, RwPropertyKey, Shape, Tensor,
};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Folder of the library's files, beside libbonemuscle.
const FOLDER: &str = "openvino";
/// Its C interface; the number of the release follows.
const FILE: &str = "libopenvino_c.so.";

/// OpenVINO with networks.
pub(super) struct Engine<'m> {
    name: String,
    networks: Networks<'m>,
    core: Mutex<Core>,
    /// The network that was compiled to be checked, until it is asked for.
    checked: Mutex<Option<Arc<Compiled>>>,
    /// The networks in use: several requests of one compiled network share its weights and its memory.
    compiled: Mutex<Vec<Weak<Compiled>>>,
}

/// A network that was compiled for a number of threads.
struct Compiled {
    fold: usize,
    threads: usize,
    model: Mutex<CompiledModel>,
}

impl<'m> Engine<'m> {
    pub fn start(networks: Networks<'m>, installation: &Installation, threads: usize) -> Result<Engine<'m>, ModelError> {
        let (core, name) = start_library(installation)?;
        let engine =
            Engine { name, networks, core: Mutex::new(core), checked: Mutex::new(None), compiled: Mutex::new(Vec::new()) };
        let first = engine.compiled(0, threads)?;
        *engine.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
        Ok(engine)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn network(&self, fold: usize, threads: usize) -> Result<Network, ModelError> {
        let compiled = self.compiled(fold, threads)?;
        // From now on the networks in use keep it; when the last of them is dropped, its memory is free for the next fold.
        drop(self.checked.lock().unwrap_or_else(PoisonError::into_inner).take());
        let signature = self.networks.signature.clone();
        let failed = |error| signature.not_loaded(error);
        let request = compiled.model.lock().unwrap_or_else(PoisonError::into_inner).create_infer_request().map_err(failed)?;
        Ok(Network { request, signature, inputs: Vec::new(), answers: Vec::new(), _compiled: compiled })
    }

    fn compiled(&self, fold: usize, threads: usize) -> Result<Arc<Compiled>, ModelError> {
        let mut kept = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|compiled| compiled.strong_count() > 0);
        let known =
            |compiled: &Weak<Compiled>| compiled.upgrade().filter(|known| (known.fold, known.threads) == (fold, threads));
        if let Some(compiled) = kept.iter().find_map(known) {
            return Ok(compiled);
        }
        let model = self.compile(self.networks.bytes(fold)?, threads)?;
        let compiled = Arc::new(Compiled { fold, threads, model: Mutex::new(model) });
        kept.push(Arc::downgrade(&compiled));
        Ok(compiled)
    }

    fn compile(&self, bytes: &[u8], threads: usize) -> Result<CompiledModel, ModelError> {
        let signature = &self.networks.signature;
        let failed = |error| signature.not_loaded(error);
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        let model = core.read_model_from_buffer(bytes, None).map_err(failed)?;
        let (inputs, outputs) = ports(&model).map_err(failed)?;
        signature.check(&inputs, &outputs)?;
        let threads = threads.to_string();
        let properties = [
            // On processors with bf16 its default is bf16, which changes labels.
            (RwPropertyKey::HintInferencePrecision, "f32"),
            (RwPropertyKey::HintPerformanceMode, "LATENCY"),
            (RwPropertyKey::InferenceNumThreads, threads.as_str()),
            // Other processes of the host use the same cores.
            (RwPropertyKey::HintEnableCpuPinning, "NO"),
        ];
        core.set_properties(&DeviceType::CPU, properties).map_err(failed)?;
        core.compile_model(&model, DeviceType::CPU).map_err(failed)
    }
}

/// A request of a compiled network.
pub(super) struct Network {
    request: InferRequest,
    signature: Arc<Signature>,
    /// What the request reads, once it has run.
    inputs: Vec<Tensor>,
    /// Outputs of the last run, where the request writes them.
    answers: Vec<Tensor>,
    /// Outlives the request.
    _compiled: Arc<Compiled>,
}

impl Network {
    /// Gives the request tensors of its own to read.
    fn make_inputs(&mut self, inputs: &[Input<'_>]) -> Result<(), InferenceError> {
        for (name, shape, _) in inputs {
            let extents: Vec<i64> = shape.iter().map(|extent| *extent as i64).collect();
            let tensor = Tensor::new(ElementType::F32, &Shape::new(&extents)?)?;
            self.request.set_tensor(name, &tensor)?;
            self.inputs.push(tensor);
        }
        Ok(())
    }
}

impl super::Network for Network {
    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), ModelError> {
        let signature = self.signature.clone();
        let failed = |error| signature.failed(error);
        self.answers.clear();
        let inputs = signature.inputs(inputs)?;
        if self.inputs.len() != inputs.len() {
            self.inputs.clear();
            self.make_inputs(&inputs).map_err(failed)?;
        }
        for (tensor, (_, _, values)) in self.inputs.iter_mut().zip(&inputs) {
            tensor.get_data_mut::<f32>().map_err(failed)?.copy_from_slice(values);
        }
        self.request.infer().map_err(failed)?;
        let mut answers = Vec::new();
        for (place, name) in signature.outputs().enumerate() {
            let output = self.request.get_tensor(name).map_err(failed)?;
            let shape = output.get_shape().map_err(failed)?;
            signature.check_answer(place, shape.get_dimensions(), output.get_data::<f32>().map_err(failed)?)?;
            answers.push(output);
        }
        self.answers = answers;
        Ok(())
    }

    fn output(&self, place: usize) -> &[f32] {
        self.answers.get(place).and_then(|answer| answer.get_data().ok()).unwrap_or(&[])
    }

    fn output_mut(&mut self, place: usize) -> &mut [f32] {
        self.answers.get_mut(place).and_then(|answer| answer.get_data_mut().ok()).unwrap_or(&mut [])
    }
}

/// The library and its name.
pub(super) fn start_library(installation: &Installation) -> Result<(Core, String), ModelError> {
    let library = found(installation)?;
    let failed = |reason: String| ModelError::Runtime { reason: format!("{} cannot be started: {reason}", brief(&library)) };
    openvino_sys::library::load_from(&library).map_err(|error| failed(super::words(error)))?;
    let core = Core::new().map_err(|error| failed(super::words(error)))?;
    let version = openvino::version().build_number;
    let version = version.split('-').next().unwrap_or_default();
    Ok((core, format!("OpenVINO {version}, f32")))
}

/// Whether the folder of its files is there, whatever is in it.
pub(super) fn is_installed(installation: &Installation) -> bool {
    installation.folder.join(FOLDER).is_dir()
}

fn found(installation: &Installation) -> Result<PathBuf, ModelError> {
    let folder = installation.folder.join(FOLDER);
    let refused = |found: &str| ModelError::Runtime {
        reason: format!(
            "OpenVINO is expected as {FOLDER}/{FILE}* beside libbonemuscle: {found}; `BONEMUSCLE_OPENVINO=1 scripts/demo.sh` in the source puts it there"
        ),
    };
    let entries = std::fs::read_dir(&folder).map_err(|error| refused(&error.to_string()))?;
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FILE));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(named).collect();
    match (files.pop(), files.len()) {
        (Some(file), 0) => Ok(file),
        (None, _) => Err(refused("there is none")),
        (Some(_), others) => Err(refused(&format!("there are {} of them", others + 1))),
    }
}

fn ports(model: &openvino::Model) -> Result<(Vec<Port>, Vec<Port>), openvino::InferenceError> {
    let inputs = (0..model.get_inputs_len()?).map(|index| port(&model.get_input_by_index(index)?)).collect::<Result<_, _>>()?;
    let outputs =
        (0..model.get_outputs_len()?).map(|index| port(&model.get_output_by_index(index)?)).collect::<Result<_, _>>()?;
    Ok((inputs, outputs))
}

fn port(node: &Node) -> Result<Port, openvino::InferenceError> {
    let shape = node.get_partial_shape()?;
    let is_ranked = !shape.get_dimensions().is_empty();
    let extents = shape.get_dimensions().iter().map(|extent| match extent.is_dynamic() {
        true => None,
        false => usize::try_from(extent.get_max()).ok(),
    });
    Ok(Port {
        name: node.get_name()?,
        is_f32: node.get_element_type()? == ElementType::F32,
        shape: is_ranked.then(|| extents.collect()),
    })
}
