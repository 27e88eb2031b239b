//! CMA-ES: finds the least value of a function of a few variables that has many local minima and no derivative.
//!
//! After Hansen, "The CMA Evolution Strategy: A Tutorial", 2016, arXiv 1604.00772, with its default parameters and without negative
//! weights. In short: points are drawn from a normal distribution, the better half of them moves its mean (weighted by rank), their
//! steps are learnt into its covariance, and the length of the way that the mean went in the last steps, compared with that of a
//! random walk, widens or narrows it.
//!
//! Variables are counted in their initial standard deviations. A point beyond the bounds is evaluated where it meets them, and pays
//! the square of its distance from there in addition, in units of the spread of the values found: so the distribution may lean on
//! a bound without being cut off by it.

mod eigen;

use crate::random::Noise;
use eigen::{Matrix, eigen};
use rayon::prelude::*;

/// Where to search, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct Search<const N: usize> {
    /// Where the search begins.
    pub start: [f64; N],
    /// Standard deviation of the first steps, per variable.
    pub deviation: [f64; N],
    /// Least and largest value of each variable.
    pub bounds: [[f64; 2]; N],
    /// Points drawn between two updates; at least [`least_population`].
    pub population: usize,
    /// How often the function may be evaluated; the last population is finished.
    pub evaluations: usize,
    /// The search ends where its steps have become shorter than this, as a share of the first ones.
    pub tolerance: f64,
    /// The same seed gives the same steps, whatever the number of threads.
    pub seed: u64,
}

/// The best point a search has met.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum<const N: usize> {
    /// Where it is.
    pub at: [f64; N],
    /// The value there.
    pub value: f64,
    /// How often the function was evaluated.
    pub evaluations: usize,
}

/// The tutorial's default, `4 + floor(3 ln N)`; with fewer, the search is lost in the first valley.
pub fn least_population<const N: usize>() -> usize {
    4 + (3.0 * (N as f64).ln()).floor() as usize
}

/// Searches the least value of `cost`, which is evaluated on the threads of the calling rayon pool; a value that is not a number
/// counts as the worst. `heard` is told the evaluations after each population and may end the search with an error.
pub fn minimise<const N: usize, E>(
    search: &Search<N>,
    cost: impl Fn(&[f64; N]) -> f64 + Sync,
    mut heard: impl FnMut(usize) -> Result<(), E>,
) -> Result<Minimum<N>, E> {
    let rates = Rates::new::<N>(search.population.max(least_population::<N>()));
    let mut state = State::new();
    let mut noise = Noise::stream(search.seed, 0);
    let mut best = Minimum { at: search.inside([0.0; N]), value: f64::INFINITY, evaluations: 0 };
    while best.evaluations < search.evaluations && state.longest_step() > search.tolerance {
        let mut points: Vec<Point<N>> = (0..rates.population).map(|_| state.draw(&mut noise)).collect();
        let values: Vec<f64> = points.par_iter().map(|point| number(cost(&search.inside(point.at)))).collect();
        best.evaluations += points.len();
        for (point, value) in points.iter().zip(&values) {
            if *value < best.value {
                (best.at, best.value) = (search.inside(point.at), *value);
            }
        }
        let spread = spread(&values);
        for (point, value) in points.iter_mut().zip(values) {
            point.rank = value + spread * search.beyond(&point.at);
        }
        // Stable, so that equal values keep the order they were drawn in.
        points.sort_by(|a, b| a.rank.total_cmp(&b.rank));
        state.update(&rates, &points);
        heard(best.evaluations)?;
    }
    Ok(best)
}

fn number(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
}

/// Distance between the middle and the best value; that of the whole population would be that of its worst outlier.
fn spread(values: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.first().map_or(0.0, |first| sorted[sorted.len() / 2] - first)
}

impl<const N: usize> Search<N> {
    /// A point in units of the first steps, in the function's own units and within the bounds.
    fn inside(&self, at: [f64; N]) -> [f64; N] {
        std::array::from_fn(|i| (self.start[i] + self.deviation[i] * at[i]).max(self.bounds[i][0]).min(self.bounds[i][1]))
    }

    /// Square of the distance to the bounds, in units of the first steps.
    fn beyond(&self, at: &[f64; N]) -> f64 {
        let inside = self.inside(*at);
        let beyond = |i: usize| match self.deviation[i] > 0.0 {
            true => (at[i] - (inside[i] - self.start[i]) / self.deviation[i]).powi(2),
            false => 0.0,
        };
        (0..N).map(beyond).sum()
    }
}

/// A point that was drawn.
struct Point<const N: usize> {
    at: [f64; N],
    /// `(at - mean) / sigma`.
    step: [f64; N],
    rank: f64,
}

/// The constants of the tutorial's table 1.
struct Rates {
    population: usize,
    /// Of the better half, best first; their sum is one.
    weights: Vec<f64>,
    /// Variance effective selection mass.
    mass: f64,
    /// Step size: learning rate of its path, and damping.
    sigma: [f64; 2],
    /// Covariance: learning rates of its path, of the path's square, and of the steps' squares.
    covariance: [f64; 3],
    /// Expected length of a normal vector.
    chi: f64,
}

