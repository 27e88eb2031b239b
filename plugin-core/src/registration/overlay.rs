//! A picture by which a person judges a pose: the film, and on it the edges of the projected bones.

use super::image::{Gradients, smooth};
use ndarray::Array2;

/// Shares of the film's values that are shown black and white.
const WINDOW: [f64; 2] = [0.02, 0.995];
/// Share of the bones' pixels that count as edges: the steepest.
const EDGES: f64 = 0.12;
/// Of the edges, sRGB.
const COLOUR: [u8; 3] = [255, 140, 0];

/// sRGB pixels, `rows * columns * 3` bytes: `film` (larger where more is absorbed) in grey, bone bright, with the edges of
/// `projection`, which has the same shape.
pub fn overlay(film: &Array2<f32>, projection: &Array2<f32>) -> Vec<u8> {
    let (black, white) = (quantile(film.iter().copied(), WINDOW[0]), quantile(film.iter().copied(), WINDOW[1]));
    let range = (white - black).max(f32::MIN_POSITIVE);
    let gradients = Gradients::of(&smooth(projection));
    let mut steepness = Array2::<f32>::zeros(projection.dim());
    for ((row, column), x) in gradients.x.indexed_iter() {
        steepness[[row + 1, column + 1]] = x.hypot(gradients.y[[row, column]]);
    }
    let of_bone = steepness.iter().copied().filter(|steep| *steep > 0.0);
    let edge = quantile(of_bone, 1.0 - EDGES).max(f32::MIN_POSITIVE);
    let pixel = |(value, steep): (&f32, &f32)| {
        let grey = (255.0 * ((value - black) / range).clamp(0.0, 1.0)) as u8;
        if *steep >= edge { COLOUR } else { [grey; 3] }
    };
    film.iter().zip(&steepness).flat_map(pixel).collect()
}

/// The value below which this share lies; 0 of nothing.
fn quantile(values: impl Iterator<Item = f32>, share: f64) -> f32 {
    let mut values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    let at = (share * values.len().saturating_sub(1) as f64) as usize;
    if values.is_empty() {
        return 0.0;
    }
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_of_a_step_is_coloured_and_nothing_else() {
        let film = Array2::from_shape_fn((20, 20), |(row, _)| row as f32);
        let step = Array2::from_shape_fn((20, 20), |(_, column)| if column < 10 { 0.0 } else { 1.0 });
        let rgb = overlay(&film, &step);
        let at = |row: usize, column: usize| [0, 1, 2].map(|sample| rgb[(row * 20 + column) * 3 + sample]);
        assert_eq!((at(10, 9), at(10, 10)), (COLOUR, COLOUR));
        assert_eq!((at(0, 3), at(19, 16)), ([0; 3], [255; 3]));
    }

    #[test]
    fn nothing_is_drawn_without_bone() {
        let flat = Array2::zeros((6, 5));
        assert_eq!(overlay(&flat, &flat), vec![0; 90]);
    }
}
