//! Heights of a vertebral body, and what their loss means: the recipe `body-heights/1`.
//!
//! In the final frame of [`super::trabecular`], with its `P`, `w`, `f` and `depth`: every column `(j, k)` with `|k| <= 5` has the
//! height `top - bottom + 1` of its longest run of `P` along `i` (the lowest among equals); columns without one are left out. The
//! heights follow the bone itself, not the fitted end plates, which are flat where a fractured vertebra is not.
//!
//! The least-squares parabola of height over `j` through the columns with `w + 3 <= j <= f - 3` gives the **posterior** height at
//! `j = w - 0.5`, the **middle** one at `j = (w + f) / 2` and the **anterior** one at `j = f + 0.5`. A parabola, since it holds a wedge
//! and a biconcave body alike, over the whole depth, since slices cut the end plates into steps that no shorter line can tell from a
//! wedge. A height that is not above zero, or columns at fewer than three different `j`, give `BODY_NOT_FOUND`.
//!
//! **Resolution.** `e = |steps[0].s| + |steps[1].s| + |steps[2].s|` is the extent of a voxel along the vertebra; either end plate may
//! lie half of it higher or lower, so a height may be off by `e`.
//!
//! **Ratios:** anterior by posterior, middle by posterior, and posterior by the mean of the posterior heights of the vertebrae
//! directly above and below, of those among L1 to L5 whose heights were measured. They are withheld (`SLICE_THICK`) when `e > 2.5`:
//! a fifth of a height of 28 mm is 5.6 mm, of which two heights that are off by as much would feign the greater part.
//!
//! **`VERT_FX`:** a height `H` is lost against another `G` when it is below 0.8 of it even if both are off: `H + e < 0.8 (G - e)`. That is
//! asked of anterior against posterior (wedge), of middle against posterior (biconcave), and of posterior *and* anterior both
//! against the means of the neighbours' same heights (crush). Both, since a sound L5 is a wedge that is low at its back; being
//! low at the back alone is therefore no loss.

use super::body::{Body, BodyError, column};
use crate::anatomy::Structure;
use crate::geometry::{Grid, cross, dot};
use crate::report::{Block, GateCode};
use crate::units::Mm;

pub(super) const METHOD: &str = "body-heights/1";

/// Half width of the field of columns.
const WIDTH: i32 = 5;
/// Columns closer than this to front and wall may miss the bone where it is waisted or rounded.
const MARGIN: i32 = 3;
/// TotalSegmentator's spine report flags a difference of more than 0.2; Genant's grade 1 begins there.
const LEAST_RATIO: f64 = 0.8;
/// Voxels higher than this along the vertebra give no ratios.
const COARSEST: Mm = Mm(2.5);

/// Of one vertebral body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heights {
    pub anterior: Mm,
    pub middle: Mm,
    pub posterior: Mm,
    /// By how much each may be off.
    pub resolution: Mm,
}

impl Heights {
    pub fn measure(body: &Body, grid: &Grid) -> Result<Heights, BodyError> {
        let (wall, front) = (body.wall, body.wall + body.depth - 1);
        let middle = f64::from(wall + front) / 2.0;
        // From the middle, so that squares stay small.
        let columns = columns(body, wall + MARGIN..=front - MARGIN).into_iter().map(|(j, height)| (j - middle, height));
        let [at, slope, curvature] = parabola(&columns.collect::<Vec<_>>()).ok_or(BodyError::NoHeights)?;
        let half = f64::from(body.depth) / 2.0;
        let [anterior, middle, posterior] = [half, 0.0, -half].map(|j| Mm(at + slope * j + curvature * j * j));
        match anterior.0.min(middle.0).min(posterior.0) > 0.0 {
            true => Ok(Heights { anterior, middle, posterior, resolution: body.frame.voxel_height(grid) }),
            false => Err(BodyError::NoHeights),
        }
    }

    pub fn anterior_ratio(&self) -> f64 {
        self.anterior.0 / self.posterior.0
    }

    pub fn middle_ratio(&self) -> f64 {
        self.middle.0 / self.posterior.0
    }

    /// Posterior height by that of the neighbours; none without neighbours.
    pub fn neighbour_ratio(&self, neighbours: &[Heights]) -> Option<f64> {
        mean(neighbours, |one| one.posterior).map(|usual| self.posterior.0 / usual)
    }

    /// Whether voxels are too large for ratios.
    pub fn too_coarse(&self) -> Option<Block> {
        (self.resolution > COARSEST).then(|| Block {
            code: GateCode::SliceThick,
            reason: format!(
                "voxels are {:.1} mm high along the vertebra; ratios of its heights need {} mm or less",
                self.resolution.0, COARSEST.0
            ),
            found: Some(self.resolution.0),
        })
    }

