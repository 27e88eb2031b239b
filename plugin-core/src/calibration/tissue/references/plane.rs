//! What is asked of one slice: which slices to look at, how deep a voxel lies in a region, which voxels hang together.

use crate::units::Mm;
use ndarray::{Array2, ArrayView2};

/// Tissues are even along the body: more slices add time and no precision.
const MOST_SLICES: usize = 15;

/// At most 15 of `count` slices, evenly spread.
pub(super) fn sampled(count: usize) -> impl Iterator<Item = usize> {
    let taken = count.min(MOST_SLICES);
    (0..taken).map(move |i| (2 * i + 1) * count / (2 * taken))
}

/// How deep voxels lie in a region of a slice.
pub(super) struct Depth {
    /// Rows from each voxel to the nearest one outside the region in its column.
    steps: Array2<u32>,
    /// Of rows and of columns.
    spacing: [f64; 2],
}

impl Depth {
    /// In `region`, whose rows and columns are `spacing` apart; beyond the plane is outside.
    pub fn of(region: ArrayView2<'_, bool>, spacing: [f64; 2]) -> Depth {
        let (rows, columns) = region.dim();
        let mut steps = Array2::zeros((rows, columns));
        let mut run = vec![0_u32; columns];
        for y in 0..rows {
            for x in 0..columns {
                run[x] = if region[[y, x]] { run[x] + 1 } else { 0 };
                steps[[y, x]] = run[x];
            }
        }
        run.fill(0);
        for y in (0..rows).rev() {
            for x in 0..columns {
                run[x] = if region[[y, x]] { run[x] + 1 } else { 0 };
                steps[[y, x]] = run[x].min(steps[[y, x]]);
            }
        }
        Depth { steps, spacing }
    }

    /// Distance of a voxel's centre from the nearest centre outside the region, `reach` where it is farther; 0 outside.
    pub fn at(&self, [y, x]: [usize; 2], reach: Mm) -> Mm {
        let [row_step, column_step] = self.spacing;
        let upright = |x: Option<usize>| x.and_then(|x| self.steps.get([y, x])).map_or(0.0, |rows| f64::from(*rows) * row_step);
        let mut nearest = upright(Some(x)).min(reach.0);
        let mut sideways = column_step;
        let mut step = 1;
        while sideways < nearest {
            for neighbour in [x.checked_sub(step), x.checked_add(step)] {
                nearest = nearest.min(sideways.hypot(upright(neighbour)));
            }
            step += 1;
            sideways = step as f64 * column_step;
        }
        Mm(nearest)
    }
}

/// Groups of voxels that share sides, in the order in which their first voxels stand.
pub(super) fn groups(region: ArrayView2<'_, bool>) -> Vec<Vec<[usize; 2]>> {
    let mut seen = Array2::from_elem(region.raw_dim(), false);
    let mut groups = Vec::new();
    for ((y, x), _) in region.indexed_iter().filter(|(_, member)| **member) {
        if !seen[[y, x]] {
            groups.push(flood(region, &mut seen, [y, x]));
        }
    }
    groups
}

fn flood(region: ArrayView2<'_, bool>, seen: &mut Array2<bool>, start: [usize; 2]) -> Vec<[usize; 2]> {
    let mut group = vec![start];
    seen[start] = true;
    let mut next = 0;
    while next < group.len() {
        for neighbour in neighbours(group[next], region.dim()).flatten() {
            if region[neighbour] && !seen[neighbour] {
                seen[neighbour] = true;
                group.push(neighbour);
            }
        }
        next += 1;
    }
    group
}

/// The four voxels that share a side; `None` for those beyond a plane of `rows` and `columns`.
pub(super) fn neighbours([y, x]: [usize; 2], (rows, columns): (usize, usize)) -> impl Iterator<Item = Option<[usize; 2]>> {
    let at = move |y: Option<usize>, x: Option<usize>| Some([y.filter(|y| *y < rows)?, x.filter(|x| *x < columns)?]);
    let (here_y, here_x) = (Some(y), Some(x));
    [at(y.checked_sub(1), here_x), at(y.checked_add(1), here_x), at(here_y, x.checked_sub(1)), at(here_y, x.checked_add(1))]
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_spread_evenly_and_never_repeated() {
        assert_eq!(sampled(3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(sampled(30).collect::<Vec<_>>(), (0..15).map(|i| 2 * i + 1).collect::<Vec<_>>());
        assert_eq!(sampled(0).count(), 0);
    }

    /// Against the definition, on a region with a hole and unequal steps.
    #[test]
    fn depth_is_the_distance_to_the_nearest_voxel_outside() {
        let region = Array2::from_shape_fn((9, 12), |(y, x)| (y, x) != (4, 5) && (y > 0 || x < 9));
        let reach = 2.5;
        let found = Depth::of(region.view(), [0.7, 1.1]);
        for (y, x) in (0..9).flat_map(|y| (0..12).map(move |x| (y, x))) {
            let depth = found.at([y, x], Mm(reach)).0;
            let distance = |v: i64, u: i64| ((v - y as i64) as f64 * 0.7).hypot((u - x as i64) as f64 * 1.1);
            let outside = |v: i64, u: i64| region.get((v as usize, u as usize)) != Some(&true);
            let cells = (-1..=9).flat_map(|v| (-1..=12).map(move |u| (v, u)));
            let nearest = cells.filter(|(v, u)| outside(*v, *u)).map(|(v, u)| distance(v, u)).fold(reach, f64::min);
            assert!((depth - nearest).abs() < 1e-9, "{depth} is not {nearest} at {y}, {x}");
        }
    }

    #[test]
    fn corners_do_not_connect() {
        let region = Array2::from_shape_fn((2, 3), |(y, x)| (y + x) % 2 == 0 || x == 2);
        assert_eq!(groups(region.view()), [vec![[0, 0]], vec![[0, 2], [1, 2], [1, 1]]]);
    }
}
