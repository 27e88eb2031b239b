//! The SEG of the phantom, by the writer that also writes the results.

use super::{Drawing, refused};
use crate::calibration::Calibration;
use crate::geometry::Grid;
use crate::progress::Progress;
use crate::read::{CtSeries, Inputs, Instance, scan};
use crate::report::{CtSummary, Finding, ImageSummary, Patient, Report, SCHEMA, SeriesSummary, Software};
use crate::results::{self, CtImage, Identity, Image, Source, WriteError};
use crate::segmentation::{Doubts, LabelOrigin, Labels, StructureMask};
use crate::settings::{Language, OutputKind};
use crate::volume::CtVolume;
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;

/// `seg.dcm` for the slices in `files`, which show `drawing`.
pub(super) fn file(files: &[(String, Vec<u8>)], drawing: Drawing, identity: &Identity) -> Result<Vec<u8>, WriteError> {
    let instances = files.iter().map(|(name, data)| Instance::Bytes { name: name.clone(), data: data.clone() });
    let inputs: Inputs<'_> = instances.collect();
    let contents = scan(&inputs, Progress::silent()).map_err(refused)?;
    let series = contents.series.first().ok_or_else(|| refused("its own slices are not a CT series"))?;
    let labels = labels(drawing.grid.clone(), drawing.masks);
    let volume = CtVolume { grid: drawing.grid, stored: drawing.hu.into(), slope: 1.0, intercept: 0.0 };
    let report = report(series, &volume, &labels);
    let source = Source {
        image: Image::Ct(CtImage { series: Some(series), volume: &volume, labels: &labels, regions: &[], projections: &[] }),
        language: Language::En,
        report: &report,
        identity,
    };
    let written = results::write(source, &[OutputKind::Seg], Progress::silent())?;
    let seg = written.into_iter().find(|file| file.name == "seg.dcm").ok_or_else(|| refused("no SEG was written"))?;
    not_a_result(&seg.bytes)
}

/// The structures of a drawing as a measurement wants them.
pub(super) fn labels(grid: Grid, masks: Vec<StructureMask>) -> Labels {
    let origin = LabelOrigin::LabelMap {
        file: Some("digital phantom".to_owned()),
        sha256: String::new(),
        names: "digital phantom".to_owned(),
        resampled: false,
    };
    Labels { grid, masks, origin, unknown: Vec::new(), contradictions: Vec::new(), doubts: Doubts::default() }
}

/// A report that names every structure, for the SEG holds those that have a finding, and no value.
fn report(series: &CtSeries, volume: &CtVolume<'_>, labels: &Labels) -> Report {
    let context = &series.context;
    Report {
        schema: SCHEMA.to_owned(),
        notice: crate::RESEARCH_USE_ONLY.to_owned(),
        software: Software { name: "BoneMuscle".to_owned(), version: crate::VERSION.to_owned() },
        started: "2025-04-01T12:00:00+00:00".to_owned(),
        series: SeriesSummary {
            study_instance_uid: context.text(tags::STUDY_INSTANCE_UID).map(str::to_owned),
            series_instance_uid: Some(series.series_instance_uid.clone()),
            description: series.description.clone(),
            image: ImageSummary::Ct(CtSummary {
                shape: volume.grid.shape,
                spacing_mm: volume.grid.spacing(),
                slice_thickness_mm: series.acquisition.slice_thickness.map(|thickness| thickness.0),
                tube_voltage_kv: series.acquisition.tube_voltage,
                kernel: series.acquisition.kernel.clone(),
            }),
            instances_sha256: String::new(),
        },
        patient: Patient::default(),
        calibration: Calibration::None,
        segmentation: labels.origin.clone(),
        quality: Vec::new(),
        findings: labels.masks.iter().map(finding).collect(),
        references: Vec::new(),
    }
}

fn finding(mask: &StructureMask) -> Finding {
    Finding::new(mask.structure, mask.side)
}

/// Gives the SEG another maker: a measurement passes over SEGs that name BoneMuscle itself as theirs, being its own results.
fn not_a_result(bytes: &[u8]) -> Result<Vec<u8>, WriteError> {
    let mut object = dicom_object::from_reader(bytes).map_err(refused)?;
    for (tag, value) in [
        (tags::MANUFACTURER, "BoneMuscle phantom"),
        (tags::MANUFACTURER_MODEL_NAME, "Digital phantom"),
        (tags::SERIES_DESCRIPTION, "Structures of the digital phantom"),
        (tags::CONTENT_DESCRIPTION, "Structures of the digital phantom"),
    ] {
        object.put(DataElement::new(tag, VR::LO, PrimitiveValue::from(value)));
    }
    let mut rewritten = Vec::new();
    object.write_all(&mut rewritten).map_err(refused)?;
    Ok(rewritten)
}
