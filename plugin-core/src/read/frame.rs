//! Where a slice lies and what its stored values mean, in a single-frame object or a frame of an enhanced one.

use super::ct_image::{Plane, geometry, numbers, sentence};
use super::elements::DataSet;
use super::header::Acquisition;
use crate::geometry::Lps;
use dicom_dictionary_std::tags;
use std::ops::RangeInclusive;

/// Positions in millimetres. Numbers beyond this and the following limits are no CT's; they are refused so that no later step
/// overflows.
const FARTHEST: f64 = 1e5;
/// HU per stored unit. 16 bits that hold the 4000 HU of a CT have steps of 0.06.
const SLOPES: RangeInclusive<f64> = 1e-3..=1e3;
/// HU of a stored zero, either sign.
const FARTHEST_ZERO: f64 = 1e6;

/// Where a frame lies, how its stored values become Hounsfield units, and how it was made.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub plane: Plane,
    pub position: Lps,
    pub slope: f64,
    pub intercept: f64,
    /// What the frame says of thickness, voltage and kernel.
    pub acquisition: Acquisition,
}

/// The data sets or items that the attributes of a frame stand in: one and the same in a single-frame object.
pub(super) struct Groups<'a> {
    pub position: &'a DataSet<'a>,
    pub orientation: &'a DataSet<'a>,
    pub measures: &'a DataSet<'a>,
    pub transformation: &'a DataSet<'a>,
    pub details: &'a DataSet<'a>,
    pub reconstruction: &'a DataSet<'a>,
}

impl Frame {
    pub(super) fn read(groups: &Groups<'_>) -> Result<Frame, String> {
        let tag = tags::IMAGE_POSITION_PATIENT;
        let place = numbers::<3>(groups.position, tag).filter(|place| place.iter().all(|length| length.abs() <= FARTHEST));
        let accepted = "three numbers from -100000 to 100000";
        let place = place.ok_or_else(|| geometry("Image Position (Patient)", tag, groups.position, accepted))?;
        let number = |keyword, tag, accepts: fn(f64) -> bool, accepted| {
            let value = numbers::<1>(groups.transformation, tag).map(|[value]| value).filter(|&value| accepts(value));
            value.ok_or_else(|| geometry(keyword, tag, groups.transformation, accepted))
        };
        let in_range = |slope: f64| SLOPES.contains(&slope);
        let slope = number("Rescale Slope", tags::RESCALE_SLOPE, in_range, "a number from 0.001 to 1000")?;
        let in_range = |intercept: f64| intercept.abs() <= FARTHEST_ZERO;
        let intercept = number("Rescale Intercept", tags::RESCALE_INTERCEPT, in_range, "a number from -1000000 to 1000000")?;
        // Absent means HU in CT Image Storage; US is "unspecified", which older converters write for HU.
        match groups.transformation.ascii(tags::RESCALE_TYPE).unwrap_or("HU") {
            "HU" | "US" => {}
            other => return Err(sentence("Rescale Type", tags::RESCALE_TYPE, other, "HU")),
        }
        Ok(Frame {
            plane: Plane::read(groups.orientation, groups.measures)?,
            position: place,
            slope,
            intercept,
            acquisition: Acquisition::of_frame(groups.measures, groups.details, groups.reconstruction),
        })
    }
}
