//! The CT numbers of reference tissues, read without anybody drawing regions.
//!
//! # The recipe `reference-tissues/1`
//!
//! Slices are looked at one by one, in plane; of a range of `n` slices at most 15 are read, those at `floor((2 i + 1) n / 30)`. The
//! *depth* of a voxel in a region of a slice is the distance of its centre from the nearest centre outside the region, in
//! millimetres; beyond the edge of the mask or image is outside. The reading is the mean of the *middle half*: of `n` values
//! by increasing HU, those from rank `floor(n / 4)` to before rank `n - floor(n / 4)`. Its SD is that of all `n`.
//!
//! | tissue | voxels | possible means |
//! |---|---|---|
//! | air | see [`air`] | -1030 to -980 HU |
//! | fat | label of the subcutaneous fat, depth above 2 mm, -150 to -50 HU; where it is not labelled see [`fat`] | -130 to -70 HU |
//! | blood | label of the aorta, depth above 3 mm; not when contrast agent is stated | -20 to 60 HU; above 100 HU is contrast agent |
//! | muscle | labels of muscles, depth above 2 mm, -29 to 150 HU | -5 to 65 HU |
//! | cortical bone | all slices of the femora, or of L1 to L5 where no femur is labelled: by decreasing HU, the 899 voxels after the first 50; their plain mean | 950 to 1450 HU |
//!
//! Labels of which no value is given because a model doubts them (`UNCERT`, `CHILD`) are not read. The slices of a label are those from
//! its first to its last. At least 500 voxels are needed (949 for cortical bone). The possible
//! means, and the rules for air and bone, are those of Ogo (Michalski) as described; depths, sampling and the middle half, which
//! keeps streaks, vessels and edges out, are decisions of this program. Reading the brightest voxels of bone means that noise raises
//! the reading, by about its standard deviation.

mod air;
mod fat;
mod plane;
mod tally;

use crate::anatomy::{Kind, Structure};
use crate::calibration::{Evidence, Tissue, TissueReading};
use crate::report::{Block, GateCode};
use crate::segmentation::StructureMask;
use crate::units::{Hu, Mm};
use ndarray::Axis;
use plane::{Depth, sampled};
use std::ops::RangeInclusive;
use tally::{Mean, Tally};

/// Fewer voxels leave a standard error of about a HU with usual noise.
const LEAST_VOXELS: usize = 500;
const FAT_DEPTH: Mm = Mm(2.0);
/// Wall of the aorta, its calcifications, and the edge of the label.
const BLOOD_DEPTH: Mm = Mm(3.0);
const MUSCLE_DEPTH: Mm = Mm(2.0);
const FAT: RangeInclusive<Hu> = Hu(-150.0)..=Hu(-50.0);
/// CT numbers of muscle (Aubrey 2014, Acta Physiol 210:489).
const MUSCLE: RangeInclusive<Hu> = Hu(-29.0)..=Hu(150.0);
const ANY: RangeInclusive<Hu> = Hu(f64::NEG_INFINITY)..=Hu(f64::INFINITY);
/// Blood without contrast agent never has this.
const CONTRAST: Hu = Hu(100.0);
/// Brightest voxels that may be metal or noise, and those that are read.
const BRIGHTEST_SKIPPED: usize = 50;
const BRIGHTEST_READ: usize = 899;

const LUMBAR: [Structure; 5] = [Structure::L1, Structure::L2, Structure::L3, Structure::L4, Structure::L5];

/// Reads one tissue, or says why that cannot be: `NOT_LABELLED`, `FOV_TRUNC`, `CONTRAST` or `TISSUE_RANGE`.
pub fn read_tissue(evidence: &Evidence<'_>, tissue: Tissue) -> Result<TissueReading, Block> {
    let mean = match tissue {
        Tissue::Air => air::read(evidence.volume)?,
        Tissue::Fat => read_fat(evidence)?,
        Tissue::Blood => read_blood(evidence)?,
        Tissue::Muscle => {
            let muscles = labelled(evidence, |structure| structure.kind() == Kind::Muscle);
            inside(evidence, &muscles, MUSCLE_DEPTH, MUSCLE).ok_or_else(|| not_labelled("muscle"))?
        }
        Tissue::CorticalBone => read_cortical_bone(evidence)?,
    };
    let reading = TissueReading { tissue, hu: mean.hu, sd_hu: mean.sd, voxels: mean.voxels };
    match judge(&reading) {
        None => Ok(reading),
        Some(block) => Err(block),
    }
}

