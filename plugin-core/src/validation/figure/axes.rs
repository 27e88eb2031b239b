//! Axes of a figure: ranges, ticks, frame and labels.

use super::super::stratum::Stratum;
use super::WIDTH;
use crate::drawing::canvas::{Anchor, Canvas, GREY, INK, RULE, bold, regular};
use crate::drawing::fonts::Weight;
use crate::drawing::text::{fit, rounded};

/// Room left of the plot, for the label and the ticks of y.
const LEFT: f64 = 42.0;
/// Above it, for title and caption.
const TOP: f64 = 27.0;
/// Below it, for the ticks and the label of x.
const BOTTOM: f64 = 26.0;
const TICK_SIZE: f64 = 6.5;
/// Ticks that are aimed at.
const TICKS: f64 = 5.0;

/// What the axes of all sets reach over.
#[derive(Debug, Clone, Copy)]
pub struct Ranges {
    /// Of both values.
    pub values: [f64; 2],
    /// Of differences, with zero.
    pub differences: [f64; 2],
}

impl Ranges {
    /// Over all points and all limits of agreement.
    pub fn of(pairs: &[[f64; 2]], strata: &[&Stratum]) -> Ranges {
        let values = padded(pairs.iter().flatten().copied());
        let differences = pairs.iter().map(|[reference, measured]| measured - reference);
        let limits = strata.iter().filter_map(|stratum| stratum.bland_altman.computed());
        let ends = limits.flat_map(|one| [&one.lower_limit, &one.upper_limit]).filter_map(|limit| limit.interval.computed());
        let ends = ends.flat_map(|interval| [interval.low, interval.high]);
        Ranges { values, differences: padded(differences.chain(ends).chain([0.0])) }
    }
}

/// The range of `values` with a margin; never empty.
fn padded(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let least = (low.abs().max(high.abs()) * 1e-6).max(1e-12);
    let margin = ((high - low) * 0.05).max(least);
    [low - margin, high + margin]
}

/// What stands around a plot.
pub struct Labels<'a> {
    /// Above it.
    pub title: &'a str,
    /// Below the title.
    pub caption: &'a str,
    /// Of the horizontal axis.
    pub x: &'a str,
    /// Of the vertical axis.
    pub y: &'a str,
}

/// A plot with its axes drawn.
pub struct Axes {
    /// Where marks are added.
    pub canvas: Canvas,
    /// Of the whole figure.
    pub height: f64,
    x: [f64; 2],
    y: [f64; 2],
    room: [f64; 4],
}

impl Axes {
    /// A figure of this height over the ranges `x` and `y`; `right` is left free beside the plot.
    pub fn new(labels: &Labels<'_>, [x, y]: [[f64; 2]; 2], height: f64, right: f64) -> Axes {
        let room = [LEFT, TOP, WIDTH - LEFT - right, height - TOP - BOTTOM];
        let mut axes = Axes { canvas: Canvas::default(), height, x, y, room };
        axes.text(labels);
        axes.frame();
        axes
    }

    fn text(&mut self, labels: &Labels<'_>) {
        let [left, top, width, height] = self.room;
        self.canvas.text(0.0, 8.0, Anchor::Start, bold(8.0, INK), &fit(labels.title, WIDTH, 8.0, Weight::Bold));
        self.canvas.text(0.0, 18.5, Anchor::Start, regular(7.0, GREY), &fit(labels.caption, WIDTH, 7.0, Weight::Regular));
        let x = fit(labels.x, width, 7.0, Weight::Regular);
        self.canvas.text(left + width / 2.0, top + height + 21.0, Anchor::Middle, regular(7.0, INK), &x);
        let mut upwards = Canvas::default();
        let y = fit(labels.y, height, 7.0, Weight::Regular);
        upwards.text(0.0, 0.0, Anchor::Middle, regular(7.0, INK), &y);
        self.canvas.place_upwards(7.0, top + height / 2.0, &upwards);
    }

