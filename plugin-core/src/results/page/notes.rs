//! What stands below the tables: why values are missing, what the gates said, how was measured.

use super::canvas::{Anchor, Canvas, GREY, INK, RULE, bold, regular};
use super::flow::{Fragment, Group};
use super::fonts::{self, Weight};
use super::section::Section;
use super::text;
use crate::report::{NotMeasured, Quality, Quantity, Region, Severity, Uncertainty};
use std::collections::BTreeSet;

const SIZE: f64 = 7.5;
const LINE: f64 = 10.0;

/// Reasons in the order in which the tables name them; the same reason has one number.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    reasons: Vec<String>,
}

impl Notes {
    /// The mark of a reason, such as `[3]`.
    pub fn mark(&mut self, missing: &NotMeasured) -> String {
        let reason = format!("{} ({})", missing.reason, missing.code.name());
        let position = self.reasons.iter().position(|known| *known == reason).unwrap_or_else(|| {
            self.reasons.push(reason);
            self.reasons.len() - 1
        });
        format!("[{}]", position + 1)
    }

    /// The reasons as a list.
    pub fn list(&self, width: f64) -> Group {
        let items = self.reasons.iter().enumerate().map(|(i, reason)| (format!("[{}]", i + 1), reason.clone()));
        list("Not measured", items, width)
    }
}

/// What the gates said about the series as a whole.
pub fn quality(quality: &[Quality], width: f64) -> Group {
    if quality.is_empty() {
        return list("Image quality", [(String::new(), "No gate spoke about the series as a whole.".to_owned())], width);
    }
    let items = quality.iter().map(|gate| {
        let severity = match gate.severity {
            Severity::Info => "Note",
            Severity::Warning => "Warning",
            Severity::Block => "Withheld",
        };
        (severity.to_owned(), format!("{} ({})", gate.message, gate.code.name()))
    });
    list("Image quality", items, width)
}

/// How was measured, and how sure the labels are.
pub fn method(section: &Section<'_>, width: f64) -> Group {
    let values = || section.findings.iter().flat_map(|finding| &finding.measurements);
    let recipes: BTreeSet<&str> = values().map(|value| value.method.as_str()).collect();
    let mut items = Vec::new();
    if !recipes.is_empty() {
        items.push(format!("Recipe: {}.", recipes.into_iter().collect::<Vec<_>>().join(", ")));
    }
    if values().any(|value| value.region == Region::Trabecular) {
        items.push("Trabecular region: the part of the vertebral body outlined in white.".to_owned());
    }
    if values().any(|value| value.quantity == Quantity::FatVoxelShare) {
        items.push("Fat: share of voxels from -190 to -30 HU.".to_owned());
    }
    if section.findings.iter().any(|finding| finding.uncertainty == Uncertainty::None) {
        items.push("Uncertainty of labels: the source of the labels gives none.".to_owned());
    }
    if section.findings.is_empty() {
        items.push("The report holds no finding: no structure that can be measured was asked for and labelled.".to_owned());
    }
    list("Method", items.into_iter().map(|item| (String::new(), item)), width)
}

/// A titled list; marks stand in a column of their own, and lines are rows, so that a long sentence may go on in the next column.
fn list(title: &str, items: impl IntoIterator<Item = (String, String)>, width: f64) -> Group {
    let items: Vec<_> = items.into_iter().collect();
    let indent = items.iter().map(|(mark, _)| fonts::width(mark, SIZE, Weight::Bold)).fold(0.0, f64::max);
    let indent = if indent > 0.0 { indent + 5.0 } else { 0.0 };
    let mut rows = Vec::new();
    for (mark, sentence) in items {
        for (i, line) in text::wrap(&sentence, width - indent, SIZE, Weight::Regular).into_iter().enumerate() {
            let mut canvas = Canvas::default();
            if i == 0 && !mark.is_empty() {
                canvas.text(0.0, 8.0, Anchor::Start, bold(SIZE, INK), &mark);
            }
            canvas.text(indent, 8.0, Anchor::Start, regular(SIZE, INK), &line);
            rows.push(Fragment { canvas, height: LINE });
        }
        if let Some(last) = rows.last_mut() {
            last.height += 1.5;
        }
    }
    Group { head: head(title, width), rows }
}

fn head(title: &str, width: f64) -> Fragment {
    let mut canvas = Canvas::default();
    canvas.text(0.0, 18.0, Anchor::Start, bold(8.5, GREY), title);
    canvas.line([0.0, 21.5], [width, 21.5], RULE, 0.6);
    Fragment { canvas, height: 24.0 }
}
