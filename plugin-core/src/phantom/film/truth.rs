//! What is known of the films: where hips lie on them, and the density that the CT without noise has in the regions of DXA.

use super::{FilmSettings, SOURCE_TO_DETECTOR, SOURCE_TO_HIP};
use crate::anatomy::Side;
use crate::calibration::{Calibration, Conversion, PhantomCalibration, RodSource};
use crate::measure::{Subject, measure};
use crate::phantom::truth::FemurTruth;
use crate::phantom::{Drawing, PhantomSettings, paint, refused, scene, seg};
use crate::progress::Progress;
use crate::read::Acquisition;
use crate::report::{Finding, MeasurementKind, Patient, Quantity, Region};
use crate::results::WriteError;
use crate::settings::Settings;
use crate::units::{GramPerCm2, Material, Mm};
use crate::volume::CtVolume;
use serde::Serialize;

/// Both films show the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::phantom) struct FilmTruth {
    rows: usize,
    columns: usize,
    source_to_detector_mm: Mm,
    /// To the plane of the femoral heads.
    source_to_hip_mm: Mm,
    magnification: f64,
    pub femora: Vec<FilmFemurTruth>,
}

/// One hip on the film.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::phantom) struct FilmFemurTruth {
    pub side: Side,
    /// Row and column of the centre of the head.
    pub head_centre_pixel: [f64; 2],
    /// Radius of the head's shadow in pixels, seen as if the beam were parallel.
    pub head_radius_pixels: f64,
    /// Of the CT without noise, by the recipe `femur-projection/1` with the line of the rods; hydroxyapatite.
    pub femoral_neck: Option<GramPerCm2>,
    pub total_hip: Option<GramPerCm2>,
}

pub(super) fn truth(settings: &PhantomSettings, film: &FilmSettings, drawing: &Drawing) -> Result<FilmTruth, WriteError> {
    let findings = findings(settings, drawing)?;
    let [rows, columns] = film.size();
    let magnification = SOURCE_TO_DETECTOR / SOURCE_TO_HIP;
    let femur = |truth: &FemurTruth| {
        let finding = findings.iter().find(|finding| finding.side == truth.side);
        let density = |region| finding.and_then(|finding| finding.value(region, Quantity::ArealDensity)).map(GramPerCm2);
        let [x, _, z] = truth.head_centre_mm;
        // The heads lie in the plane that the film is centred on.
        let pixels = |mm: f64| mm * magnification / film.pixel_spacing_mm;
        let middle = [rows, columns].map(|side| (side as f64 - 1.0) / 2.0);
        FilmFemurTruth {
            side: truth.side,
            head_centre_pixel: [middle[0] + pixels(super::CENTRE_HEIGHT - z), middle[1] + pixels(x)],
            head_radius_pixels: pixels(truth.head_radius_mm),
            femoral_neck: density(Region::FemoralNeck),
            total_hip: density(Region::TotalHip),
        }
    };
    Ok(FilmTruth {
        rows,
        columns,
        source_to_detector_mm: Mm(SOURCE_TO_DETECTOR),
        source_to_hip_mm: Mm(SOURCE_TO_HIP),
        magnification,
        femora: drawing.truth.femora.iter().map(femur).collect(),
    })
}

/// The femora of the CT without noise.
fn findings(settings: &PhantomSettings, drawing: &Drawing) -> Result<Vec<Finding>, WriteError> {
    let shapes = scene::shapes(settings.mirrored);
    let stored = paint::ct_numbers(&paint::paint(&drawing.grid, &shapes), &shapes, 0.0, 0);
    let volume = CtVolume { grid: drawing.grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 };
    let labels = seg::labels(drawing.grid.clone(), drawing.masks.clone());
    let subject = Subject {
        volume: &volume,
        acquisition: &Acquisition::default(),
        labels: &labels,
        calibration: &line_of_the_rods(),
        patient: &Patient::default(),
        settings: &Settings { measurements: vec![MeasurementKind::FemurBmd], ..Settings::default() },
    };
    Ok(measure(subject, Progress::silent()).map_err(refused)?.findings)
}

/// The line that the rods lie on.
fn line_of_the_rods() -> Calibration {
    Calibration::Phantom(PhantomCalibration {
        phantom: "digital phantom".to_owned(),
        serial: None,
        certificate: None,
        confirmed_by: None,
        rods_from: RodSource::LabelMap,
        conversion: Conversion {
            material: Material::Hydroxyapatite,
            slope: 1.0 / scene::HU_PER_DENSITY,
            intercept: -scene::HU_OF_NO_MINERAL / scene::HU_PER_DENSITY,
            curvature: 0.0,
        },
        r_squared: 1.0,
        residual_sd: 0.0,
        rods: Vec::new(),
    })
}
