//! What a model doubts about its own labels, also when they were written and come back.
//!
//! Labels that leave the program take the doubts with them, as the member `doubts` of a JSON object: beside the names of their values
//! ([`super::NameTable`]), or in Image Comments (0020,4000) of our SEG. With each structure stands a digest of its voxels, so that it
//! shows who labelled what comes back:
//!
//! - a structure with the same voxels is still the model's, and what the model doubts of it holds;
//! - one with other voxels was corrected by somebody, who knows better than the model: its doubts are dropped;
//! - a doubt about the numbering of the vertebrae holds until one of those that are labelled was corrected, for whoever did that
//!   looked at them; the report then says that the levels are taken as checked;
//! - what the makers of the model say against its labels, and of which age its patients must be, holds while one structure is still the
//!   model's.

use super::model::manifest::check::{least_age, texts};
use super::model::manifest::is_vertebra;
use super::names::structure_of_name;
use super::{Labels, StructureMask};
use crate::anatomy::{Side, Structure};
use crate::geometry::Grid;
use crate::report::{GateCode, Quality};
use ndarray::Axis;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Under which key doubts stand in a JSON object.
pub(super) const DOUBTS: &str = "doubts";

/// What a model doubts about its own labels; nothing, where labels come from elsewhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Doubts {
    /// Name and version of the model.
    pub model: Option<String>,
    /// Uncertainty of each structure; empty where the source gives none.
    pub structures: BTreeMap<(Structure, Side), StructureUncertainty>,
    /// Structures whose labels by this model nobody has compared with another's on a real CT.
    pub unchecked: BTreeSet<(Structure, Side)>,
    /// Structures whose labels are as good as passes with dropout say, and that were made without passes.
    pub without_passes: BTreeSet<(Structure, Side)>,
    /// What the model's makers say against its labels, a sentence each.
    pub caveats: Vec<String>,
    /// The model knows patients of this age and older, in years.
    pub least_age_years: Option<f64>,
    /// How old the patient is, where that is less ([`Doubts::judge_age`]).
    pub too_young_years: Option<f64>,
    /// A sentence, where the numbering of the vertebrae is in doubt.
    pub numbering: Option<String>,
    /// Such a sentence, where vertebrae were corrected since.
    pub settled_numbering: Option<String>,
    /// Structures that the model found where they belong and of which it left nothing, with the reason. Only whoever ran it is told: labels
    /// that are written hold what is there.
    pub left_out: BTreeMap<(Structure, Side), String>,
    /// Structures that are not as the model labelled them, or that somebody added, though others are its own.
    pub corrected: BTreeSet<(Structure, Side)>,
}

/// How much passes with dropout differ on one structure (Hiasa 2020, IEEE TMI 39:1030).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructureUncertainty {
    /// Mean over its voxels of the predictive variance, which is the mean over classes of the variance of their probabilities.
    pub variance: f64,
    /// What is usual where the structure is found well: the 95th percentile, as its model states it.
    pub usual_variance: Option<f64>,
    /// Dice that the variance predicts, where its model has coefficients.
    pub predicted_dice: Option<f64>,
}

/// Doubts as they stand in a file; the JSON schema is `plugin-core/schema/label-names.schema.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedDoubts {
    /// Name and version of the model.
    model: String,
    /// See [`Doubts::caveats`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    caveats: Vec<String>,
    /// See [`Doubts::least_age_years`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    least_age_years: Option<f64>,
    /// See [`Doubts::numbering`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    numbering: Option<String>,
    /// By [`label_name`].
    structures: BTreeMap<String, StatedDoubt>,
}

/// What is doubted of a structure, as long as its voxels are these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatedDoubt {
    /// See [`digest`].
    voxels_sha256: String,
    /// See [`Doubts::unchecked`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unchecked: bool,
    /// See [`Doubts::without_passes`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_passes: bool,
    /// See [`Doubts::structures`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uncertainty: Option<StructureUncertainty>,
}

impl Doubts {
    /// Compares the patient's age with what the model knows, and answers what a reader should know of it. An age that nobody states
    /// withholds nothing.
    pub fn judge_age(&mut self, years: Option<f64>) -> Option<Quality> {
        let least = self.least_age_years?;
        self.too_young_years = years.filter(|years| *years < least);
        match (years, self.too_young_years) {
            (None, _) => {
                let message = format!(
                    "Patient's Age (0010,1010) and Patient's Birth Date (0010,0030) are absent: whether the patient is {least} or older, as \
                     those that the model has seen, is not known"
                );
                Some(Quality::warning(GateCode::Age, message, None))
            }
            (Some(_), Some(age)) => {
                let message =
                    format!("the patient is {age} years old, and the model has seen patients of {least} years and older only");
                Some(Quality::warning(GateCode::Child, message, Some(age)))
            }
            (Some(_), None) => None,
        }
    }

