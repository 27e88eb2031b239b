//! The vertebral body inside the label of a whole vertebra: steps 4 to 9 of the recipe.

use super::frame::{Cells, Frame, HALF, Local};
use crate::geometry::{Grid, Lps, add_scaled, unit};
use crate::segmentation::StructureMask;

/// Half width of the midline band in which the spinal canal ends the run.
const MIDLINE: i32 = 4;
/// Runs shorter than this are label spurs.
const SHORTEST_RUN: i32 = 10;
/// Runs that begin this far behind the foremost one are spinous process.
const FRONT_TOLERANCE: i32 = 15;
const LEAST_RUNS: usize = 10;
/// Antero-posterior depth of lumbar vertebral bodies, with room for very small and very large people.
const DEPTH_RANGE: std::ops::RangeInclusive<i32> = 15..=50;
/// Height of lumbar vertebral bodies, with room for severe fractures; two fused bodies exceed it.
const HEIGHT_RANGE: std::ops::RangeInclusive<f64> = 8.0..=45.0;
/// Distance of the end-plate columns from front and back, and of the core from the cortex.
const MARGIN: i32 = 4;
/// Half width of the field of end-plate columns.
const PLATE_WIDTH: i32 = 10;
const LEAST_COLUMNS: usize = 50;
const CENTRAL_HEIGHT: std::ops::RangeInclusive<f64> = 0.25..=0.75;
const VEIN_RADIUS: f64 = 6.0;
const VEIN_DEPTH_SHARE: f64 = 0.4;

/// Why no body was found.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum BodyError {
    #[error("{0} midline runs from front to spinal canal were found, at least {LEAST_RUNS} are needed")]
    NoRuns(usize),
    #[error("its depth from front to spinal canal is {0} mm, outside {start} to {end} mm", start = DEPTH_RANGE.start(), end = DEPTH_RANGE.end())]
    Depth(i32),
    #[error("{0} end-plate columns were found, at least {LEAST_COLUMNS} are needed")]
    NoEndPlates(usize),
    #[error("its columns give no heights above zero")]
    NoHeights,
    #[error("it is {0:.0} mm large")]
    Extent(f64),
    #[error("its height is {0:.1} mm, outside {start} to {end} mm", start = HEIGHT_RANGE.start(), end = HEIGHT_RANGE.end())]
    Height(f64),
}

impl BodyError {
    /// The figure that was judged.
    pub fn found(&self) -> Option<f64> {
        match *self {
            BodyError::NoRuns(n) | BodyError::NoEndPlates(n) => Some(n as f64),
            BodyError::Depth(depth) => Some(f64::from(depth)),
            BodyError::Extent(extent) => Some(extent),
            BodyError::Height(height) => Some(height),
            BodyError::NoHeights => None,
        }
    }
}

/// An end plate, `i = at + per_anterior j + per_left k`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plate {
    at: f64,
    per_anterior: f64,
    per_left: f64,
}

impl Plate {
    fn height(&self, j: f64, k: f64) -> f64 {
        self.at + self.per_anterior * j + self.per_left * k
    }

    /// Upward normal in patient coordinates.
    pub fn normal(&self, frame: &Frame) -> Lps {
        let [superior, anterior, left] = frame.axes;
        unit(add_scaled(add_scaled(superior, anterior, -self.per_anterior), left, -self.per_left))
    }
}

/// The body in its final frame.
pub(super) struct Body {
    pub frame: Frame,
    pub cells: Cells,
    /// The posterior wall.
    pub wall: i32,
    pub depth: i32,
    pub top: Plate,
    pub bottom: Plate,
}

impl Body {
    /// Steps 3 to 7.
    pub fn find(mask: &StructureMask, grid: &Grid, centre: Lps, axis: Lps) -> Result<Body, BodyError> {
        let first = Body::in_frame(mask, grid, Frame::new(centre, axis))?;
        let (up, low) = (first.top.normal(&first.frame), first.bottom.normal(&first.frame));
        Body::in_frame(mask, grid, Frame::new(centre, unit(add_scaled(up, low, 1.0))))
    }

