//! Rods found by the program.
//!
//! # The recipe `phantom-rods/1`
//!
//! 1. **Pictures.** Every 12 mm (a thinner volume: once) the slices within 2.5 mm are averaged and pixels joined to about 1.4 mm.
//!    Only slices within 35 degrees of axial are looked at.
//! 2. **Discs.** Where at most 80 mm of matter (above -300 HU) lie between a pixel and the end of the picture towards the table,
//!    spots beyond each of a ladder of levels are kept that have the area of a circle of 4 to 15 mm radius, the moments of an
//!    ellipse and an even inside; the ring around must be plastic and even. Radius and centre are those of the spot at the level
//!    halfway between inside and ring. The table lies where Patient Position (0018,5100) says; unstated: behind a supine patient.
//! 3. **Rows.** Discs of equal radius in equal surroundings, beside each other on a line or slight arc.
//! 4. **Rods.** A row that is seen again in the following pictures (three of them, where there are three), fitted by parallel
//!    straight lines.
//! 5. **Extent.** The longest run of slices in which every rod keeps its HU within 20 HU or 15 % of its contrast; where at least
//!    five slices remain the first and last are left out.
//! 6. **Inside.** Voxels whose centre is 2 mm or more within the radius; read by `rod-mean/1`.
//! 7. **Names.** See [`super::assign`].

mod discs;
mod row;
mod slab;
mod track;

pub(super) use track::Rods;

use super::Evidence;
use super::rods::{EROSION, TRIMMED_FROM};
use crate::geometry::{Index, Lps, dot, norm};
use crate::units::Mm;
use crate::volume::CtVolume;
use rayon::prelude::*;
use std::ops::RangeInclusive;

const PICTURES_APART: Mm = Mm(12.0);
const SEEN_IN_PICTURES: usize = 3;
/// Cosine of the angle between slices and axial ones.
const AXIAL: f64 = 0.82;
/// HU and share of its contrast that a rod may change by along its length.
const STEADY: (f64, f64) = (20.0, 0.15);
/// At or below it nothing was measured, if it is not a voxel of air here and there.
const OUTSIDE: f32 = -1024.0;

/// Everything in the scan that could be the rods of a phantom, the likeliest first.
pub(super) fn find_rods(evidence: &Evidence<'_>) -> Vec<Rods> {
    let volume = evidence.volume;
    let [slices, rows, columns] = volume.grid.shape;
    if slices == 0 || rows == 0 || columns == 0 || slab::slice_normal(volume)[2].abs() < AXIAL {
        return Vec::new();
    }
    let down = towards_table(evidence.acquisition.patient_position.as_deref());
    let stride = ((PICTURES_APART.0 / slab::slice_distance(volume)) as usize).max(1);
    let first = (slices - 1) % stride / 2;
    let middles: Vec<usize> = (first..slices).step_by(stride).collect();
    let pictures: Vec<Vec<row::Row>> =
        middles.into_par_iter().map(|middle| row::rows(&discs::discs(&slab::Slab::new(volume, middle, down)), down)).collect();
    let least = SEEN_IN_PICTURES.min(pictures.len());
    track::rods(volume, &pictures, least)
}

/// By the last letters of Patient Position (PS3.3 C.7.3.1.1.2): prone, decubitus right and left; else supine.
fn towards_table(patient_position: Option<&str>) -> Lps {
    match patient_position.unwrap_or_default().trim() {
        "HFP" | "FFP" => [0.0, -1.0, 0.0],
        "HFDR" | "FFDR" => [-1.0, 0.0, 0.0],
        "HFDL" | "FFDL" => [1.0, 0.0, 0.0],
        _ => [0.0, 1.0, 0.0],
    }
}

/// Slices in which all rods are steady, ends left out.
pub(super) fn extent(volume: &CtVolume<'_>, rods: &Rods) -> Option<RangeInclusive<usize>> {
    let steady = |slice: usize| {
        rods.feet.iter().zip(&rods.hu).all(|(foot, expected)| {
            let allowed = STEADY.0.max(STEADY.1 * (expected - rods.matrix).abs());
            let voxels = inside(volume, rods, *foot, slice);
            voxels.is_some_and(|voxels| {
                let sum: f64 = voxels.iter().map(|index| f64::from(volume.hu(*index))).sum();
                !voxels.is_empty() && (sum / voxels.len() as f64 - expected).abs() <= allowed
            })
        })
    };
    let slices: Vec<bool> = (0..volume.grid.shape[0]).into_par_iter().map(steady).collect();
    let mut longest: Option<RangeInclusive<usize>> = None;
    for run in slices.iter().enumerate().collect::<Vec<_>>().chunk_by(|(_, a), (_, b)| a == b) {
        if let ([(first, true), ..], [.., (last, _)]) = (run, run)
            && longest.as_ref().is_none_or(|longest| longest.clone().count() < run.len())
        {
            longest = Some(*first..=*last);
        }
    }
    let run = longest?;
    let (first, last) = (*run.start(), *run.end());
    Some(if last - first + 1 >= TRIMMED_FROM { first + 1..=last - 1 } else { run })
}

/// Voxels well inside the rod through `foot` in one slice; none where part of it lies outside the image, or most of it outside the
/// field of view.
pub(super) fn inside(volume: &CtVolume<'_>, rods: &Rods, foot: Lps, slice: usize) -> Option<Vec<Index>> {
    let grid = &volume.grid;
    let centre = rods.meets(volume, foot, slice);
    let radius = rods.radius - EROSION.0;
    let [_, row, column] = grid.to_index(centre);
    let [_, row_spacing, column_spacing] = grid.spacing();
    let reach = radius / dot(rods.direction, slab::slice_normal(volume)).abs();
    let window = |centre: f64, spacing: f64| (centre - reach / spacing).ceil()..=(centre + reach / spacing).floor();
    let (rows, columns) = (window(row, row_spacing), window(column, column_spacing));
    let held = |window: &RangeInclusive<f64>, length: usize| *window.start() >= 0.0 && *window.end() < length as f64;
    if !held(&rows, grid.shape[1]) || !held(&columns, grid.shape[2]) {
        return None;
    }
    let mut voxels = Vec::new();
    for y in *rows.start() as usize..=*rows.end() as usize {
        for x in *columns.start() as usize..=*columns.end() as usize {
            let point = grid.to_patient([slice as f64, y as f64, x as f64]);
            let away = [0, 1, 2].map(|axis| point[axis] - centre[axis]);
            if norm(rods.across(away)) <= radius {
                voxels.push([slice, y, x]);
            }
        }
    }
    let outside = voxels.iter().filter(|index| volume.hu(**index) <= OUTSIDE).count();
    (outside * 2 <= voxels.len()).then_some(voxels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_where_the_patient_lies_on_it() {
        assert_eq!(towards_table(Some("HFP ")), [0.0, -1.0, 0.0]);
        assert_eq!(towards_table(Some("FFDL")), [1.0, 0.0, 0.0]);
        assert_eq!(towards_table(None), [0.0, 1.0, 0.0]);
    }
}
