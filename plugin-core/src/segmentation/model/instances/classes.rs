//! The class of every voxel, and what the classes are.

use super::super::Manifest;
use super::super::manifest::{Class, is_vertebra};
use super::super::prediction::Prediction;
use crate::anatomy::{Side, Structure};
use crate::geometry::{Grid, Index};
use half::f16;
use ndarray::{Array3, ArrayView1, Axis, Zip};

/// What a class is to the steps after the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Background, or nothing that is measured.
    Nothing,
    /// A vertebra above the sacrum; none: one without a level.
    Vertebra(Option<Structure>),
    /// Anything else with a name.
    Structure(Structure, Side),
}

/// The network's answer, one class per voxel.
pub(super) struct Classes<'a> {
    prediction: &'a Prediction,
    /// What each class is.
    pub roles: Vec<Role>,
    /// Scores are logits, not probabilities.
    logits: bool,
    /// The class of each voxel.
    pub map: Array3<u16>,
}

impl<'a> Classes<'a> {
    /// The class with the highest probability. Vertebrae count as one where they compete with anything else, so that a body that is
    /// half called L2 and half L3 is not lost to the background; among vertebrae the highest wins.
    pub fn new(prediction: &'a Prediction, manifest: &Manifest) -> Classes<'a> {
        let roles: Vec<Role> = manifest.classes.iter().map(role).collect();
        let logits = manifest.dropout.is_none();
        let map = Zip::from(prediction.scores.lanes(Axis(0))).par_map_collect(|scores| class_of(scores, &roles, logits));
        Classes { prediction, roles, logits, map }
    }

    /// Where the voxels lie.
    pub fn grid(&self) -> &Grid {
        &self.prediction.grid
    }

    /// What a voxel is.
    pub fn role(&self, index: Index) -> Role {
        self.roles[usize::from(self.map[index])]
    }

    /// Summed probability of the classes of which `member` holds.
    pub fn probability(&self, [i, j, k]: Index, member: impl Fn(Role) -> bool) -> f64 {
        let scores = self.prediction.scores.index_axis(Axis(3), k).index_axis_move(Axis(2), j).index_axis_move(Axis(1), i);
        let weights = weights(scores, self.logits);
        let total: f32 = (0..scores.len()).map(&weights).sum();
        let part: f32 = (0..scores.len()).filter(|class| member(self.roles[*class])).map(&weights).sum();
        f64::from(part / total)
    }
}

/// Probabilities up to a common factor, by class.
fn weights(scores: ArrayView1<'_, f16>, logits: bool) -> impl Fn(usize) -> f32 {
    let highest = scores.iter().copied().fold(f16::NEG_INFINITY, f16::max).to_f32();
    move |class| {
        let score = scores[class].to_f32();
        if logits { (score - highest).exp() } else { score }
    }
}

fn class_of(scores: ArrayView1<'_, f16>, roles: &[Role], logits: bool) -> u16 {
    let weight = weights(scores, logits);
    let mut column = 0.0;
    let mut best = [(0, f32::NEG_INFINITY); 2];
    for (class, role) in roles.iter().enumerate() {
        let weight = weight(class);
        let vertebra = matches!(role, Role::Vertebra(_));
        column += if vertebra { weight } else { 0.0 };
        let best = &mut best[usize::from(vertebra)];
        if weight > best.1 {
            *best = (class, weight);
        }
    }
    let [other, vertebra] = best;
    if vertebra.1 > f32::NEG_INFINITY && column > other.1 { vertebra.0 as u16 } else { other.0 as u16 }
}

fn role(class: &Class) -> Role {
    match class.structure {
        Some(structure) if is_vertebra(structure) => Role::Vertebra(Some(structure)),
        Some(structure) => Role::Structure(structure, class.side),
        None if class.is_vertebra() => Role::Vertebra(None),
        None => Role::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_is_no_vertebra_though_its_name_holds_the_word() {
        let of = |name: &str| role(&Class { name: name.to_owned(), structure: None, side: Side::None });
        for name in ["other_vertebra", "vertebrae_T11", "Vertebra T11"] {
            assert_eq!(of(name), Role::Vertebra(None), "{name}");
        }
        for name in ["intervertebral_disc", "vertebral_canal", "background"] {
            assert_eq!(of(name), Role::Nothing, "{name}");
        }
    }
}
