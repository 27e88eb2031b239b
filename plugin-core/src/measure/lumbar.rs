//! Lumbar vertebrae, L1 to L5 and L1 to L4 as one.
//!
//! | recipe | values | where |
//! |---|---|---|
//! | `voxel-sum/1` | volume of all labelled voxels | [`level`] |
//! | `trabecular-body/1` | attenuation and density of the trabecular region | [`trabecular`] |
//! | `vertebral-body/1` | volume, attenuation, density, mineral content of the body with its cortical bone | [`mineral`] |
//! | `whole-vertebra/1` | attenuation, density, mineral content of body and posterior elements | [`mineral`] |
//! | `body-heights/1` | anterior, middle, posterior height and their ratios | [`heights`] |
//! | `lumbar-projection/1` | area and areal density of the projection, experimental | [`projection`] |
//! | `lumbar-mean/1` | trabecular attenuation and density of L1 to L4 | [`summary`] |
//!
//! # What withholds what
//!
//! * Every value of a level: a label that is missing, and the gates of any vertebra (`BORDER_MASK`, `METAL`, `LABEL_GAP`,
//!   `UNCERT`, `CHILD`, `LEVEL_ORDER`, `LEVEL_AMBIG`).
//! * All but `voxel-sum/1`: `SLICE_THICK`, and `BODY_NOT_FOUND` of [`trabecular`] and [`heights`].
//! * All but volumes and heights: `VERT_FX` of [`heights`], `HU_RANGE`.
//! * The trabecular region: `ROI_SMALL`.
//! * Densities, mineral contents and areal densities: `NOT_CALIBRATED`.

mod body;
mod frame;
mod heights;
mod level;
mod mineral;
mod projection;
mod summary;
mod trabecular;

use super::Subject;
use super::gates::{Gates, scoliosis};
use crate::anatomy::Structure;
use crate::progress::Cancelled;
use crate::report::{Finding, Quality};
use crate::segmentation::StructureMask;
use heights::Heights;
use level::{Level, Vertebra};
use rayon::prelude::*;

const LEVELS: [Structure; 5] = [Structure::L1, Structure::L2, Structure::L3, Structure::L4, Structure::L5];

/// What the lumbar spine gives.
pub(super) struct Lumbar {
    pub findings: Vec<Finding>,
    pub quality: Vec<Quality>,
    pub regions: Vec<StructureMask>,
}

/// Measures L1 to L5 and their summary; levels that are not labelled are listed as such.
pub(super) fn measure_lumbar(
    subject: &Subject<'_>,
    gates: &Gates<'_>,
    step: &(impl Fn() -> Result<(), Cancelled> + Sync),
) -> Result<Lumbar, Cancelled> {
    let column = column(subject);
    let levels: Result<Vec<Level>, Cancelled> =
        LEVELS.into_par_iter().map(|structure| step().map(|()| Level::measure(structure, subject, &column, gates))).collect();
    let levels = levels?;
    let heights: Vec<Option<Heights>> = levels.iter().map(|level| level.figures().map(|figures| figures.heights)).collect();
    let at = |place: Option<usize>| place.and_then(|place| heights.get(place).copied().flatten());
    let conversion = subject.calibration.conversion();
    let mut findings: Vec<Finding> = levels
        .iter()
        .enumerate()
        .map(|(place, level)| {
            let neighbours: Vec<Heights> = [at(place.checked_sub(1)), at(Some(place + 1))].into_iter().flatten().collect();
            level.finding(&neighbours, conversion)
        })
        .collect();
    let (summary, of_summary) = summary::summary(&findings[..4], conversion.map(|conversion| conversion.material));
    findings.push(summary);

    let mut quality: Vec<Quality> = gates.levels_on_trust();
    let tilts: Vec<_> = levels.iter().filter_map(|level| level.figures().map(|figures| figures.tilt)).collect();
    quality.extend(scoliosis(&tilts));
    quality.extend(of_summary);
    let mut regions = Vec::new();
    for level in levels {
        let Some(trabecular) = level.trabecular_of(&findings) else { continue };
        quality.extend(trabecular.quality(trabecular.mask.structure));
        regions.push(trabecular.mask);
    }
    Ok(Lumbar { findings, quality, regions })
}

/// T12 to L5, as far as they are labelled.
fn column(subject: &Subject<'_>) -> Vec<Vertebra> {
    std::iter::once(Structure::T12)
        .chain(LEVELS)
        .filter_map(|structure| subject.labels.masks.iter().find(|mask| mask.structure == structure))
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|mask| {
            let component = mask.largest_component();
            Vertebra { structure: mask.structure, centroid: component.centroid(&subject.labels.grid), component }
        })
        .collect()
}
