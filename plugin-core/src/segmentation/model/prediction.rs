//! What a network says, on its own grid.

use super::instances::Instances;
use super::manifest::Manifest;
use crate::anatomy::{Side, Structure};
use crate::geometry::Grid;
use crate::segmentation::StructureUncertainty;
use half::f16;
use ndarray::{Array3, Array4};
use std::collections::BTreeMap;

/// What a network says of a CT.
pub(super) struct Prediction {
    /// The network's grid in the patient; its axes are the network's, its extent is the cropped CT.
    pub grid: Grid,
    /// `[class, axis 0, axis 1, axis 2]`: blended logits, or mean probabilities where the network has dropout inputs.
    pub scores: Array4<f16>,
    /// Mean over classes of the variance of their probabilities over the passes; none without passes.
    pub variance: Option<Array3<f32>>,
    /// Passes with dropout; 0: none.
    pub passes: u16,
}

impl Prediction {
    /// Mean predictive variance of every structure over its voxels, and the Dice it predicts; empty without passes.
    ///
    /// The variance over T passes is in the mean (T - 1) / T of that over endlessly many. It is given as the manifest's number of
    /// passes would have it, for which the manifest's figures hold.
    pub fn uncertainties(
        &self,
        instances: &Instances,
        manifest: &Manifest,
    ) -> BTreeMap<(Structure, Side), StructureUncertainty> {
        let Some(variance) = &self.variance else { return BTreeMap::new() };
        let mut sums = vec![(0.0_f64, 0_u64); instances.table.len() + 1];
        for (number, variance) in instances.numbers.iter().zip(variance) {
            if let Some((sum, count)) = sums.get_mut(usize::from(*number)) {
                *sum += f64::from(*variance);
                *count += 1;
            }
        }
        let found = instances.table.iter().zip(&sums[1..]).filter(|(_, (_, count))| *count > 0);
        let scale = self.to_usual_passes(manifest);
        found
            .map(|(instance, (sum, count))| (*instance, uncertainty(instance.0, scale * sum / *count as f64, manifest)))
            .collect()
    }

    fn to_usual_passes(&self, manifest: &Manifest) -> f64 {
        let share = |passes: u16| 1.0 - 1.0 / f64::from(passes);
        let usual = manifest.dropout.as_ref().map_or(0, |dropout| dropout.passes);
        if usual > 1 && self.passes > 1 { share(usual) / share(self.passes) } else { 1.0 }
    }
}

/// What the manifest makes of a mean variance.
fn uncertainty(structure: Structure, variance: f64, manifest: &Manifest) -> StructureUncertainty {
    let quality = manifest.quality.get(&structure);
    StructureUncertainty {
        variance,
        usual_variance: quality.and_then(|quality| quality.usual_variance),
        predicted_dice: quality
            .and_then(|quality| quality.dice)
            .map(|line| (line.intercept + line.slope * variance).clamp(0.0, 1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segmentation::model::manifest::{DiceLine, Dropout, StructureQuality};

    #[test]
    fn a_structure_is_as_uncertain_as_its_voxels_are_on_average() {
        let grid = Grid { shape: [1, 1, 4], origin: [0.0; 3], steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] };
        let variance = Array3::from_shape_vec((1, 1, 4), vec![0.5, 0.125, 0.25, 0.0625]).unwrap();
        let scores = Array4::from_elem((1, 1, 1, 4), f16::ZERO);
        let mut prediction = Prediction { grid, scores, variance: Some(variance), passes: 2 };
        let (femur, hip) = ((Structure::Femur, Side::Left), (Structure::HipBone, Side::Right));
        let numbers = Array3::from_shape_vec((1, 1, 4), vec![0, 1, 1, 2]).unwrap();
        let table = vec![femur, hip, (Structure::L1, Side::None)];
        let instances = Instances { numbers, table, ..Instances::nothing([1, 1, 4]) };
        let mut manifest = crate::segmentation::model::prepare::tests::manifest("SPL", [1.0; 3]);
        let line = DiceLine { intercept: 1.0, slope: -2.0 };
        manifest.quality.insert(femur.0, StructureQuality { usual_variance: Some(0.1), dice: Some(line) });
        let found = prediction.uncertainties(&instances, &manifest);
        let expected = [
            (hip, StructureUncertainty { variance: 0.0625, usual_variance: None, predicted_dice: None }),
            (femur, StructureUncertainty { variance: 0.1875, usual_variance: Some(0.1), predicted_dice: Some(0.625) }),
        ];
        assert_eq!(found, BTreeMap::from(expected));
        // Of two passes one half of the variance is seen, of five four fifths.
        manifest.dropout = Some(Dropout { rate: 0.5, inputs: Vec::new(), passes: 5 });
        let scaled = prediction.uncertainties(&instances, &manifest);
        assert!((scaled[&femur].variance - 0.3).abs() < 1e-12, "{scaled:?}");
        assert!((scaled[&femur].predicted_dice.unwrap() - 0.4).abs() < 1e-12, "{scaled:?}");
        prediction.variance = None;
        assert!(prediction.uncertainties(&instances, &manifest).is_empty());
    }
}
