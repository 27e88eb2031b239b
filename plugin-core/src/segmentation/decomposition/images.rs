//! The passes of the decomposition: images in the units of the manifest.

use super::manifest::{ChannelKind, HipManifest};
use super::{dropout, runtime};
use crate::progress::Cancelled;
use crate::segmentation::ModelError;
use ndarray::{Array3, ArrayView2, Axis};
use runtime::{Network, with_masks};

/// What a pass says of a hip, or the mean of all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// `[channel, row, column]` of the canonical left hip, in the units of the manifest's channels; regions are probabilities.
    pub values: Array3<f32>,
}

impl Images {
    /// The image of a channel, `[row, column]`.
    pub fn channel(&self, number: usize) -> ArrayView2<'_, f32> {
        self.values.index_axis(Axis(0), number)
    }
}

/// A hip taken apart.
#[derive(Debug, Clone)]
pub struct Decomposed {
    /// Mean over the passes; without passes, what the network says with nothing dropped.
    pub mean: Images,
    /// Every pass with dropout; none without.
    pub passes: Vec<Images>,
}

/// Runs the passes; `(passes, seed)` as the settings have them, `progress` after each.
pub(super) fn decompose(
    network: &mut dyn Network,
    manifest: &HipManifest,
    crop: &[f32],
    (passes, seed): (u16, u64),
    progress: &dyn Fn(f32) -> Result<(), Cancelled>,
) -> Result<Decomposed, ModelError> {
    let dropout = manifest.decomposition.dropout.as_ref();
    let masks = match (dropout, passes) {
        (None, _) => vec![Vec::new()],
        (Some(dropout), 0) => vec![dropout::open(dropout)],
        (Some(dropout), passes) => dropout::masks(dropout, seed, passes),
    };
    let mut found = Vec::with_capacity(masks.len());
    for (number, open) in masks.iter().enumerate() {
        progress(number as f32 / masks.len() as f32)?;
        network.run(&with_masks(crop, open))?;
        found.push(in_units(network.output(0).to_vec(), manifest)?);
    }
    let mean = mean(&found);
    let passes = if passes > 0 && dropout.is_some() { found } else { Vec::new() };
    Ok(Decomposed { mean, passes })
}

/// The network's values in the units of their channels, and logits as probabilities.
fn in_units(values: Vec<f32>, manifest: &HipManifest) -> Result<Images, ModelError> {
    let network = &manifest.decomposition;
    let [rows, columns] = network.size;
    let shape = (network.channels.len(), rows, columns);
    let mut values = Array3::from_shape_vec(shape, values)
        .map_err(|error| ModelError::Run { model: manifest.name.clone(), reason: error.to_string() })?;
    for (mut image, channel) in values.outer_iter_mut().zip(&network.channels) {
        let scale = channel.scale as f32;
        match channel.kind {
            ChannelKind::Region => image.mapv_inplace(|logit| 1.0 / (1.0 + (-logit).exp())),
            _ => image.mapv_inplace(|value| value * scale),
        }
    }
    Ok(Images { values })
}

/// In double precision: sums of many passes must not lose digits.
fn mean(passes: &[Images]) -> Images {
    let count = passes.len() as f64;
    let shape = passes.first().map_or((0, 0, 0), |first| first.values.dim());
    let values = Array3::from_shape_fn(shape, |place| {
        (passes.iter().map(|pass| f64::from(pass.values[place])).sum::<f64>() / count) as f32
    });
    Images { values }
}
