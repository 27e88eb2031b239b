//! Digitally reconstructed radiographs: exact line integrals of a voxel field along the rays of an X-ray machine.
//!
//! A voxel is a parallelepiped of constant value around its centre, so the integral along a ray is the sum of value times path
//! length over the voxels that the ray passes (the radiological path of Siddon, Med Phys 1985;12:252). Nothing is interpolated,
//! hence nothing is lost: over a parallel detector that the whole field falls on, the integrals sum to the mass of the field.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | where source and detector stand: [`View`] |
//! | `film` | the set-up of a film in the words of its DICOM tags: [`FilmGeometry`] |
//! | `pose` | how the patient moved: [`Pose`] |
//! | `path` | one ray in voxel coordinates and where it is inside the grid |
//! | `march` | the integral along one path |
//! | `image` | all pixels of a detector |

mod film;
mod image;
mod march;
mod path;
mod pose;

pub use film::{FilmBeam, FilmGeometry};
pub use image::{Voxel, project};
pub use pose::Pose;

use crate::geometry::{Lps, add_scaled, cross, norm};
use std::ops::Range;

/// Most rows or columns of a detector; the largest films in use have about 4300.
pub const MOST_PIXELS_A_SIDE: usize = 8192;

/// Where the rays come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beam {
    /// All rays leave one point; a ray ends at its pixel, what lies behind the detector is not seen.
    Cone {
        /// The focal spot.
        source: Lps,
    },
    /// All rays have one direction and no end.
    Parallel {
        /// Of any length but zero.
        direction: Lps,
    },
}

/// A flat detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detector {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Centre of pixel `[0, 0]`.
    pub first: Lps,
    /// From a pixel to the one below it.
    pub row_step: Lps,
    /// From a pixel to the one right of it.
    pub column_step: Lps,
}

impl Detector {
    /// Patient position of a fractional pixel `[row, column]`.
    pub fn to_patient(&self, [row, column]: [f64; 2]) -> Lps {
        add_scaled(add_scaled(self.first, self.row_step, row), self.column_step, column)
    }

    /// Area of a pixel in square millimetres.
    pub fn pixel_area_mm2(&self) -> f64 {
        norm(cross(self.row_step, self.column_step))
    }
}

/// An X-ray machine: what is seen from where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Where the rays come from.
    pub beam: Beam,
    /// Where they end.
    pub detector: Detector,
}

/// A view that cannot be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ViewError {
    /// No image, or one beyond every detector.
    #[error("the detector has {rows} rows and {columns} columns; accepted: 1 to {MOST_PIXELS_A_SIDE} each")]
    Size {
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        columns: usize,
    },
    /// A distance or spacing outside what a machine has.
    #[error("{name} is {value}; accepted: {accepted}")]
    Value {
        /// What it is.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        accepted: &'static str,
    },
    /// Rays that lie in the plane of the detector, or none.
    #[error("{0}; give a detector of some area and a beam that falls on it from one side")]
    Degenerate(&'static str),
}

impl View {
    /// Whether the detector has a size that can be drawn and every ray reaches it from one side.
    pub fn check(&self) -> Result<(), ViewError> {
        let Detector { rows, columns, first, row_step, column_step } = self.detector;
        if ![rows, columns].iter().all(|side| (1..=MOST_PIXELS_A_SIDE).contains(side)) {
            return Err(ViewError::Size { rows, columns });
        }
        let normal = cross(row_step, column_step);
        let through = match self.beam {
            Beam::Cone { source } => crate::geometry::subtract(first, source),
            Beam::Parallel { direction } => direction,
        };
        // Also refuses what is not a number: no comparison with it holds.
        let area = norm(normal);
        if !(area > 0.0 && area.is_finite()) {
            return Err(ViewError::Degenerate("the detector's row step and column step span no area"));
        }
        let depth = crate::geometry::dot(normal, through).abs() / area;
        if !(depth > 1e-9 * norm(through) && depth.is_finite()) {
            return Err(ViewError::Degenerate("the rays lie in the plane of the detector"));
        }
        Ok(())
    }

    /// The same view, of a band of the detector's rows only.
    pub fn of_rows(&self, rows: Range<usize>) -> View {
        let first = self.detector.to_patient([rows.start as f64, 0.0]);
        View { detector: Detector { rows: rows.len(), first, ..self.detector }, ..*self }
    }
}
