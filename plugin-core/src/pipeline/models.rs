//! Which models there are, and whether they run.

use super::Error;
use crate::segmentation::decomposition::{HipModel, KnownHipModel, known_hip_models, try_hip_model};
use crate::segmentation::{
    Class, EngineState, Installation, KnownModel, LabelError, Model, TrialRun, engine_state, known_models, try_model,
};
use crate::settings::Settings;
use serde::Serialize;
use std::path::PathBuf;

/// Every model that a measurement may name, and what would run it.
#[derive(Debug, Clone, Serialize)]
pub struct ModelList {
    /// The library that runs networks.
    pub engine: EngineState,
    /// Those of CT first, of each kind the reference model.
    pub models: Vec<ListedModel>,
}

/// A model as hosts list it.
#[derive(Debug, Clone, Serialize)]
pub struct ListedModel {
    /// By which settings name it.
    pub name: String,
    /// What it is shown.
    pub kind: ModelKind,
    /// Version of its weights.
    pub version: Option<String>,
    /// One sentence.
    pub description: Option<String>,
    /// Licence of its weights.
    pub licence: Option<String>,
    /// Whom the licence asks to name.
    pub attribution: Vec<String>,
    /// Voxel size of the network's axes in millimetres.
    pub spacing_mm: Option<[f64; 3]>,
    /// Whether it is part of the library.
    pub embedded: bool,
    /// Where it lies, unless it is embedded.
    pub folder: Option<PathBuf>,
    /// Passes with dropout unless settings say otherwise; 0: it gives no uncertainty.
    pub passes: u16,
    /// What its channels mean.
    pub classes: Vec<Class>,
    /// Why it cannot be used; none: it can.
    pub problem: Option<String>,
}

/// What a model is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// A CT, which it labels.
    Ct,
    /// A film of a hip, which it takes apart.
    HipXray,
}

impl From<KnownHipModel> for ListedModel {
    fn from(known: KnownHipModel) -> ListedModel {
        let manifest = known.manifest.as_ref();
        let dropout = manifest.and_then(|manifest| manifest.decomposition.dropout.as_ref());
        ListedModel {
            version: manifest.map(|manifest| manifest.version.clone()),
            description: manifest.map(|manifest| manifest.description.clone()),
            licence: manifest.map(|manifest| manifest.licence.clone()),
            attribution: manifest.map_or_else(Vec::new, |manifest| manifest.attribution.clone()),
            spacing_mm: None,
            embedded: known.folder.is_none(),
            passes: dropout.map_or(0, |dropout| dropout.passes),
            classes: Vec::new(),
            kind: ModelKind::HipXray,
            name: known.name,
            folder: known.folder,
            problem: known.problem,
        }
    }
}

impl From<KnownModel> for ListedModel {
    fn from(known: KnownModel) -> ListedModel {
        let manifest = known.manifest.as_ref();
        ListedModel {
            version: manifest.map(|manifest| manifest.version.clone()),
            description: manifest.map(|manifest| manifest.description.clone()),
            licence: manifest.map(|manifest| manifest.licence.clone()),
            attribution: manifest.map_or_else(Vec::new, |manifest| manifest.attribution.clone()),
            spacing_mm: manifest.map(|manifest| manifest.spacing_mm),
            embedded: known.folder.is_none(),
            passes: manifest.and_then(|manifest| manifest.dropout.as_ref()).map_or(0, |dropout| dropout.passes),
            classes: manifest.map_or_else(Vec::new, |manifest| manifest.classes.clone()),
            kind: ModelKind::Ct,
            name: known.name,
            folder: known.folder,
            problem: known.problem,
        }
    }
}

/// The reference models and those of the site, those of CT first, and the library that would run them.
pub fn models(settings: &Settings, installation: &Installation) -> ModelList {
    let ct_models = known_models(&settings.site.models).into_iter().map(ListedModel::from);
    let hip_models = known_hip_models(&settings.site.models).into_iter().map(ListedModel::from);
    ModelList { engine: engine_state(installation, &settings.model), models: ct_models.chain(hip_models).collect() }
}

/// A model that ran on one tile.
#[derive(Debug, Clone, Serialize)]
pub struct CheckedModel {
    /// Its name.
    pub name: String,
    /// Version of its weights.
    pub version: String,
    /// SHA-256 of the network, hexadecimal.
    pub sha256: String,
    /// How it ran.
    #[serde(flatten)]
    pub trial: TrialRun,
}

/// Runs the model that `settings` names on one tile of air: that of hip films, where one is named, else that of CT.
pub fn check_model(settings: &Settings, installation: &Installation) -> Result<CheckedModel, Error> {
    if let Some(name) = &settings.xray.model {
        let model = HipModel::choose(Some(name), &settings.site.models).map_err(LabelError::from)?;
        let (engine, seconds_per_tile) = try_hip_model(&model, installation, &settings.model).map_err(LabelError::from)?;
        let HipModel { manifest, sha256, .. } = model;
        let trial = TrialRun { engine, seconds_per_tile };
        return Ok(CheckedModel { name: manifest.name, version: manifest.version, sha256, trial });
    }
    let model = Model::choose(&settings.segmentation, &settings.site.models).map_err(LabelError::from)?;
    let trial = try_model(&model, installation, &settings.model).map_err(LabelError::from)?;
    let Model { manifest, sha256, .. } = model;
    Ok(CheckedModel { name: manifest.name, version: manifest.version, sha256, trial })
}
