//! What is read in a rod.
//!
//! # The recipe `rod-mean/1`
//!
//! From the voxels of a rod, already reduced to its inside, at their own HU: sorted, the lowest and the highest tenth
//! (`floor(n / 10)` voxels each) are left out; `hu` is the mean of the rest. `sd_hu` is the population standard deviation, `voxels`
//! the number and `centre_mm` the mean position of all of them. At least 20 voxels are needed.
//!
//! The inside of a rod given by a label map: the largest 6-connected component of its voxels (the first in
//! `[slice, row, column]` order among equals); of each slice the voxels all of whose slice neighbours within 2 mm, centre to
//! centre, belong to it; and where at least five slices remain, all but the first and the last.

use super::{CalibrationError, PhantomDefinition, RodReading};
use crate::geometry::{Grid, Index};
use crate::read::{LabelMap, read_label_map};
use crate::report::GateCode;
use crate::units::Mm;
use crate::volume::CtVolume;
use ndarray::Array3;
use std::collections::BTreeMap;
use std::path::Path;

/// What lies nearer to the surface of a rod is blurred into what surrounds it.
pub(super) const EROSION: Mm = Mm(2.0);
/// Fewer slices are not trimmed.
pub(super) const TRIMMED_FROM: usize = 5;
const TRIM_SHARE: usize = 10;
const LEAST_VOXELS: usize = 20;
/// A rod of 20 mm over 1 m at 0.3 mm; a label with more is no rod.
const MOST_VOXELS: usize = 1 << 22;
/// A voxel of the map lies on one of the CT when their centres are this close, in voxels.
const SAME_VOXEL: f64 = 0.05;

/// Statistics of the voxels of one rod; none where there are too few.
pub(super) fn reading(volume: &CtVolume<'_>, density: f64, voxels: &[Index]) -> Option<RodReading> {
    if voxels.len() < LEAST_VOXELS {
        return None;
    }
    let mut values: Vec<f64> = voxels.iter().map(|index| f64::from(volume.hu(*index))).collect();
    values.sort_unstable_by(f64::total_cmp);
    let tail = values.len() / TRIM_SHARE;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let all = mean(&values);
    let variance = values.iter().map(|value| (value - all).powi(2)).sum::<f64>() / values.len() as f64;
    let mut sum = [0.0; 3];
    for index in voxels {
        for (sum, i) in sum.iter_mut().zip(index) {
            *sum += *i as f64;
        }
    }
    Some(RodReading {
        density,
        hu: mean(&values[tail..values.len() - tail]),
        sd_hu: variance.sqrt(),
        voxels: voxels.len(),
        centre_mm: volume.grid.to_patient(sum.map(|sum| sum / voxels.len() as f64)),
    })
}

/// The rods of a label map, in the order of the definition's inserts.
pub(super) fn from_label_map(
    file: &Path,
    definition: &PhantomDefinition,
    volume: &CtVolume<'_>,
) -> Result<Vec<RodReading>, CalibrationError> {
    let map = read_label_map(file).map_err(|error| CalibrationError::Settings(error.to_string()))?;
    let mut rods =
        labelled(&map, &volume.grid).map_err(|reason| CalibrationError::Settings(format!("label map of rods: {reason}")))?;
    let mut readings = Vec::new();
    for (value, insert) in (1..).zip(&definition.inserts) {
        let inside = rods.remove(&value).map(|voxels| inside(&voxels, &volume.grid)).unwrap_or_default();
        let reading = reading(volume, insert.density, &inside).ok_or_else(|| CalibrationError::Withheld {
            code: GateCode::RodOrder,
            reason: format!(
                "rod {value} of the label map has {} voxels that lie {} mm or more inside it; {LEAST_VOXELS} are needed",
                inside.len(),
                EROSION.0
            ),
            found: Some(inside.len() as f64),
        })?;
        readings.push(reading);
    }
    match rods.keys().next() {
        None => Ok(readings),
        Some(value) => Err(CalibrationError::Settings(format!(
            "the label map of rods holds the value {value}; phantom {} has {} rods",
            definition.id,
            definition.inserts.len()
        ))),
    }
}

/// Voxels of the CT by label value.
fn labelled(map: &LabelMap, ct: &Grid) -> Result<BTreeMap<u16, Vec<Index>>, String> {
    let mut rods: BTreeMap<u16, Vec<Index>> = BTreeMap::new();
    for ((z, y, x), value) in map.values.indexed_iter().filter(|(_, value)| **value != 0) {
        let there = ct.to_index(map.grid.to_patient([z, y, x].map(|i| i as f64)));
        let mut index = [0; 3];
        for axis in 0..3 {
            let nearest = there[axis].round();
            let inside = nearest >= 0.0 && nearest < ct.shape[axis] as f64;
            if !inside || (there[axis] - nearest).abs() > SAME_VOXEL {
                return Err(format!(
                    "its voxel [{z}, {y}, {x}] lies at {there:.2?} of the CT's voxels; draw the rods on the CT itself"
                ));
            }
            index[axis] = nearest as usize;
        }
        let rod = rods.entry(*value).or_default();
        if rod.len() == MOST_VOXELS {
            return Err(format!("its value {value} has more than {MOST_VOXELS} voxels, which no rod has"));
        }
        rod.push(index);
    }
    Ok(rods)
}

