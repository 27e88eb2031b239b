//! The ROC curve, with the cut that was set beforehand.

use super::super::printed::Printer;
use super::super::settings::ValidationSettings;
use super::super::stratum::Stratum;
use super::Figure;
use super::axes::{Axes, Labels};
use crate::drawing::canvas::{Anchor, GREY, INK, regular};
use crate::drawing::text::rounded;

const HEIGHT: f64 = 132.0;
const CURVE: &str = "#2b6ca3";
const CUT: &str = "#b3402a";
const RANGE: [f64; 2] = [-0.03, 1.03];
/// More corners than pixels show nothing more.
const MOST_CORNERS: usize = 2000;

pub fn draw(stratum: &Stratum, curve: &[[f64; 2]], printer: &Printer<'_>, settings: &ValidationSettings) -> Figure {
    let caption = match stratum.roc.known() {
        Ok(roc) => {
            format!("AUC = {}, {} of {} diseased", printer.coefficient(&roc.auc), roc.diseased, roc.diseased + roc.healthy)
        }
        Err(reason) => format!("not computed: {reason}"),
    };
    let labels = Labels { title: "ROC curve", caption: &caption, x: "1 \u{2212} specificity", y: "Sensitivity" };
    let mut axes = Axes::new(&labels, [RANGE, RANGE], HEIGHT, 8.0);
    let (origin, end) = (axes.at([0.0, 0.0]), axes.at([1.0, 1.0]));
    axes.canvas.dashes(origin, end, GREY, 0.6);
    if curve.is_empty() {
        return Figure { canvas: axes.canvas, height: axes.height };
    }
    let corners: Vec<[f64; 2]> = thinned(curve).map(|corner| axes.at(corner)).collect();
    axes.canvas.polyline(&corners, CURVE, 1.3);
    mark(&mut axes, stratum, settings);
    Figure { canvas: axes.canvas, height: axes.height }
}

/// The last corner stays.
fn thinned(curve: &[[f64; 2]]) -> impl Iterator<Item = [f64; 2]> {
    let step = curve.len().div_ceil(MOST_CORNERS).max(1);
    curve.iter().copied().step_by(step).chain(curve.last().copied())
}

/// The cut on the curve, and what it is, in the corner below the curve.
fn mark(axes: &mut Axes, stratum: &Stratum, settings: &ValidationSettings) {
    let Some(at_cut) = stratum.at_cut.computed() else { return };
    let (Some(sensitivity), Some(specificity)) = (at_cut.sensitivity.computed(), at_cut.specificity.computed()) else { return };
    let at = axes.at([1.0 - specificity.value, sensitivity.value]);
    axes.canvas.dot(at, 3.0, CUT, 1.0);
    let [right, y] = axes.at([1.0, 0.12]);
    let cut = settings.cut.map_or_else(String::new, |cut| format!("cut set beforehand: {} {cut}", settings.diseased.sign()));
    let percent = |value: f64| rounded(100.0 * value, 1);
    let found = format!("sensitivity {} %, specificity {} %", percent(sensitivity.value), percent(specificity.value));
    axes.canvas.text(right, y - 4.0, Anchor::End, regular(6.5, CUT), &format!("\u{25cf} {cut}"));
    axes.canvas.text(right, y + 5.0, Anchor::End, regular(6.5, INK), &found);
}
