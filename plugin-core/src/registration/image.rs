//! What films and projections go through before they are compared.

use ndarray::Array2;

/// How far [`smooth`] and [`Gradients`] reach, in pixels.
pub(super) const REACH: usize = 3;

/// Binomial coefficients, which a Gaussian with a standard deviation of one pixel has almost exactly.
const KERNEL: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];

/// The mean of every block of `factor` x `factor` pixels; what is left over at the lower and right edges falls away.
pub(crate) fn shrink(image: &Array2<f32>, factor: usize) -> Array2<f32> {
    let share = 1.0 / (factor * factor) as f64;
    let mut blocks = image.exact_chunks((factor, factor)).into_iter();
    let shape = (image.nrows() / factor, image.ncols() / factor);
    Array2::from_shape_simple_fn(shape, || {
        let sum: f64 = blocks.next().map_or(0.0, |block| block.iter().map(|value| f64::from(*value)).sum());
        (sum * share) as f32
    })
}

/// Takes out what is finer than a pixel or two, noise and the voxels' edges; beyond the border the outermost pixels go on.
pub(super) fn smooth(image: &Array2<f32>) -> Array2<f32> {
    let (rows, columns) = image.dim();
    let mut across = Array2::zeros((rows, columns));
    for (source, mut target) in image.rows().into_iter().zip(across.rows_mut()) {
        for (column, value) in target.iter_mut().enumerate() {
            let at = |k: usize| source[(column + k).saturating_sub(2).min(columns - 1)];
            *value = KERNEL.iter().enumerate().map(|(k, weight)| weight * at(k)).sum();
        }
    }
    let mut both = Array2::zeros((rows, columns));
    for (row, mut target) in both.rows_mut().into_iter().enumerate() {
        for (k, weight) in KERNEL.iter().enumerate() {
            target.scaled_add(*weight, &across.row((row + k).saturating_sub(2).min(rows - 1)));
        }
    }
    both
}

/// How an image changes from pixel to pixel, `[row, column]` of the image without its outermost pixels.
#[derive(Clone)]
pub(super) struct Gradients {
    /// Along a row, to the right.
    pub x: Array2<f32>,
    /// Along a column, downwards.
    pub y: Array2<f32>,
}

impl Gradients {
    /// Sobel's: the central difference, smoothed across its direction by 1, 2, 1.
    pub fn of(image: &Array2<f32>) -> Gradients {
        let (rows, columns) = image.dim();
        let shape = (rows.saturating_sub(2), columns.saturating_sub(2));
        let (mut x, mut y) = (Array2::zeros(shape), Array2::zeros(shape));
        for row in 0..shape.0 {
            let [above, middle, below] = [0, 1, 2].map(|k| image.row(row + k));
            for column in 0..shape.1 {
                let at = [0, 1, 2].map(|k| [above[column + k], middle[column + k], below[column + k]]);
                let [left, centre, right] = at;
                let sum = |[a, b, c]: [f32; 3]| a + 2.0 * b + c;
                x[[row, column]] = (sum(right) - sum(left)) / 8.0;
                y[[row, column]] = (sum([left[2], centre[2], right[2]]) - sum([left[0], centre[0], right[0]])) / 8.0;
            }
        }
        Gradients { x, y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn shrinking_gives_the_mean_of_blocks() {
        let image = array![[1.0, 3.0, 9.0], [5.0, 7.0, 9.0], [9.0, 9.0, 9.0]];
        assert_eq!(shrink(&image, 2), array![[4.0]]);
        assert_eq!(shrink(&image, 1), image);
    }

    #[test]
    fn a_plane_has_its_slopes_and_keeps_them_when_smoothed() {
        let plane = Array2::from_shape_fn((9, 11), |(row, column)| 3.0 * row as f32 - 2.0 * column as f32);
        // The border of a smoothed image is another plane: its outermost pixels go on.
        for (image, border) in [(plane.clone(), 0), (smooth(&plane), 2)] {
            let gradients = Gradients::of(&image);
            for ((row, column), slope) in gradients.x.indexed_iter() {
                if (border..7 - border).contains(&row) && (border..9 - border).contains(&column) {
                    assert!((slope + 2.0).abs() < 1e-5 && (gradients.y[[row, column]] - 3.0).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn smoothing_spreads_a_point_with_a_deviation_of_one_pixel() {
        let mut point = Array2::zeros((9, 9));
        point[[4, 4]] = 1.0;
        let spread = smooth(&point);
        let moment =
            |power: i32| -> f32 { spread.indexed_iter().map(|((row, _), value)| (row as f32 - 4.0).powi(power) * value).sum() };
        assert!((moment(0) - 1.0).abs() < 1e-6 && moment(1).abs() < 1e-6 && (moment(2) - 1.0).abs() < 1e-6);
    }
}
