//! Networks whose answers are known, shown to the window.

use super::*;
use crate::geometry::Grid;
use crate::segmentation::model::manifest::{Class, Dropout, DropoutInput};
use crate::segmentation::model::{dropout, prepare};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Gives logits by class, input, place in the tile, and the first mask's first value.
struct Known<'a, F> {
    logit: F,
    classes: usize,
    shown: &'a AtomicUsize,
    logits: Vec<f32>,
}

impl<F: Fn(usize, f32, Index, f32) -> f32 + Send> Network for Known<'_, F> {
    fn run(&mut self, inputs: &[&[f32]]) -> Result<(), ModelError> {
        self.shown.fetch_add(1, Ordering::SeqCst);
        let tile = inputs[0];
        let mask = inputs.get(1).map_or(1.0, |mask| mask[0]);
        let mut logits = Vec::new();
        for class in 0..self.classes {
            let place = |voxel: usize| [voxel / 64, voxel / 8 % 8, voxel % 8];
            logits.extend(tile.iter().enumerate().map(|(voxel, input)| (self.logit)(class, *input, place(voxel), mask)));
        }
        self.logits = logits;
        Ok(())
    }

    fn output(&self, _: usize) -> &[f32] {
        &self.logits
    }

    fn output_mut(&mut self, _: usize) -> &mut [f32] {
        &mut self.logits
    }
}

fn manifest(classes: usize, mirror_axes: &[usize]) -> Manifest {
    let class = |class: usize| Class { name: class.to_string(), structure: None, side: crate::anatomy::Side::None };
    let classes = (0..classes).map(class).collect();
    Manifest { classes, mirror_axes: mirror_axes.to_vec(), ..prepare::tests::manifest("SPL", [1.0; 3]) }
}

fn with_dropout(classes: usize, mirror_axes: &[usize]) -> Manifest {
    let inputs = vec![DropoutInput { name: "mask".to_owned(), channels: 1 }];
    Manifest { dropout: Some(Dropout { rate: 0.5, inputs, passes: 6 }), ..manifest(classes, mirror_axes) }
}

fn prepared(shape: Index, input: impl Fn(Index) -> f32) -> Prepared<'static> {
    let steps = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
    let image = Array3::from_shape_fn(shape, |(i, j, k)| input([i, j, k]));
    Prepared { grid: Grid { shape, origin: [0.0; 3], steps }, image: Image::Resampled(image) }
}

fn pattern([i, j, k]: Index) -> f32 {
    ((7 * i + 5 * j + 3 * k).pow(2) % 101) as f32 / 16.0 - 2.5
}

/// Shows `prepared` to the network that `logit` is; gives the prediction and how often it was asked.
fn show(
    prepared: &Prepared<'_>,
    manifest: &Manifest,
    threads: usize,
    settings: &ModelSettings,
    logit: impl Fn(usize, f32, Index, f32) -> f32 + Send + Copy + 'static,
) -> (Result<Prediction, ModelError>, usize) {
    static SHOWN: [AtomicUsize; 64] = [const { AtomicUsize::new(0) }; 64];
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let shown = &SHOWN[NEXT.fetch_add(1, Ordering::SeqCst)];
    let classes = manifest.classes.len();
    let make =
        |_, _| -> Result<Box<dyn Network>, ModelError> { Ok(Box::new(Known { logit, classes, shown, logits: Vec::new() })) };
    let networks = Networks { make: &make, folds: 1, most_copies: threads, threads };
    let found = slide(prepared, manifest, &networks, settings, Progress::silent());
    (found, shown.load(Ordering::SeqCst))
}

/// `(class + 1) * input + class * (i + 2j - 3k) / 8`, so that blending and mirroring matter.
fn by_place(class: usize, input: f32, [i, j, k]: Index, _: f32) -> f32 {
    (class + 1) as f32 * input + class as f32 * (i as f32 + 2.0 * j as f32 - 3.0 * k as f32) / 8.0
}

