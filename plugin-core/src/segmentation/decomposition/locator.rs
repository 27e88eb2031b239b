//! The view, and the centres of the femoral heads on the film.

use super::manifest::{Locator, MEASURED_VIEW};
use crate::segmentation::film::Mapping;

/// How far about its highest pixel a peak is averaged for its centre.
const AROUND: usize = 2;

/// What the locator says of a film.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// Every view with its probability, in the order of the manifest.
    pub views: Vec<(String, f64)>,
    /// The likeliest centre of a head in the half of the film where the patient's right lies, and in that of the left.
    pub heads: [Head; 2],
}

/// The likeliest centre of a femoral head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Head {
    /// Row and column of the film.
    pub centre: [f64; 2],
    /// How probable.
    pub probability: f64,
}

impl Head {
    /// Below it no head is there; the evaluation of the models counts heads from it on.
    const LEAST_PROBABILITY: f64 = 0.3;

    /// Whether there is a head.
    pub fn is_found(&self) -> bool {
        self.probability >= Head::LEAST_PROBABILITY
    }
}

impl Located {
    /// The view that is measured, as manifests call it.
    pub const MEASURED_VIEW: &'static str = MEASURED_VIEW;
    /// A film is measured where this view has at least this probability: more than all others together.
    pub const LEAST_PROBABILITY: f64 = 0.5;

    /// Whether the film shows the view that is measured.
    pub fn is_measurable(&self) -> bool {
        self.views.iter().any(|(name, probability)| name == MEASURED_VIEW && *probability >= Located::LEAST_PROBABILITY)
    }

    /// The likeliest view, the first among equals.
    pub fn view(&self) -> (&str, f64) {
        let mut likeliest = ("", 0.0);
        for (name, probability) in &self.views {
            if *probability > likeliest.1 {
                likeliest = (name, *probability);
            }
        }
        likeliest
    }
}

/// What the logits say; the film was shown upright with the patient's left at the right, by `mapping`.
pub(super) fn located(heads: &[f32], views: &[f32], manifest: &Locator, mapping: &Mapping) -> Located {
    let [rows, columns] = manifest.size;
    let mut halves = heads.chunks_exact(rows * columns);
    let mut head = || halves.next().map_or(Head { centre: [0.0; 2], probability: 0.0 }, |logits| peak(logits, columns));
    let heads = [head(), head()].map(|head| Head { centre: mapping.to_film(head.centre), ..head });
    let names = manifest.views.iter().cloned();
    Located { views: names.zip(softmax(views)).collect(), heads }
}

/// The highest pixel, its place averaged over five by five pixels by their probabilities.
fn peak(logits: &[f32], columns: usize) -> Head {
    let probability = |place: usize| 1.0 / (1.0 + (-f64::from(logits[place])).exp());
    let highest = (0..logits.len()).fold(0, |best, place| if logits[place] > logits[best] { place } else { best });
    let (row, column) = (highest / columns, highest % columns);
    let around = |place: usize, end: usize| place.saturating_sub(AROUND)..(place + AROUND + 1).min(end);
    let mut sums = [0.0; 3];
    for r in around(row, logits.len() / columns) {
        for c in around(column, columns) {
            let weight = probability(r * columns + c);
            sums = [sums[0] + weight * r as f64, sums[1] + weight * c as f64, sums[2] + weight];
        }
    }
    let centre = if sums[2] > 0.0 { [sums[0] / sums[2], sums[1] / sums[2]] } else { [row as f64, column as f64] };
    Head { centre, probability: probability(highest) }
}

fn softmax(logits: &[f32]) -> Vec<f64> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let odds: Vec<f64> = logits.iter().map(|logit| f64::from(logit - highest).exp()).collect();
    let sum: f64 = odds.iter().sum();
    odds.into_iter().map(|odd| odd / sum).collect()
}
