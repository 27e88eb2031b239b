//! The measurement groups of the SR.
//!
//! A structure whose voxels are stored as segments is a TID 1411 group, which points at them; a region of a radiograph whose pixels
//! are is a TID 1410 group, which points at the segment and at the film. All else is TID 1501, which needs no segment: a structure
//! that was not labelled, and a region in a CT, whose values were not taken over the segment of its structure and which must not
//! seem so. It is told from the whole structure by a modifier of the Finding Site and by its own Tracking UID, since viewers merge
//! groups that share one.

use super::concepts::*;
use super::content::{self, Relationship::*};
use super::dataset::DataSet;
use super::identity::tracking_uid;
use super::segments::{Stored, title_of_region};
use super::{Image, Source, sr_landmarks, sr_measurement, sr_series};
use crate::report::{Assessment, Finding, GateCode, NotMeasured, Region};

/// The groups about the series; then one per structure, side and region, and one for the landmarks of each structure.
pub(super) fn groups(source: Source<'_>, stored: &[Stored]) -> Vec<DataSet> {
    let mut groups = sr_series::groups(source.report);
    for finding in &source.report.findings {
        groups.extend(Region::ALL.iter().filter_map(|region| group(source, stored, finding, *region)));
        groups.extend(sr_landmarks::group(source, finding));
    }
    groups
}

/// The group of one region; none where nothing is said of it.
fn group(source: Source<'_>, stored: &[Stored], finding: &Finding, region: Region) -> Option<DataSet> {
    let measured: Vec<_> = finding.measurements.iter().filter(|value| value.region == region).collect();
    let missing: Vec<_> = finding.not_measured.iter().filter(|value| value.region == region).collect();
    let assessed: Vec<_> = finding.assessments.iter().filter(|value| value.region == region).collect();
    if measured.is_empty() && missing.is_empty() && assessed.is_empty() {
        return None;
    }
    let (structure, side) = (finding.structure, finding.side);
    let place = (structure, side, region);
    // On a film the values of a whole structure are of all that the beam passed in the field, not of the outline that is stored.
    let apart = region == Region::Whole && matches!(source.image, Image::Film(_));
    let segment = stored.iter().find(|segment| !apart && (segment.structure, segment.side, segment.region) == place);
    let uid =
        segment.map_or_else(|| tracking_uid(source, structure, side, region.name()), |segment| segment.tracking_uid.clone());
    let mut items = tracked(&tracking_identifier(finding, region), &uid);
    items.push(content::code(Contains, FINDING, super::concepts::finding(structure.kind())));
    let roi = segment.map(|segment| region_of_interest(source, segment));
    let (template, references) = roi.unwrap_or(("1501", Vec::new()));
    items.extend(references);
    items.push(finding_site(finding, region));
    items.extend(measured.into_iter().map(|value| sr_measurement::item(source.report, value)));
    items.extend(sr_measurement::uncertainty(source.report, finding));
    items.extend(assessed.into_iter().flat_map(assessment));
    items.extend(missing.into_iter().flat_map(not_measured));
    Some(content::container(MEASUREMENT_GROUP, Some(template), items))
}

/// The template of a group with a region of interest, and how it points at the region: in space, or on the film.
fn region_of_interest(source: Source<'_>, segment: &Stored) -> (&'static str, Vec<DataSet>) {
    let pointer = |name| content::image(Some(name), &segment.sop_class_uid, &segment.sop_instance_uid, &segment.numbers);
    match source.image {
        Image::Ct(_) => {
            let series = source.report.series.series_uid();
            let source = content::uid(Contains, SOURCE_SERIES_FOR_SEGMENTATION, series);
            ("1411", vec![pointer(REFERENCED_SEGMENT), source])
        }
        Image::Film(image) => {
            let header = &image.film.header;
            let (class, uid) = (&header.sop_class_uid, &header.sop_instance_uid);
            let source = content::image(Some(SOURCE_IMAGE_FOR_SEGMENTATION), class, uid, &[]);
            ("1410", vec![pointer(REFERENCED_SEGMENTATION_FRAME), source])
        }
    }
}

/// What every group begins with.
pub(super) fn tracked(identifier: &str, uid: &str) -> Vec<DataSet> {
    vec![
        content::text(HasObservationContext, TRACKING_IDENTIFIER, identifier),
        content::uid(HasObservationContext, TRACKING_UNIQUE_IDENTIFIER, uid),
    ]
}

fn tracking_identifier(finding: &Finding, region: Region) -> String {
    title_of_region(finding.structure, finding.side, region)
}

pub(super) fn finding_site(finding: &Finding, region: Region) -> DataSet {
    let side = finding.side.code().map(|side| content::code(HasConceptModifier, LATERALITY, side));
    let part = super::concepts::part(region).map(|part| content::code(HasConceptModifier, TOPOGRAPHICAL_MODIFIER, part));
    let site = content::code(HasConceptModifier, FINDING_SITE, finding.structure.code());
    content::with_children(site, side.into_iter().chain(part).collect())
}

/// What a criterion says: as a code for programs, as a sentence for people. TID 1501's qualitative evaluations.
fn assessment(said: &Assessment) -> [DataSet; 2] {
    let name = said.criterion.name();
    let sentence = format!("{name}: {} ({}; reference: {})", said.sentence, said.quantity.name(), said.reference);
    [
        content::code(Contains, criterion(said.criterion), category(said.category)),
        content::text(Contains, CRITERION_REMARK, &sentence),
    ]
}

/// The gate as a code for programs, the sentence for people. Never a NUM without value: readers fail on the whole document.
fn not_measured(missing: &NotMeasured) -> [DataSet; 2] {
    let quantities = missing.quantities.iter().map(|quantity| quantity.name());
    let names: Vec<_> = quantities.chain(missing.criteria.iter().map(|criterion| criterion.name())).collect();
    let sentence = format!("{}: {}", names.join(", "), remark(missing.code, &missing.reason, missing.found));
    [content::code(Contains, REASON_NOT_MEASURED, gate(missing.code)), content::text(Contains, NOT_MEASURED, &sentence)]
}

pub(super) fn remark(code: GateCode, sentence: &str, found: Option<f64>) -> String {
    let found = found.map(|found| format!(" (found: {found})")).unwrap_or_default();
    format!("{}: {sentence}{found}", code.name())
}
