//! The bones of a CT as what absorbs X-rays.

use super::RegistrationError;
use crate::geometry::{Grid, Index, Lps};
use crate::volume::CtVolume;
use ndarray::{Array3, ArrayView3, Axis, Slice};
use rayon::prelude::*;

/// Linear attenuation of water at 60 keV, about the mean energy of a hip film, per millimetre (NIST XCOM: 0.2059 / cm). Similarities
/// do not see it; it gives the projection the size of a film's attenuation.
const WATER_PER_MM: f32 = 0.02059;

/// CT numbers beyond those of the densest cortex are metal, which would outshine the bones.
const MOST_HU: f32 = 2000.0;

/// Finer voxels than this blur a film's pixels no less, and cost memory.
const FINEST_MM: f64 = 1.0;

/// Less bone than this is no skeleton; a single adult femoral head has about 50 cm3.
const LEAST_BONE_MM3: f64 = 20_000.0;

/// The bones of a CT, cropped to their box, in voxels of about a millimetre or the CT's own where they are larger.
#[derive(Debug, Clone)]
pub(super) struct Bone {
    pub grid: Grid,
    /// Attenuation per millimetre in excess of what is not bone; 0 where there is none.
    pub field: Array3<f32>,
    /// Whether the CT ends within bone before the first slice and after the last one.
    pub cut: [bool; 2],
}

impl Bone {
    /// What bone absorbs more than the soft parts in its place would: `mu = mu_water (1 + HU / 1000)`, less that of `threshold_hu`,
    /// at least 0.
    pub fn of(volume: &CtVolume<'_>, threshold_hu: f32) -> Result<Bone, RegistrationError> {
        let is_bone = |stored: &i16| volume.to_hu(*stored) > threshold_hu;
        let Some((low, high)) = extent(volume.stored.view(), is_bone) else {
            return Err(RegistrationError::NoBone { found_cm3: 0.0, threshold_hu });
        };
        let part = volume.stored.slice_each_axis(|axis| Slice::from(low[axis.axis.0]..high[axis.axis.0]));
        let count =
            part.axis_iter(Axis(0)).into_par_iter().map(|slice| slice.iter().filter(|s| is_bone(s)).count()).sum::<usize>();
        let found = count as f64 * volume.grid.voxel_volume().0;
        if found < LEAST_BONE_MM3 {
            return Err(RegistrationError::NoBone { found_cm3: found / 1000.0, threshold_hu });
        }
        let attenuation = |stored: &i16| WATER_PER_MM * (volume.to_hu(*stored).min(MOST_HU) - threshold_hu).max(0.0) / 1000.0;
        let grid = Grid {
            shape: std::array::from_fn(|axis| high[axis] - low[axis]),
            origin: volume.grid.to_patient(low.map(|i| i as f64)),
            steps: volume.grid.steps,
        };
        let (grid, field) = shrunk(&grid, part, FINEST_MM, attenuation);
        Ok(Bone { grid, field, cut: [low[0] == 0, high[0] == volume.grid.shape[0]] })
    }

    /// The mean of blocks of voxels of about `spacing` millimetres.
    pub fn shrunk(&self, spacing: f64) -> Bone {
        let (grid, field) = shrunk(&self.grid, self.field.view(), spacing, |value| *value);
        Bone { grid, field, cut: self.cut }
    }

    /// The centre of mass.
    pub fn centre(&self) -> Lps {
        let mut sums = [0.0; 4];
        for ((slice, row, column), value) in self.field.indexed_iter().filter(|(_, value)| **value > 0.0) {
            let mass = f64::from(*value);
            for (sum, i) in sums.iter_mut().zip([slice as f64, row as f64, column as f64, 1.0]) {
                *sum += mass * i;
            }
        }
        self.grid.to_patient([sums[0] / sums[3], sums[1] / sums[3], sums[2] / sums[3]])
    }

    /// The centres of all voxels of at least a tenth of the attenuation of water above the threshold.
    pub fn points(&self) -> Vec<Lps> {
        let dense = self.field.indexed_iter().filter(|(_, value)| **value > 0.1 * WATER_PER_MM);
        dense.map(|((slice, row, column), _)| self.grid.to_patient([slice as f64, row as f64, column as f64])).collect()
    }
}

