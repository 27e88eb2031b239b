//! Round, even spots in one picture.

use super::slab::Slab;
use crate::geometry::Lps;
use std::f64::consts::PI;

/// Radii that rods of phantoms have, in millimetres.
const RADII: std::ops::RangeInclusive<f64> = 4.0..=15.0;
/// Beyond this much matter below there is a patient, no phantom.
const SEARCHED_BELOW: f32 = 80.0;
/// The same for the centre of a rod: half a phantom and a table.
const MOST_BELOW: f32 = 50.0;
/// Area of the spot by that of the ellipse with the same moments, at least.
const LEAST_ELLIPSE: f64 = 0.88;
/// Ratio of the principal moments, at most: a circle seen at 30 degrees has 1.33.
const MOST_ELONGATED: f64 = 1.5;
/// HU between a rod and what surrounds it.
const LEAST_CONTRAST: f64 = 20.0;
/// What surrounds rods, HU.
const MATRIX: std::ops::RangeInclusive<f64> = -250.0..=300.0;
/// Share of the surrounding ring that must be even: near its edge a phantom ends.
const EVEN_SHARE: f64 = 0.7;
/// More spots than any phantom has; the rest is patient.
const MOST_DISCS: usize = 64;

/// A rod's section, perhaps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disc {
    pub centre: Lps,
    /// Of the circle with the same area, in the slice plane, millimetres.
    pub radius: f64,
    pub hu: f64,
    /// Of what surrounds it.
    pub matrix: f64,
}

/// A connected spot: pixels beyond a level.
struct Spot {
    /// Fractional `[row, column]`.
    centre: [f64; 2],
    radius: f64,
    ellipse: f64,
    elongation: f64,
}

/// Levels between which rods stand out, HU; finer where rods are.
fn levels() -> impl Iterator<Item = f32> {
    let fine = (-6..12).map(|step| step as f32 * 25.0);
    fine.chain((0..9).map(|step| 300.0 + step as f32 * 100.0))
}

/// All discs near the table.
pub(super) fn discs(slab: &Slab) -> Vec<Disc> {
    let searched: Vec<usize> = (0..slab.hu.len()).filter(|pixel| slab.matter_below[*pixel] <= SEARCHED_BELOW).collect();
    let mut found: Vec<(Disc, [f64; 2])> = Vec::new();
    let (mut search, mut refine) = (Flood::new(slab), Flood::new(slab));
    for level in levels() {
        for bright in [true, false] {
            search.round += 1;
            for pixel in &searched {
                if search.seen[*pixel] == search.round || !beyond(slab.hu[*pixel], level, bright) {
                    continue;
                }
                let Some(spot) = search.spot(*pixel, level, bright).filter(Spot::is_round) else { continue };
                let Some((disc, place)) = refine.refine(&spot, bright) else { continue };
                match found.iter().position(|(other, at)| distance(slab, *at, place) < other.radius / 2.0) {
                    Some(known) if contrast(&found[known].0) < contrast(&disc) => found[known] = (disc, place),
                    None if found.len() < MOST_DISCS => found.push((disc, place)),
                    _ => {}
                }
            }
        }
    }
    found.into_iter().map(|(disc, _)| disc).collect()
}

fn contrast(disc: &Disc) -> f64 {
    (disc.hu - disc.matrix).abs()
}

fn beyond(hu: f32, level: f32, bright: bool) -> bool {
    if bright { hu > level } else { hu < level && hu > -300.0 }
}

fn distance(slab: &Slab, a: [f64; 2], b: [f64; 2]) -> f64 {
    ((a[0] - b[0]) * slab.spacing[0]).hypot((a[1] - b[1]) * slab.spacing[1])
}

impl Spot {
    fn is_round(&self) -> bool {
        RADII.contains(&self.radius) && self.ellipse >= LEAST_ELLIPSE && self.elongation <= MOST_ELONGATED
    }
}

/// Collects connected pixels; those of the same round are collected once.
struct Flood<'a> {
    slab: &'a Slab,
    queue: Vec<usize>,
    /// Last round in which a pixel was collected.
    seen: Vec<u32>,
    round: u32,
}

impl<'a> Flood<'a> {
    fn new(slab: &'a Slab) -> Self {
        Flood { slab, queue: Vec::new(), seen: vec![0; slab.hu.len()], round: 0 }
    }

