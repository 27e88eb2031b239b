//! A line by least squares.

/// `y = slope * x + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub slope: f64,
    pub intercept: f64,
    /// Share of the variance of `y` that the line explains.
    pub r_squared: f64,
}

/// Least squares of `y` on `x`; none when all `x` or all `y` are equal.
pub(super) fn fit_line(points: &[(f64, f64)]) -> Option<Line> {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in points {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let slope = xy / xx;
    let line = Line { slope, intercept: mean_y - slope * mean_x, r_squared: xy * xy / (xx * yy) };
    (xx > 0.0 && yy > 0.0 && xy.is_finite()).then_some(line)
}

impl Line {
    /// Of the points it was fitted to, with two degrees of freedom less; 0 for two of them.
    pub fn residual_sd(&self, points: &[(f64, f64)]) -> f64 {
        let squares: f64 = points.iter().map(|(x, y)| (y - self.slope * x - self.intercept).powi(2)).sum();
        if points.len() > 2 { (squares / (points.len() as f64 - 2.0)).sqrt() } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_points_whose_line_is_known() {
        let line = fit_line(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).expect("three points");
        assert_eq!(line, Line { slope: 2.0, intercept: 1.0, r_squared: 1.0 });
        // Anscombe's first set in small: x 0, 1, 2 and y 0, 1, 0 have no slope and r2 0.
        assert_eq!(fit_line(&[(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)]).expect("three points").r_squared, 0.0);
        assert_eq!(fit_line(&[(1.0, 0.0), (1.0, 1.0)]), None);
    }
}
