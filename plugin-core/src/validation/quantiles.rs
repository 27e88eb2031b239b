//! Quantiles and probabilities of the distributions that intervals rest on.
//!
//! Degrees of freedom are positive and a confidence lies between 0 and 1: settings and callers see to it.

use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF, FisherSnedecor, Normal, StudentsT};

const PARAMETERS: &str = "degrees of freedom are positive and finite";

/// Standard deviations on either side of the mean of a normal distribution that hold the share `confidence`.
pub fn normal(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(upper(confidence))
}

/// The same of Student's t.
pub fn student_t(confidence: f64, degrees: f64) -> f64 {
    let t = student(degrees);
    let target = upper(confidence);
    // The library's quantile keeps five digits for 100000 degrees of freedom, its probability eleven.
    (0..3).fold(t.inverse_cdf(target), |at, _| at - (t.cdf(at) - target) / t.pdf(at))
}

/// Two-sided p of a statistic that is distributed as Student's t.
pub fn student_t_p_value(statistic: f64, degrees: f64) -> f64 {
    (2.0 * student(degrees).cdf(-statistic.abs())).min(1.0)
}

/// Below which Fisher's F lies with this probability.
pub fn fisher_f(probability: f64, numerator: f64, denominator: f64) -> f64 {
    FisherSnedecor::new(numerator, denominator).expect(PARAMETERS).inverse_cdf(probability)
}

/// Below which chi-square lies with this probability.
pub fn chi_square(probability: f64, degrees: f64) -> f64 {
    ChiSquared::new(degrees).expect(PARAMETERS).inverse_cdf(probability)
}

fn student(degrees: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees).expect(PARAMETERS)
}

fn upper(confidence: f64) -> f64 {
    1.0 - (1.0 - confidence) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_printed_tables() {
        let near = |found: f64, printed: f64| assert!((found / printed - 1.0).abs() < 1e-4, "{found} {printed}");
        near(normal(0.95), 1.959_964);
        near(student_t(0.95, 10.0), 2.228_139);
        near(student_t(0.95, 1e5), 1.959_988);
        near(student_t_p_value(2.228_139, 10.0), 0.05);
        near(fisher_f(0.975, 5.0, 10.0), 4.236_086);
        near(chi_square(0.025, 30.0), 16.790_77);
    }
}
