//! The head: step 3 of the recipe, and its figures of quality.

use super::bone::Bone;
use crate::geometry::{Lps, add_scaled, dot, norm, subtract};
use crate::units::Mm;

/// The head and everything above its lower pole lie within this of the top of the bone.
const SEARCHED: Mm = Mm(75.0);
/// Radii of adult femoral heads, with room.
const RADIUS: std::ops::RangeInclusive<f64> = 18.0..=32.0;
const TOLERANCE: Mm = Mm(1.5);
const TRIALS: usize = 4000;
/// Number of points that judge a trial.
const JURY: usize = 2000;
const MOST_REFINEMENTS: usize = 30;
/// Directions in which the head is compared with its sphere.
const DIRECTIONS: usize = 2000;

/// The sphere that stands for the head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sphere {
    pub centre: Lps,
    pub radius: f64,
}

impl Sphere {
    /// The sphere on which most of the upper surface lies; none where no trial gave one of a plausible radius.
    pub fn find(bone: &Bone) -> Option<Sphere> {
        let [top, _] = bone.heights();
        let points = bone.surface_above(top - SEARCHED.0);
        let jury: Vec<Lps> = points.iter().copied().step_by(points.len().div_ceil(JURY).max(1)).collect();
        let mut chance = Chance(1);
        let mut best: Option<(usize, Sphere)> = None;
        for _ in 0..TRIALS {
            let trial = [(); 4].map(|()| chance.pick(&jury));
            let Some(sphere) =
                Sphere::least_squares(trial.into_iter().flatten()).filter(|sphere| RADIUS.contains(&sphere.radius))
            else {
                continue;
            };
            let votes = jury.iter().filter(|point| sphere.holds(**point)).count();
            if best.is_none_or(|(most, _)| votes > most) {
                best = Some((votes, sphere));
            }
        }
        best.and_then(|(_, sphere)| sphere.refined(&points)).filter(|sphere| RADIUS.contains(&sphere.radius))
    }

    fn refined(mut self, points: &[Lps]) -> Option<Sphere> {
        for _ in 0..MOST_REFINEMENTS {
            let next = Sphere::least_squares(points.iter().filter(|point| self.holds(**point)).copied())?;
            let moved = norm(subtract(next.centre, self.centre));
            self = next;
            if moved < 1e-4 {
                break;
            }
        }
        Some(self)
    }

    fn holds(&self, point: Lps) -> bool {
        (norm(subtract(point, self.centre)) - self.radius).abs() <= TOLERANCE.0
    }

    /// Algebraic least squares: `|p|^2 = 2 c.p + k` with `k = r^2 - |c|^2`.
    fn least_squares(points: impl Iterator<Item = Lps> + Clone) -> Option<Sphere> {
        let origin = points.clone().next()?;
        let mut normal = [[0.0; 5]; 4];
        for point in points {
            let p = subtract(point, origin);
            let row = [2.0 * p[0], 2.0 * p[1], 2.0 * p[2], 1.0, dot(p, p)];
            for i in 0..4 {
                for j in 0..5 {
                    normal[i][j] += row[i] * row[j];
                }
            }
        }
        let [x, y, z, k] = solve(normal)?;
        let centre = [x, y, z];
        let radius = (k + dot(centre, centre)).sqrt();
        radius.is_finite().then(|| Sphere { centre: add_scaled(origin, centre, 1.0), radius })
    }

    /// How well the bone keeps to the sphere: the share of directions in which the bone ends within 1.5 mm of it, and the root mean
    /// square of the difference in the half that looks away from `neck`.
    pub fn agreement(&self, bone: &Bone, neck: Lps) -> Agreement {
        let (mut near, mut squares, mut away) = (0, 0.0, 0);
        for direction in directions() {
            let limit = Mm(2.0 * self.radius);
            let difference = bone.exit(self.centre, direction, limit).map_or(self.radius, |end| end - self.radius);
            near += usize::from(difference.abs() <= TOLERANCE.0);
            if dot(direction, neck) <= 0.0 {
                squares += difference * difference;
                away += 1;
            }
        }
        Agreement { cover: 100.0 * near as f64 / DIRECTIONS as f64, rms: (squares / f64::from(away)).sqrt() }
    }
}

/// How well a bone keeps to its sphere.
pub(super) struct Agreement {
    /// Percent.
    pub cover: f64,
    /// Millimetres.
    pub rms: f64,
}

/// Directions spread evenly by the golden angle.
fn directions() -> impl Iterator<Item = Lps> {
    let golden = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
    (0..DIRECTIONS).map(move |i| {
        let z = 1.0 - (2.0 * i as f64 + 1.0) / DIRECTIONS as f64;
        let (sin, cos) = (golden * i as f64).sin_cos();
        let across = (1.0 - z * z).sqrt();
        [across * cos, across * sin, z]
    })
}

/// The linear congruential generator of MMIX (Knuth, The Art of Computer Programming 2, 3.3.4): the same trials in every run.
struct Chance(u64);

impl Chance {
    fn pick(&mut self, points: &[Lps]) -> Option<Lps> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize).checked_rem(points.len()).map(|i| points[i])
    }
}

/// Gauss's elimination with the largest pivot; none for a singular system.
fn solve(mut rows: [[f64; 5]; 4]) -> Option<[f64; 4]> {
    for column in 0..4 {
        let pivot = (column..4).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-9 {
            return None;
        }
        for row in 0..4 {
            if row != column {
                let pivot = rows[column];
                let factor = rows[row][column] / pivot[column];
                for (cell, above) in rows[row].iter_mut().zip(pivot).skip(column) {
                    *cell -= factor * above;
                }
            }
        }
    }
    Some([0, 1, 2, 3].map(|i| rows[i][4] / rows[i][i]))
}
