//! What is said of a verdict: no more than CT can support.

use super::assess::Verdict;
use crate::RESEARCH_USE_ONLY;
use crate::report::{Category, Quantity, Region, six_digits};
use crate::units::Unit;

/// What was compared with what, of whom, and what it is not.
pub(super) fn sentence(verdict: &Verdict<'_>) -> String {
    let row = verdict.row;
    let (population, device) = match verdict.distribution {
        Some(distribution) => (&distribution.population, &distribution.device),
        None => (&row.population, &row.device),
    };
    let compared = format!(
        "{} by {}: {} {} ({}); reference: {population}; {device}.",
        category(verdict.category),
        row.description,
        quantity(row.quantity),
        figure(verdict),
        region(verdict.measured.region),
    );
    [Some(compared.as_str()), row.note.as_deref(), limits(verdict), Some(RESEARCH_USE_ONLY)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Scores with all digits of the report, so that a value beside a cut-off is not read as at it.
fn figure(verdict: &Verdict<'_>) -> String {
    let value = six_digits(verdict.value);
    match verdict.row.quantity {
        Quantity::TScore | Quantity::ZScore => value.to_string(),
        Quantity::PercentYoungAdultMean => format!("{value} %"),
        _ => match verdict.measured.unit {
            Unit::One => format!("{value:.2}"),
            Unit::Hounsfield => format!("{value:.1} HU"),
            unit => format!("{value:.1} {}", unit.code().value),
        },
    }
}

fn limits(verdict: &Verdict<'_>) -> Option<&'static str> {
    match verdict.measured.unit {
        Unit::ArealDensity(_) => Some(
            "The density is CT-derived and DXA-like, it is not a DXA measurement, and it cannot be used to rule out osteoporosis.",
        ),
        Unit::VolumetricDensity(_) => Some("It cannot be used to rule out osteoporosis."),
        _ if verdict.measured.quantity == Quantity::EstimatedDxaSmi => {
            Some("It is not a DXA measurement; strength and performance were not tested.")
        }
        Unit::SquareCentimetrePerSquareMetre | Unit::Hounsfield => Some("Strength and performance were not tested."),
        _ => None,
    }
}

fn category(category: Category) -> &'static str {
    match category {
        Category::Normal => "Not below the cut-offs",
        Category::LowBoneMass => "In the range of low bone mass",
        Category::Osteoporosis => "In the range of osteoporosis",
        Category::LowMuscleMass => "Low muscle mass",
        Category::LowMuscleAttenuation => "Low muscle attenuation",
        Category::NoHeightLoss => "No loss of height",
        Category::MildHeightLoss => "Mild loss of height",
        Category::ModerateHeightLoss => "Moderate loss of height",
        Category::SevereHeightLoss => "Severe loss of height",
    }
}

fn quantity(quantity: Quantity) -> String {
    match quantity {
        Quantity::TScore => "T-score".to_owned(),
        Quantity::ZScore => "Z-score".to_owned(),
        Quantity::PercentYoungAdultMean => "percent of the young adult mean".to_owned(),
        Quantity::EstimatedDxaSmi => "estimated DXA muscle index".to_owned(),
        other => other.name().replace('_', " "),
    }
}

fn region(region: Region) -> String {
    match region {
        Region::Trabecular => "trabecular bone".to_owned(),
        Region::L1ToL4 => "L1 to L4".to_owned(),
        Region::L3Slice => "slice through L3".to_owned(),
        other => other.name().replace('_', " "),
    }
}
