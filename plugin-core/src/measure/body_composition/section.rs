//! Pixels of one slice.

use crate::anatomy::{Side, Structure};
use crate::geometry::{Index, cross, norm};
use crate::measure::field_of_view::{FieldOfView, edge_neighbours};
use crate::measure::muscle::sided_name;
use crate::measure::uncertainty;
use crate::report::{Block, GateCode};
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Cm2, Hu, Mm};
use crate::volume::CtVolume;
use ndarray::{Array3, Axis};

/// A label that meets the end of the field of view over more than this is cut; less are stray pixels.
const LONGEST_CONTACT: Mm = Mm(10.0);

/// One slice of the CT and its labels.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    volume: &'a CtVolume<'a>,
    labels: &'a Labels,
    field_of_view: FieldOfView<'a>,
    slice: usize,
}

impl<'a> Section<'a> {
    pub fn new(volume: &'a CtVolume<'a>, labels: &'a Labels, field_of_view: FieldOfView<'a>, slice: usize) -> Section<'a> {
        Section { volume, labels, field_of_view, slice }
    }

    /// What a label holds of the slice.
    pub fn pixels(&self, structure: Structure, side: Side) -> Result<Vec<Index>, Block> {
        let mask = self.labels.masks.iter().find(|mask| (mask.structure, mask.side) == (structure, side));
        if let Some(block) = mask.and_then(|mask| uncertainty::block(self.labels, mask)) {
            return Err(block);
        }
        let pixels = mask.map_or_else(Vec::new, |mask| self.pixels_of(mask));
        if pixels.is_empty() {
            return Err(not_labelled(structure, side));
        }
        let contact = Mm(pixels.iter().filter(|pixel| self.is_at_end(**pixel)).count() as f64 * self.pixel_mm2().sqrt());
        match mask {
            Some(mask) if contact > LONGEST_CONTACT => Err(Block {
                code: GateCode::FovTrunc,
                reason: format!(
                    "the field of view cuts the {} in the slice through L3 over {:.0} mm",
                    sided_name(mask),
                    contact.0
                ),
                found: Some(contact.0),
            }),
            _ => Ok(pixels),
        }
    }

    pub fn area(&self, count: usize) -> Cm2 {
        Cm2(count as f64 * self.pixel_mm2() / 100.0)
    }

    pub fn hu(&self, pixel: Index) -> Hu {
        Hu(f64::from(self.volume.hu(pixel)))
    }

    /// Not a number of no pixels.
    pub fn mean(&self, pixels: &[Index]) -> Hu {
        Hu(pixels.iter().map(|pixel| self.hu(*pixel).0).sum::<f64>() / pixels.len() as f64)
    }

    fn pixel_mm2(&self) -> f64 {
        let [_, row, column] = self.volume.grid.steps;
        norm(cross(row, column))
    }

    fn pixels_of(&self, mask: &StructureMask) -> Vec<Index> {
        let [z, y, x] = mask.corner;
        let Some(place) = self.slice.checked_sub(z).filter(|place| *place < mask.voxels.shape()[0]) else { return Vec::new() };
        let slice = mask.voxels.index_axis(Axis(0), place);
        slice
            .indexed_iter()
            .filter(|(_, member)| **member)
            .map(|((row, column), _)| [self.slice, row + y, column + x])
            .collect()
    }

    fn is_at_end(&self, pixel: Index) -> bool {
        edge_neighbours(self.volume, pixel)
            .any(|neighbour| neighbour.is_none_or(|neighbour| self.field_of_view.is_outside(neighbour)))
    }
}

fn not_labelled(structure: Structure, side: Side) -> Block {
    let side = if side == Side::None { String::new() } else { format!("{} ", side.name()) };
    Block {
        code: GateCode::NotLabelled,
        reason: format!(
            "the slice through L3 holds no pixel of a label of the {side}{name}; a label {} would do",
            structure.name(),
            name = structure.english().to_lowercase()
        ),
        found: None,
    }
}

/// The mask of some pixels of one slice, of the body as a whole; none of no pixel.
pub(super) fn mask_of(pixels: impl Iterator<Item = Index> + Clone) -> Option<StructureMask> {
    let low = pixels.clone().reduce(|a, b| [0, 1, 2].map(|axis| a[axis].min(b[axis])))?;
    let high = pixels.clone().fold(low, |a, b| [0, 1, 2].map(|axis| a[axis].max(b[axis])));
    let mut voxels = Array3::from_elem([0, 1, 2].map(|axis| high[axis] - low[axis] + 1), false);
    for pixel in pixels {
        voxels[[0, 1, 2].map(|axis| pixel[axis] - low[axis])] = true;
    }
    Some(StructureMask { structure: Structure::Body, side: Side::None, corner: low, voxels, segments: Vec::new() })
}
