//! Which slice passes through the middle of L3: step 1 of the recipe.

use crate::anatomy::Structure;
use crate::geometry::{Grid, cross, unit};
use crate::measure::gates::Gates;
use crate::report::{Block, GateCode};
use crate::segmentation::{Labels, StructureMask};
use crate::units::Mm;

/// A section at a larger angle is not the one that areas are published for; gantries tilt by 30 degrees at most.
const LARGEST_LEAN: f64 = 30.0;

/// A slice of the CT.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slice {
    pub index: usize,
    /// z where it passes the vertebral body, LPS.
    pub position: Mm,
}

/// The slice through the middle of L3.
pub(super) fn find(labels: &Labels, gates: &Gates<'_>) -> Result<Slice, Block> {
    let grid = &labels.grid;
    let lean = lean(grid);
    if lean > LARGEST_LEAN {
        return Err(Block {
            code: GateCode::FovTrunc,
            reason: format!(
                "the slices lean {lean:.0} degrees against the axial plane and do not hold the section through L3; at most \
                 {LARGEST_LEAN:.0} degrees would do"
            ),
            found: Some(lean),
        });
    }
    let mask = labels.masks.iter().find(|mask| mask.structure == Structure::L3).ok_or_else(|| Block {
        code: GateCode::NotLabelled,
        reason: "the labels hold no L3 vertebra, which tells the slice; a label of L3 would do".to_owned(),
        found: None,
    })?;
    if let Some(block) = gates.vertebra(mask) {
        return Err(block);
    }
    let [slice, row, column] = grid.to_index(front(mask.largest_component(), grid).centroid(grid));
    // The mean of voxels of the grid lies within it.
    let index = (slice + 0.5).floor() as usize;
    Ok(Slice { index, position: Mm(grid.to_patient([index as f64, row, column])[2]) })
}

/// The voxels in front of the mean of all; all where they have the same y.
fn front(vertebra: StructureMask, grid: &Grid) -> StructureMask {
    let back = vertebra.centroid(grid)[1];
    let mut front = vertebra.clone();
    for index in vertebra.indices().filter(|index| grid.to_patient(index.map(|i| i as f64))[1] >= back) {
        front.clear(index);
    }
    if front.indices().next().is_some() { front } else { vertebra }
}

/// Degrees between the planes of the slices and the axial plane.
fn lean(grid: &Grid) -> f64 {
    let [_, row, column] = grid.steps;
    unit(cross(row, column))[2].abs().min(1.0).acos().to_degrees()
}
