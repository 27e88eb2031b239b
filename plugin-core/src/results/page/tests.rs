//! The whole page, of a made-up study.

use super::*;
use crate::anatomy::{Kind, Side, Structure};
use crate::calibration::Calibration;
use crate::geometry::Grid;
use crate::read::{Acquisition, CopiedAttribute, CtSeries, Equipment, StudyContext};
use crate::report::{
    CtSummary, Finding, GateCode, ImageSummary, Measurement, NotMeasured, Patient, Quality, Quantity, Region, Report, SCHEMA,
    SeriesSummary, Severity, Software, Uncertainty,
};
use crate::results::{CtImage, Identity, Image};
use crate::segmentation::{Doubts, LabelOrigin, Labels, StructureMask, StructureUncertainty};
use crate::settings::Language;
use crate::units::Mm;
use crate::volume::CtVolume;
use dicom_core::{Tag, VR};
use ndarray::Array3;
use std::process::Command;
use std::sync::LazyLock;

/// A study with everything a source needs.
struct Study {
    series: CtSeries,
    volume: CtVolume<'static>,
    labels: Labels,
    regions: Vec<StructureMask>,
    language: Language,
    report: Report,
    identity: Identity,
}

impl Study {
    fn source(&self) -> Source<'_> {
        Source {
            image: Image::Ct(CtImage {
                series: Some(&self.series),
                volume: &self.volume,
                labels: &self.labels,
                regions: &self.regions,
                projections: &[],
            }),
            language: self.language,
            report: &self.report,
            identity: &self.identity,
        }
    }

    fn draw(&self) -> Page {
        draw(self.source()).expect("the page is drawn")
    }
}

const SHAPE: [usize; 3] = [60, 64, 80];

fn grid() -> Grid {
    Grid { shape: SHAPE, origin: [-158.0, -126.0, -118.0], steps: [[0.0, 0.0, 4.0], [0.0, 4.0, 0.0], [4.0, 0.0, 0.0]] }
}

/// Voxels within an ellipsoid, patient coordinates, millimetres.
fn ellipsoid(structure: Structure, side: Side, centre: [f64; 3], radii: [f64; 3]) -> StructureMask {
    let grid = grid();
    let inside = |point: [f64; 3]| (0..3).map(|axis| ((point[axis] - centre[axis]) / radii[axis]).powi(2)).sum::<f64>() <= 1.0;
    let voxels =
        Array3::from_shape_fn(SHAPE, |(slice, row, column)| inside(grid.to_patient([slice, row, column].map(|i| i as f64))));
    StructureMask { structure, side, corner: [0; 3], voxels, segments: Vec::new() }
}

fn vertebrae(radii: [f64; 3]) -> Vec<StructureMask> {
    let levels = Structure::ALL.iter().filter(|structure| structure.kind() == Kind::LumbarVertebra);
    let place = |(i, level): (usize, &Structure)| ellipsoid(*level, Side::None, [0.0, 40.0, 80.0 - 40.0 * i as f64], radii);
    levels.enumerate().map(place).collect()
}

fn muscles(count: usize) -> Vec<StructureMask> {
    let names = Structure::ALL.iter().filter(|structure| structure.kind() == Kind::Muscle).take(count);
    let place = |(i, name): (usize, &Structure)| {
        [Side::Left, Side::Right].map(|side| {
            let x = if side == Side::Left { 1.0 } else { -1.0 } * (40.0 + 22.0 * (i % 4) as f64);
            ellipsoid(*name, side, [x, 30.0 * (i / 4) as f64, 0.0], [10.0, 14.0, 60.0])
        })
    };
    names.enumerate().flat_map(place).collect()
}

fn measured(mask: &StructureMask, values: &[(Region, Quantity, f64)]) -> Finding {
    let measurements =
        values.iter().map(|(region, quantity, value)| Measurement::new(*region, *quantity, *value, "recipe/1")).collect();
    let (structure, side) = (mask.structure, mask.side);
    Finding { measurements, ..Finding::new(structure, side) }
}

fn findings(masks: &[StructureMask]) -> Vec<Finding> {
    let finding = |(i, mask): (usize, &StructureMask)| {
        let i = i as f64;
        match mask.structure.kind() {
            Kind::LumbarVertebra => measured(
                mask,
                &[
                    (Region::Trabecular, Quantity::AttenuationMean, 151.2371 - 7.77 * i),
                    (Region::Trabecular, Quantity::AttenuationMedian, 149.51 - 7.5 * i),
                    (Region::Trabecular, Quantity::AttenuationSd, 31.04 + i),
                    (Region::Trabecular, Quantity::Volume, 6.4321 + 0.3 * i),
                ],
            ),
            _ => measured(
                mask,
                &[
                    (Region::Whole, Quantity::Volume, 1234.56 / (i + 1.0)),
                    (Region::Whole, Quantity::AttenuationMean, 52.349 - 3.3 * i),
                    (Region::Whole, Quantity::FatVoxelShare, 4.449 + 0.7 * i),
                ],
            ),
        }
    };
    masks.iter().enumerate().map(finding).collect()
}

