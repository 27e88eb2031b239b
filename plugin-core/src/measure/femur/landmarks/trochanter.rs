//! Both trochanters: steps 5 and 9 of the recipe.

use super::bone::Bone;
use super::head::Sphere;
use super::quality::refuse;
use super::shaft::{Axis, Shaft, median, theil_sen};
use crate::geometry::{Lps, add_scaled, cross};
use crate::report::{Block, GateCode};
use crate::units::Mm;

/// Heights at which the lesser trochanter is looked for, in head radii below the head's centre.
const SEARCHED: [f64; 2] = [3.0, 1.2];
/// From medial towards posterior, degrees. Farther forward lies the base of the neck, farther back the linea aspera.
const SECTOR: [usize; 2] = [20, 100];
/// Degrees.
const TURN: usize = 5;
/// Nothing of the shaft is farther from its axis.
const WIDEST: Mm = Mm(60.0);
/// How much farther out the tip lies than the outline above and below it.
const PROMINENCE: Mm = Mm(2.0);
/// The tip is the middle of what is at most this much nearer to the axis than its farthest point, within so many millimetres and
/// degrees of that.
const TIP_DEPTH: Mm = Mm(1.0);
const TIP_HALF_HEIGHT: i32 = 8;
const TIP_HALF_WIDTH: usize = 30;
/// Lateral outline of the shaft, below the tip of the lesser trochanter.
const OUTLINE: [usize; 2] = [10, 50];
/// Where the outline leaves the line by this much, and stays beyond it for `STAYS`, the greater trochanter begins.
const DEPARTURE: Mm = Mm(3.0);
const STAYS: usize = 5;
/// Where the departure is looked for, from the tip of the lesser trochanter.
const DEPARTS: std::ops::Range<i32> = -10..80;

/// The lesser trochanter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lesser {
    pub tip: Lps,
    /// Height of the tip along the shaft, millimetres from the head's centre.
    pub height: f64,
    /// How far the tip lies outside the median radius of its section.
    pub excess: Mm,
    /// Direction of the tip, degrees from medial towards posterior.
    pub direction: f64,
}

impl Lesser {
    /// What rises on the posteromedial side of the shaft above what lies above and below it.
    pub fn find(bone: &Bone, head: &Sphere, shaft: &Axis) -> Result<Lesser, Block> {
        Lesser::summit(bone, head, shaft).ok_or_else(|| {
            let reason = "no lesser trochanter stands out on the posteromedial side of the shaft";
            refuse(GateCode::NeckQc, None, reason)
        })
    }

    fn summit(bone: &Bone, head: &Sphere, shaft: &Axis) -> Option<Lesser> {
        let medial = shaft.away_from(head.centre).map(|x| -x);
        let posterior = cross(medial, shaft.up);
        let direction = |degrees: f64| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            add_scaled(medial.map(|x| x * cos), posterior, sin)
        };
        let radius = |height: i32, degrees: usize| bone.exit(shaft.at(f64::from(height)), direction(degrees as f64), WIDEST);
        let [low, high] = SEARCHED.map(|radii| (-radii * head.radius).round() as i32);
        let rings: Vec<Ring> = (low..=high).filter_map(|height| Ring::new(height, |degrees| radius(height, degrees))).collect();
        let summit = &rings[first_summit(&rings)?];
        let near = rings.iter().filter(|ring| (ring.height - summit.height).abs() <= TIP_HALF_HEIGHT);
        let cells: Vec<[f64; 2]> = near
            .flat_map(|ring| ring.sector.iter().map(|(degrees, radius)| (ring.height, *degrees, *radius)))
            .filter(|(_, degrees, radius)| {
                degrees.abs_diff(summit.direction) <= TIP_HALF_WIDTH && *radius >= summit.radius - TIP_DEPTH.0
            })
            .map(|(height, degrees, _)| [f64::from(height), degrees as f64])
            .collect();
        let [height, degrees] = [0, 1].map(|axis| cells.iter().map(|cell| cell[axis]).sum::<f64>() / cells.len() as f64);
        let outward = direction(degrees);
        let reach = bone.exit(shaft.at(height), outward, WIDEST)?;
        Some(Lesser {
            tip: add_scaled(shaft.at(height), outward, reach),
            height,
            excess: Mm(summit.excess),
            direction: degrees,
        })
    }
}

