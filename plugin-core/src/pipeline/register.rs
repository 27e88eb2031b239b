//! Where the patient of a CT lay when a film was taken.

mod film;
mod picture;

use super::{Error, choice, not_json, summary};
use crate::geometry::Lps;
use crate::progress::{Progress, Stage};
use crate::projection::{Beam, FilmGeometry, Pose};
use crate::read::{CtSeries, Inputs, RadiographHeader, read_radiograph, scan};
use crate::registration::{
    Film, Registration, RegistrationError, RegistrationSettings, TargetError, overlay, register as register_film,
};
use crate::report::{SeriesSummary, Software};
use crate::results::{OutputFile, WriteError};
use crate::settings::Settings;
use crate::units::Mm;
use crate::volume::assemble;
use dicom_dictionary_std::tags;
use film::{Prepared, prepare};
use picture::picture;
use serde::{Deserialize, Serialize};

/// Identifier of the summary's form.
const SCHEMA: &str = "bonemuscle-registration/1";

/// What one film and a rigid patient cannot tell.
const CAVEATS: [&str; 2] = [
    "One film tells little of depth: the pose along the beam is less certain than across it.",
    "The patient is taken as one rigid body: a joint that is bent otherwise on the film than in the CT is not followed.",
];

/// What to register, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistrationRequest {
    /// Series Instance UID of the CT; absent: the best one.
    pub ct_series: Option<String>,
    /// SOP Instance UID of the radiograph; absent: the only one.
    pub radiograph: Option<String>,
    /// Distance Source to Detector in millimetres, in place of the header's.
    pub source_detector_distance_mm: Option<Mm>,
    /// Distance from the source to the hips in millimetres, in place of the one that follows from the header's magnification.
    pub source_hip_distance_mm: Option<Mm>,
    /// How to search.
    pub search: RegistrationSettings,
    /// Threads to compute with; absent: one per core. Does not change any value.
    pub threads: Option<usize>,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct RegistrationSummary {
    /// `bonemuscle-registration/1`.
    pub schema: &'static str,
    /// [`crate::RESEARCH_USE_ONLY`].
    pub notice: &'static str,
    /// What registered.
    pub software: Software,
    /// The CT.
    pub ct: SeriesSummary,
    /// SOP Instance UID of the radiograph.
    pub radiograph: String,
    /// Sentences about what the headers do not say and what was taken instead.
    pub assumptions: Vec<String>,
    /// What one film cannot tell.
    pub caveats: [&'static str; 2],
    /// How it was searched.
    pub search: RegistrationSettings,
    /// The pose; none where it is refused.
    pub found: Option<Found>,
    /// Why there is no pose.
    pub refused: Option<String>,
}

/// The set-up of the film, upright: the patient's left at its right border, the feet at its lower one.
#[derive(Debug, Clone, Serialize)]
pub struct Geometry {
    /// Distances and detector.
    pub film: FilmGeometry,
    /// The point of the CT that the central ray runs through at the distance of the axis.
    pub centre_mm: Lps,
    /// The focal spot; none where rays are parallel.
    pub source_mm: Option<Lps>,
    /// Centre of the first pixel.
    pub first_pixel_mm: Lps,
    /// From a pixel to the one below it, and to the one right of it.
    pub pixel_steps_mm: [Lps; 2],
}

/// A pose and how sure it is.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// Source and detector in the CT's coordinates, where they stand still; LPS, millimetres.
    pub geometry: Geometry,
    /// How the patient moved from the CT to the film: degrees about x, y, z of LPS through `centre`, then millimetres.
    pub pose: Pose,
    /// By `search.similarity`; 1 is a film that looks like the projected bones.
    pub similarity: f64,
    /// Restarts that were run: `search.restarts`, or three where the first three agreed.
    pub restarts: usize,
    /// Those that ended in this pose.
    pub agreeing_restarts: usize,
    /// The largest mean distance of the bone in view between them, in the plane of the film and in depth.
    pub spread: TargetError,
    /// Projections that were compared.
    pub evaluations: usize,
}

/// A registration as files.
#[derive(Debug)]
pub struct Registered {
    /// What was found; also `registration.json`.
    pub summary: RegistrationSummary,
    /// `registration.json`, and `overlay.png` where there is a pose.
    pub files: Vec<OutputFile>,
}

