//! Connected parts of a bone and of what surrounds it (6-neighbourhood: faces).

use crate::geometry::Index;
use ndarray::Array3;

/// Leaves the largest connected part, the first among equals.
pub(super) fn keep_largest(voxels: &mut Array3<bool>) {
    let mut seen = Array3::from_elem(voxels.raw_dim(), false);
    let mut largest: Option<(usize, Index)> = None;
    for (place, member) in voxels.indexed_iter() {
        let place: Index = place.into();
        if *member && !seen[place] {
            let count = flood(voxels, true, &mut seen, [place]);
            if largest.is_none_or(|(most, _)| count > most) {
                largest = Some((count, place));
            }
        }
    }
    seen.fill(false);
    flood(voxels, true, &mut seen, largest.map(|(_, start)| start));
    *voxels = seen;
}

/// Fills what cannot be reached from the sides of the block.
pub(super) fn fill_cavities(voxels: &mut Array3<bool>) {
    let shape: Index = voxels.dim().into();
    let on_side = |place: Index| (0..3).any(|axis| place[axis] == 0 || place[axis] + 1 == shape[axis]);
    let starts = voxels.indexed_iter().filter(|(place, member)| !**member && on_side((*place).into()));
    let mut outside = Array3::from_elem(voxels.raw_dim(), false);
    flood(voxels, false, &mut outside, starts.map(|(place, _)| place.into()));
    *voxels = outside.mapv(|outside| !outside);
}

/// Marks `seen` all voxels of value `of` that hang together with `starts`, and counts those that were not seen before.
fn flood(voxels: &Array3<bool>, of: bool, seen: &mut Array3<bool>, starts: impl IntoIterator<Item = Index>) -> usize {
    let shape: Index = voxels.dim().into();
    let mut count = 0;
    let mut waiting: Vec<[u32; 3]> = Vec::new();
    for start in starts {
        if !std::mem::replace(&mut seen[start], true) {
            waiting.push(start.map(|i| i as u32));
        }
        while let Some(here) = waiting.pop() {
            count += 1;
            for (axis, step) in (0..3).flat_map(|axis| [(axis, -1), (axis, 1)]) {
                let mut other = here.map(|i| i as usize);
                let Some(position) = other[axis].checked_add_signed(step).filter(|position| *position < shape[axis]) else {
                    continue;
                };
                other[axis] = position;
                if voxels[other] == of && !std::mem::replace(&mut seen[other], true) {
                    waiting.push(other.map(|i| i as u32));
                }
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_part_stays_and_only_closed_cavities_are_filled() {
        let hole = |place: Index| place == [2, 2, 7] || place[..2] == [2, 2] && place[2] >= 9;
        let mut voxels = Array3::from_shape_fn([5, 5, 12], |(z, y, x)| !(4..6).contains(&x) && !hole([z, y, x]));
        keep_largest(&mut voxels);
        assert_eq!(voxels.iter().filter(|member| **member).count(), 146);
        fill_cavities(&mut voxels);
        assert!(voxels[[2, 2, 7]] && !voxels[[2, 2, 9]] && !voxels[[0, 0, 3]]);
        assert_eq!(voxels.iter().filter(|member| **member).count(), 147);
    }
}
