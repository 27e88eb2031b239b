//! In which order the voxels of a volume stand.

use super::StoredValues;
use crate::geometry::{Grid, Lps, cross, dot, unit};
use ndarray::{Array3, ArrayView3, Axis, Zip};

/// The order in which the voxels of a grid stand as those of a CT of a patient who lies on the back: slices towards the head, rows
/// towards the back, columns towards the left.
///
/// Files and hosts store images in any order; the same image gives the same numbers to the last digit when it is measured in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    /// For slices, rows and columns: which axis of the grid they are.
    axes: [usize; 3],
    /// Whether that axis runs the other way.
    reversed: [bool; 3],
}

impl Order {
    /// Of the 24 orders that leave right and left where they are, the one whose axes point most nearly towards the head, the back
    /// and the left; the first among equals. A mirrored grid is thereby turned into one that is not.
    pub fn of(grid: &Grid) -> Order {
        let directions = grid.steps.map(unit);
        let mut best = (f64::NEG_INFINITY, Order { axes: [0, 1, 2], reversed: [false; 3] });
        for axes in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for signs in 0..8 {
                let order = Order { axes, reversed: [0, 1, 2].map(|place| signs >> place & 1 == 1) };
                let turned = order.turn(directions);
                // z of the slices, y of the rows, x of the columns.
                let nearness: f64 = (0..3).map(|place| turned[place][2 - place]).sum();
                let is_right_handed = dot(turned[0], cross(turned[2], turned[1])) > 0.0;
                if is_right_handed && nearness > best.0 + 1e-9 {
                    best = (nearness, order);
                }
            }
        }
        best.1
    }

    fn turn(self, steps: [Lps; 3]) -> [Lps; 3] {
        [0, 1, 2].map(|place| {
            let step = steps[self.axes[place]];
            if self.reversed[place] { step.map(|x| -x) } else { step }
        })
    }

    /// The grid whose voxels lie where they lay, in this order.
    pub fn grid(self, grid: &Grid) -> Grid {
        let last = |place: usize| if self.reversed[place] { (grid.shape[self.axes[place]] - 1) as f64 } else { 0.0 };
        let mut first = [0.0; 3];
        (0..3).for_each(|place| first[self.axes[place]] = last(place));
        Grid { shape: self.axes.map(|axis| grid.shape[axis]), origin: grid.to_patient(first), steps: self.turn(grid.steps) }
    }

    /// The same voxels in this order.
    pub fn view(self, voxels: ArrayView3<'_, i16>) -> ArrayView3<'_, i16> {
        let mut view = voxels.permuted_axes(self.axes);
        (0..3).filter(|place| self.reversed[*place]).for_each(|place| view.invert_axis(Axis(place)));
        view
    }

    /// The voxels in this order and in standard layout; a copy only where they stood in another.
    pub fn arrange<'a>(self, voxels: StoredValues<'a>) -> StoredValues<'a> {
        if self == (Order { axes: [0, 1, 2], reversed: [false; 3] }) {
            return voxels;
        }
        let view = self.view(voxels.view());
        let mut arranged = Array3::zeros(view.raw_dim());
        Zip::from(&mut arranged).and(&view).par_for_each(|to, from| *to = *from);
        arranged.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUPINE: Grid =
        Grid { shape: [3, 4, 5], origin: [-10.0, 20.0, 30.0], steps: [[0.0, 0.3, 2.0], [0.05, 0.8, 0.0], [0.7, 0.0, 0.1]] };

    /// Every voxel holds its own number, so that two arrays that agree have every voxel at the same place.
    fn numbered(grid: &Grid) -> Array3<i16> {
        Array3::from_shape_fn(grid.shape, |(z, y, x)| (100 * z + 10 * y + x) as i16)
    }

    #[test]
    fn what_stands_in_order_is_left_where_it_is() {
        let voxels = numbered(&SUPINE);
        let arranged = Order::of(&SUPINE).arrange(voxels.view().into());
        assert_eq!(arranged.as_ptr(), voxels.as_ptr());
        assert_eq!(Order::of(&SUPINE).grid(&SUPINE), SUPINE);
    }

    /// All 48 orders, mirrored ones among them: the same voxels at the same places.
    #[test]
    fn every_order_is_brought_to_one() {
        for axes in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for signs in 0..8 {
                let reversed = [0, 1, 2].map(|place| signs >> place & 1 == 1);
                let stored = Order { axes, reversed };
                let voxels = stored.view(numbered(&SUPINE).view()).as_standard_layout().to_owned();
                let grid = stored.grid(&SUPINE);
                let order = Order::of(&grid);
                assert_eq!(order.arrange(voxels.into()), numbered(&SUPINE), "{stored:?}");
                assert!(order.grid(&grid).coincides_with(&SUPINE), "{stored:?}");
            }
        }
    }
}
