//! One CT series, in geometric order.

use super::header::{Acquisition, Equipment, StudyContext};
use super::pixels::PixelLayout;
use crate::geometry::Lps;

/// A CT series whose slices are sorted, equally oriented and of one size; spacing is judged in [`crate::volume`].
#[derive(Debug, Clone)]
pub struct CtSeries {
    /// Patient and study.
    pub context: StudyContext,
    /// Series Instance UID (0020,000E).
    pub series_instance_uid: String,
    /// Series Number (0020,0011).
    pub series_number: Option<i32>,
    /// Series Description (0008,103E).
    pub description: Option<String>,
    /// Frame of Reference UID (0020,0052).
    pub frame_of_reference_uid: Option<String>,
    /// Position Reference Indicator (0020,1040).
    pub position_reference_indicator: Option<String>,
    /// The scanner.
    pub equipment: Equipment,
    /// How it was acquired.
    pub acquisition: Acquisition,
    /// Rows and columns of every slice.
    pub size: [usize; 2],
    /// Row and column spacing in millimetres, as Pixel Spacing (0028,0030) gives them.
    pub pixel_spacing: [f64; 2],
    /// Unit vectors along a row (column index grows) and along a column (row index grows), as Image Orientation (Patient)
    /// (0020,0037) gives them.
    pub orientation: [Lps; 2],
    /// Slices, ascending along the slice normal (row direction x column direction).
    pub slices: Vec<Slice>,
}

/// One slice: a single-frame object, or a frame of an enhanced one.
#[derive(Debug, Clone)]
pub struct Slice {
    /// Index into [`super::Inputs::instances`].
    pub instance: usize,
    /// Frame of that instance, from 0.
    pub frame: usize,
    /// SOP Class UID (0008,0016).
    pub sop_class_uid: String,
    /// SOP Instance UID (0008,0018).
    pub sop_instance_uid: String,
    /// Image Position (Patient) (0020,0032): centre of the first pixel.
    pub position: Lps,
    /// Rescale Slope (0028,1053).
    pub slope: f64,
    /// Rescale Intercept (0028,1052).
    pub intercept: f64,
    /// How its pixels are stored.
    pub layout: PixelLayout,
}
