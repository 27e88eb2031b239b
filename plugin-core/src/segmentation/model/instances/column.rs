//! The vertebral column divided into vertebrae, counted from the sacrum upwards.

use super::axis::BodyAxis;
use super::classes::{Classes, Role};
use super::discs::{Discs, LEAST_EVIDENCE};
use super::grow::grow;
use super::numbering::{self, Numbering};
use crate::anatomy::Structure;
use crate::geometry::{Index, Lps};
use ndarray::Array3;

/// Voxels as near to the line as this share of the bodies' radius belong to the body at their height; the rest follows by growth.
const SEED: f64 = 0.7;
/// Seeds end as far from the middle of a disc, in points of the line: the end plates are left to growth.
const SEED_MARGIN: usize = 2;

/// The vertebrae.
pub(super) struct Column {
    /// Number of the vertebra of each voxel, upwards from 1; 0: none. 255: cut by the field of view, or not a whole vertebra.
    pub vertebrae: Array3<u8>,
    /// Level of each vertebra; none: not measured.
    pub levels: Vec<Option<Structure>>,
    /// Middle of each body.
    pub middles: Vec<Lps>,
    /// Why the numbering is in doubt.
    pub doubt: Option<String>,
}

/// What is left below the lowest and above the highest disc.
const REST: u8 = u8::MAX;

impl Column {
    /// None where no column is seen; `hu` gives the CT number of a voxel.
    pub fn find(classes: &Classes<'_>, hu: impl Fn(Index) -> f64) -> Option<Column> {
        let axis = BodyAxis::find(classes)?;
        let discs = Discs::find(classes, &axis, hu);
        let count = discs.places.len().saturating_sub(1).min(usize::from(REST) - 1);
        let seeds = seeds(classes, &axis, &discs, count);
        let named: Vec<_> = (1..=count).map(|number| shares(classes, &seeds, number as u8)).collect();
        let middles = discs.places.windows(2).take(count).map(|pair| axis.points[usize::midpoint(pair[0], pair[1])]).collect();
        let Numbering { levels, doubt } = numbering::levels(&discs, &named);
        Some(Column { vertebrae: grow(classes, seeds), levels, middles, doubt })
    }
}

/// The inner parts of the bodies.
fn seeds(classes: &Classes<'_>, axis: &BodyAxis, discs: &Discs, count: usize) -> Array3<u8> {
    let mut seeds = Array3::zeros(classes.map.raw_dim());
    for ((i, j, k), class) in classes.map.indexed_iter() {
        if !matches!(classes.roles[usize::from(*class)], Role::Vertebra(_)) {
            continue;
        }
        let (at, distance) = axis.nearest(classes.grid().to_patient([i, j, k].map(|i| i as f64)));
        if distance <= SEED * axis.radius && discs.places.iter().all(|place| place.abs_diff(at) >= SEED_MARGIN) {
            let number = discs.places.partition_point(|place| *place < at);
            seeds[[i, j, k]] = if (1..=count).contains(&number) { number as u8 } else { REST };
        }
    }
    seeds
}

/// The levels that the network gives to a body, with their shares, the largest first.
fn shares(classes: &Classes<'_>, seeds: &Array3<u8>, number: u8) -> Vec<(Option<Structure>, f64)> {
    let mut counts: Vec<(Option<Structure>, f64)> = Vec::new();
    let mut total = 0.0;
    for (index, _) in seeds.indexed_iter().filter(|(_, seed)| **seed == number) {
        let Role::Vertebra(level) = classes.role(index.into()) else { continue };
        total += 1.0;
        match counts.iter_mut().find(|(other, _)| *other == level) {
            Some((_, count)) => *count += 1.0,
            None => counts.push((level, 1.0)),
        }
    }
    counts.sort_by(|a, b| b.1.total_cmp(&a.1));
    counts.into_iter().map(|(level, count)| (level, count / total)).collect()
}

/// Discs whose evidence is weak are in doubt.
pub(super) fn is_clear(evidence: f64) -> bool {
    evidence >= LEAST_EVIDENCE
}
