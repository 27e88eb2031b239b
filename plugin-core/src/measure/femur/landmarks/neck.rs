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
/// Sections this close to the narrowest one give the axis.
const AXIS_HALF_LENGTH: f64 = 8.0;
/// Sections that are wider than the narrowest one by less than this share give its place: beyond lie head and trochanter.
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
            let waist = narrowest(&sections)?;
            let near = sections.iter().filter(|(distance, _)| (distance - sections[waist].0).abs() <= AXIS_HALF_LENGTH);
            let toward = near.fold([0.0; 3], |sum, (_, one)| add_scaled(sum, subtract(one.centroid, head.centre), 1.0));
            let next = unit(toward);
            turned = angle(axis, next);
            axis = next;
            if turned < STEADY {
                break;
            }
        }
        let sections = sweep(bone, head, axis, shaft.up);
        let waist = narrowest(&sections)?;
        let distance = vertex(&sections, waist);
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

fn narrowest(sections: &[(f64, Section)]) -> Option<usize> {
    (0..sections.len()).min_by(|a, b| sections[*a].1.area.total_cmp(&sections[*b].1.area))
}

/// The vertex of the parabola through the areas around the narrowest section, so that the steps of the voxels do not shift it; the
/// narrowest section itself where the parabola has no vertex among them.
fn vertex(sections: &[(f64, Section)], waist: usize) -> f64 {
    let (centre, least) = (sections[waist].0, sections[waist].1.area);
    let narrow = |one: &&(f64, Section)| one.1.area <= least * (1.0 + WAIST_SHARE);
    let before = sections[..waist].iter().rev().take_while(narrow);
    let near: Vec<[f64; 2]> = before
        .chain(sections[waist..].iter().take_while(narrow))
        .map(|(distance, section)| [distance - centre, section.area])
        .collect();
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
    let among = near.iter().any(|p| p[0] >= offset) && near.iter().any(|p| p[0] <= offset);
    if curvature > 0.0 && among { centre + offset } else { centre }
}
