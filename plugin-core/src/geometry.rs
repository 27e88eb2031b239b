//! Where voxels lie in the patient.
//!
//! Patient coordinates are DICOM's: LPS in millimetres, x to the patient's left, y to the back (posterior), z to the head
//! (PS3.3 C.7.6.2.1.1). Voxel indices are `[slice, row, column]`, everywhere in this crate.

pub(crate) mod connected;

/// A point or vector in patient coordinates, `[x, y, z]`, LPS, millimetres.
pub type Lps = [f64; 3];

/// A voxel index `[slice, row, column]`.
pub type Index = [usize; 3];

/// A regular, possibly sheared grid of voxels.
///
/// A gantry tilt makes the slice step lean against the slice plane; the three steps therefore need not be at right angles.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Number of slices, rows and columns.
    pub shape: Index,
    /// Centre of voxel `[0, 0, 0]`.
    pub origin: Lps,
    /// Displacement from one voxel to the next along slices, rows (downwards) and columns (rightwards).
    pub steps: [Lps; 3],
}

impl Grid {
    /// Number of voxels.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the grid holds no voxel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Distance between neighbouring voxel centres along `[slice, row, column]`, in millimetres.
    pub fn spacing(&self) -> [f64; 3] {
        self.steps.map(norm)
    }

    /// Volume of one voxel in cubic millimetres, right for sheared grids too.
    pub fn voxel_volume(&self) -> crate::units::Mm3 {
        crate::units::Mm3(dot(self.steps[0], cross(self.steps[1], self.steps[2])).abs())
    }

    /// Patient position of a fractional voxel index.
    pub fn to_patient(&self, index: [f64; 3]) -> Lps {
        let mut point = self.origin;
        for (step, i) in self.steps.iter().zip(index) {
            for (p, s) in point.iter_mut().zip(step) {
                *p += s * i;
            }
        }
        point
    }

    /// Fractional voxel index of a patient position, the inverse of [`Grid::to_patient`].
    pub fn to_index(&self, point: Lps) -> [f64; 3] {
        let [a, b, c] = self.steps;
        let offset = subtract(point, self.origin);
        let determinant = dot(a, cross(b, c));
        [dot(offset, cross(b, c)) / determinant, dot(a, cross(offset, c)) / determinant, dot(a, cross(b, offset)) / determinant]
    }

    /// Whether both grids put every voxel at the same place, to a hundredth of a voxel.
    pub fn coincides_with(&self, other: &Grid) -> bool {
        let corners = [[0, 0, 0], [self.shape[0], 0, 0], [0, self.shape[1], 0], [0, 0, self.shape[2]]];
        self.shape == other.shape
            && corners.iter().all(|corner| {
                let index = corner.map(|i| i as f64);
                let there = other.to_index(self.to_patient(index));
                index.iter().zip(there).all(|(a, b)| (a - b).abs() < 0.01)
            })
    }
}

/// Dot product.
pub fn dot(a: Lps, b: Lps) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Cross product.
pub fn cross(a: Lps, b: Lps) -> Lps {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Length of a vector.
pub fn norm(a: Lps) -> f64 {
    dot(a, a).sqrt()
}

/// `a - b`.
pub fn subtract(a: Lps, b: Lps) -> Lps {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// `a + b * factor`.
pub fn add_scaled(a: Lps, b: Lps, factor: f64) -> Lps {
    [a[0] + b[0] * factor, a[1] + b[1] * factor, a[2] + b[2] * factor]
}

/// The vector of length one in the same direction.
pub fn unit(a: Lps) -> Lps {
    let length = norm(a);
    a.map(|x| x / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheared() -> Grid {
        Grid { shape: [4, 5, 6], origin: [10.0, -20.0, 30.0], steps: [[0.0, 1.5, 3.0], [0.0, 0.5, 0.0], [0.5, 0.0, 0.0]] }
    }

    #[test]
    fn index_and_patient_are_inverse() {
        let index = [1.25, 3.5, -2.0];
        let back = sheared().to_index(sheared().to_patient(index));
        assert!(index.iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
    }

    #[test]
    fn shear_does_not_change_the_voxel_volume() {
        assert!((sheared().voxel_volume().0 - 0.75).abs() < 1e-12);
    }

    #[test]
    fn a_shift_of_half_a_voxel_is_another_grid() {
        let mut moved = sheared();
        assert!(sheared().coincides_with(&moved));
        moved.origin[0] += 0.25;
        assert!(!sheared().coincides_with(&moved));
    }
}
