//! Plane sections through the bone: step 2 of the recipe.

use super::bone::Bone;
use crate::geometry::{Lps, add_scaled};
use crate::units::Mm;

/// Sections reach this far from their start; no section that is used is larger.
const REACH: Mm = Mm(60.0);
/// Distance of the points in the plane.
const STEP: f64 = 0.5;

/// The part of a plane section that is connected to its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section {
    /// Mean of its points.
    pub centroid: Lps,
    /// Square millimetres.
    pub area: f64,
    /// How far it reaches along the first direction of the plane, measured from the start, millimetres.
    pub farthest: f64,
}

/// The section in the plane through `start` along the perpendicular unit vectors `first` and `second`; none where `start` lies
/// outside the bone.
pub(super) fn section(bone: &Bone, start: Lps, first: Lps, second: Lps) -> Option<Section> {
    const HALF: i32 = (REACH.0 / STEP) as i32;
    const WIDTH: usize = 2 * HALF as usize + 1;
    let at = |i: i32, j: i32| add_scaled(add_scaled(start, first, f64::from(i) * STEP), second, f64::from(j) * STEP);
    let mut seen = vec![false; WIDTH * WIDTH];
    let mut open = vec![(0, 0)];
    let (mut count, mut sum, mut farthest) = (0.0, [0.0; 2], (i32::MIN, 0));
    while let Some((i, j)) = open.pop() {
        let place = (i + HALF) as usize * WIDTH + (j + HALF) as usize;
        if seen[place] {
            continue;
        }
        seen[place] = true;
        if !bone.contains(at(i, j)) {
            continue;
        }
        count += 1.0;
        sum = [sum[0] + f64::from(i), sum[1] + f64::from(j)];
        farthest = farthest.max((i, j));
        open.extend([(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)].into_iter().filter(|(i, j)| i.abs().max(j.abs()) <= HALF));
    }
    let [i, j] = sum.map(|x| x / count * STEP);
    if count == 0.0 {
        return None;
    }
    // The outline lies between the last point inside and the next.
    let beyond = bone.exit(at(farthest.0, farthest.1), first, Mm(2.0 * STEP)).unwrap_or(0.0);
    Some(Section {
        centroid: add_scaled(add_scaled(start, first, i), second, j),
        area: count * STEP * STEP,
        farthest: f64::from(farthest.0) * STEP + beyond,
    })
}
