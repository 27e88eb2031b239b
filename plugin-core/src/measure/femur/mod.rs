//! Proximal femora: areal and volumetric density of the regions that DXA reads, from a projection of the CT.
//!
//! What comes out is *DXA-like*: the regions follow published descriptions, not a maker's program, and makers differ.
//!
//! # The recipe `femur-projection/1`
//!
//! In the report the name of the method holds what was chosen: neck, pose and `distal_mm`, as in
//! `femur-projection.osaka_10mm.neck_shaft_frame.20mm/1`.
//!
//! It works on a left femur. For a right one the grid of the CT is mirrored at x = 0 (no voxel is resampled); landmarks and
//! picture are mirrored back. From `landmarks` come head centre `H`, neck centre `N`, the junction `J1..J4` of head and neck, the
//! lesser trochanter `LT`, the lateral base `G` of the greater trochanter, and `S20`, `S50` on the axis of the shaft. Lengths are
//! millimetres, positions LPS.
//!
//! 1. **Pose.** A frame with origin `N`: `x'` lateral, `y'` posterior (the direction of projection), `z'` superior, `x' = y' x z'`.
//!    - `neck_shaft_frame`: `z' = unit(S20 - S50)`, `y' = unit(z' x (N - H))`; rotation, adduction and flexion are taken out.
//!    - `uemura2022` (Uemura 2022, doi 10.1007/s11657-022-01063-3): `y' = unit(z x (N - H))` with `z = (0, 0, 1)`, which turns the neck about
//!      `z` into the coronal plane; `z' = unit(w - (w.y') y')` with `w = S20 - S50`, which turns the shaft upright within it. Flexion
//!      stays.
//!    - `as_scanned`: `y' = (0, 1, 0)`, `z' = (0, 0, 1)`.
//! 2. **Bone.** Let `m` be 1 at the centres of voxels of the largest 6-connected component of the mask (the first in `[slice, row,
//!    column]` order among equals), which landmarks rest on as well, and 0 at all others, `h` their HU, `rho` the calibrated density of
//!    `h` in mg/cm3, neither clamped nor smoothed. Between voxel centres `m`, `m h` and `m rho` are interpolated trilinearly. So
//!    HU from outside the mask never enter, every voxel of the mask carries exactly its volume times its own density, and nothing
//!    is lost or made by turning. Voxels that the surface cuts count whole if in the mask, with the HU that they have.
//! 3. **Projection.** Pixels of 0.5 mm have their centres at `(0.5 i, 0.5 j)` in `(x', z')`. Through each, points along `y'` at
//!    multiples of 0.5 mm are summed: thickness `T = 0.5 sum(m)` in mm, attenuation `0.5 sum(m h)` in HU mm, density
//!    `A = 0.5e-4 sum(m rho)` in g/cm2.
//! 4. **Outline.** Interpolation blurs the edge of `T` by a tent as wide as the voxels. A pixel counts as area when
//!    `T > 4/15 sqrt(8 R w)`, which is what `T` then is at the true edge of bone that is rounded with radius `R = 15` (the chord of a
//!    circle at depth `d` is `sqrt(8 R d)`; its mean under a tent of half width `w` at the edge is this). `w` is the width of a
//!    voxel across the edge: with `n = unit(grad T)` from central differences and the grid's three steps `s` in `(x', z')`,
//!    `w = sqrt(sum((s.n)^2))`. Where `grad T = 0`, a pixel counts when `T > 0`. At 1 mm the threshold is 2.9 mm. It decides about
//!    area only: mass and volume of a region include what was blurred beyond its outline.
//! 5. **Head and neck.** The line through the projected `J1..J4` with the least sum of squared distances; `s` is the distance beyond
//!    it, positive on the side of `N`. `a = unit(N - H)` in the projection is the direction of the neck, `t = p.a` a position along
//!    it, `b = (-a_z, a_x)` points up across it.
//! 6. **Neck** (`femoral_neck`), by mode:
//!    - `osaka_10mm`: `0 < s <= 10`. Its distal edge meets the axis of the neck at `E = t_E a`, `s(E) = 10`.
//!    - `hologic_like`: `t_n - 15 < t <= t_n`, `s > 0`; `E = t_n a`.
//!    - `min_bmd_scan`: `t_0 < t <= t_0 + 10`, `s > 0`, with `t_0` among `t_f, t_f + 0.5, ...` up to `t_n - 10` such that the sum of `A`
//!      (of attenuation, without calibration) by the number of pixels of the outline is least; the first among equals;
//!      `E = (t_0 + 10) a`.
//!
//!    `t_f` is the first `t` at which `s >= 0` for all `|p.b| <= 20`. The notch `t_n`: in bins `[t_f + i, t_f + i + 1)` up to
//!    `t = 60`, `u_i` is the largest `p.b` of pixels of the outline with `s > 0` above the cut of step 7; `t_n = t_f + i` for the
//!    first `i` with `u_i > 2 + min(u_0..u_{i-1})`, which is where the upper outline has begun to rise to the greater trochanter.
//! 7. **Total hip.** Pixels with `T > 0`, `s > 0`, `z' > z'(LT) - distal_mm`, and, for the two modes whose neck does not begin at the
//!    head-neck line, `t > t_n - 15` or `t > t_0`: as in the makers' analyses the total begins where the neck does, so that it is
//!    always neck plus trochanter plus intertrochanter. The largest group of pixels that share edges stays (the first in row order
//!    among equals). Of the neck likewise; the rest of its strip is divided as in step 8.
//! 8. **Trochanter and intertrochanter.** The rest of the total hip above, or not above, the line from `E` to the projected `G`. Where
//!    `G` is not known the rest is not divided: these two are withheld with the reason, and the total hip stands.
//! 9. **Values.** Area: pixels of the outline times 0.0025 cm2. Over all pixels of the region: content = sum of `A` times 0.0025 g;
//!    volume = sum of `T` times 0.00025 cm3; areal density = content by area; density = content by volume; mean HU = sum of
//!    attenuation by sum of `T`. Without calibration only area, volume and mean HU are given.
//!
//! Nothing is printed (`NECK_QC`) when landmarks or regions are not plausible, (`SHAFT_TRUNC`) when the label does not reach 5 mm
//! below the end of the total hip, (`ROI_SMALL`) when a region has less than 1 cm2, or when a gate of [`super::gates`] says so.

