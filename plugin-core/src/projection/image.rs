//! All pixels of a detector.

use super::march::Field;
use super::path::Path;
use super::{Beam, View};
use crate::geometry::{Grid, Lps, add_scaled, norm, subtract};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView3, Axis};

/// What a field is made of.
pub trait Voxel: Copy + Send + Sync {
    /// What is integrated.
    fn value(self) -> f32;
}

impl Voxel for f32 {
    fn value(self) -> f32 {
        self
    }
}

/// The integral over a mask is the path length inside it, in millimetres: a thickness image.
impl Voxel for bool {
    fn value(self) -> f32 {
        f32::from(u8::from(self))
    }
}

/// Integrals of `field` (`[slice, row, column]` on `grid`) along the ray of each pixel of `view`: value times millimetres,
/// `[row, column]` of the detector, 0 where the ray misses the grid, not a number everywhere if
/// [`View::check`] refuses the view.
/// Works on the calling thread's rayon pool.
///
/// # Panics
///
/// If the shape of `field` is not that of `grid`.
pub fn project<V: Voxel>(field: ArrayView3<'_, V>, grid: &Grid, view: &View) -> Array2<f32> {
    assert_eq!(field.shape(), grid.shape, "a field has the shape of its grid");
    let size = (view.detector.rows, view.detector.columns);
    if view.check().is_err() {
        return Array2::from_elem(size, f32::NAN);
    }
    let mut image = Array2::zeros(size);
    if grid.is_empty() {
        return image;
    }
    let standard = field.as_standard_layout();
    let values = standard.as_slice().expect("as_standard_layout gives the standard layout");
    let field = Field { values, shape: grid.shape };
    image.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(row, mut pixels)| {
        for (column, pixel) in pixels.iter_mut().enumerate() {
            *pixel = ray(grid, view, view.detector.to_patient([row as f64, column as f64]))
                .map_or(0.0, |path| field.integral(&path) as f32);
        }
    });
    image
}

/// The path of the ray that ends at `pixel`.
fn ray(grid: &Grid, view: &View, pixel: Lps) -> Option<Path> {
    let (start, along, within) = match view.beam {
        Beam::Cone { source } => (source, subtract(pixel, source), [0.0, 1.0]),
        Beam::Parallel { direction } => (pixel, direction, [f64::NEG_INFINITY, f64::INFINITY]),
    };
    // Voxel centres have whole indices; a path counts from borders.
    let from = grid.to_index(start).map(|index| index + 0.5);
    let to = grid.to_index(add_scaled(start, along, 1.0)).map(|index| index + 0.5);
    Path::new(from, subtract(to, from), norm(along), within, grid.shape)
}

#[cfg(test)]
mod tests;
