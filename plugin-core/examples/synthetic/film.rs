//! A film of the digital phantom, with hips as a model might see them, in memory.

use dicom_dictionary_std::tags;
use ndarray::{Array2, Array3};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::calibration::Calibration;
use plugin_core::measure::{FilmRegion, HipOnFilm};
use plugin_core::phantom::{FilmSettings, PhantomSettings, phantom};
use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, Instance, Radiograph, RadiographHeader, read_radiograph, scan};
use plugin_core::report::{
    Block, Criterion, Finding, GateCode, HipPlace, HipScale, ImageSummary, MagnificationOrigin, Measurement, NotMeasured,
    Patient, Quality, Quantity, RadiographSummary, Region, Report, SCHEMA, SeenView, SeriesSummary, Software, Uncertainty,
};
use plugin_core::results::{FilmImage, Identity, Image, Source};
use plugin_core::segmentation::film::{Attenuation, CropShape, Film, attenuation, crop, film};
use plugin_core::segmentation::{LabelOrigin, StructureMask};
use plugin_core::settings::Language;
use plugin_core::units::Material;

type Failure = Box<dyn std::error::Error>;

const METHOD: &str = "hip-xray/1";
const SHAPE: CropShape = CropShape { size: [192, 160], pixel_spacing_mm: 1.25, centre: [60.0, 60.0], percentiles: [1.0, 99.0] };
/// Crop pixels brighter than this are taken for bone.
const BONE: f32 = 0.55;

/// All that results are written from.
pub struct FilmStudy {
    /// The film as a DICOM file.
    pub file: Vec<u8>,
    pub radiograph: Radiograph,
    pub hips: Vec<HipOnFilm>,
    pub language: Language,
    pub report: Report,
    pub identity: Identity,
}

impl FilmStudy {
    /// Both hips with values, but for one region of the left one.
    pub fn new() -> Result<FilmStudy, Failure> {
        let settings = PhantomSettings {
            slice_spacing_mm: 3.0,
            film: Some(FilmSettings { pixel_spacing_mm: 0.5 }),
            ..PhantomSettings::default()
        };
        let files = phantom(&settings)?.files;
        let named = |name: &str| files.iter().find(|(known, _)| known == name).map(|(_, data)| data.clone());
        let file = named("film-presentation.dcm").ok_or("the phantom has no film")?;
        let truth: serde_json::Value = serde_json::from_slice(&named("truth.json").ok_or("the phantom has no truth")?)?;
        let inputs = Inputs::from_iter([Instance::Bytes { name: "film.dcm".into(), data: file.clone() }]);
        let contents = scan(&inputs, Progress::silent())?;
        let radiograph = read_radiograph(&inputs, contents.radiographs.first().ok_or("the film is no radiograph")?)?;
        let judged = film(&radiograph.header).map_err(|blocks| format!("{blocks:?}"))?;
        let (image, _) = attenuation(&radiograph).map_err(|block| block.reason)?;
        let hips = [Side::Right, Side::Left].map(|side| hip(&image, &judged, side, &truth));
        let hips = hips.into_iter().collect::<Result<Vec<_>, _>>()?;
        let report = report(&radiograph.header, &judged, &hips);
        let identity = Identity::new(&radiograph.header.series_instance_uid, "instances", "labels", "{}");
        Ok(FilmStudy { file, radiograph, hips, language: Language::En, report, identity })
    }

    /// The same film, refused.
    pub fn refuse(&mut self) {
        self.hips.clear();
        self.report.findings.clear();
        self.report.quality.push(Quality::block(GateCode::View, "View Position (0018,5101) is LLO; accepted: AP".into(), None));
        if let ImageSummary::Radiograph { radiograph } = &mut self.report.series.image {
            (radiograph.view, radiograph.hips) = (None, Vec::new());
        }
    }

    pub fn source(&self) -> Source<'_> {
        Source {
            image: Image::Film(FilmImage { film: &self.radiograph, hips: &self.hips }),
            language: self.language,
            report: &self.report,
            identity: &self.identity,
        }
    }
}

fn hip(image: &Attenuation, judged: &Film, side: Side, truth: &serde_json::Value) -> Result<HipOnFilm, Failure> {
    let femora = truth["film"]["femora"].as_array().ok_or("the truth has no femora")?;
    let known = femora.iter().find(|one| one["side"] == side.name()).ok_or("the truth lacks a side")?;
    let head: [f64; 2] = serde_json::from_value(known["head_centre_pixel"].clone())?;
    let cut = crop(image, judged.orientation, &judged.scale, (side, head), &SHAPE).map_err(|block| block.reason)?;
    let density = cut.pixels.mapv(|grey| if grey > BONE { 1.4 * grey } else { 0.0 });
    let within = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
        Array2::from_shape_fn(density.dim(), |(row, column)| {
            rows.contains(&row) && columns.contains(&column) && density[[row, column]] > 0.0
        })
    };
    let neck = within(64..82, 78..92);
    let total = within(64..124, 78..124);
    let regions = [(Region::FemoralNeck, neck), (Region::TotalHip, total)].map(|(region, pixels)| {
        let on_film = Array3::from_shape_fn((1, image.pixels.nrows(), image.pixels.ncols()), |(_, row, column)| {
            let [row, column] = cut.mapping.to_crop([row as f64, column as f64]).map(f64::round);
            row >= 0.0 && column >= 0.0 && pixels.get([row as usize, column as usize]).copied().unwrap_or(false)
        });
        let mask = StructureMask { structure: Structure::Femur, side, corner: [0; 3], voxels: on_film, segments: Vec::new() };
        FilmRegion { region, mask }
    });
    Ok(HipOnFilm { side, head_centre: head, mapping: cut.mapping, density, regions: regions.into() })
}

