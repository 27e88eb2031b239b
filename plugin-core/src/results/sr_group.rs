//! The measurement groups of the SR.
//!
//! A structure whose voxels are stored as segments is a TID 1411 group, which points at them. All else is TID 1501, which needs
//! no segment: a structure that was not labelled, and the trabecular region, whose values were not taken over the segment of
//! its vertebra and which must not seem so. It is told from the whole vertebra by a modifier of the Finding Site and by its own
//! Tracking UID, since viewers merge groups that share one.

use super::Source;
use super::concepts::*;
use super::content::{self, Relationship::*};
use super::dataset::DataSet;
use super::identity::{name_based_uid, tracking_uid};
use super::segments::{Stored, title};
use crate::calibration::Calibration;
use crate::report::{Finding, GateCode, Measurement, NotMeasured, Quantity, Region, Report, Severity};
use crate::segmentation::LabelOrigin;

/// One group per structure, side and region, and one for what was said about the series as a whole.
pub(super) fn groups(source: Source<'_>, stored: &[Stored]) -> Vec<DataSet> {
    let regions = source.report.findings.iter().flat_map(|finding| Region::ALL.iter().map(move |region| (finding, *region)));
    let mut groups: Vec<_> = regions.filter_map(|(finding, region)| group(source, stored, finding, region)).collect();
    // A report without any group is not valid.
    if groups.is_empty() || !source.report.quality.is_empty() {
        groups.insert(0, series_group(source.report, groups.is_empty()));
    }
    groups
}

/// The group of one region; none where nothing was measured or missed in it.
fn group(source: Source<'_>, stored: &[Stored], finding: &Finding, region: Region) -> Option<DataSet> {
    let measured: Vec<_> = finding.measurements.iter().filter(|value| value.region == region).collect();
    let missing: Vec<_> = finding.not_measured.iter().filter(|value| value.region == region).collect();
    if measured.is_empty() && missing.is_empty() {
        return None;
    }
    let (structure, side) = (finding.structure, finding.side);
    let segment =
        stored.iter().find(|segment| region == Region::Whole && (segment.structure, segment.side) == (structure, side));
    let own_uid = || tracking_uid(source, structure, side, region);
    let mut items = vec![
        content::text(HasObservationContext, TRACKING_IDENTIFIER, &tracking_identifier(finding, region)),
        content::uid(
            HasObservationContext,
            TRACKING_UNIQUE_IDENTIFIER,
            &segment.map_or_else(own_uid, |segment| segment.tracking_uid.clone()),
        ),
        content::code(Contains, FINDING, super::concepts::finding(structure.kind())),
    ];
    if let Some(segment) = segment {
        items.push(content::image(
            Some(REFERENCED_SEGMENT),
            &segment.sop_class_uid,
            &segment.sop_instance_uid,
            &segment.numbers,
        ));
        items.push(content::uid(Contains, SOURCE_SERIES_FOR_SEGMENTATION, &source.series.series_instance_uid));
    }
    items.push(finding_site(finding, region));
    items.extend(measured.into_iter().map(|value| measurement(source.report, value)));
    items.extend(missing.into_iter().flat_map(not_measured));
    Some(content::container(MEASUREMENT_GROUP, Some(if segment.is_some() { "1411" } else { "1501" }), items))
}

fn tracking_identifier(finding: &Finding, region: Region) -> String {
    let title = title(finding.structure, finding.side);
    match region {
        Region::Whole => title,
        part => format!("{title}, {}", super::concepts::part(part).map_or("", |part| part.meaning)),
    }
}

fn finding_site(finding: &Finding, region: Region) -> DataSet {
    let side = finding.side.code().map(|side| content::code(HasConceptModifier, LATERALITY, side));
    let part = super::concepts::part(region).map(|part| content::code(HasConceptModifier, TOPOGRAPHICAL_MODIFIER, part));
    let site = content::code(HasConceptModifier, FINDING_SITE, finding.structure.code());
    content::with_children(site, side.into_iter().chain(part).collect())
}

/// TID 300, with the algorithm inside (TID 4019): readers lose all but one of its parameters at the group.
fn measurement(report: &Report, value: &Measurement) -> DataSet {
    let (name, derivation) = super::concepts::quantity(value.quantity);
    let modified = HasConceptModifier;
    let mut children = Vec::new();
    if value.quantity == Quantity::Volume {
        children.push(content::code(modified, MEASUREMENT_METHOD, SUM_OF_VOXELS));
    }
    children.extend(derivation.map(|derivation| content::code(modified, DERIVATION, derivation)));
    children.push(content::text(modified, ALGORITHM_NAME, &report.software.name));
    children.push(content::text(modified, ALGORITHM_VERSION, &report.software.version));
    for parameter in [format!("method={}", value.method), calibration(&report.calibration), labels(&report.segmentation)] {
        children.push(content::text(modified, ALGORITHM_PARAMETERS, &parameter));
    }
    content::with_children(content::number(Contains, name, value.value, value.unit.code()), children)
}

fn calibration(calibration: &Calibration) -> String {
    match calibration {
        Calibration::None => "calibration=none".to_owned(),
        _ => String::new(),
    }
}

fn labels(origin: &LabelOrigin) -> String {
    match origin {
        LabelOrigin::DicomSeg { series_instance_uid, .. } => format!("labels=SEG series {series_instance_uid}"),
        LabelOrigin::LabelMap { sha256, .. } => format!("labels=label map SHA-256 {sha256}"),
    }
}

/// The gate as a code for programs, the sentence for people. Never a NUM without value: readers fail on the whole document.
fn not_measured(missing: &NotMeasured) -> [DataSet; 2] {
    let quantities: Vec<_> = missing.quantities.iter().map(|quantity| quantity.name()).collect();
    let sentence = format!("{}: {}", quantities.join(", "), remark(missing.code, &missing.reason, missing.found));
    [content::code(Contains, REASON_NOT_MEASURED, gate(missing.code)), content::text(Contains, NOT_MEASURED, &sentence)]
}

fn remark(code: GateCode, sentence: &str, found: Option<f64>) -> String {
    let found = found.map(|found| format!(" (found: {found})")).unwrap_or_default();
    format!("{}: {sentence}{found}", code.name())
}

/// What was said about the series as a whole, and whether `nothing` else is said.
fn series_group(report: &Report, nothing: bool) -> DataSet {
    let series = &report.series.series_instance_uid;
    let mut items = vec![
        content::text(HasObservationContext, TRACKING_IDENTIFIER, "Series"),
        content::uid(HasObservationContext, TRACKING_UNIQUE_IDENTIFIER, &name_based_uid(&format!("quality\n{series}"))),
    ];
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
    if nothing {
        items.push(content::text(Contains, NOT_MEASURED, "No structure that was asked for is among the labels."));
    }
    content::container(MEASUREMENT_GROUP, Some("1501"), items)
}
