//! Which voxels belong to which structure.

pub mod decomposition;
mod dicom_seg;
mod doubts;
mod extent;
pub mod film;
mod label_map;
mod meaning;
mod members;
mod model;
mod name_table;
mod names;
mod on_frames;
mod resample;
mod slicer;
mod spacing;
mod totalsegmentator;

pub use dicom_seg::{known_segments, labels_from_seg};
pub use doubts::{Doubts, StatedDoubts, StructureUncertainty, label_name};
pub use label_map::{labels_from_map, labels_from_memory, labels_from_slicer};
pub use model::{
    Class, Dropout, EngineState, Installation, KnownModel, Manifest, Model, ModelError, Refinement, TrialRun, engine_state,
    known_models, labels_from_model, try_model,
};
pub use name_table::NameTable;
pub(crate) use names::structure_of_name;

use crate::anatomy::{Side, Structure};
use crate::geometry::connected::largest;
use crate::geometry::{Grid, Index, Lps};
use ndarray::Array3;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Segment Numbers or label values by what they mean.
type Groups = BTreeMap<(Structure, Side), Vec<u16>>;

/// A smaller part of a structure beyond a gap is a stray.
const STRAY_SHARE: f64 = 0.01;

/// All structures that were found, on the grid of the CT.
#[derive(Debug, Clone)]
pub struct Labels {
    /// The CT's grid; every mask lies on it.
    pub grid: Grid,
    /// One entry per structure and side, in the order of [`Structure`] and [`Side`]; masks may overlap.
    pub masks: Vec<StructureMask>,
    /// Where the labels came from.
    pub origin: LabelOrigin,
    /// Segments or label values that name no structure we know, as written in the source.
    pub unknown: Vec<String>,
    /// Segments that name a structure we know but contradict themselves, and are not used: name and reason.
    pub contradictions: Vec<String>,
    /// What a model doubts about its own labels.
    pub doubts: Doubts,
}

/// The voxels of one structure on one side, cropped to their bounding box.
#[derive(Debug, Clone)]
pub struct StructureMask {
    /// What it is.
    pub structure: Structure,
    /// Which side; [`Side::None`] for unpaired structures and for paired ones whose source did not say.
    pub side: Side,
    /// Voxel of the CT at which `voxels[[0, 0, 0]]` lies.
    pub corner: Index,
    /// Membership, `[slice, row, column]`, never all false.
    pub voxels: Array3<bool>,
    /// The segments that these voxels are, unchanged; empty when no stored SEG of this study holds exactly them.
    pub segments: Vec<SegmentReference>,
}

impl StructureMask {
    /// Voxels of the CT that belong to it, in order.
    pub fn indices(&self) -> impl Iterator<Item = Index> + '_ {
        let [z0, y0, x0] = self.corner;
        self.voxels.indexed_iter().filter(|(_, member)| **member).map(move |((z, y, x), _)| [z + z0, y + y0, x + x0])
    }

    /// Number of voxels.
    pub fn count(&self) -> usize {
        self.voxels.iter().filter(|member| **member).count()
    }

    /// Membership of a voxel of the CT, which may lie outside it.
    pub fn contains(&self, index: [i64; 3]) -> bool {
        let mut place = [0; 3];
        for axis in 0..3 {
            match usize::try_from(index[axis] - self.corner[axis] as i64) {
                Ok(position) if position < self.voxels.shape()[axis] => place[axis] = position,
                _ => return false,
            }
        }
        self.voxels[place]
    }

    /// Number of the CT's slices without any voxel of it, with a notable part of it on either side: frames of the label were lost.
    /// A stray voxel beyond a gap is no such part.
    pub fn lost_slices(&self) -> usize {
        let counts: Vec<usize> = self.voxels.outer_iter().map(|slice| slice.iter().filter(|member| **member).count()).collect();
        let total: usize = counts.iter().sum();
        let notable = |part: usize| part as f64 > STRAY_SHARE * total as f64;
        let mut before = 0;
        let mut lost = 0;
        for count in counts {
            lost += usize::from(count == 0 && notable(before) && notable(total - before));
            before += count;
        }
        lost
    }

    /// Its largest connected part, the first among equals.
    pub fn largest_component(&self) -> StructureMask {
        StructureMask { voxels: largest(self.voxels.view()), segments: Vec::new(), ..*self }
    }

    /// Takes a member voxel out.
    pub fn clear(&mut self, [z, y, x]: Index) {
        self.voxels[[z - self.corner[0], y - self.corner[1], x - self.corner[2]]] = false;
    }

    /// Mean of the voxel centres.
    pub fn centroid(&self, grid: &Grid) -> Lps {
        let (count, sum) = self
            .indices()
            .fold((0.0, [0.0; 3]), |(count, sum), index| (count + 1.0, [0, 1, 2].map(|axis| sum[axis] + index[axis] as f64)));
        grid.to_patient(sum.map(|x| x / count))
    }
}

