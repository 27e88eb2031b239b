//! A small digital CT study with known answers: abdomen and pelvis of a patient who is made of simple solids.
//!
//! `scene` lists the solids, `paint` turns them to voxels and masks, `ct`, `seg` and `film` write DICOM, `truth` says what a
//! measurement should find. The same settings give the same bytes.

mod ct;
mod femur;
mod film;
mod noise;
mod object;
mod paint;
mod scene;
mod seg;
mod solid;
mod spine;
mod truth;

pub use film::FilmSettings;

use crate::geometry::Grid;
use crate::results::{Identity, WriteError};
use crate::segmentation::StructureMask;
use ndarray::Array3;
use serde::{Deserialize, Serialize};

/// How the phantom is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PhantomSettings {
    /// Pixel spacing in millimetres, 0.5 to 5.
    pub pixel_spacing_mm: f64,
    /// Slice thickness and spacing in millimetres, 0.5 to 10.
    pub slice_spacing_mm: f64,
    /// Standard deviation of the noise in HU, 0 to 200.
    pub noise_hu: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// Gantry tilt in degrees, -30 to 30: slices lean while the table moves along z, so the grid is sheared.
    pub tilt_degrees: f64,
    /// Turn of the image about the patient's z axis in degrees, -30 to 30: rows no longer run from right to left.
    pub oblique_degrees: f64,
    /// Swaps left and right of the whole patient.
    pub mirrored: bool,
    /// Patient's Name (0010,0010), with its component groups; written in ISO_IR 192.
    pub patient_name: String,
    /// AP films of the pelvis of the same patient, in a study of their own; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub film: Option<FilmSettings>,
}

impl Default for PhantomSettings {
    fn default() -> Self {
        PhantomSettings {
            pixel_spacing_mm: 1.5,
            slice_spacing_mm: 2.0,
            noise_hu: 10.0,
            seed: 1,
            tilt_degrees: 0.0,
            oblique_degrees: 0.0,
            mirrored: false,
            patient_name: "Phantom^Digital".to_owned(),
            film: None,
        }
    }
}

impl PhantomSettings {
    fn check(&self) -> Result<(), PhantomError> {
        for (name, value, least, most) in [
            ("pixel_spacing_mm", self.pixel_spacing_mm, 0.5, 5.0),
            ("slice_spacing_mm", self.slice_spacing_mm, 0.5, 10.0),
            ("noise_hu", self.noise_hu, 0.0, 200.0),
            ("tilt_degrees", self.tilt_degrees, -30.0, 30.0),
            ("oblique_degrees", self.oblique_degrees, -30.0, 30.0),
        ] {
            if !(least..=most).contains(&value) {
                return Err(PhantomError::Settings(format!("{name} is {value}; accepted: {least} to {most}")));
            }
        }
        self.film.as_ref().map_or(Ok(()), FilmSettings::check)
    }
}

/// Why there is no phantom.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhantomError {
    /// The settings ask for what cannot be drawn.
    #[error("settings: {0}")]
    Settings(String),
    /// The files could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The files of one phantom study.
#[derive(Debug, Clone)]
pub struct Phantom {
    /// `(file name, bytes)`: `ct-0001.dcm` ..., `seg.dcm`, `film-presentation.dcm` and `film-processing.dcm` where films were asked
    /// for, `truth.json`.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The phantom before it is written.
struct Drawing {
    grid: Grid,
    /// HU, `[slice, row, column]`.
    hu: Array3<i16>,
    masks: Vec<StructureMask>,
    truth: truth::Truth,
}

/// Draws the phantom and its SEG.
pub fn phantom(settings: &PhantomSettings) -> Result<Phantom, PhantomError> {
    settings.check()?;
    let mut drawing = draw(settings);
    let identity = identity(settings)?;
    let slices = ct::files(settings, &identity, &drawing.grid, &drawing.hu)?;
    let films = match &settings.film {
        Some(film) => film::films(settings, film, &identity, &mut drawing)?,
        None => Vec::new(),
    };
    let truth = serde_json::to_vec_pretty(&drawing.truth).map_err(refused)?;
    let mut files: Vec<_> = (1..).map(|i| format!("ct-{i:04}.dcm")).zip(slices).collect();
    let seg = seg::file(&files, drawing, &identity)?;
    files.push(("seg.dcm".to_owned(), seg));
    files.extend(films);
    files.push(("truth.json".to_owned(), truth));
    Ok(Phantom { files })
}

fn draw(settings: &PhantomSettings) -> Drawing {
    let grid = paint::grid(settings);
    let shapes = scene::shapes(settings.mirrored);
    let painted = paint::paint(&grid, &shapes);
    Drawing {
        hu: paint::ct_numbers(&painted, &shapes, settings.noise_hu, settings.seed),
        masks: paint::masks(&painted, &shapes),
        truth: truth::truth(settings, &grid, &shapes, &painted),
        grid,
    }
}

/// All UIDs come from the settings.
fn identity(settings: &PhantomSettings) -> Result<Identity, WriteError> {
    Ok(Identity::new("digital phantom", "", "", &serde_json::to_string(settings).map_err(refused)?))
}

fn refused(detail: impl std::fmt::Display) -> WriteError {
    WriteError::Dicom { object: "phantom", detail: detail.to_string() }
}

#[cfg(test)]
mod tests;
