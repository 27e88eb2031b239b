//! What the SR says of the series as a whole: the notices, the gates, the calibration, the geometry of a radiograph. No Finding
//! Site stands in these groups.

use super::concepts::*;
use super::content::{self, Relationship::*};
use super::dataset::DataSet;
use super::identity::name_based_uid;
use super::sr_group::{remark, tracked};
use crate::anatomy::Code;
use crate::calibration::{Calibration, Conversion, PhantomCalibration, StoredCalibration, TissueCalibration};
use crate::report::{ImageSummary, Report, Severity};
use crate::units::Unit;

/// The group of notices and gates, and those of the calibration and of the radiograph where there is one.
pub(super) fn groups(report: &Report) -> Vec<DataSet> {
    std::iter::once(quality(report)).chain(calibration_group(report)).chain(radiograph_group(report)).collect()
}

fn begin(report: &Report, name: &str) -> Vec<DataSet> {
    let series = report.series.series_uid();
    tracked(name, &name_based_uid(&format!("{name}\n{series}")))
}

fn quality(report: &Report) -> DataSet {
    let mut items = begin(report, "Series");
    items.extend(notices(report).iter().map(|notice| content::text(Contains, NOTICE, notice)));
    for quality in &report.quality {
        items.push(content::code(Contains, SERIES_QUALITY, gate(quality.code)));
        let effect = match quality.severity {
            Severity::Info => "for information",
            Severity::Warning => "read values with care",
            Severity::Block => "values withheld",
        };
        let sentence = format!("{} ({effect})", remark(quality.code, &quality.message, quality.found));
        items.push(content::text(Contains, SERIES_QUALITY_REMARK, &sentence));
    }
    if report.findings.is_empty() {
        let sentence = match report.series.image {
            ImageSummary::Ct(_) => "No structure that was asked for is among the labels.",
            ImageSummary::Radiograph { .. } => "The radiograph was not measured; its quality says why.",
        };
        items.push(content::text(Contains, NOT_MEASURED, sentence));
    }
    content::container(MEASUREMENT_GROUP, Some("1501"), items)
}

fn notices(report: &Report) -> &'static [&'static str] {
    match report.series.image {
        ImageSummary::Ct(_) => &[crate::RESEARCH_USE_ONLY, crate::NOT_DXA],
        ImageSummary::Radiograph { .. } => &[crate::RESEARCH_USE_ONLY, crate::FILM_NOT_DXA, crate::SIMULATED_FILMS_ONLY],
    }
}

/// How large the hip is on the film, and what the model says the film shows.
fn radiograph_group(report: &Report) -> Option<DataSet> {
    let ImageSummary::Radiograph { radiograph } = &report.series.image else { return None };
    let mut items = begin(report, "Radiograph");
    if let Some(scale) = &radiograph.scale {
        let [between_rows, between_columns] = scale.spacing_mm;
        items.extend(scale.magnification.map(|factor| content::number(Contains, MAGNIFICATION, factor, Unit::One.code())));
        items.push(content::number(Contains, ROW_SPACING_AT_HIP, between_rows, Unit::Millimetre.code()));
        items.push(content::number(Contains, COLUMN_SPACING_AT_HIP, between_columns, Unit::Millimetre.code()));
        let from = format!("magnification from={}", scale.magnification_from.name());
        items.push(content::text(Contains, RADIOGRAPH_DETAIL, &from));
    }
    if let Some(view) = &radiograph.view {
        let text = format!("view={}; probability={}", view.name, view.probability);
        items.push(content::text(Contains, RADIOGRAPH_DETAIL, &text));
    }
    for hip in &radiograph.hips {
        let [row, column] = hip.head_centre;
        let text = format!("centre of {} femoral head: row={row}; column={column}", hip.side.name());
        items.push(content::text(Contains, RADIOGRAPH_DETAIL, &text));
    }
    Some(content::container(MEASUREMENT_GROUP, Some("1501"), items))
}

fn calibration_group(report: &Report) -> Option<DataSet> {
    let line = report.calibration.conversion()?;
    let mut items = begin(report, "Calibration");
    items.push(content::code(Contains, CALIBRATION_METHOD, calibration(&report.calibration)));
    items.push(content::code(Contains, MATERIAL, material(line.material)));
    for (name, value, unit) in conversion(line).into_iter().chain(fit(&report.calibration)) {
        items.push(content::number(Contains, name, value, unit));
    }
    items.extend(details(&report.calibration).iter().map(|text| content::text(Contains, DETAIL, text)));
    Some(content::container(MEASUREMENT_GROUP, Some("1501"), items))
}