    /// The 4-connected spot around `start`; none where it is too large or too small for a rod.
    fn spot(&mut self, start: usize, level: f32, bright: bool) -> Option<Spot> {
        let [rows, columns] = self.slab.shape;
        self.queue.clear();
        self.queue.push(start);
        self.seen[start] = self.round;
        let mut next = 0;
        while let Some(pixel) = self.queue.get(next).copied() {
            next += 1;
            let (y, x) = (pixel / columns, pixel % columns);
            let neighbours = [
                (y > 0).then(|| pixel - columns),
                (y + 1 < rows).then(|| pixel + columns),
                (x > 0).then(|| pixel - 1),
                (x + 1 < columns).then(|| pixel + 1),
            ];
            for neighbour in neighbours.into_iter().flatten() {
                let searched = self.slab.matter_below[neighbour] <= SEARCHED_BELOW;
                if searched && self.seen[neighbour] != self.round && beyond(self.slab.hu[neighbour], level, bright) {
                    self.seen[neighbour] = self.round;
                    self.queue.push(neighbour);
                }
            }
        }
        self.measure()
    }

    /// Of the pixels in the queue.
    fn measure(&self) -> Option<Spot> {
        let [dy, dx] = self.slab.spacing;
        let columns = self.slab.shape[1];
        let pixels = self.queue.len();
        let area = pixels as f64 * dy * dx;
        if area > PI * RADII.end().powi(2) || area < PI * RADII.start().powi(2) {
            return None;
        }
        let places = || self.queue.iter().map(|pixel| [(pixel / columns) as f64, (pixel % columns) as f64]);
        let mean = |axis: usize| places().map(|place| place[axis]).sum::<f64>() / pixels as f64;
        let centre = [mean(0), mean(1)];
        let (mut yy, mut xx, mut yx) = (0.0, 0.0, 0.0);
        for [y, x] in places() {
            let (y, x) = ((y - centre[0]) * dy, (x - centre[1]) * dx);
            yy += y * y;
            xx += x * x;
            yx += y * x;
        }
        // A pixel is a square, not a point: it adds its own moment.
        let (yy, xx, yx) = (yy / pixels as f64 + dy * dy / 12.0, xx / pixels as f64 + dx * dx / 12.0, yx / pixels as f64);
        let (middle, spread) = ((yy + xx) / 2.0, (((yy - xx) / 2.0).powi(2) + yx * yx).sqrt());
        let (large, small) = (middle + spread, (middle - spread).max(f64::MIN_POSITIVE));
        Some(Spot {
            centre,
            radius: (area / PI).sqrt(),
            ellipse: area / (4.0 * PI * (large * small).sqrt()),
            elongation: large / small,
        })
    }

    /// The spot again, at the level halfway between its inside and its surroundings, if these are as even as a phantom is.
    fn refine(&mut self, spot: &Spot, bright: bool) -> Option<(Disc, [f64; 2])> {
        let (inside, outside) = (self.ring(spot, 0.0, 0.6), self.ring(spot, 1.3, 1.6));
        let (hu, matrix) = (mean(&inside)?, median(outside.iter().copied())?);
        let contrast = if bright { hu - matrix } else { matrix - hu };
        if contrast < LEAST_CONTRAST || !MATRIX.contains(&matrix) {
            return None;
        }
        let allowed = 30.0 + 0.25 * contrast;
        let even = outside.iter().filter(|value| (*value - matrix).abs() <= allowed).count() as f64;
        let sd = (inside.iter().map(|value| (value - hu).powi(2)).sum::<f64>() / inside.len() as f64).sqrt();
        if even < EVEN_SHARE * outside.len() as f64 || sd > 0.6 * allowed {
            return None;
        }
        let columns = self.slab.shape[1];
        let middle = spot.centre[0].round() as usize * columns + spot.centre[1].round() as usize;
        let level = ((hu + matrix) / 2.0) as f32;
        if self.slab.matter_below[middle] > MOST_BELOW || !beyond(self.slab.hu[middle], level, bright) {
            return None;
        }
        self.round += 1;
        let spot = self.spot(middle, level, bright).filter(Spot::is_round)?;
        Some((Disc { centre: self.slab.to_patient(spot.centre), radius: spot.radius, hu, matrix }, spot.centre))
    }

    /// HU of the pixels from `from` to `to` radii away from the centre.
    fn ring(&self, spot: &Spot, from: f64, to: f64) -> Vec<f64> {
        let [dy, dx] = self.slab.spacing;
        let reach = spot.radius * to;
        let around = |centre: f64, spacing: f64| {
            ((centre - reach / spacing).floor() as i64)..=((centre + reach / spacing).ceil() as i64)
        };
        let mut values = Vec::new();
        for y in around(spot.centre[0], dy) {
            for x in around(spot.centre[1], dx) {
                let away = distance(self.slab, spot.centre, [y as f64, x as f64]);
                if (spot.radius * from..=reach).contains(&away) {
                    values.extend(self.slab.get(y, x).map(f64::from));
                }
            }
        }
        values
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The upper one of two.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
