//! Means and sums of squares, in two passes, so that an offset common to all values costs no digits.

/// Sums of two series of equal length.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    /// How many pairs.
    pub count: f64,
    /// Mean of x.
    pub mean_x: f64,
    /// Mean of y.
    pub mean_y: f64,
    /// Sum of squared deviations of x.
    pub xx: f64,
    /// Of y.
    pub yy: f64,
    /// Sum of the products of deviations.
    pub xy: f64,
}

impl Moments {
    /// Of at least one pair.
    pub fn of(pairs: impl Iterator<Item = [f64; 2]> + Clone) -> Moments {
        let (count, sum_x, sum_y) =
            pairs.clone().fold((0.0, 0.0, 0.0), |(count, x, y), pair| (count + 1.0, x + pair[0], y + pair[1]));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let mut moments = Moments { count, mean_x, mean_y, xx: 0.0, yy: 0.0, xy: 0.0 };
        for [x, y] in pairs {
            let (dx, dy) = (x - mean_x, y - mean_y);
            moments.xx += dx * dx;
            moments.yy += dy * dy;
            moments.xy += dx * dy;
        }
        // What rounding leaves of equal values is no variation.
        let noise = |mean: f64| count * (mean * f64::EPSILON * 4.0).powi(2);
        if moments.xx <= noise(mean_x) {
            (moments.xx, moments.xy) = (0.0, 0.0);
        }
        if moments.yy <= noise(mean_y) {
            (moments.yy, moments.xy) = (0.0, 0.0);
        }
        moments
    }

    /// Sample standard deviation of x.
    pub fn sd_x(&self) -> f64 {
        (self.xx / (self.count - 1.0)).sqrt()
    }

    /// Sample standard deviation of y.
    pub fn sd_y(&self) -> f64 {
        (self.yy / (self.count - 1.0)).sqrt()
    }
}
