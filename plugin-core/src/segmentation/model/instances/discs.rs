//! The discs of the vertebral column, along the line through its bodies.
//!
//! Where a disc lies is told by three profiles over circles across the line: the column is interrupted, the CT is darker than the end
//! plates on both sides, and the network changes its mind about the level. Dynamic programming places the discs so that their evidence
//! is greatest and neighbouring vertebrae are about as high as each other.

use super::axis::{BodyAxis, STEP};
use super::classes::{Classes, Role};
use super::sacrum::{Sacrum, is_sacrum};
use crate::geometry::{Index, Lps, add_scaled, cross, unit};

/// Circle of the profiles, as a share of the bodies' radius: clear of the canal and the edges.
const CIRCLE: f64 = 0.6;
/// Distance of the circle's points in millimetres.
const SAMPLE: f64 = 3.0;
/// Height of a vertebra with a disc, in millimetres: 18 a child's or a crushed one, 48 above the largest lumbar vertebra.
const HEIGHT: [f64; 2] = [18.0, 48.0];
/// The usual height and its spread, in millimetres, between thoracic (20-30) and lumbar (30-42).
const USUAL_HEIGHT: [f64; 2] = [31.0, 14.0];
/// Spread of the ratio of neighbouring heights, as its logarithm; a crushed vertebra is about half as high as its neighbours.
const HEIGHT_RATIO: f64 = 0.35;
/// What the end plates and the bodies beside them may be away from a disc, in millimetres.
const SURROUNDINGS: f64 = 15.0;
/// Fall in HU from end plates to a disc that counts fully; at 3 mm they are about 100 to 200 HU brighter.
const FALL: f64 = 150.0;
/// The evidence that a disc needs: a half of an interruption, or both other signs half.
pub(super) const LEAST_EVIDENCE: f64 = 0.4;
/// The lowest disc lies at most as far below and above the sacrum's beginning, in millimetres: a part of the sacrum may be called L5.
const SACRUM_REACH: [f64; 2] = [9.0, 27.0];
/// Cost of a millimetre of vertebra left between sacrum and lowest disc.
const LEFT_OVER: f64 = 0.02;

/// Where the discs are.
pub(super) struct Discs {
    /// Places of the discs on the line, upwards; vertebrae lie between neighbours.
    pub places: Vec<usize>,
    /// Evidence of each disc, 0 to 2.
    pub evidence: Vec<f64>,
    /// The sacrum that the lowest disc lies on; none where it is not seen.
    pub sacrum: Option<Sacrum>,
}

/// Means over the circle at one point of the line.
struct Sample {
    /// Share of the circle inside the image.
    inside: f64,
    /// Probability of vertebra or sacrum.
    bone: f64,
    /// Share of voxels called vertebra.
    vertebra: f64,
    /// HU.
    hu: f64,
    /// Share of each class.
    classes: Vec<f64>,
}

impl Discs {
    /// The discs of the column; `hu` gives the CT number of a voxel.
    pub fn find(classes: &Classes<'_>, axis: &BodyAxis, hu: impl Fn(Index) -> f64) -> Discs {
        let samples: Vec<Sample> = (0..axis.points.len()).map(|at| sample(classes, axis, at, &hu)).collect();
        let evidence: Vec<f64> = (0..samples.len()).map(|at| evidence(&samples, at)).collect();
        let sacrum = middle(&samples).and_then(|middle| Sacrum::find(classes, axis, middle));
        let places = place(&samples, &evidence, sacrum.as_ref().map(|sacrum| sacrum.top));
        Discs { evidence: places.iter().map(|place| evidence[*place]).collect(), places, sacrum }
    }

    /// Heights of the vertebrae with half a disc above and below, upwards, in millimetres.
    pub fn heights(&self) -> Vec<f64> {
        self.places.windows(2).map(|pair| (pair[1] - pair[0]) as f64 * STEP).collect()
    }
}

fn is_vertebra(role: Role) -> bool {
    matches!(role, Role::Vertebra(_))
}

fn sample(classes: &Classes<'_>, axis: &BodyAxis, at: usize, hu: &impl Fn(Index) -> f64) -> Sample {
    let mut sample = Sample { inside: 0.0, bone: 0.0, vertebra: 0.0, hu: 0.0, classes: vec![0.0; classes.roles.len()] };
    let points = circle(axis.points[at], axis.direction(at), CIRCLE * axis.radius);
    let voxels: Vec<Index> = points.iter().filter_map(|point| voxel(classes, *point)).collect();
    let share = 1.0 / voxels.len().max(1) as f64;
    sample.inside = voxels.len() as f64 / points.len() as f64;
    for index in voxels {
        let role = classes.role(index);
        sample.bone += share * classes.probability(index, |role| is_vertebra(role) || is_sacrum(role));
        sample.vertebra += if is_vertebra(role) { share } else { 0.0 };
        sample.hu += share * hu(index);
        sample.classes[usize::from(classes.map[index])] += share;
    }
    sample
}

/// Points [`SAMPLE`] apart inside a circle.
fn circle(middle: Lps, normal: Lps, radius: f64) -> Vec<Lps> {
    let right = unit(cross([0.0, 1.0, 0.0], normal));
    let back = cross(normal, right);
    let reach = (radius / SAMPLE) as i32;
    let places = (-reach..=reach).flat_map(|a| (-reach..=reach).map(move |b| [f64::from(a) * SAMPLE, f64::from(b) * SAMPLE]));
    places.filter(|[a, b]| a.hypot(*b) <= radius).map(|[a, b]| add_scaled(add_scaled(middle, right, a), back, b)).collect()
}

