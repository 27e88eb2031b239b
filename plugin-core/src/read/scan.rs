//! Sorting out what was handed over.

use super::{CtSeries, Inputs, ReadError, SegmentationObject};
use crate::progress::Progress;

/// What the inputs hold.
#[derive(Debug, Default)]
pub struct Contents {
    /// CT series whose headers are usable, in order of Series Number and UID.
    pub series: Vec<CtSeries>,
    /// Segmentation objects.
    pub segmentations: Vec<SegmentationObject>,
    /// Everything else, with the reason.
    pub refused: Vec<Refused>,
}

/// An instance or series that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// File, given name, or series description and UID.
    pub name: String,
    /// A sentence naming tag and value.
    pub reason: String,
}

/// Reads all headers, in parallel.
pub fn scan(_inputs: &Inputs, _progress: Progress<'_>) -> Result<Contents, ReadError> {
    unimplemented!()
}
