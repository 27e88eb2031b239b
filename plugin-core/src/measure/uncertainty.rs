//! How sure the model is of its labels: the gate `UNCERT`, and what findings say of it; and whether it knows such patients: `CHILD`.
//!
//! A finding says the predictive variance and the predicted Dice of its own label ([`crate::segmentation::StructureUncertainty`]).
//! One that rests on several, the lumbar spine on the levels that entered and the body on L3, the labels of the slice and the muscles
//! of the site's regression, says the largest variance and the least Dice of them, and no Dice where one of them has none.

use super::Subject;
use super::body_composition::psoas_label;
use super::muscle::named;
use crate::anatomy::{Kind, Side, Structure};
use crate::report::{Block, Finding, GateCode, Quality, Quantity, Region, Severity, Uncertainty, six_digits};
use crate::segmentation::{LabelOrigin, Labels, StructureMask, StructureUncertainty};
use std::collections::{BTreeMap, BTreeSet};

/// No value rests on a label that is expected to be worse (our choice).
const LEAST_DICE: f64 = 0.6;
/// Of a pair of muscles the smaller has more than this of the larger, in people who walk on both legs (our choice): what a model finds
/// beyond it is more often its mistake.
pub(super) const LEAST_LIKENESS: f64 = 0.6;
/// Less than this is to be looked at (our choice): the weaker leg of people with a bad hip has it.
const WANTED_LIKENESS: f64 = 0.8;
/// A label that is expected to be worse is to be looked at (our choice).
const WANTED_DICE: f64 = 0.8;

type Label = (Structure, Side);

/// What withholds every value of a structure.
pub(super) fn block(labels: &Labels, mask: &StructureMask) -> Option<Block> {
    let name = named(mask.structure, mask.side);
    if let Some((age, least)) = labels.doubts.too_young_years.zip(labels.doubts.least_age_years)
        && is_of_model(labels, mask)
    {
        return Some(Block {
            code: GateCode::Child,
            reason: format!(
                "the patient is {age} years old, and the model has seen patients of {least} years and older only: a label that somebody \
                 drew, as DICOM SEG, or another model, would do"
            ),
            found: Some(age),
        });
    }
    if labels.doubts.unchecked.contains(&(mask.structure, mask.side)) {
        return Some(Block {
            code: GateCode::Uncertain,
            reason: format!(
                "nobody has compared this model's label of the {name} with another's on a real CT: a corrected label as DICOM SEG, or \
                 another model, would do"
            ),
            found: None,
        });
    }
    if labels.doubts.without_passes.contains(&(mask.structure, mask.side)) {
        return Some(Block {
            code: GateCode::Uncertain,
            reason: format!(
                "the label of the {name} was made without passes, which alone tell whether this model's labels are good: two passes or \
                 more, or a corrected label as DICOM SEG, would do"
            ),
            found: None,
        });
    }
    let dice = labels.doubts.structures.get(&(mask.structure, mask.side))?.predicted_dice?;
    (dice < LEAST_DICE).then(|| Block {
        code: GateCode::Uncertain,
        reason: format!(
            "the model predicts a Dice of {dice:.3} for its label of the {name}; at least {LEAST_DICE} is needed: a corrected label as \
             DICOM SEG, or another model, would do"
        ),
        found: Some(six_digits(dice)),
    })
}

/// Labels that values may rest on.
pub(crate) fn relied_on(labels: &Labels) -> Vec<&StructureMask> {
    labels.masks.iter().filter(|mask| block(labels, mask).is_none()).collect()
}

/// Whether a model made a label, and nobody has corrected it.
pub(super) fn is_of_model(labels: &Labels, mask: &StructureMask) -> bool {
    let came_back = labels.doubts.model.is_some() && !labels.doubts.corrected.contains(&(mask.structure, mask.side));
    came_back || matches!(labels.origin, LabelOrigin::Model { .. })
}

/// Sizes of a pair that are too unlike: the smaller as a share of the larger.
pub(super) fn unlike(a: f64, b: f64) -> Option<f64> {
    Some(a.min(b) / a.max(b)).filter(|ratio| *ratio < LEAST_LIKENESS)
}