impl Rates {
    fn new<const N: usize>(population: usize) -> Rates {
        let n = N as f64;
        let middle = (population as f64 / 2.0 + 0.5).ln();
        let raw: Vec<f64> = (1..=population / 2).map(|rank| middle - (rank as f64).ln()).collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
        let mass = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
        let sigma = (mass + 2.0) / (n + mass + 5.0);
        let damping = 1.0 + 2.0 * (((mass - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + sigma;
        let path = (4.0 + mass / n) / (n + 4.0 + 2.0 * mass / n);
        let rank_one = 2.0 / ((n + 1.3).powi(2) + mass);
        let rank_mu = (2.0 * (mass - 2.0 + 1.0 / mass) / ((n + 2.0).powi(2) + mass)).min(1.0 - rank_one);
        let chi = n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
        Rates { population, weights, mass, sigma: [sigma, damping], covariance: [path, rank_one, rank_mu], chi }
    }
}

/// The distribution from which points are drawn: `mean + sigma * vectors * diag(lengths) * normal`.
struct State<const N: usize> {
    mean: [f64; N],
    sigma: f64,
    covariance: Matrix<N>,
    vectors: Matrix<N>,
    lengths: [f64; N],
    sigma_path: [f64; N],
    covariance_path: [f64; N],
    generation: i32,
}

impl<const N: usize> State<N> {
    fn new() -> State<N> {
        let one: Matrix<N> = std::array::from_fn(|row| std::array::from_fn(|column| f64::from(u8::from(row == column))));
        State {
            mean: [0.0; N],
            sigma: 1.0,
            covariance: one,
            vectors: one,
            lengths: [1.0; N],
            sigma_path: [0.0; N],
            covariance_path: [0.0; N],
            generation: 0,
        }
    }

    fn longest_step(&self) -> f64 {
        self.sigma * self.lengths.iter().copied().fold(0.0, f64::max)
    }

    fn draw(&self, noise: &mut Noise) -> Point<N> {
        let normal: [f64; N] = std::array::from_fn(|_| noise.normal());
        let step: [f64; N] = std::array::from_fn(|i| (0..N).map(|k| self.vectors[i][k] * self.lengths[k] * normal[k]).sum());
        Point { at: std::array::from_fn(|i| self.mean[i] + self.sigma * step[i]), step, rank: f64::INFINITY }
    }

    /// `points`, best first, move and reshape the distribution.
    fn update(&mut self, rates: &Rates, points: &[Point<N>]) {
        self.generation += 1;
        let chosen = || rates.weights.iter().zip(points);
        let step: [f64; N] = std::array::from_fn(|i| chosen().map(|(weight, point)| weight * point.step[i]).sum());
        for (mean, step) in self.mean.iter_mut().zip(step) {
            *mean += self.sigma * step;
        }
        let [rate, damping] = rates.sigma;
        let whitened = self.whiten(&step);
        for (path, white) in self.sigma_path.iter_mut().zip(whitened) {
            *path = (1.0 - rate) * *path + (rate * (2.0 - rate) * rates.mass).sqrt() * white;
        }
        let length = self.sigma_path.iter().map(|x| x * x).sum::<f64>().sqrt();
        self.learn(rates, &step, length, chosen());
        self.sigma *= (rate / damping * (length / rates.chi - 1.0)).exp();
        let (values, vectors) = eigen(self.covariance);
        self.vectors = vectors;
        // Rounding may make the least eigenvalue a negative one.
        self.lengths = values.map(|value| value.max(0.0).sqrt());
    }

    /// The step as the normal vector that would give it.
    fn whiten(&self, step: &[f64; N]) -> [f64; N] {
        let along: [f64; N] = std::array::from_fn(|k| {
            let projected: f64 = (0..N).map(|i| self.vectors[i][k] * step[i]).sum();
            if self.lengths[k] > 0.0 { projected / self.lengths[k] } else { 0.0 }
        });
        std::array::from_fn(|i| (0..N).map(|k| self.vectors[i][k] * along[k]).sum())
    }

    fn learn<'a>(
        &mut self,
        rates: &Rates,
        step: &[f64; N],
        length: f64,
        chosen: impl Iterator<Item = (&'a f64, &'a Point<N>)> + Clone,
    ) {
        let [rate, rank_one, rank_mu] = rates.covariance;
        let warm = (1.0 - (1.0 - rates.sigma[0]).powi(2 * self.generation)).sqrt();
        // While the steps still grow fast, they say nothing of the shape.
        let steady = length / warm < (1.4 + 2.0 / (N as f64 + 1.0)) * rates.chi;
        let gain = if steady { (rate * (2.0 - rate) * rates.mass).sqrt() } else { 0.0 };
        let lost = if steady { 0.0 } else { rate * (2.0 - rate) };
        for (path, step) in self.covariance_path.iter_mut().zip(step) {
            *path = (1.0 - rate) * *path + gain * step;
        }
        for row in 0..N {
            for column in row..N {
                let path = self.covariance_path[row] * self.covariance_path[column];
                let steps: f64 = chosen.clone().map(|(weight, point)| weight * point.step[row] * point.step[column]).sum();
                let before = self.covariance[row][column];
                let kept = 1.0 - rank_one - rank_mu + rank_one * lost;
                self.covariance[row][column] = kept * before + rank_one * path + rank_mu * steps;
                self.covariance[column][row] = self.covariance[row][column];
            }
        }
    }
}

#[cfg(test)]
mod tests;
