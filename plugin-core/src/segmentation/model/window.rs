//! The sliding window: tiles, Gaussian weights, accumulation, passes.
//!
//! As nnU-Net v2 (`predict_from_raw_data.py`, `sliding_window_prediction.py`): the image is continued to at least one patch
//! ([`tiles`]), every tile is shown plain and mirrored and the logits averaged ([`passes`]), weighted by a Gaussian ([`gaussian`]),
//! summed in the order of tiles in half precision ([`accumulate`]) and divided by the summed weights; several networks' answers are
//! averaged in half precision.
//!
//! Models with dropout inputs are blended as probabilities (softmax) instead, with weights of at least 0.001 (of 10). With passes, the
//! scores are the mean probability of all passes and the variance that of [`Prediction::variance`]. Tiles of nothing but air, at or
//! below the lower clip, are taken for background with certainty and not shown to the network.
//!
//! Several copies of the network work side by side, which is faster than one on many threads; each has its own tile, and tiles are
//! added in their order whoever is first, so that the sums do not depend on how many there are.

mod accumulate;
mod gaussian;
mod ordered;
mod passes;
mod tiles;

use super::prediction::Prediction;
use super::prepare::{Prepared, Protocol, normalised};
use super::runtime::{Engine, Network};
use super::{Manifest, Model, ModelError};
use crate::geometry::Index;
use crate::progress::{Progress, Stage};
use crate::settings::ModelSettings;
use accumulate::Sums;
use half::f16;
use ndarray::{Array3, Array4};
use passes::{Answer, Passes};
use std::sync::{Mutex, PoisonError};
use tiles::Tiles;

/// More copies of a network than this gain nothing: memory, not arithmetic, is then what they wait for.
const MOST_WORKERS: usize = 4;

/// Bytes that all workers together may hold of answers.
const MOST_BYTES: usize = 512 << 20;

/// Answers that one worker has in memory: the sum so far, the pass at hand, one that waits to be added.
const ANSWERS_PER_WORKER: usize = 3;

/// Least weight of a voxel where probabilities are blended, of 10: with nnU-Net's, which reach 6e-8, sums of probabilities at the
/// corners of an image have no digits left in half precision. Logits keep nnU-Net's.
const LEAST_WEIGHT: f32 = 1e-3;

/// Air may be this much above the lower clip, in HU: what rounding leaves of a spline through equal values.
const AIR_HU: f32 = 0.1;

/// Share of the stage that the window takes; the rest is for what follows.
const SHARE: f32 = 0.95;

/// Another copy of network number `.0` that runs on `.1` threads.
type MakeNetwork<'a> = dyn Fn(usize, usize) -> Result<Box<dyn Network>, ModelError> + 'a;

/// Runs the network over the whole image.
pub(super) fn predict(
    prepared: &Prepared,
    model: &Model,
    engine: &Engine,
    settings: &ModelSettings,
    progress: Progress<'_>,
) -> Result<Prediction, ModelError> {
    let all = rayon::current_num_threads();
    let network = |fold: usize, own: usize| engine.network(fold, if engine.shares_threads() { all } else { own });
    slide(prepared, &model.manifest, model.networks.len(), &network, settings, all, progress)
}

fn slide(
    prepared: &Prepared,
    manifest: &Manifest,
    folds: usize,
    network: &MakeNetwork<'_>,
    settings: &ModelSettings,
    threads: usize,
    progress: Progress<'_>,
) -> Result<Prediction, ModelError> {
    let asked = manifest.dropout.as_ref().map_or(0, |dropout| settings.passes.unwrap_or(dropout.passes));
    let passes = Passes::new(manifest, asked, settings.seed);
    let window = Window::new(prepared, manifest, passes);
    let workers = window.workers(threads);
    let mut folded: Option<(Array4<f16>, Option<Array3<f32>>)> = None;
    for fold in 0..folds {
        let networks = (0..workers).map(|_| network(fold, threads / workers)).collect::<Result<Vec<_>, _>>()?;
        let report = |done: f32| progress.report(Stage::Segment, SHARE * (fold as f32 + done) / folds as f32);
        let (scores, variance) = window.run(networks, report)?;
        folded = Some(match folded {
            None => (scores, variance),
            Some((mut sum, mut variances)) => {
                sum.zip_mut_with(&scores, |sum, score| *sum = f16::from_f32(sum.to_f32() + score.to_f32()));
                if let (Some(sum), Some(variance)) = (&mut variances, &variance) {
                    *sum += variance;
                }
                (sum, variances)
            }
        });
    }
    let (mut scores, mut variance) = folded.ok_or_else(|| ModelError::Manifest {
        model: manifest.name.clone(),
        reason: "it names no network; accepted: one or more".to_owned(),
    })?;
    if folds > 1 {
        scores.mapv_inplace(|sum| f16::from_f32(sum.to_f32() / folds as f32));
        variance.iter_mut().for_each(|variance| *variance /= folds as f32);
    }
    Ok(Prediction { grid: prepared.grid.clone(), scores, variance, passes: asked })
}