/// A segment of a SEG object already in the study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentReference {
    /// SOP Class UID of the SEG.
    pub sop_class_uid: String,
    /// SOP Instance UID of the SEG.
    pub sop_instance_uid: String,
    /// Segment Number (0062,0004).
    pub segment_number: u16,
    /// Tracking UID (0062,0021) of the segment, where it has one.
    pub tracking_uid: Option<String>,
}

/// Where labels came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum LabelOrigin {
    /// A DICOM SEG in the same study that names the CT series that is measured, or names none and shares its frame of reference.
    DicomSeg {
        /// SOP Instance UIDs of the objects used, sorted: one, or several that share a series.
        sop_instance_uids: Vec<String>,
        /// Its SeriesInstanceUID.
        series_instance_uid: String,
        /// Series or content description, as stored.
        description: String,
        /// Segment Algorithm Names, sorted, without repeats.
        algorithms: Vec<String>,
        /// Whether its pixels lie on another grid than the CT's and were resampled (nearest neighbour).
        resampled: bool,
    },
    /// A label map given by the host: a NIfTI or NRRD file, or in memory.
    LabelMap {
        /// File name without its folder; none in memory.
        file: Option<String>,
        /// SHA-256 of the file, or of grid and values in memory, hexadecimal.
        sha256: String,
        /// Name table that was used: [`NameTable::name`].
        names: String,
        /// Whether it lies on another grid than the CT's and was resampled (nearest neighbour).
        resampled: bool,
    },
    /// A network.
    Model {
        /// Name of the model.
        name: String,
        /// Version of its weights.
        version: String,
        /// SHA-256 of the network, hexadecimal.
        sha256: String,
        /// SHA-256 of its manifest, which says how it is fed and what its classes are, hexadecimal.
        manifest_sha256: String,
        /// Licence of the weights.
        licence: String,
        /// Library, version and precision that ran it.
        engine: String,
        /// Passes with dropout; 0: none.
        passes: u16,
        /// Share of channels that were dropped.
        dropout: Option<f64>,
        /// Seed of the dropout masks.
        seed: Option<u64>,
    },
}

/// Labels that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// The object is about another CT.
    #[error(
        "the segmentation refers to {found}, not to the CT series {expected} that is measured; give a segmentation made on this series"
    )]
    OtherImage {
        /// What it refers to.
        found: String,
        /// What it should refer to.
        expected: String,
    },
    /// Two objects of one series hold the same structure.
    #[error(
        "{structure} is segmented by each of the objects {}, which share a series; take out all but the one that is meant",
        objects.join(" and ")
    )]
    Ambiguous {
        /// Side and structure.
        structure: String,
        /// SOP Instance UIDs.
        objects: Vec<String>,
    },
    /// The frames lie otherwise than the object says.
    #[error(
        "the segmentation {object} states a Spacing Between Slices (0018,0088) of {stated} mm, but its frames lie {step:.3} mm \
         apart; a stated spacing must be that of the frames, frames without members left out"
    )]
    SliceSpacing {
        /// SOP Instance UID.
        object: String,
        /// Millimetres, as stated.
        stated: f64,
        /// Smallest distance of neighbouring frames in millimetres.
        step: f64,
    },
    /// The study holds no segmentation, and the reference model cannot be run.
    #[error("the study holds no segmentation of this CT, and none can be made: {0}")]
    NoLabels(ModelError),
    /// The study's segmentation cannot be used.
    #[error("the segmentation in the study cannot be used, take it out or name a model: {0}")]
    Unusable(String),
    /// No segment names a structure we know.
    #[error("no segment names a structure that can be measured; found: {found}")]
    NothingKnown {
        /// Names in the source.
        found: String,
    },
    /// The labels lie outside the CT.
    #[error("the labels do not overlap the CT: {detail}")]
    NoOverlap {
        /// Where they lie.
        detail: String,
    },
    /// The doubts that a SEG of ours carries cannot be read.
    #[error("what the model of the segmentation {object} doubts cannot be read: {wrong}; take the object out, or name a model")]
    Doubts {
        /// SOP Instance UID.
        object: String,
        /// What is wrong.
        wrong: String,
    },
    /// The name table cannot be read.
    #[error("the name table is not usable: {0}")]
    NameTable(String),
    /// The model cannot be used.
    #[error(transparent)]
    Model(ModelError),
    /// The model found nothing that can be measured.
    #[error(
        "the model {model} found no structure in this CT that can be measured; accepted: a CT of abdomen, pelvis or thighs"
    )]
    NothingFound {
        /// Its name.
        model: String,
    },
    /// The file or object cannot be read.
    #[error(transparent)]
    Read(#[from] crate::read::ReadError),
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}

impl From<ModelError> for LabelError {
    fn from(error: ModelError) -> LabelError {
        match error {
            ModelError::Cancelled(cancelled) => LabelError::Cancelled(cancelled),
            other => LabelError::Model(other),
        }
    }
}