/// A rod without its surface.
fn inside(voxels: &[Index], grid: &Grid) -> Vec<Index> {
    let component = largest_component(voxels);
    let mut low = [usize::MAX; 3];
    let mut high = [0; 3];
    for index in &component {
        for axis in 0..3 {
            low[axis] = low[axis].min(index[axis]);
            high[axis] = high[axis].max(index[axis] + 1);
        }
    }
    let Some(shape) = component.first().map(|_| [0, 1, 2].map(|axis| high[axis] - low[axis])) else { return Vec::new() };
    let mut members = Array3::from_elem(shape, false);
    for [z, y, x] in &component {
        members[[z - low[0], y - low[1], x - low[2]]] = true;
    }
    let [_, row, column] = grid.spacing();
    let (rows, columns) = ((EROSION.0 / row) as i64, (EROSION.0 / column) as i64);
    let near: Vec<[i64; 2]> = (-rows..=rows)
        .flat_map(|dy| (-columns..=columns).map(move |dx| [dy, dx]))
        .filter(|[dy, dx]| (*dy as f64 * row).hypot(*dx as f64 * column) <= EROSION.0)
        .collect();
    let is_member = |z: usize, y: i64, x: i64| match (usize::try_from(y), usize::try_from(x)) {
        (Ok(y), Ok(x)) => members.get([z, y, x]).copied().unwrap_or(false),
        _ => false,
    };
    let mut inner: Vec<Index> = component
        .into_iter()
        .filter(|[z, y, x]| {
            let [z, y, x] = [z - low[0], y - low[1], x - low[2]];
            near.iter().all(|[dy, dx]| is_member(z, y as i64 + dy, x as i64 + dx))
        })
        .collect();
    inner.sort_unstable();
    if let (Some([first, ..]), Some([last, ..])) = (inner.first().copied(), inner.last().copied())
        && last - first + 1 >= TRIMMED_FROM
    {
        inner.retain(|[z, ..]| *z != first && *z != last);
    }
    inner
}

/// The largest 6-connected group, the first among equals.
fn largest_component(voxels: &[Index]) -> Vec<Index> {
    let mut left: std::collections::BTreeSet<Index> = voxels.iter().copied().collect();
    let mut largest: Vec<Index> = Vec::new();
    while let Some(start) = left.pop_first() {
        let mut group = vec![start];
        let mut next = 0;
        while let Some(here) = group.get(next).copied() {
            next += 1;
            for axis in 0..3 {
                for step in [-1, 1] {
                    let mut neighbour = here;
                    let Some(moved) = here[axis].checked_add_signed(step) else { continue };
                    neighbour[axis] = moved;
                    if left.remove(&neighbour) {
                        group.push(neighbour);
                    }
                }
            }
        }
        if group.len() > largest.len() {
            largest = group;
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid { shape: [8, 20, 20], origin: [0.0; 3], steps: [[0.0, 0.0, 2.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] }
    }

    #[test]
    fn the_tails_are_left_out_of_the_mean_alone() {
        let mut stored = Array3::from_elem([8, 20, 20], 100_i16);
        stored[[0, 0, 0]] = 3000;
        let volume = CtVolume { grid: grid(), stored: stored.into(), slope: 1.0, intercept: 0.0 };
        let voxels: Vec<Index> = (0..20).map(|x| [0, 0, x]).collect();
        let rod = reading(&volume, 50.0, &voxels).expect("enough voxels");
        assert_eq!((rod.hu, rod.voxels, rod.centre_mm), (100.0, 20, [9.5, 0.0, 0.0]));
        assert!((rod.sd_hu - 2900.0 * (0.05 * 0.95_f64).sqrt()).abs() < 1e-9, "{}", rod.sd_hu);
        assert_eq!(reading(&volume, 50.0, &voxels[1..]), None);
    }

    #[test]
    fn the_surface_and_the_ends_are_left_out() {
        let block = |slices: usize| -> Vec<Index> {
            (0..slices).flat_map(|z| (2..11).flat_map(move |y| (2..11).map(move |x| [z, y, x]))).collect()
        };
        // 9 x 9 pixels of 1 mm lose two on every side; the ends go from the fifth slice on.
        assert_eq!(inside(&block(4), &grid()).len(), 4 * 25);
        assert_eq!(inside(&block(5), &grid()).len(), 3 * 25);
        let mut with_stray = block(4);
        with_stray.push([7, 19, 19]);
        assert_eq!(inside(&with_stray, &grid()), inside(&block(4), &grid()));
    }

    #[test]
    fn a_map_may_run_the_other_way_but_not_between_the_voxels() {
        let mut values = Array3::zeros([8, 20, 20]);
        values[[0, 0, 0]] = 3;
        let mut map = LabelMap { grid: grid(), values, sha256: String::new(), keys: BTreeMap::new() };
        map.grid.origin = [19.0, 0.0, 0.0];
        map.grid.steps[2] = [-1.0, 0.0, 0.0];
        assert_eq!(labelled(&map, &grid()), Ok(BTreeMap::from([(3, vec![[0, 0, 19]])])));
        map.grid.origin = [0.5, 0.0, 0.0];
        assert!(labelled(&map, &grid()).expect_err("half a voxel").contains("draw the rods on the CT itself"));
    }
}
