//! Heights of a vertebral body, and what their loss means: the recipe `body-heights/1`.
//!
//! In the final frame of [`super::trabecular`], with its `P`, `w`, `f` and `depth`: every column `(j, k)` with `|k| <= 5` has the
//! height `top - bottom + 1` of its longest run of `P` along `i` (the lowest among equals); columns without one are left out. The
//! heights follow the bone itself, not the fitted end plates, which are flat where a fractured vertebra is not.
//!
//! * **Posterior:** the least-squares line of height over `j` through the columns with `w + 3 <= j <= w + floor(depth / 3)`, at
//!   `j = w - 0.5`.
//! * **Anterior:** the same through `f - floor(depth / 3) <= j <= f - 3`, at `j = f + 0.5`.
//! * **Middle:** the mean of the columns with `|j - (w + f) / 2| <= 2.5`.
//!
//! Lines, since a mean over a third of the depth would see only two thirds of a wedge. A height that has no two columns at
//! different `j`, or is not above zero, gives `BODY_NOT_FOUND`.
//!
//! **Ratios:** anterior by posterior, middle by posterior, and posterior by the mean of the posterior heights of the vertebrae
//! directly above and below, of those among L1 to L5 whose heights were measured.
//!
//! **`VERT_FX`:** height is lost where anterior by posterior (wedge) or middle by posterior (biconcave) is below 0.8, or (crush) where
//! posterior *and* anterior height both are below 0.8 of the mean of the neighbours' same heights. Both, since a sound L5 is a wedge
//! that is low at its back; being low at the back alone is therefore no loss.

use super::body::{Body, BodyError, column};
use crate::anatomy::Structure;
use crate::report::{Block, GateCode};
use crate::units::Mm;

pub(super) const METHOD: &str = "body-heights/1";

/// Half width of the field of columns.
const WIDTH: i32 = 5;
/// Columns closer than this to front and wall may miss the bone where it is waisted or rounded.
const MARGIN: i32 = 3;
/// Half depth of the middle.
const MIDDLE: f64 = 2.5;
/// `methods.md` of the design, 6.1: a height ratio below 0.8 is a fracture, which lies at the lower border of Genant's grade 1.
const LEAST_RATIO: f64 = 0.8;

/// Of one vertebral body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heights {
    pub anterior: Mm,
    pub middle: Mm,
    pub posterior: Mm,
}

impl Heights {
    pub fn measure(body: &Body) -> Result<Heights, BodyError> {
        let (wall, front, third) = (body.wall, body.wall + body.depth - 1, body.depth / 3);
        let middle = f64::from(wall + front) / 2.0;
        let posterior = line_at(&columns(body, wall + MARGIN..=wall + third), f64::from(wall) - 0.5);
        let anterior = line_at(&columns(body, front - third..=front - MARGIN), f64::from(front) + 0.5);
        let central = columns(body, (middle - MIDDLE).ceil() as i32..=(middle + MIDDLE).floor() as i32);
        let central =
            (!central.is_empty()).then(|| central.iter().map(|(_, height)| height).sum::<f64>() / central.len() as f64);
        let height = |name, value: Option<f64>| value.filter(|h| *h > 0.0).map(Mm).ok_or(BodyError::NoHeight(name));
        Ok(Heights {
            anterior: height("anterior", anterior)?,
            middle: height("middle", central)?,
            posterior: height("posterior", posterior)?,
        })
    }

    pub fn anterior_ratio(&self) -> f64 {
        self.anterior.0 / self.posterior.0
    }

    pub fn middle_ratio(&self) -> f64 {
        self.middle.0 / self.posterior.0
    }

    /// Posterior height by that of the neighbours; none without neighbours.
    pub fn neighbour_ratio(&self, neighbours: &[Heights]) -> Option<f64> {
        self.ratio_to(neighbours, |heights| heights.posterior.0)
    }

    fn ratio_to(&self, neighbours: &[Heights], height: fn(&Heights) -> f64) -> Option<f64> {
        let mean = neighbours.iter().map(height).sum::<f64>() / neighbours.len() as f64;
        (!neighbours.is_empty()).then(|| height(self) / mean)
    }

    /// Whether the vertebra has lost height.
    pub fn loss(&self, level: Structure, neighbours: &[Heights]) -> Option<Block> {
        let at_back = self.neighbour_ratio(neighbours);
        let at_front = self.ratio_to(neighbours, |heights| heights.anterior.0);
        let crush = at_back.zip(at_front).map(|(back, front)| back.max(front));
        let ratios = [
            ("anterior", "its posterior height", Some(self.anterior_ratio())),
            ("middle", "its posterior height", Some(self.middle_ratio())),
            ("whole", "its neighbours' height", crush),
        ];
        let (height, of, ratio) =
            ratios.into_iter().find_map(|(name, of, ratio)| Some((name, of, ratio.filter(|r| *r < LEAST_RATIO)?)))?;
        Some(Block {
            code: GateCode::VertebralFracture,
            reason: format!(
                "{}: its {height} height is {ratio:.2} of {of}, below {LEAST_RATIO}: a vertebra that lost height is denser than it \
                 was, and only vertebrae of full height are evaluated",
                level.english()
            ),
            found: Some(ratio),
        })
    }
}

/// `(j, height)` of the columns that hold bone.
fn columns(body: &Body, depths: std::ops::RangeInclusive<i32>) -> Vec<(f64, f64)> {
    depths
        .flat_map(|j| (-WIDTH..=WIDTH).map(move |k| (j, k)))
        .filter_map(|(j, k)| column(&body.cells, j, k).map(|(bottom, top)| (f64::from(j), f64::from(top - bottom + 1))))
        .collect()
}

/// Value of the least-squares line at `place`; none when all points stand at one place.
fn line_at(points: &[(f64, f64)], place: f64) -> Option<f64> {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (xx, xy) = points.iter().fold((0.0, 0.0), |(xx, xy), (x, y)| {
        let offset = x - mean_x;
        (xx + offset * offset, xy + offset * (y - mean_y))
    });
    (xx > 0.0).then(|| mean_y + xy / xx * (place - mean_x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(anterior: f64, middle: f64, posterior: f64) -> Heights {
        Heights { anterior: Mm(anterior), middle: Mm(middle), posterior: Mm(posterior) }
    }

    fn found(one: Heights, neighbours: &[Heights]) -> Option<f64> {
        one.loss(Structure::L5, neighbours).and_then(|block| block.found)
    }

    #[test]
    fn a_line_is_continued_and_a_single_place_gives_none() {
        assert_eq!(line_at(&[(1.0, 10.0), (2.0, 12.0), (3.0, 14.0)], 5.0), Some(18.0));
        assert_eq!(line_at(&[(1.0, 10.0), (1.0, 12.0)], 5.0), None);
        assert_eq!(line_at(&[], 5.0), None);
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
    }
}