fn missing(finding: &mut Finding, reason: &str) {
    let quantities = finding.measurements.iter().map(|value| value.quantity).collect();
    let region = finding.measurements.first().map_or(Region::Whole, |value| value.region);
    finding.not_measured = vec![NotMeasured {
        region,
        quantities,
        criteria: Vec::new(),
        code: GateCode::BorderMask,
        reason: reason.to_owned(),
        found: None,
    }];
    finding.measurements.clear();
}

/// Five vertebrae and eight muscles on both sides.
fn study() -> Study {
    let masks: Vec<_> = vertebrae([22.0, 18.0, 14.0]).into_iter().chain(muscles(8)).collect();
    let mut report = report(findings(&masks));
    missing(&mut report.findings[4], "The L5 vertebra touches the edge of the image; a series that covers it would do.");
    study_of(masks, report)
}

/// The page of [`study`], drawn once.
static PAGE: LazyLock<Page> = LazyLock::new(|| study().draw());

fn study_of(masks: Vec<StructureMask>, report: Report) -> Study {
    let grid = grid();
    let mut stored = Array3::from_shape_fn(SHAPE, |(_, row, column)| {
        let [x, y] = [(column as f64 - 39.5) / 36.0, (row as f64 - 31.5) / 26.0];
        if x * x + y * y <= 1.0 { -80 } else { -1000 }
    });
    for mask in &masks {
        let hu = if mask.structure.kind() == Kind::LumbarVertebra { 300 } else { 50 };
        mask.voxels.indexed_iter().filter(|(_, inside)| **inside).for_each(|(index, _)| stored[index] = hu);
    }
    let attribute = |tag: Tag, vr, value: &str| CopiedAttribute { tag, vr, value: value.to_owned() };
    let attributes = vec![
        attribute(Tag(0x0008, 0x0020), VR::DA, "20240229"),
        attribute(Tag(0x0008, 0x0050), VR::SH, "ACCESSION77"),
        attribute(Tag(0x0010, 0x0010), VR::PN, "Geheim^Vorname"),
        attribute(Tag(0x0010, 0x0020), VR::LO, "PATIENTID99"),
        attribute(Tag(0x0010, 0x0030), VR::DA, "19481231"),
    ];
    let series = CtSeries {
        context: StudyContext { attributes },
        series_instance_uid: "2.25.1".to_owned(),
        series_number: Some(3),
        description: report.series.description.clone(),
        frame_of_reference_uid: None,
        position_reference_indicator: None,
        equipment: Equipment { manufacturer: Some("Maker".to_owned()), model: Some("CT 1".to_owned()), ..Equipment::default() },
        acquisition: Acquisition {
            slice_thickness: Some(Mm(5.0)),
            tube_voltage: Some(120.0),
            kernel: Some("B30f".to_owned()),
            ..Acquisition::default()
        },
        size: [SHAPE[1], SHAPE[2]],
        pixel_spacing: [4.0, 4.0],
        orientation: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        slices: Vec::new(),
    };
    let regions = if masks.is_empty() { Vec::new() } else { vertebrae([12.0, 10.0, 9.0]) };
    Study {
        series,
        volume: CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 },
        labels: Labels {
            grid,
            masks,
            origin: report.segmentation.clone(),
            unknown: Vec::new(),
            contradictions: Vec::new(),
            doubts: Doubts::default(),
        },
        regions,
        language: Language::En,
        report,
        identity: Identity::new("2.25.1", "0", "0", "{}"),
    }
}

fn report(findings: Vec<Finding>) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        notice: crate::RESEARCH_USE_ONLY.to_owned(),
        software: Software { name: "BoneMuscle".to_owned(), version: crate::VERSION.to_owned() },
        started: "2026-02-03T04:05:06+09:00".to_owned(),
        series: SeriesSummary {
            study_instance_uid: Some("2.25.2".to_owned()),
            series_instance_uid: Some("2.25.1".to_owned()),
            description: Some("腹部 <CT> & pelvis".to_owned()),
            image: ImageSummary::Ct(CtSummary {
                shape: SHAPE,
                spacing_mm: [4.0; 3],
                slice_thickness_mm: Some(5.0),
                tube_voltage_kv: Some(120.0),
                kernel: Some("B30f".to_owned()),
            }),
            instances_sha256: "0".to_owned(),
        },
        patient: Patient::default(),
        calibration: Calibration::None,
        references: Vec::new(),
        segmentation: LabelOrigin::DicomSeg {
            sop_instance_uids: vec!["2.25.3".to_owned()],
            series_instance_uid: "2.25.4".to_owned(),
            description: "Segmentation".to_owned(),
            algorithms: vec!["TotalSegmentator".to_owned()],
            resampled: false,
        },
        quality: vec![Quality {
            code: GateCode::SliceThick,
            severity: Severity::Warning,
            message: "Slices are 5 mm thick; at most 3 mm would do.".to_owned(),
            found: Some(5.0),
        }],
        findings,
    }
}