mod landmarks;
mod pose;
mod project;
mod regions;
mod values;

#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod test_femur;
#[cfg(test)]
mod tests;

use super::Subject;
use super::gates::Gates;
use super::left_out;
use crate::anatomy::{Side, Structure};
use crate::geometry::{Grid, Index, Lps};
use crate::progress::Cancelled;
use crate::report::{Block, Finding, GateCode, Landmark, QualityFigure, Region, six_digits};
use crate::segmentation::StructureMask;
use crate::settings::FemurSettings;
use crate::units::Material;
use ndarray::{Array2, Array3};
use pose::Frame;
use project::{Bone, Projection, SPACING, project};
use rayon::prelude::*;
use regions::{PARTS, Parts, divide, lowest};
use values::Measured;

/// How far below the total hip its picture goes on, in millimetres.
const PICTURE_BELOW: f64 = 10.0;
/// How far below the total hip the label must reach, in millimetres, so that its end is cut and not frayed.
const LEAST_BELOW: f64 = 5.0;
/// What is looked at for the reason why landmarks were not found: so much of the top of the label, in millimetres.
const PROXIMAL: f64 = 100.0;

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
    /// 0, or `i + 1` for [`FemurProjection::REGIONS`]`[i]`, the last of which is what is not divided; same shape as `image`.
    pub regions: Array2<u8>,
}

impl FemurProjection {
    /// What the numbers of the region map mean; together they are the total hip.
    pub const REGIONS: [Region; 4] = [PARTS[0], PARTS[1], PARTS[2], Region::TotalHip];
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
    /// Lateral base of the greater trochanter, or why it is not known although all else is.
    greater_trochanter_base: Result<Lps, Block>,
    /// On the axis of the shaft, 20 and 50 mm below the lesser trochanter; the second may be extrapolated.
    shaft: [Lps; 2],
    /// All of the above with their figures of quality, for the report.
    report: Vec<Landmark>,
}

