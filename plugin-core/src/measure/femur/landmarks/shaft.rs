//! The axis of the shaft: steps 4 and 6 of the recipe.

use super::bone::Bone;
use super::head::Sphere;
use super::quality::refuse;
use super::section::{Section, section};
use super::trochanter::Lesser;
use crate::geometry::{Lps, add_scaled, cross, dot, norm, subtract, unit};
use crate::report::{Block, GateCode};
use crate::units::Mm;

/// In head radii below the head's centre: here begins what gives the first axis.
const FIRST_BELOW: f64 = 2.7;
/// How much gives the first axis, and the least of it.
const FIRST_LENGTH: Mm = Mm(60.0);
const LEAST_FIRST_LENGTH: Mm = Mm(10.0);
/// Part of the shaft that gives the axis, below the lesser trochanter.
const FITTED: [usize; 2] = [15, 65];
/// Sections smaller than this share of the median are cut by the end of the image.
const WHOLE_SHARE: f64 = 0.85;
const LEAST_SECTIONS: usize = 5;
const MOST_TURNS: usize = 10;
/// Degrees.
const STEADY: f64 = 0.1;

/// The axis of the shaft; height 0 is that of the head's centre.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// On the axis, at height 0.
    pub foot: Lps,
    /// Towards the head.
    pub up: Lps,
}

/// The axis, with the trochanter that tells where the shaft begins.
pub(super) struct Shaft {
    pub axis: Axis,
    pub lesser: Lesser,
    /// Root mean square of the distances of the sections' centroids from the axis, millimetres.
    pub rms: f64,
    /// From the tip of the lesser trochanter to the lowest whole section, at most the length that is fitted.
    pub length: Mm,
}

impl Shaft {
    /// Axis and lesser trochanter in turns, until the axis is steady; `first` is any axis through the shaft.
    pub fn find(bone: &Bone, head: &Sphere, first: Axis) -> Result<Shaft, Block> {
        let mut axis = first;
        for _ in 0..MOST_TURNS {
            let lesser = Lesser::find(bone, head, &axis)?;
            let next = axis.refit(bone, head, lesser)?;
            let turned = angle(axis.up, next.axis.up);
            axis = next.axis;
            if turned < STEADY {
                break;
            }
        }
        axis.refit(bone, head, Lesser::find(bone, head, &axis)?)
    }
}

impl Axis {
    /// The axis through `point` along `up`, with its foot beside `head`.
    fn new(point: Lps, up: Lps, head: Lps) -> Axis {
        Axis { foot: add_scaled(point, up, dot(subtract(head, point), up)), up }
    }

    /// The first axis, from axial slices.
    pub fn from_slices(bone: &Bone, head: &Sphere) -> Result<Axis, Block> {
        let [_, bottom] = bone.heights();
        let short = || {
            refuse(
                GateCode::ShaftTruncated,
                Some(head.centre[2] - bottom),
                &format!(
                    "the femur reaches {:.0} mm below the centre of its head, which is not enough to find the shaft; {:.0} mm would do",
                    head.centre[2] - bottom,
                    FIRST_BELOW * head.radius + LEAST_FIRST_LENGTH.0
                ),
            )
        };
        let top = head.centre[2] - FIRST_BELOW * head.radius;
        let length = top - bottom.max(top - FIRST_LENGTH.0);
        if length < LEAST_FIRST_LENGTH.0 {
            return Err(short());
        }
        let slices: Vec<(Lps, f64)> = (0..=length as usize).filter_map(|step| bone.axial_slice(top - step as f64)).collect();
        let least = median(slices.iter().map(|(_, area)| *area)) * WHOLE_SHARE;
        let centres: Vec<Lps> = slices.into_iter().filter(|(_, area)| *area >= least).map(|(centre, _)| centre).collect();
        line(&centres, [0.0, 0.0, 1.0]).map(|(point, up)| Axis::new(point, up, head.centre)).ok_or_else(short)
    }

    /// A point of the axis.
    pub fn at(&self, height: f64) -> Lps {
        add_scaled(self.foot, self.up, height)
    }

