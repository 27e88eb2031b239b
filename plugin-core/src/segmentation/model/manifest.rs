//! `manifest.json`: everything that is needed to run a network and to understand its answer.
//!
//! The JSON schema is `models/manifest.schema.json`. Axes of arrays are the network's own, 0 (slowest) to 2 (fastest).

pub(in crate::segmentation) mod check;

use super::ModelError;
use crate::anatomy::{Kind, Side, Structure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name and version of the form.
pub const SCHEMA: &str = "bonemuscle-model/1";

/// What a model is, expects and gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// Short name: lower-case letters, digits and hyphens, at most 64, which is the length of DICOM's LO.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// One sentence for people.
    pub description: String,
    /// Licence of the weights, an SPDX expression or a sentence.
    pub licence: String,
    /// Whom the licence asks to name.
    #[serde(default)]
    pub attribution: Vec<String>,
    /// The network; several are an ensemble (folds), whose outputs are averaged.
    pub networks: Vec<NetworkFile>,
    /// The part of the network that dropout does not touch, run once for all passes of a tile; absent: the network is in one part.
    #[serde(default)]
    pub stem: Option<Stem>,
    /// How the input is called.
    pub input: String,
    /// How the output is called; its channels are `classes`.
    pub output: String,
    /// Towards which part of the patient the indices of axes 0, 1, 2 grow: three of `LRAPSI`, such as `SPL` for slices upwards, rows
    /// backwards, columns to the patient's left, which is DICOM's LPS read as z, y, x.
    pub orientation: String,
    /// Voxel size of axes 0, 1, 2 in millimetres.
    pub spacing_mm: [f64; 3],
    /// Tile of axes 0, 1, 2 in voxels.
    pub patch: [usize; 3],
    /// Overlap is 1 minus this: the step of tiles as a share of the patch.
    pub tile_step: f64,
    /// Axes along which the network may be shown a mirrored tile; empty: never. Without passes every tile is shown plain and mirrored
    /// along every choice of them (two are three mirrored tiles) and the answers are averaged; with passes every second pass sees it
    /// mirrored along the first of them, whatever the others are.
    #[serde(default)]
    pub mirror_axes: Vec<usize>,
    /// HU to input.
    pub normalisation: Normalisation,
    /// Whether the CT is low-pass filtered before it is resampled to coarser voxels; nnU-Net does not.
    #[serde(default)]
    pub low_pass: bool,
    /// What the channels of the output mean, from channel 0, which is the background.
    pub classes: Vec<Class>,
    /// Where the network takes dropout masks; absent: it has none, and gives no uncertainty.
    #[serde(default)]
    pub dropout: Option<Dropout>,
    /// What is done with the classes after the network. Whatever the order, the vertebral column is divided first and edges are found
    /// last; `sides` and `largest-component` are done in the order in which they stand here.
    #[serde(default)]
    pub refinements: Vec<Refinement>,
    /// Structures that are labelled but not measured: nobody has compared such labels with another's on a real CT yet.
    #[serde(default)]
    pub unchecked: Vec<Structure>,
    /// Sentences that every reader of values from these labels must see, such as a known bias.
    #[serde(default)]
    pub caveats: Vec<String>,
    /// Nothing is measured of a younger patient, because the network has seen none; years. Absent: whatever the age.
    #[serde(default)]
    pub least_age_years: Option<f64>,
    /// What is known of the uncertainty of structures.
    #[serde(default)]
    pub quality: BTreeMap<Structure, StructureQuality>,
}

/// An ONNX file in the model's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// File name without folders.
    pub file: String,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
}

/// The first part of a network, from `input` to what `networks` then take instead of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stem {
    /// File name without folders.
    pub file: String,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Its outputs, which are inputs of the network by the same names.
    pub outputs: Vec<StemOutput>,
}

/// One output of a stem, of shape `[1, channels]` and the patch divided by `stride`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StemOutput {
    /// How it is called.
    pub name: String,
    /// Its channels.
    pub channels: usize,
    /// Voxels of the patch from one of its voxels to the next.
    pub stride: usize,
}

