//! Which femoral heads a film shows, and whose they are.
//!
//! The locator looks for a right head in the half of the film in which the patient's right lies, and for a left one in the other. On
//! a film of one hip the head may lie in either half, and some are found twice or beside another place that looks like one: a side is
//! believed only where two hips are seen as far apart as they are in people, where a second one would have had room, or where the
//! header or the user names it.

use crate::anatomy::Side;
use crate::report::{Block, GateCode, digits};
use crate::segmentation::decomposition::{Head, Located};
use crate::segmentation::film::{Attenuation, Hips, Orientation, Scale};
use std::ops::RangeInclusive;

/// Between the centres of an adult's femoral heads lie 150 to 210 mm; more at either end, because magnifications are uncertain.
const APART_MM: RangeInclusive<f64> = 120.0..=260.0;
/// Lateral of a head lie neck and trochanter: a place with less film beside it is none, or one whose hip is cut.
const LATERAL_MM: f64 = 40.0;
/// From one head to the far side of the other.
const ROOM_MM: f64 = 200.0;

/// A film that was looked at.
pub(super) struct Shown<'a> {
    pub attenuation: &'a Attenuation,
    pub orientation: Orientation,
    /// A header or the user says how the film lies on the patient.
    pub is_orientation_stated: bool,
    pub scale: &'a Scale,
}

/// The side of a hip, and row and column of the centre of its head, where one was found.
pub(super) type Place = (Side, Option<[f64; 2]>);

/// Every hip that the film should show.
pub(super) fn heads(located: &Located, hips: Hips, film: &Shown<'_>) -> Result<Vec<Place>, Block> {
    let [right, left] = located.heads;
    let apart = film.apart(right, left);
    let (beside_right, beside_left) = (film.beside(right), film.beside(left));
    let are_two = APART_MM.contains(&apart) && beside_right[0] >= LATERAL_MM && beside_left[1] >= LATERAL_MM;
    let both = [(Side::Right, right), (Side::Left, left)].map(|(side, head)| (side, head.is_found().then_some(head.centre)));
    match (hips, right.is_found(), left.is_found()) {
        (Hips::Both, true, true) if !are_two => Err(not_two(apart)),
        (Hips::Both, true, false) if beside_right[1] < ROOM_MM => Err(no_room(beside_right[1])),
        (Hips::Both, false, true) if beside_left[0] < ROOM_MM => Err(no_room(beside_left[0])),
        (Hips::Both, ..) => Ok(both.to_vec()),
        (Hips::One(side), true, true) if apart >= *APART_MM.start() => match are_two && film.is_orientation_stated {
            true => Ok(both.into_iter().filter(|(other, _)| *other == side).collect()),
            false => Err(not_one(side, apart)),
        },
        (Hips::One(side), ..) => {
            let head = if right.probability > left.probability { right } else { left };
            Ok(vec![(side, head.is_found().then_some(head.centre))])
        }
    }
}

impl Shown<'_> {
    fn apart(&self, right: Head, left: Head) -> f64 {
        let along = |axis: usize| (right.centre[axis] - left.centre[axis]) * self.scale.pixel_mm[axis];
        along(0).hypot(along(1))
    }

    /// Millimetres of exposed film beside a head, to the patient's right and to the left.
    fn beside(&self, head: Head) -> [f64; 2] {
        let (rows, columns) = self.attenuation.exposed.dim();
        let [row, column] = self.orientation.to_upright(head.centre, Side::Left, [rows, columns]);
        let upright = self.orientation.upright(self.attenuation.exposed.view(), Side::Left);
        let row = upright.row((row.round().max(0.0) as usize).min(upright.nrows() - 1));
        let first = row.iter().position(|exposed| *exposed).unwrap_or(0) as f64;
        let last = row.iter().rposition(|exposed| *exposed).unwrap_or(0) as f64;
        let pixel = self.orientation.swapped(self.scale.pixel_mm)[1];
        [(column - first) * pixel, (last - column) * pixel]
    }
}

fn not_two(apart: f64) -> Block {
    let reason = format!(
        "the model takes one place for the right and the left femoral head, or two that are {apart:.0} mm apart or at the border; \
         accepted: a film of both hips whose heads are {} to {} mm apart, or a film of one hip whose side is stated",
        APART_MM.start(),
        APART_MM.end()
    );
    Block { code: GateCode::Laterality, reason, found: Some(digits(apart, 1)) }
}

fn no_room(room: f64) -> Block {
    let reason = format!(
        "the model found one femoral head, and the film has room for another on {room:.0} mm beside it, so that nothing tells its side; \
         accepted: {ROOM_MM} mm, or a film of one hip whose side is stated"
    );
    Block { code: GateCode::Laterality, reason, found: Some(digits(room, 1)) }
}

fn not_one(side: Side, apart: f64) -> Block {
    let reason = format!(
        "the {} hip is stated, and the model found two femoral heads that are {apart:.0} mm apart; accepted: a film of one hip, or of \
         both with Patient Orientation (0020,0020)",
        side.name()
    );
    Block { code: GateCode::Laterality, reason, found: Some(digits(apart, 1)) }
}
