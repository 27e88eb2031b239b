//! From a film and a CT to a pose.

use super::bone::Bone;
use super::cmaes::{Search, minimise};
use super::stage::{Region, Stage};
use super::target::{TargetError, target_error};
use super::{Film, Registration, RegistrationError, RegistrationSettings};
use crate::geometry::{Lps, dot, norm, subtract};
use crate::progress::{Cancelled, Progress, Stage as Step};
use crate::projection::{Beam, FilmBeam, Pose, View, project};
use crate::units::Mm;
use crate::volume::CtVolume;
use rayon::prelude::*;

/// Sides of a pixel on the detector and of a voxel at each resolution, coarsest first.
const PIXEL_AND_VOXEL_MM: [[f64; 2]; 3] = [[6.0, 4.0], [3.0, 3.0], [2.0, 1.5]];

/// How one level is searched. Variables are the pose's translation (right to left, front to back, feet to head) and
/// rotation (about the same axes), in millimetres and degrees.
struct Level {
    population: usize,
    evaluations: usize,
    /// Standard deviations of the first steps.
    deviation: [f64; 6],
    /// Bounds on either side of the level's start.
    reach: [f64; 6],
    tolerance: f64,
}

/// Depth, the second variable, is the least visible one and gets the widest steps. The third level has the resolution of the second, and
/// is searched on the pixels that the second one's pose explains: what that may leave out draws it aside, by up to a few millimetres in
/// the plane and tens in depth.
const LEVELS: [Level; 4] = [
    Level {
        population: 32,
        evaluations: 640,
        deviation: [8.0, 10.0, 8.0, 5.0, 5.0, 5.0],
        reach: [50.0, 60.0, 50.0, 30.0, 30.0, 30.0],
        tolerance: 0.02,
    },
    Level {
        population: 14,
        evaluations: 280,
        deviation: [1.5, 5.0, 1.5, 1.5, 1.5, 1.5],
        reach: [12.0, 40.0, 12.0, 12.0, 12.0, 12.0],
        tolerance: 0.02,
    },
    Level {
        population: 14,
        evaluations: 420,
        deviation: [1.0, 4.0, 1.0, 1.0, 1.0, 1.0],
        reach: [8.0, 40.0, 8.0, 8.0, 8.0, 8.0],
        tolerance: 0.02,
    },
    Level {
        population: 14,
        evaluations: 1000,
        deviation: [0.4, 3.0, 0.4, 0.5, 0.5, 0.5],
        reach: [4.0, 25.0, 4.0, 5.0, 5.0, 5.0],
        tolerance: 0.004,
    },
];

/// Lattice of the first placement, and how far it goes to either side of the middle of the film.
const LATTICE_MM: f64 = 12.0;
const SIDEWAYS_MM: f64 = 60.0;

/// Distances between poses are measured on blocks of bone of this size.
const TARGETS_MM: f64 = 8.0;

/// Of the finest level's crop, in pixels of the level before.
const MARGIN: usize = 8;

/// How far the settled levels stay away from what the CT does not explain at their start, in pixels: about as far as they move bone.
const SETTLED: usize = 2;

/// Where the first so many searches end in one place no more are begun. They are the first of those that would be run, so that the best
/// of them is no more like the film than the best of all: a threshold that holds for all holds for them.
const UNANIMOUS: usize = 3;

/// A film that is narrower shows no hip.
const LEAST_FILM_MM: f64 = 100.0;

