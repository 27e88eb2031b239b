//! Connected groups of voxels (6-neighbourhood: faces).

use crate::geometry::Index;
use ndarray::Array3;

/// A voxel of a group; half the memory of `usize`, for there may be many.
pub(super) type Place = [u32; 3];

/// Groups of voxels with the same number above 0, with that number, in the order in which their first voxels stand.
pub(super) fn components(numbers: &Array3<u8>) -> Vec<(u8, Vec<Place>)> {
    let mut seen = Array3::from_elem(numbers.raw_dim(), false);
    let mut groups = Vec::new();
    for ((i, j, k), number) in numbers.indexed_iter() {
        if *number > 0 && !seen[[i, j, k]] {
            groups.push((*number, flood(numbers, &mut seen, [i, j, k])));
        }
    }
    groups
}

fn flood(numbers: &Array3<u8>, seen: &mut Array3<bool>, start: Index) -> Vec<Place> {
    let mut group = vec![start.map(|i| i as u32)];
    seen[start] = true;
    let mut next = 0;
    while next < group.len() {
        let here = index(group[next]);
        next += 1;
        for neighbour in neighbours(here, numbers.dim().into()) {
            if numbers[neighbour] == numbers[start] && !seen[neighbour] {
                seen[neighbour] = true;
                group.push(neighbour.map(|i| i as u32));
            }
        }
    }
    group
}

/// The place as an index.
pub(super) fn index(place: Place) -> Index {
    place.map(|i| i as usize)
}

/// The voxels of a block of `shape` that share a face with `index`.
pub(super) fn neighbours(index: Index, shape: Index) -> impl Iterator<Item = Index> {
    (0..3).flat_map(move |axis| {
        [-1, 1].into_iter().filter_map(move |step| {
            let mut neighbour = index;
            neighbour[axis] = index[axis].checked_add_signed(step).filter(|position| *position < shape[axis])?;
            Some(neighbour)
        })
    })
}
