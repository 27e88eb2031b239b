//! What DXA would say, by the site's own regression.
//!
//! Masses of muscles on CT by height squared are never called ASMI or SMI: CT sees other muscles than the four limbs of DXA. A site
//! that has scanned patients by both may state a line from one to the other; it is applied as it stands:
//! `slope * sum of lean masses (kg) / height^2 (m2) + intercept`, over both sides of every muscle it names, lean masses by
//! `two-component/1` from volume and mean HU as reported.
//!
//! Withheld: when a muscle is missing or withheld (by the gate that withheld it), when height is missing, and (`NO_REFERENCE`) when
//! the table was fitted on fewer than 10 patients, names no muscle, one twice or something else, or holds numbers that cannot be.

use crate::anatomy::{Kind, Side, Structure};
use crate::measure::muscle::mass::two_component;
use crate::report::{Block, Finding, GateCode, Quantity, Region};
use crate::settings::SmiRegression;
use crate::units::{Cm3, Gram, Hu};

/// A line through fewer patients says nothing.
const LEAST_PATIENTS: u32 = 10;

/// kg/m2.
pub(super) fn estimate(regression: &SmiRegression, muscles: &[Finding], height: Option<f64>) -> Result<f64, Block> {
    check(regression)?;
    let mut sum = 0.0;
    for structure in &regression.muscles {
        for side in [Side::Left, Side::Right] {
            sum += lean_mass(muscles, *structure, side)?.0 / 1000.0;
        }
    }
    let height = height.ok_or_else(super::no_height)?;
    Ok(regression.slope * sum / height.powi(2) + regression.intercept)
}

/// Whether the table can be what it says.
fn check(regression: &SmiRegression) -> Result<(), Block> {
    let refuse = |detail: String, found| {
        let reason = format!("the site's regression to DXA cannot be used: {detail}");
        Err(Block { code: GateCode::NoReference, reason, found })
    };
    let SmiRegression { muscles, slope, intercept, standard_error, patients, correlation, .. } = regression;
    if let Some(other) = muscles.iter().find(|structure| structure.kind() != Kind::Muscle) {
        return refuse(format!("{} is no muscle", other.name()), None);
    }
    if let Some(twice) = muscles.iter().enumerate().find(|(i, structure)| muscles[..*i].contains(structure)) {
        return refuse(format!("it names {} twice", twice.1.name()), None);
    }
    if muscles.is_empty() {
        return refuse("it names no muscle".to_owned(), None);
    }
    if *patients < LEAST_PATIENTS {
        let detail = format!("it was fitted on {patients} patients; at least {LEAST_PATIENTS} are needed");
        return refuse(detail, Some(f64::from(*patients)));
    }
    let unusable = [
        ("slope", *slope, slope.is_finite() && *slope > 0.0, "a positive number"),
        ("intercept", *intercept, intercept.is_finite(), "a number"),
        ("standard_error", *standard_error, standard_error.is_finite() && *standard_error > 0.0, "a positive number"),
        ("correlation", *correlation, (-1.0..=1.0).contains(correlation), "-1 to 1"),
    ];
    match unusable.into_iter().find(|(_, _, usable, _)| !usable) {
        Some((name, value, _, accepted)) => {
            refuse(format!("{name} is {value}; accepted: {accepted}"), Some(value).filter(|value| value.is_finite()))
        }
        None => Ok(()),
    }
}

fn lean_mass(muscles: &[Finding], structure: Structure, side: Side) -> Result<Gram, Block> {
    let name = format!("{} {}", side.name(), structure.english().to_lowercase());
    let finding =
        muscles.iter().find(|finding| (finding.structure, finding.side) == (structure, side)).ok_or_else(|| Block {
            code: GateCode::NotLabelled,
            reason: format!("the site's regression to DXA needs the {name}, which is not labelled"),
            found: None,
        })?;
    let value = |quantity| {
        finding.value(Region::Whole, quantity).ok_or_else(|| {
            let missing = finding.not_measured.iter().find(|missing| missing.quantities.contains(&quantity));
            Block {
                code: missing.map_or(GateCode::NotLabelled, |missing| missing.code),
                reason: format!("the site's regression to DXA needs the {name}, which was not measured"),
                found: missing.and_then(|missing| missing.found),
            }
        })
    };
    Ok(two_component(Cm3(value(Quantity::Volume)?), Hu(value(Quantity::AttenuationMean)?)).lean)
}
