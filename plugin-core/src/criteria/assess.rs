//! What criteria say of the values.

use super::sentence::sentence;
use super::withheld::{Withheld, add, no_reference, of_patient, of_quantity};
use super::{Context, CutOffs, Distribution};
use crate::report::{Assessment, Block, Category, Criterion, Finding, Measurement, Quantity};
use crate::units::{Material, Unit};

/// What one row says of one value.
pub(super) struct Verdict<'a> {
    pub row: &'a CutOffs,
    /// The young adults that the score was taken against.
    pub distribution: Option<&'a Distribution>,
    /// What was measured.
    pub measured: Measurement,
    /// What was compared: the measured value, or its score.
    pub value: f64,
    pub category: Category,
}

impl Verdict<'_> {
    pub fn into_assessment(self) -> Assessment {
        Assessment {
            region: self.measured.region,
            criterion: self.row.criterion,
            category: self.category,
            sentence: sentence(&self),
            quantity: self.row.quantity,
            reference: self.row.id.clone(),
        }
    }
}

/// The worst verdict of every criterion that can be applied to `finding`.
pub(super) fn verdicts<'a>(finding: &Finding, context: Context<'a>, withheld: &mut Withheld) -> Vec<Verdict<'a>> {
    Criterion::ALL.iter().filter_map(|criterion| worst(finding, *criterion, context, withheld)).collect()
}

fn worst<'a>(finding: &Finding, criterion: Criterion, context: Context<'a>, withheld: &mut Withheld) -> Option<Verdict<'a>> {
    let rows =
        context.tables.cut_offs().iter().filter(|row| {
            row.criterion == criterion && row.verified_by.is_some() && row.structures.contains(&finding.structure)
        });
    let mut verdicts = Vec::new();
    let mut refused = Vec::new();
    for (number, row) in rows.enumerate() {
        for measured in row.regions.iter().flat_map(|region| {
            finding.measurements.iter().find(|one| (one.region, one.quantity) == (*region, measured_for(row.quantity)))
        }) {
            match judge(finding, row, measured, context) {
                Ok(verdict) => verdicts.push((number, verdict)),
                Err(blocks) => refused.push((measured.region, blocks)),
            }
        }
    }
    let order = |(number, verdict): &(usize, Verdict<'_>)| (rank(verdict.category), *number);
    let worst = verdicts
        .into_iter()
        .min_by(|a, b| order(a).cmp(&order(b)).then(a.1.value.total_cmp(&b.1.value)))
        .map(|(_, verdict)| verdict);
    if worst.is_none() {
        // A row for others says nothing when a row for this patient gave its reasons.
        let own: Vec<_> = refused.iter().filter(|(_, blocks)| !blocks.is_empty()).collect();
        for (region, blocks) in &own {
            blocks.iter().for_each(|block| withheld.category(*region, criterion, block.clone()));
        }
        if let (true, Some((region, _))) = (own.is_empty(), refused.first()) {
            let reason = "the tables hold no verified cut-off for this patient";
            withheld.category(*region, criterion, no_reference(reason));
        }
    }
    worst
}

/// The verdict, or what withholds it; nothing withholds it where the row is for other patients.
fn judge<'a>(
    finding: &Finding,
    row: &'a CutOffs,
    measured: &Measurement,
    context: Context<'a>,
) -> Result<Verdict<'a>, Vec<Block>> {
    if row.patients.are_others(context.patient) {
        return Err(Vec::new());
    }
    let mut blocks = of_patient(context.patient);
    add(&mut blocks, row.patients.blocks(context.patient));
    add(&mut blocks, of_quantity(row.quantity, context));
    add(&mut blocks, other_material(row, measured));
    let distribution = if measured.quantity == row.quantity { None } else { young_adults(finding, row, measured, context) };
    let value = match distribution {
        None => Some(measured.value).filter(|_| measured.quantity == row.quantity),
        Some(distribution) => distribution.score(row.quantity, measured.value),
    };
    match value {
        Some(value) if blocks.is_empty() => {
            Ok(Verdict { row, distribution, measured: measured.clone(), value, category: row.category(value) })
        }
        None if blocks.is_empty() => {
            Err(vec![no_reference("the tables hold no verified young adult mean for this region and sex")])
        }
        _ => Err(blocks),
    }
}

/// The quantity that a row's value rests on: scores are of areal density.
fn measured_for(quantity: Quantity) -> Quantity {
    match quantity {
        Quantity::TScore | Quantity::ZScore | Quantity::PercentYoungAdultMean => Quantity::ArealDensity,
        other => other,
    }
}

fn young_adults<'a>(
    finding: &Finding,
    row: &CutOffs,
    measured: &Measurement,
    context: Context<'a>,
) -> Option<&'a Distribution> {
    context.tables.distributions().iter().find(|distribution| {
        distribution.criterion == Some(row.criterion)
            && distribution.concerns(finding.structure, measured.region, context.patient)
            && distribution.patients.blocks(context.patient).is_empty()
    })
}

fn other_material(row: &CutOffs, measured: &Measurement) -> Option<Block> {
    let material = match measured.unit {
        Unit::VolumetricDensity(material) | Unit::ArealDensity(material) | Unit::MineralContent(material) => material,
        _ => return None,
    };
    let fits = row.materials.is_empty() || material.is_some_and(|material| row.materials.contains(&material));
    (!fits).then(|| {
        let wanted: Vec<_> = row.materials.iter().map(|material| name(*material)).collect();
        no_reference(&format!(
            "the density is equivalent to {}, the cut-offs hold for {} and densities are not converted; the site's tables may hold \
             cut-offs of their own",
            material.map_or("no known material", name),
            wanted.join(" or ")
        ))
    })
}

fn name(material: Material) -> &'static str {
    match material {
        Material::Hydroxyapatite => "hydroxyapatite",
        Material::DipotassiumPhosphate => "dipotassium phosphate",
    }
}

/// From the worst category to the best.
fn rank(category: Category) -> u8 {
    match category {
        Category::Osteoporosis | Category::SevereHeightLoss => 0,
        Category::ModerateHeightLoss => 1,
        Category::LowBoneMass | Category::LowMuscleMass | Category::LowMuscleAttenuation | Category::MildHeightLoss => 2,
        Category::Normal | Category::NoHeightLoss => 3,
    }
}