/// `(clamp(HU, clip) - mean) / standard_deviation`, nnU-Net's CTNormalization.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// Lowest and highest HU.
    pub clip: [f32; 2],
    /// HU.
    pub mean: f32,
    /// HU.
    pub standard_deviation: f32,
}

/// A channel of the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// As the model's author calls it.
    pub name: String,
    /// What it is; absent: nothing that is measured.
    #[serde(default)]
    pub structure: Option<Structure>,
    /// Which side; for paired structures without sides the refinement `sides` divides them.
    #[serde(default = "no_side")]
    pub side: Side,
}

impl Class {
    /// Whether it is a vertebra above the sacrum. Those without a level are known by a word of their names (`other_vertebra`,
    /// `vertebrae_T11`), not by a part of one (`intervertebral_disc`).
    pub(super) fn is_vertebra(&self) -> bool {
        let name = self.name.to_lowercase();
        let mut words = name.split(|letter: char| !letter.is_alphabetic());
        self.structure.map_or_else(|| words.any(|word| matches!(word, "vertebra" | "vertebrae")), is_vertebra)
    }
}

/// L1 to L5, and what may be next to them.
pub(in crate::segmentation) fn is_vertebra(structure: Structure) -> bool {
    structure.kind() == Kind::LumbarVertebra || matches!(structure, Structure::T12 | Structure::L6)
}

fn no_side() -> Side {
    Side::None
}

/// Channel dropout whose masks are inputs of the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Probability that a channel is dropped; those kept are scaled by `1 / (1 - rate)`.
    pub rate: f64,
    /// The inputs, in the order in which their masks are drawn; shape `[1, channels, 1, 1, 1]`.
    pub inputs: Vec<DropoutInput>,
    /// Passes unless the settings say otherwise.
    pub passes: u16,
}

/// One input for a dropout mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropoutInput {
    /// Name of the input.
    pub name: String,
    /// Length of the mask.
    pub channels: usize,
}

/// A step after the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refinement {
    /// The vertebral column is divided into vertebrae, which are counted from the sacrum upwards.
    VertebralColumn,
    /// Paired structures are divided by the plane through the spine.
    Sides,
    /// Parts of a structure where it cannot be are left out.
    LargestComponent,
    /// Edges of bones are found again in the voxels of the CT, where these are finer than the network's.
    BoneEdges,
}

/// What is known of one structure's uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructureQuality {
    /// 95th percentile of its mean predictive variance on cases where it was found well.
    #[serde(default)]
    pub usual_variance: Option<f64>,
    /// Predicted Dice is `intercept + slope * mean predictive variance` (Hiasa 2020), clamped to 0..1.
    #[serde(default)]
    pub dice: Option<DiceLine>,
}

/// A line from uncertainty to Dice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiceLine {
    /// Dice without uncertainty.
    pub intercept: f64,
    /// Dice per unit of variance, negative.
    pub slope: f64,
}

impl Manifest {
    /// Every file of the model's networks, the stem's first.
    pub fn files(&self) -> Vec<NetworkFile> {
        let stem = self.stem.iter().map(|stem| NetworkFile { file: stem.file.clone(), sha256: stem.sha256.clone() });
        stem.chain(self.networks.iter().cloned()).collect()
    }

    /// Reads and checks a manifest; `model` names it in errors.
    ///
    /// Refused are unknown keys, numbers out of range, and what contradicts itself: a structure twice, a side of what has none, a
    /// refinement that nothing would come of.
    pub fn parse(model: &str, json: &[u8]) -> Result<Manifest, ModelError> {
        let refused = |reason: String| ModelError::Manifest { model: model.to_owned(), reason };
        let manifest: Manifest = serde_json::from_slice(json).map_err(|error| refused(error.to_string()))?;
        check::contradiction(&manifest).map_or(Ok(()), |reason| Err(refused(reason)))?;
        Ok(manifest)
    }
}