    fn in_frame(mask: &StructureMask, grid: &Grid, frame: Frame) -> Result<Body, BodyError> {
        let cells = Cells::sample(mask, grid, &frame).map_err(|extent| BodyError::Extent(extent.0))?;
        let (front, wall) = posterior_wall(&cells)?;
        let depth = front - wall + 1;
        if !DEPTH_RANGE.contains(&depth) {
            return Err(BodyError::Depth(depth));
        }
        let (top, bottom) = end_plates(&cells, front, wall)?;
        let middle = f64::from(wall + front) / 2.0;
        let height = top.height(middle, 0.0) - bottom.height(middle, 0.0) + 1.0;
        if !HEIGHT_RANGE.contains(&height) {
            return Err(BodyError::Height(height));
        }
        Ok(Body { frame, cells, wall, depth, top, bottom })
    }

    /// Whether a point lies in front of the posterior wall: step 5.
    pub fn before_wall(&self, [_, j, _]: Local) -> bool {
        j >= f64::from(self.wall) - 0.5
    }

    /// Steps 8 and 9: the voxels of `mask` in the trabecular region.
    pub fn region(&self, mask: &StructureMask, grid: &Grid) -> StructureMask {
        let mut region = mask.clone();
        for index in mask.indices() {
            let local = self.frame.local(grid.to_patient(index.map(|i| i as f64)));
            if !(self.in_central_height(local) && !self.in_vein(local) && self.in_core(local)) {
                region.clear(index);
            }
        }
        region
    }

    fn in_core(&self, local: Local) -> bool {
        let [i, j, k] = local.map(|x| (x + HALF).floor() as i32);
        (-MARGIN..=MARGIN)
            .flat_map(|dj| (-MARGIN..=MARGIN).map(move |dk| (dj, dk)))
            .filter(|(dj, dk)| dj * dj + dk * dk <= MARGIN * MARGIN)
            .all(|(dj, dk)| j + dj >= self.wall && self.cells.contains([i, j + dj, k + dk]))
    }

    fn in_central_height(&self, [i, j, k]: Local) -> bool {
        let (top, bottom) = (self.top.height(j, k), self.bottom.height(j, k));
        CENTRAL_HEIGHT.contains(&((i - bottom + 0.5) / (top - bottom + 1.0)))
    }

    fn in_vein(&self, [i, j, k]: Local) -> bool {
        let middle = (self.top.height(j, k) + self.bottom.height(j, k)) / 2.0;
        let from_wall = j - (f64::from(self.wall) - 0.5);
        k * k + (i - middle).powi(2) <= VEIN_RADIUS * VEIN_RADIUS && from_wall <= VEIN_DEPTH_SHARE * f64::from(self.depth)
    }
}

/// Step 4: `(front, wall)`.
fn posterior_wall(cells: &Cells) -> Result<(i32, i32), BodyError> {
    let mut runs = Vec::new();
    for i in cells.range(0) {
        for k in -MIDLINE..=MIDLINE {
            let Some(front) = cells.range(1).rev().find(|j| cells.contains([i, *j, k])) else { continue };
            let length = (0..).take_while(|step| cells.contains([i, front - step, k])).count() as i32;
            if length >= SHORTEST_RUN {
                runs.push((front, front - length + 1));
            }
        }
    }
    let foremost = runs.iter().map(|(front, _)| *front).max().unwrap_or(0);
    runs.retain(|(front, _)| *front >= foremost - FRONT_TOLERANCE);
    if runs.len() < LEAST_RUNS {
        return Err(BodyError::NoRuns(runs.len()));
    }
    let (fronts, backs): (Vec<i32>, Vec<i32>) = runs.into_iter().unzip();
    Ok((lower_median(fronts), lower_median(backs)))
}

fn lower_median(mut values: Vec<i32>) -> i32 {
    values.sort_unstable();
    values[(values.len() - 1) / 2]
}

