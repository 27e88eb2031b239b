//! A film of a hip taken apart by two networks: where the hips are, and what lies along each ray through one.
//!
//! ```text
//! film -letterboxed-> locator -> view, centres of the femoral heads
//!      -a crop about each, as a left hip-> decomposition, T passes with dropout -> images of density, thickness, lean mass, regions
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`manifest`] | `manifest.json`: what the networks expect and what their images mean |
//! | [`folder`] | finding, listing and verifying model folders; the embedded model |
//! | [`locator`] | the view, and the centres of the femoral heads on the film |
//! | [`images`] | the passes, in units |
//!
//! The idea of going by an image of the proximal femur alone is BMD-GAN's (Gu 2022, arXiv 2207.03210), that of an image per muscle
//! MSKdeX's (Gu 2023, arXiv 2305.19920).

mod folder;
mod images;
mod locator;
mod manifest;
#[cfg(test)]
mod tests;

pub use folder::{HipModel, KnownHipModel, known_hip_models};
pub use images::{Decomposed, Images};
pub use locator::{Head, Located};
pub use manifest::{Channel, ChannelKind, Errors, HipManifest, Line, SCHEMA, Subject};

use super::LabelOrigin;
use super::film::{Attenuation, Crop, CropShape, Orientation, Scale, whole_film};
use super::model::{Installation, ModelError, dropout, runtime};
use crate::progress::Progress;
use crate::settings::ModelSettings;
use runtime::{Network, Networks, Promise, Signature, with_masks};
use std::sync::Arc;

/// Two-dimensional convolutions of ONNX Runtime round differently on other numbers of threads; one is quick enough.
const THREADS: usize = 1;

/// Both networks of a model, loaded.
pub struct HipNetworks<'m> {
    model: &'m HipModel,
    locator: Box<dyn Network>,
    decomposition: Box<dyn Network>,
    engine: String,
    passes: u16,
    seed: u64,
}

impl<'m> HipNetworks<'m> {
    /// Loads both networks.
    pub fn load(model: &'m HipModel, installation: &Installation, settings: &ModelSettings) -> Result<Self, ModelError> {
        let start = |file: &'m [u8], signature| {
            runtime::start(
                Networks { files: vec![file], signature: Arc::new(signature), stem: None },
                installation,
                settings,
                THREADS,
            )
        };
        let locator = start(&model.locator, locator_signature(&model.manifest))?.network(0, THREADS)?;
        let engine = start(&model.decomposition, decomposition_signature(&model.manifest))?;
        let decomposition = engine.network(0, THREADS)?;
        let usual = model.manifest.decomposition.dropout.as_ref().map(|dropout| dropout.passes);
        let passes = usual.map_or(0, |usual| settings.passes.unwrap_or(usual));
        Ok(HipNetworks { model, locator, decomposition, engine: engine.name().to_owned(), passes, seed: settings.seed })
    }

    /// What the film shows, and where the heads of the femora lie on it.
    pub fn locate(&mut self, film: &Attenuation, orientation: Orientation, scale: &Scale) -> Result<Located, ModelError> {
        let manifest = &self.model.manifest.locator;
        let shown = whole_film(film, orientation, scale, manifest.size, manifest.normalisation.percentiles());
        let masks = manifest.dropout.as_ref().map_or_else(Vec::new, dropout::open);
        self.locator.run(&with_masks(&values(&shown), &masks))?;
        let [heads, views] = [0, 1].map(|place| self.locator.output(place));
        Ok(locator::located(heads, views, manifest, &shown.mapping))
    }

    /// The form of the crops that [`HipNetworks::decompose`] takes.
    pub fn crop_shape(&self) -> CropShape {
        let manifest = &self.model.manifest.decomposition;
        CropShape {
            size: manifest.size,
            pixel_spacing_mm: manifest.pixel_spacing_mm,
            centre: manifest.centre,
            percentiles: manifest.normalisation.percentiles(),
        }
    }

    /// Takes a hip apart; `progress` is told the share of the passes that is done.
    pub fn decompose(
        &mut self,
        crop: &Crop,
        progress: &dyn Fn(f32) -> Result<(), crate::progress::Cancelled>,
    ) -> Result<Decomposed, ModelError> {
        images::decompose(self.decomposition.as_mut(), &self.model.manifest, &values(crop), (self.passes, self.seed), progress)
    }

    /// What made the images, as the report names it.
    pub fn origin(&self) -> LabelOrigin {
        let manifest = &self.model.manifest;
        LabelOrigin::Model {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            sha256: self.model.sha256.clone(),
            manifest_sha256: self.model.manifest_sha256.clone(),
            licence: manifest.licence.clone(),
            engine: self.engine.clone(),
            passes: self.passes,
            dropout: manifest.decomposition.dropout.as_ref().map(|dropout| dropout.rate).filter(|_| self.passes > 0),
            seed: (self.passes > 0).then_some(self.seed),
        }
    }
}

/// Whether both networks load, each shown one empty film; the library that ran them.
pub fn try_hip_model(
    model: &HipModel,
    installation: &Installation,
    settings: &ModelSettings,
) -> Result<(String, f64), ModelError> {
    let mut networks = HipNetworks::load(model, installation, &ModelSettings { passes: Some(0), ..settings.clone() })?;
    let manifest = &model.manifest;
    let began = std::time::Instant::now();
    let empty = |size: [usize; 2]| vec![0.0; size[0] * size[1]];
    let masks = manifest.locator.dropout.as_ref().map_or_else(Vec::new, dropout::open);
    networks.locator.run(&with_masks(&empty(manifest.locator.size), &masks))?;
    let silent = |_| Progress::silent().report(crate::progress::Stage::Segment, 0.0);
    images::decompose(networks.decomposition.as_mut(), manifest, &empty(manifest.decomposition.size), (0, 0), &silent)?;
    Ok((networks.engine, began.elapsed().as_secs_f64()))
}

fn values(crop: &Crop) -> Vec<f32> {
    crop.pixels.iter().copied().collect()
}

fn image(name: &str, channels: usize, [rows, columns]: [usize; 2]) -> Promise {
    Promise { name: name.to_owned(), shape: vec![1, channels, rows, columns] }
}

fn locator_signature(manifest: &HipManifest) -> Signature {
    let locator = &manifest.locator;
    let masks = locator.dropout.as_ref().map_or(&[][..], |dropout| &dropout.inputs);
    let view = Promise { name: locator.outputs.view.clone(), shape: vec![1, locator.views.len()] };
    let outputs = vec![image(&locator.outputs.heads, 2, locator.size), view];
    Signature::new(&manifest.name, vec![image(&locator.input, 1, locator.size)], masks, outputs)
}

fn decomposition_signature(manifest: &HipManifest) -> Signature {
    let network = &manifest.decomposition;
    let masks = network.dropout.as_ref().map_or(&[][..], |dropout| &dropout.inputs);
    let outputs = vec![image(&network.output, network.channels.len(), network.size)];
    Signature::new(&manifest.name, vec![image(&network.input, 1, network.size)], masks, outputs)
}