/// Warns of pairs of muscles whose sides differ by more than is usual, where both have values.
pub(super) fn uneven_pairs(labels: &Labels, muscles: &[Finding]) -> Vec<Quality> {
    let volume = |finding: &Finding| finding.value(Region::Whole, Quantity::Volume);
    let is_made =
        |structure| labels.masks.iter().filter(|mask| mask.structure == structure).all(|mask| is_of_model(labels, mask));
    let pairs = muscles.iter().filter(|one| one.side == Side::Left && is_made(one.structure)).filter_map(|left| {
        let right = muscles.iter().find(|one| (one.structure, one.side) == (left.structure, Side::Right))?;
        let [left_cm3, right_cm3] = [volume(left)?, volume(right)?];
        let ratio = left_cm3.min(right_cm3) / left_cm3.max(right_cm3);
        (ratio < WANTED_LIKENESS).then(|| {
            let message = format!(
                "the model finds {left_cm3:.0} cm3 of the {} and {right_cm3:.0} cm3 of the {}: check both labels, unless the patient is known \
                 to spare one side",
                named(left.structure, left.side),
                named(right.structure, right.side)
            );
            Quality::warning(GateCode::Uncertain, message, Some(six_digits(ratio)))
        })
    });
    pairs.collect()
}

/// Whether a reader should look at a label before using its values.
pub(crate) fn is_doubtful(uncertainty: &StructureUncertainty) -> bool {
    is_low(uncertainty) || is_unusual(uncertainty)
}

fn is_low(uncertainty: &StructureUncertainty) -> bool {
    uncertainty.predicted_dice.is_some_and(|dice| dice < WANTED_DICE)
}

fn is_unusual(uncertainty: &StructureUncertainty) -> bool {
    uncertainty.usual_variance.is_some_and(|usual| uncertainty.variance > usual)
}

/// Writes into each finding how sure the model is of what it rests on; answers whose the labels are where they
/// came back from a file, what the model's makers say against it, a warning for each doubtful label with values, and one for all those of which the model does not state what to make of its variance: nobody knows whether they are good.
pub(super) fn state(subject: &Subject<'_>, findings: &mut [Finding]) -> Vec<Quality> {
    let caveats = subject.labels.doubts.caveats.iter();
    let caveats = caveats.map(|caveat| Quality::warning(GateCode::Uncertain, caveat.clone(), None));
    let stated = came_back(subject.labels).into_iter().chain(caveats);
    let doubts = &subject.labels.doubts.structures;
    if doubts.is_empty() {
        return stated.chain(unknown(subject.labels)).collect();
    }
    let mut used: BTreeSet<Label> = BTreeSet::new();
    let rests: Vec<Vec<Label>> = findings.iter().map(|finding| rests_on(subject, findings, finding)).collect();
    for (finding, labels) in findings.iter_mut().zip(rests) {
        let known: Option<Vec<_>> = labels.iter().map(|label| doubts.get(label).copied()).collect();
        finding.uncertainty = known.map_or(Uncertainty::None, |known| least_certain(&known));
        if !finding.measurements.is_empty() {
            used.extend(labels);
        }
    }
    let warnings = used.iter().filter_map(|label| warning(*label, doubts.get(label)?));
    stated.chain(warnings).chain(unjudged(&used, doubts)).collect()
}

/// A network that ran without passes, or that has no dropout.
fn unknown(labels: &Labels) -> Option<Quality> {
    let message = "the model was run without passes, or has none: nothing tells where it is unsure; check its labels";
    let any = labels.masks.iter().any(|mask| is_of_model(labels, mask));
    any.then(|| Quality::warning(GateCode::Uncertain, message.to_owned(), None))
}

/// Says of labels that a model made, and that came back from a file, whose they are.
fn came_back(labels: &Labels) -> Option<Quality> {
    let model = labels.doubts.model.as_ref().filter(|_| !matches!(labels.origin, LabelOrigin::Model { .. }))?;
    let names: Vec<String> = labels.doubts.corrected.iter().map(|(structure, side)| named(*structure, *side)).collect();
    let message = match names.is_empty() {
        true => format!("the labels are those of the model {model}, unchanged: what it doubts of them holds"),
        false => format!(
            "the labels are those of the model {model}, but for these, which were corrected or added and are measured without its \
             doubts: {}",
            names.join(", ")
        ),
    };
    let found = (!names.is_empty()).then_some(names.len() as f64);
    Some(Quality { code: GateCode::Uncertain, severity: Severity::Info, message, found })
}

