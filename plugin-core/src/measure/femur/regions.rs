//! Regions of the projected femur: steps 5 to 8 of the recipe in [`super`].

use super::Landmarks;
use super::pose::Frame;
use super::project::Projection;
use crate::geometry::connected::largest;
use crate::report::{Block, GateCode, Region};
use crate::settings::{FemurSettings, NeckRegion};
use ndarray::{Array2, Axis};

/// Width of the strip of Uemura 2022 and of the window of the scan, in millimetres.
const STRIP: f64 = 10.0;
/// Width of the box of Hologic: 15 pixels (ISCD DXA Atlas) of about a millimetre.
const BOX: f64 = 15.0;
/// How far the window of the scan is moved at a time.
const SCAN_STEP: f64 = 0.5;
/// Half of what is across a neck at most, in millimetres.
const HALF_ACROSS: f64 = 20.0;
/// How far from the centre of the neck the notch is looked for, in millimetres.
const NOTCH_REACH: f64 = 60.0;
/// Rise of the upper outline that makes the notch, in millimetres.
const NOTCH_RISE: f64 = 2.0;
/// The junction's points must be so much longer than wide, or their line has no direction.
const LEAST_ELONGATION: f64 = 2.0;

/// What the total hip is made of, in the order of the numbers of a region map.
pub(super) const PARTS: [Region; 3] = [Region::FemoralNeck, Region::Trochanter, Region::Intertrochanter];

/// The part of each pixel as its place in [`PARTS`]; also of pixels beyond the outline.
pub(super) type Parts = Array2<Option<usize>>;

/// A point of the projection, `[lateral, superior]`, millimetres from the centre of the neck.
type Place = [f64; 2];

/// Divides the projection.
pub(super) fn divide(
    projection: &Projection,
    frame: &Frame,
    landmarks: &Landmarks,
    settings: &FemurSettings,
) -> Result<Parts, Block> {
    let junction = HalfPlane::junction(frame, landmarks)?;
    let along = neck_direction(frame, landmarks)?;
    let cut = lowest(frame, landmarks, settings);
    let hip = |place: Place| junction.depth(place) > 0.0 && place[1] > cut;
    let (neck, distal) = match settings.neck {
        NeckRegion::Osaka10mm => {
            let distal = (STRIP - junction.depth([0.0, 0.0])) / dot(along, junction.normal);
            (Neck { across: junction, from: 0.0, to: STRIP }, distal)
        }
        NeckRegion::HologicLike => {
            let (from, length) = free_neck(projection, junction, along, &hip)?;
            let notch = from + length;
            (Neck::across(along, notch - BOX, notch), notch)
        }
        NeckRegion::MinBmdScan => {
            let from = thinnest(projection, along, free_neck(projection, junction, along, &hip)?, &hip)?;
            (Neck::across(along, from, from + STRIP), from + STRIP)
        }
    };
    let middle = along.map(|x| x * distal);
    let split = match landmarks.greater_trochanter_base.as_ref().map(|base| frame.project(*base)) {
        Ok(base) if base[0] > middle[0] => [base[0] - middle[0], base[1] - middle[1]],
        Ok(_) => return Err(implausible("the base of the greater trochanter does not lie lateral of the neck", None)),
        // Nothing lies above it: all is one part.
        Err(_) => [0.0, 0.0],
    };
    let in_hip = |place: Place| hip(place) && neck.across.depth(place) > neck.from;
    let total = largest_piece(&select(projection, &in_hip));
    let strip = largest_piece(&select(projection, &|place| in_hip(place) && neck.across.depth(place) <= neck.to));
    Ok(Array2::from_shape_fn(total.raw_dim(), |(row, column)| {
        let place = projection.raster.place([row, column]);
        let above = split[0] * (place[1] - middle[1]) - split[1] * (place[0] - middle[0]) > 0.0;
        total[[row, column]].then_some(match (strip[[row, column]], above) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        })
    }))
}

/// Height of the distal end of the total hip in the frame.
pub(super) fn lowest(frame: &Frame, landmarks: &Landmarks, settings: &FemurSettings) -> f64 {
    frame.project(landmarks.lesser_trochanter)[1] - settings.distal_mm
}

/// What lies beyond a line, on the side of its normal.
#[derive(Debug, Clone, Copy)]
struct HalfPlane {
    point: Place,
    normal: Place,
}

impl HalfPlane {
    /// How far beyond the line a place lies.
    fn depth(&self, place: Place) -> f64 {
        dot(self.normal, [place[0] - self.point[0], place[1] - self.point[1]])
    }

    /// What lies distal of the junction of head and neck: the line of least squares of distances, not of heights, so that a steep
    /// line is found as well as a flat one.
    fn junction(frame: &Frame, landmarks: &Landmarks) -> Result<HalfPlane, Block> {
        let places = landmarks.junction.map(|point| frame.project(point));
        let mean = [0, 1].map(|axis| places.iter().map(|place| place[axis]).sum::<f64>() / places.len() as f64);
        let sum = |a: usize, b: usize| places.iter().map(|place| (place[a] - mean[a]) * (place[b] - mean[b])).sum::<f64>();
        let (xx, xy, yy) = (sum(0, 0), sum(0, 1), sum(1, 1));
        let spread = ((xx - yy) / 2.0).hypot(xy);
        let elongation = (((xx + yy) / 2.0 + spread) / ((xx + yy) / 2.0 - spread).max(f64::MIN_POSITIVE)).sqrt();
        if elongation < LEAST_ELONGATION {
            return Err(implausible("the junction of head and neck is not seen from its side", Some(elongation)));
        }
        let angle = (2.0 * xy).atan2(xx - yy) / 2.0;
        let normal = [-angle.sin(), angle.cos()];
        let head = frame.project(landmarks.head_centre);
        let line = HalfPlane { point: mean, normal };
        // The centre of the neck is the origin.
        let sign = (line.depth([0.0, 0.0]) - line.depth(head)).signum();
        Ok(HalfPlane { normal: normal.map(|x| x * sign), ..line })
    }
}