/// What all networks of a model share.
struct Window<'a> {
    image: &'a Array3<f32>,
    manifest: &'a Manifest,
    passes: Passes,
    tiles: Tiles,
    gaussian: Vec<f32>,
    padding: f32,
    /// Input at or below this is air; none: tiles of air are shown too.
    air: Option<f32>,
}

/// How much each voxel of a tile counts.
fn weights(manifest: &Manifest, passes: &Passes) -> Vec<f32> {
    let mut weights = gaussian::gaussian(manifest.patch);
    if passes.probabilities {
        weights.iter_mut().for_each(|weight| *weight = weight.max(LEAST_WEIGHT));
    }
    weights
}

impl<'a> Window<'a> {
    fn new(prepared: &'a Prepared, manifest: &'a Manifest, passes: Passes) -> Window<'a> {
        let normalisation = &manifest.normalisation;
        Window {
            image: &prepared.image,
            manifest,
            tiles: Tiles::new(prepared.image.dim().into(), manifest),
            gaussian: weights(manifest, &passes),
            padding: Protocol::of(manifest).padding(normalisation),
            air: passes.probabilities.then(|| normalised(normalisation.clip[0] + AIR_HU, normalisation)),
            passes,
        }
    }

    /// How many networks work side by side.
    fn workers(&self, threads: usize) -> usize {
        let answer = self.manifest.classes.len() * self.gaussian.len() * size_of::<f32>();
        let affordable = MOST_BYTES / (ANSWERS_PER_WORKER * answer).max(1);
        threads.min(MOST_WORKERS).min(affordable).min(self.tiles.starts.len()).max(1)
    }

    fn run(
        &self,
        networks: Vec<Box<dyn Network>>,
        report: impl Fn(f32) -> Result<(), crate::progress::Cancelled>,
    ) -> Result<(Array4<f16>, Option<Array3<f32>>), ModelError> {
        let shape: Index = self.image.dim().into();
        let mut sums = Sums::new(self.manifest.classes.len(), self.tiles.padded, self.passes.stochastic);
        let starts = &self.tiles.starts;
        report(0.0)?;
        let workers = networks.into_iter().map(|network| (network, Vec::new())).collect();
        // Answers whose memory is free again: the first touch of fresh memory costs more than what is written there.
        let spare: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());
        let spares = || spare.lock().unwrap_or_else(PoisonError::into_inner);
        let work = |(network, tile): &mut (Box<dyn Network>, Vec<f32>), item: usize| -> Result<Option<Answer>, ModelError> {
            self.tiles.cut(self.image, starts[item], self.padding, tile);
            if self.air.is_some_and(|air| tile.iter().all(|value| *value <= air)) {
                return Ok(None);
            }
            let memory = spares().pop().unwrap_or_default();
            self.passes.run(network.as_mut(), tile, self.tiles.patch, memory).map(Some)
        };
        ordered::in_order(workers, starts.len(), work, |item, answer| {
            sums.add(answer.as_ref(), starts[item], self.tiles.patch, &self.gaussian);
            spares().extend(answer.map(|answer| answer.scores));
            Ok(report((item + 1) as f32 / starts.len() as f32)?)
        })?;
        sums.finish(&self.tiles, shape, self.manifest)
    }
}

#[cfg(test)]
mod tests;
