//! Landmarks of the proximal femur from its mask.
//!
//! # The recipe `femur-landmarks/1`
//!
//! For a left femur: lateral is +x, posterior +y, superior +z (LPS, millimetres, voxel centres). `unit(v)` has length one,
//! `across(v, a) = unit(v - (v.a) a)`. Medians are lower medians. Theil-Sen's line through `(x, y)` has the median of the slopes of all
//! pairs and the median of `y - slope x`. In short: head by RANSAC, shaft and lesser trochanter in turns, then the neck.
//!
//! 1. **Lattice.** The largest 6-connected component of the mask (the first in `[slice, row, column]` order among equals).
//!    Cells are 1 mm apart along x, y, z, from `floor(lowest voxel centre) - 3` on, up to 3 mm beyond the highest. The
//!    uppermost 250 mm count, so that the knee of a whole femur is not looked at. A cell is bone when the mask, 1 and 0 at its
//!    voxel centres and interpolated trilinearly in between, is at least 1/2 at the cell. In every axial slice background that
//!    does not reach the edge over faces of its cells is bone too.
//! 2. **Membership** is bone (1 or 0) averaged with the weights 1, 2, 1 along each of the three axes, and trilinear between
//!    cells. The surface is where it is 1/2. A ray leaves the bone between the first two points at multiples of 1/2 mm of which
//!    the second is below 1/2, at the place that is linear between them. A section is what is connected (over edges of squares)
//!    to its start, among the points of a square raster of 1/2 mm in its plane, up to 60 mm from the start, that have a
//!    membership of at least 1/2.
//! 3. **Head.** The points where edges of the lattice cross the surface, from 75 mm below the top of the bone on. Of 4000
//!    trials, each the sphere through four of them, the one with a radius from 18 to 32 that has most points within 1.5 mm;
//!    then up to 30 times the least squares of `|p|^2 - 2 c.p - k` over all points within 1.5 mm. Trials draw from at most 2000
//!    points (every `ceil(count / 2000)`-th), with the generator in `head` started at 1. `H`, `r` are centre and radius.
//! 4. **First axis.** Theil-Sen's lines for x and y against z through the means of the axial slices from `2.7 r` below `H` on,
//!    at most 60 mm and at least 10 mm of them; slices with less than 85 % of the median area are left out, for the end of the
//!    image cuts them. Heights `h` are measured along an axis `up` from the foot `F` of the perpendicular through `H`.
//! 5. **Lesser trochanter.** With `m = unit(H - F)` and `p = m x up` behind it, the ring at `h` is the 72 distances, 5 degrees
//!    apart from `m` to `p`, at which rays from the axis leave the bone. Its excess is the largest from 20 to 100 degrees less
//!    the median of all. From `h = -3 r` to `-1.2 r` (rounded) in steps of 1, rings that are not closed left out, the first
//!    summit of the excess: 2 mm above the least below it, and followed by a ring 2 mm lower. The tip lies on the surface at
//!    the mean height and the mean angle of those rays within 8 mm and 30 degrees of the summit's longest ray, in the sector,
//!    that are at most 1 mm shorter.
//! 6. **Axis of the shaft.** Theil-Sen's lines through the centroids of the sections perpendicular to the axis from 15 to 65
//!    mm below the tip, 1 mm apart, without those that reach within 1 mm of the lowest slice or have less than 85 % of the
//!    median area. Steps 5 and 6 are repeated until the axis turns by less than 0.1 degrees (10 times at most), then once
//!    more. `S20`, `S50` lie on the axis 20 and 50 mm below the tip; where `shaft_below_lesser_trochanter_mm` is less than
//!    50, `S50` is extrapolated.
//! 7. **Neck.** An axis from `H`, at first at 128 degrees to the shaft. Sections perpendicular to it, `0.5 r` to `2.5 r` from
//!    `H`, at multiples of 1/2 mm (both ends rounded), as far as the axis is in the bone. The waist is the unbroken run of
//!    sections of at most 1.04 times the smallest area around the smallest. The next axis goes from `H` to the mean of the
//!    waist's centroids; until it turns by less than 0.5 degrees (20 times at most). `N` lies on it at the vertex of the
//!    parabola of area against distance by least squares over the waist (at the smallest section where the vertex lies
//!    outside); `r_n` is the radius of a circle with the area of the section nearest to `N`. That is the axis that Uemura 2022
//!    projects (doi 10.1007/s11657-022-01063-3): through the centres of head and neck.
//! 8. **Junction.** From the point of the axis `sqrt(r^2 - r_n^2)` from `H`, where a cylinder as wide as the neck meets the
//!    sphere, rays leave the bone at `J1..J4`: along `+-across(up, n)` (superior, inferior) and `+-(n x superior)` (anterior,
//!    posterior), with `n` from `H` to `N`.
//! 9. **Base of the greater trochanter.** With `l = across(n, up)`, the outline at `h` is how far the section at `h` reaches along
//!    `l` from the axis. Theil-Sen's line through the outline 10 to 50 mm below the tip of the lesser trochanter; from 10 mm below
//!    that tip upwards, the first height from which the outline stays 3 mm or more beyond the line for 5 mm, linear between the two
//!    heights around it. The landmark lies in the plane through the axis along `l`: it is a point of the outline seen from the
//!    front. Less than 50 mm of shaft below the tip make the line too short to be prolonged so far: then this landmark alone is not
//!    given (`SHAFT_TRUNC`).
//!
//! The angle of the neck before the condyles (anteversion) is not given: the condyles are hardly ever in the image of a hip.
//!
//! Nothing is found (`NECK_QC`, `SHAFT_TRUNC`, `LATERALITY`) unless every figure is in its range; the report has them beside
//! the landmarks. `head_on_sphere_percent` is the share of 2000 directions, even by the golden angle, in which a ray from `H`
//! leaves the bone within 1.5 mm of the sphere; `head_off_sphere_rms_mm` is the root mean square of the difference in the half
//! that looks away from the neck (`r` where no ray leaves within `2 r`). They show a head of which a part is labelled as hip
//! bone.