    /// Whether the vertebra has lost height.
    pub fn loss(&self, level: Structure, neighbours: &[Heights]) -> Option<Block> {
        let lost = |height: Mm, against: f64| height.0 + self.resolution.0 < LEAST_RATIO * (against - self.resolution.0);
        let usual = |height: fn(&Heights) -> Mm| mean(neighbours, height).unwrap_or(0.0);
        let (at_back, at_front) = (usual(|one| one.posterior), usual(|one| one.anterior));
        let crush = lost(self.posterior, at_back) && lost(self.anterior, at_front);
        let (height, of, ratio) = if lost(self.anterior, self.posterior.0) {
            ("anterior height", "its posterior height", self.anterior_ratio())
        } else if lost(self.middle, self.posterior.0) {
            ("middle height", "its posterior height", self.middle_ratio())
        } else if crush {
            ("posterior height, like its anterior one,", "its neighbours' height", self.posterior.0 / at_back)
        } else {
            return None;
        };
        Some(Block {
            code: GateCode::VertebralFracture,
            reason: format!(
                "{}: its {height} is {ratio:.2} of {of}, below {LEAST_RATIO}: a vertebra that lost height is denser than it was, and \
                 only vertebrae of full height are evaluated",
                level.english()
            ),
            found: Some(ratio),
        })
    }
}

/// None without neighbours.
fn mean(neighbours: &[Heights], height: fn(&Heights) -> Mm) -> Option<f64> {
    (!neighbours.is_empty()).then(|| neighbours.iter().map(|one| height(one).0).sum::<f64>() / neighbours.len() as f64)
}

/// `(j, height)` of the columns that hold bone.
fn columns(body: &Body, depths: std::ops::RangeInclusive<i32>) -> Vec<(f64, f64)> {
    depths
        .flat_map(|j| (-WIDTH..=WIDTH).map(move |k| (j, k)))
        .filter_map(|(j, k)| column(&body.cells, j, k).map(|(bottom, top)| (f64::from(j), f64::from(top - bottom + 1))))
        .collect()
}

/// Coefficients of the least-squares `c0 + c1 x + c2 x^2`; none when the points stand at fewer than three places.
fn parabola(points: &[(f64, f64)]) -> Option<[f64; 3]> {
    let sum = |term: &dyn Fn(f64, f64) -> f64| points.iter().map(|(x, y)| term(*x, *y)).sum::<f64>();
    let power = |exponent: i32| sum(&|x, _| x.powi(exponent));
    let [s0, s1, s2, s3, s4] = [0, 1, 2, 3, 4].map(power);
    let (rows, right) =
        ([[s0, s1, s2], [s1, s2, s3], [s2, s3, s4]], [0, 1, 2].map(|exponent| sum(&|x, y| x.powi(exponent) * y)));
    // Cramer's rule; a determinant is the triple product of the rows.
    let determinant = |rows: [[f64; 3]; 3]| dot(rows[0], cross(rows[1], rows[2]));
    let whole = determinant(rows);
    (whole > 1e-6 * s0 * s2 * s4).then(|| {
        [0, 1, 2].map(|column| {
            let mut replaced = rows;
            for (row, value) in replaced.iter_mut().zip(right) {
                row[column] = value;
            }
            determinant(replaced) / whole
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(anterior: f64, middle: f64, posterior: f64) -> Heights {
        Heights { anterior: Mm(anterior), middle: Mm(middle), posterior: Mm(posterior), resolution: Mm(0.5) }
    }

    fn found(one: Heights, neighbours: &[Heights]) -> Option<f64> {
        one.loss(Structure::L5, neighbours).and_then(|block| block.found)
    }

    #[test]
    fn a_parabola_is_fitted_exactly_and_two_places_give_none() {
        let points: Vec<_> = (-7..=9).map(f64::from).map(|x| (x, 20.0 - 0.3 * x + 0.05 * x * x)).collect();
        let found = parabola(&points).expect("many places");
        assert!(found.iter().zip([20.0, -0.3, 0.05]).all(|(found, expected)| (found - expected).abs() < 1e-9), "{found:?}");
        assert_eq!(parabola(&[(-1.0, 20.0), (2.0, 21.0), (2.0, 22.0)]), None);
        assert_eq!(parabola(&[]), None);
    }

    #[test]
    fn wedge_biconcave_and_crush_are_losses_and_a_sound_l5_is_not() {
        let sound = heights(28.0, 27.0, 28.0);
        assert_eq!(found(heights(21.0, 25.0, 28.0), &[sound]), Some(0.75));
        assert_eq!(found(heights(28.0, 21.0, 28.0), &[sound]), Some(0.75));
        assert_eq!(found(heights(21.0, 21.0, 21.0), &[sound, sound]), Some(0.75));
        assert_eq!(found(heights(21.0, 21.0, 21.0), &[]), None);
        // L5: low at its back only.
        assert_eq!(found(heights(28.0, 25.0, 21.0), &[sound]), None);
        // L1: slightly lower in front.
        assert_eq!(found(heights(25.0, 26.0, 28.0), &[sound]), None);
        // What voxels of 3 mm can feign.
        assert_eq!(found(Heights { resolution: Mm(3.0), ..heights(21.0, 25.0, 28.0) }, &[sound]), None);
    }
}
