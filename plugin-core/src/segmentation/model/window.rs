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
//! With ONNX Runtime on four threads or more several copies of the network work side by side; each has its own tile, and tiles are
//! added in their order whoever is first, so that the sums do not depend on how many there are.
//!
//! Tiles come in the order of the first axis. Planes that no later tile reaches are finished and leave the sums.

mod accumulate;
mod gaussian;
mod ordered;
mod passes;
mod tiles;

use super::prediction::Prediction;
use super::prepare::{Image, Prepared, Protocol, normalised};
use super::runtime::{Engine, Network};
use super::{Manifest, Model, ModelError};
use crate::geometry::{Grid, Index};
use crate::progress::{Cancelled, Progress, Stage};
use crate::settings::ModelSettings;
pub(super) use accumulate::Planes;
use accumulate::{Said, Sums};
use half::f16;
use ndarray::{Array3, Array4, Axis, Slice};
use passes::{Answer, Passes};
use std::sync::atomic::{AtomicUsize, Ordering};
use tiles::Tiles;

/// Threads of one copy of a network. One copy on two threads is as quick as two on one each, and needs half of their memory; on more
/// threads the steps that a library does on one count for more.
const THREADS_PER_COPY: usize = 2;

/// More copies of a network than this gain nothing: memory, not arithmetic, is then what they wait for.
const MOST_COPIES: usize = 4;

/// Bytes that all copies together may hold of answers.
const MOST_BYTES: usize = 512 << 20;

/// Answers that one copy has in memory: its library's output, and the sum over passes.
const ANSWERS_PER_COPY: usize = 2;

/// Least weight of a voxel where probabilities are blended, of 10: with nnU-Net's, which reach 6e-8, sums of probabilities at the
/// corners of an image have no digits left in half precision. Logits keep nnU-Net's.
const LEAST_WEIGHT: f32 = 1e-3;

/// Air may be this much above the lower clip, in HU: what rounding leaves of a spline through equal values.
const AIR_HU: f32 = 0.1;

/// Share of the stage that the window takes; the rest is for what follows.
const SHARE: f32 = 0.95;

/// Told of finished planes, the first ones first.
pub(super) type Sink<'s> = dyn FnMut(Planes<'_>) -> Result<(), ModelError> + 's;

/// Another copy of network number `.0` that runs on `.1` threads.
type MakeNetwork<'a> = dyn Fn(usize, usize) -> Result<Box<dyn Network>, ModelError> + 'a;

/// The networks of a model.
struct Networks<'a> {
    make: &'a MakeNetwork<'a>,
    /// How many there are, whose answers are averaged.
    folds: usize,
    /// How many copies of each may work side by side.
    most_copies: usize,
    /// Threads for all of them.
    threads: usize,
}

/// Runs all networks over the whole image and keeps what they say.
pub(super) fn predict(
    prepared: &Prepared<'_>,
    model: &Model,
    engine: &Engine,
    settings: &ModelSettings,
    progress: Progress<'_>,
) -> Result<Prediction, ModelError> {
    with_networks(model, engine, |networks| slide(prepared, &model.manifest, networks, settings, progress))
}

/// Runs the first network over the whole image, without dropout, and hands what it says to `sink` as soon as it is finished.
pub(super) fn stream(
    prepared: &Prepared<'_>,
    model: &Model,
    engine: &Engine,
    progress: Progress<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), ModelError> {
    let window = Window::new(prepared, &model.manifest, Passes::new(&model.manifest, 0, 0));
    with_networks(model, engine, |networks| window.run(networks, 0, |done| progress.report(Stage::Segment, SHARE * done), sink))
}

