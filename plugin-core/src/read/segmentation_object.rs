//! A DICOM Segmentation object, read but not yet interpreted.

mod header;
mod pixels;

pub(super) use header::from_object;
pub use pixels::{SegmentationPixels, decode_segmentation};

use crate::geometry::Lps;

/// SOP classes: Segmentation Storage (BINARY) and Label Map Segmentation Storage (PS3.3 A.51, Sup 243).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentationType {
    /// One bit per voxel, one segment per frame.
    Binary,
    /// The pixel value is the segment number; every frame holds all segments.
    LabelMap,
}

/// A Segmentation object.
#[derive(Debug, Clone)]
pub struct SegmentationObject {
    /// Index into [`super::Inputs::instances`].
    pub instance: usize,
    /// SOP Class UID (0008,0016).
    pub sop_class_uid: String,
    /// SOP Instance UID (0008,0018).
    pub sop_instance_uid: String,
    /// Study Instance UID (0020,000D).
    pub study_instance_uid: String,
    /// Series Instance UID (0020,000E).
    pub series_instance_uid: String,
    /// Frame of Reference UID (0020,0052).
    pub frame_of_reference_uid: Option<String>,
    /// Series Description, else Content Description.
    pub description: String,
    /// Content Date (0008,0023) followed by Content Time (0008,0033), as stored; empty where there is no date. The later of two
    /// compares greater.
    pub content_time: String,
    /// Manufacturer (0008,0070); ours is recognised by it.
    pub manufacturer: Option<String>,
    /// Image Comments (0020,4000), where ours carry what the model that made the segments doubts about them.
    pub comments: Option<String>,
    /// Series that the object says it segments (Referenced Series Sequence (0008,1115)).
    pub referenced_series: Vec<String>,
    /// Storage form.
    pub segmentation_type: SegmentationType,
    /// In order of Segment Number.
    pub segments: Vec<Segment>,
    /// Rows and columns of every frame.
    pub size: [usize; 2],
    /// Row and column spacing in millimetres.
    pub pixel_spacing: [f64; 2],
    /// Spacing Between Slices (0018,0088) in millimetres, where it is stated.
    pub slice_spacing: Option<f64>,
    /// Unit vectors along a row and along a column, as Image Orientation (Patient) (0020,0037) gives them.
    pub orientation: [Lps; 2],
    /// In order of the file.
    pub frames: Vec<SegmentFrame>,
}

impl SegmentationObject {
    /// Whether it names `series` as the one it segments.
    pub fn names(&self, series: &super::CtSeries) -> bool {
        self.referenced_series.contains(&series.series_instance_uid)
    }

    /// Whether its voxels may be laid over `series`: it is of the same study and names the series; only where it names no series at
    /// all may it be judged by its frame of reference, which other phases and reconstructions share.
    pub fn is_about(&self, series: &super::CtSeries) -> bool {
        let same_study = series.context.text(dicom_dictionary_std::tags::STUDY_INSTANCE_UID) == Some(&self.study_instance_uid);
        let same_frame = self.frame_of_reference_uid.is_some() && self.frame_of_reference_uid == series.frame_of_reference_uid;
        same_study && if self.referenced_series.is_empty() { same_frame } else { self.names(series) }
    }
}

/// One segment's description (PS3.3 C.8.20.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Segment Number (0062,0004).
    pub number: u16,
    /// Segment Label (0062,0005).
    pub label: String,
    /// Segmented Property Type: Coding Scheme Designator, Code Value, Code Meaning.
    pub property_type: Option<(String, String, String)>,
    /// Segmented Property Type Modifiers, then Anatomic Region Modifiers, likewise: laterality stands here.
    pub modifiers: Vec<(String, String, String)>,
    /// Anatomic Region, likewise: some writers put the structure here.
    pub anatomic_region: Option<(String, String, String)>,
    /// Segment Algorithm Name (0062,0009).
    pub algorithm: Option<String>,
    /// Whether Segment Algorithm Type (0062,0008) is AUTOMATIC: nobody corrected it.
    pub automatic: bool,
    /// Tracking UID (0062,0021).
    pub tracking_uid: Option<String>,
}

/// One frame with its place.
#[derive(Debug, Clone)]
pub struct SegmentFrame {
    /// Which segment (BINARY); 0 for LABELMAP, where the pixel says.
    pub segment_number: u16,
    /// Image Position (Patient) (0020,0032).
    pub position: Lps,
}
