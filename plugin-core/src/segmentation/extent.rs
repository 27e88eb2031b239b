//! How far a structure reaches, so that its mask is no larger than it must be.

use std::collections::BTreeMap;
use std::ops::Range;

/// A box of indices, `[slice, row, column]` or any other three axes; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// First index along each axis.
    pub first: [usize; 3],
    /// Last index along each axis, included.
    pub last: [usize; 3],
}

impl Extent {
    /// The smallest box that holds both.
    pub fn union(self, other: Extent) -> Extent {
        Extent {
            first: std::array::from_fn(|axis| self.first[axis].min(other.first[axis])),
            last: std::array::from_fn(|axis| self.last[axis].max(other.last[axis])),
        }
    }

    /// Adds `other` to what is known so far.
    pub fn join(known: Option<Extent>, other: Extent) -> Option<Extent> {
        Some(known.map_or(other, |known| known.union(other)))
    }

    /// Number of indices along each axis.
    pub fn shape(&self) -> [usize; 3] {
        std::array::from_fn(|axis| self.last[axis] - self.first[axis] + 1)
    }

    /// The indices along one axis.
    pub fn range(&self, axis: usize) -> Range<usize> {
        self.first[axis]..self.last[axis] + 1
    }
}

/// How far each label but 0 reaches in one plane of `columns` columns, which is the `slice`-th.
pub(super) fn extents_of_labels<T: Copy + PartialEq + Into<u16>>(
    plane: &[T],
    slice: usize,
    columns: usize,
) -> BTreeMap<u16, Extent> {
    let mut extents = BTreeMap::new();
    for (row, labels) in plane.chunks_exact(columns).enumerate() {
        let mut column = 0;
        while column < columns {
            let label = labels[column];
            let run = labels[column..].iter().take_while(|other| **other == label).count();
            if label.into() != 0 {
                let here = Extent { first: [slice, row, column], last: [slice, row, column + run - 1] };
                extents.entry(label.into()).and_modify(|known: &mut Extent| *known = known.union(here)).or_insert(here);
            }
            column += run;
        }
    }
    extents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_reach_from_their_first_to_their_last_voxel() {
        let plane: [u8; 12] = [0, 2, 2, 0, 0, 0, 0, 7, 2, 0, 0, 7];
        let extents = extents_of_labels(&plane, 5, 4);
        assert_eq!(extents[&2], Extent { first: [5, 0, 0], last: [5, 2, 2] });
        assert_eq!(extents[&7], Extent { first: [5, 1, 3], last: [5, 2, 3] });
        assert_eq!(extents.len(), 2);
    }
}