/// The mean of `value` over blocks of about `spacing` millimetres; the last block of an axis counts as full, so that mass is kept.
fn shrunk<T: Sync>(
    grid: &Grid,
    voxels: ArrayView3<'_, T>,
    spacing: f64,
    value: impl Fn(&T) -> f32 + Sync,
) -> (Grid, Array3<f32>) {
    let factors = grid.spacing().map(|own| ((spacing / own).round() as usize).max(1));
    let shape: Index = std::array::from_fn(|axis| grid.shape[axis].div_ceil(factors[axis]));
    let steps = std::array::from_fn(|axis| grid.steps[axis].map(|step| step * factors[axis] as f64));
    let origin = grid.to_patient(factors.map(|factor| (factor - 1) as f64 / 2.0));
    let share = 1.0 / factors.iter().product::<usize>() as f32;
    let mut field = Array3::zeros(shape);
    field.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(slice, mut plane)| {
        for ((row, column), mean) in plane.indexed_iter_mut() {
            let block = voxels.slice_each_axis(|axis| {
                let (factor, length) = (factors[axis.axis.0], axis.len);
                let from = [slice, row, column][axis.axis.0] * factor;
                Slice::from(from..(from + factor).min(length))
            });
            *mean = share * block.iter().map(&value).sum::<f32>();
        }
    });
    (Grid { shape, origin, steps }, field)
}

/// First and one past the last index along each axis.
fn extent(stored: ArrayView3<'_, i16>, is_bone: impl Fn(&i16) -> bool + Sync) -> Option<(Index, Index)> {
    let of_slice = |(slice, plane): (usize, ndarray::ArrayView2<'_, i16>)| {
        let mut found: Option<(Index, Index)> = None;
        for (row, line) in plane.rows().into_iter().enumerate() {
            let Some(first) = line.iter().position(&is_bone) else { continue };
            let last = line.iter().rposition(&is_bone).unwrap_or(first);
            found = join(found, Some(([slice, row, first], [slice + 1, row + 1, last + 1])));
        }
        found
    };
    let planes = stored.axis_iter(Axis(0)).into_par_iter().enumerate();
    planes.map(of_slice).reduce(|| None, join)
}

fn join(a: Option<(Index, Index)>, b: Option<(Index, Index)>) -> Option<(Index, Index)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((std::array::from_fn(|i| a.0[i].min(b.0[i])), std::array::from_fn(|i| a.1[i].max(b.1[i])))),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 mm voxels of water with a block of 40 x 30 x 50 (z, y, x) voxels of 1000 HU from `[first, 10, 20]` on.
    fn volume(first: usize) -> CtVolume<'static> {
        let grid = Grid {
            shape: [60, 60, 90],
            origin: [-45.0, -30.0, 100.0],
            steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        };
        let stored = Array3::from_shape_fn(grid.shape, |(z, y, x)| {
            let inside = (first..first + 40).contains(&z) && (10..40).contains(&y) && (20..70).contains(&x);
            if inside { 1000 } else { 0 }
        });
        CtVolume { grid, stored: stored.into(), slope: 1.0, intercept: 0.0 }
    }

    fn distance(a: Lps, b: Lps) -> f64 {
        crate::geometry::norm(crate::geometry::subtract(a, b))
    }

    #[test]
    fn the_box_of_the_bone_is_kept_with_what_it_absorbs_above_the_threshold() {
        let bone = Bone::of(&volume(10), 100.0).expect("bone");
        assert_eq!((bone.grid.shape, bone.grid.origin, bone.cut), ([40, 30, 50], [-25.0, -20.0, 110.0], [false, false]));
        // 1000 HU less 100.
        assert!(bone.field.iter().all(|value| (value - 0.9 * WATER_PER_MM).abs() < 1e-6));
        // Half a voxel before the middle of the box's edges.
        assert!(distance(bone.centre(), [-0.5, -5.5, 129.5]) < 1e-9, "{:?}", bone.centre());
        assert_eq!(bone.points().len(), 40 * 30 * 50);
    }

    #[test]
    fn bone_in_the_outermost_slices_is_cut() {
        assert_eq!(Bone::of(&volume(0), 100.0).expect("bone").cut, [true, false]);
        assert_eq!(Bone::of(&volume(20), 100.0).expect("bone").cut, [false, true]);
    }

    #[test]
    fn shrinking_keeps_mass_and_centre() {
        let bone = Bone::of(&volume(10), 100.0).expect("bone");
        let mass = |bone: &Bone| f64::from(bone.field.sum()) * bone.grid.voxel_volume().0;
        for spacing in [2.0, 4.0, 7.0] {
            let small = bone.shrunk(spacing);
            assert!((mass(&small) / mass(&bone) - 1.0).abs() < 1e-4, "{spacing}");
            assert!(distance(small.centre(), bone.centre()) < 0.5 * spacing, "{spacing}: {:?}", small.centre());
        }
        assert!(distance(bone.shrunk(2.0).centre(), bone.centre()) < 1e-5);
    }

    #[test]
    fn water_has_no_bone() {
        let mut water = volume(10);
        water.stored.fill(0);
        assert!(matches!(Bone::of(&water, 100.0), Err(RegistrationError::NoBone { found_cm3, .. }) if found_cm3 == 0.0));
        water.stored[[5, 5, 5]] = 900;
        assert!(matches!(Bone::of(&water, 100.0), Err(RegistrationError::NoBone { found_cm3, .. }) if found_cm3 == 0.001));
    }
}