mod bone;
mod head;
mod neck;
mod quality;
mod section;
mod shaft;
mod trochanter;

use super::Landmarks;
use crate::geometry::{Grid, Lps, add_scaled, cross};
use crate::report::{Block, GateCode, Landmark, LandmarkName, QualityFigure};
use crate::segmentation::StructureMask;
use crate::units::Mm;
use bone::Bone;
use head::Sphere;
use neck::Neck;
use quality::{check, refuse};
use shaft::{Axis, Shaft, across, angle};

/// Where the points on the axis of the shaft lie, below the tip of the lesser trochanter.
const SHAFT_POINTS: [f64; 2] = [20.0, 50.0];
/// Of a left femur.
const LATERAL: Lps = [1.0, 0.0, 0.0];
/// A ray from the middle of the neck that is longer does not end at the junction.
const WIDEST_NECK: Mm = Mm(40.0);

/// Landmarks of a left femur whose mask lies on `grid`; a block where one of them is not plausible.
pub(super) fn find(grid: &Grid, mask: &StructureMask) -> Result<Landmarks, Block> {
    let bone = Bone::sample(grid, &mask.largest_component()).map_err(|width| {
        let reason = format!("the label is {:.0} mm wide, which no femur is; 300 mm at most", width.0);
        refuse(GateCode::NeckQc, Some(width.0), &reason)
    })?;
    let head = Sphere::find(&bone).ok_or_else(|| {
        refuse(
            GateCode::NeckQc,
            None,
            "no sphere with the radius of a femoral head, 18 to 32 mm, lies in the upper part of the label",
        )
    })?;
    let first = Axis::from_slices(&bone, &head)?;
    let side = angle(first.away_from(head.centre), LATERAL);
    let wrong = "the head does not lie medial to the shaft: is the side right?";
    let side = check("head_off_medial_degrees", side, -f64::INFINITY..=75.0, GateCode::Laterality, wrong)?;
    let shaft = Shaft::find(&bone, &head, first)?;
    let neck = Neck::find(&bone, &head, &shaft.axis)
        .ok_or_else(|| refuse(GateCode::NeckQc, None, "the label ends between the head and the shaft"))?;
    let figures = Figures::check(&bone, &head, &shaft, &neck, side)?;
    let junction = junction(&bone, &head, &shaft, &neck)
        .ok_or_else(|| refuse(GateCode::NeckQc, None, "the outline of the neck is open where it meets the head"))?;
    let lateral = across(neck.axis, shaft.axis.up);
    let greater_trochanter_base = trochanter::greater_base(&bone, &shaft, lateral)?;
    let mut landmarks = Landmarks {
        head_centre: head.centre,
        head_radius: head.radius,
        neck_centre: neck.centre,
        junction,
        lesser_trochanter: shaft.lesser.tip,
        greater_trochanter_base,
        shaft: SHAFT_POINTS.map(|below| shaft.axis.at(shaft.lesser.height - below)),
        report: Vec::new(),
    };
    landmarks.report = figures.report(&landmarks);
    Ok(landmarks)
}

