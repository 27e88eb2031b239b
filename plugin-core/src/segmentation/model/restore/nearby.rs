//! Which instance a voxel of the CT belongs to.

use super::Groups;
use crate::geometry::Index;
use crate::segmentation::model::instances::Instances;
use crate::segmentation::model::prepare::{Placement, position};
use ndarray::parallel::prelude::*;
use ndarray::{Array3, Axis};

/// Voxels of the network's grid within which the instance of a voxel of the CT is looked for.
const REACH: f64 = 2.0;

/// Turns groups into the instance of the nearest voxel of the network's grid that the group may become (distances in voxels of that
/// grid; the first in the order of its axes of equally near ones), else into 0. Voxels of the group that were left out count as the
/// others do: what lies nearest to them is left out too, or it would grow back beside what stays.
pub(super) fn become_instances(numbers: &mut Array3<u8>, groups: &Groups, instances: &Instances, placement: &Placement) {
    let [a, b, c] = placement.turn.to_ct([0, 1, 2]);
    let numbered = instances.numbers.view().permuted_axes([a, b, c]);
    let classes = instances.classes.view().permuted_axes([a, b, c]);
    let places = [0, 1, 2].map(|axis| places(placement, axis));
    let offsets = offsets();
    numbers.axis_iter_mut(Axis(0)).into_par_iter().zip(&places[0]).for_each(|(mut slice, z)| {
        for (mut row, y) in slice.rows_mut().into_iter().zip(&places[1]) {
            for (number, x) in row.iter_mut().zip(&places[2]).filter(|(number, _)| **number != 0) {
                let group = *number;
                let becomes = groups.becomes.get(usize::from(group)).map_or(&[][..], |becomes| becomes);
                let candidate = |index: Index| match numbered[index] {
                    0 => (groups.of_class.get(usize::from(classes[index])) == Some(&group)).then_some(0),
                    instance => becomes.get(usize::from(instance)).copied().unwrap_or(false).then_some(instance),
                };
                *number = nearest([*z, *y, *x], numbered.dim().into(), &offsets, candidate).unwrap_or(0);
            }
        }
    });
}

/// Fractional voxel of the network along one axis of the CT.
fn places(placement: &Placement, axis: usize) -> Vec<f64> {
    let (ct, network) = (placement.before[axis], placement.after[axis]);
    let place = |i: usize| position(i, network as f64, ct).clamp(0.0, network as f64 - 1.0);
    (0..ct).map(|i| place(if placement.turn.reversed[axis] { ct - 1 - i } else { i })).collect()
}

fn offsets() -> Vec<[i64; 3]> {
    let reach = REACH as i64 + 1;
    let cube = (-reach..=reach).flat_map(|z| (-reach..=reach).flat_map(move |y| (-reach..=reach).map(move |x| [z, y, x])));
    let mut offsets: Vec<[i64; 3]> = cube.collect();
    offsets.sort_by_key(|offset| offset.iter().map(|step| step * step).sum::<i64>());
    offsets
}

/// What `candidate` says of the nearest voxel of which it says anything.
fn nearest(place: [f64; 3], shape: Index, offsets: &[[i64; 3]], candidate: impl Fn(Index) -> Option<u8>) -> Option<u8> {
    let middle = place.map(|x| x.round() as i64);
    let mut best = (REACH * REACH, None);
    for offset in offsets {
        // A voxel at a whole distance d from the rounded place is at least d - sqrt(3)/2 away from the place itself.
        let whole = (offset.iter().map(|step| step * step).sum::<i64>() as f64).sqrt();
        if best.1.is_some() && whole - 0.87 > best.0.sqrt() {
            break;
        }
        let Some(index) = inside([0, 1, 2].map(|axis| middle[axis] + offset[axis]), shape) else { continue };
        let distance: f64 = (0..3).map(|axis| (index[axis] as f64 - place[axis]).powi(2)).sum();
        let nearer = if best.1.is_none() { distance <= best.0 } else { distance < best.0 };
        if nearer && let Some(found) = candidate(index) {
            best = (distance, Some(found));
        }
    }
    best.1
}

fn inside(index: [i64; 3], shape: Index) -> Option<Index> {
    let mut found = [0; 3];
    for axis in 0..3 {
        found[axis] = usize::try_from(index[axis]).ok().filter(|position| *position < shape[axis])?;
    }
    Some(found)
}
