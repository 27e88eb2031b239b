//! One value of the SR: TID 300, with the reference population (TID 310, 311) and the algorithm (TID 4019) inside it, for at the
//! group readers lose all but one of the algorithm's parameters.

use super::concepts::*;
use super::content::{self, Relationship::*};
use super::dataset::DataSet;
use super::model::Model;
use crate::calibration::Calibration;
use crate::report::{Finding, ImageSummary, Measurement, Quantity, ReferenceUsed, Report, Uncertainty};
use crate::segmentation::LabelOrigin;
use crate::units::Unit;

/// The NUM of `value`.
pub(super) fn item(report: &Report, value: &Measurement) -> DataSet {
    let (name, derivation) = quantity(value.quantity);
    let modified = HasConceptModifier;
    let mut children = Vec::new();
    if value.quantity == Quantity::Volume {
        children.push(content::code(modified, MEASUREMENT_METHOD, SUM_OF_VOXELS));
    }
    children.extend(derivation.map(|derivation| content::code(modified, DERIVATION, derivation)));
    children.extend(value.root_mean_square_error.into_iter().flat_map(|error| range(error, value.unit)));
    let used = report.references.iter().find(|row| Some(&row.id) == value.reference.as_ref());
    children.extend(used.into_iter().flat_map(population));
    children.push(content::text(modified, ALGORITHM_NAME, &report.software.name));
    children.push(content::text(modified, ALGORITHM_VERSION, &report.software.version));
    let mut parameters = vec![format!("method={}", value.method)];
    parameters.extend(value.reference.as_ref().map(|id| format!("reference={id}")));
    if let ImageSummary::Ct(_) = report.series.image {
        parameters.push(calibration_parameter(&report.calibration, value));
    }
    if value.root_mean_square_error.is_some() {
        parameters.push(OF_ERROR.to_owned());
    }
    parameters.push(labels(&report.segmentation));
    children.extend(parameters.iter().map(|parameter| content::text(modified, ALGORITHM_PARAMETERS, parameter)));
    content::with_children(content::number(Contains, name, value.value, value.unit.code()), children)
}

/// What the range of uncertainty of a value is; at most 1024 characters.
const OF_ERROR: &str = "uncertainty=root mean square error of the model on simulated films of makers that it had not seen; unknown on \
                        films of people";

/// By how much such values are off (TID 310).
fn range(error: f64, unit: Unit) -> [DataSet; 2] {
    [UPPER_UNCERTAINTY, LOWER_UNCERTAINTY].map(|name| content::number(HasProperties, name, error, unit.code()))
}

/// How sure the model is of the label that the values of a group rest on: two NUM whose algorithm is the model.
pub(super) fn uncertainty(report: &Report, finding: &Finding) -> Vec<DataSet> {
    let Uncertainty::MonteCarloDropout { predictive_variance, predicted_dice } = finding.uncertainty else { return Vec::new() };
    let figures = [(PREDICTIVE_VARIANCE, Some(predictive_variance)), (PREDICTED_DICE, predicted_dice)];
    let said = figures.into_iter().filter_map(|(name, value)| Some(content::number(Contains, name, value?, Unit::One.code())));
    said.map(|number| content::with_children(number, model_algorithm(&report.segmentation))).collect()
}

fn model_algorithm(origin: &LabelOrigin) -> Vec<DataSet> {
    let Some(model) = Model::of(origin) else { return Vec::new() };
    [(ALGORITHM_NAME, model.name), (ALGORITHM_VERSION, model.version), (ALGORITHM_PARAMETERS, &model.parameters())]
        .map(|(name, value)| content::text(HasConceptModifier, name, value))
        .to_vec()
}

/// Who a score compares with. Scores compare areal densities, of which DXA names no equivalence material.
fn population(row: &ReferenceUsed) -> Vec<DataSet> {
    let unit = Unit::ArealDensity(None).code();
    let number = |name, value: Option<f64>| value.map(|value| content::number(HasProperties, name, value, unit));
    let authority = format!("{} (device: {}; {})", row.source, row.device, row.description);
    let mut all: Vec<_> = number(POPULATION_MEAN, row.mean).into_iter().chain(number(POPULATION_SD, row.sd)).collect();
    all.push(content::text(HasProperties, POPULATION_DESCRIPTION, &row.population));
    all.push(content::text(HasProperties, REFERENCE_AUTHORITY, &authority));
    all
}

/// Which calibration, and for what rests on density its numbers too.
fn calibration_parameter(calibration: &Calibration, value: &Measurement) -> String {
    let (method, source) = match calibration {
        Calibration::None => ("none", None),
        Calibration::Phantom(one) => ("phantom", Some(&one.phantom)),
        Calibration::Stored(one) => ("stored", Some(&one.id)),
        Calibration::Internal(one) => ("internal", one.mapping.as_ref()),
        Calibration::Physics(_) => ("physics", None),
    };
    let mut text = format!("calibration={method}");
    let Some(line) = calibration.conversion().filter(|_| rests_on_density(value)) else { return text };
    if let Some(source) = source {
        text += &format!("; source={source}");
    }
    text += &format!("; material={}; slope={}; intercept={}", material(line.material).meaning, line.slope, line.intercept);
    if line.curvature != 0.0 {
        text += &format!("; curvature={}", line.curvature);
    }
    text
}

fn rests_on_density(value: &Measurement) -> bool {
    let mineral = matches!(
        value.unit,
        Unit::VolumetricDensity(_) | Unit::ArealDensity(_) | Unit::MineralContent(Some(_)) | Unit::TScore | Unit::ZScore
    );
    mineral || value.quantity == Quantity::PercentYoungAdultMean
}

fn labels(origin: &LabelOrigin) -> String {
    match origin {
        LabelOrigin::DicomSeg { series_instance_uid, .. } => format!("labels=SEG series {series_instance_uid}"),
        LabelOrigin::LabelMap { sha256, .. } => format!("labels=label map SHA-256 {sha256}"),
        LabelOrigin::Model { .. } => {
            Model::of(origin).map_or_else(String::new, |model| format!("labels=model {}", model.identity()))
        }
    }
}
