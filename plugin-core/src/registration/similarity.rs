//! How alike a film and a projection are.

use super::image::Gradients;
use ndarray::{Array2, Zip};
use serde::{Deserialize, Serialize};

/// How a film and a projection are compared (Otake 2012, IEEE TMI 31:948, doi 10.1109/TMI.2011.2176555). All are 1 for images
/// that differ only by a positive factor and a constant; 0 says that they have nothing in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// The mean of the normalised cross correlations of the two gradient images, along rows and along columns.
    #[default]
    GradientCorrelation,
    /// The normalised cross correlation of the images themselves (Pearson's r of their pixels).
    NormalisedCrossCorrelation,
    /// The lesser of the two gradients, weighted by `(cos 2a + 1) / 2` of the angle `a` between them (Pluim 2000, IEEE TMI
    /// 19:809), each in units of its own root mean square; as a share of what a film compared with itself would have.
    GradientInformation,
}

/// A film with everything that does not change from one projection to the next.
#[derive(Clone)]
pub(super) struct Comparison {
    similarity: Similarity,
    image: Array2<f32>,
    gradients: Gradients,
}

impl Comparison {
    /// `image`, `[row, column]`, larger where more is absorbed.
    pub fn new(similarity: Similarity, image: Array2<f32>) -> Comparison {
        Comparison { similarity, gradients: Gradients::of(&image), image }
    }

    /// Compares it with a projection of the same shape, there where `valid`; 0 where one of them is flat.
    pub fn compare(&self, projection: &Array2<f32>, valid: &Array2<bool>) -> f64 {
        if self.similarity == Similarity::NormalisedCrossCorrelation {
            return correlation(&self.image, projection, valid);
        }
        let inner = inner(valid);
        let other = Gradients::of(projection);
        match self.similarity {
            Similarity::GradientInformation => information(&self.gradients, &other, &inner),
            _ => (correlation(&self.gradients.x, &other.x, &inner) + correlation(&self.gradients.y, &other.y, &inner)) / 2.0,
        }
    }
}

/// Which gradients come from valid pixels only.
fn inner(valid: &Array2<bool>) -> Array2<bool> {
    let (rows, columns) = valid.dim();
    Array2::from_shape_fn((rows.saturating_sub(2), columns.saturating_sub(2)), |(row, column)| {
        (0..9).all(|near| valid[[row + near / 3, column + near % 3]])
    })
}

fn correlation(a: &Array2<f32>, b: &Array2<f32>, valid: &Array2<bool>) -> f64 {
    let mut sums = [0.0; 6];
    Zip::from(a).and(b).and(valid).for_each(|a, b, valid| {
        if *valid {
            let (a, b) = (f64::from(*a), f64::from(*b));
            for (sum, term) in sums.iter_mut().zip([1.0, a, b, a * a, b * b, a * b]) {
                *sum += term;
            }
        }
    });
    let [n, a, b, aa, bb, ab] = sums;
    let [variance_a, variance_b] = [aa - a * a / n, bb - b * b / n];
    // Rounding leaves a flat image with a variance of about the last digit of its squares.
    let flat = |variance: f64, squares: f64| variance.is_nan() || variance <= 1e-10 * squares;
    if flat(variance_a, aa) || flat(variance_b, bb) {
        return 0.0;
    }
    (ab - a * b / n) / (variance_a * variance_b).sqrt()
}

fn information(a: &Gradients, b: &Gradients, valid: &Array2<bool>) -> f64 {
    let (size_a, size_b) = (root_mean_square(a, valid), root_mean_square(b, valid));
    if size_a == 0.0 || size_b == 0.0 {
        return 0.0;
    }
    let (mut shared, mut all) = (0.0, 0.0);
    for (a, b) in vectors(a, valid).zip(vectors(b, valid)) {
        let (a, b) = (a.map(|x| x / size_a), b.map(|x| x / size_b));
        let (length_a, length_b) = (a[0].hypot(a[1]), b[0].hypot(b[1]));
        all += length_a;
        if length_a > 0.0 && length_b > 0.0 {
            let cosine = (a[0] * b[0] + a[1] * b[1]) / (length_a * length_b);
            // (cos 2a + 1) / 2 is the square of the cosine.
            shared += cosine * cosine * length_a.min(length_b);
        }
    }
    shared / all
}

/// The gradients of the valid pixels; zero, or not a number, where there are none.
fn root_mean_square(gradients: &Gradients, valid: &Array2<bool>) -> f64 {
    let (count, squares) = vectors(gradients, valid).fold((0.0, 0.0), |(n, sum), [x, y]| (n + 1.0, sum + x * x + y * y));
    if count > 0.0 { (squares / count).sqrt() } else { 0.0 }
}

