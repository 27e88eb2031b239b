//! The trabecular region of a vertebral body: the recipe `trabecular-body/1`.
//!
//! From the mask of a whole vertebra (body and posterior elements). It follows the canonical steps: cut the body off at the
//! posterior wall, fit the end plates, keep the central half of the height, erode 4 mm in plane, leave out the basivertebral
//! vein and focal dense bone. All lengths are millimetres, all positions are voxel centres in LPS.
//!
//! 1. **Component.** `V` is the largest 6-connected component of the mask (the first in `[slice, row, column]` order among
//!    equals), `c` the mean of its voxel centres.
//! 2. **First axis.** Let `A` and `B` be the components of the next vertebra above and below among T12, L1, ..., L5 that is
//!    labelled (the nearest one in that list; levels may be skipped); `s = unit(cA - cB)`, with `c` itself in place of a missing
//!    neighbour; if both are missing `s = (0, 0, 1)`.
//! 3. **Frame.** From an axis `s`: anterior `a = unit(n - (n.s) s)` with `n = (0, -1, 0)`, left `l = s x a`. Local coordinates of a
//!    point `p` are `i = (p - c).s`, `j = (p - c).a`, `k = (p - c).l`. The cell `[i, j, k]` of integers is *in the mask* when the
//!    voxel nearest to `c + i s + j a + k l` (fractional voxel index, `floor(x + 0.5 + 1e-6)` per axis: half-way is beyond,
//!    whatever rounding says) belongs to `V`.
//! 4. **Posterior wall.** On the line of cells `(i, k)` with `|k| <= 4`, from the largest `j` downwards, the first unbroken run of
//!    mask cells goes from `front` to `back` (`front >= back`). Lines without a run, and runs shorter than 10 cells, are left out;
//!    then runs whose `front` is more than 15 below the largest `front` (these are spinous process). `w` is the median of the
//!    `back`s, `f` of the `front`s (lower median for an even count). `depth = f - w + 1`. In the midline the spinal canal ends the
//!    run, so `w` is the posterior wall.
//! 5. **Body.** `P` is the set of mask cells with `j >= w`.
//! 6. **End plates.** For every column `(j, k)` with `w + 4 <= j <= f - 4` and `|k| <= 10`, the longest run of `P` along `i` (the
//!    lowest among equals) goes from `bottom` to `top`. Least squares over these columns give the planes
//!    `top(j, k) = t0 + t1 j + t2 k` and `bottom(j, k) = b0 + b1 j + b2 k`.
//! 7. **Second axis.** `s' = unit(unit(s - t1 a - t2 l) + unit(s - b1 a - b2 l))`. Steps 3 to 6 are repeated once with `s'`; its
//!    frame, `w`, `f`, `depth`, `P` and planes are the final ones.
//! 8. **Core.** A cell of `P` is in the core when every cell of the same `i` at a distance of at most 4 (in `j`, `k`) is in `P`.
//! 9. **Region.** A voxel of `V` with local coordinates `(i, j, k)` is in the region when the cell nearest to it
//!    (`floor(x + 0.5 + 1e-6)`) is in the core, when its relative height
//!    `h = (i - bottom(j, k) + 0.5) / (top(j, k) - bottom(j, k) + 1)` is from 0.25 to 0.75, and when it is not in the channel of the
//!    basivertebral vein: a cylinder of radius 6 along `a` through `k = 0` at half height, reaching 40 % of `depth` from the posterior wall:
//!    `k^2 + (i - (top(j, k) + bottom(j, k)) / 2)^2 <= 36` and `j - (w - 0.5) <= 0.4 depth`.
//! 10. **Focal dense bone.** With the median `m` of the region's HU and `d = 1.4826 x` the median of `|HU - m|`, voxels above
//!     `m + 3 d` are left out (no voxel is when `d = 0`).
//! 11. **Values** over the remaining voxels, at their own HU, not interpolated: mean, median (mean of the two middle values for an
//!     even count), population standard deviation, volume (count times voxel volume).
//! 12. **Densities** over the same voxels, each turned into density by the report's calibration: mean, median, population standard
//!     deviation.
//!
//! Nothing is printed (`BODY_NOT_FOUND`) when `V` extends over more than 250 mm along an axis of the frame, when fewer than 10 runs
//! remain in step 4, when `depth` is not from 15 to 50, when fewer than 50 columns are found in step 6, or when the height
//! `top - bottom + 1` at `j = (w + f) / 2`, `k = 0` is not from 8 to 45; and (`ROI_SMALL`) when less than 2 cm3 remain in step 11.

