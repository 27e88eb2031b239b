//! Labels from a DICOM SEG object.

use super::{LabelError, Labels};
use crate::geometry::Grid;
use crate::progress::Progress;
use crate::read::{CtSeries, Inputs, SegmentationObject};

/// Which structures the segments of `object` name, without reading pixels: `(segment number, structure, side)`.
pub fn known_segments(_object: &SegmentationObject) -> Vec<(u16, crate::anatomy::Structure, crate::anatomy::Side)> {
    unimplemented!()
}

/// Masks of all known structures of `object` on the grid of the CT.
pub fn labels_from_seg(
    _object: &SegmentationObject,
    _inputs: &Inputs,
    _series: &CtSeries,
    _grid: &Grid,
    _progress: Progress<'_>,
) -> Result<Labels, LabelError> {
    unimplemented!()
}
