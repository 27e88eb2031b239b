//! AP films of the phantom's pelvis: the same patient without table and density phantom, seen by a cone beam of one energy.
//!
//! The beam has one energy and there is no scatter, so that what a film shows can be computed by hand. Counts have the spread of photons.

mod object;
mod truth;

pub(super) use truth::FilmTruth;

use super::{Drawing, PhantomError, PhantomSettings, femur, paint, scene};
use crate::projection::{FilmBeam, FilmGeometry, View, project};
use crate::random::Noise;
use crate::results::{Identity, WriteError};
use crate::units::Mm;
use ndarray::{Array2, Axis};
use object::Kind;
use serde::{Deserialize, Serialize};

/// Attenuation of water at 70 keV per millimetre: NIST's 0.2059 cm2/g at 60 keV and 0.1837 cm2/g at 80 keV, interpolated in their
/// logarithms. It is about the energy that 120 kV stands for, at which the phantom's HU are read.
const WATER_PER_MM: f64 = 0.019_36;
/// Photons that reach a square millimetre of the detector where nothing is in the way. Behind 22 cm of water 40 000 are left.
const PHOTONS_PER_MM2: f64 = 3e6;
/// Distance Source to Detector (0018,1110).
const SOURCE_TO_DETECTOR: f64 = 1150.0;
/// From the source to the plane of the femoral heads: a magnification of 1.15.
const SOURCE_TO_HIP: f64 = 1000.0;
/// LPS y of the patient's back, where a table would be.
const BACK: f64 = 110.0;
/// Height of the central ray: the film then shows no more of the patient than the CT's field does, front and back.
const CENTRE_HEIGHT: f64 = 60.0;
/// Height and width of the detector in millimetres.
const DETECTOR: [f64; 2] = [300.0, 430.0];
/// The detector's largest value, in 16 bits.
const FULL_SCALE: f64 = 65_535.0;
/// What a film for people stores per unit of attenuation, in 12 bits: up to 6.8.
const PER_ATTENUATION: f64 = 600.0;
const LARGEST_SHOWN: f64 = 4095.0;
/// Keeps the noise of films apart from that of CT slices, which count from 0.
const FIRST_STREAM: usize = 1 << 20;

/// How the films are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilmSettings {
    /// Imager Pixel Spacing in millimetres, 0.1 to 3.
    pub pixel_spacing_mm: f64,
}

impl Default for FilmSettings {
    fn default() -> Self {
        FilmSettings { pixel_spacing_mm: 0.3 }
    }
}

impl FilmSettings {
    pub(super) fn check(&self) -> Result<(), PhantomError> {
        let accepted = 0.1..=3.0;
        if accepted.contains(&self.pixel_spacing_mm) {
            return Ok(());
        }
        let (least, most) = (accepted.start(), accepted.end());
        Err(PhantomError::Settings(format!("film.pixel_spacing_mm is {}; accepted: {least} to {most}", self.pixel_spacing_mm)))
    }

    fn size(&self) -> [usize; 2] {
        DETECTOR.map(|side| (side / self.pixel_spacing_mm).round() as usize)
    }

    fn view(&self) -> Result<View, WriteError> {
        let [rows, columns] = self.size();
        let film = FilmGeometry {
            rows,
            columns,
            pixel_spacing_mm: [Mm(self.pixel_spacing_mm); 2],
            principal_point: None,
            beam: FilmBeam::Cone {
                source_detector_distance_mm: Mm(SOURCE_TO_DETECTOR),
                source_axis_distance_mm: Mm(SOURCE_TO_HIP),
            },
        };
        film.antero_posterior([0.0, femur::HEAD[1], CENTRE_HEIGHT]).map_err(super::refused)
    }
}

/// `film-presentation.dcm` and `film-processing.dcm`; what is known of them goes into the truth of `drawing`.
pub(super) fn films(
    settings: &PhantomSettings,
    film: &FilmSettings,
    identity: &Identity,
    drawing: &mut Drawing,
) -> Result<Vec<(String, Vec<u8>)>, WriteError> {
    let attenuation = attenuation(settings, film, drawing)?;
    drawing.truth.film = Some(truth::truth(settings, film, drawing)?);
    let counts = counts(&attenuation, film, settings.seed);
    [Kind::Presentation, Kind::Processing]
        .map(|kind| Ok((kind.file_name().to_owned(), object::file(settings, film, identity, (kind, &counts))?)))
        .into_iter()
        .collect()
}

/// `-ln(I/I0)` at each pixel.
fn attenuation(settings: &PhantomSettings, film: &FilmSettings, drawing: &Drawing) -> Result<Array2<f32>, WriteError> {
    let shapes = scene::patient(settings.mirrored);
    let hu = paint::ct_numbers(&paint::paint(&drawing.grid, &shapes), &shapes, 0.0, 0);
    let per_mm = hu.mapv(|hu| (WATER_PER_MM * (1.0 + f64::from(hu) / 1000.0)).max(0.0) as f32);
    Ok(project(per_mm.view(), &drawing.grid, &film.view()?))
}

/// What the detector counts, as a share of what it counts without a patient: photons spread around their mean by its square root.
fn counts(attenuation: &Array2<f32>, film: &FilmSettings, seed: u64) -> Array2<f64> {
    let open = PHOTONS_PER_MM2 * film.pixel_spacing_mm.powi(2);
    let mut counts = attenuation.mapv(|attenuation| open * f64::from(-attenuation).exp());
    for (row, mut pixels) in counts.axis_iter_mut(Axis(0)).enumerate() {
        let mut noise = Noise::stream(seed, FIRST_STREAM + row);
        pixels.mapv_inplace(|mean| (mean + mean.sqrt() * noise.normal()).max(0.0) / open);
    }
    counts
}

impl Kind {
    fn file_name(self) -> &'static str {
        match self {
            Kind::Presentation => "film-presentation.dcm",
            Kind::Processing => "film-processing.dcm",
        }
    }

    /// Stored value of a share of the open beam: as the detector counts it, or the logarithm that people look at.
    fn stored(self, share: f64) -> u16 {
        match self {
            Kind::Processing => (share * FULL_SCALE).round().min(FULL_SCALE) as u16,
            Kind::Presentation => {
                let attenuation = -share.max(1.0 / FULL_SCALE).ln();
                (PER_ATTENUATION * attenuation).round().clamp(0.0, LARGEST_SHOWN) as u16
            }
        }
    }
}

#[cfg(test)]
mod tests;
