//! T-score, Z-score and percent of the young adult mean.

use super::withheld::{Withheld, add, no_reference, weak_calibration};
use super::{Context, Distribution};
use crate::report::{Block, Finding, Measurement, Quantity, Region};

const SCORES: [(Quantity, &str); 3] = [
    (Quantity::TScore, "t-score/1"),
    (Quantity::ZScore, "z-score/1"),
    (Quantity::PercentYoungAdultMean, "percent-young-adult-mean/1"),
];
/// Where people look for T-score and %YAM, so that their absence is said.
const EXPECTED: [Region; 2] = [Region::FemoralNeck, Region::TotalHip];

/// Scores of the areal densities of `finding`.
pub(super) fn scores(finding: &Finding, context: Context<'_>, withheld: &mut Withheld) -> Vec<Measurement> {
    let densities: Vec<_> = finding.measurements.iter().filter(|one| one.quantity == Quantity::ArealDensity).collect();
    let mut scores = Vec::new();
    for density in densities {
        for (quantity, method) in SCORES {
            match score(finding, density, quantity, context) {
                Ok(Some((row, value))) => scores.push(Measurement {
                    reference: Some(row.id.clone()),
                    ..Measurement::new(density.region, quantity, value, method)
                }),
                Ok(None) if quantity != Quantity::ZScore && EXPECTED.contains(&density.region) => {
                    let reason = "the tables hold no verified young adult mean for this region and sex";
                    withheld.score(density.region, quantity, no_reference(reason));
                }
                Ok(None) => {}
                Err(blocks) => blocks.into_iter().for_each(|block| withheld.score(density.region, quantity, block)),
            }
        }
    }
    scores
}

/// The first row that fits, and the score; none where no row is about this region and sex.
fn score<'a>(
    finding: &Finding,
    density: &Measurement,
    quantity: Quantity,
    context: Context<'a>,
) -> Result<Option<(&'a Distribution, f64)>, Vec<Block>> {
    let mut blocks = Vec::new();
    let rows = context.tables.distributions().iter().filter(|row| row.scores.contains(&quantity));
    for row in rows.filter(|row| row.concerns(finding.structure, density.region, context.patient)) {
        let mut against = row.patients.blocks(context.patient);
        against.extend(weak_calibration(context.calibration));
        match (row.score(quantity, density.value), against.is_empty()) {
            (Some(value), true) => return Ok(Some((row, value))),
            _ => add(&mut blocks, against),
        }
    }
    if blocks.is_empty() { Ok(None) } else { Err(blocks) }
}
