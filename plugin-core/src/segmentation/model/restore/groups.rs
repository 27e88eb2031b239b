//! Classes that compete as one.

use crate::anatomy::{Side, Structure};
use crate::segmentation::model::instances::Instances;
use crate::segmentation::model::manifest::{Class, is_vertebra};
use crate::segmentation::model::{Manifest, Refinement};
use ndarray::Array3;

/// Which classes share a group, and which instances a group may become.
///
/// Every class is a group of its own but the vertebrae where the column is refined: a network that hesitates between L2 and L3 does
/// not hesitate over bone.
pub(super) struct Groups {
    /// Group of each class; the background is group 0.
    pub of_class: Vec<u8>,
    /// Number of groups.
    pub count: usize,
    /// Whether scores are probabilities, which add up; logits add up as probabilities do, `ln(exp(a) + exp(b))`.
    pub probabilities: bool,
    /// Whether `becomes[group][instance]`, instances by their numbers, 0 being none.
    pub becomes: Vec<Vec<bool>>,
}

impl Groups {
    pub fn new(manifest: &Manifest, instances: &Instances) -> Groups {
        let column = manifest.refinements.contains(&Refinement::VertebralColumn);
        let mut of_class = Vec::new();
        let (mut vertebrae, mut count) = (None, 0);
        for class in &manifest.classes {
            let own = if column && class.is_vertebra() { *vertebrae.get_or_insert(count) } else { count };
            count = count.max(own + 1);
            // Manifests have at most 255 classes.
            of_class.push(own as u8);
        }
        let mut becomes = vec![vec![false; instances.table.len() + 1]; count];
        for (number, instance) in (1..).zip(&instances.table) {
            for (class, group) in manifest.classes.iter().zip(&of_class) {
                becomes[usize::from(*group)][number] |= may_become(class, *instance, column);
            }
        }
        Groups { of_class, count, probabilities: manifest.dropout.is_some(), becomes }
    }

    /// Adds the score of another class of a group.
    pub fn add(&self, sum: f32, score: f32) -> f32 {
        if self.probabilities {
            return sum + score;
        }
        let (low, high) = if sum < score { (sum, score) } else { (score, sum) };
        high + (low - high).exp().ln_1p()
    }

    /// Turns groups into structures, each once, numbered from 1 in the order in which classes name them.
    pub fn rename(&self, groups: &mut Array3<u8>, manifest: &Manifest) -> Vec<(Structure, Side)> {
        let mut table: Vec<(Structure, Side)> = Vec::new();
        let mut numbers = [0_u8; 256];
        for (class, group) in manifest.classes.iter().zip(&self.of_class) {
            let Some(structure) = class.structure else { continue };
            let place = table.iter().position(|known| *known == (structure, class.side)).unwrap_or_else(|| {
                table.push((structure, class.side));
                table.len() - 1
            });
            numbers[usize::from(*group)] = place as u8 + 1;
        }
        groups.mapv_inplace(|group| numbers[usize::from(group)]);
        table
    }
}

fn may_become(class: &Class, (structure, side): (Structure, Side), column: bool) -> bool {
    let same = class.structure == Some(structure) && (class.side == Side::None || class.side == side);
    same || (column && class.is_vertebra() && is_vertebra(structure))
}