/// What `nnUNetPredictor(tile_step_size=0.5, use_gaussian=True, ...).predict_sliding_window_return_logits` of nnunetv2 gives for a
/// torch module that computes [`by_place`], on [`pattern`]: five logits and the sum of all.
#[test]
fn scores_are_nnunets_to_the_bit() {
    const AT: [[usize; 4]; 5] = [[0, 0, 0, 0], [1, 3, 2, 5], [2, 4, 8, 12], [2, 2, 4, 6], [1, 0, 7, 9]];
    let five = |prediction: &Prediction| AT.map(|at| prediction.scores[at].to_f64());
    let sum = |prediction: &Prediction| prediction.scores.iter().map(|score| score.to_f64()).sum::<f64>();
    let settings = ModelSettings::default();
    let image = prepared([11, 9, 13], pattern);
    let (plain, shown) = show(&image, &manifest(3, &[]), 1, &settings, by_place);
    let plain = plain.unwrap();
    assert_eq!(five(&plain), [-2.666015625, 6.35546875, -6.5703125, 6.28125, -4.2421875]);
    assert_eq!((sum(&plain), shown, plain.passes), (4785.668006896973, 12, 0));
    let (mirrored, shown) = show(&image, &manifest(3, &[0, 2]), 1, &settings, by_place);
    let mirrored = mirrored.unwrap();
    assert_eq!(five(&mirrored), [-2.666015625, 6.60546875, -4.0625, 7.1875, -3.60546875]);
    assert_eq!((sum(&mirrored), shown), (4997.628555297852, 48));
    // Smaller than a patch: continued by zeros.
    let small = show(&prepared([5, 9, 13], pattern), &manifest(3, &[]), 1, &settings, by_place).0.unwrap();
    assert_eq!(AT.map(|at| small.scores[at].to_f64()), [-2.666015625, 6.484375, -6.3125, 6.5390625, -4.1171875]);
    assert_eq!(sum(&small), 2849.4014587402344);
}

#[test]
fn any_number_of_workers_gives_the_same_bits() {
    let image = prepared([20, 17, 13], pattern);
    let of = |threads| show(&image, &manifest(3, &[1]), threads, &ModelSettings::default(), by_place).0.unwrap().scores;
    let alone = of(1);
    for threads in [2, 3, 4] {
        assert_eq!(of(threads), alone);
    }
}

/// The logit of class 1 is the mask's value times the input, of class 0 nothing; the image is 1 everywhere.
fn by_mask(class: usize, input: f32, _: Index, mask: f32) -> f32 {
    class as f32 * input * mask
}

