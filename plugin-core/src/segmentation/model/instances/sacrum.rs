//! The sacrum that vertebrae are counted from, and whether it is one.
//!
//! A vertebra that the image cuts at its lower end may be called sacrum by the network, and all others are then a level too high.

use super::axis::{BodyAxis, long_axis};
use super::classes::{Classes, Role};
use super::places;
use crate::anatomy::Structure;
use crate::geometry::connected::{Place, components, index};

/// The sacrum begins at this quantile of its voxels around the line, for its edge is ragged.
const QUANTILE: f64 = 0.9;
/// Less sacrum around the line, in cubic millimetres, is none: a slice of 3 mm through its first body holds three times as much.
const LEAST_AROUND_LINE: f64 = 1000.0;
/// What is no higher, in millimetres, may be a part of a vertebra: with its processes the largest is about as high.
const HEIGHT_OF_VERTEBRA: f64 = 35.0;
/// What ends as near to the end of the image, in millimetres, may go on beyond it: a network of 3 mm may miss the outermost of its own
/// planes.
const END: f64 = 4.5;

/// What the vertebrae are counted from.
pub(super) struct Sacrum {
    /// Where it begins on the line.
    pub top: usize,
    /// Why it may be none.
    pub doubt: Option<String>,
}

impl Sacrum {
    /// What is called sacrum around the line and below a point of it; none where that is too little.
    pub fn find(classes: &Classes<'_>, axis: &BodyAxis, middle: usize) -> Option<Sacrum> {
        let voxel = classes.grid().voxel_volume().0;
        let mut places: Vec<usize> = Vec::new();
        let mut whole: Vec<Place> = Vec::new();
        let member = classes.map.mapv(|class| is_sacrum(classes.roles[usize::from(class)]));
        for (_, part) in components(member.view()) {
            let before = places.len();
            let nearest = part.iter().map(|place| axis.nearest(classes.grid().to_patient(index(*place).map(|i| i as f64))));
            places.extend(nearest.filter(|(at, distance)| *distance <= axis.radius && *at < middle).map(|(at, _)| at));
            if places.len() > before {
                whole.extend(part);
            }
        }
        places.sort_unstable();
        let top = *places.get((places.len() as f64 * QUANTILE) as usize)?;
        (places.len() as f64 * voxel >= LEAST_AROUND_LINE).then(|| Sacrum { top, doubt: doubt(classes, &whole) })
    }
}

pub(super) fn is_sacrum(role: Role) -> bool {
    matches!(role, Role::Structure(Structure::Sacrum, _))
}

fn doubt(classes: &Classes<'_>, whole: &[Place]) -> Option<String> {
    let grid = classes.grid();
    let volume = whole.len() as f64 * grid.voxel_volume().0 / 1000.0;
    if volume < places::least_volume(Structure::Sacrum) {
        return Some(format!("what the vertebrae were counted from, {volume:.0} cm3, is too small for a sacrum"));
    }
    let along = long_axis(grid);
    let planes = || whole.iter().map(|place| index(*place)[along]);
    let (first, last) = (planes().min()?, planes().max()?);
    let spacing = grid.spacing()[along];
    let below = if grid.steps[along][2] > 0.0 { first } else { grid.shape[along] - 1 - last };
    let height = (last - first + 1) as f64 * spacing;
    (height < HEIGHT_OF_VERTEBRA && below as f64 * spacing < END).then(|| {
        format!(
            "the image ends {height:.0} mm below the top of what the vertebrae were counted from, so that nobody can tell whether it is the \
             sacrum"
        )
    })
}
