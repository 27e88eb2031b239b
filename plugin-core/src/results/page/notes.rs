//! What stands below the tables: why values are missing, what the gates said, how was measured.

use super::canvas::{Anchor, Canvas, GREY, INK, RULE, bold, regular};
use super::flow::{Fragment, Group};
use super::fonts::{self, Weight};
use super::section::{Section, Site};
use super::{text, words};
use crate::anatomy::{Kind, Side, Structure};
use crate::report::{Category, Finding, GateCode, NotMeasured, Quality, Quantity, Region, Severity, Uncertainty};
use crate::settings::Language;
use std::collections::BTreeSet;

const SIZE: f64 = 7.5;
const LINE: f64 = 10.0;
/// Between a mark and its sentence.
const MARK_GAP: f64 = 5.0;

/// Reasons in the order in which the tables name them; the same reason has one number.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    reasons: Vec<String>,
}

impl Notes {
    /// The mark of a reason, such as `[3]`.
    pub fn mark(&mut self, missing: &NotMeasured, language: Language) -> String {
        let reason = remark(missing.code, &missing.reason, missing.found, language);
        let position = self.reasons.iter().position(|known| *known == reason).unwrap_or_else(|| {
            self.reasons.push(reason);
            self.reasons.len() - 1
        });
        format!("[{}]", position + 1)
    }

    /// The reasons as a list.
    pub fn list(&self, language: Language, width: f64) -> Group {
        let items = self.reasons.iter().enumerate().map(|(i, reason)| (format!("[{}]", i + 1), reason.clone()));
        list(words::NOT_MEASURED.of(language), items, width)
    }
}

/// The report's own sentence in English; in Japanese the gate's, with the figure it saw.
fn remark(code: GateCode, sentence: &str, found: Option<f64>, language: Language) -> String {
    match (language, found) {
        (Language::En, _) => format!("{sentence} ({})", code.name()),
        (Language::Ja, Some(found)) => format!("{}(検出値: {})。({})", words::gate(code), text::plain(found), code.name()),
        (Language::Ja, None) => format!("{}。({})", words::gate(code), code.name()),
    }
}

/// What the gates said about the series as a whole.
pub fn quality(quality: &[Quality], language: Language, width: f64) -> Group {
    let title = words::QUALITY.of(language);
    if quality.is_empty() {
        return list(title, [(String::new(), words::NO_GATE.of(language).to_owned())], width);
    }
    let items = quality.iter().map(|gate| {
        let severity = match gate.severity {
            Severity::Info => words::NOTE,
            Severity::Warning => words::WARNING,
            Severity::Block => words::WITHHELD,
        };
        (severity.of(language).to_owned(), remark(gate.code, &gate.message, gate.found, language))
    });
    list(title, items, width)
}

/// What published criteria say, and which could not be applied; the same sentence stands once.
pub fn criteria(section: &Section<'_>, notes: &mut Notes, language: Language, width: f64) -> Group {
    let mut items: Vec<(Vec<String>, String)> = Vec::new();
    let mut add = |who: String, what: String| match items.iter_mut().find(|(_, known)| *known == what) {
        Some((all, _)) if !all.contains(&who) => all.push(who),
        Some(_) => {}
        None => items.push((vec![who], what)),
    };
    for finding in &section.findings {
        for one in &finding.assessments {
            let criterion = words::criterion(one.criterion).of(language);
            let what = match one.category {
                // Most vertebrae are so; one line says it of all.
                Category::NoHeightLoss => words::category(one.category).of(language).to_owned(),
                _ => words::said(finding, one, language),
            };
            add(who(finding, section, language), format!("{criterion}: {what}"));
        }
        for missing in finding.not_measured.iter().filter(|missing| !missing.criteria.is_empty()) {
            let names: Vec<_> = missing.criteria.iter().map(|one| words::criterion(*one).of(language)).collect();
            let mark = notes.mark(missing, language);
            add(who(finding, section, language), format!("{}: {} {mark}", names.join(", "), words::NOT_APPLIED.of(language)));
        }
    }
    let items = items.into_iter().map(|(who, what)| (who.join(", "), what));
    list(words::CRITERIA.of(language), items, width)
}

/// Short, for it stands before a sentence.
fn who(finding: &Finding, section: &Section<'_>, language: Language) -> String {
    match (section.site, finding.side) {
        (Site::Lumbar, _) if finding.structure != Structure::LumbarSpine => finding.structure.name().to_uppercase(),
        (Site::Lumbar, _) => "L1–L4".to_owned(),
        (_, Side::None) => String::new(),
        (_, side) => words::side(side).of(language).to_owned(),
    }
}