/// Registers the radiograph in `inputs` with the CT in `inputs`, which may be of two studies. A pose that is not to be trusted is left
/// out, with the reason; the same input and seed give the same bytes.
pub fn register(inputs: &Inputs<'_>, request: &RegistrationRequest, progress: Progress<'_>) -> Result<Registered, Error> {
    if let Some(image) = &inputs.volume {
        let name = image.name();
        return Err(Error::Settings(format!("{name} is an image without DICOM; a CT is registered from its DICOM files")));
    }
    let search = request.search.clone().complete()?;
    let contents = scan(inputs, progress)?;
    let settings = Settings { series_instance_uid: request.ct_series.clone(), ..Settings::default() };
    let chosen = choice::choose_ct(&contents, &settings)?;
    let header = film::choose(&contents.radiographs, request.radiograph.as_deref())?;
    let Prepared { attenuation, exposed, geometry, shrunk, mut assumptions, landmark } =
        prepare(&read_radiograph(inputs, header)?, request)?;
    assumptions.extend(of_choice(chosen.series, header, &chosen.others));
    let volume = assemble(chosen.series, inputs, progress)?;
    let small = Film { attenuation: &attenuation, exposed: &exposed, geometry: shrunk };
    let (registration, refused) =
        match register_film(&small, &volume, &RegistrationSettings { landmark, ..search.clone() }, progress) {
            Ok(registration) => (Some(registration), None),
            Err(error @ (RegistrationError::Unlike { .. } | RegistrationError::Disagreement { .. })) => {
                (None, Some(error.to_string()))
            }
            Err(error) => return Err(error.into()),
        };
    progress.report(Stage::Write, 0.0)?;
    let mut files = Vec::new();
    if let Some(Registration { projection, .. }) = &registration {
        let bytes =
            picture(&overlay(&attenuation, projection), [projection.nrows(), projection.ncols()]).map_err(WriteError::from)?;
        files.push(OutputFile { name: "overlay.png", media_type: "image/png", bytes });
    }
    let summary = RegistrationSummary {
        schema: SCHEMA,
        notice: crate::RESEARCH_USE_ONLY,
        software: summary::software(),
        ct: summary::series(Some(chosen.series), &volume),
        radiograph: header.sop_instance_uid.clone(),
        assumptions,
        caveats: CAVEATS,
        search,
        found: registration.map(|registration| found(registration, geometry)).transpose()?,
        refused,
    };
    let bytes = serde_json::to_vec_pretty(&summary).map_err(not_json)?;
    files.insert(0, OutputFile { name: "registration.json", media_type: "application/json", bytes });
    progress.report(Stage::Write, 1.0)?;
    Ok(Registered { summary, files })
}

/// What makes it doubtful that CT and film belong together.
fn of_choice(series: &CtSeries, header: &RadiographHeader, others: &[String]) -> Vec<String> {
    let mut sentences = Vec::new();
    if series.context.text(tags::PATIENT_ID) != header.context.text(tags::PATIENT_ID) {
        sentences.push("Patient ID (0010,0020) of CT and film differ: they were taken to be of one patient".to_owned());
    }
    if !others.is_empty() {
        sentences.push(format!("{} other CT series could be registered as well: the best one was taken", others.len()));
    }
    sentences
}

fn found(registration: Registration, film: FilmGeometry) -> Result<Found, Error> {
    let Registration { pose, similarity, restarts, agreeing, spread, evaluations, .. } = registration;
    let geometry = geometry_of(film, pose.centre)?;
    Ok(Found { geometry, pose, similarity, restarts, agreeing_restarts: agreeing, spread, evaluations })
}

/// Source and detector as the geometry has them, of the whole film.
fn geometry_of(film: FilmGeometry, centre_mm: Lps) -> Result<Geometry, Error> {
    let view = film.antero_posterior(centre_mm).map_err(|error| Error::Settings(error.to_string()))?;
    let source_mm = match view.beam {
        Beam::Cone { source } => Some(source),
        Beam::Parallel { .. } => None,
    };
    let detector = view.detector;
    let (first_pixel_mm, pixel_steps_mm) = (detector.first, [detector.row_step, detector.column_step]);
    Ok(Geometry { film, centre_mm, source_mm, first_pixel_mm, pixel_steps_mm })
}
