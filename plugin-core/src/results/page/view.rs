//! Which surface through the patient a picture shows.

use crate::geometry::{Grid, Lps};
use crate::segmentation::StructureMask;
use rayon::prelude::*;

/// Millimetres shown around the structures, across and down.
type Margin = [f64; 2];

const AROUND_SECTION: Margin = [20.0, 20.0];
/// The neighbouring vertebra at either end lets a reader check the level.
const AROUND_SPINE: Margin = [22.0, 45.0];

/// How the surface lies. The left of an axial or coronal picture is the patient's right, the left of a sagittal one is the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the feet, front up.
    Axial,
    /// From the front, head up.
    Coronal,
    /// From the left, head up.
    Sagittal,
}

impl Direction {
    /// Patient axes (0 x, 1 y, 2 z) across the picture, down the picture, and into it.
    pub fn axes(self) -> [usize; 3] {
        match self {
            Direction::Axial => [0, 1, 2],
            Direction::Coronal => [0, 2, 1],
            Direction::Sagittal => [1, 2, 0],
        }
    }

    /// Letters at the left, right, upper and lower edge (PS3.3 C.7.6.1.1.1; H and F for head and foot).
    pub fn letters(self) -> [&'static str; 4] {
        match self {
            Direction::Axial => ["R", "L", "A", "P"],
            Direction::Coronal => ["R", "L", "H", "F"],
            Direction::Sagittal => ["A", "P", "H", "F"],
        }
    }
}

/// A surface: flat, or bent along the body axis so that it follows the spine.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// How it lies.
    pub direction: Direction,
    /// Shown range along the patient axes across and down the picture, millimetres, ascending.
    pub range: [[f64; 2]; 2],
    /// Points `[z, depth]` ascending in z, at least one; linear between them, constant beyond.
    depth: Vec<[f64; 2]>,
}

impl View {
    /// Flat, through the place where `masks` have their largest section; `None` without masks or outside the volume.
    pub fn through_largest_section(direction: Direction, grid: &Grid, masks: &[&StructureMask]) -> Option<View> {
        let depth = largest_section(direction.axes()[2], grid, masks)?;
        View::new(direction, grid, masks, AROUND_SECTION, vec![[0.0, depth]])
    }

    /// Flat and axial, through `z`, around `masks`.
    pub fn axial_at(z: f64, grid: &Grid, masks: &[&StructureMask]) -> Option<View> {
        View::new(Direction::Axial, grid, masks, AROUND_SECTION, vec![[0.0, z]])
    }

    /// Through `centres`, bent along the body axis.
    pub fn along_spine(direction: Direction, grid: &Grid, masks: &[&StructureMask], centres: &[Lps]) -> Option<View> {
        let mut depth: Vec<[f64; 2]> = centres.iter().map(|centre| [centre[2], centre[direction.axes()[2]]]).collect();
        depth.sort_by(|a, b| a[0].total_cmp(&b[0]));
        View::new(direction, grid, masks, AROUND_SPINE, depth)
    }

    fn new(direction: Direction, grid: &Grid, masks: &[&StructureMask], margin: Margin, depth: Vec<[f64; 2]>) -> Option<View> {
        let whole = bounds(grid, [0; 3], grid.shape);
        let parts = masks.iter().map(|mask| bounds(grid, mask.corner, mask.voxels.dim().into()));
        let [across, down, _] = direction.axes();
        let shown =
            parts.reduce(|a, b| std::array::from_fn(|axis| [a[axis][0].min(b[axis][0]), a[axis][1].max(b[axis][1])]))?;
        let range = [(across, margin[0]), (down, margin[1])].map(|(axis, around)| {
            [(shown[axis][0] - around).max(whole[axis][0]), (shown[axis][1] + around).min(whole[axis][1])]
        });
        let usable = !depth.is_empty() && range.iter().all(|[low, high]| high - low > 0.0);
        usable.then_some(View { direction, range, depth })
    }

    /// Width and height in millimetres.
    pub fn size(&self) -> [f64; 2] {
        self.range.map(|[low, high]| high - low)
    }

    /// Patient position of a point of the picture, millimetres from its upper left corner.
    pub fn point(&self, [right, down]: [f64; 2]) -> Lps {
        let [across_axis, down_axis, depth_axis] = self.direction.axes();
        let mut point = [0.0; 3];
        point[across_axis] = self.range[0][0] + right;
        point[down_axis] = match self.direction {
            Direction::Axial => self.range[1][0] + down,
            Direction::Coronal | Direction::Sagittal => self.range[1][1] - down,
        };
        point[depth_axis] = self.depth_at(point[2]);
        point
    }

    fn depth_at(&self, z: f64) -> f64 {
        let above = self.depth.partition_point(|knot| knot[0] <= z);
        match (above.checked_sub(1).and_then(|below| self.depth.get(below)), self.depth.get(above)) {
            (Some([z0, d0]), Some([z1, d1])) => d0 + (d1 - d0) * (z - z0) / (z1 - z0),
            (Some([_, depth]), None) | (None, Some([_, depth])) => *depth,
            (None, None) => 0.0,
        }
    }
}

/// Centre of the labelled voxels, patient coordinates.
pub fn centre(grid: &Grid, mask: &StructureMask) -> Lps {
    let (mut sum, mut count) = ([0.0; 3], 0.0_f64);
    for (index, _) in mask.voxels.indexed_iter().filter(|(_, inside)| **inside) {
        let index = <[usize; 3]>::from(index);
        (0..3).for_each(|axis| sum[axis] += index[axis] as f64 + mask.corner[axis] as f64);
        count += 1.0;
    }
    grid.to_patient(sum.map(|s| s / count.max(1.0)))
}

