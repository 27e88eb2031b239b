//! `manifest.json` of a hip film model. The JSON schema is `models/xray-manifest.schema.json`. Images are `[row, column]`.

mod check;

pub(super) use check::MEASURED_VIEW;

use crate::anatomy::Structure;
use crate::report::named::named;
use crate::report::{Quantity, Region};
use crate::segmentation::Dropout;
use crate::segmentation::ModelError;
use crate::segmentation::model::manifest::NetworkFile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name and version of the form.
pub const SCHEMA: &str = "bonemuscle-xray-model/1";

/// What a hip film model is, expects and gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HipManifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// Short name: lower-case letters, digits and hyphens, at most 64.
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
    /// Sentences that every reader of its values must see, at least one: what it was trained on.
    pub caveats: Vec<String>,
    /// The network that finds the hips.
    pub locator: Locator,
    /// The network that takes a hip apart.
    pub decomposition: Decomposition,
    /// From the mean of the predicted areal density of a region to aBMD.
    pub calibration: BTreeMap<Region, Line>,
    /// By how much its values are off.
    #[serde(default)]
    pub errors: Errors,
    /// Figures of the evaluation, with their date.
    #[serde(default)]
    pub evaluation: serde_json::Value,
}

/// The network that finds the femoral heads and names the view, run once, without dropout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locator {
    /// Its file.
    pub network: NetworkFile,
    /// Name of the input: the whole film in `size` pixels, `[1, 1, row, column]`.
    pub input: String,
    /// Rows and columns.
    pub size: [usize; 2],
    /// Names of the outputs.
    pub outputs: LocatorOutputs,
    /// What the logits of `outputs.view` stand for; `ap` is among them.
    pub views: Vec<String>,
    /// Film to input.
    pub normalisation: Percentiles,
    /// Where it takes dropout masks, which are all open.
    #[serde(default)]
    pub dropout: Option<Dropout>,
}

/// Names of the outputs of the locator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocatorOutputs {
    /// Logits `[1, 2, row, column]` of the centre of the head in the left, and of that in the right half of the image.
    pub heads: String,
    /// Logits `[1, views]`.
    pub view: String,
}

/// The network that takes a hip apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decomposition {
    /// Its file.
    pub network: NetworkFile,
    /// Name of the input: a hip shown as a left one, lateral to larger columns, `[1, 1, row, column]`.
    pub input: String,
    /// Name of the output: `[1, channel, row, column]`.
    pub output: String,
    /// Rows and columns.
    pub size: [usize; 2],
    /// Side of a pixel at the depth of the femoral head, in millimetres.
    pub pixel_spacing_mm: f64,
    /// Row and column of the centre of the femoral head.
    pub centre: [f64; 2],
    /// Film to input.
    pub normalisation: Percentiles,
    /// What the output holds.
    pub channels: Vec<Channel>,
    /// Where it takes dropout masks; absent: it has none, and gives no uncertainty.
    #[serde(default)]
    pub dropout: Option<Dropout>,
}

/// Percentiles of a film that become 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentiles {
    /// Becomes 0.
    pub lower_percentile: f64,
    /// Becomes 1.
    pub upper_percentile: f64,
}

impl Percentiles {
    pub(super) fn percentiles(self) -> [f64; 2] {
        [self.lower_percentile, self.upper_percentile]
    }
}

/// One image of the output; its values times `scale` are in `unit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// As the model's author calls it.
    pub name: String,
    /// What its values are.
    pub kind: ChannelKind,
    /// Of what; absent of a region.
    #[serde(default)]
    pub structure: Option<Subject>,
    /// Which part of the proximal femur it is, where it is a region.
    #[serde(default)]
    pub region: Option<Region>,
    /// UCUM.
    pub unit: String,
    /// Value in `unit` per value of the network.
    pub scale: f64,
}

named! {
    /// What the values of an image are.
    ChannelKind {
        /// Mineral along the ray, g/cm2.
        ArealDensity = "areal_density",
        /// Mineral as a DXA scan in its own pose would see it, g/cm2: a neck that points out of the film's plane is seen foreshortened
        /// on the film, and as much denser.
        DxaDensity = "dxa_density",
        /// Length of the ray within the structure, mm.
        Thickness = "thickness",
        /// Lean mass along the ray, g/cm2.
        Lean = "lean",
        /// Logit of the pixel belonging to a region.
        Region = "region",
    }
}

impl ChannelKind {
    /// UCUM code of its values.
    pub fn unit(self) -> &'static str {
        match self {
            ChannelKind::ArealDensity | ChannelKind::DxaDensity | ChannelKind::Lean => "g/cm2",
            ChannelKind::Thickness => "mm",
            ChannelKind::Region => "1",
        }
    }
}

named! {
    /// What an image shows.
    Subject {
        /// All bones of the field.
        Bone = "bone",
        /// The proximal femur.
        ProximalFemur = "proximal_femur",
        /// As far as it lies in the field, like all muscles.
        GluteusMaximus = "gluteus_maximus",
        /// Gluteus medius.
        GluteusMedius = "gluteus_medius",
        /// Gluteus minimus.
        GluteusMinimus = "gluteus_minimus",
        /// Iliopsoas.
        Iliopsoas = "iliopsoas",
    }
}

impl Subject {
    /// The structure that is measured by it; none of all bones together.
    pub fn structure(self) -> Option<Structure> {
        match self {
            Subject::Bone => None,
            Subject::ProximalFemur => Some(Structure::Femur),
            Subject::GluteusMaximus => Some(Structure::GluteusMaximus),
            Subject::GluteusMedius => Some(Structure::GluteusMedius),
            Subject::GluteusMinimus => Some(Structure::GluteusMinimus),
            Subject::Iliopsoas => Some(Structure::Iliopsoas),
        }
    }
}

/// aBMD = slope * mean areal density + intercept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// g/cm2 of aBMD per g/cm2 of the image.
    pub slope: f64,
    /// g/cm2.
    pub intercept: f64,
    /// Standard deviation about the line on the hips it was fitted on, g/cm2.
    #[serde(default)]
    pub residual_g_per_cm2: Option<f64>,
}

/// Root mean square errors on simulated films of makers that the training had not seen, each in the unit in which reports give the
/// quantity. What is not stated is not known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Errors {
    /// Of the proximal femur, against a simulated DXA scan of the same hip.
    pub regions: BTreeMap<Region, BTreeMap<Quantity, f64>>,
    /// Of muscles, against what of them lies in the field.
    pub muscles: BTreeMap<Subject, BTreeMap<Quantity, f64>>,
}

impl HipManifest {
    /// Reads and checks a manifest; `model` names it in errors.
    pub fn parse(model: &str, json: &[u8]) -> Result<HipManifest, ModelError> {
        let refused = |reason: String| ModelError::Manifest { model: model.to_owned(), reason };
        let manifest: HipManifest = serde_json::from_slice(json).map_err(|error| refused(error.to_string()))?;
        check::contradiction(&manifest).map_or(Ok(()), |reason| Err(refused(reason)))?;
        Ok(manifest)
    }

    /// Number of the channel of this kind and subject.
    pub fn channel(&self, kind: ChannelKind, subject: Subject) -> Option<usize> {
        self.decomposition.channels.iter().position(|one| (one.kind, one.structure) == (kind, Some(subject)))
    }

    /// Number of the channel of this region.
    pub fn region(&self, region: Region) -> Option<usize> {
        self.decomposition.channels.iter().position(|one| one.region == Some(region))
    }
}
