//! Dropout masks from a seed.
//!
//! SplitMix64 (Steele 2014, OOPSLA, doi 10.1145/2660193.2660195): with 64-bit arithmetic that wraps around, starting from `s = seed`,
//! every draw is
//!
//! ```text
//! s += 0x9E3779B97F4A7C15; z = s
//! z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
//! z = (z ^ (z >> 27)) * 0x94D049BB133111EB
//! u = ((z ^ (z >> 31)) >> 11) * 2^-53
//! ```
//!
//! One draw per channel: all channels of the first input, of the second, and so on, for pass 0; then for pass 1. A channel is kept
//! where `u >= rate` and then scaled by `1 / (1 - rate)` (computed in `f64`, rounded to `f32`), else it is 0.

use super::manifest::Dropout;
use crate::random::Noise;

/// For every pass, one mask per input.
pub(in crate::segmentation) fn masks(dropout: &Dropout, seed: u64, passes: u16) -> Vec<Vec<Vec<f32>>> {
    let mut draws = Noise::new(seed);
    let scale = (1.0 / (1.0 - dropout.rate)) as f32;
    let mut mask = |channels: usize| (0..channels).map(|_| if draws.uniform() >= dropout.rate { scale } else { 0.0 }).collect();
    (0..passes).map(|_| dropout.inputs.iter().map(|input| mask(input.channels)).collect()).collect()
}

/// Masks that drop nothing.
pub(in crate::segmentation) fn open(dropout: &Dropout) -> Vec<Vec<f32>> {
    dropout.inputs.iter().map(|input| vec![1.0; input.channels]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segmentation::model::manifest::DropoutInput;

    /// Python's: `M = 2**64 - 1`, then the four lines above with `& M` after each sum and product.
    #[test]
    fn draws_are_those_of_python() {
        let mut draws = Noise::new(42);
        let first = [draws.uniform(), draws.uniform(), draws.uniform(), draws.uniform()];
        assert_eq!(first, [0.7415648787718233, 0.1599103928769201, 0.27860113025513866, 0.34419071652363753]);
    }

    /// `[[[1 / (1 - .3) if draw() >= .3 else 0 for channel in range(n)] for n in (5, 3)] for t in range(2)]` from seed 20261.
    #[test]
    fn masks_are_those_of_python() {
        let input = |channels| DropoutInput { name: String::new(), channels };
        let dropout = Dropout { rate: 0.3, inputs: vec![input(5), input(3)], passes: 10 };
        let k = 1.428_571_5;
        let expected = [[vec![0.0, k, k, k, k], vec![k, k, k]], [vec![k, k, 0.0, 0.0, k], vec![k, 0.0, 0.0]]];
        assert_eq!(masks(&dropout, 20261, 2), expected);
        assert_eq!(open(&dropout), [vec![1.0; 5], vec![1.0; 3]]);
    }
}
