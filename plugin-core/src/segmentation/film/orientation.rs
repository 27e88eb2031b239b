//! How a film lies on the patient, and how it is turned to lie as an AP film is read.

use super::gates::view_block;
use crate::anatomy::Side;
use crate::read::RadiographView;
use crate::report::Block;
use ndarray::ArrayView2;

/// Which way rows and columns of a film run in the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation {
    /// Columns of the film, not its rows, run from head to feet.
    rows_run_down: bool,
    /// The patient's left lies at larger indices.
    left_ascends: bool,
    /// The feet lie at larger indices.
    feet_ascend: bool,
}

impl Orientation {
    /// The patient faces the reader: left at the right border, feet at the lower one (`L\F`).
    pub const STANDARD: Orientation = Orientation { rows_run_down: false, left_ascends: true, feet_ascend: true };

    /// By Patient Orientation (0020,0020), PS3.3 C.7.6.1.1.1; none where it is absent. Refused is a film that was not taken from
    /// front or back.
    pub fn of(view: &RadiographView) -> Result<Option<Orientation>, Block> {
        let Some([row, column]) = &view.patient_orientation else { return Ok(None) };
        // The first letter is the main direction; further ones say how the plane leans.
        let main = |value: &String| value.chars().next().unwrap_or(' ');
        let (row, column) = (main(row), main(column));
        let found = match (row, column) {
            ('L' | 'R', 'F' | 'H') => {
                Orientation { rows_run_down: false, left_ascends: row == 'L', feet_ascend: column == 'F' }
            }
            ('F' | 'H', 'L' | 'R') => Orientation { rows_run_down: true, left_ascends: column == 'L', feet_ascend: row == 'F' },
            _ => {
                return Err(view_block(format!(
                    "Patient Orientation (0020,0020) is {row}\\{column}; accepted: L or R with F or H"
                )));
            }
        };
        Ok(Some(found))
    }

    /// `image` of the film with feet down and the patient's `side` at the right: for the left an AP film as it is read, for the
    /// right its mirror image, so that lateral is always to larger columns. No pixel is computed.
    pub fn upright<'a, T>(&self, image: ArrayView2<'a, T>, side: Side) -> ArrayView2<'a, T> {
        let mut image = if self.rows_run_down { image.reversed_axes() } else { image };
        if !self.feet_ascend {
            image.invert_axis(ndarray::Axis(0));
        }
        if self.turns_columns(side) {
            image.invert_axis(ndarray::Axis(1));
        }
        image
    }

    /// Where a place `[row, column]` of the upright image lies on the film of `size` rows and columns.
    pub fn to_film(&self, [row, column]: [f64; 2], side: Side, size: [usize; 2]) -> [f64; 2] {
        let [rows, columns] = self.swapped(size.map(|side| side as f64));
        let row = if self.feet_ascend { row } else { rows - 1.0 - row };
        let column = if self.turns_columns(side) { columns - 1.0 - column } else { column };
        self.swapped([row, column])
    }

    /// The inverse of [`Orientation::to_film`].
    pub fn to_upright(&self, place: [f64; 2], side: Side, size: [usize; 2]) -> [f64; 2] {
        let [rows, columns] = self.swapped(size.map(|side| side as f64));
        let [row, column] = self.swapped(place);
        let row = if self.feet_ascend { row } else { rows - 1.0 - row };
        [row, if self.turns_columns(side) { columns - 1.0 - column } else { column }]
    }

    /// Two numbers of the film's rows and columns, as numbers of the upright image's, or back.
    pub fn swapped<T>(&self, [a, b]: [T; 2]) -> [T; 2] {
        if self.rows_run_down { [b, a] } else { [a, b] }
    }

    fn turns_columns(&self, side: Side) -> bool {
        self.left_ascends == (side == Side::Right)
    }
}
