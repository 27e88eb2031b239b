//! The standard functions of the literature on evolution strategies, all with their least value 0 at a known place.

use super::*;
use std::convert::Infallible;

fn search<const N: usize>(start: f64, deviation: f64, bound: f64, seed: u64) -> Search<N> {
    Search {
        start: [start; N],
        deviation: [deviation; N],
        bounds: [[-bound, bound]; N],
        population: least_population::<N>(),
        evaluations: 40_000,
        tolerance: 1e-12,
        seed,
    }
}

fn run<const N: usize>(search: &Search<N>, cost: impl Fn(&[f64; N]) -> f64 + Sync) -> Minimum<N> {
    let Ok(minimum) = minimise(search, cost, |_| Ok::<(), Infallible>(()));
    minimum
}

fn sphere<const N: usize>(x: &[f64; N]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

/// Axes whose lengths differ by a factor of a thousand.
fn ellipsoid<const N: usize>(x: &[f64; N]) -> f64 {
    x.iter().enumerate().map(|(i, x)| 1e6_f64.powf(i as f64 / (N - 1) as f64) * x * x).sum()
}

fn rosenbrock<const N: usize>(x: &[f64; N]) -> f64 {
    x.windows(2).map(|pair| 100.0 * (pair[1] - pair[0] * pair[0]).powi(2) + (1.0 - pair[0]).powi(2)).sum()
}

/// A bowl with a local minimum near every whole number.
fn rastrigin<const N: usize>(x: &[f64; N]) -> f64 {
    x.iter().map(|x| x * x - 10.0 * (2.0 * std::f64::consts::PI * x).cos() + 10.0).sum()
}

#[test]
fn sphere_and_ellipsoid_are_found_in_as_many_evaluations_as_published() {
    for seed in 0..5 {
        let found = run(&search::<6>(3.0, 1.0, 10.0, seed), sphere);
        assert!(found.value < 1e-16 && found.evaluations < 3_000, "{found:?}");
        let found = run(&search::<6>(3.0, 1.0, 10.0, seed), ellipsoid);
        assert!(found.value < 1e-10 && found.evaluations < 9_000, "{found:?}");
    }
}

#[test]
fn a_turned_ellipsoid_costs_no_more_than_an_upright_one() {
    // Householder's reflection in the plane across (1, 1, ... 1).
    let turned = |x: &[f64; 6]| {
        let mean = x.iter().sum::<f64>() / 6.0;
        ellipsoid(&x.map(|x| x - 2.0 * mean))
    };
    let evaluations = |cost: &(dyn Fn(&[f64; 6]) -> f64 + Sync)| -> usize {
        (0..5)
            .map(|seed| {
                let found = run(&search::<6>(3.0, 1.0, 10.0, seed), cost);
                assert!(found.value < 1e-10, "{found:?}");
                found.evaluations
            })
            .sum()
    };
    let (upright, turned) = (evaluations(&ellipsoid), evaluations(&turned));
    assert!((turned as f64) < 1.25 * upright as f64, "{turned} against {upright}");
}

#[test]
fn the_bent_valley_is_followed_to_its_end() {
    for seed in 0..5 {
        let found = run(&search::<6>(-0.5, 0.5, 5.0, seed), rosenbrock);
        // Rosenbrock's function of six variables has a local minimum near (-1, 1, ... 1) with the value 3.97.
        assert!(found.value < 1e-10 || (found.value - 3.97).abs() < 0.02, "{found:?}");
    }
    let found = run(&search::<2>(-1.2, 0.5, 5.0, 1), rosenbrock);
    assert!(found.at.iter().all(|x| (x - 1.0).abs() < 1e-6), "{found:?}");
}

#[test]
fn a_large_population_sees_past_local_minima() {
    for seed in 0..5 {
        let wide = Search { population: 200, ..search::<6>(3.0, 2.0, 5.12, seed) };
        let found = run(&wide, rastrigin);
        assert!(found.value < 1e-8, "{found:?}");
    }
}

#[test]
fn a_minimum_beyond_the_bounds_is_found_on_them() {
    // Least within x >= 1: all ones.
    let mut bounded = search::<6>(3.0, 1.0, 10.0, 7);
    bounded.bounds = [[1.0, 10.0]; 6];
    let found = run(&bounded, |x| {
        assert!(x.iter().all(|x| (1.0..=10.0).contains(x)), "{x:?} is out of bounds");
        sphere(x)
    });
    assert!((found.value - 6.0).abs() < 1e-9, "{found:?}");
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| run(&search::<6>(2.0, 1.0, 5.0, 11), rastrigin))
    };
    let one = on(1);
    assert_eq!(one, on(3));
    assert_ne!(one, run(&search::<6>(2.0, 1.0, 5.0, 12), rastrigin));
}

#[test]
fn evaluations_are_bounded_and_a_listener_stops_the_search() {
    let few = Search { evaluations: 25, ..search::<6>(3.0, 1.0, 10.0, 1) };
    assert_eq!(run(&few, sphere).evaluations, 27);
    assert_eq!(minimise(&few, sphere, |done| if done > 10 { Err("enough") } else { Ok(()) }), Err("enough"));
}

#[test]
fn what_is_not_a_number_is_never_the_best() {
    let found = run(&search::<2>(3.0, 1.0, 10.0, 3), |x| if x[0] > 2.0 { f64::NAN } else { sphere(x) });
    assert!(found.value < 1e-10, "{found:?}");
    let found = run(&Search { evaluations: 100, ..search::<2>(3.0, 1.0, 10.0, 3) }, |_| f64::NAN);
    assert_eq!(found.value, f64::INFINITY);
}
