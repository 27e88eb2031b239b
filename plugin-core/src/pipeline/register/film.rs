//! A radiograph as it is compared: upright, attenuation, its distances known or assumed.

use super::super::Error;
use super::RegistrationRequest;
use crate::anatomy::Side;
use crate::projection::{FilmBeam, FilmGeometry};
use crate::read::{Radiograph, RadiographHeader};
use crate::registration::{Landmark, RegistrationError, shrink};
use crate::report::{Block, Quality};
use crate::segmentation::film::{Orientation, Scale, attenuation, film, orientation_assumed, scale};
use crate::units::Mm;
use ndarray::Array2;

/// Where Distance Source to Detector is absent: a usual one of pelvis films, which are taken at 1000 to 1150 mm.
const ASSUMED_DETECTOR_MM: f64 = 1100.0;
/// Where no magnification is known: the middle of 1.1 to 1.2.
const ASSUMED_MAGNIFICATION: f64 = 1.15;
/// Finer pixels tell a registration nothing; the picture of it has this size.
const PIXEL_MM: f64 = 0.4;

/// A film, and what was taken for granted of it.
pub(super) struct Prepared {
    /// Larger where more is absorbed, upright, of `shrunk`.
    pub attenuation: Array2<f32>,
    pub exposed: Array2<bool>,
    /// Of the whole film, upright.
    pub geometry: FilmGeometry,
    /// Of the film that is compared.
    pub shrunk: FilmGeometry,
    pub assumptions: Vec<String>,
    /// On `shrunk`.
    pub landmark: Option<Landmark>,
}

/// The radiograph that is named, or the only one.
pub(super) fn choose<'a>(radiographs: &'a [RadiographHeader], named: Option<&str>) -> Result<&'a RadiographHeader, Error> {
    let listed = || radiographs.iter().map(|one| one.sop_instance_uid.as_str()).collect::<Vec<_>>().join("; ");
    match (named, radiographs) {
        (Some(uid), _) => radiographs
            .iter()
            .find(|one| one.sop_instance_uid == uid)
            .ok_or_else(|| Error::Settings(format!("radiograph is {uid}; the radiographs of the input are {}", listed()))),
        (None, [one]) => Ok(one),
        (None, []) => Err(unusable("the input holds none; give a CR or DX image of pelvis or hip".to_owned())),
        (None, several) => Err(Error::Settings(format!(
            "the input holds {} radiographs; name one by its SOP Instance UID: {}",
            several.len(),
            listed()
        ))),
    }
}

/// Refused is what is no AP film of pelvis or hip, or has no scale; a side is not needed, because the CT has both.
pub(super) fn prepare(radiograph: &Radiograph, request: &RegistrationRequest) -> Result<Prepared, Error> {
    let header = &radiograph.header;
    let (orientation, scale, mut remarks) = judged(header)?;
    let (values, of_values) = attenuation(radiograph).map_err(refused)?;
    remarks.extend(of_values);
    let mut assumptions: Vec<String> = remarks.into_iter().map(|remark| remark.message).collect();
    let beam = beam(header, &scale, request, &mut assumptions);
    let spacing = orientation.swapped(detector_spacing(&scale, &mut assumptions));
    assumptions.push("the central ray is not stated in a header: it was taken to meet the middle of the film".to_owned());
    let attenuation = orientation.upright(values.pixels.view(), Side::Left).to_owned();
    let exposed = orientation.upright(radiograph.exposed.view(), Side::Left).to_owned();
    let (rows, columns) = attenuation.dim();
    let geometry = FilmGeometry { rows, columns, pixel_spacing_mm: spacing.map(Mm), principal_point: None, beam };
    // The answer holds the view of the whole film: what it cannot be is told before the search and not after it.
    geometry.antero_posterior([0.0; 3]).map_err(|error| unusable(error.to_string()))?;

    let factor = ((PIXEL_MM / spacing[0].min(spacing[1])).floor() as usize).max(1);
    // A place counts from the centre of the first pixel, which is now the centre of the first block.
    let place = |film: [f64; 2]| film.map(|at| (at - (factor - 1) as f64 / 2.0) / factor as f64);
    let middle = [rows, columns].map(|side| (side as f64 - 1.0) / 2.0);
    let landmark = request.search.landmark.map(|landmark| Landmark {
        film_pixel: place(orientation.to_upright(landmark.film_pixel, Side::Left, header.size)),
        ..landmark
    });
    let attenuation = shrink(&attenuation, factor);
    // A block is exposed where all of it is.
    let exposed = shrink(&exposed.mapv(|exposed| f32::from(u8::from(exposed))), factor).mapv(|share| share >= 1.0);
    let shrunk = FilmGeometry {
        rows: attenuation.nrows(),
        columns: attenuation.ncols(),
        pixel_spacing_mm: spacing.map(|side| Mm(side * factor as f64)),
        principal_point: Some(place(middle)),
        beam,
    };
    Ok(Prepared { attenuation, exposed, geometry, shrunk, assumptions, landmark })
}

/// What the header says of view and scale; what it lacks of side or age does not matter here.
fn judged(header: &RadiographHeader) -> Result<(Orientation, Scale, Vec<Quality>), Error> {
    use crate::report::GateCode::{Child, Laterality};
    match film(header) {
        Ok(judged) => Ok((judged.orientation, judged.scale, judged.quality)),
        Err(blocks) => {
            if let Some(block) = blocks.into_iter().find(|block| !matches!(block.code, Laterality | Child)) {
                return Err(refused(block));
            }
            let (scale, remark) = scale(&header.geometry).map_err(refused)?;
            let orientation = Orientation::of(&header.view).map_err(refused)?;
            let assumed = orientation.is_none().then(orientation_assumed);
            Ok((orientation.unwrap_or(Orientation::STANDARD), scale, remark.into_iter().chain(assumed).collect()))
        }
    }
}

fn refused(block: Block) -> Error {
    unusable(block.reason)
}

fn unusable(reason: String) -> Error {
    Error::Registration(RegistrationError::Radiograph { reason })
}

fn beam(header: &RadiographHeader, scale: &Scale, request: &RegistrationRequest, assumptions: &mut Vec<String>) -> FilmBeam {
    let detector = request.source_detector_distance_mm.or(header.geometry.source_to_detector).unwrap_or_else(|| {
        assumptions.push(format!("Distance Source to Detector (0018,1110) is absent: {ASSUMED_DETECTOR_MM} mm were assumed"));
        Mm(ASSUMED_DETECTOR_MM)
    });
    let hip = request.source_hip_distance_mm.unwrap_or_else(|| {
        let factor = scale.magnification.factor.unwrap_or_else(|| {
            assumptions.push(format!("the magnification is not stated: {ASSUMED_MAGNIFICATION} was assumed"));
            ASSUMED_MAGNIFICATION
        });
        Mm(detector.0 / factor)
    });
    FilmBeam::Cone { source_detector_distance_mm: detector, source_axis_distance_mm: hip }
}

/// Millimetres between rows and columns on the detector.
fn detector_spacing(scale: &Scale, assumptions: &mut Vec<String>) -> [f64; 2] {
    scale.detector_pixel_mm.unwrap_or_else(|| {
        let factor = scale.magnification.factor.unwrap_or(ASSUMED_MAGNIFICATION);
        assumptions.push(format!(
            "Imager Pixel Spacing (0018,1164) is absent: that of the detector was taken to be Pixel Spacing (0028,0030) times {factor}"
        ));
        scale.pixel_mm.map(|side| side * factor)
    })
}
