//! Muscles: volume, mean attenuation, share of fat voxels, per muscle and side.

use super::gates::Gates;
use crate::anatomy::{Kind, Side};
use crate::progress::Cancelled;
use crate::report::Block;
use crate::report::{Finding, Measurement, NotMeasured, Quantity, Region};
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Cm3, Hu, Percent};
use crate::volume::CtVolume;
use rayon::prelude::*;

/// CT numbers of fat inside muscle (Aubrey 2014, Acta Physiol 210:489).
const FAT: std::ops::RangeInclusive<Hu> = Hu(-190.0)..=Hu(-30.0);

const QUANTITIES: [Quantity; 3] = [Quantity::Volume, Quantity::AttenuationMean, Quantity::FatVoxelShare];

/// Measures every labelled muscle.
pub(super) fn measure_muscles(
    volume: &CtVolume,
    labels: &Labels,
    gates: &Gates<'_>,
    step: &(impl Fn() -> Result<(), Cancelled> + Sync),
) -> Result<Vec<Finding>, Cancelled> {
    labels
        .masks
        .par_iter()
        .filter(|mask| mask.structure.kind() == Kind::Muscle)
        .map(|mask| step().map(|()| measure_muscle(volume, labels, mask, gates)))
        .collect()
}

fn measure_muscle(volume: &CtVolume, labels: &Labels, mask: &StructureMask, gates: &Gates<'_>) -> Finding {
    let mut finding = Finding::new(mask.structure, mask.side);
    if let Some(block) = gates.muscle(mask) {
        finding.not_measured.push(withheld(block));
        return finding;
    }
    let (mut count, mut sum, mut fat) = (0_usize, 0.0, 0_usize);
    for index in mask.indices() {
        let hu = f64::from(volume.hu(index));
        count += 1;
        sum += hu;
        fat += usize::from(FAT.contains(&Hu(hu)));
    }
    let size = Cm3(count as f64 * Cm3::from(labels.grid.voxel_volume()).0);
    let mean = Hu(sum / count as f64);
    let share = Percent(100.0 * fat as f64 / count as f64);
    if let Some(block) = Gates::muscle_range(mask, mean) {
        finding.not_measured.push(withheld(block));
        return finding;
    }
    finding.measurements = vec![
        Measurement::new(Region::Whole, Quantity::Volume, size.0, "voxel-sum/1"),
        Measurement::new(Region::Whole, Quantity::AttenuationMean, mean.0, "voxel-mean/1"),
        Measurement::new(Region::Whole, Quantity::FatVoxelShare, share.0, "fat-range/1"),
    ];
    finding
}

fn withheld(block: Block) -> NotMeasured {
    NotMeasured::values(Region::Whole, &QUANTITIES, block)
}

/// `left gluteus medius`, for sentences.
pub(super) fn sided_name(mask: &StructureMask) -> String {
    let name = mask.structure.english().to_lowercase();
    match mask.side {
        Side::None => name,
        side => format!("{} {name}", side.name()),
    }
}
