//! Whether vertebrae bear the right names, and whether the spine is straight.

use crate::anatomy::{Kind, Structure};
use crate::geometry::{Lps, norm, subtract};
use crate::report::{Block, GateCode, Quality};
use crate::segmentation::Labels;

/// From cranial to caudal.
const COLUMN: [Structure; 6] = [Structure::T12, Structure::L1, Structure::L2, Structure::L3, Structure::L4, Structure::L5];
/// What tells L1 from L2 and L5 from L4.
const ANCHORS: [Structure; 2] = [Structure::T12, Structure::Sacrum];

/// Distance of neighbours in medians of such distances. A skipped vertebra makes about 2, a divided one 0.5; sound ones differ by
/// a tenth from level to level. The limits lie between (our choice).
const DISTANCES: std::ops::RangeInclusive<f64> = 0.6..=1.6;

/// Degrees, both a decision of this program: beyond them a projection along one direction shows no vertebra from its front.
const COBB_LIMIT: f64 = 20.0;
const TILT_LIMIT: f64 = 15.0;

/// Which way a vertebra looks, unit vectors in LPS.
#[derive(Debug, Clone, Copy)]
pub(in crate::measure) struct Tilt {
    pub structure: Structure,
    /// Mean of its end plates' normals.
    pub axis: Lps,
    /// Upward normals of its upper and lower end plate.
    pub plates: [Lps; 2],
}

/// Whether the names of the vertebrae are in doubt.
pub(super) fn numbering(labels: &Labels) -> Option<Block> {
    let block = |reason, found| Some(Block { code: GateCode::LevelAmbiguous, reason, found });
    if let Some(doubt) = &labels.doubts.numbering {
        return block(
            format!(
                "the model doubts which vertebra is which: {doubt}; labels whose levels somebody checked, as DICOM SEG or label map, \
                 would do"
            ),
            None,
        );
    }
    if labels.masks.iter().any(|mask| mask.structure == Structure::L6) {
        return block(
            "an L6 is labelled: with six lumbar vertebrae it is not certain which is L1; correct the labels if there are five"
                .to_owned(),
            Some(6.0),
        );
    }
    let centres: Vec<(usize, Lps)> = (0..COLUMN.len())
        .filter_map(|place| {
            let mask = labels.masks.iter().find(|mask| mask.structure == COLUMN[place])?;
            Some((place, mask.centroid(&labels.grid)))
        })
        .collect();
    let pairs: Vec<_> = centres.windows(2).map(|pair| (pair[0], pair[1])).collect();
    if let Some((upper, lower)) = pairs.iter().find(|(upper, lower)| lower.0 > upper.0 + 1) {
        let name = |place: usize| COLUMN[place].english();
        return block(
            format!(
                "{} and {} are labelled but {} is not: a vertebra was skipped or wrongly named; label it",
                name(upper.0),
                name(lower.0),
                name(upper.0 + 1)
            ),
            None,
        );
    }
    let distances: Vec<f64> = pairs.iter().map(|(upper, lower)| norm(subtract(upper.1, lower.1))).collect();
    let mut sorted = distances.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let median = *sorted.get(sorted.len().saturating_sub(1) / 2)?;
    let place = distances.iter().position(|distance| !DISTANCES.contains(&(distance / median)))?;
    let ((upper, _), (lower, _)) = pairs[place];
    let ratio = distances[place] / median;
    block(
        format!(
            "{} and {} lie {:.1} mm apart, {ratio:.2} of the median distance ({} to {} are usual): a vertebra was skipped, or \
             divided between two labels; correct the labels",
            COLUMN[upper].english(),
            COLUMN[lower].english(),
            distances[place],
            DISTANCES.start(),
            DISTANCES.end()
        ),
        Some(ratio),
    )
}

/// Warnings where the levels rest on somebody's word: nothing tells where counting began, or the model that labelled the vertebrae
/// doubted its count and they were corrected since.
pub(super) fn taken_on_trust(labels: &Labels) -> Vec<Quality> {
    anchor(labels).into_iter().chain(settled(labels)).collect()
}

fn settled(labels: &Labels) -> Option<Quality> {
    let doubt = labels.doubts.settled_numbering.as_ref()?;
    let message = format!(
        "the model doubted which vertebra is which ({doubt}); vertebrae were corrected since, and their levels are taken as checked"
    );
    Some(Quality::warning(GateCode::LevelAmbiguous, message, None))
}

fn anchor(labels: &Labels) -> Option<Quality> {
    let labelled = |structure| labels.masks.iter().any(|mask| mask.structure == structure);
    let lumbar = labels.masks.iter().any(|mask| mask.structure.kind() == Kind::LumbarVertebra);
    (lumbar && !ANCHORS.into_iter().any(labelled)).then(|| {
        let message =
            "neither T12 nor the sacrum is labelled: where the counting of the lumbar vertebrae began cannot be checked";
        Quality::warning(GateCode::LevelAmbiguous, message.to_owned(), None)
    })
}

/// A warning where the spine is curved sideways: the angle between its most inclined end plates in the coronal plane (after Cobb),
/// or the inclination of one vertebra.
pub(in crate::measure) fn scoliosis(tilts: &[Tilt]) -> Option<Quality> {
    // Degrees to the patient's left in the plane of x and z.
    let inclination = |direction: Lps| direction[0].atan2(direction[2]).to_degrees();
    let plates = || tilts.iter().flat_map(|tilt| tilt.plates).map(inclination);
    let cobb = plates().fold(f64::NEG_INFINITY, f64::max) - plates().fold(f64::INFINITY, f64::min);
    let warning = |sentence: String, found| {
        let message = format!("{sentence}: areal densities of the projection are to be read with care");
        Some(Quality::warning(GateCode::Scoliosis, message, Some(found)))
    };
    if cobb > COBB_LIMIT {
        return warning(format!("end plates are inclined by {cobb:.1} degrees to each other (more than {COBB_LIMIT})"), cobb);
    }
    let steepest = tilts.iter().max_by(|a, b| inclination(a.axis).abs().total_cmp(&inclination(b.axis).abs()))?;
    let degrees = inclination(steepest.axis).abs();
    match degrees > TILT_LIMIT {
        true => warning(
            format!("{} is inclined sideways by {degrees:.1} degrees (more than {TILT_LIMIT})", steepest.structure.english()),
            degrees,
        ),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tilted(structure: Structure, top: f64, bottom: f64) -> Tilt {
        let at = |degrees: f64| [degrees.to_radians().sin(), 0.0, degrees.to_radians().cos()];
        Tilt { structure, axis: at((top + bottom) / 2.0), plates: [at(top), at(bottom)] }
    }

    #[test]
    fn a_curve_above_twenty_degrees_or_a_vertebra_above_fifteen_warns() {
        let found = |tilts: &[Tilt]| scoliosis(tilts).and_then(|quality| quality.found).map(f64::round);
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[tilted(Structure::L1, 9.0, 5.0), tilted(Structure::L4, -5.0, -10.0)]), None);
        assert_eq!(found(&[tilted(Structure::L1, 12.0, 5.0), tilted(Structure::L4, -5.0, -10.0)]), Some(22.0));
        assert_eq!(found(&[tilted(Structure::L1, -14.0, -14.0)]), None);
        assert_eq!(found(&[tilted(Structure::L1, -17.0, -17.0)]), Some(17.0));
    }
}