fn vectors<'a>(gradients: &'a Gradients, valid: &'a Array2<bool>) -> impl Iterator<Item = [f64; 2]> + 'a {
    let both = gradients.x.iter().zip(&gradients.y).zip(valid);
    both.filter(|(_, valid)| **valid).map(|((x, y), _)| [f64::from(*x), f64::from(*y)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    const ALL: [Similarity; 3] =
        [Similarity::GradientCorrelation, Similarity::NormalisedCrossCorrelation, Similarity::GradientInformation];

    fn compare(similarity: Similarity, film: &Array2<f32>, other: &Array2<f32>) -> f64 {
        Comparison::new(similarity, film.clone()).compare(other, &Array2::from_elem(film.dim(), true))
    }

    /// Its gradients are `2 column` along rows and `2 row` along columns, away from its centre.
    fn bowl() -> Array2<f32> {
        Array2::from_shape_fn((21, 21), |(row, column)| {
            let (y, x) = (row as f32 - 10.0, column as f32 - 10.0);
            x * x + y * y
        })
    }

    /// Its gradients are `2 column` along rows and `-2 row` along columns.
    fn saddle() -> Array2<f32> {
        Array2::from_shape_fn((21, 21), |(row, column)| {
            let (y, x) = (row as f32 - 10.0, column as f32 - 10.0);
            x * x - y * y
        })
    }

    #[test]
    fn an_image_is_like_itself_whatever_its_scale() {
        let other = bowl().mapv(|value| 0.2 * value + 70.0);
        for similarity in ALL {
            assert!((compare(similarity, &bowl(), &other) - 1.0).abs() < 1e-5, "{similarity:?}");
        }
    }

    #[test]
    fn a_negative_is_unlike_but_for_its_edges() {
        let negative = bowl().mapv(|value| -value);
        assert!((compare(Similarity::GradientCorrelation, &bowl(), &negative) + 1.0).abs() < 1e-5);
        assert!((compare(Similarity::NormalisedCrossCorrelation, &bowl(), &negative) + 1.0).abs() < 1e-5);
        // Its weight is the same for opposite directions.
        assert!((compare(Similarity::GradientInformation, &bowl(), &negative) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn the_correlation_of_four_pixels_is_the_one_of_the_hand_calculator() {
        // Deviations (-1.5, -0.5, 0.5, 1.5) and (-1.75, 0.25, -0.75, 2.25): 5.5 / sqrt(5 x 8.75).
        let found =
            compare(Similarity::NormalisedCrossCorrelation, &array![[1.0, 2.0], [3.0, 4.0]], &array![[0.0, 2.0], [1.0, 4.0]]);
        assert!((found - 5.5 / (5.0_f64 * 8.75).sqrt()).abs() < 1e-9, "{found}");
    }

    #[test]
    fn a_saddle_agrees_with_a_bowl_along_rows_and_contradicts_it_along_columns() {
        // (1 + -1) / 2; and the integral of cos^2 of twice the polar angle is one half, on a square as well as on a disc.
        assert!(compare(Similarity::GradientCorrelation, &bowl(), &saddle()).abs() < 1e-6);
        let angles: Vec<[f64; 2]> = (-9..=9).flat_map(|y| (-9..=9).map(move |x| [f64::from(x), f64::from(y)])).collect();
        let length: f64 = angles.iter().map(|[x, y]| x.hypot(*y)).sum();
        let shared: f64 =
            angles.iter().filter(|p| **p != [0.0, 0.0]).map(|[x, y]| (x * x - y * y).powi(2) / x.hypot(*y).powi(3)).sum();
        let found = compare(Similarity::GradientInformation, &bowl(), &saddle());
        assert!((found - shared / length).abs() < 1e-6, "{found} {}", shared / length);
    }

    #[test]
    fn gradients_at_right_angles_share_no_information() {
        let across = Array2::from_shape_fn((9, 9), |(_, column)| column as f32);
        let along = Array2::from_shape_fn((9, 9), |(row, _)| row as f32);
        assert_eq!(compare(Similarity::GradientInformation, &across, &along), 0.0);
    }

    #[test]
    fn a_flat_image_is_like_nothing() {
        for similarity in ALL {
            assert_eq!(compare(similarity, &bowl(), &Array2::from_elem((21, 21), 1e4)), 0.0);
            assert_eq!(compare(similarity, &Array2::zeros((21, 21)), &bowl()), 0.0);
        }
    }

    #[test]
    fn what_is_not_valid_does_not_count() {
        for similarity in ALL {
            let mut spoilt = bowl();
            spoilt.indexed_iter_mut().filter(|((row, _), _)| *row < 5).for_each(|(_, value)| *value = 1e6);
            let valid = Array2::from_shape_fn((21, 21), |(row, _)| row >= 5);
            let found = Comparison::new(similarity, bowl()).compare(&spoilt, &valid);
            assert!((found - 1.0).abs() < 1e-5, "{similarity:?} {found}");
            assert_eq!(Comparison::new(similarity, bowl()).compare(&spoilt, &Array2::from_elem((21, 21), false)), 0.0);
        }
    }
}
