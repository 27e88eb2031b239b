//! Labels from a network: the models of a site, exactly as nnU-Net v2 would run them, and the bundled reference model.
//!
//! ```text
//! CT -orient, crop, normalise, resample-> Image -sliding window x Network-> Prediction
//!    -instances-> what each voxel of the network's grid is -restore-> masks on the CT's grid
//! ```
//!
//! Where nothing but the scores at a voxel decides what it is, planes of the prediction go to `restore` as they are finished.
//!
//! | module | holds |
//! |---|---|
//! | [`manifest`] | `manifest.json`: what a network expects and what its classes are |
//! | [`folder`] | finding, listing and verifying model folders; the embedded reference model |
//! | [`runtime`] | ONNX Runtime and OpenVINO behind one trait |
//! | [`prepare`] | the CT as the network's input |
//! | [`trial`] | whether the library is there and a model runs |
//! | [`window`] | tiles, Gaussian weights, accumulation, passes with dropout |
//! | [`dropout`] | dropout masks from a seed |
//! | [`instances`] | classes to structures and sides: vertebrae counted, sides split, strays left out |
//! | [`prediction`] | what the network said of its grid |
//! | [`restore`] | from the network's grid back to the CT's |
//! | [`error`] | why there are no labels |

pub(super) mod dropout;
pub(super) mod error;
pub(super) mod folder;
mod instances;
pub(super) mod manifest;
mod prediction;
mod prepare;
mod restore;
pub(super) mod runtime;
mod trial;
mod window;

pub use error::ModelError;
pub use folder::{Installation, KnownModel, Model, known_models};
pub use manifest::{Class, Dropout, Manifest, Refinement};
pub use trial::{EngineState, TrialRun, engine_state, try_model};

use super::{Doubts, LabelError, LabelOrigin, Labels};
use crate::anatomy::{Side, Structure};
use crate::progress::{Progress, Stage};
use crate::segmentation::{StructureMask, StructureUncertainty};
use crate::settings::ModelSettings;
use crate::volume::CtVolume;
use prepare::Prepared;
use runtime::{Engine, Networks};
use std::collections::BTreeMap;
use window::Sink;

/// Labels that `model` gives for `volume`.
///
/// Runs on the calling thread's rayon pool. After every pass of a tile the host is told how far it is and may stop. The same model, volume,
/// settings and engine give the same bits on one processor type; `settings.seed` fixes the dropout masks.
pub fn labels_from_model(
    model: &Model,
    installation: &Installation,
    volume: &CtVolume<'_>,
    settings: &ModelSettings,
    progress: Progress<'_>,
) -> Result<Labels, LabelError> {
    let engine = runtime::start(Networks::of(model), installation, settings, rayon::current_num_threads())?;
    let prepared = prepare::prepare(volume, &model.manifest)?;
    let found = if restore::goes_by_planes(model, &prepared.grid, volume)? {
        plane_by_plane(model, &engine, volume, &prepared, progress)?
    } else {
        all_at_once(model, &engine, volume, &prepared, settings, progress)?
    };
    progress.report(Stage::Segment, 1.0)?;
    let Found { masks, structures, numbering, left_out, passes } = found;
    if masks.is_empty() {
        return Err(LabelError::NothingFound { model: model.manifest.name.clone() });
    }
    let manifest = &model.manifest;
    let labels = || masks.iter().map(|mask| (mask.structure, mask.side));
    let is_judged_by_passes =
        |structure: &Structure| manifest.quality.get(structure).is_some_and(|quality| quality.dice.is_some());
    let doubts = Doubts {
        model: Some(format!("{} {}", manifest.name, manifest.version)),
        structures,
        unchecked: labels().filter(|(structure, _)| manifest.unchecked.contains(structure)).collect(),
        without_passes: labels().filter(|(structure, _)| passes == 0 && is_judged_by_passes(structure)).collect(),
        caveats: manifest.caveats.clone(),
        least_age_years: manifest.least_age_years,
        numbering,
        left_out,
        ..Doubts::default()
    };
    let origin = LabelOrigin::Model {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        sha256: model.sha256.clone(),
        manifest_sha256: model.manifest_sha256.clone(),
        licence: manifest.licence.clone(),
        engine: engine.name().to_owned(),
        passes,
        dropout: manifest.dropout.as_ref().map(|dropout| dropout.rate).filter(|_| passes > 0),
        seed: (passes > 0).then_some(settings.seed),
    };
    Ok(Labels { grid: volume.grid.clone(), masks, origin, unknown: Vec::new(), contradictions: Vec::new(), doubts })
}

/// What a model found.
struct Found {
    masks: Vec<StructureMask>,
    structures: BTreeMap<(Structure, Side), StructureUncertainty>,
    numbering: Option<String>,
    left_out: BTreeMap<(Structure, Side), String>,
    passes: u16,
}

/// What each voxel is, is decided as soon as the scores around it are known, and they are not kept.
fn plane_by_plane(
    model: &Model,
    engine: &Engine<'_>,
    volume: &CtVolume<'_>,
    prepared: &Prepared<'_>,
    progress: Progress<'_>,
) -> Result<Found, ModelError> {
    let run = |sink: &mut Sink<'_>| window::stream(prepared, model, engine, progress, sink);
    let masks = restore::masks_by_planes(&prepared.grid, volume, &model.manifest, run)?;
    Ok(Found { masks, structures: BTreeMap::new(), numbering: None, left_out: BTreeMap::new(), passes: 0 })
}

/// Structures are found in all of what the networks say.
fn all_at_once(
    model: &Model,
    engine: &Engine<'_>,
    volume: &CtVolume<'_>,
    prepared: &Prepared<'_>,
    settings: &ModelSettings,
    progress: Progress<'_>,
) -> Result<Found, ModelError> {
    let manifest = &model.manifest;
    let prediction = window::predict(prepared, model, engine, settings, progress)?;
    let instances = instances::find(&prediction, manifest, prepared);
    let masks = restore::masks(&prediction, &instances, volume, manifest, progress)?;
    let structures = prediction.uncertainties(&instances, manifest);
    Ok(Found { masks, structures, numbering: instances.numbering, left_out: instances.left_out, passes: prediction.passes })
}
