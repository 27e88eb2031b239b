//! The integral along one path.
//!
//! The grid is cut into slabs of one voxel across the path's axis. Let `x` be the parameter along that axis. A slab is credited
//! in full to the column of voxels in which the path enters it; where the path crosses a border at `x` within slab `s`, the rest
//! of the slab changes hands:
//!
//! ```text
//! integral / millimetres = sum over slabs of f[column on entry][s]
//!                        + sum over crossings of (s + 1 - x) (f[new column][s] - f[old column][s])
//!                        + what is missing of the first slab and of the last
//! ```
//!
//! This is Siddon's sum in another order, exact for any number of crossings in a slab. The voxels of one column are added in a
//! run without any test, and work per crossing is done for the two lesser axes only.

use super::image::Voxel;
use super::path::Path;
use crate::geometry::Index;

/// A field in standard layout.
pub(super) struct Field<'a, V> {
    pub values: &'a [V],
    pub shape: Index,
}

impl<V: Voxel> Field<'_, V> {
    /// The integral of the field along `path`, value times millimetres.
    pub fn integral(&self, path: &Path) -> f64 {
        let strides = [self.shape[1] * self.shape[2], self.shape[2], 1];
        let (slabs, along) = (self.shape[path.axis], strides[path.axis]);
        let [u, v] = path.sides;
        let voxels = [u.voxel(path.enter, self.shape[u.axis]), v.voxel(path.enter, self.shape[v.axis])];
        let mut left = [(u, voxels[0]), (v, voxels[1])].map(|(side, voxel)| match side.slope > 0.0 {
            true => self.shape[side.axis] - 1 - voxel,
            false => voxel,
        });
        let jumps = [u, v].map(|side| match side.slope > 0.0 {
            true => strides[side.axis],
            false => strides[side.axis].wrapping_neg(),
        });
        let [[mut next_u, step_u], [mut next_v, step_v]] = [u.borders(voxels[0]), v.borders(voxels[1])];

        let slab_of = |x: f64| (x as usize).min(slabs - 1);
        let mut column = voxels[0] * strides[u.axis] + voxels[1] * strides[v.axis];
        let value = |column: usize, slab: usize| f64::from(self.values[column + slab * along].value());
        let mut slab = slab_of(path.enter);
        let mut sum = value(column, slab) * ((slab + 1) as f64 - path.enter);
        loop {
            let across_u = next_u < next_v;
            let x = if across_u { next_u } else { next_v };
            let ends = x >= path.leave;
            let here = slab_of(if ends { path.leave } else { x });
            if here > slab {
                let run = &self.values[column + (slab + 1) * along..=column + here * along];
                sum += f64::from(run.iter().step_by(along).map(|voxel| voxel.value()).sum::<f32>());
                slab = here;
            }
            let side = usize::from(!across_u);
            if ends || left[side] == 0 {
                return (sum - value(column, slab) * ((slab + 1) as f64 - path.leave)) * path.millimetres;
            }
            left[side] -= 1;
            let new = column.wrapping_add(jumps[side]);
            sum += ((slab + 1) as f64 - x) * (value(new, slab) - value(column, slab));
            column = new;
            match across_u {
                true => next_u += step_u,
                false => next_v += step_v,
            }
        }
    }
}
