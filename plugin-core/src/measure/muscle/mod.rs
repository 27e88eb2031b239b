//! Muscles, each side alone.
//!
//! # The recipes
//!
//! Over all voxels of a label, at their own HU, not interpolated. `V` is their number times the volume of a voxel (cm3), `m` their
//! mean HU.
//!
//! | value | method | how |
//! |---|---|---|
//! | volume | `voxel-sum/1` | `V` |
//! | mean, median, SD | `voxel-mean/1`, `voxel-median/1`, `voxel-sd/1` | mean of the two middle values for an even count; population SD |
//! | share of fat voxels | `fat-range/1` | -190 <= HU <= -30 |
//! | share of muscle voxels, their mean HU | `muscle-range/1` | -30 < HU <= 150 (see [`range`]) |
//! | mass | `constant-density/1` | `1.06 V` g, the conventional density |
//! | mass, lean mass, fat mass | `two-component/1` | `f = (50 - m) / 150`, clamped to 0 to 1; lean `1.06 (1 - f) V`, fat `0.92 f V`, mass their sum |
//! | mass | `water-attenuation/1` | `(1 + m / 1000) w / u V` with `w`, `u` = mu/rho of water and muscle at 70 keV, by straight lines in the logarithms between 60 keV (0.2059, 0.2048 cm2/g) and 80 keV (0.1837, 0.1823; NIST XCOM, ICRU-44): `w / u = 1.00661` |
//! | mass | `two-point-density/1` | `(s m + i) V`; `s`, `i` from air and subcutaneous fat of the same scan (Smith 2022, PLoS ONE e0273203; see [`crate::calibration::tissue`]) |
//!
//! The conversion of Aubrey et al. that others use for grams is not offered: its equation could not be obtained. Contrast agent raises
//! HU, and with them lean mass and density; volumes stay right. The report then carries the warning `CONTRAST`.
//!
//! Every value is withheld by the gates of [`super::gates`]; the mean of the muscle range also when no voxel lies in it.

pub(super) mod mass;
pub(super) mod range;

use super::Subject;
use super::gates::Gates;
use super::left_out;
use super::statistics::statistics;
use crate::anatomy::{Kind, Side, Structure};
use crate::progress::Cancelled;
use crate::report::{Block, Finding, GateCode, Measurement, NotMeasured, Quantity, Region};
use crate::segmentation::StructureMask;
use crate::units::{Cm3, Hu};
use mass::MassModels;
use range::{is_fat, is_muscle};
use rayon::prelude::*;

const QUANTITIES: [Quantity; 7] = [
    Quantity::Volume,
    Quantity::AttenuationMean,
    Quantity::AttenuationMedian,
    Quantity::AttenuationSd,
    Quantity::FatVoxelShare,
    Quantity::MuscleVoxelShare,
    Quantity::MuscleAttenuation,
];

/// Measures every labelled muscle; those that a model left out are listed as such.
pub(super) fn measure_muscles(
    subject: &Subject<'_>,
    gates: &Gates<'_>,
    step: &(impl Fn() -> Result<(), Cancelled> + Sync),
) -> Result<Vec<Finding>, Cancelled> {
    let models = MassModels::new(subject);
    let is_muscle = |structure: Structure| structure.kind() == Kind::Muscle;
    let masks = subject.labels.masks.par_iter().filter(|mask| is_muscle(mask.structure));
    let measured = masks.map(|mask| step().map(|()| measure_muscle(subject, mask, gates, &models)));
    let mut findings = measured.collect::<Result<Vec<Finding>, Cancelled>>()?;
    findings.extend(left_out::findings(subject.labels, is_muscle).map(|(mut finding, block)| {
        finding.not_measured.push(withheld(&models, block));
        finding
    }));
    findings.sort_by_key(|finding| (finding.structure, finding.side));
    Ok(findings)
}

fn withheld(models: &MassModels, block: Block) -> NotMeasured {
    let quantities = [&QUANTITIES[..], models.quantities()].concat();
    NotMeasured::values(Region::Whole, &quantities, block)
}

fn measure_muscle(subject: &Subject<'_>, mask: &StructureMask, gates: &Gates<'_>, models: &MassModels) -> Finding {
    let mut finding = Finding::new(mask.structure, mask.side);
    if let Some(block) = gates.muscle(mask) {
        finding.not_measured.push(withheld(models, block));
        return finding;
    }
    let voxels: Vec<f32> = mask.indices().map(|index| subject.volume.hu(index)).collect();
    let count = voxels.len() as f64;
    let fat = voxels.iter().filter(|hu| is_fat(to_hu(hu))).count() as f64;
    let lean = mean_of_muscle(&voxels);
    let all = statistics(voxels);
    if let Some(block) = Gates::muscle_range(mask, all.mean) {
        finding.not_measured.push(withheld(models, block));
        return finding;
    }
    let volume = Cm3(count * Cm3::from(subject.labels.grid.voxel_volume()).0);
    let mut put = |quantity, value, method| finding.measurements.push(Measurement::new(Region::Whole, quantity, value, method));
    put(Quantity::Volume, volume.0, "voxel-sum/1");
    put(Quantity::AttenuationMean, all.mean.0, "voxel-mean/1");
    put(Quantity::AttenuationMedian, all.median.0, "voxel-median/1");
    put(Quantity::AttenuationSd, all.sd.0, "voxel-sd/1");
    put(Quantity::FatVoxelShare, 100.0 * fat / count, "fat-range/1");
    put(Quantity::MuscleVoxelShare, 100.0 * lean.map_or(0.0, |(count, _)| count) / count, "muscle-range/1");
    match lean {
        Some((_, mean)) => put(Quantity::MuscleAttenuation, mean.0, "muscle-range/1"),
        None => finding.not_measured.push(no_muscle_voxel(mask)),
    }
    models.record(&mut finding, volume, all.mean);
    finding
}

/// Number and mean of the voxels in the range of muscle; none where there are none.
fn mean_of_muscle(voxels: &[f32]) -> Option<(f64, Hu)> {
    let (count, sum) = voxels
        .iter()
        .filter(|hu| is_muscle(to_hu(hu)))
        .fold((0.0, 0.0), |(count, sum), hu| (count + 1.0, sum + f64::from(*hu)));
    (count > 0.0).then(|| (count, Hu(sum / count)))
}

fn to_hu(value: &f32) -> Hu {
    Hu(f64::from(*value))
}

fn no_muscle_voxel(mask: &StructureMask) -> NotMeasured {
    let reason = format!("no voxel of the {} lies above -30 and up to 150 HU", sided_name(mask));
    let block = Block { code: GateCode::RoiSmall, reason, found: Some(0.0) };
    NotMeasured::values(Region::Whole, &[Quantity::MuscleAttenuation], block)
}

/// `left gluteus medius`, for sentences.
pub(super) fn sided_name(mask: &StructureMask) -> String {
    named(mask.structure, mask.side)
}

/// The same without a mask.
pub(super) fn named(structure: Structure, side: Side) -> String {
    let name = structure.english();
    // L3 stays L3.
    let is_number = name.chars().nth(1).is_some_and(|letter| letter.is_ascii_digit());
    let name = if is_number { name.to_owned() } else { name.to_lowercase() };
    match side {
        Side::None => name,
        side => format!("{} {name}", side.name()),
    }
}