fn conversion(line: &Conversion) -> Vec<(Code, f64, Code)> {
    let density = Unit::VolumetricDensity(Some(line.material)).code();
    let mut all = vec![(SLOPE, line.slope, DENSITY_PER_HU), (INTERCEPT, line.intercept, density)];
    if line.curvature != 0.0 {
        all.push((CURVATURE, line.curvature, DENSITY_PER_HU_SQUARED));
    }
    all
}

/// How well the line fits.
fn fit(calibration: &Calibration) -> Vec<(Code, f64, Code)> {
    let one = Unit::One.code();
    let density = |line: &Conversion| Unit::VolumetricDensity(Some(line.material)).code();
    match calibration {
        Calibration::None => Vec::new(),
        Calibration::Phantom(phantom) => {
            vec![(R_SQUARED, phantom.r_squared, one), (RESIDUAL_SD, phantom.residual_sd, density(&phantom.conversion))]
        }
        Calibration::Stored(stored) => vec![(R_SQUARED, stored.r_squared, one)],
        Calibration::Internal(tissue) | Calibration::Physics(tissue) => [
            (R_SQUARED, tissue.r_squared, one),
            (STANDARD_ERROR, tissue.standard_error, density(&tissue.conversion)),
            (EFFECTIVE_ENERGY, tissue.effective_energy_kev, KILOELECTRONVOLT),
        ]
        .into_iter()
        .filter_map(|(name, value, unit)| Some((name, value?, unit)))
        .collect(),
    }
}

/// What has no concept of its own, as `name=value`.
fn details(calibration: &Calibration) -> Vec<String> {
    match calibration {
        Calibration::None => Vec::new(),
        Calibration::Phantom(one) => phantom(one),
        Calibration::Stored(one) => stored(one),
        Calibration::Internal(one) | Calibration::Physics(one) => tissues(one),
    }
}

fn named(facts: &[(&str, Option<String>)]) -> Vec<String> {
    facts.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))).collect()
}

fn phantom(one: &PhantomCalibration) -> Vec<String> {
    let mut all = named(&[
        ("phantom", Some(one.phantom.clone())),
        ("serial", one.serial.clone()),
        ("certificate", one.certificate.clone()),
        ("confirmed by", Some(one.confirmed_by.clone().unwrap_or_else(|| "nobody".to_owned()))),
    ]);
    all.extend(one.rods.iter().map(|rod| {
        let [x, y, z] = rod.centre_mm;
        format!(
            "rod: density={} mg/cm3; mean={} HU; sd={} HU; voxels={}; centre_mm={x}, {y}, {z}",
            rod.density, rod.hu, rod.sd_hu, rod.voxels
        )
    }));
    all
}

fn stored(one: &StoredCalibration) -> Vec<String> {
    named(&[
        ("stored calibration", Some(one.id.clone())),
        ("manufacturer", one.manufacturer.clone()),
        ("model", one.model.clone()),
        ("serial number", one.serial_number.clone()),
        ("tube voltage kV", one.tube_voltage_kv.map(|kv| kv.to_string())),
        ("kernel", one.kernel.clone()),
        ("slice thickness mm", one.slice_thickness_mm.map(|mm| mm.to_string())),
        ("phantom", Some(one.phantom.clone())),
        ("phantom serial", one.phantom_serial.clone()),
        ("date", Some(one.date.clone())),
        ("expires", Some(one.expires.clone())),
        ("confirmed by", Some(one.confirmed_by.clone().unwrap_or_else(|| "nobody".to_owned()))),
    ])
}

fn tissues(one: &TissueCalibration) -> Vec<String> {
    let mut all = named(&[
        ("mapping", one.mapping.clone()),
        ("confirmed by", Some(one.confirmed_by.clone().unwrap_or_else(|| "nobody".to_owned()))),
    ]);
    all.extend(one.tissues.iter().map(|read| {
        format!("tissue: {}; mean={} HU; sd={} HU; voxels={}", tissue(read.tissue), read.hu, read.sd_hu, read.voxels)
    }));
    all
}
