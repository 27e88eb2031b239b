//! The same row in one picture after another: rods.

use super::discs::median;
use super::row::Row;
use super::slab::slice_normal;
use crate::geometry::{Lps, add_scaled, dot, norm, subtract, unit};
use crate::volume::CtVolume;

/// Between two pictures rods may run aside, in millimetres: a phantom lies along the table.
const SIDEWAYS: f64 = 4.0;
/// HU by which a rod may change from one picture to the next.
const SAME_HU: f64 = 40.0;
/// Pictures in which a streak may hide a rod.
const MOST_MISSED: usize = 2;
/// Below this length in millimetres the direction of rods is not fitted: they run along the table.
const LEAST_FITTED: f64 = 40.0;
/// Root mean square distance of discs from straight rods, millimetres.
const MOST_CROOKED: f64 = 1.5;

/// Parallel, straight, equal cylinders across the slices.
#[derive(Debug, Clone)]
pub(in crate::calibration) struct Rods {
    /// Where each rod meets z = 0, from one end of the row to the other.
    pub feet: Vec<Lps>,
    /// Of length one, towards the head.
    pub direction: Lps,
    /// Millimetres, at right angles to the direction.
    pub radius: f64,
    /// Median HU of each.
    pub hu: Vec<f64>,
    /// Median HU of what surrounds them.
    pub matrix: f64,
}

/// A row followed over slices.
struct Chain {
    rows: Vec<Row>,
    last_picture: usize,
}

/// Rods from the rows of each picture; those with most discs and length first. A row must be seen in `least` pictures.
pub(super) fn rods(volume: &CtVolume<'_>, pictures: &[Vec<Row>], least: usize) -> Vec<Rods> {
    let mut chains: Vec<Chain> = Vec::new();
    for (picture, rows) in pictures.iter().enumerate() {
        for row in rows {
            let continued = chains.iter_mut().find(|chain| {
                chain.last_picture < picture
                    && picture - chain.last_picture <= 1 + MOST_MISSED
                    && chain.rows.last().is_some_and(|last| continues(last, row, picture - chain.last_picture))
            });
            match continued {
                Some(chain) => {
                    chain.rows.push(row.clone());
                    chain.last_picture = picture;
                }
                None => chains.push(Chain { rows: vec![row.clone()], last_picture: picture }),
            }
        }
    }
    chains.retain(|chain| chain.rows.len() >= least);
    chains.sort_by_key(|chain| std::cmp::Reverse(chain.rows.iter().map(Row::len).sum::<usize>()));
    chains.iter().filter_map(|chain| straight(volume, chain)).collect()
}

fn continues(before: &Row, row: &Row, pictures: usize) -> bool {
    before.len() == row.len()
        && before.iter().zip(row).all(|(a, b)| {
            let [dx, dy, _] = subtract(a.centre, b.centre);
            dx.hypot(dy) <= SIDEWAYS * pictures as f64 && (a.hu - b.hu).abs() <= SAME_HU
        })
}

/// Least squares of parallel lines through the centres, by z.
fn straight(volume: &CtVolume<'_>, chain: &Chain) -> Option<Rods> {
    let count = chain.rows.first()?.len();
    let of_rod = |rod: usize| chain.rows.iter().map(move |row| row[rod].centre);
    let pictures = chain.rows.len() as f64;
    let means: Vec<Lps> =
        (0..count).map(|rod| of_rod(rod).fold([0.0; 3], |sum, centre| add_scaled(sum, centre, 1.0 / pictures))).collect();
    let mut zz = 0.0;
    let mut aside = [0.0; 2];
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    for (rod, mean) in means.iter().enumerate() {
        for centre in of_rod(rod) {
            let [x, y, z] = subtract(centre, *mean);
            zz += z * z;
            aside = [aside[0] + x * z, aside[1] + y * z];
            (lowest, highest) = (lowest.min(z), highest.max(z));
        }
    }
    let slope = if highest - lowest >= LEAST_FITTED { aside.map(|sum| sum / zz) } else { [0.0; 2] };
    let direction = unit([slope[0], slope[1], 1.0]);
    let off = |rod: usize, centre: Lps| {
        let [x, y, z] = subtract(centre, means[rod]);
        (x - slope[0] * z).powi(2) + (y - slope[1] * z).powi(2)
    };
    let squares: f64 =
        (0..count).flat_map(|rod| of_rod(rod).map(move |centre| (rod, centre))).map(|(rod, c)| off(rod, c)).sum();
    if (squares / (pictures * count as f64)).sqrt() > MOST_CROOKED {
        return None;
    }
    let all = || chain.rows.iter().flatten();
    let cosine = dot(direction, slice_normal(volume)).abs();
    Some(Rods {
        feet: means.iter().map(|mean| add_scaled(*mean, [slope[0], slope[1], 1.0], -mean[2])).collect(),
        direction,
        radius: median(all().map(|disc| disc.radius))? * cosine.sqrt(),
        hu: (0..count).map(|rod| median(chain.rows.iter().map(|row| row[rod].hu))).collect::<Option<_>>()?,
        matrix: median(all().map(|disc| disc.matrix))?,
    })
}

impl Rods {
    /// Distances of neighbours, across the rods.
    pub fn gaps(&self) -> Vec<f64> {
        self.feet.windows(2).map(|pair| norm(self.across(subtract(pair[1], pair[0])))).collect()
    }

    /// The part of a displacement that is at right angles to the rods.
    pub fn across(&self, displacement: Lps) -> Lps {
        add_scaled(displacement, self.direction, -dot(displacement, self.direction))
    }

    /// Where the rod through `foot` meets a slice.
    pub fn meets(&self, volume: &CtVolume<'_>, foot: Lps, slice: usize) -> Lps {
        let normal = slice_normal(volume);
        let plane = volume.grid.to_patient([slice as f64, 0.0, 0.0]);
        let along = dot(subtract(plane, foot), normal) / dot(self.direction, normal);
        add_scaled(foot, self.direction, along)
    }
}
