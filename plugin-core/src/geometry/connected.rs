//! Connected groups of voxels (6-neighbourhood: faces).

use super::Index;
use ndarray::{Array3, ArrayView3};
use std::collections::VecDeque;

/// A voxel of a group; half the memory of [`Index`], for there may be many.
pub(crate) type Place = [u32; 3];

/// The place as an index.
pub(crate) fn index(place: Place) -> Index {
    place.map(|i| i as usize)
}

/// Groups of voxels with the same value, with that value, in the order in which their first voxels stand; voxels with the default
/// value, false or 0, are in none.
pub(crate) fn components<T: Copy + Default + PartialEq>(values: ArrayView3<'_, T>) -> Vec<(T, Vec<Place>)> {
    let groups = gathered(values, |places: &mut Vec<Place>, here| places.push(here.map(|i| i as u32)));
    groups.into_iter().map(|(places, start)| (values[start], places)).collect()
}

/// The largest group of true voxels alone, the first among equals.
pub(crate) fn largest(voxels: ArrayView3<'_, bool>) -> Array3<bool> {
    // Of equals `max_by_key` gives the last.
    let largest = groups(voxels).into_iter().rev().max_by_key(|(count, _)| *count);
    only(voxels, largest.into_iter().map(|(_, start)| start))
}

/// The groups of true voxels that have at least this share of the largest.
pub(crate) fn not_small(voxels: ArrayView3<'_, bool>, share: f64) -> Array3<bool> {
    let groups = groups(voxels);
    let most = groups.iter().map(|(count, _)| *count).max().unwrap_or(0);
    let kept = groups.into_iter().filter(|(count, _)| *count as f64 >= share * most as f64);
    only(voxels, kept.map(|(_, start)| start))
}

/// Size and first voxel of each group of true voxels: without their places, which are many.
fn groups(voxels: ArrayView3<'_, bool>) -> Vec<(usize, Index)> {
    gathered(voxels, |count, _| *count += 1)
}

/// What `add` makes of the voxels of each group, and its first voxel.
fn gathered<T: Copy + Default + PartialEq, G: Default>(
    values: ArrayView3<'_, T>,
    add: impl Fn(&mut G, Index),
) -> Vec<(G, Index)> {
    let mut seen = Array3::from_elem(values.raw_dim(), false);
    let mut groups = Vec::new();
    for (start, value) in values.indexed_iter() {
        if *value != T::default() && !seen[start] {
            let mut group = G::default();
            flood(values, &mut seen, start.into(), |here| add(&mut group, here));
            groups.push((group, start.into()));
        }
    }
    groups
}

/// The groups of these voxels alone.
fn only(voxels: ArrayView3<'_, bool>, starts: impl Iterator<Item = Index>) -> Array3<bool> {
    let mut seen = Array3::from_elem(voxels.raw_dim(), false);
    for start in starts {
        flood(voxels, &mut seen, start, |_| ());
    }
    seen
}

/// Fills what cannot be reached from the sides of the block.
pub(crate) fn fill_cavities(voxels: &mut Array3<bool>) {
    let shape: Index = voxels.dim().into();
    let mut outside = Array3::from_elem(voxels.raw_dim(), false);
    for (start, member) in voxels.indexed_iter() {
        let start: Index = start.into();
        let on_side = (0..3).any(|axis| start[axis] == 0 || start[axis] + 1 == shape[axis]);
        if on_side && !member && !outside[start] {
            flood(voxels.view(), &mut outside, start, |_| ());
        }
    }
    *voxels = outside.mapv(|outside| !outside);
}

/// The six voxels that share a face with `index`; `None` for those outside a block of `shape`.
pub(crate) fn face_neighbours(index: Index, shape: Index) -> impl Iterator<Item = Option<Index>> {
    (0..3).flat_map(move |axis| {
        [-1, 1].into_iter().map(move |step| {
            let mut neighbour = index;
            neighbour[axis] = index[axis].checked_add_signed(step).filter(|position| *position < shape[axis])?;
            Some(neighbour)
        })
    })
}

/// Marks and visits the unseen voxels that hang together with `start` and have its value, the nearest first.
fn flood<T: PartialEq>(values: ArrayView3<'_, T>, seen: &mut Array3<bool>, start: Index, mut visit: impl FnMut(Index)) {
    let shape: Index = values.dim().into();
    seen[start] = true;
    visit(start);
    let mut front = VecDeque::from([start.map(|i| i as u32)]);
    while let Some(here) = front.pop_front() {
        for neighbour in face_neighbours(index(here), shape).flatten() {
            if !seen[neighbour] && values[neighbour] == values[start] {
                seen[neighbour] = true;
                visit(neighbour);
                front.push_back(neighbour.map(|i| i as u32));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_and_other_values_do_not_connect() {
        let mut values = Array3::from_elem([2, 2, 3], 0_u8);
        values[[0, 0, 0]] = 3;
        values[[1, 1, 1]] = 3;
        assert_eq!(components(values.view()), [(3, vec![[0, 0, 0]]), (3, vec![[1, 1, 1]])]);
        values[[1, 1, 2]] = 3;
        values[[1, 0, 0]] = 4;
        let expected = [(3, vec![[0, 0, 0]]), (4, vec![[1, 0, 0]]), (3, vec![[1, 1, 1], [1, 1, 2]])];
        assert_eq!(components(values.view()), expected);
    }

    #[test]
    fn the_first_of_equals_is_the_largest() {
        let mut voxels = Array3::from_elem([2, 2, 3], false);
        assert_eq!(largest(voxels.view()), voxels);
        voxels[[0, 0, 0]] = true;
        let first = voxels.clone();
        voxels[[1, 1, 1]] = true;
        assert_eq!(largest(voxels.view()), first);
    }

    #[test]
    fn groups_that_are_not_small_stay() {
        let voxels = Array3::from_shape_fn([1, 1, 16], |(_, _, x)| matches!(x, 0..=9 | 11 | 13 | 14));
        let kept = |share: f64| not_small(voxels.view(), share).iter().filter(|member| **member).count();
        assert_eq!([1.0, 0.2, 0.11, 0.1].map(kept), [10, 12, 12, 13]);
        assert!(not_small(Array3::from_elem([2, 2, 2], false).view(), 0.5).iter().all(|member| !member));
    }

    #[test]
    fn the_largest_group_stays_and_only_closed_cavities_are_filled() {
        let hole = |place: Index| place == [2, 2, 7] || place[..2] == [2, 2] && place[2] >= 9;
        let voxels = Array3::from_shape_fn([5, 5, 12], |(z, y, x)| !(4..6).contains(&x) && !hole([z, y, x]));
        let mut voxels = largest(voxels.view());
        assert_eq!(voxels.iter().filter(|member| **member).count(), 146);
        fill_cavities(&mut voxels);
        assert!(voxels[[2, 2, 7]] && !voxels[[2, 2, 9]] && !voxels[[0, 0, 3]]);
        assert_eq!(voxels.iter().filter(|member| **member).count(), 147);
    }
}