    /// Away from the head, at right angles to the axis.
    pub fn away_from(&self, head: Lps) -> Lps {
        unit(subtract(self.foot, head))
    }

    /// The section perpendicular to the axis at `height`; its first direction is `lateral`.
    pub fn section(&self, bone: &Bone, height: f64, lateral: Lps) -> Option<Section> {
        section(bone, self.at(height), lateral, cross(self.up, lateral))
    }

    /// The axis through the sections below the lesser trochanter.
    fn refit(&self, bone: &Bone, head: &Sphere, lesser: Lesser) -> Result<Shaft, Block> {
        let lateral = self.away_from(head.centre);
        let sections: Vec<(usize, Section)> = (1..=FITTED[1])
            .map_while(|depth| Some((depth, self.section(bone, lesser.height - depth as f64, lateral)?)))
            .collect();
        let fitted = sections.iter().skip(FITTED[0] - 1);
        let least = median(fitted.clone().map(|(_, section)| section.area)) * WHOLE_SHARE;
        let whole: Vec<_> = fitted.filter(|(_, section)| section.area >= least).collect();
        let length = whole.last().or(sections.last().as_ref()).map_or(0, |(depth, _)| *depth) as f64;
        let centres: Vec<Lps> = whole.iter().map(|(_, section)| section.centroid).collect();
        let Some((point, up)) = line(&centres, self.up) else {
            let reason = format!("{length:.0} mm of the shaft below the lesser trochanter are in the image; 30 mm would do");
            return Err(refuse(GateCode::ShaftTruncated, Some(length), &reason));
        };
        let squares = centres.iter().map(|centre| {
            let offset = subtract(*centre, point);
            dot(offset, offset) - dot(offset, up).powi(2)
        });
        let rms = (squares.sum::<f64>().max(0.0) / centres.len() as f64).sqrt();
        Ok(Shaft { axis: Axis::new(point, up, head.centre), lesser, rms, length: Mm(length) })
    }
}

/// The angle between two unit vectors in degrees.
pub(super) fn angle(a: Lps, b: Lps) -> f64 {
    norm(cross(a, b)).atan2(dot(a, b)).to_degrees()
}

/// The unit vector of the part of `direction` that is perpendicular to `axis`.
pub(super) fn across(direction: Lps, axis: Lps) -> Lps {
    unit(add_scaled(direction, axis, -dot(direction, axis)))
}

/// A line through points that lie along `up`: its height for every coordinate by Theil and Sen. A point of it and its unit vector.
fn line(points: &[Lps], up: Lps) -> Option<(Lps, Lps)> {
    if points.len() < LEAST_SECTIONS {
        return None;
    }
    let first = across([1.0, 0.0, 0.0], up);
    let second = cross(up, first);
    let along = |axis: Lps| points.iter().map(|point| [dot(*point, up), dot(*point, axis)]).collect::<Vec<_>>();
    let [(start1, slope1), (start2, slope2)] = [first, second].map(|axis| theil_sen(&along(axis)));
    let point = add_scaled(add_scaled([0.0; 3], first, start1), second, start2);
    let direction = unit(add_scaled(add_scaled(up, first, slope1), second, slope2));
    direction.iter().all(|x| x.is_finite()).then_some((point, direction))
}

/// Start and slope of a line through `[x, y]`: the median slope of all pairs, and the median start (Sen, J Am Stat Assoc 1968;
/// 63:1379).
pub(super) fn theil_sen(points: &[[f64; 2]]) -> (f64, f64) {
    let pairs = points.iter().enumerate().flat_map(|(i, a)| points[i + 1..].iter().map(move |b| (b[1] - a[1]) / (b[0] - a[0])));
    let slope = median(pairs);
    (median(points.iter().map(|[x, y]| y - slope * x)), slope)
}

/// The lower median; NaN of nothing.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    let middle = values.len().saturating_sub(1) / 2;
    match values.is_empty() {
        true => f64::NAN,
        false => *values.select_nth_unstable_by(middle, f64::total_cmp).1,
    }
}