fn voxel(classes: &Classes<'_>, point: Lps) -> Option<Index> {
    let place = classes.grid().to_index(point).map(f64::round);
    let shape = classes.grid().shape;
    let inside = (0..3).all(|axis| place[axis] >= 0.0 && place[axis] < shape[axis] as f64);
    inside.then(|| place.map(|x| x as usize))
}

/// How much lower a profile is here than on both sides.
fn dip(samples: &[Sample], at: usize, value: impl Fn(&Sample) -> f64) -> f64 {
    let reach = (SURROUNDINGS / STEP) as usize;
    let highest = |part: &[Sample]| part.iter().map(&value).fold(f64::NEG_INFINITY, f64::max);
    let below = highest(&samples[at.saturating_sub(reach)..at]);
    let above = highest(&samples[at + 1..(at + 1 + reach).min(samples.len())]);
    (below.min(above) - value(&samples[at])).max(0.0)
}

/// Half the sum of differences between the classes below and above, from 0 to 1.
fn change(samples: &[Sample], at: usize) -> f64 {
    let reach = (SURROUNDINGS / 2.0 / STEP) as usize;
    let mean = |part: &[Sample], class: usize| part.iter().map(|s| s.classes[class]).sum::<f64>() / part.len().max(1) as f64;
    let below = &samples[at.saturating_sub(reach)..at];
    let above = &samples[at + 1..(at + 1 + reach).min(samples.len())];
    (1..samples[at].classes.len()).map(|class| (mean(below, class) - mean(above, class)).abs()).sum::<f64>() / 2.0
}

fn evidence(samples: &[Sample], at: usize) -> f64 {
    if at == 0 || at + 1 == samples.len() || samples[at].inside < 0.9 {
        return 0.0;
    }
    let fall = (dip(samples, at, |sample| sample.hu) / FALL).min(1.0);
    dip(samples, at, |sample| sample.bone) + 0.5 * fall + 0.5 * change(samples, at).min(1.0)
}

/// Half-way between the lowest and the highest point of the line inside a vertebra.
fn middle(samples: &[Sample]) -> Option<usize> {
    let whole = |sample: &Sample| sample.vertebra > 0.7;
    Some(usize::midpoint(samples.iter().position(whole)?, samples.iter().rposition(whole)?))
}

/// The best chain of discs. `best[height][place]` is the value of the best chain that ends at a place with a vertebra of a height.
fn place(samples: &[Sample], evidence: &[f64], sacrum: Option<usize>) -> Vec<usize> {
    let [least, most] = HEIGHT.map(|height| (height / STEP) as usize);
    let start: Vec<f64> = (0..samples.len()).map(|at| start(samples, evidence, sacrum, at)).collect();
    let mut best = vec![vec![(f64::NEG_INFINITY, 0); samples.len()]; most + 1];
    let mut end = None;
    let mut highest = 0.0;
    for at in least..samples.len() {
        for height in least..=most.min(at) {
            let from = at - height;
            if !holds_body(&samples[from..=at]) {
                continue;
            }
            let gain = evidence[at] - LEAST_EVIDENCE - unusual(height);
            let first = (start[from] + gain, 0);
            let continued = (least..=most).map(|before| (best[before][from].0 + gain - uneven(before, height), before));
            let chosen = continued.fold(first, |a, b| if b.0 > a.0 { b } else { a });
            best[height][at] = chosen;
            if chosen.0 > highest {
                highest = chosen.0;
                end = Some((at, height));
            }
        }
    }
    let mut places = Vec::new();
    while let Some((at, height)) = end {
        places.push(at);
        let before = best[height][at].1;
        end = (before > 0).then_some((at - height, before));
        if before == 0 {
            places.push(at - height);
        }
    }
    places.reverse();
    places
}

/// Value of a chain that begins at a place: on the sacrum, or anywhere where none is seen.
fn start(samples: &[Sample], evidence: &[f64], sacrum: Option<usize>, at: usize) -> f64 {
    let Some(top) = sacrum else { return evidence[at] - LEAST_EVIDENCE };
    let offset = (at as f64 - top as f64) * STEP;
    if !(-SACRUM_REACH[0]..=SACRUM_REACH[1]).contains(&offset) {
        return f64::NEG_INFINITY;
    }
    let left: f64 = samples[top.min(at)..at].iter().map(|sample| sample.vertebra * STEP).sum();
    evidence[at] - LEAST_EVIDENCE - LEFT_OVER * left
}

/// Most of a vertebra's height is vertebra.
fn holds_body(samples: &[Sample]) -> bool {
    samples.iter().map(|sample| sample.vertebra).sum::<f64>() >= 0.5 * samples.len() as f64
}

fn unusual(height: usize) -> f64 {
    0.25 * ((height as f64 * STEP - USUAL_HEIGHT[0]) / USUAL_HEIGHT[1]).powi(2)
}

fn uneven(before: usize, height: usize) -> f64 {
    0.5 * ((height as f64 / before as f64).ln() / HEIGHT_RATIO).powi(2)
}