    fn frame(&mut self) {
        let [left, top, width, height] = self.room;
        for (value, text) in ticks(self.x) {
            let [at, _] = self.at([value, self.y[0]]);
            self.canvas.line([at, top], [at, top + height], "#eeeeee", 0.5);
            self.canvas.text(at, top + height + 9.5, Anchor::Middle, regular(TICK_SIZE, INK), &text);
        }
        for (value, text) in ticks(self.y) {
            let [_, at] = self.at([self.x[0], value]);
            self.canvas.line([left, at], [left + width, at], "#eeeeee", 0.5);
            self.canvas.text(left - 4.0, at + 2.3, Anchor::End, regular(TICK_SIZE, INK), &text);
        }
        self.canvas.rectangle([left, top, width, height], "none", RULE);
    }

    /// Where a point lies.
    pub fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [left, top, width, height] = self.room;
        let share = |value: f64, [low, high]: [f64; 2]| (value - low) / (high - low);
        [left + share(x, self.x) * width, top + (1.0 - share(y, self.y)) * height]
    }

    /// Right end of the plot.
    pub fn right(&self) -> f64 {
        self.room[0] + self.room[2]
    }

    /// Left end of the plot.
    pub fn left(&self) -> f64 {
        self.room[0]
    }

    /// The part of `y = intercept + slope x` that lies within the axes.
    pub fn inside(&self, intercept: f64, slope: f64) -> Option<[[f64; 2]; 2]> {
        let [mut from, mut to] = self.x;
        if slope != 0.0 {
            let [a, b] = self.y.map(|y| (y - intercept) / slope);
            (from, to) = (from.max(a.min(b)), to.min(a.max(b)));
        } else if intercept < self.y[0] || intercept > self.y[1] {
            return None;
        }
        (from < to).then(|| [from, to].map(|x| self.at([x, intercept + slope * x])))
    }

    /// All points.
    pub fn dots(&mut self, points: impl ExactSizeIterator<Item = [f64; 2]>, color: &str) {
        let opacity = if points.len() > 500 { 0.25 } else { 0.55 };
        let radius = if points.len() > 500 { 1.2 } else { 1.7 };
        for point in points {
            let at = self.at(point);
            self.canvas.dot(at, radius, color, opacity);
        }
    }
}

/// Round values within the range, and how they are written.
fn ticks([low, high]: [f64; 2]) -> Vec<(f64, String)> {
    let raw = (high - low) / TICKS;
    let magnitude = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|times| times * magnitude).into_iter().find(|step| *step >= raw);
    let step = step.unwrap_or(10.0 * magnitude);
    let decimals = decimals(step);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    // Beyond this the range is so narrow that its ticks cannot be told apart.
    let count = last - first;
    if !(0.0..=2.0 * TICKS).contains(&count) || decimals > 9 {
        return Vec::new();
    }
    (0..=count as usize).map(|i| (first + i as f64) * step).map(|value| (value, rounded(value, decimals))).collect()
}

/// Decimals that tell multiples of `step` apart.
fn decimals(step: f64) -> usize {
    (0..10).find(|decimals| ((step * 10_f64.powi(*decimals)).fract() - 0.5).abs() > 0.499_999).unwrap_or(10) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(range: [f64; 2]) -> Vec<String> {
        ticks(range).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_written_alike() {
        assert_eq!(written([0.0, 1.0]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(written([-0.11, 0.13]), ["-0.10", "-0.05", "0.00", "0.05", "0.10"]);
        assert_eq!(written([37.0, 212.0]), ["50", "100", "150", "200"]);
        assert_eq!(written([0.42, 1.13]), ["0.6", "0.8", "1.0"]);
    }

    #[test]
    fn a_range_is_never_empty() {
        let [low, high] = padded([5.0, 5.0].into_iter());
        assert!(low < 5.0 && high > 5.0);
        let [low, high] = padded([0.0].into_iter());
        assert!(low < high);
    }

    #[test]
    fn a_line_ends_at_the_frame() {
        let labels = Labels { title: "", caption: "", x: "", y: "" };
        let axes = Axes::new(&labels, [[0.0, 1.0], [0.0, 1.0]], 150.0, 8.0);
        assert_eq!(axes.inside(0.0, 2.0), Some([axes.at([0.0, 0.0]), axes.at([0.5, 1.0])]));
        assert_eq!((axes.inside(2.0, 0.0), axes.inside(3.0, 1.0)), (None, None));
    }
}
