//! Of which labels the model is sure.

use super::columns::name;
use super::flow::Group;
use super::section::Section;
use super::{notes, text, words};
use crate::measure::is_doubtful;
use crate::report::Uncertainty;
use crate::segmentation::Labels;
use crate::settings::Language;

/// What the model says of one label.
struct Said {
    name: String,
    variance: f64,
    dice: Option<f64>,
    doubtful: bool,
}

/// The labels of a section, those that are to be looked at first and each in full, the others in one line from the least certain on;
/// empty where nobody said.
pub fn of_labels(section: &Section<'_>, labels: &Labels, language: Language, width: f64) -> Group {
    let (doubtful, sure): (Vec<_>, Vec<_>) = said(section, labels, language).into_iter().partition(|one| one.doubtful);
    let mut items: Vec<_> =
        doubtful.iter().map(|one| (words::UNSURE.of(language).to_owned(), in_full(one, language))).collect();
    let (by_dice, by_variance): (Vec<_>, Vec<_>) = sure.into_iter().partition(|one| one.dice.is_some());
    for (title, all) in [(words::PREDICTED_DICE, by_dice), (words::PREDICTIVE_VARIANCE, by_variance)] {
        let figures: Vec<_> = all.iter().map(|one| format!("{} {}", one.name, figure(one))).collect();
        if !figures.is_empty() {
            items.push((String::new(), format!("{}: {}", title.of(language), figures.join("; "))));
        }
    }
    notes::list(words::CERTAINTY.of(language), items, width)
}

/// From the least certain to the most. A finding that rests on several labels has none of its own.
fn said(section: &Section<'_>, labels: &Labels, language: Language) -> Vec<Said> {
    let mut all: Vec<_> = section
        .findings
        .iter()
        .filter_map(|finding| {
            let doubt = labels.doubts.structures.get(&(finding.structure, finding.side))?;
            let Uncertainty::MonteCarloDropout { predictive_variance: variance, predicted_dice: dice } = finding.uncertainty
            else {
                return None;
            };
            Some(Said { name: name(finding, language), variance, dice, doubtful: is_doubtful(doubt) })
        })
        .collect();
    let certainty = |one: &Said| one.dice.unwrap_or(-one.variance);
    all.sort_by(|a, b| certainty(a).total_cmp(&certainty(b)));
    all
}

fn figure(one: &Said) -> String {
    one.dice.map_or_else(|| text::plain(one.variance), |dice| format!("{dice:.2}"))
}

fn in_full(one: &Said, language: Language) -> String {
    let dice = one.dice.map(|dice| format!("{} {dice:.2}, ", words::PREDICTED_DICE.of(language))).unwrap_or_default();
    let variance = words::PREDICTIVE_VARIANCE.of(language);
    format!("{}: {dice}{variance} {}", one.name, text::plain(one.variance))
}