/// Registers `film` with the CT, on the calling thread's rayon pool. The same input and seed give the same bits on any number of
/// threads.
pub fn register(
    film: &Film<'_>,
    volume: &CtVolume<'_>,
    settings: &RegistrationSettings,
    progress: Progress<'_>,
) -> Result<Registration, RegistrationError> {
    settings.check()?;
    check_film(film)?;
    let bone = Bone::of(volume, settings.bone_threshold_hu)?;
    let centre = settings.landmark.map_or_else(|| bone.centre(), |landmark| landmark.ct_mm);
    let view = film.geometry.antero_posterior(centre).map_err(|error| RegistrationError::Settings(error.to_string()))?;
    let whole = Region { rows: 0..film.geometry.rows, columns: 0..film.geometry.columns };
    let stage = |sides_mm, region| Stage::new(film, &view, region, &bone, sides_mm, settings.similarity);
    let [coarse_mm, middle_mm, fine_mm] = PIXEL_AND_VOXEL_MM;
    let mut run = Run { settings, progress, evaluations: 0, expected: expected(settings) };
    let coarse = stage(coarse_mm, whole.clone());
    let start = match settings.landmark {
        Some(landmark) => on_pixel(&view, film, centre, landmark.film_pixel),
        None => run.placed(&coarse, &bone, centre)?,
    };
    let middle = stage(middle_mm, whole);
    let mut found: Vec<Found> = Vec::new();
    for restart in 0..settings.restarts {
        let rough = run.level(0, &coarse, &start, restart)?;
        let near = run.level(1, &middle, &rough.pose, restart)?;
        found.push(run.level(2, &middle.settled(&near.pose, SETTLED), &near.pose, restart)?);
        if found.len() == UNANIMOUS && agreement(&view, &bone, &found, settings).agreeing.len() == UNANIMOUS {
            break;
        }
    }
    let Agreement { best, targets, agreeing, others } = agreement(&view, &bone, &found, settings);
    if agreeing.len() < needed(found.len()) {
        let nearest_mm = others.iter().map(|error| error.in_plane_mm).fold(f64::INFINITY, f64::min);
        let (agreeing, restarts, most_mm) = (agreeing.len(), found.len(), settings.most_disagreement_mm);
        return Err(RegistrationError::Disagreement { agreeing, restarts, nearest_mm, most_mm });
    }
    run.expected = run.evaluations + LEVELS[3].evaluations;
    let fine = stage(fine_mm, middle.shadow(&best.pose, MARGIN)).settled(&best.pose, SETTLED);
    let Found { pose, similarity } = run.level(3, &fine, &best.pose, 0)?;
    let least = settings.least()?;
    if similarity < least {
        return Err(RegistrationError::Unlike { found: similarity, least });
    }
    let projection = project(bone.field.view(), &pose.apply_to_grid(&bone.grid), &view);
    let (restarts, evaluations) = (found.len(), run.evaluations);
    let (agreeing, spread) = (agreeing.len(), spread(&agreeing));
    Ok(Registration { pose, view, similarity, restarts, agreeing, spread, evaluations, targets, projection })
}

fn check_film(film: &Film<'_>) -> Result<(), RegistrationError> {
    let geometry = &film.geometry;
    let shape = (geometry.rows, geometry.columns);
    if film.attenuation.dim() != shape || film.exposed.dim() != shape {
        return Err(RegistrationError::Settings(format!("the geometry's {shape:?} pixels are not those of the film")));
    }
    let [high, wide] = geometry.pixel_spacing_mm.map(|spacing| spacing.0);
    let found_mm = (high * geometry.rows as f64).min(wide * geometry.columns as f64);
    // Not `<`, so that NaN is refused too.
    if found_mm >= LEAST_FILM_MM {
        return Ok(());
    }
    Err(RegistrationError::SmallFilm { found_mm, least_mm: LEAST_FILM_MM })
}

/// The evaluations of all levels, for the progress.
fn expected(settings: &RegistrationSettings) -> usize {
    settings.restarts * (LEVELS[0].evaluations + LEVELS[1].evaluations + LEVELS[2].evaluations) + LEVELS[3].evaluations
}

/// A pose and its similarity.
#[derive(Debug, Clone)]
struct Found {
    pose: Pose,
    similarity: f64,
}

struct Run<'a> {
    settings: &'a RegistrationSettings,
    progress: Progress<'a>,
    evaluations: usize,
    expected: usize,
}

impl Run<'_> {
    /// Step 2 of the recipe; a lattice point counts as the middle of the bones, of which the film may show any part.
    fn placed(&mut self, stage: &Stage, bone: &Bone, centre: Lps) -> Result<Pose, Cancelled> {
        let up = |corner: [f64; 3]| bone.grid.to_patient(corner)[2] - centre[2];
        let far = bone.grid.shape.map(|side| side as f64);
        let reach = (0..8).map(|corner: usize| up(std::array::from_fn(|axis| far[axis] * (corner >> axis & 1) as f64)).abs());
        let steps = |reach: f64| (reach / LATTICE_MM).floor() as i64;
        let upwards = steps(reach.fold(0.0, f64::max));
        let sideways = steps(SIDEWAYS_MM);
        let places: Vec<Pose> = (-upwards..=upwards)
            .flat_map(|up| (-sideways..=sideways).map(move |side| [side as f64 * LATTICE_MM, 0.0, up as f64 * LATTICE_MM]))
            .map(|translation_mm| Pose { translation_mm, centre, ..Pose::default() })
            .collect();
        self.progress.report(Step::Measure, 0.0)?;
        let similarities: Vec<f64> = places.par_iter().map(|pose| stage.similarity(pose)).collect();
        self.evaluations += places.len();
        self.expected += places.len();
        let best = (0..places.len()).fold(0, |best, at| if similarities[at] > similarities[best] { at } else { best });
        Ok(places[best])
    }

    fn level(&mut self, number: usize, stage: &Stage, start: &Pose, restart: usize) -> Result<Found, Cancelled> {
        let level = &LEVELS[number];
        let centre = variables(start);
        let search = Search {
            start: centre,
            deviation: level.deviation,
            bounds: std::array::from_fn(|i| [centre[i] - level.reach[i], centre[i] + level.reach[i]]),
            population: level.population,
            evaluations: level.evaluations,
            tolerance: level.tolerance,
            // A seed of its own for each search, whatever the order they are run in.
            seed: self.settings.seed.wrapping_mul(64).wrapping_add((restart * LEVELS.len() + number) as u64),
        };
        let pose = |at: &[f64; 6]| pose(at, start.centre);
        let (done, expected, progress) = (self.evaluations, self.expected, self.progress);
        let heard = |more: usize| progress.report(Step::Measure, (done + more) as f32 / expected as f32);
        let minimum = minimise(&search, |at| -stage.similarity(&pose(at)), heard)?;
        self.evaluations += minimum.evaluations;
        Ok(Found { pose: pose(&minimum.at), similarity: -minimum.value })
    }
}