/// Superior, inferior, anterior, posterior: where rays from the axis of the neck leave the bone, on the plane on which a cylinder of
/// the neck's radius meets the sphere.
fn junction(bone: &Bone, head: &Sphere, shaft: &Shaft, neck: &Neck) -> Option<[Lps; 4]> {
    let middle = add_scaled(head.centre, neck.axis, (head.radius.powi(2) - neck.radius.powi(2)).sqrt());
    let superior = across(shaft.axis.up, neck.axis);
    let anterior = cross(neck.axis, superior);
    let mut points = [middle; 4];
    for (point, (direction, sign)) in
        points.iter_mut().zip([(superior, 1.0), (superior, -1.0), (anterior, 1.0), (anterior, -1.0)])
    {
        let outward = direction.map(|x| x * sign);
        *point = add_scaled(middle, outward, bone.exit(middle, outward, WIDEST_NECK)?);
    }
    Some(points)
}

/// What was checked, by landmark.
struct Figures {
    head: Vec<QualityFigure>,
    neck: Vec<QualityFigure>,
    lesser: Vec<QualityFigure>,
    shaft: Vec<QualityFigure>,
}

impl Figures {
    fn check(bone: &Bone, head: &Sphere, shaft: &Shaft, neck: &Neck, side: QualityFigure) -> Result<Figures, Block> {
        use GateCode::{NeckQc, ShaftTruncated};
        const ANY: f64 = f64::INFINITY;
        let agreement = head.agreement(bone, neck.axis);
        let shape = "the head is no sphere: is part of it not labelled, or is it deformed?";
        let length = "too little of the shaft below the lesser trochanter is in the image";
        let lesser = &shaft.lesser;
        Ok(Figures {
            shaft: vec![
                check("shaft_below_lesser_trochanter_mm", shaft.length.0, 30.0..=ANY, ShaftTruncated, length)?,
                check("shaft_straightness_rms_mm", shaft.rms, -ANY..=2.0, NeckQc, "the shaft is not straight")?,
            ],
            head: vec![
                check("head_radius_mm", head.radius, 18.0..=32.0, NeckQc, "the head has an implausible size")?,
                check("head_on_sphere_percent", agreement.cover, 50.0..=ANY, NeckQc, shape)?,
                check("head_off_sphere_rms_mm", agreement.rms, -ANY..=1.5, NeckQc, shape)?,
                side,
            ],
            neck: vec![
                check(
                    "neck_shaft_angle_degrees",
                    angle(neck.axis, shaft.axis.up),
                    105.0..=150.0,
                    NeckQc,
                    "the neck meets the shaft at an implausible angle",
                )?,
                check(
                    "neck_axis_last_turn_degrees",
                    neck.turned,
                    -ANY..=neck::STEADY,
                    NeckQc,
                    "the axis of the neck does not settle",
                )?,
                check(
                    "neck_to_head_radius_percent",
                    100.0 * neck.radius / head.radius,
                    45.0..=90.0,
                    NeckQc,
                    "the neck has an implausible width",
                )?,
                check(
                    "neck_distance_head_radii",
                    neck.distance / head.radius,
                    neck::WAIST,
                    NeckQc,
                    "no section between head and shaft is narrower than its neighbours",
                )?,
            ],
            lesser: vec![
                check(
                    "excess_mm",
                    lesser.excess.0,
                    4.0..=ANY,
                    NeckQc,
                    "the lesser trochanter is not prominent enough to be sure of it",
                )?,
                check(
                    "medial_to_posterior_degrees",
                    lesser.direction,
                    20.0..=100.0,
                    NeckQc,
                    "the lesser trochanter does not lie posteromedially",
                )?,
            ],
        })
    }

    /// Every landmark with what it rests on.
    fn report(self, found: &Landmarks) -> Vec<Landmark> {
        use LandmarkName::*;
        let [superior, inferior, anterior, posterior] = found.junction;
        let Figures { head, neck, lesser, shaft } = self;
        let base = found.greater_trochanter_base.as_ref().ok().map(|base| (GreaterTrochanterBase, *base, Vec::new()));
        [
            (HeadCentre, found.head_centre, head),
            (NeckCentre, found.neck_centre, neck),
            (JunctionSuperior, superior, Vec::new()),
            (JunctionInferior, inferior, Vec::new()),
            (JunctionAnterior, anterior, Vec::new()),
            (JunctionPosterior, posterior, Vec::new()),
            (LesserTrochanter, found.lesser_trochanter, lesser),
        ]
        .into_iter()
        .chain(base)
        .chain([(Shaft20, found.shaft[0], shaft.clone()), (Shaft50, found.shaft[1], shaft)])
        .map(|(name, position_mm, figures)| Landmark { name, position_mm, figures })
        .collect()
    }
}
