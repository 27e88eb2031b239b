//! Labels from a label map: a NIfTI or NRRD file, or in the memory of a host.

use super::extent::{Extent, extents_of_labels};
use super::members::Members;
use super::resample::{corners, nearest, sample, window};
use super::slicer::{Named, named_by_segments};
use super::{Doubts, Groups, LabelError, LabelOrigin, Labels, NameTable, StructureMask};
use crate::anatomy::{Side, Structure};
use crate::geometry::{Grid, Index, Lps, subtract};
use crate::progress::{Progress, Stage};
use crate::read::{LabelMap, MemoryLabels, label_map_in_memory, read_label_map};
use ndarray::parallel::prelude::*;
use ndarray::{Array3, Axis};
use std::collections::BTreeMap;
use std::path::Path;

/// Masks of all known structures of the label map `file` on the grid of the CT.
///
/// The map may have any geometry: its axes may run in another order or direction than the CT's, and it may cover only a part of it.
/// Every CT voxel gets the label of the map's voxel nearest to its centre (`resample`); where the voxels of both coincide, that is a
/// copy, and [`LabelOrigin::LabelMap`] says `resampled: false`. Of doubts that `names` states, those are kept that still hold.
pub fn labels_from_map(file: &Path, names: &NameTable, grid: &Grid, progress: Progress<'_>) -> Result<Labels, LabelError> {
    progress.report(Stage::Segment, 0.0)?;
    on_ct(&read_label_map(file)?, Some(name_of(file)), names, grid, progress)
}

/// As [`labels_from_map`], by the names and codes of the segments that the file, a segmentation of 3D Slicer (`.seg.nrrd`), holds itself.
pub fn labels_from_slicer(file: &Path, grid: &Grid, progress: Progress<'_>) -> Result<Labels, LabelError> {
    progress.report(Stage::Segment, 0.0)?;
    let map = read_label_map(file)?;
    let Named { names, contradictions } = named_by_segments(&map.keys).map_err(|detail| refused(file, &detail))?;
    let labels = on_ct(&map, Some(name_of(file)), &names, grid, progress)?;
    Ok(Labels { contradictions, ..labels })
}