/// Measures every labelled femur.
pub(super) fn measure_femora(
    subject: &Subject<'_>,
    gates: &Gates<'_>,
    step: &(impl Fn() -> Result<(), Cancelled> + Sync),
) -> Result<Femora, Cancelled> {
    let measured: Result<Vec<_>, Cancelled> = subject
        .labels
        .masks
        .par_iter()
        .filter(|mask| mask.structure == Structure::Femur)
        .map(|mask| step().map(|()| measure_femur(subject, mask, gates, landmarks::find)))
        .collect();
    let mut femora = Femora { findings: Vec::new(), regions: Vec::new(), projections: Vec::new() };
    for (finding, pictures) in measured? {
        femora.findings.push(finding);
        if let Some((region, projection)) = pictures {
            femora.regions.push(region);
            femora.projections.push(projection);
        }
    }
    for (mut finding, block) in left_out::findings(subject.labels, |structure| structure == Structure::Femur) {
        values::withhold(&mut finding, &block);
        femora.findings.push(finding);
    }
    Ok(femora)
}

type Pictures = (StructureMask, FemurProjection);

/// `find` gives the landmarks of a left femur.
fn measure_femur(
    subject: &Subject<'_>,
    mask: &StructureMask,
    gates: &Gates<'_>,
    find: impl Fn(&Grid, &StructureMask) -> Result<Landmarks, Block>,
) -> (Finding, Option<Pictures>) {
    let mut finding = Finding::new(Structure::Femur, mask.side);
    let conversion = subject.calibration.conversion();
    let grid = as_left(&subject.labels.grid, mask.side);
    let component = mask.largest_component();
    let bone = Bone { grid: &grid, volume: subject.volume, mask: &component, conversion };
    let found = gates
        .femur(mask)
        .map_or(Ok(()), Err)
        .and_then(|()| find(&grid, &component).map_err(|block| cause(&grid, &component, gates, block)));
    let measured = found.and_then(|landmarks| {
        finding.landmarks = landmarks.report.iter().map(|landmark| mirrored_back(landmark, mask.side)).collect();
        evaluate(bone, &landmarks, &subject.settings.femur, gates)
    });
    match measured {
        Err(block) => {
            values::withhold(&mut finding, &block);
            (finding, None)
        }
        Ok((divided, measured)) => {
            measured.write(&mut finding, conversion, &method(&subject.settings.femur));
            let picture = divided.picture(mask.side, conversion.map(|conversion| conversion.material));
            (finding, divided.total_hip(bone).map(|region| (region, picture)))
        }
    }
}

/// The recipe and what of it was chosen, without which nobody could compute the same numbers.
fn method(FemurSettings { neck, pose, distal_mm }: &FemurSettings) -> String {
    format!("femur-projection.{}.{}.{distal_mm}mm/1", neck.name(), pose.name())
}

/// Steps 1 to 9 of the recipe.
fn evaluate(
    bone: Bone<'_>,
    landmarks: &Landmarks,
    settings: &FemurSettings,
    gates: &Gates<'_>,
) -> Result<(Divided, Measured), Block> {
    let divided = Divided::find(bone, landmarks, settings, gates)?;
    let measured = values::measure(&divided.projection, &divided.parts, divided.undivided.clone())?;
    gates.hip_range(bone.mask, measured.mean()).map_or(Ok((divided, measured)), Err)
}

/// A femur whose projection is divided into regions.
struct Divided {
    frame: Frame,
    projection: Projection,
    parts: Parts,
    /// Why trochanter and intertrochanter are one.
    undivided: Option<Block>,
}

impl Divided {
    fn find(bone: Bone<'_>, landmarks: &Landmarks, settings: &FemurSettings, gates: &Gates<'_>) -> Result<Divided, Block> {
        let frame = Frame::new(settings.pose, landmarks)?;
        let cut = lowest(&frame, landmarks, settings);
        let height = |index| frame.project(bone.grid.to_patient(index))[1];
        if let Some(block) = part(bone.mask, |index| height(index) > cut).and_then(|hip| gates.hip(&hip)) {
            return Err(block);
        }
        let end = bone.mask.indices().map(|index| height(index.map(|i| i as f64))).fold(f64::INFINITY, f64::min);
        if end > cut - LEAST_BELOW {
            return Err(Block {
                code: GateCode::ShaftTruncated,
                reason: format!(
                    "the label of the femur ends {:.1} mm below the distal end of the total hip; at least {LEAST_BELOW:.0} mm are \
                     needed",
                    cut - end
                ),
                found: Some(cut - end),
            });
        }
        let projection = project(bone, &frame, cut - PICTURE_BELOW)?;
        let parts = divide(&projection, &frame, landmarks, settings)?;
        let undivided = landmarks.greater_trochanter_base.clone().err();
        Ok(Divided { frame, projection, parts, undivided })
    }