/// How was measured, and how sure the labels are.
pub fn method(sections: &[Section<'_>], language: Language, width: f64) -> Group {
    let findings = || sections.iter().flat_map(|section| &section.findings);
    let values = || findings().flat_map(|finding| &finding.measurements);
    let has = |quantity| values().any(|value| value.quantity == quantity);
    let said = || findings().any(|finding| finding.uncertainty != Uncertainty::None);
    let dice = || {
        let predicts = |one: &Uncertainty| matches!(one, Uncertainty::MonteCarloDropout { predicted_dice: Some(_), .. });
        findings().any(|finding| predicts(&finding.uncertainty))
    };
    let recipes: BTreeSet<&str> = values().map(|value| value.method.as_str()).collect();
    let mut items = Vec::new();
    if !recipes.is_empty() {
        items.push(format!("{}: {}", words::RECIPE.of(language), recipes.into_iter().collect::<Vec<_>>().join(", ")));
    }
    let film = sections.iter().any(|section| section.site == Site::HipXray);
    let muscles = findings().any(|finding| finding.structure.kind() == Kind::Muscle);
    let notes = [
        (values().any(|value| value.region == Region::Trabecular), words::TRABECULAR_NOTE),
        (has(Quantity::ArealDensity) && !film, words::AREAL_NOTE),
        (has(Quantity::ArealDensity) && film, words::FILM_AREAL_NOTE),
        (has(Quantity::Area) && film, words::FILM_SCALE_NOTE),
        (film && muscles, words::FILM_FIELD_NOTE),
        (values().any(|value| value.root_mean_square_error.is_some()), words::ERROR_NOTE),
        (has(Quantity::FatVoxelShare), words::FAT_NOTE),
        (has(Quantity::MuscleAttenuation), words::MUSCLE_NOTE),
        // No page of a film shows the variance, which tells nothing of the error there.
        (said() && !film, words::VARIANCE_NOTE),
        (dice(), words::DICE_NOTE),
        (!said() && !film && findings().next().is_some(), words::UNCERTAINTY_NOTE),
        (findings().next().is_none() && !film, words::EMPTY_NOTE),
        (findings().next().is_none() && film, words::FILM_EMPTY_NOTE),
    ];
    items.extend(notes.into_iter().filter(|(due, _)| *due).map(|(_, note)| note.of(language).to_owned()));
    list(words::METHOD.of(language), items.into_iter().map(|item| (String::new(), item)), width)
}

/// A line that names the site of what follows.
pub fn site(title: &str, width: f64) -> Group {
    let mut canvas = Canvas::default();
    canvas.text(0.0, 18.0, Anchor::Start, bold(11.0, INK), title);
    canvas.line([0.0, 22.0], [width, 22.0], INK, 1.0);
    Group { head: Fragment::default(), rows: vec![Fragment { canvas, height: 27.0 }] }
}

/// A titled list; marks stand in a column of their own, and lines are rows, so that a long sentence may go on in the next column.
pub fn list(title: &str, items: impl IntoIterator<Item = (String, String)>, width: f64) -> Group {
    let items: Vec<_> = items.into_iter().collect();
    let widest = items.iter().map(|(mark, _)| fonts::width(mark, SIZE, Weight::Bold)).fold(0.0, f64::max);
    // Long marks, such as many vertebrae, do not squeeze the sentences.
    let room = widest.min(0.25 * width);
    let indent = if room > 0.0 { room + MARK_GAP } else { 0.0 };
    let mut rows = Vec::new();
    for (mark, sentence) in items {
        for (i, line) in text::wrap(&sentence, width - indent, SIZE, Weight::Regular).into_iter().enumerate() {
            let mut canvas = Canvas::default();
            if i == 0 && !mark.is_empty() {
                canvas.text(0.0, 8.0, Anchor::Start, bold(SIZE, INK), &text::fit(&mark, room, SIZE, Weight::Bold));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_has_room_is_never_cut() {
        for mark in ["left", "right", "right, left", "L1, L2", "Warning", "[12]", "左", "注意"] {
            let list = list("Title", [(mark.to_owned(), "A sentence.".to_owned())], 400.0);
            let drawn: String = list.rows.iter().map(|row| row.canvas.elements()).collect();
            assert!(drawn.contains(&format!(">{mark}<")), "{mark}: {drawn}");
        }
    }
}
