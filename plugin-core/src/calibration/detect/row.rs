//! Equal discs side by side.

use super::discs::Disc;
use crate::geometry::{Lps, cross, dot, norm, subtract, unit};

/// Millimetres by which radii of one phantom may differ as seen, and share of the radius.
const EQUAL_RADIUS: (f64, f64) = (0.8, 0.12);
/// HU by which the plastic around two rods of one phantom may differ.
const EQUAL_MATRIX: f64 = 60.0;
/// Phantoms are curved as the table is: millimetres off the line through two rods, per millimetre of the row and at least.
const SAG: (f64, f64) = (0.08, 5.0);
/// Sine of the angle that a phantom may lean against the table.
const LEAN: f64 = 0.45;
/// Between neighbouring rods' centres.
const MOST_GAP: f64 = 75.0;
/// Fewer discs in a row are no phantom.
const LEAST_DISCS: usize = 2;
/// More rows than phantoms and look-alikes give; what is beyond is shorter than the rest.
const MOST_ROWS: usize = 64;

/// The discs of one phantom in one picture, from one end to the other.
pub(super) type Row = Vec<Disc>;

/// Rows of equal discs across `down`, the longest first; rows within longer rows are left out. All run the same way.
pub(super) fn rows(discs: &[Disc], down: Lps) -> Vec<Row> {
    let aside = cross(down, [0.0, 0.0, 1.0]);
    let mut found: Vec<Vec<usize>> = Vec::new();
    for first in 0..discs.len() {
        for second in 0..discs.len() {
            let ahead = dot(subtract(discs[second].centre, discs[first].centre), aside) > 0.0;
            if ahead && can_be_neighbours(&discs[first], &discs[second], down) {
                found.push(members(discs, first, second));
            }
        }
    }
    found.sort_by_key(|row| std::cmp::Reverse(row.len()));
    let mut kept: Vec<Vec<usize>> = Vec::new();
    for row in found {
        let known = kept.iter().any(|other| row.iter().all(|disc| other.contains(disc)));
        if !known && row.len() >= LEAST_DISCS {
            kept.push(row);
        }
    }
    kept.truncate(MOST_ROWS);
    kept.into_iter().map(|row| row.into_iter().map(|disc| discs[disc]).collect()).collect()
}

fn are_equal(a: &Disc, b: &Disc) -> bool {
    let (least, share) = EQUAL_RADIUS;
    (a.radius - b.radius).abs() <= least.max(share * a.radius.max(b.radius)) && (a.matrix - b.matrix).abs() <= EQUAL_MATRIX
}

fn can_be_neighbours(a: &Disc, b: &Disc, down: Lps) -> bool {
    let between = subtract(b.centre, a.centre);
    let gap = norm(between);
    are_equal(a, b) && gap > 2.0 * a.radius && gap <= MOST_GAP && dot(between, down).abs() <= LEAN * gap
}

/// The discs along the line through two, in its direction, as far as there is no gap.
fn members(discs: &[Disc], first: usize, second: usize) -> Vec<usize> {
    let start = discs[first].centre;
    let direction = unit(subtract(discs[second].centre, start));
    let mut along: Vec<(f64, usize)> = discs
        .iter()
        .enumerate()
        .filter(|(_, disc)| are_equal(disc, &discs[first]) && are_equal(disc, &discs[second]))
        .filter_map(|(index, disc)| {
            let offset = subtract(disc.centre, start);
            let along = dot(offset, direction);
            let off = (dot(offset, offset) - along * along).max(0.0).sqrt();
            (off <= SAG.1.max(SAG.0 * along.abs())).then_some((along, index))
        })
        .collect();
    along.sort_by(|a, b| a.0.total_cmp(&b.0));
    let apart = |pair: &[(f64, usize)]| pair[1].0 - pair[0].0 > MOST_GAP;
    let here = along.iter().position(|(_, index)| *index == first).unwrap_or_default();
    let begin = along[..=here].windows(2).rposition(apart).map_or(0, |gap| gap + 1);
    let end = along[here..].windows(2).position(apart).map_or(along.len(), |gap| here + gap + 1);
    along[begin..end].iter().map(|(_, index)| *index).collect()
}