fn refused(file: &Path, detail: &str) -> LabelError {
    LabelError::NameTable(format!("{}: {detail}", name_of(file)))
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// Masks of all known structures of labels in memory on the grid of the CT, as [`labels_from_map`] makes them of a file.
pub fn labels_from_memory(labels: &MemoryLabels<'_>, grid: &Grid, progress: Progress<'_>) -> Result<Labels, LabelError> {
    progress.report(Stage::Segment, 0.0)?;
    let names = NameTable::from_json(labels.names.as_bytes(), "names in memory")?;
    on_ct(&label_map_in_memory(&labels.volume)?, None, &names, grid, progress)
}

fn on_ct(
    map: &LabelMap,
    file: Option<String>,
    names: &NameTable,
    grid: &Grid,
    progress: Progress<'_>,
) -> Result<Labels, LabelError> {
    progress.report(Stage::Segment, 0.4)?;
    let extents = extents(map);
    let (groups, unknown) = sort_by_meaning(&extents, names);
    if groups.is_empty() {
        return Err(LabelError::NothingKnown { found: unknown.join(", ") });
    }
    let in_map = in_index_coordinates(grid, &map.grid);
    let mask = |((structure, side), values): (&(Structure, Side), &Vec<u16>)| {
        progress.report(Stage::Segment, 0.6)?;
        let sampled = on_grid(map, values, &extents, &in_map);
        Ok(sampled.map(|(corner, voxels)| StructureMask {
            structure: *structure,
            side: *side,
            corner,
            voxels,
            segments: Vec::new(),
        }))
    };
    let masks: Result<Vec<_>, LabelError> = groups.par_iter().map(mask).collect();
    let masks: Vec<StructureMask> = masks?.into_iter().flatten().collect();
    if masks.is_empty() {
        let detail = format!("the map begins at {:?} mm, the CT at {:?} mm (LPS)", map.grid.origin, grid.origin);
        return Err(LabelError::NoOverlap { detail });
    }
    let doubts = names.doubts.as_ref().map_or_else(Doubts::default, |stated| stated.that_hold(&masks, grid));
    progress.report(Stage::Segment, 1.0)?;
    let origin = LabelOrigin::LabelMap {
        file,
        sha256: map.sha256.clone(),
        names: names.name.clone(),
        resampled: !is_on_voxels(&in_map),
    };
    Ok(Labels { grid: grid.clone(), masks, origin, unknown, contradictions: Vec::new(), doubts })
}

/// How far each value but 0 reaches in the map.
fn extents(map: &LabelMap) -> BTreeMap<u16, Extent> {
    let columns = map.grid.shape[2];
    let planes = map.values.axis_iter(Axis(0)).into_par_iter().enumerate().map(|(slice, plane)| {
        let labels = plane.as_slice().map_or_else(|| plane.iter().copied().collect(), <[u16]>::to_vec);
        extents_of_labels(&labels, slice, columns)
    });
    planes.reduce(BTreeMap::new, |mut known, other| {
        for (value, extent) in other {
            known.entry(value).and_modify(|known| *known = known.union(extent)).or_insert(extent);
        }
        known
    })
}

/// The values that occur, by what they mean; and those that mean nothing to us.
fn sort_by_meaning(extents: &BTreeMap<u16, Extent>, names: &NameTable) -> (Groups, Vec<String>) {
    let mut groups = Groups::new();
    let mut unknown = Vec::new();
    let rows: BTreeMap<u16, _> = names.rows.iter().map(|(value, name, meaning)| (*value, (name, meaning))).collect();
    for value in extents.keys() {
        match rows.get(value) {
            Some((_, Some(meaning))) => groups.entry(*meaning).or_default().push(*value),
            Some((name, None)) => unknown.push(name.to_string()),
            None => unknown.push(format!("value {value}, not in the name table")),
        }
    }
    (groups, unknown)
}

/// `in_map` is the grid of the CT in the index coordinates of the map.
fn on_grid(map: &LabelMap, values: &[u16], extents: &BTreeMap<u16, Extent>, in_map: &Grid) -> Option<(Index, Array3<bool>)> {
    let reach = values.iter().filter_map(|value| extents.get(value).copied()).reduce(Extent::union)?;
    let window = window(in_map, &corners(&reach))?;
    let (shape, members) = (map.grid.shape, Members::new(values));
    sample(in_map, &window, |[slice, row, column]| {
        match (nearest(slice, shape[0]), nearest(row, shape[1]), nearest(column, shape[2])) {
            (Some(slice), Some(row), Some(column)) => members.contains(map.values[[slice, row, column]]),
            _ => false,
        }
    })
}

/// `grid` with the fractional indices of `other` in place of patient coordinates.
fn in_index_coordinates(grid: &Grid, other: &Grid) -> Grid {
    let origin = other.to_index(grid.origin);
    let steps =
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|one| subtract(other.to_index(grid.to_patient(one)), origin));
    Grid { shape: grid.shape, origin, steps }
}

/// Whether every voxel centre of a grid given in index coordinates is a whole index, to a hundredth of a voxel, and neighbours stay
/// neighbours, whatever the order and direction of the axes.
fn is_on_voxels(in_map: &Grid) -> bool {
    let whole = |x: &f64| (x - x.round()).abs();
    let aligned = |(step, count): (&Lps, usize)| {
        let length: f64 = step.iter().map(|x| x.round().abs()).sum();
        length == 1.0 && step.iter().all(|x| whole(x) * count as f64 <= 0.01)
    };
    in_map.origin.iter().all(|x| whole(x) <= 0.01) && in_map.steps.iter().zip(in_map.shape).all(aligned)
}
