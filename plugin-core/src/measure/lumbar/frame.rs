//! The vertebra's own axes, and its mask on a millimetre grid along them.

use crate::geometry::{Grid, Lps, add_scaled, cross, dot, subtract, unit};
use crate::segmentation::StructureMask;
use crate::units::Mm;
use ndarray::Array3;

/// Local coordinates `[i, j, k]`: superior, anterior, left, in millimetres from the centroid.
pub(super) type Local = [f64; 3];

/// No vertebra is larger; a mislabelled volume must not ask for the memory of a city.
const LARGEST_EXTENT: Mm = Mm(250.0);

/// Added to a place before it is rounded. Of a column that is its own mirror image every voxel may lie half-way between two cells:
/// without it, rounding in the last digit would decide over each.
pub(super) const HALF: f64 = 0.5 + 1e-6;

/// Step 3 of the recipe.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    centre: Lps,
    pub axes: [Lps; 3],
}

impl Frame {
    pub fn new(centre: Lps, superior: Lps) -> Frame {
        const FRONT: Lps = [0.0, -1.0, 0.0];
        let anterior = unit(add_scaled(FRONT, superior, -dot(FRONT, superior)));
        Frame { centre, axes: [superior, anterior, cross(superior, anterior)] }
    }

    pub fn local(&self, point: Lps) -> Local {
        let offset = subtract(point, self.centre);
        self.axes.map(|axis| dot(offset, axis))
    }

    /// Extent of one voxel along the superior axis.
    pub fn voxel_height(&self, grid: &Grid) -> Mm {
        Mm(grid.steps.iter().map(|step| dot(*step, self.axes[0]).abs()).sum())
    }

    pub fn patient(&self, local: Local) -> Lps {
        self.axes.iter().zip(local).fold(self.centre, |point, (axis, length)| add_scaled(point, *axis, length))
    }
}

/// Mask cells of one cubic millimetre; cell `[0, 0, 0]` has the local coordinates `low`.
pub(super) struct Cells {
    pub low: [i32; 3],
    pub inside: Array3<bool>,
}

impl Cells {
    /// The mask seen in the frame, large enough to hold all of it; the extent that was too large otherwise.
    pub fn sample(mask: &StructureMask, grid: &Grid, frame: &Frame) -> Result<Cells, Mm> {
        let mut low = [f64::INFINITY; 3];
        let mut high = [f64::NEG_INFINITY; 3];
        for index in mask.indices() {
            let local = frame.local(grid.to_patient(index.map(|i| i as f64)));
            for axis in 0..3 {
                low[axis] = low[axis].min(local[axis]);
                high[axis] = high[axis].max(local[axis]);
            }
        }
        let extent = (0..3).map(|axis| high[axis] - low[axis]).fold(0.0, f64::max);
        if extent > LARGEST_EXTENT.0 {
            return Err(Mm(extent));
        }
        // A voxel reaches half its diagonal beyond its centre.
        let margin = grid.spacing().iter().sum::<f64>() / 2.0 + 1.0;
        let low = low.map(|x| (x - margin).floor() as i32);
        let shape = [0, 1, 2].map(|axis| ((high[axis] + margin).ceil() as i32 - low[axis] + 1) as usize);
        let inside = Array3::from_shape_fn(shape, |(i, j, k)| {
            let local = [i as i32 + low[0], j as i32 + low[1], k as i32 + low[2]].map(f64::from);
            mask.contains(grid.to_index(frame.patient(local)).map(|x| (x + HALF).floor() as i64))
        });
        Ok(Cells { low, inside })
    }

    /// Membership of a cell; cells beyond the sampled block are outside.
    pub fn contains(&self, cell: [i32; 3]) -> bool {
        self.place(cell).is_some_and(|place| self.inside[place])
    }

    fn place(&self, cell: [i32; 3]) -> Option<[usize; 3]> {
        let mut place = [0; 3];
        for axis in 0..3 {
            place[axis] = usize::try_from(cell[axis] - self.low[axis]).ok().filter(|i| *i < self.inside.shape()[axis])?;
        }
        Some(place)
    }

    /// The cells along one axis: first and one past the last.
    pub fn range(&self, axis: usize) -> std::ops::Range<i32> {
        self.low[axis]..self.low[axis] + self.inside.shape()[axis] as i32
    }
}
