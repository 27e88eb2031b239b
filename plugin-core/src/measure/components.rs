//! Connected groups of voxels (6-neighbourhood: faces).

use crate::geometry::Index;
use crate::segmentation::StructureMask;
use ndarray::{Array3, ArrayView3};

/// A voxel of a group, `[slice, row, column]`; half the memory of `usize`, for there may be many.
type Place = [u32; 3];

/// Groups of true voxels, in the order in which their first voxels stand.
pub(crate) fn components(voxels: ArrayView3<'_, bool>) -> Vec<Vec<Place>> {
    let mut seen = Array3::from_elem(voxels.raw_dim(), false);
    let mut groups = Vec::new();
    for ((z, y, x), member) in voxels.indexed_iter() {
        if *member && !seen[[z, y, x]] {
            groups.push(flood(voxels, &mut seen, [z, y, x]));
        }
    }
    groups
}

fn flood(voxels: ArrayView3<'_, bool>, seen: &mut Array3<bool>, start: [usize; 3]) -> Vec<Place> {
    let mut group = vec![start.map(|i| i as u32)];
    seen[start] = true;
    let mut next = 0;
    while next < group.len() {
        let here = group[next].map(|i| i as usize);
        next += 1;
        for neighbour in face_neighbours(here, voxels.dim().into()).flatten() {
            if voxels[neighbour] && !seen[neighbour] {
                seen[neighbour] = true;
                group.push(neighbour.map(|i| i as u32));
            }
        }
    }
    group
}

/// The six voxels that share a face with `index`; `None` for those outside a block of `shape`.
pub(super) fn face_neighbours(index: Index, shape: Index) -> impl Iterator<Item = Option<Index>> {
    (0..3).flat_map(move |axis| {
        [-1, 1].into_iter().map(move |step| {
            let mut neighbour = index;
            neighbour[axis] = index[axis].checked_add_signed(step).filter(|position| *position < shape[axis])?;
            Some(neighbour)
        })
    })
}

/// The mask reduced to its largest group, the first among equals.
pub(super) fn largest_component(mask: &StructureMask) -> StructureMask {
    let groups = components(mask.voxels.view());
    let mut largest: &[Place] = &[];
    for group in &groups {
        if group.len() > largest.len() {
            largest = group;
        }
    }
    let mut voxels = Array3::from_elem(mask.voxels.raw_dim(), false);
    for index in largest {
        voxels[index.map(|i| i as usize)] = true;
    }
    StructureMask { voxels, segments: Vec::new(), ..*mask }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_do_not_connect_and_the_first_of_equals_wins() {
        let mut voxels = Array3::from_elem([2, 2, 3], false);
        voxels[[0, 0, 0]] = true;
        voxels[[1, 1, 1]] = true;
        let groups = components(voxels.view());
        assert_eq!(groups, vec![vec![[0, 0, 0]], vec![[1, 1, 1]]]);
        voxels[[1, 1, 2]] = true;
        assert_eq!(components(voxels.view())[1].len(), 2);
    }
}
