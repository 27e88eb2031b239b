//! What each voxel of the network's grid is: structure and side, from classes.
//!
//! | module | holds |
//! |---|---|
//! | [`classes`] | the class of every voxel |
//! | [`nearness`] | distances |
//! | [`axis`], [`sacrum`], [`discs`], [`grow`], [`numbering`], [`mod@column`] | refinement `vertebral-column` |
//! | [`midline`], [`sides`] | refinement `sides` |
//! | [`places`] | refinement `largest-component` |

mod axis;
mod classes;
mod column;
mod discs;
mod grow;
mod midline;
mod nearness;
mod numbering;
mod places;
mod sacrum;
mod sides;

use super::prediction::Prediction;
use super::prepare::Prepared;
use super::{Manifest, Refinement};
use crate::anatomy::{Side, Structure};
use crate::geometry::Index;
use classes::{Classes, Role};
use column::Column;
use midline::Midline;
use ndarray::Array3;
use places::Scene;
use std::collections::BTreeMap;

/// The structures that were found, on the network's grid.
pub(super) struct Instances {
    /// Number of the instance of each voxel, from 1; 0: nothing that is measured.
    pub numbers: Array3<u8>,
    /// Class of each voxel: what is left out keeps the network's word for it.
    pub classes: Array3<u16>,
    /// What instance `n` is, at `n - 1`.
    pub table: Vec<(Structure, Side)>,
    /// Why the numbering of the vertebrae is in doubt; none: it is not.
    pub numbering: Option<String>,
    /// Structures of which nothing was left, though they were found where they belong, and why.
    pub left_out: BTreeMap<(Structure, Side), String>,
}

/// Classes as structures, after the manifest's refinements. Nothing, where a model has neither refinements nor an uncertainty: its
/// classes are then decided on the voxels of the CT alone.
pub(super) fn find(prediction: &Prediction, manifest: &Manifest, prepared: &Prepared<'_>) -> Instances {
    if manifest.refinements.is_empty() && prediction.variance.is_none() {
        return Instances::nothing([0; 3]);
    }
    let classes = Classes::new(prediction, manifest);
    let hu = |index: Index| {
        let normalisation = manifest.normalisation;
        f64::from(prepared.image.at(index) * normalisation.standard_deviation + normalisation.mean)
    };
    let has = |refinement| manifest.refinements.contains(&refinement);
    let column = if has(Refinement::VertebralColumn) { Column::find(&classes, hu) } else { None };
    let mut instances = Instances::of_classes(&classes, has(Refinement::VertebralColumn), column.as_ref());
    for refinement in &manifest.refinements {
        match refinement {
            Refinement::Sides => {
                let midline = Midline::find(classes.grid(), &instances, column.as_ref());
                sides::divide(classes.grid(), &mut instances, midline.as_ref());
            }
            Refinement::LargestComponent => Scene { grid: classes.grid(), column: column.as_ref(), hu }.clean(&mut instances),
            Refinement::VertebralColumn | Refinement::BoneEdges => {}
        }
    }
    instances.without_empty()
}

impl Instances {
    /// Nothing is found anywhere.
    pub fn nothing(shape: Index) -> Instances {
        let (numbers, classes) = (Array3::zeros(shape), Array3::zeros(shape));
        Instances { numbers, classes, table: Vec::new(), numbering: None, left_out: BTreeMap::new() }
    }

    /// One instance for each structure that has a class, in the order of the classes; vertebrae from the column where it was divided.
    fn of_classes(classes: &Classes<'_>, divided: bool, column: Option<&Column>) -> Instances {
        let mut instances = Instances {
            numbers: Array3::zeros(classes.map.raw_dim()),
            classes: classes.map.clone(),
            table: Vec::new(),
            numbering: column.and_then(|column| column.doubt.clone()),
            left_out: BTreeMap::new(),
        };
        let by_class: Vec<u8> = classes.roles.iter().map(|role| instances.number_of(*role, divided)).collect();
        let levels = column.map_or(&[][..], |column| &column.levels);
        let by_level: Vec<u8> =
            levels.iter().map(|level| level.map_or(0, |level| instances.number(level, Side::None))).collect();
        for (index, class) in classes.map.indexed_iter() {
            instances.numbers[index] = match column.map_or(0, |column| column.vertebrae[index]) {
                0 => by_class[usize::from(*class)],
                vertebra => by_level.get(usize::from(vertebra) - 1).copied().unwrap_or(0),
            };
        }
        instances
    }

    /// The table without what no voxel is.
    fn without_empty(mut self) -> Instances {
        let mut present = vec![false; self.table.len() + 1];
        self.numbers.iter().for_each(|number| present[usize::from(*number)] = true);
        let mut kept = 0;
        let renumbered: Vec<u8> = (0..present.len())
            .map(|number| {
                let stays = number > 0 && present[number];
                kept += u8::from(stays);
                if stays { kept } else { 0 }
            })
            .collect();
        self.numbers.mapv_inplace(|number| renumbered[usize::from(number)]);
        let mut number = 0;
        self.table.retain(|_| {
            number += 1;
            present[number]
        });
        self
    }

    fn number_of(&mut self, role: Role, divided: bool) -> u8 {
        match role {
            Role::Structure(structure, side) => self.number(structure, side),
            Role::Vertebra(Some(level)) if !divided => self.number(level, Side::None),
            _ => 0,
        }
    }

    /// The number of a structure, which is entered in the table if it is new; 0 where the table is full.
    fn number(&mut self, structure: Structure, side: Side) -> u8 {
        let known = self.table.iter().position(|entry| *entry == (structure, side));
        let at = known.unwrap_or_else(|| {
            self.table.push((structure, side));
            self.table.len() - 1
        });
        u8::try_from(at + 1).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