/// Values that a model might give; that of the left neck is withheld.
fn findings(side: Side) -> Vec<Finding> {
    let more = if side == Side::Left { 0.031_415_9 } else { 0.0 };
    let mut femur = Finding::new(Structure::Femur, side);
    for (region, area) in [(Region::FemoralNeck, 5.123_45), (Region::TotalHip, 34.567_8)] {
        let density = area / 40.0 + 0.6 + more;
        let mineral = |quantity, value| Measurement::mineral(region, quantity, value, METHOD, Material::Hydroxyapatite);
        femur.measurements.extend([
            mineral(Quantity::ArealDensity, density).off_by(Some(0.024_681_3)),
            mineral(Quantity::MineralContent, density * area).off_by(Some(0.1)),
            Measurement::new(region, Quantity::Area, area, METHOD).off_by(Some(0.2)),
            mineral(Quantity::DensityMean, 231.4 + 100.0 * more).off_by(Some(8.765_4)),
        ]);
        femur.not_measured.push(NotMeasured {
            region,
            quantities: vec![Quantity::TScore, Quantity::ZScore, Quantity::PercentYoungAdultMean],
            criteria: vec![Criterion::Who, Criterion::Jsbmr],
            code: GateCode::SimulatedOnly,
            reason: "the model has seen simulated films only; accepted: DXA".into(),
            found: None,
        });
    }
    femur.uncertainty = Uncertainty::MonteCarloDropout { predictive_variance: 0.000_609_167, predicted_dice: None };
    if side == Side::Left {
        femur.measurements.retain(|one| one.region != Region::FemoralNeck);
        let reason = "the femoral neck is in 3 pieces; accepted: one of 95 % and more".to_owned();
        let block = Block { code: GateCode::RegionShape, reason, found: Some(0.71) };
        femur.not_measured[0] = NotMeasured::values(Region::FemoralNeck, &[Quantity::ArealDensity, Quantity::Area], block);
    }
    let muscle = |structure, volume: f64| Finding {
        measurements: vec![
            Measurement::new(Region::Whole, Quantity::Volume, volume + 10.0 * more, METHOD).off_by(Some(9.876)),
            Measurement::new(Region::Whole, Quantity::LeanMass, 0.93 * volume, METHOD).off_by(Some(8.9)),
        ],
        ..Finding::new(structure, side)
    };
    vec![femur, muscle(Structure::GluteusMaximus, 182.3), muscle(Structure::GluteusMedius, 121.25)]
}

fn report(header: &RadiographHeader, judged: &Film, hips: &[HipOnFilm]) -> Report {
    let radiograph = RadiographSummary {
        sop_instance_uid: header.sop_instance_uid.clone(),
        rows: header.size[0],
        columns: header.size[1],
        tube_voltage_kv: header.tube_voltage,
        view_position: header.view.position.clone(),
        laterality: Some("both".into()),
        view: Some(SeenView { name: "ap".into(), probability: 0.987 }),
        scale: Some(HipScale {
            detector_spacing_mm: judged.scale.detector_pixel_mm,
            magnification: judged.scale.magnification.factor,
            magnification_from: MagnificationOrigin::Header,
            spacing_mm: judged.scale.pixel_mm.map(plugin_core::report::six_digits),
        }),
        hips: hips.iter().map(|hip| HipPlace { side: hip.side, head_centre: hip.head_centre }).collect(),
    };
    Report {
        schema: SCHEMA.into(),
        notice: plugin_core::RESEARCH_USE_ONLY.into(),
        software: Software { name: "BoneMuscle".into(), version: plugin_core::VERSION.into() },
        started: "2026-11-20T18:05:09.250+09:00".into(),
        series: SeriesSummary {
            study_instance_uid: header.context.text(tags::STUDY_INSTANCE_UID).map(str::to_owned),
            series_instance_uid: Some(header.series_instance_uid.clone()),
            description: header.view.series_description.clone(),
            image: ImageSummary::Radiograph { radiograph },
            instances_sha256: header.instances_sha256.clone(),
        },
        patient: Patient::default(),
        calibration: Calibration::None,
        references: Vec::new(),
        segmentation: LabelOrigin::Model {
            name: "bonemuscle-hip-xray".into(),
            version: "0.1.0".into(),
            sha256: "5".repeat(64),
            manifest_sha256: "6".repeat(64),
            licence: "CC-BY-4.0".into(),
            engine: "ONNX Runtime 1.28.0, f32".into(),
            passes: 10,
            dropout: Some(0.3),
            seed: Some(7),
        },
        quality: vec![
            Quality::warning(GateCode::SimulatedOnly, plugin_core::SIMULATED_FILMS_ONLY.into(), None),
            Quality::warning(GateCode::Magnification, "the magnification of 1.15 ends at the table".into(), Some(1.15)),
        ],
        findings: [Side::Right, Side::Left].into_iter().flat_map(findings).collect(),
    }
}