/// Range of a block of voxels along x, y and z, outer edges included.
fn bounds(grid: &Grid, corner: [usize; 3], shape: [usize; 3]) -> [[f64; 2]; 3] {
    let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
    for vertex in 0..8_usize {
        let index = std::array::from_fn(|axis| {
            let far = (vertex >> axis) & 1 == 1;
            corner[axis] as f64 - 0.5 + if far { shape[axis] as f64 } else { 0.0 }
        });
        for (range, value) in bounds.iter_mut().zip(grid.to_patient(index)) {
            *range = [range[0].min(value), range[1].max(value)];
        }
    }
    bounds
}

/// Position along patient axis `axis` at which the masks together have most voxels.
///
/// Voxels are counted in bins one voxel step wide, so that on an upright grid a bin is a slice.
fn largest_section(axis: usize, grid: &Grid, masks: &[&StructureMask]) -> Option<f64> {
    const MOST_BINS: f64 = 1e6;
    let width = grid.steps.iter().map(|step| step[axis].abs()).fold(0.0, f64::max);
    let [low, high] = bounds(grid, [0; 3], grid.shape)[axis];
    let bins = ((high - low) / width).ceil();
    if !(1.0..MOST_BINS).contains(&bins) {
        return None;
    }
    let bins = bins as usize;
    let empty = || vec![0_u64; bins];
    let add = |mut a: Vec<u64>, b: Vec<u64>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    let counts = masks.par_iter().map(|mask| sections(mask, axis, grid, low, width, empty())).reduce(empty, add);
    let (best, _) = counts.iter().enumerate().rev().max_by_key(|(_, count)| **count)?;
    Some(low + (best as f64 + 0.5) * width)
}

/// Adds the voxels of one mask to the bins.
fn sections(mask: &StructureMask, axis: usize, grid: &Grid, low: f64, width: f64, mut counts: Vec<u64>) -> Vec<u64> {
    let along_row = grid.steps[2][axis];
    let (_, rows, columns) = mask.voxels.dim();
    let row_in_one_bin = (along_row * columns as f64).abs() < 0.5 * width;
    let last = counts.len() - 1;
    let bin = |position: f64| (((position - low) / width).max(0.0) as usize).min(last);
    for (line, voxels) in mask.voxels.rows().into_iter().enumerate() {
        let first = [line / rows, line % rows, 0];
        let start = grid.to_patient(std::array::from_fn(|i| first[i] as f64 + mask.corner[i] as f64))[axis];
        if row_in_one_bin {
            counts[bin(start)] += voxels.iter().map(|inside| u64::from(*inside)).sum::<u64>();
            continue;
        }
        for (column, _) in voxels.iter().enumerate().filter(|(_, inside)| **inside) {
            counts[bin(start + along_row * column as f64)] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::{Side, Structure};
    use ndarray::Array3;

    fn upright() -> Grid {
        Grid { shape: [10, 20, 30], origin: [-15.0, -20.0, 100.0], steps: [[0.0, 0.0, 5.0], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0]] }
    }

    fn block(corner: [usize; 3], shape: [usize; 3]) -> StructureMask {
        StructureMask {
            structure: Structure::L3,
            side: Side::None,
            corner,
            voxels: Array3::from_elem(shape, true),
            segments: Vec::new(),
        }
    }

    #[test]
    fn the_largest_section_is_found_along_each_axis() {
        let (thin, thick) = (block([0, 0, 0], [9, 5, 5]), block([7, 10, 20], [1, 8, 10]));
        let masks = [&thin, &thick];
        assert_eq!(largest_section(2, &upright(), &masks), Some(135.0));
        let coronal = largest_section(1, &upright(), &[&thin]).expect("there is a mask");
        assert!((-20.0..=-12.0).contains(&coronal), "{coronal}");
    }

    #[test]
    fn a_bent_view_passes_through_its_centres_and_stays_level_beyond() {
        let mask = block([0, 0, 0], [10, 20, 30]);
        let centres = [[4.0, 3.0, 140.0], [0.0, 1.0, 110.0]];
        let view = View::along_spine(Direction::Coronal, &upright(), &[&mask], &centres).expect("a view");
        let top = view.range[1][1];
        assert!((view.point([0.0, top - 140.0])[1] - 3.0).abs() < 1e-9);
        assert!((view.point([0.0, top - 125.0])[1] - 2.0).abs() < 1e-9);
        assert!((view.point([0.0, 0.0])[1] - 3.0).abs() < 1e-9);
    }

    #[test]
    fn an_axial_view_has_the_patients_right_at_its_left_and_the_front_up() {
        let mask = block([5, 5, 5], [2, 5, 5]);
        let view = View::through_largest_section(Direction::Axial, &upright(), &[&mask]).expect("a view");
        let (left, right) = (view.point([0.0, 0.0]), view.point([1.0, 2.0]));
        assert_eq!((right[0] - left[0], right[1] - left[1]), (1.0, 2.0));
    }

    #[test]
    fn the_centre_of_a_block_is_its_middle() {
        assert_eq!(centre(&upright(), &block([2, 2, 2], [3, 3, 3])), [-12.0, -14.0, 115.0]);
    }
}
