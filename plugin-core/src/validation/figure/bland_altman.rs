//! Differences against means, with bias and limits of agreement, and the intervals of all three.

use super::super::agreement::{BlandAltman, mean_and_difference};
use super::super::answer::Estimate;
use super::super::printed::Printer;
use super::super::stratum::Stratum;
use super::axes::{Axes, Labels, Ranges};
use super::{Figure, Points};
use crate::drawing::canvas::{Anchor, GREY, INK, regular};

const HEIGHT: f64 = 132.0;
const DOTS: &str = "#2b6ca3";
const LIMIT: &str = "#b3402a";
/// Room beside the plot for what the lines are.
const RIGHT: f64 = 52.0;
/// Between two labels.
const APART: f64 = 17.0;

pub fn draw(stratum: &Stratum, points: &Points, ranges: &Ranges, printer: &Printer<'_>) -> Figure {
    let unit = if printer.unit.is_empty() { String::new() } else { format!(" ({})", printer.unit) };
    let shaded = format!("Lines: bias and limits of agreement; shaded: {}", printer.interval_name());
    let caption = match (stratum.bland_altman.known(), &points.note) {
        (Err(reason), _) => format!("limits not computed: {reason}"),
        (Ok(_), Some(note)) => format!("{shaded}; {note}"),
        (Ok(_), None) => shaded,
    };
    let labels = Labels {
        title: "Bland-Altman",
        caption: &caption,
        x: &format!("Mean of reference and measured{unit}"),
        y: &format!("Difference{unit}"),
    };
    let mut axes = Axes::new(&labels, [ranges.values, ranges.differences], HEIGHT, RIGHT);
    if let Some(found) = stratum.bland_altman.computed() {
        bands(&mut axes, found);
    }
    axes.dots(points.pairs.iter().map(|pair| mean_and_difference(*pair)), DOTS);
    if let Some([from, to]) = axes.inside(0.0, 0.0) {
        axes.canvas.line(from, to, GREY, 0.5);
    }
    if let Some(found) = stratum.bland_altman.computed() {
        lines(&mut axes, found, printer);
    }
    Figure { canvas: axes.canvas, height: axes.height }
}

fn bands(axes: &mut Axes, found: &BlandAltman) {
    for (estimate, color) in [(&found.lower_limit, LIMIT), (&found.upper_limit, LIMIT), (&found.bias, INK)] {
        let Some(interval) = estimate.interval.computed() else { continue };
        let (top, bottom) = (axes.at([0.0, interval.high])[1], axes.at([0.0, interval.low])[1]);
        let (left, width) = (axes.left(), axes.right() - axes.left());
        axes.canvas.band([left, top, width, bottom - top], color, 0.12);
    }
}

fn lines(axes: &mut Axes, found: &BlandAltman, printer: &Printer<'_>) {
    let rows: [(&Estimate, &str, &str); 3] =
        [(&found.upper_limit, "+1.96 SD", LIMIT), (&found.bias, "bias", INK), (&found.lower_limit, "\u{2212}1.96 SD", LIMIT)];
    let mut places = rows.map(|(estimate, _, _)| axes.at([0.0, estimate.value])[1]);
    let (left, right) = (axes.left(), axes.right());
    for ((_, _, color), y) in rows.iter().zip(places) {
        match *color == LIMIT {
            true => axes.canvas.dashes([left, y], [right, y], color, 0.9),
            false => axes.canvas.line([left, y], [right, y], color, 1.0),
        }
    }
    // Labels of narrow limits move apart, away from the bias.
    places[0] = places[0].min(places[1] - APART);
    places[2] = places[2].max(places[1] + APART);
    for ((estimate, name, color), y) in rows.into_iter().zip(places) {
        axes.canvas.text(right + 3.0, y - 1.0, Anchor::Start, regular(6.5, color), name);
        axes.canvas.text(right + 3.0, y + 6.5, Anchor::Start, regular(6.5, color), &printer.value(estimate.value));
    }
}