use super::body::Body;
use crate::anatomy::Structure;
use crate::calibration::Conversion;
use crate::geometry::Grid;
use crate::measure::statistics::{Statistics, statistics, statistics_of};
use crate::report::{Block, GateCode, Quality};
use crate::segmentation::StructureMask;
use crate::units::{Cm3, Hu, MgPerCm3};
use crate::volume::CtVolume;

pub(super) const METHOD: &str = "trabecular-body/1";

/// Below this, mean and median are not trusted (TotalSegmentator's spine report flags less than 2 mL).
const LEAST_REGION: Cm3 = Cm3(2.0);

/// More of the region than this share being left out as focal dense bone is worth a warning.
const NOTABLE_DENSE_SHARE: f64 = 0.05;

/// Threshold above the median for focal dense bone, in robust standard deviations.
const DENSE_DEVIATIONS: f64 = 3.0;

/// Median absolute deviation to standard deviation for a normal distribution.
const MAD_TO_SD: f64 = 1.4826;

/// Steps 9 to 12.
pub(super) struct Trabecular {
    pub attenuation: Statistics,
    /// None without calibration.
    pub density: Option<Statistics<MgPerCm3>>,
    pub volume: Cm3,
    dense_share: f64,
    pub mask: StructureMask,
}

impl Trabecular {
    /// Of the vertebra whose largest component is `component`.
    pub fn measure(
        level: Structure,
        (volume, conversion): (&CtVolume<'_>, Option<&Conversion>),
        component: &StructureMask,
        body: &Body,
    ) -> Result<Trabecular, Block> {
        let grid: &Grid = &volume.grid;
        let mut mask = body.region(component, grid);
        let before = mask.count();
        let dense = drop_dense(volume, &mut mask);
        let remaining = Cm3((before - dense) as f64 * Cm3::from(grid.voxel_volume()).0);
        if remaining < LEAST_REGION {
            return Err(Block {
                code: GateCode::RoiSmall,
                reason: format!(
                    "{}: {:.2} cm3 remain of the trabecular region; at least {:.0} cm3 are needed",
                    level.english(),
                    remaining.0,
                    LEAST_REGION.0
                ),
                found: Some(remaining.0),
            });
        }
        let values: Vec<f32> = mask.indices().map(|index| volume.hu(index)).collect();
        let density = conversion.map(|conversion| {
            let densities = values.iter().map(|hu| conversion.density(Hu(f64::from(*hu))).0 as f32);
            statistics_of(densities.collect(), MgPerCm3)
        });
        let dense_share = dense as f64 / before as f64;
        Ok(Trabecular { attenuation: statistics(values), density, volume: remaining, dense_share, mask })
    }

    /// What is to be said of focal dense bone.
    pub fn quality(&self, level: Structure) -> Option<Quality> {
        let percent = self.dense_share * 100.0;
        (self.dense_share > NOTABLE_DENSE_SHARE).then(|| {
            let message = format!(
                "{}: {percent:.1} % of the trabecular region were left out as focal dense bone (sclerosis or an osteophyte?)",
                level.english(),
            );
            Quality::warning(GateCode::FocalDense, message, Some(percent))
        })
    }
}

/// Step 10; gives the number of voxels left out.
fn drop_dense(volume: &CtVolume<'_>, mask: &mut StructureMask) -> usize {
    let values: Vec<f32> = mask.indices().map(|index| volume.hu(index)).collect();
    if values.is_empty() {
        return 0;
    }
    let median = statistics(values.clone()).median.0;
    let deviation = MAD_TO_SD * statistics(values.iter().map(|hu| (f64::from(*hu) - median).abs() as f32).collect()).median.0;
    if deviation == 0.0 {
        return 0;
    }
    let limit = median + DENSE_DEVIATIONS * deviation;
    let dense: Vec<_> = mask.indices().filter(|index| f64::from(volume.hu(*index)) > limit).collect();
    for index in &dense {
        mask.clear(*index);
    }
    dense.len()
}
