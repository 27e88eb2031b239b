//! Whether the library that runs networks is there, and whether a model runs.

use super::runtime::{self, Networks};
use super::{Installation, Model, ModelError, dropout};
use crate::settings::ModelSettings;
use serde::Serialize;
use std::time::Instant;

/// The library that runs networks, or why none does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EngineState {
    /// Library, version and precision; none: no network can be run.
    pub name: Option<String>,
    /// Why no network can be run.
    pub problem: Option<String>,
}

/// One tile that ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialRun {
    /// Library, version and precision.
    pub engine: String,
    /// Seconds for the tile, loading left out.
    pub seconds_per_tile: f64,
}

/// The library that would run networks. None is loaded: hosts ask this often.
pub fn engine_state(installation: &Installation, settings: &ModelSettings) -> EngineState {
    match runtime::library(installation, settings) {
        Ok(name) => EngineState { name: Some(name), problem: None },
        Err(error) => EngineState { name: None, problem: Some(error.to_string()) },
    }
}

/// Loads every network of `model` and runs it on one tile, without dropout.
pub fn try_model(model: &Model, installation: &Installation, settings: &ModelSettings) -> Result<TrialRun, ModelError> {
    let manifest = &model.manifest;
    let engine = runtime::start(Networks::of(model), installation, settings, rayon::current_num_threads())?;
    let tile = vec![0.0; manifest.patch.iter().product()];
    let masks = manifest.dropout.as_ref().map_or_else(Vec::new, dropout::open);
    let mut seconds = 0.0;
    for fold in 0..model.networks.len() {
        let mut network = engine.network(fold, rayon::current_num_threads())?;
        let began = Instant::now();
        network.run(&runtime::with_masks(&tile, &masks))?;
        seconds += began.elapsed().as_secs_f64();
    }
    Ok(TrialRun { engine: engine.name().to_owned(), seconds_per_tile: seconds })
}
