//! From the bodies into the arches.

use super::classes::{Classes, Role};
use crate::geometry::Index;
use crate::geometry::connected::face_neighbours;
use ndarray::Array3;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A step between voxels to which the network gives different levels counts as many: where it divides the arches well, as it does
/// between facets that touch, they are divided there.
const CHANGE: f64 = 5.0;
/// No part of a vertebra is farther from its body, in millimetres, changes of level included.
const LARGEST_DISTANCE: f64 = 120.0;

/// Every voxel of the column is given the seed that is nearest through the column.
pub(super) fn grow(classes: &Classes<'_>, seeds: Array3<u8>) -> Array3<u8> {
    let spacing = classes.grid().spacing();
    let shape = classes.grid().shape;
    let mut distances = Array3::from_elem(seeds.raw_dim(), u32::MAX);
    let mut numbers = seeds;
    let mut front: BinaryHeap<Reverse<(u32, Index)>> = BinaryHeap::new();
    for (index, _) in numbers.indexed_iter().filter(|(_, number)| **number > 0) {
        distances[index] = 0;
        front.push(Reverse((0, index.into())));
    }
    while let Some(Reverse((distance, here))) = front.pop() {
        if distance > distances[here] {
            continue;
        }
        for there in face_neighbours(here, shape).flatten() {
            if !matches!(classes.role(there), Role::Vertebra(_)) {
                continue;
            }
            let along = (0..3).find(|axis| here[*axis] != there[*axis]).unwrap_or(0);
            let factor = if classes.map[here] == classes.map[there] { 1.0 } else { CHANGE };
            let further = distance.saturating_add(micrometres(spacing[along] * factor));
            if further < distances[there] && further <= micrometres(LARGEST_DISTANCE) {
                distances[there] = further;
                numbers[there] = numbers[here];
                front.push(Reverse((further, there)));
            }
        }
    }
    numbers
}

fn micrometres(millimetres: f64) -> u32 {
    (millimetres * 1000.0) as u32
}
