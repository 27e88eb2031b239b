//! One tile, shown to a network as often as the model wants.

use crate::geometry::Index;
use crate::progress::Cancelled;
use crate::segmentation::model::runtime::{Network, with_masks};
use crate::segmentation::model::{Manifest, ModelError, dropout};
use std::borrow::Cow;

/// No voxel of a tile with a foreground probability above this in its first passes: the tile is background.
const FOREGROUND: f32 = 0.01;

/// Passes after which a tile may be found to be background.
const FIRST_PASSES: usize = 2;

/// Voxels that are worked on at once, so that they stay in the processor's cache over all classes.
const RUN: usize = 1024;

/// One showing of a tile.
#[derive(Debug)]
struct Pass {
    /// Axes along which the tile is mirrored.
    mirrored: Vec<usize>,
    /// One mask per dropout input.
    masks: Vec<Vec<f32>>,
}

/// How often and how a tile is shown, and what becomes of the answers.
#[derive(Debug)]
pub(super) struct Passes {
    passes: Vec<Pass>,
    /// Whether probabilities are averaged, or logits.
    pub probabilities: bool,
    /// Whether passes differ by dropout, so that their variance means something.
    pub stochastic: bool,
}

/// What a network says of a tile.
#[derive(Debug)]
pub(super) struct Answer {
    /// Mean logits or probabilities of several showings, `[class, voxel]`; empty: it was shown once, and the network holds them.
    pub scores: Vec<f32>,
    /// Per voxel the mean over classes of the variance over passes; empty without dropout.
    pub variance: Vec<f32>,
}

impl Passes {
    /// `dropout` passes with dropout masks; 0: none, but plain and mirrored along every choice of the manifest's axes.
    ///
    /// The masks of pass `t` are the same for all tiles; odd passes see the tile mirrored along the first of the manifest's axes.
    pub fn new(manifest: &Manifest, dropout: u16, seed: u64) -> Passes {
        let Some(inputs) = &manifest.dropout else {
            return Passes { passes: mirrorings(manifest, &[]), probabilities: false, stochastic: false };
        };
        if dropout == 0 {
            return Passes { passes: mirrorings(manifest, &dropout::open(inputs)), probabilities: true, stochastic: false };
        }
        let first_axis: Vec<usize> = manifest.mirror_axes.iter().copied().take(1).collect();
        let pass = |(t, masks)| Pass { mirrored: if t % 2 == 1 { first_axis.clone() } else { Vec::new() }, masks };
        let passes = dropout::masks(inputs, seed, dropout).into_iter().enumerate().map(pass).collect();
        Passes { passes, probabilities: true, stochastic: true }
    }

    /// How often a tile is shown at most.
    pub fn count(&self) -> usize {
        self.passes.len()
    }

    /// Shows `tile` to `network`, and calls `shown` after each time. With dropout, showings end where the first two gave no voxel a foreground probability above 0.01:
    /// its mean is then that of two passes, and no later one could have made it a structure that is believed.
    ///
    /// `scores` is memory that the answer may use.
    pub fn run(
        &self,
        network: &mut dyn Network,
        tile: &[f32],
        patch: Index,
        mut scores: Vec<f32>,
        shown: &mut dyn FnMut() -> Result<(), Cancelled>,
    ) -> Result<Answer, ModelError> {
        let voxels = tile.len();
        let mut squares = vec![0.0; if self.stochastic { voxels } else { 0 }];
        let (mut done, mut foreground) = (0, false);
        scores.clear();
        for pass in &self.passes {
            let mut seen = Cow::Borrowed(tile);
            if !pass.mirrored.is_empty() {
                mirror(seen.to_mut(), patch, &pass.mirrored);
            }
            network.run(&with_masks(&seen, &pass.masks))?;
            shown()?;
            let logits = network.output_mut(0);
            mirror(logits, patch, &pass.mirrored);
            if self.probabilities {
                foreground |= softmax(logits, voxels, &mut squares) > FOREGROUND;
            }
            match done {
                _ if self.passes.len() == 1 => {}
                0 => scores.extend_from_slice(logits),
                _ => scores.iter_mut().zip(&*logits).for_each(|(sum, score)| *sum += score),
            }
            done += 1;
            if self.stochastic && done == FIRST_PASSES && !foreground {
                break;
            }
        }
        if done > 1 {
            scores.iter_mut().for_each(|sum| *sum /= done as f32);
        }
        let variance = variance(squares, &scores, done);
        Ok(Answer { scores, variance })
    }
}