/// Text of a PDF by poppler; none where it is not installed, which is an error only where everything must be.
fn text_of(pdf: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.pdf");
    std::fs::write(&file, pdf).expect("the file is written");
    match Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output() {
        Ok(output) => {
            assert!(output.status.success(), "pdftotext: {}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8(output.stdout).expect("UTF-8"))
        }
        Err(_) => {
            assert!(std::env::var_os("CI").is_none(), "pdftotext (poppler-utils) is needed");
            println!("skipped: no pdftotext");
            None
        }
    }
}

fn assert_holds_every_value(text: &str, report: &Report) {
    for value in report.findings.iter().flat_map(|finding| &finding.measurements) {
        let printed = text::printed(value.quantity, value.value);
        assert!(text.split_whitespace().any(|word| word == printed), "{printed} is missing in\n{text}");
    }
}

#[test]
fn the_pdf_holds_every_value_every_reason_and_the_notice() {
    let Some(text) = text_of(&PAGE.pdf) else { return };
    assert_holds_every_value(&text, &study().report);
    for words in [
        crate::RESEARCH_USE_ONLY,
        "not measured [1]",
        "touches the edge",
        "(BORDER_MASK)",
        "(SLICE_THICK)",
        "rule out osteoporosis",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    for words in
        ["2024-02-29", "腹部", "<CT> & pelvis", "120 kV", "B30f", "none: values in HU", "TotalSegmentator", "Page 2 of 2"]
    {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
}

#[test]
fn the_labels_that_a_model_is_unsure_of_stand_first_and_in_full() {
    let mut study = study();
    let origin = LabelOrigin::Model {
        name: "model-x".to_owned(),
        version: "1.2.3".to_owned(),
        sha256: "0".repeat(64),
        manifest_sha256: "1".repeat(64),
        licence: "CC0-1.0".to_owned(),
        engine: "ONNX Runtime".to_owned(),
        passes: 12,
        dropout: Some(0.3),
        seed: Some(0),
    };
    (study.report.segmentation, study.labels.origin) = (origin.clone(), origin);
    for (finding, dice) in study.report.findings.iter_mut().zip([0.93, 0.71, 0.96, 0.88]) {
        let (structure, side) = (finding.structure, finding.side);
        let doubt = StructureUncertainty { variance: 0.001_234_5, usual_variance: Some(0.002), predicted_dice: Some(dice) };
        study.labels.doubts.structures.insert((structure, side), doubt);
        finding.uncertainty = Uncertainty::MonteCarloDropout { predictive_variance: 0.001_234_5, predicted_dice: Some(dice) };
    }
    let Some(text) = text_of(&study.draw().pdf) else { return };
    for words in [
        "model-x 1.2.3, 12 passes, ONNX Runtime",
        "L2 vertebra: Predicted Dice 0.71, Predictive variance 0.00123",
        "Predicted Dice: L4 vertebra 0.88; L1 vertebra 0.93; L3 vertebra 0.96",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    assert!(!text.contains(words::UNCERTAINTY_NOTE.of(Language::En)), "{text}");
    assert!(text_of(&PAGE.pdf).is_some_and(|text| text.contains(words::UNCERTAINTY_NOTE.of(Language::En))));
}

#[test]
fn nothing_that_names_the_patient_is_drawn() {
    let Some(text) = text_of(&PAGE.pdf) else { return };
    for secret in ["Geheim", "Vorname", "PATIENTID99", "ACCESSION77", "1948"] {
        assert!(!text.contains(secret), "{secret} is on the page");
    }
}

#[test]
fn the_pixels_are_as_many_as_promised_and_show_structure_colours() {
    let page = &*PAGE;
    assert_eq!(page.rgb.len(), page.width as usize * page.height as usize * 3);
    assert_eq!(page.width, 1684);
    assert_eq!(page.height, 2 * 1190);
    let shows = |color: [u8; 3]| page.rgb.as_chunks::<3>().0.contains(&color);
    for structure in [Structure::L1, Structure::L4, Structure::ErectorSpinae, Structure::GluteusMaximus] {
        assert!(shows(overlay::outline_color(structure.color())), "{structure:?}");
    }
    assert_eq!(&page.png().expect("a PNG")[1..4], b"PNG");
}

#[test]
fn the_same_study_gives_the_same_bytes() {
    assert!(study().draw() == *PAGE);
}

#[test]
fn without_vertebrae_there_is_no_lumbar_page() {
    let masks = muscles(3);
    let findings = findings(&masks);
    let page = study_of(masks, report(findings)).draw();
    assert_eq!(page.height, 1190);
    let Some(text) = text_of(&page.pdf) else { return };
    assert!(text.contains("Muscle") && !text.contains("Lumbar"), "{text}");
}

#[test]
fn a_report_without_findings_is_a_page_that_says_so() {
    let page = study_of(Vec::new(), report(Vec::new())).draw();
    let Some(text) = text_of(&page.pdf) else { return };
    assert!(text.contains("No finding") && text.contains("(SLICE_THICK)"), "{text}");
}

#[test]
fn every_quantity_of_either_side_and_of_none_is_shown() {
    let quantities = [
        Quantity::Volume,
        Quantity::AttenuationMean,
        Quantity::AttenuationMedian,
        Quantity::AttenuationSd,
        Quantity::FatVoxelShare,
    ];
    let mut masks = muscles(2);
    masks.push(StructureMask { side: Side::None, ..masks[0].clone() });
    let finding = |(i, mask): (usize, &StructureMask)| {
        let value = |(k, quantity)| (Region::Whole, quantity, 100.0 + 10.0 * i as f64 + k as f64 + 0.25);
        measured(mask, &quantities.into_iter().enumerate().map(value).collect::<Vec<_>>())
    };
    let findings = masks.iter().enumerate().map(finding).collect();
    let study = study_of(masks, report(findings));
    let Some(text) = text_of(&study.draw().pdf) else { return };
    assert_holds_every_value(&text, &study.report);
    assert!(text.contains("side not stated"), "{text}");
}

#[test]
fn many_findings_with_long_reasons_go_on_over_more_pages() {
    let masks = muscles(16);
    let mut report = report(findings(&masks));
    for (i, finding) in report.findings.iter_mut().enumerate().filter(|(i, _)| i % 3 == 0) {
        missing(
            finding,
            &format!("Reason{i}: {}", "the structure lies outside the image; a longer series would do. ".repeat(8)),
        );
    }
    let doubled = report.findings.clone();
    report.findings.extend(doubled);
    let study = study_of(masks, report);
    let page = study.draw();
    assert!(page.height > 1190);
    let Some(text) = text_of(&page.pdf) else { return };
    assert_holds_every_value(&text, &study.report);
    for i in (0..32).step_by(3) {
        assert!(text.contains(&format!("Reason{i}:")), "reason {i}");
    }
    assert!(text.contains("continued"));
}

#[test]
fn foreign_text_of_any_kind_is_drawn_or_cut_but_harms_nothing() {
    let mut study = study();
    study.report.series.description = Some("\u{0}]]></svg><image href=\"/etc/passwd\"/>".repeat(5000));
    study.report.findings[4].not_measured[0].reason = "x".repeat(100_000);
    study.report.quality[0].message = String::new();
    study.series.acquisition.tube_voltage = Some(f64::NAN);
    let page = study.draw();
    let Some(text) = text_of(&page.pdf) else { return };
    assert!(text.contains("]]></svg><image"), "{text}");
}

#[test]
fn a_volume_without_extent_is_an_error_and_a_thin_one_a_page() {
    let mut flat = study();
    flat.volume.grid.steps[0] = [0.0; 3];
    assert!(matches!(draw(flat.source()), Err(WriteError::Page(_))));

    let mut other = study();
    other.volume.grid.shape[0] += 1;
    assert!(matches!(draw(other.source()), Err(WriteError::Page(_))));

    let mut thin = study();
    thin.volume.grid.steps = [[0.0, 0.0, 1e5], [0.0, 1e-5, 0.0], [1e-5, 0.0, 0.0]];
    assert_eq!(thin.draw().width, 1684);
    thin.volume.grid.steps = [[0.0, 0.0, 1e-9], [0.0, 1e9, 0.0], [1e9, 0.0, 0.0]];
    assert_eq!(thin.draw().width, 1684);
}

#[test]
fn a_single_voxel_is_a_page() {
    let mut study = study();
    study.volume.grid.shape = [1, 1, 1];
    study.volume.stored = Array3::from_elem((1, 1, 1), 7).into();
    for mask in study.labels.masks.iter_mut().chain(&mut study.regions) {
        mask.voxels = Array3::from_elem((1, 1, 1), true);
    }
    assert_eq!(study.draw().width, 1684);
    // Masks that lie outside the volume.
    study.labels.masks.iter_mut().for_each(|mask| mask.corner = [usize::MAX / 2; 3]);
    assert_eq!(study.draw().width, 1684);
}
