//! The neck: step 7 of the recipe.

use super::bone::Bone;
use super::head::Sphere;
use super::section::{Section, section};
use super::shaft::{Axis, across, angle};
use crate::geometry::{Lps, add_scaled, cross, norm, subtract, unit};

/// From head to shaft along the neck: 180 degrees less the usual neck-shaft angle.
const FIRST_ANGLE: f64 = 52.0;
/// Where sections are made, in head radii from the head's centre.
const SWEPT: [f64; 2] = [0.5, 2.5];
/// Where the narrowest may be.
pub(super) const WAIST: std::ops::RangeInclusive<f64> = 0.6..=2.2;
const STEP: f64 = 0.5;
/// Sections that are wider than the narrowest one by at most this share are neck; beyond lie head and trochanter.
const WAIST_SHARE: f64 = 0.04;
const MOST_TURNS: usize = 20;
/// Degrees.
pub(super) const STEADY: f64 = 0.5;

/// The neck, as its sections along an axis from the head's centre.
pub(super) struct Neck {
    /// From the head's centre towards the shaft.
    pub axis: Lps,
    /// Where the axis crosses the narrowest section.
    pub centre: Lps,
    /// Distance of the narrowest section from the head's centre along the axis, millimetres.
    pub distance: f64,
    /// Radius of the circle with the area of the narrowest section, millimetres.
    pub radius: f64,
    /// Last change of the axis, degrees.
    pub turned: f64,
}

impl Neck {
    /// None where the bone ends between head and shaft.
    pub fn find(bone: &Bone, head: &Sphere, shaft: &Axis) -> Option<Neck> {
        let offset = norm(subtract(shaft.foot, head.centre));
        let mut axis = unit(subtract(shaft.at(-offset / FIRST_ANGLE.to_radians().tan()), head.centre));
        let mut turned = f64::INFINITY;
        for _ in 0..MOST_TURNS {
            let sections = sweep(bone, head, axis, shaft.up);
            let neck = waist(&sections)?.iter();
            let toward = neck.fold([0.0; 3], |sum, (_, one)| add_scaled(sum, subtract(one.centroid, head.centre), 1.0));
            let next = unit(toward);
            turned = angle(axis, next);
            axis = next;
            if turned < STEADY {
                break;
            }
        }
        let sections = sweep(bone, head, axis, shaft.up);
        let distance = vertex(waist(&sections)?)?;
        let nearest = sections.iter().min_by(|a, b| (a.0 - distance).abs().total_cmp(&(b.0 - distance).abs()))?;
        Some(Neck {
            axis,
            centre: add_scaled(head.centre, axis, distance),
            distance,
            radius: (nearest.1.area / std::f64::consts::PI).sqrt(),
            turned,
        })
    }
}

/// Sections perpendicular to `axis` by their distance from the head's centre, as far as they are without a gap.
fn sweep(bone: &Bone, head: &Sphere, axis: Lps, up: Lps) -> Vec<(f64, Section)> {
    let first = across(up, axis);
    let second = cross(axis, first);
    let [from, to] = SWEPT.map(|radii| (radii * head.radius / STEP).round() as usize);
    (from..=to)
        .map(|step| step as f64 * STEP)
        .map_while(|distance| Some((distance, section(bone, add_scaled(head.centre, axis, distance), first, second)?)))
        .collect()
}

/// The narrowest section.
fn narrowest(sections: &[(f64, Section)]) -> Option<usize> {
    (0..sections.len()).min_by(|a, b| sections[*a].1.area.total_cmp(&sections[*b].1.area))
}

/// The unbroken run of sections around the narrowest one that are hardly wider.
fn waist(sections: &[(f64, Section)]) -> Option<&[(f64, Section)]> {
    let middle = narrowest(sections)?;
    let limit = sections[middle].1.area * (1.0 + WAIST_SHARE);
    let wide = |one: &(f64, Section)| one.1.area > limit;
    let first = sections[..middle].iter().rposition(wide).map_or(0, |before| before + 1);
    let end = sections[middle..].iter().position(wide).map_or(sections.len(), |after| middle + after);
    Some(&sections[first..end])
}

/// The vertex of the parabola through the areas of the waist, so that the steps of the voxels do not shift it; the narrowest
/// section itself where the vertex lies outside.
fn vertex(waist: &[(f64, Section)]) -> Option<f64> {
    let centre = waist[narrowest(waist)?].0;
    let near: Vec<[f64; 2]> = waist.iter().map(|(distance, section)| [distance - centre, section.area]).collect();
    let count = near.len() as f64;
    let mean = |f: &dyn Fn(&[f64; 2]) -> f64| near.iter().map(f).sum::<f64>() / count;
    let (m1, m2) = (mean(&|p| p[0]), mean(&|p| p[0] * p[0]));
    let area = mean(&|p| p[1]);
    // Orthogonal to 1 and to the offset, so that two quotients give the parabola.
    let covariance = |f: &dyn Fn(f64) -> f64| {
        let products: f64 = near.iter().map(|p| f(p[0]) * (p[1] - area)).sum();
        let squares: f64 = near.iter().map(|p| f(p[0]).powi(2)).sum();
        products / squares
    };
    let linear = |x: f64| x - m1;
    let skew = mean(&|p| linear(p[0]) * p[0] * p[0]) / mean(&|p| linear(p[0]).powi(2));
    let square = |x: f64| x * x - m2 - skew * linear(x);
    let curvature = covariance(&square);
    let slope = covariance(&linear) - curvature * skew;
    let offset = -slope / (2.0 * curvature);
    let among = near.first()?[0]..=near.last()?[0];
    Some(if curvature > 0.0 && among.contains(&offset) { centre + offset } else { centre })
}
