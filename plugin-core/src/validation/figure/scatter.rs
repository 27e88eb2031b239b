//! Measured against reference, with the identity and the regression line.

use super::super::printed::Printer;
use super::super::stratum::Stratum;
use super::axes::{Axes, Labels, Ranges};
use super::{Figure, Points};
use crate::drawing::canvas::{Anchor, GREY, INK, regular};

const HEIGHT: f64 = 152.0;
const DOTS: &str = "#2b6ca3";
const REGRESSION: &str = "#b3402a";

pub fn draw(stratum: &Stratum, points: &Points, ranges: &Ranges, printer: &Printer<'_>) -> Figure {
    let caption = match stratum.pearson_r.known() {
        Ok(r) => format!("r = {}, {} pairs", printer.coefficient(r), stratum.pairs),
        Err(reason) => format!("r not computed: {reason}"),
    };
    let unit = if printer.unit.is_empty() { String::new() } else { format!(" ({})", printer.unit) };
    let labels = Labels {
        title: "Measured against reference",
        caption: &caption,
        x: &format!("Reference{unit}"),
        y: &format!("Measured{unit}"),
    };
    let mut axes = Axes::new(&labels, [ranges.values, ranges.values], HEIGHT, 8.0);
    axes.dots(points.pairs.iter().copied(), DOTS);
    if let Some([from, to]) = axes.inside(0.0, 1.0) {
        axes.canvas.dashes(from, to, INK, 0.8);
    }
    let line = stratum.regression.computed();
    if let Some([from, to]) = line.and_then(|line| axes.inside(line.intercept.value, line.slope.value)) {
        axes.canvas.line(from, to, REGRESSION, 1.1);
    }
    legend(&mut axes, line.is_some(), points);
    Figure { canvas: axes.canvas, height: axes.height }
}

/// In the corner above the identity, where points are rare.
fn legend(axes: &mut Axes, regression: bool, points: &Points) {
    let x = axes.left() + 5.0;
    let mut y = 34.5;
    let canvas = &mut axes.canvas;
    canvas.dashes([x, y], [x + 16.0, y], INK, 0.8);
    canvas.text(x + 20.0, y + 2.3, Anchor::Start, regular(6.5, INK), "identity");
    if regression {
        y += 9.0;
        canvas.line([x, y], [x + 16.0, y], REGRESSION, 1.1);
        canvas.text(x + 20.0, y + 2.3, Anchor::Start, regular(6.5, INK), "regression");
    }
    if let Some(note) = &points.note {
        canvas.text(x, y + 11.3, Anchor::Start, regular(6.5, GREY), note);
    }
}
