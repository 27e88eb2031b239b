//! Proximal femora: landmarks, projection, regions.
//!
//! `landmarks` finds what `project` needs; both work on a left femur: a right one is mirrored at x = 0 before and its landmarks are
//! mirrored back after.

mod landmarks;
mod project;

use super::Subject;
use super::gates::Gates;
use crate::anatomy::{Side, Structure};
use crate::geometry::Lps;
use crate::progress::Cancelled;
use crate::report::{Block, Finding, Landmark, Region};
use crate::segmentation::StructureMask;
use crate::units::Material;
use ndarray::Array2;

/// What the femora give.
pub(super) struct Femora {
    pub findings: Vec<Finding>,
    /// Voxels of the total hip, for pictures.
    pub regions: Vec<StructureMask>,
    pub projections: Vec<FemurProjection>,
}

/// A projected femur as it is seen from the front: the patient's left is on the right.
#[derive(Debug, Clone, PartialEq)]
pub struct FemurProjection {
    /// [`Structure::Femur`].
    pub structure: Structure,
    /// Which side.
    pub side: Side,
    /// Distance of pixels in millimetres, along rows and columns.
    pub spacing_mm: f64,
    /// g/cm2 of `material`, or, without calibration, Hounsfield units times millimetres; `[row, column]`, head on top.
    pub image: Array2<f32>,
    /// What the density is equivalent to; none without calibration.
    pub material: Option<Material>,
    /// 0, or `i + 1` for [`FemurProjection::REGIONS`]`[i]`; same shape as `image`.
    pub regions: Array2<u8>,
}

impl FemurProjection {
    /// What the numbers of the region map mean; together they are the total hip.
    pub const REGIONS: [Region; 3] = [Region::FemoralNeck, Region::Trochanter, Region::Intertrochanter];
}

/// Landmarks of a left femur, LPS millimetres.
#[derive(Debug, Clone, PartialEq)]
struct Landmarks {
    head_centre: Lps,
    head_radius: f64,
    /// Centre of the narrowest section of the neck.
    neck_centre: Lps,
    /// Of head and neck: superior, inferior, anterior, posterior.
    junction: [Lps; 4],
    lesser_trochanter: Lps,
    /// Lateral base of the greater trochanter.
    greater_trochanter_base: Lps,
    /// On the axis of the shaft, 20 and 50 mm below the lesser trochanter; the second may be extrapolated.
    shaft: [Lps; 2],
    /// All of the above with their figures of quality, for the report.
    report: Vec<Landmark>,
}

/// Measures every labelled femur.
pub(super) fn measure_femora(
    _subject: &Subject<'_>,
    _gates: &Gates<'_>,
    _step: &(impl Fn() -> Result<(), Cancelled> + Sync),
) -> Result<Femora, Cancelled> {
    Ok(Femora { findings: Vec::new(), regions: Vec::new(), projections: Vec::new() })
}
