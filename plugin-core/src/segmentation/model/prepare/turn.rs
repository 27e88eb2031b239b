//! How the axes of a network lie along those of a CT.

use crate::geometry::{Grid, unit};
use crate::segmentation::model::{Manifest, ModelError};

/// Every order of three axes.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Which axis of the CT each axis of a network is, and whether it runs the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::segmentation::model) struct Turn {
    /// The axis of the CT that is the network's axis 0, 1, 2.
    pub axes: [usize; 3],
    /// Whether that axis of the CT, by its number there, is reversed.
    pub reversed: [bool; 3],
}

impl Turn {
    /// The order and directions in which the axes of `grid` lie nearest to those of the manifest: the largest sum of cosines.
    pub fn of(grid: &Grid, manifest: &Manifest) -> Result<Turn, ModelError> {
        let directions = directions(&manifest.orientation).ok_or_else(|| ModelError::Manifest {
            model: manifest.name.clone(),
            reason: format!(
                "orientation is \"{}\"; accepted: three of the letters LRAPSI, one of each pair, such as SPL",
                manifest.orientation
            ),
        })?;
        let steps = grid.steps.map(unit);
        let cosine = |axis: usize, ct: usize| {
            let (patient, sign) = directions[axis];
            sign * steps[ct][patient]
        };
        let nearness = |order: &[usize; 3]| (0..3).map(|axis| cosine(axis, order[axis]).abs()).sum::<f64>();
        let mut axes = ORDERS[0];
        for order in ORDERS {
            if nearness(&order) > nearness(&axes) {
                axes = order;
            }
        }
        let mut reversed = [false; 3];
        for axis in 0..3 {
            reversed[axes[axis]] = cosine(axis, axes[axis]) < 0.0;
        }
        Ok(Turn { axes, reversed })
    }

    /// One value per axis of the network as one per axis of the CT.
    pub fn to_ct<T: Copy>(self, of_network: [T; 3]) -> [T; 3] {
        let mut of_ct = of_network;
        for axis in 0..3 {
            of_ct[self.axes[axis]] = of_network[axis];
        }
        of_ct
    }

    /// One value per axis of the CT as one per axis of the network.
    pub fn to_network<T: Copy>(self, of_ct: [T; 3]) -> [T; 3] {
        self.axes.map(|axis| of_ct[axis])
    }
}

/// Patient axis (0 left, 1 back, 2 head) and sign of each letter; `None` where the letters are not three different axes.
fn directions(letters: &str) -> Option<[(usize, f64); 3]> {
    let found: Vec<(usize, f64)> = letters
        .chars()
        .map(|letter| match letter {
            'L' => Some((0, 1.0)),
            'R' => Some((0, -1.0)),
            'P' => Some((1, 1.0)),
            'A' => Some((1, -1.0)),
            'S' => Some((2, 1.0)),
            'I' => Some((2, -1.0)),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let found: [(usize, f64); 3] = found.try_into().ok()?;
    (0..3).all(|axis| found.iter().any(|(patient, _)| *patient == axis)).then_some(found)
}
