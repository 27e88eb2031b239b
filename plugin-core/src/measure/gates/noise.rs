//! How noisy the image is, seen in muscle.
//!
//! The robust standard deviation of the differences between voxels of a muscle and the voxels one slice further, of the same muscle:
//! `1.4826 / sqrt(2)` times the lower median of their absolute values, over all muscles together. Neighbours in the next slice share
//! less of the kernel's smoothing than neighbours in the plane; the median keeps fat between fibres out. The limit is the one at
//! which TotalSegmentator's body statistics call an image noisy.

use crate::anatomy::Kind;
use crate::report::{GateCode, Quality};
use crate::segmentation::{Labels, StructureMask};
use crate::units::Hu;
use crate::volume::CtVolume;
use ndarray::Axis;
use rayon::prelude::*;

const LIMIT: Hu = Hu(85.0);
/// Fewer differences say little.
const LEAST_PAIRS: u64 = 1000;
/// Median absolute value to standard deviation for a normal distribution.
const MEDIAN_TO_SD: f64 = 1.4826;

/// How often each absolute difference of stored values occurs.
type Histogram = Vec<u64>;

pub(super) fn quality(volume: &CtVolume<'_>, labels: &Labels) -> Option<Quality> {
    let noise = measure(volume, labels)?;
    (noise > LIMIT).then(|| {
        Quality::warning(
            GateCode::Noise,
            format!(
                "the noise in muscle is {:.0} HU, more than {:.0} HU: attenuation and density of small regions are uncertain",
                noise.0, LIMIT.0
            ),
            Some(noise.0),
        )
    })
}

fn measure(volume: &CtVolume<'_>, labels: &Labels) -> Option<Hu> {
    let histogram = labels
        .masks
        .par_iter()
        .filter(|mask| mask.structure.kind() == Kind::Muscle)
        .map(|mask| differences(volume, mask))
        .reduce(empty, |mut sum, other| {
            sum.iter_mut().zip(other).for_each(|(sum, count)| *sum += count);
            sum
        });
    let pairs: u64 = histogram.iter().sum();
    if pairs < LEAST_PAIRS {
        return None;
    }
    let mut seen = 0;
    let median = histogram.iter().position(|count| {
        seen += count;
        2 * seen >= pairs
    })?;
    Some(Hu(median as f64 * f64::from(volume.slope).abs() * MEDIAN_TO_SD / 2_f64.sqrt()))
}

fn empty() -> Histogram {
    vec![0; usize::from(u16::MAX) + 1]
}

fn differences(volume: &CtVolume<'_>, mask: &StructureMask) -> Histogram {
    let mut histogram = empty();
    let [z0, y0, x0] = mask.corner;
    let slices: Vec<_> = mask.voxels.axis_iter(Axis(0)).collect();
    for (z, pair) in slices.windows(2).enumerate() {
        for ((y, x), _) in pair[0].indexed_iter().filter(|(place, member)| **member && pair[1][*place]) {
            let stored = |slice: usize| volume.stored[[z0 + slice, y0 + y, x0 + x]];
            histogram[usize::from(stored(z).abs_diff(stored(z + 1)))] += 1;
        }
    }
    histogram
}
