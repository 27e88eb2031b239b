//! L1 to L4 as one, from what the levels report: the recipe `lumbar-mean/1`, and the sums of `lumbar-projection/1`.
//!
//! * `lumbar-mean/1`: the mean, over the levels of L1 to L4 that report one, of the trabecular regions' mean attenuation, and of
//!   their mean density. L5 stays out.
//! * `lumbar-projection/1`: areas and mineral contents of the levels that report an area are added; areal density is sum by sum, as
//!   in DXA, not a mean of means.
//!
//! Fewer than two levels give none (`LEVELS_FEW`). A line of `quality` says which levels entered where not all four did.
//!
//! `LEVEL_OUTLIER` warns of a level of L1 to L4 whose trabecular mean attenuation differs by more than 40 HU from the mean of the
//! levels directly above and below. A rule for DXA (more than one T-score) leaves such a level out; 40 HU is a choice of our own
//! that nobody has tested, and so leaves nothing out.

use super::level::withhold;
use super::projection;
use crate::anatomy::{Side, Structure};
use crate::measure::gates::not_calibrated;
use crate::report::{Block, Finding, GateCode, Measurement, Quality, Quantity, Region, Severity};
use crate::units::{Hu, Material};

const METHOD: &str = "lumbar-mean/1";
const LEAST_LEVELS: usize = 2;
const OUTLIER: Hu = Hu(40.0);

/// `levels` are the findings of L1 to L4; `material` that of the calibration, where there is one.
pub(super) fn summary(levels: &[Finding], material: Option<Material>) -> (Finding, Vec<Quality>) {
    let mut finding = Finding::new(Structure::LumbarSpine, Side::None);
    let mut quality = Vec::new();
    let attenuations = entering(levels, Region::Trabecular, Quantity::AttenuationMean);
    match enough(&attenuations) {
        Some(block) => {
            withhold(&mut finding, Region::Trabecular, &[Quantity::AttenuationMean, Quantity::DensityMean], &block);
        }
        None => {
            let mean = mean(&attenuations);
            finding.measurements.push(Measurement::new(Region::Trabecular, Quantity::AttenuationMean, mean, METHOD));
            report_density(&mut finding, levels, material);
            quality.extend(who_entered("trabecular mean", levels, Region::Trabecular, Quantity::AttenuationMean));
        }
    }
    let areas = entering(levels, Region::Whole, Quantity::Area);
    match enough(&areas) {
        Some(block) => {
            let quantities = [Quantity::Area, Quantity::MineralContent, Quantity::ArealDensity];
            withhold(&mut finding, Region::L1ToL4, &quantities, &block);
        }
        None => {
            report_projection(&mut finding, levels, areas.iter().sum(), material);
            quality.extend(who_entered("projection", levels, Region::Whole, Quantity::Area));
        }
    }
    quality.extend(outliers(levels));
    (finding, quality)
}

fn report_density(finding: &mut Finding, levels: &[Finding], material: Option<Material>) {
    let Some(material) = material else {
        return withhold(finding, Region::Trabecular, &[Quantity::DensityMean], &not_calibrated());
    };
    let density = mean(&entering(levels, Region::Trabecular, Quantity::DensityMean));
    finding.measurements.push(Measurement::mineral(Region::Trabecular, Quantity::DensityMean, density, METHOD, material));
}

fn report_projection(finding: &mut Finding, levels: &[Finding], area: f64, material: Option<Material>) {
    finding.measurements.push(Measurement::new(Region::L1ToL4, Quantity::Area, area, projection::METHOD));
    let Some(material) = material else {
        return withhold(finding, Region::L1ToL4, &[Quantity::MineralContent, Quantity::ArealDensity], &not_calibrated());
    };
    let content: f64 = entering(levels, Region::Whole, Quantity::MineralContent).iter().sum();
    for (quantity, value) in [(Quantity::MineralContent, content), (Quantity::ArealDensity, content / area)] {
        finding.measurements.push(Measurement::mineral(Region::L1ToL4, quantity, value, projection::METHOD, material));
    }
}

fn entering(levels: &[Finding], region: Region, quantity: Quantity) -> Vec<f64> {
    levels.iter().filter_map(|level| level.value(region, quantity)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn enough(values: &[f64]) -> Option<Block> {
    (values.len() < LEAST_LEVELS).then(|| Block {
        code: GateCode::LevelsFew,
        reason: format!("{} of L1 to L4 can be evaluated; at least {LEAST_LEVELS} are needed", values.len()),
        found: Some(values.len() as f64),
    })
}

/// A sentence where a level is missing.
fn who_entered(what: &str, levels: &[Finding], region: Region, quantity: Quantity) -> Option<Quality> {
    let short = |level: &Finding| level.structure.name().to_uppercase();
    let (inside, outside): (Vec<_>, Vec<_>) = levels.iter().partition(|level| level.value(region, quantity).is_some());
    let reason = |level: &Finding| {
        let refusal = level.not_measured.iter().find(|one| one.region == region && one.quantities.contains(&quantity));
        format!("{}: {}", short(level), refusal.map_or("", |one| one.code.name()))
    };
    (!outside.is_empty()).then(|| Quality {
        code: GateCode::LevelsFew,
        severity: Severity::Info,
        message: format!(
            "{what} of L1 to L4: over {} ({})",
            inside.iter().map(|level| short(level)).collect::<Vec<_>>().join(", "),
            outside.iter().map(|level| reason(level)).collect::<Vec<_>>().join(", ")
        ),
        found: Some(inside.len() as f64),
    })
}

fn outliers(levels: &[Finding]) -> Vec<Quality> {
    let hu: Vec<Option<f64>> = levels.iter().map(|level| level.value(Region::Trabecular, Quantity::AttenuationMean)).collect();
    let at = |place: Option<usize>| place.and_then(|place| hu.get(place).copied().flatten());
    let outlier = |(place, level): (usize, &Finding)| {
        let neighbours: Vec<f64> = [at(place.checked_sub(1)), at(Some(place + 1))].into_iter().flatten().collect();
        let difference = at(Some(place))? - mean(&neighbours);
        let name = level.structure.english();
        // Without neighbours the difference is no number.
        (difference.abs() > OUTLIER.0).then(|| {
            Quality::warning(
                GateCode::LevelOutlier,
                format!(
                    "{name}: its trabecular bone differs by {difference:.0} HU from that of its neighbours (more than {:.0} HU): \
                     degeneration, a fracture or a lesion?",
                    OUTLIER.0
                ),
                Some(difference),
            )
        })
    };
    levels.iter().enumerate().filter_map(outlier).collect()
}