/// Ogo's limits, which mean that a region is not the tissue, or that the image is not in Hounsfield units.
fn possible(tissue: Tissue) -> RangeInclusive<f64> {
    match tissue {
        Tissue::Air => -1030.0..=-980.0,
        Tissue::Fat => -130.0..=-70.0,
        Tissue::Blood => -20.0..=60.0,
        Tissue::Muscle => -5.0..=65.0,
        Tissue::CorticalBone => 950.0..=1450.0,
    }
}

fn judge(reading: &TissueReading) -> Option<Block> {
    let (name, range) = (reading.tissue.english(), possible(reading.tissue));
    let needed = if reading.tissue == Tissue::CorticalBone { BRIGHTEST_READ } else { LEAST_VOXELS };
    let block = |code, reason, found| Some(Block { code, reason, found: Some(found) });
    if reading.voxels < needed {
        let reason = format!("{} voxels of {name} can be read; at least {needed} are needed", reading.voxels);
        return block(GateCode::TissueRange, reason, reading.voxels as f64);
    }
    if reading.tissue == Tissue::Blood && reading.hu > CONTRAST.0 {
        let reason = format!("{name} has {:.1} HU, above {:.0} HU: contrast agent was given", reading.hu, CONTRAST.0);
        return block(GateCode::Contrast, reason, reading.hu);
    }
    if !range.contains(&reading.hu) {
        let (low, high) = range.into_inner();
        let reason = format!("{name} has {:.1} HU, outside the {low:.0} to {high:.0} HU that it can have", reading.hu);
        return block(GateCode::TissueRange, reason, reading.hu);
    }
    None
}

fn read_fat(evidence: &Evidence<'_>) -> Result<Mean, Block> {
    let fat = labelled(evidence, |structure| structure == Structure::SubcutaneousFat);
    match inside(evidence, &fat, FAT_DEPTH, FAT) {
        Some(mean) => Ok(mean),
        None => fat::read_under_the_skin(evidence.volume),
    }
}

fn read_blood(evidence: &Evidence<'_>) -> Result<Mean, Block> {
    if let Some(agent) = evidence.acquisition.agent() {
        let reason = format!("Contrast/Bolus Agent (0018,0010) is {agent}: blood is no reference");
        return Err(Block { code: GateCode::Contrast, reason, found: None });
    }
    let aorta = labelled(evidence, |structure| structure == Structure::Aorta);
    inside(evidence, &aorta, BLOOD_DEPTH, ANY).ok_or_else(|| not_labelled("aorta"))
}

fn read_cortical_bone(evidence: &Evidence<'_>) -> Result<Mean, Block> {
    let femora = labelled(evidence, |structure| structure == Structure::Femur);
    let bones = if femora.is_empty() { labelled(evidence, |structure| LUMBAR.contains(&structure)) } else { femora };
    if bones.is_empty() {
        return Err(not_labelled("femur and no lumbar vertebra"));
    }
    let mut tally = Tally::new(evidence.volume);
    for index in bones.iter().flat_map(|bone| bone.indices()) {
        tally.add(evidence.volume.stored[index]);
    }
    let last = tally.count().saturating_sub(BRIGHTEST_SKIPPED);
    Ok(tally.mean_of_ranks(last.saturating_sub(BRIGHTEST_READ)..last))
}

fn not_labelled(name: &str) -> Block {
    Block {
        code: GateCode::NotLabelled,
        reason: format!("the labels hold no {name}, or none that the model is sure of"),
        found: None,
    }
}

fn labelled<'a>(evidence: &Evidence<'a>, wanted: impl Fn(Structure) -> bool) -> Vec<&'a StructureMask> {
    evidence.labels.iter().copied().filter(|mask| wanted(mask.structure)).collect()
}

/// The middle half of the voxels of all `masks` that lie deeper than `least_depth` and in `range`; none without a mask.
fn inside(evidence: &Evidence<'_>, masks: &[&StructureMask], least_depth: Mm, range: RangeInclusive<Hu>) -> Option<Mean> {
    let volume = evidence.volume;
    let [_, row, column] = volume.grid.spacing();
    let reach = Mm(2.0 * least_depth.0);
    let mut tally = Tally::new(volume);
    for mask in masks {
        let [z0, y0, x0] = mask.corner;
        for z in sampled(mask.voxels.len_of(Axis(0))) {
            let slice = mask.voxels.index_axis(Axis(0), z);
            let depth = Depth::of(slice, [row, column]);
            for ((y, x), _) in slice.indexed_iter().filter(|(_, member)| **member) {
                let stored = volume.stored[[z0 + z, y0 + y, x0 + x]];
                if range.contains(&Hu(f64::from(volume.to_hu(stored)))) && depth.at([y, x], reach).0 > least_depth.0 {
                    tally.add(stored);
                }
            }
        }
    }
    (!masks.is_empty()).then(|| tally.middle_half())
}