/// The neck region lies between two lines: `across.depth` from `from` to `to`.
struct Neck {
    across: HalfPlane,
    from: f64,
    to: f64,
}

impl Neck {
    fn across(along: Place, from: f64, to: f64) -> Neck {
        Neck { across: HalfPlane { point: [0.0, 0.0], normal: along }, from, to }
    }
}

/// Unit vector from head to neck.
fn neck_direction(frame: &Frame, landmarks: &Landmarks) -> Result<Place, Block> {
    let head = frame.project(landmarks.head_centre);
    let length = head[0].hypot(head[1]);
    // Lateral and not steeper than the shaft: else upper and lower outline change places.
    if -head[0] <= 0.2 * length {
        return Err(implausible("the neck does not run from the head to the side", None));
    }
    Ok(head.map(|x| -x / length))
}

/// From where along the neck no line across it meets the head, and how many whole millimetres farther its upper outline rises to
/// the greater trochanter.
fn free_neck(
    projection: &Projection,
    junction: HalfPlane,
    along: Place,
    hip: &dyn Fn(Place) -> bool,
) -> Result<(f64, f64), Block> {
    let up = [-along[1], along[0]];
    let from = (HALF_ACROSS * dot(up, junction.normal).abs() - junction.depth([0.0, 0.0])) / dot(along, junction.normal);
    let mut upper = vec![f64::NEG_INFINITY; (NOTCH_REACH - from).clamp(0.0, 2.0 * NOTCH_REACH) as usize];
    for place in places(projection, &projection.outline).filter(|place| hip(*place)) {
        let bin = (dot(along, place) - from).floor();
        if let Some(height) = (bin >= 0.0).then(|| upper.get_mut(bin as usize)).flatten() {
            *height = height.max(dot(up, place));
        }
    }
    let mut least = f64::INFINITY;
    for (bin, height) in upper.into_iter().enumerate() {
        if height > least + NOTCH_RISE {
            return Ok((from, bin as f64));
        }
        least = least.min(height);
    }
    Err(implausible("the upper outline of the neck has no notch at the greater trochanter", None))
}

/// Start of the window with the lowest mean between head and notch.
fn thinnest(
    projection: &Projection,
    along: Place,
    (from, length): (f64, f64),
    hip: &dyn Fn(Place) -> bool,
) -> Result<f64, Block> {
    let image = projection.content.as_ref().unwrap_or(&projection.attenuation);
    let last = ((length - STRIP) / SCAN_STEP).floor();
    if last < 0.0 {
        return Err(implausible("the neck is too short for a window of 10 mm between head and notch", Some(length)));
    }
    let mut bins = vec![(0.0, 0.0); last as usize + (STRIP / SCAN_STEP) as usize];
    for ((row, column), sum) in image.indexed_iter() {
        let place = projection.raster.place([row, column]);
        let bin = ((dot(along, place) - from) / SCAN_STEP).ceil() - 1.0;
        let bin = if bin >= 0.0 && hip(place) { bins.get_mut(bin as usize) } else { None };
        if let Some((content, area)) = bin {
            *content += sum;
            *area += f64::from(u8::from(projection.outline[[row, column]]));
        }
    }
    let mean = |start: usize| {
        let (content, area) =
            bins[start..start + (STRIP / SCAN_STEP) as usize].iter().fold((0.0, 0.0), |(c, a), bin| (c + bin.0, a + bin.1));
        content / area
    };
    let best = (0..=last as usize).min_by(|a, b| mean(*a).total_cmp(&mean(*b))).unwrap_or(0);
    Ok(from + best as f64 * SCAN_STEP)
}

/// The pixels that show bone and whose places `wanted` accepts.
fn select(projection: &Projection, wanted: &dyn Fn(Place) -> bool) -> Array2<bool> {
    Array2::from_shape_fn(projection.thickness.raw_dim(), |(row, column)| {
        projection.thickness[[row, column]] > 0.0 && wanted(projection.raster.place([row, column]))
    })
}

fn places<'a>(projection: &'a Projection, set: &'a Array2<bool>) -> impl Iterator<Item = Place> + 'a {
    set.indexed_iter().filter(|(_, member)| **member).map(|((row, column), _)| projection.raster.place([row, column]))
}

/// The largest group of pixels that share edges, the first among equals.
fn largest_piece(set: &Array2<bool>) -> Array2<bool> {
    largest(set.view().insert_axis(Axis(0))).index_axis_move(Axis(0), 0)
}

fn dot(a: Place, b: Place) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

fn implausible(what: &str, found: Option<f64>) -> Block {
    Block { code: GateCode::NeckQc, reason: format!("{what}; the landmarks of the femur are not plausible"), found }
}