    /// Adds what is doubted of other structures.
    pub(super) fn join(&mut self, other: Doubts) {
        self.model = self.model.take().or(other.model);
        self.structures.extend(other.structures);
        self.unchecked.extend(other.unchecked);
        self.without_passes.extend(other.without_passes);
        self.caveats.extend(other.caveats);
        // Of two models the one that asks for more.
        self.least_age_years = self.least_age_years.into_iter().chain(other.least_age_years).reduce(f64::max);
        self.numbering = self.numbering.take().or(other.numbering);
        self.settled_numbering = self.settled_numbering.take().or(other.settled_numbering);
        self.left_out.extend(other.left_out);
        self.corrected.extend(other.corrected);
    }
}

/// `l1`, `gluteus_maximus_left`: what a structure and side is called in the files we write.
pub fn label_name(structure: Structure, side: Side) -> String {
    match side {
        Side::None => structure.name().to_owned(),
        side => format!("{}_{}", structure.name(), side.name()),
    }
}

impl StatedDoubts {
    /// What is to be written with all of `labels`; none where no model made them.
    pub fn of(labels: &Labels) -> Option<StatedDoubts> {
        StatedDoubts::with(labels, &labels.masks.iter().collect::<Vec<_>>())
    }

    /// What is to be written with `masks`, which are of `labels`.
    pub fn with(labels: &Labels, masks: &[&StructureMask]) -> Option<StatedDoubts> {
        let doubts = &labels.doubts;
        let stated = |mask: &&&StructureMask| {
            let label = (mask.structure, mask.side);
            let doubt = StatedDoubt {
                voxels_sha256: digest(mask, &labels.grid),
                unchecked: doubts.unchecked.contains(&label),
                without_passes: doubts.without_passes.contains(&label),
                uncertainty: doubts.structures.get(&label).copied(),
            };
            (label_name(mask.structure, mask.side), doubt)
        };
        let own = masks.par_iter().filter(|mask| !doubts.corrected.contains(&(mask.structure, mask.side)));
        Some(StatedDoubts {
            model: doubts.model.clone()?,
            caveats: doubts.caveats.clone(),
            least_age_years: doubts.least_age_years,
            numbering: doubts.numbering.clone().or_else(|| doubts.settled_numbering.clone()),
            structures: own.map(|mask| stated(&mask)).collect(),
        })
    }

    /// As the comment of a SEG; none where it has more than `most` characters: whoever reads the object is then told that it is missing.
    pub fn to_comment(&self, most: usize) -> Option<String> {
        let comment = serde_json::json!({ DOUBTS: self }).to_string();
        (comment.chars().count() <= most).then_some(comment)
    }

    /// Doubts that the comment of a SEG states, or what is wrong with them; none in the comment of somebody else.
    pub(super) fn in_comment(comment: &str) -> Result<Option<StatedDoubts>, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Comment {
            doubts: StatedDoubts,
        }
        if !comment.starts_with(&format!("{{\"{DOUBTS}\":")) {
            return Ok(None);
        }
        let Comment { doubts } = serde_json::from_str(comment).map_err(|error| error.to_string())?;
        doubts.contradiction().map_or(Ok(Some(doubts)), Err)
    }

    /// The first thing that is wrong.
    pub(super) fn contradiction(&self) -> Option<String> {
        let sentences = [("model", &self.model)].into_iter();
        let sentences = sentences.chain(self.caveats.iter().map(|caveat| ("caveats", caveat)));
        let wrong = texts(sentences.chain(self.numbering.iter().map(|doubt| ("numbering", doubt))));
        let wrong = wrong.or_else(|| least_age(self.least_age_years));
        wrong.or_else(|| self.structures.iter().find_map(|(name, doubt)| doubt.contradiction(name)))
    }

    /// What still holds of labels that came back.
    pub(super) fn that_hold(&self, masks: &[StructureMask], grid: &Grid) -> Doubts {
        let stated: BTreeMap<(Structure, Side), &StatedDoubt> =
            self.structures.iter().filter_map(|(name, doubt)| Some((structure_of_name(name)?, doubt))).collect();
        let is_own = |mask: &StructureMask| {
            let doubt = stated.get(&(mask.structure, mask.side)).copied();
            doubt.filter(|doubt| doubt.voxels_sha256 == digest(mask, grid))
        };
        let found: Vec<Option<&StatedDoubt>> = masks.par_iter().map(is_own).collect();
        let mut doubts = Doubts { model: Some(self.model.clone()), ..Doubts::default() };
        for (mask, own) in masks.iter().zip(&found) {
            let label = (mask.structure, mask.side);
            match own {
                None => drop(doubts.corrected.insert(label)),
                Some(doubt) => {
                    doubts.structures.extend(doubt.uncertainty.map(|uncertainty| (label, uncertainty)));
                    doubts.unchecked.extend(doubt.unchecked.then_some(label));
                    doubts.without_passes.extend(doubt.without_passes.then_some(label));
                }
            }
        }
        if doubts.corrected.iter().any(|(structure, _)| is_vertebra(*structure)) {
            doubts.settled_numbering = self.numbering.clone();
        } else {
            doubts.numbering = self.numbering.clone();
        }
        match found.iter().any(Option::is_some) {
            true => Doubts { caveats: self.caveats.clone(), least_age_years: self.least_age_years, ..doubts },
            // Nothing of the model is left.
            false => Doubts::default(),
        }
    }
}