/// Plain, then mirrored along every non-empty choice of the manifest's axes, as nnU-Net.
fn mirrorings(manifest: &Manifest, masks: &[Vec<f32>]) -> Vec<Pass> {
    let axes = &manifest.mirror_axes;
    let chosen = |bits: usize| (0..axes.len()).filter(|place| bits >> place & 1 == 1).map(|place| axes[place]).collect();
    let mut choices: Vec<Vec<usize>> = (0..1_usize << axes.len().min(3)).map(chosen).collect();
    choices.sort_by_key(Vec::len);
    choices.into_iter().map(|mirrored| Pass { mirrored, masks: masks.to_vec() }).collect()
}

/// Reverses `values`, one or more blocks of shape `patch`, along `axes`.
fn mirror(values: &mut [f32], [a, b, c]: Index, axes: &[usize]) {
    for axis in axes {
        // Blocks of `count` runs of `length` values, whose order is reversed.
        let (count, length) = [(a, b * c), (b, c), (c, 1)][*axis];
        for block in values.chunks_exact_mut(count * length) {
            for i in 0..count / 2 {
                let (head, tail) = block.split_at_mut((count - 1 - i) * length);
                head[i * length..(i + 1) * length].swap_with_slice(&mut tail[..length]);
            }
        }
    }
}

/// Logits `[class, voxel]` to probabilities; adds their squares per voxel to `squares` where there is room. Gives the highest
/// probability of any class but the first.
fn softmax(logits: &mut [f32], voxels: usize, squares: &mut [f32]) -> f32 {
    let classes = logits.len() / voxels;
    let mut highest = 0.0_f32;
    let (mut peak, mut sum) = ([0.0_f32; RUN], [0.0_f32; RUN]);
    for start in (0..voxels).step_by(RUN) {
        let run = RUN.min(voxels - start);
        let (peak, sum) = (&mut peak[..run], &mut sum[..run]);
        let place = |class: usize| class * voxels + start..class * voxels + start + run;
        peak.fill(f32::NEG_INFINITY);
        for class in 0..classes {
            peak.iter_mut().zip(&logits[place(class)]).for_each(|(peak, logit)| *peak = peak.max(*logit));
        }
        sum.fill(0.0);
        for class in 0..classes {
            for ((logit, peak), sum) in logits[place(class)].iter_mut().zip(peak.iter()).zip(sum.iter_mut()) {
                *logit = (*logit - peak).exp();
                *sum += *logit;
            }
        }
        for class in 0..classes {
            let values = &mut logits[place(class)];
            values.iter_mut().zip(sum.iter()).for_each(|(value, sum)| *value /= sum);
            if class > 0 {
                highest = values.iter().copied().fold(highest, f32::max);
            }
            if !squares.is_empty() {
                squares[start..start + run].iter_mut().zip(values.iter()).for_each(|(square, value)| *square += value * value);
            }
        }
    }
    highest
}

/// Mean over classes of the variance over passes (Hiasa 2020): `(mean over passes of the sum of squares - sum of squared means) /
/// classes`, where `squares` holds the sums over classes and passes.
fn variance(mut squares: Vec<f32>, means: &[f32], passes: usize) -> Vec<f32> {
    if squares.is_empty() {
        return squares;
    }
    squares.iter_mut().for_each(|square| *square /= passes as f32);
    for means in means.chunks_exact(squares.len()) {
        squares.iter_mut().zip(means).for_each(|(square, mean)| *square -= mean * mean);
    }
    let classes = (means.len() / squares.len()) as f32;
    // Rounding can leave a little less than nothing where all passes agree.
    squares.iter_mut().for_each(|square| *square = square.max(0.0) / classes);
    squares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_is_along_the_named_axes_of_every_block() {
        let mut values: Vec<f32> = (0..24).map(|value| value as f32).collect();
        mirror(&mut values, [2, 3, 2], &[1]);
        assert_eq!(values[..12], [4.0, 5.0, 2.0, 3.0, 0.0, 1.0, 10.0, 11.0, 8.0, 9.0, 6.0, 7.0]);
        assert_eq!(values[12], 16.0);
        mirror(&mut values, [2, 3, 2], &[1, 0, 2]);
        assert_eq!(values[..4], [7.0, 6.0, 9.0, 8.0]);
    }

    #[test]
    fn probabilities_add_up_and_their_variance_is_the_populations() {
        // Two classes, one voxel: logits 0 and ln 3 give 1/4 and 3/4; then the reverse.
        let three = 3.0_f32.ln();
        let mut squares = vec![0.0];
        let (mut first, mut second) = ([0.0, three], [three, 0.0]);
        assert!((softmax(&mut first, 1, &mut squares) - 0.75).abs() < 1e-6);
        assert!((softmax(&mut second, 1, &mut squares) - 0.25).abs() < 1e-6);
        // Each class has the values 1/4 and 3/4, whose population variance is 1/16.
        let found = variance(squares, &[0.5, 0.5], 2);
        assert!((found[0] - 1.0 / 16.0).abs() < 1e-6, "{found:?}");
    }
}