/// The outline of the shaft at one height.
struct Ring {
    height: i32,
    /// Directions of the sector in degrees, and the radii there.
    sector: Vec<(usize, f64)>,
    /// Where in the sector the largest radius is, and how large it is.
    direction: usize,
    radius: f64,
    /// Of the largest radius over the median of the whole ring, millimetres.
    excess: f64,
}

impl Ring {
    /// None where the outline is not closed around the axis.
    fn new(height: i32, radius: impl Fn(usize) -> Option<f64>) -> Option<Ring> {
        let all: Vec<f64> = (0..360).step_by(TURN).map(&radius).collect::<Option<_>>()?;
        let sector: Vec<_> = (SECTOR[0]..=SECTOR[1]).step_by(TURN).map(|degrees| (degrees, all[degrees / TURN])).collect();
        let (direction, radius) = sector.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let excess = radius - median(all.into_iter());
        Some(Ring { height, sector, direction, radius, excess })
    }
}

/// Index of the first ring from below whose excess stands out from what lies below and above it.
fn first_summit(rings: &[Ring]) -> Option<usize> {
    let mut lowest = f64::INFINITY;
    let mut summit: Option<usize> = None;
    for (index, ring) in rings.iter().enumerate() {
        match summit {
            Some(top) if rings[top].excess - ring.excess >= PROMINENCE.0 => return Some(top),
            Some(top) if ring.excess <= rings[top].excess => {}
            None if ring.excess - lowest < PROMINENCE.0 => lowest = lowest.min(ring.excess),
            _ => summit = Some(index),
        }
    }
    None
}

/// Where the lateral outline of the shaft, seen from the front, begins to bulge towards the greater trochanter; on the plane
/// through the shaft's axis along `lateral`.
///
/// Nested: the outer error stops everything, the inner one is about this landmark alone.
pub(super) fn greater_base(bone: &Bone, shaft: &Shaft, lateral: Lps) -> Result<Result<Lps, Block>, Block> {
    let Shaft { axis, lesser, length, .. } = shaft;
    if length.0 < OUTLINE[1] as f64 {
        let reason = format!(
            "the label reaches {:.0} mm below the lesser trochanter; {} mm are needed to find the base of the greater trochanter",
            length.0, OUTLINE[1]
        );
        return Ok(Err(refuse(GateCode::ShaftTruncated, Some(length.0), &reason)));
    }
    let outline = |height: f64| axis.section(bone, height, lateral).map(|section| [height, section.farthest]);
    let below: Vec<[f64; 2]> = (OUTLINE[0]..=OUTLINE[1]).map_while(|depth| outline(lesser.height - depth as f64)).collect();
    let (start, slope) = theil_sen(&below);
    let beyond = |[height, far]: [f64; 2]| [height, far - start - slope * height - DEPARTURE.0];
    let departures: Vec<[f64; 2]> = DEPARTS.map_while(|step| outline(lesser.height + f64::from(step))).map(beyond).collect();
    let mut windows = departures.windows(STAYS + 1);
    let crossing = windows.find(|window| window[0][1] < 0.0 && window[1..].iter().all(|one| one[1] >= 0.0));
    let Some(crossing) = crossing else {
        return Err(refuse(GateCode::NeckQc, None, "the lateral outline does not widen into a greater trochanter"));
    };
    let share = crossing[0][1] / (crossing[0][1] - crossing[1][1]);
    let height = crossing[0][0] + share * (crossing[1][0] - crossing[0][0]);
    Ok(Ok(add_scaled(axis.at(height), lateral, start + slope * height + DEPARTURE.0)))
}
