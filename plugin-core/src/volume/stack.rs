//! Whether slices lie on a regular grid.

use super::{AssembleError, LEAST_SLICES};
use crate::geometry::{Grid, add_scaled, dot, norm, subtract};
use crate::read::CtSeries;

/// Largest deviation of a gap from the median gap; beyond it no measurement is given (quality gate SPACING_GAP).
const GAP_TOLERANCE: f64 = 0.01;
/// Positions are rounded to 0.01 mm by some writers: gaps of 0.625 mm become 0.62 and 0.63 mm, which is 1.6 %. A difference of gaps and a
/// sideways shift up to this are rounding; the last digit is that of numbers in binary.
const ROUNDING: f64 = 0.01 + 1e-6;
/// Largest distance of a slice from its place on the grid, in slice spacings: small deviations must not add up.
const DRIFT_TOLERANCE: f64 = 0.1;

/// The grid that the slices of `series` lie on.
///
/// The slice step is the mean difference of neighbouring positions, which with a tilted gantry leans against the slice plane:
/// the grid is then sheared, and voxels are where the scanner put them. Refused are fewer than three slices, gaps that deviate
/// more than 1 %, and more than positions are rounded, from the median gap (missing, doubled or unevenly spaced slices), sideways shifts that differ from slice to
/// slice, and deviations that add up.
pub(super) fn grid(series: &CtSeries) -> Result<Grid, AssembleError> {
    let (Some(first), Some(last)) = (series.slices.first(), series.slices.last()) else {
        return Err(AssembleError::TooFewSlices { found: 0, least: LEAST_SLICES });
    };
    let count = series.slices.len();
    if count < LEAST_SLICES {
        return Err(AssembleError::TooFewSlices { found: count, least: LEAST_SLICES });
    }
    let step = subtract(last.position, first.position).map(|length| length / (count - 1) as f64);
    let grid = Grid {
        shape: [count, series.size[0], series.size[1]],
        origin: first.position,
        steps: [
            step,
            series.orientation[1].map(|cosine| cosine * series.pixel_spacing[0]),
            series.orientation[0].map(|cosine| cosine * series.pixel_spacing[1]),
        ],
    };
    judge(series, &grid)?;
    Ok(grid)
}

fn judge(series: &CtSeries, grid: &Grid) -> Result<(), AssembleError> {
    let normal = series.normal();
    let steps: Vec<_> = series.slices.windows(2).map(|pair| subtract(pair[1].position, pair[0].position)).collect();
    let gaps: Vec<f64> = steps.iter().map(|&step| dot(step, normal)).collect();
    let median = median(&gaps);
    let tolerance = (GAP_TOLERANCE * median).max(ROUNDING);
    let refuse = |number: usize, what: String| {
        let uid = series.slices.get(number + 1).map_or("", |slice| &slice.sop_instance_uid);
        let [above, below] = [number + 1, number + 2];
        let detail = format!(
            "{what} between slices {above} and {below} of {} (SOP Instance UID (0008,0018) of slice {below}: {uid})",
            series.slices.len()
        );
        Err(AssembleError::Spacing { detail })
    };
    // Gaps first: a wrong one also spoils the mean step that the other checks compare with.
    for (number, &gap) in gaps.iter().enumerate() {
        let is_even = gap > 0.0 && (gap - median).abs() <= tolerance;
        if !is_even {
            return refuse(number, format!("{gap:.3} mm instead of {median:.3} mm"));
        }
    }
    for (number, (&gap, &step)) in gaps.iter().zip(&steps).enumerate() {
        let sideways = add_scaled(step, normal, -gap);
        let expected = add_scaled(grid.steps[0], normal, -dot(grid.steps[0], normal));
        let shift = norm(subtract(sideways, expected));
        if shift > tolerance {
            return refuse(number, format!("a sideways shift that differs by {shift:.3} mm from the others'"));
        }
        let place = add_scaled(grid.origin, grid.steps[0], (number + 1) as f64);
        let drift = norm(subtract(series.slices[number + 1].position, place));
        if drift > DRIFT_TOLERANCE * median {
            return refuse(number, format!("deviations that add up to {drift:.3} mm"));
        }
    }
    Ok(())
}

fn median(gaps: &[f64]) -> f64 {
    let mut sorted = gaps.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