fn variables(pose: &Pose) -> [f64; 6] {
    let ([x, y, z], [a, b, c]) = (pose.translation_mm, pose.rotation_degrees);
    [x, y, z, a, b, c]
}

fn pose(&[x, y, z, a, b, c]: &[f64; 6], centre: Lps) -> Pose {
    Pose { rotation_degrees: [a, b, c], translation_mm: [x, y, z], centre }
}

/// The pose that puts `centre` on a pixel of the film, at the depth of the axis.
fn on_pixel(view: &View, film: &Film<'_>, centre: Lps, pixel: [f64; 2]) -> Pose {
    let shrink = match film.geometry.beam {
        FilmBeam::Cone { source_detector_distance_mm: Mm(detector), source_axis_distance_mm: Mm(axis) } => axis / detector,
        FilmBeam::Parallel => 1.0,
    };
    let off = subtract(view.detector.to_patient(pixel), centre);
    Pose { translation_mm: [off[0] * shrink, 0.0, off[2] * shrink], centre, ..Pose::default() }
}

/// The bone whose shadow falls on the detector.
fn targets(bone: &Bone, view: &View, pose: &Pose) -> Vec<Lps> {
    let mut points = bone.shrunk(TARGETS_MM).points();
    points.retain(|point| falls_on(view, pose.apply(*point)));
    points
}

fn falls_on(view: &View, point: Lps) -> bool {
    let detector = &view.detector;
    let normal = crate::geometry::cross(detector.row_step, detector.column_step);
    let ray = match view.beam {
        Beam::Cone { source } => subtract(point, source),
        Beam::Parallel { direction } => direction,
    };
    let way = dot(subtract(detector.first, point), normal) / dot(ray, normal);
    let hit = subtract(crate::geometry::add_scaled(point, ray, way), detector.first);
    let at = |step: Lps| dot(hit, step) / norm(step).powi(2);
    let on = |at: f64, count: usize| (-0.5..count as f64 - 0.5).contains(&at);
    on(at(detector.row_step), detector.rows) && on(at(detector.column_step), detector.columns)
}

/// How many of the restarts must agree, the best one included.
pub(super) fn needed(restarts: usize) -> usize {
    restarts.div_ceil(3).max(2)
}

/// Where the restarts ended.
struct Agreement<'a> {
    /// The most similar one.
    best: &'a Found,
    /// The bone in view there.
    targets: Vec<Lps>,
    /// How far those lie from it that agree, itself included.
    agreeing: Vec<TargetError>,
    others: Vec<TargetError>,
}

fn agreement<'a>(view: &View, bone: &Bone, found: &'a [Found], settings: &RegistrationSettings) -> Agreement<'a> {
    // The first of equals, so that the choice does not depend on anything but the input.
    let best = found.iter().fold(&found[0], |best, one| if one.similarity > best.similarity { one } else { best });
    let targets = targets(bone, view, &best.pose);
    let errors = found.iter().map(|one| target_error(view, &targets, &one.pose, &best.pose));
    let (agreeing, others) = errors.partition(|error| error.in_plane_mm <= settings.most_disagreement_mm);
    Agreement { best, targets, agreeing, others }
}

/// The largest of each part.
fn spread(errors: &[TargetError]) -> TargetError {
    let largest = |part: fn(&TargetError) -> f64| errors.iter().map(part).fold(0.0, f64::max);
    TargetError {
        total_mm: largest(|error| error.total_mm),
        in_plane_mm: largest(|error| error.in_plane_mm),
        depth_mm: largest(|error| error.depth_mm),
    }
}