/// Step 6: `(top, bottom)`.
fn end_plates(cells: &Cells, front: i32, wall: i32) -> Result<(Plate, Plate), BodyError> {
    let mut columns = Vec::new();
    for j in wall + MARGIN..=front - MARGIN {
        for k in -PLATE_WIDTH..=PLATE_WIDTH {
            if let Some((bottom, top)) = column(cells, j, k) {
                columns.push((f64::from(j), f64::from(k), f64::from(top), f64::from(bottom)));
            }
        }
    }
    let too_few = BodyError::NoEndPlates(columns.len());
    if columns.len() < LEAST_COLUMNS {
        return Err(too_few);
    }
    let fit = |height: fn(&(f64, f64, f64, f64)) -> f64| fit_plane(columns.iter().map(|c| (c.0, c.1, height(c))));
    match (fit(|c| c.2), fit(|c| c.3)) {
        (Some(top), Some(bottom)) => Ok((top, bottom)),
        _ => Err(too_few),
    }
}

/// Bottom and top of the longest run of mask cells along `i`, the lowest among equals.
pub(super) fn column(cells: &Cells, j: i32, k: i32) -> Option<(i32, i32)> {
    let (bottom, top) = longest_run(cells.range(0).map(|i| cells.contains([i, j, k])))?;
    Some((cells.low[0] + bottom, cells.low[0] + top))
}

/// First and last position of the longest unbroken run, the first among equals.
fn longest_run(inside: impl Iterator<Item = bool>) -> Option<(i32, i32)> {
    let (mut best, mut start) = (None::<(i32, i32)>, None);
    for (position, member) in inside.chain(std::iter::once(false)).enumerate() {
        let position = position as i32;
        match (member, start) {
            (true, None) => start = Some(position),
            (false, Some(first)) => {
                if best.is_none_or(|(low, high)| position - 1 - first > high - low) {
                    best = Some((first, position - 1));
                }
                start = None;
            }
            _ => {}
        }
    }
    best
}

/// Least squares by the normal equations of the centred points; `None` when the points lie on one line.
fn fit_plane(points: impl Iterator<Item = (f64, f64, f64)> + Clone) -> Option<Plate> {
    let count = points.clone().count() as f64;
    let sum = points.clone().fold([0.0; 3], |s, p| [s[0] + p.0, s[1] + p.1, s[2] + p.2]);
    let [mean_j, mean_k, mean_i] = sum.map(|x| x / count);
    let (mut jj, mut jk, mut kk, mut ji, mut ki) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (j, k, i) in points {
        let (j, k, i) = (j - mean_j, k - mean_k, i - mean_i);
        jj += j * j;
        jk += j * k;
        kk += k * k;
        ji += j * i;
        ki += k * i;
    }
    let determinant = jj * kk - jk * jk;
    if determinant <= 1e-9 {
        return None;
    }
    let per_anterior = (ji * kk - ki * jk) / determinant;
    let per_left = (ki * jj - ji * jk) / determinant;
    Some(Plate { at: mean_i - per_anterior * mean_j - per_left * mean_k, per_anterior, per_left })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_fitted_exactly() {
        let points = (-3..=3).flat_map(|j| (-2..=2).map(move |k| (f64::from(j), f64::from(k))));
        let plate = fit_plane(points.map(|(j, k)| (j, k, 5.0 + 0.25 * j - 0.5 * k))).expect("not on a line");
        assert!(
            (plate.at - 5.0).abs() < 1e-12 && (plate.per_anterior - 0.25).abs() < 1e-12 && (plate.per_left + 0.5).abs() < 1e-12
        );
    }

    #[test]
    fn points_on_a_line_give_no_plane() {
        assert!(fit_plane((0..9).map(|j| (f64::from(j), 2.0 * f64::from(j), 1.0))).is_none());
    }

    #[test]
    fn the_longest_run_is_the_first_among_equals() {
        assert_eq!(longest_run([true, false, true, true, false, true, true].into_iter()), Some((2, 3)));
        assert_eq!(longest_run([false, false].into_iter()), None);
    }
}