    fn picture(&self, side: Side, material: Option<Material>) -> FemurProjection {
        let image = self.projection.content.as_ref().unwrap_or(&self.projection.attenuation).mapv(|value| value as f32);
        let regions = Array2::from_shape_fn(self.parts.raw_dim(), |place| match self.parts[place] {
            Some(0) if self.projection.outline[place] => 1,
            Some(_) if self.projection.outline[place] && self.undivided.is_some() => PARTS.len() as u8 + 1,
            Some(part) if self.projection.outline[place] => part as u8 + 1,
            _ => 0,
        });
        FemurProjection {
            structure: Structure::Femur,
            side,
            spacing_mm: SPACING,
            image: as_seen(image, side),
            material,
            regions: as_seen(regions, side),
        }
    }

    /// Voxels whose centres fall into the total hip.
    fn total_hip(&self, bone: Bone<'_>) -> Option<StructureMask> {
        part(bone.mask, |index| {
            let place = self.frame.project(bone.grid.to_patient(index));
            self.projection.raster.pixel(place).is_some_and(|pixel| self.parts[pixel].is_some())
        })
    }
}

/// Turns a picture of a left femur into one of `side`.
fn as_seen<T: Clone>(mut image: Array2<T>, side: Side) -> Array2<T> {
    if side == Side::Right {
        image.invert_axis(ndarray::Axis(1));
    }
    image.as_standard_layout().into_owned()
}

/// The grid, mirrored at x = 0 if it shows a right femur.
fn as_left(grid: &Grid, side: Side) -> Grid {
    match side {
        Side::Right => Grid { shape: grid.shape, origin: mirrored(grid.origin), steps: grid.steps.map(mirrored) },
        _ => grid.clone(),
    }
}

fn mirrored([x, y, z]: Lps) -> Lps {
    [-x, y, z]
}

/// As the report prints it.
fn mirrored_back(landmark: &Landmark, side: Side) -> Landmark {
    let position_mm = if side == Side::Right { mirrored(landmark.position_mm) } else { landmark.position_mm };
    let figure = |figure: &QualityFigure| QualityFigure { value: six_digits(figure.value), ..figure.clone() };
    Landmark {
        name: landmark.name,
        position_mm: position_mm.map(six_digits),
        figures: landmark.figures.iter().map(figure).collect(),
    }
}

/// Why landmarks were not found, if a gate knows better than `block`: an implant, a head outside the image.
fn cause(grid: &Grid, mask: &StructureMask, gates: &Gates<'_>, block: Block) -> Block {
    if block.code == GateCode::ShaftTruncated {
        return block;
    }
    let height = |index| grid.to_patient(index)[2];
    let top = mask.indices().map(|index| height(index.map(|i| i as f64))).fold(f64::NEG_INFINITY, f64::max);
    part(mask, |index| height(index) > top - PROXIMAL).and_then(|upper| gates.hip(&upper)).unwrap_or(block)
}

/// The voxels that `wanted` accepts, cropped; none if it accepts none.
fn part(mask: &StructureMask, wanted: impl Fn([f64; 3]) -> bool) -> Option<StructureMask> {
    let members: Vec<Index> = mask.indices().filter(|index| wanted(index.map(|i| i as f64))).collect();
    let first = *members.first()?;
    let bounds = members.iter().fold([first, first], |[low, high], index| {
        [0, 1].map(|end| {
            std::array::from_fn(|axis| if end == 0 { low[axis].min(index[axis]) } else { high[axis].max(index[axis]) })
        })
    });
    let shape: Index = std::array::from_fn(|axis| bounds[1][axis] - bounds[0][axis] + 1);
    let mut voxels = Array3::from_elem(shape, false);
    for index in members {
        voxels[std::array::from_fn::<usize, 3, _>(|axis| index[axis] - bounds[0][axis])] = true;
    }
    Some(StructureMask { corner: bounds[0], voxels, segments: Vec::new(), ..*mask })
}