fn unjudged(used: &BTreeSet<Label>, doubts: &BTreeMap<Label, StructureUncertainty>) -> Option<Quality> {
    let is_unjudged = |one: &StructureUncertainty| one.predicted_dice.is_none() && one.usual_variance.is_none();
    let of_unknown_worth = used.iter().filter(|label| doubts.get(label).is_some_and(is_unjudged));
    let names: Vec<String> = of_unknown_worth.map(|(structure, side)| named(*structure, *side)).collect();
    let message =
        format!("the model does not state how good its labels of these usually are: {}; check them", names.join(", "));
    (!names.is_empty()).then(|| Quality::warning(GateCode::Uncertain, message, Some(names.len() as f64)))
}

fn warning((structure, side): Label, uncertainty: &StructureUncertainty) -> Option<Quality> {
    let name = named(structure, side);
    let (message, found) = match *uncertainty {
        StructureUncertainty { predicted_dice: Some(dice), .. } if is_low(uncertainty) => (
            format!(
                "the model predicts a Dice of {dice:.3} for its label of the {name}; {WANTED_DICE} or more is wanted: check it"
            ),
            dice,
        ),
        StructureUncertainty { variance, usual_variance: Some(usual), .. } if is_unusual(uncertainty) => (
            format!(
                "the passes of the model differ more than usual on the {name}: a predictive variance of {variance:.3e}, while 95 of \
                 100 good labels stay below {usual:.3e}: check it"
            ),
            variance,
        ),
        _ => return None,
    };
    Some(Quality::warning(GateCode::Uncertain, message, Some(six_digits(found))))
}

/// The largest variance and the least Dice, the latter where every label has one; none of no label.
fn least_certain(known: &[StructureUncertainty]) -> Uncertainty {
    let Some(variance) = known.iter().map(|one| one.variance).reduce(f64::max) else { return Uncertainty::None };
    let dice: Option<Vec<f64>> = known.iter().map(|one| one.predicted_dice).collect();
    Uncertainty::MonteCarloDropout {
        predictive_variance: six_digits(variance),
        predicted_dice: dice.and_then(|dice| dice.into_iter().reduce(f64::min)).map(six_digits),
    }
}

/// The labels from which the values of a finding come: its own, or those of the parts that entered.
fn rests_on(subject: &Subject<'_>, findings: &[Finding], finding: &Finding) -> Vec<Label> {
    match finding.structure {
        Structure::LumbarSpine => findings
            .iter()
            .filter(|one| one.structure.kind() == Kind::LumbarVertebra && one.structure < Structure::L5)
            .filter(|level| !finding.measurements.is_empty() && enters(level))
            .map(|level| (level.structure, level.side))
            .collect(),
        Structure::Body => body_rests_on(subject, finding),
        structure => vec![(structure, finding.side)],
    }
}

/// Whether a level enters the means or the sums of the lumbar spine.
fn enters(level: &Finding) -> bool {
    let has = |region, quantity| level.value(region, quantity).is_some();
    has(Region::Trabecular, Quantity::AttenuationMean) || has(Region::Whole, Quantity::Area)
}

/// L3, which tells the slice, the labels whose pixels were counted there, and the muscles of the site's regression.
fn body_rests_on(subject: &Subject<'_>, body: &Finding) -> Vec<Label> {
    const SLICE: [(Quantity, Structure); 4] = [
        (Quantity::SkeletalMuscleArea, Structure::SkeletalMuscle),
        (Quantity::IntermuscularFatArea, Structure::SkeletalMuscle),
        (Quantity::SubcutaneousFatArea, Structure::SubcutaneousFat),
        (Quantity::VisceralFatArea, Structure::VisceralFat),
    ];
    let has = |quantity| body.measurements.iter().any(|one| one.quantity == quantity);
    let both = |structure| [(structure, Side::Left), (structure, Side::Right)];
    let mut labels = BTreeSet::new();
    labels.extend(has(Quantity::SlicePosition).then_some((Structure::L3, Side::None)));
    labels.extend(SLICE.into_iter().filter(|(quantity, _)| has(*quantity)).map(|(_, structure)| (structure, Side::None)));
    if has(Quantity::PsoasArea) {
        labels.extend(both(psoas_label(subject.labels)));
    }
    if let Some(regression) = subject.settings.site.dxa_smi.as_ref().filter(|_| has(Quantity::EstimatedDxaSmi)) {
        labels.extend(regression.muscles.iter().flat_map(|muscle| both(*muscle)));
    }
    labels.into_iter().collect()
}
