//! One CT series, in geometric order.

use super::ct_image::Plane;
use super::header::{Acquisition, Equipment, StudyContext};
use super::pixels::PixelLayout;
use crate::geometry::{Lps, cross, dot, norm, subtract};
use dicom_dictionary_std::tags;

/// Slices closer than this along the normal are at the same position, in millimetres: writers round positions to 0.001 mm, and
/// no CT is reconstructed finer than 0.1 mm.
const SAME_POSITION: f64 = 0.01;

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

impl CtSeries {
    /// Unit vector along which slices ascend.
    pub fn normal(&self) -> Lps {
        cross(self.orientation[0], self.orientation[1])
    }

    /// Takes in the slices of another object of the same series; refuses, in a sentence, what is not of the same stack.
    pub(super) fn join(&mut self, other: CtSeries) -> Result<(), String> {
        let plane = |series: &CtSeries| Plane { orientation: series.orientation, pixel_spacing: series.pixel_spacing };
        let kind = |series: &CtSeries| series.acquisition.image_type.iter().take(3).cloned().collect::<Vec<_>>();
        let patient = |series: &CtSeries| series.context.text(tags::PATIENT_ID).map(str::to_owned);
        let differs = [
            ("Patient ID (0010,0020)", patient(self) != patient(&other)),
            ("Frame of Reference UID (0020,0052)", self.frame_of_reference_uid != other.frame_of_reference_uid),
            ("Rows (0028,0010) or Columns (0028,0011)", self.size != other.size),
            ("Image Orientation (Patient) (0020,0037) or Pixel Spacing (0028,0030)", !plane(self).is_parallel(&plane(&other))),
            ("the first three values of Image Type (0008,0008)", kind(self) != kind(&other)),
        ];
        let differs = differs.iter().find(|(_, differs)| *differs).map(|(what, _)| (*what).to_owned());
        let same = differs.map_or(Ok(()), Err).and_then(|()| self.take_in_acquisition(&other));
        same.map_err(|what| format!("its slices differ in {what}; accepted: one stack of slices per series"))?;
        self.slices.extend(other.slices);
        Ok(())
    }

    /// Slices with and without contrast agent side by side are two scans; two spellings of one agent are not.
    fn take_in_acquisition(&mut self, other: &CtSeries) -> Result<(), String> {
        let [a, b] = [self.acquisition.agent(), other.acquisition.agent()];
        if a.is_some() != b.is_some() {
            let [a, b] = [&self.acquisition, &other.acquisition].map(|one| one.contrast_agent.as_deref().unwrap_or("absent"));
            return Err(format!("Contrast/Bolus Agent (0018,0010): {a} and {b}"));
        }
        self.acquisition.take_in(&other.acquisition)
    }

    /// Sorts the slices along the normal; refuses a second slice at a position.
    pub(super) fn sort(&mut self) -> Result<(), String> {
        let normal = self.normal();
        let height = |slice: &Slice| dot(slice.position, normal);
        self.slices.sort_by(|a, b| height(a).total_cmp(&height(b)).then((a.instance, a.frame).cmp(&(b.instance, b.frame))));
        let pairs = self.slices.windows(2).filter(|pair| height(&pair[1]) - height(&pair[0]) < SAME_POSITION);
        let doubled: Vec<_> = pairs.collect();
        let Some(pair) = doubled.first() else { return Ok(()) };
        let [x, y, z] = pair[0].position;
        Err(format!(
            "{} of its {} slices lie where another one lies, the first at Image Position (Patient) (0020,0032) {x}\\{y}\\{z}, \
             {:.3} mm apart; accepted: one slice per position",
            doubled.len(),
            self.slices.len(),
            norm(subtract(pair[1].position, pair[0].position)),
        ))
    }
}
