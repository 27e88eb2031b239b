//! Only labels: a label map that an editor can correct, and what is in it.

use super::label::{Labelled, label, named_model};
use super::{Error, check_values, not_json, summary};
use crate::anatomy::{Side, Structure};
use crate::progress::{Progress, Stage};
use crate::read::{Inputs, scan};
use crate::report::{Quality, SeriesSummary, Software};
use crate::results::{OutputFile, image, label_map, label_value};
use crate::segmentation::{Installation, LabelOrigin, Labels, StatedDoubts, StructureMask, StructureUncertainty, label_name};
use crate::settings::{OutputKind, Settings, VolumeFormat};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was labelled.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentationSummary {
    /// [`crate::RESEARCH_USE_ONLY`].
    pub notice: String,
    /// What labelled.
    pub software: Software,
    /// The CT.
    pub series: SeriesSummary,
    /// Where the labels came from.
    pub segmentation: LabelOrigin,
    /// A sentence, where the numbering of the vertebrae is in doubt.
    pub numbering_doubt: Option<String>,
    /// Gates that spoke about the choice of CT and labels.
    pub quality: Vec<Quality>,
    /// In the order of label values.
    pub structures: Vec<SegmentedStructure>,
}

/// One value of the label map.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentedStructure {
    /// In the label map.
    pub value: u8,
    /// What it is.
    pub structure: Structure,
    /// Which side.
    pub side: Side,
    /// Code Value, Coding Scheme Designator, Code Meaning.
    pub code: [&'static str; 3],
    /// Display colour, sRGB.
    pub color: [u8; 3],
    /// Voxels of the CT.
    pub voxels: usize,
    /// Their volume in cubic centimetres.
    pub volume_cm3: f64,
    /// How sure the model is of it; none where it does not say.
    pub uncertainty: Option<StructureUncertainty>,
}

/// Labels as files.
#[derive(Debug)]
pub struct Segmented {
    /// What was labelled; also `segmentation.json`.
    pub summary: SegmentationSummary,
    /// The label map, `labels.json` (its name table, as a label map is given with), the image where it is asked for, `segmentation.json`.
    pub files: Vec<OutputFile>,
}

/// Labels the study in `inputs` as [`super::measure`] would, and measures nothing.
pub fn segment(
    inputs: &Inputs<'_>,
    settings: &Settings,
    installation: &Installation,
    progress: Progress<'_>,
) -> Result<Segmented, Error> {
    check_values(settings)?;
    let model = named_model(settings)?;
    let contents = scan(inputs, progress)?;
    let Labelled { series, volume, labels, quality } = label(model, inputs, &contents, settings, installation, progress)?;
    progress.report(Stage::Write, 0.0)?;
    let summary = SegmentationSummary {
        notice: crate::RESEARCH_USE_ONLY.to_owned(),
        software: summary::software(),
        series: summary::series(series, &volume),
        segmentation: labels.origin.clone(),
        numbering_doubt: labels.doubts.numbering.clone(),
        quality,
        structures: labels.masks.iter().map(|mask| structure(mask, &labels)).collect(),
    };
    let mut files = labels_and_names(&labels, settings.volume_format)?;
    if settings.writes(OutputKind::Image) {
        files.push(image(&volume, settings.volume_format)?);
    }
    files.push(json("segmentation.json", &summary)?);
    progress.report(Stage::Write, 1.0)?;
    Ok(Segmented { summary, files })
}

/// The label map and `labels.json`, which names its values.
pub(super) fn labels_and_names(labels: &Labels, format: VolumeFormat) -> Result<Vec<OutputFile>, Error> {
    Ok(vec![label_map(labels, format)?, json("labels.json", &names(labels))?])
}

fn structure(mask: &StructureMask, labels: &Labels) -> SegmentedStructure {
    let (structure, side, voxels) = (mask.structure, mask.side, mask.count());
    let code = structure.code();
    SegmentedStructure {
        value: label_value(structure, side),
        structure,
        side,
        code: [code.value, code.scheme.designator(), code.meaning],
        color: structure.color(),
        voxels,
        volume_cm3: crate::report::six_digits(voxels as f64 * labels.grid.voxel_volume().0 / 1000.0),
        uncertainty: labels.doubts.structures.get(&(structure, side)).copied(),
    }
}

/// A name table, as [`crate::segmentation::NameTable::from_file`] reads it.
#[derive(Serialize)]
struct Names {
    /// By label value.
    #[serde(flatten)]
    names: BTreeMap<u8, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubts: Option<StatedDoubts>,
}

fn names(labels: &Labels) -> Names {
    let row = |mask: &StructureMask| (label_value(mask.structure, mask.side), label_name(mask.structure, mask.side));
    Names { names: labels.masks.iter().map(row).collect(), doubts: StatedDoubts::of(labels) }
}

fn json(name: &'static str, value: &impl Serialize) -> Result<OutputFile, Error> {
    Ok(OutputFile { name, media_type: "application/json", bytes: serde_json::to_vec_pretty(value).map_err(not_json)? })
}
