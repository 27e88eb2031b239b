//! Labels from a network: the models of a site, exactly as nnU-Net v2 would run them, and the bundled reference model.
//!
//! ```text
//! CT -orient, crop, normalise, resample-> Image -sliding window x Network-> Prediction
//!    -instances-> what each voxel of the network's grid is -restore-> masks on the CT's grid
//! ```
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
//! | [`restore`] | from the network's grid back to the CT's |

pub(super) mod dropout;
mod error;
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
use crate::progress::Progress;
use crate::settings::ModelSettings;
use crate::volume::CtVolume;
use prediction::Prediction;
use runtime::Networks;

/// Labels that `model` gives for `volume`.
///
/// Runs on the calling thread's rayon pool. Between tiles the host is told how far it is and may stop. The same model, volume,
/// settings and engine give the same bits on one processor type; `settings.seed` fixes the dropout masks.
pub fn labels_from_model(
    model: &Model,
    installation: &Installation,
    volume: &CtVolume,
    settings: &ModelSettings,
    progress: Progress<'_>,
) -> Result<Labels, LabelError> {
    let engine = runtime::start(Networks::of(model), installation, settings)?;
    let prepared = prepare::prepare(volume, &model.manifest)?;
    let prediction: Prediction = window::predict(&prepared, model, &engine, settings, progress)?;
    let instances = instances::find(&prediction, &model.manifest, &prepared);
    let masks = restore::masks(&prediction, &instances, volume, &model.manifest, progress)?;
    if masks.is_empty() {
        return Err(LabelError::NothingFound { model: model.manifest.name.clone() });
    }
    let doubts = Doubts {
        structures: prediction.uncertainties(&instances, &model.manifest),
        unchecked: model.manifest.unchecked.clone(),
        caveats: model.manifest.caveats.clone(),
        numbering: instances.numbering,
    };
    let origin = LabelOrigin::Model {
        name: model.manifest.name.clone(),
        version: model.manifest.version.clone(),
        sha256: model.sha256.clone(),
        manifest_sha256: model.manifest_sha256.clone(),
        licence: model.manifest.licence.clone(),
        engine: engine.name().to_owned(),
        passes: prediction.passes,
        dropout: model.manifest.dropout.as_ref().map(|dropout| dropout.rate).filter(|_| prediction.passes > 0),
        seed: (prediction.passes > 0).then_some(settings.seed),
    };
    Ok(Labels { grid: volume.grid.clone(), masks, origin, unknown: Vec::new(), contradictions: Vec::new(), doubts })
}