#[test]
fn passes_give_mean_and_variance_and_the_seed_decides() {
    let image = prepared([9, 9, 9], |_| 1.0);
    let manifest = with_dropout(2, &[0]);
    let settings = ModelSettings { seed: 7, ..ModelSettings::default() };
    let (found, shown) = show(&image, &manifest, 2, &settings, by_mask);
    let found = found.unwrap();
    assert_eq!((found.passes, shown), (6, 6 * 8));
    // Six passes with masks 0 or 2: probabilities 1/2 or 1 / (1 + exp(-2)).
    let masks = dropout::masks(manifest.dropout.as_ref().unwrap(), 7, 6);
    let kept = masks.iter().filter(|mask| mask[0][0] == 2.0).count() as f64;
    assert!((1.0..6.0).contains(&kept), "the seed is to give both");
    let (low, high) = (0.5, 1.0 / (1.0 + (-2.0_f64).exp()));
    let mean = (kept * high + (6.0 - kept) * low) / 6.0;
    let variance = kept * (6.0 - kept) / 36.0 * (high - low).powi(2);
    for score in found.scores.index_axis(ndarray::Axis(0), 1) {
        assert!((score.to_f64() - mean).abs() < 2e-3, "{score} instead of {mean}");
    }
    for found in found.variance.as_ref().unwrap() {
        assert!((f64::from(*found) / variance - 1.0).abs() < 5e-3, "{found} instead of {variance}");
    }
    let again = show(&image, &manifest, 1, &settings, by_mask).0.unwrap();
    assert_eq!((&again.scores, &again.variance), (&found.scores, &found.variance));
    let plain = show(&image, &manifest, 1, &ModelSettings { passes: Some(0), ..settings }, by_mask).0.unwrap();
    assert!((plain.scores[[1, 4, 4, 4]].to_f64() - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 2e-3);
    assert!(plain.variance.is_none() && plain.passes == 0);
}

#[test]
fn air_is_not_shown_and_certain_background_only_twice() {
    // The lower clip is -2000: the first half is air, the second has class 1 nowhere above 0.01.
    let image = prepared([16, 8, 8], |[i, ..]| if i < 8 { -2000.0 } else { 0.0 });
    let settings = ModelSettings { passes: Some(9), ..ModelSettings::default() };
    let never = |class: usize, _: f32, _: Index, _: f32| class as f32 * -5.0;
    let (found, shown) = show(&image, &with_dropout(2, &[]), 1, &settings, never);
    // Tiles begin at 0, 4 and 8.
    assert_eq!(shown, 2 * 2);
    let found = found.unwrap();
    assert_eq!([0, 1].map(|class| found.scores[[class, 0, 0, 0]]), [f16::ONE, f16::ZERO]);
    assert_eq!(found.scores[[0, 0, 4, 4]], f16::ONE);
    assert!((found.scores[[1, 15, 4, 4]].to_f64() - 1.0 / (1.0 + 5.0_f64.exp())).abs() < 1e-5);
    // Models without dropout see everything, as with nnU-Net.
    assert_eq!(show(&image, &manifest(2, &[]), 1, &settings, never).1, 3);
}

#[test]
fn answers_too_large_for_half_precision_are_errors() {
    let image = prepared([8, 8, 8], |_| 1.0);
    let settings = ModelSettings::default();
    let of = |logit: fn(usize, f32, Index, f32) -> f32| show(&image, &manifest(2, &[]), 1, &settings, logit).0;
    assert!(matches!(of(|_, _, _, _| 1e6), Err(ModelError::Run { .. })));
}

#[test]
fn several_networks_are_averaged() {
    static SHOWN: AtomicUsize = AtomicUsize::new(0);
    let make = |fold: usize, _| -> Result<Box<dyn Network>, ModelError> {
        let logit = move |class: usize, input: f32, _: Index, _: f32| class as f32 * (input + 3.0 * fold as f32);
        Ok(Box::new(Known { logit, classes: 2, shown: &SHOWN, logits: Vec::new() }))
    };
    let image = prepared([8, 8, 9], |_| 1.0);
    let networks = Networks { make: &make, folds: 3, most_copies: 2, threads: 2 };
    let found = slide(&image, &manifest(2, &[]), &networks, &ModelSettings::default(), Progress::silent()).unwrap();
    assert!(found.scores.index_axis(ndarray::Axis(0), 1).iter().all(|score| (score.to_f32() - 4.0).abs() < 0.01));
}

/// One tile, nine passes: the host stops after the second, and the third is not begun.
#[test]
fn the_host_can_stop_between_two_passes_of_a_tile() {
    static SHOWN: AtomicUsize = AtomicUsize::new(0);
    let image = prepared([8, 8, 8], |_| 1.0);
    let make = |_, _| -> Result<Box<dyn Network>, ModelError> {
        Ok(Box::new(Known { logit: by_mask, classes: 2, shown: &SHOWN, logits: Vec::new() }))
    };
    let networks = Networks { make: &make, folds: 1, most_copies: 1, threads: 1 };
    let settings = ModelSettings { passes: Some(9), ..ModelSettings::default() };
    let sink = |_: Stage, _: f32| SHOWN.load(Ordering::SeqCst) < 2;
    let found = slide(&image, &with_dropout(2, &[]), &networks, &settings, Progress::new(&sink));
    assert!(matches!(found, Err(ModelError::Cancelled(_))));
    assert_eq!(SHOWN.load(Ordering::SeqCst), 2);
}

#[test]
fn the_whole_work_is_told_of_whatever_was_spared() {
    // A tile of air, one that is background with certainty, and between them one that is shown six times.
    let image = prepared([16, 8, 8], |[i, ..]| if i < 8 { -2000.0 } else { 0.0 });
    for (passes, logit) in [(6, -5.0), (6, 5.0), (0, 5.0)] {
        let told = std::sync::Mutex::new(Vec::new());
        let sink = |_: Stage, share: f32| {
            told.lock().unwrap().push(share);
            true
        };
        let make = |_, _| -> Result<Box<dyn Network>, ModelError> {
            static SHOWN: AtomicUsize = AtomicUsize::new(0);
            let by_class = move |class: usize, _: f32, _: Index, _: f32| class as f32 * logit;
            Ok(Box::new(Known { logit: by_class, classes: 2, shown: &SHOWN, logits: Vec::new() }))
        };
        let networks = Networks { make: &make, folds: 1, most_copies: 1, threads: 1 };
        let settings = ModelSettings { passes: Some(passes), ..ModelSettings::default() };
        slide(&image, &with_dropout(2, &[]), &networks, &settings, Progress::new(&sink)).unwrap();
        let told = told.into_inner().unwrap();
        assert!(told.is_sorted() && told.len() >= 4, "{told:?}");
        // The stage of segmentation lasts from 0.2 to 0.7 of a run.
        let end = 0.2 + 0.5 * SHARE;
        assert!(told.last().is_some_and(|last| (last - end).abs() < 1e-5), "{told:?}");
    }
}

#[test]
fn the_host_hears_of_every_tile_and_can_stop_between_two() {
    static SHOWN: AtomicUsize = AtomicUsize::new(0);
    let image = prepared([8, 8, 24], |_| 1.0);
    let make = |_, _| -> Result<Box<dyn Network>, ModelError> {
        Ok(Box::new(Known { logit: by_mask, classes: 2, shown: &SHOWN, logits: Vec::new() }))
    };
    let networks = Networks { make: &make, folds: 1, most_copies: 1, threads: 1 };
    let heard = AtomicUsize::new(0);
    let sink = |_: Stage, _: f32| heard.fetch_add(1, Ordering::SeqCst) < 2;
    let found = slide(&image, &manifest(2, &[]), &networks, &ModelSettings::default(), Progress::new(&sink));
    assert!(matches!(found, Err(ModelError::Cancelled(_))));
    assert_eq!(heard.load(Ordering::SeqCst), 3, "once at the start, after each of two tiles");
    assert!(SHOWN.load(Ordering::SeqCst) <= 5);
}
