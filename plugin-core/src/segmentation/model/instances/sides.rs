//! Paired structures divided into left and right.

use super::Instances;
use super::midline::Midline;
use crate::anatomy::{Side, Structure};
use crate::geometry::Grid;
use crate::geometry::connected::{components, index};

/// A connected part of which as much lies on one side belongs to that side as a whole: it leans over the middle. Any other part is
/// divided, as hip bones are that touch at the symphysis.
const WHOLE: f64 = 0.9;

/// Gives a side to every paired structure that has none. Where no middle is known they stay without: they are shown, and not measured
/// (`LATERALITY`).
pub(super) fn divide(grid: &Grid, instances: &mut Instances, midline: Option<&Midline>) {
    let Some(midline) = midline else { return };
    let unsided = |(structure, side): (Structure, Side)| structure.paired() && side == Side::None;
    let before = instances.table.clone();
    let divided: Vec<[u8; 2]> = before
        .iter()
        .map(|entry| match unsided(*entry) {
            true => [Side::Left, Side::Right].map(|side| instances.number(entry.0, side)),
            false => [0; 2],
        })
        .collect();
    let paired = instances.numbers.mapv(|number| {
        let at = usize::from(number).checked_sub(1);
        if at.is_some_and(|at| unsided(before[at])) { number } else { 0 }
    });
    for (number, group) in components(paired.view()) {
        let [left, right] = divided[usize::from(number) - 1];
        let leftward = |place| midline.left_of(grid.to_patient(index(place).map(|i| i as f64))) > 0.0;
        let share = group.iter().filter(|place| leftward(**place)).count() as f64 / group.len() as f64;
        for place in group {
            let is_left = if share >= WHOLE {
                true
            } else if share <= 1.0 - WHOLE {
                false
            } else {
                leftward(place)
            };
            instances.numbers[index(place)] = if is_left { left } else { right };
        }
    }
}