impl StatedDoubt {
    fn contradiction(&self, name: &str) -> Option<String> {
        /// No probability varies by more: half its values are 0, half 1.
        const LARGEST_VARIANCE: f64 = 0.25;
        if structure_of_name(name).is_none() {
            return Some(format!("structures has {name:?}, which is no structure"));
        }
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if self.voxels_sha256.len() != 64 || !self.voxels_sha256.chars().all(is_digit) {
            let found = &self.voxels_sha256;
            return Some(format!("structures.{name}.voxels_sha256 is {found:?}; accepted: 64 lower-case hexadecimal digits"));
        }
        let StructureUncertainty { variance, usual_variance, predicted_dice } = self.uncertainty?;
        let beyond = |value: f64, most: f64| !(0.0..=most).contains(&value);
        let wrong = beyond(variance, LARGEST_VARIANCE)
            || usual_variance.is_some_and(|usual| beyond(usual, LARGEST_VARIANCE))
            || predicted_dice.is_some_and(|dice| beyond(dice, 1.0));
        wrong.then(|| {
            format!(
                "structures.{name}.uncertainty is {variance}, {usual_variance:?}, {predicted_dice:?}; accepted: variances of 0 to \
                 {LARGEST_VARIANCE}, a Dice of 0 to 1"
            )
        })
    }
}

/// SHA-256 of the voxels of a mask, hexadecimal: three little-endian 32-bit lengths of its tight bounding box, then one byte (0 or 1)
/// for each voxel in it, the last axis fastest.
///
/// Axes run towards the head, the back and the left, as near as the grid has them, so that it does not matter in which order or
/// direction a program keeps voxels; nor do the size of the image around the box and the rounding of its geometry.
fn digest(mask: &StructureMask, grid: &Grid) -> String {
    let mut voxels = mask.voxels.view();
    if let Some(axes) = axes_of_patient(grid) {
        voxels = voxels.permuted_axes(axes);
        for (place, (axis, direction)) in axes.into_iter().zip([2, 1, 0]).enumerate() {
            if grid.steps[axis][direction] < 0.0 {
                voxels.invert_axis(Axis(place));
            }
        }
    }
    for place in 0..3 {
        let has_member = |at: &usize| voxels.index_axis(Axis(place), *at).iter().any(|member| *member);
        let mut planes = 0..voxels.len_of(Axis(place));
        let (first, last) = (planes.find(has_member), planes.rev().find(has_member));
        let first = first.unwrap_or(0);
        voxels.slice_axis_inplace(Axis(place), (first..=last.unwrap_or(first)).into());
    }
    let mut hash = Sha256::new();
    voxels.shape().iter().for_each(|length| hash.update((*length as u32).to_le_bytes()));
    let mut line = Vec::new();
    for row in voxels.rows() {
        line.clear();
        line.extend(row.iter().map(|member| u8::from(*member)));
        hash.update(&line);
    }
    crate::read::hexadecimal(&hash.finalize())
}

/// The axes of the grid that lie nearest to the patient's long axis, front to back, and right to left; none where two lie nearest to
/// the same.
fn axes_of_patient(grid: &Grid) -> Option<[usize; 3]> {
    let nearest = grid.steps.map(|step| (0..3).max_by(|a, b| step[*a].abs().total_cmp(&step[*b].abs())));
    let mut axes = [0; 3];
    for (place, direction) in [2, 1, 0].into_iter().enumerate() {
        axes[place] = nearest.iter().position(|axis| *axis == Some(direction))?;
    }
    Some(axes)
}

#[cfg(test)]
mod tests;