fn with_networks<T>(model: &Model, engine: &Engine, work: impl FnOnce(&Networks<'_>) -> T) -> T {
    let threads = rayon::current_num_threads();
    let most_copies = if engine.shares_threads() { 1 } else { (threads / THREADS_PER_COPY).clamp(1, MOST_COPIES) };
    let make = |fold, threads| engine.network(fold, threads);
    work(&Networks { make: &make, folds: model.networks.len(), most_copies, threads })
}

fn slide(
    prepared: &Prepared<'_>,
    manifest: &Manifest,
    networks: &Networks<'_>,
    settings: &ModelSettings,
    progress: Progress<'_>,
) -> Result<Prediction, ModelError> {
    let passes = manifest.dropout.as_ref().map_or(0, |dropout| settings.passes.unwrap_or(dropout.passes));
    let window = Window::new(prepared, manifest, Passes::new(manifest, passes, settings.seed));
    let mut sum = window.nothing(passes);
    let folds = networks.folds;
    for fold in 0..folds {
        let report = |done: f32| progress.report(Stage::Segment, SHARE * (fold as f32 + done) / folds as f32);
        window.run(networks, fold, report, &mut |planes| {
            add(&mut sum, planes);
            Ok(())
        })?;
    }
    if folds > 1 {
        sum.scores.mapv_inplace(|sum| f16::from_f32(sum.to_f32() / folds as f32));
        sum.variance.iter_mut().for_each(|variance| *variance /= folds as f32);
    }
    Ok(sum)
}

/// Adds finished planes of one network to the sum over networks.
fn add(sum: &mut Prediction, planes: Planes<'_>) {
    let there = Slice::from(planes.first..planes.first + planes.scores.len_of(Axis(1)));
    sum.scores
        .slice_axis_mut(Axis(1), there)
        .zip_mut_with(&planes.scores, |sum, score| *sum = f16::from_f32(sum.to_f32() + score.to_f32()));
    if let (Some(sum), Some(variance)) = (&mut sum.variance, planes.variance) {
        sum.slice_axis_mut(Axis(0), there).zip_mut_with(&variance, |sum, variance| *sum += variance);
    }
}

/// What all networks of a model share.
struct Window<'a, 'v> {
    grid: &'a Grid,
    image: &'a Image<'v>,
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

impl<'a, 'v> Window<'a, 'v> {
    fn new(prepared: &'a Prepared<'v>, manifest: &'a Manifest, passes: Passes) -> Window<'a, 'v> {
        let normalisation = &manifest.normalisation;
        Window {
            grid: &prepared.grid,
            image: &prepared.image,
            manifest,
            tiles: Tiles::new(prepared.image.shape(), manifest),
            gaussian: weights(manifest, &passes),
            padding: Protocol::of(manifest).padding(normalisation),
            air: passes.probabilities.then(|| normalised(normalisation.clip[0] + AIR_HU, normalisation)),
            passes,
        }
    }

    /// A prediction of zeros.
    fn nothing(&self, passes: u16) -> Prediction {
        let [a, b, c] = self.image.shape();
        Prediction {
            grid: self.grid.clone(),
            scores: Array4::from_elem((self.manifest.classes.len(), a, b, c), f16::ZERO),
            variance: self.passes.stochastic.then(|| Array3::zeros((a, b, c))),
            passes,
        }
    }

    /// How many copies of a network work side by side.
    fn copies(&self, most: usize) -> usize {
        let answer = self.manifest.classes.len() * self.gaussian.len() * size_of::<f32>();
        let affordable = MOST_BYTES / (ANSWERS_PER_COPY * answer).max(1);
        most.min(affordable).min(self.tiles.starts.len()).max(1)
    }

    fn run(
        &self,
        networks: &Networks<'_>,
        fold: usize,
        report: impl Fn(f32) -> Result<(), Cancelled> + Sync,
        sink: &mut Sink<'_>,
    ) -> Result<(), ModelError> {
        let copies = self.copies(networks.most_copies);
        let copy =
            |_| Ok(Worker { network: (networks.make)(fold, networks.threads / copies)?, tile: Vec::new(), answer: None });
        let workers = (0..copies).map(copy).collect::<Result<Vec<Worker>, ModelError>>()?;
        let starts = &self.tiles.starts;
        let mut sums = Sums::new(self.manifest.classes.len(), &self.tiles, self.image.shape(), self.passes.stochastic);
        report(0.0)?;
        let showings = Showings { done: AtomicUsize::new(0), all: starts.len() * self.passes.count(), report: &report };
        ordered::in_order(
            workers,
            starts.len(),
            |worker, item| self.show(worker, starts[item], &showings),
            |item, worker| sums.add(worker.said(), starts[item], &self.gaussian, self.manifest, sink),
        )?;
        sums.finish(self.tiles.padded[0], self.manifest, sink)
    }

    /// Shows the tile at `start` to a network, unless it is nothing but air. The host is told of every showing, and may stop after it.
    fn show(&self, worker: &mut Worker, start: Index, showings: &Showings<'_>) -> Result<(), ModelError> {
        let Worker { network, tile, answer } = worker;
        self.tiles.cut(self.image, start, self.padding, tile);
        // The first touch of fresh memory costs more than what is written there.
        let memory = answer.take().map_or_else(Vec::new, |answer| answer.scores);
        let mut left = self.passes.count();
        if !self.air.is_some_and(|air| tile.iter().all(|value| *value <= air)) {
            let mut shown = || {
                left -= 1;
                showings.add(1)
            };
            *answer = Some(self.passes.run(network.as_mut(), tile, self.tiles.patch, memory, &mut shown)?);
        }
        match left {
            0 => Ok(()),
            spared => Ok(showings.add(spared)?),
        }
    }
}

/// How often tiles are shown to a network, each as often as there are passes.
struct Showings<'r> {
    done: AtomicUsize,
    all: usize,
    /// Told the share that is done, from any thread.
    report: &'r (dyn Fn(f32) -> Result<(), Cancelled> + Sync),
}

impl Showings<'_> {
    /// More that are done, or need not be.
    fn add(&self, more: usize) -> Result<(), Cancelled> {
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        (self.report)(done as f32 / self.all as f32)
    }
}

/// A copy of a network, and what it sees and says.
struct Worker {
    network: Box<dyn Network>,
    tile: Vec<f32>,
    /// None: the tile is air.
    answer: Option<Answer>,
}

impl Worker {
    fn said(&self) -> Option<Said<'_>> {
        let Answer { scores, variance } = self.answer.as_ref()?;
        let scores = if scores.is_empty() { self.network.output(0) } else { scores };
        Some(Said { scores, variance })
    }
}

#[cfg(test)]
mod tests;
