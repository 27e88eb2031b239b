//! Where a value lies between reference values and cut-offs: only where somebody verified them, else nothing is drawn.

use super::canvas::{Anchor, Canvas, GREY, INK, RULE, bold, regular};
use super::flow::{Fragment, Group};
use super::fonts::Weight;
use super::section::Section;
use super::{text, words};
use crate::report::{Assessment, Criterion, Finding, Measurement, Quantity, ReferenceUsed, Region};
use crate::settings::Language;

const HEIGHT: f64 = 62.0;
const BAR_TOP: f64 = 22.0;
const BAR: f64 = 13.0;
/// From the worst band to the best; they differ in grey print, and dark text is readable on each.
const SHADES: [&str; 4] = ["#b9b9b9", "#d4d4d4", "#e6e6e6", "#f5f5f5"];
/// T-scores of the WHO criterion.
const WHO: [f64; 2] = [-2.5, -1.0];

/// A scale with bands, ticks and the value.
struct Scale {
    title: String,
    low: f64,
    high: f64,
    /// Ends of bands, ascending.
    cuts: Vec<f64>,
    /// Names of the bands; as many as bands, or none.
    names: Vec<&'static str>,
    ticks: Vec<(f64, String)>,
    value: f64,
    caption: String,
}

/// The charts of a section.
pub fn charts(section: &Section<'_>, references: &[ReferenceUsed], language: Language, width: f64) -> Group {
    let mut rows = Vec::new();
    let mut findings = section.findings.clone();
    // As on pictures: the patient's right first.
    findings.sort_by_key(|finding| (finding.structure, std::cmp::Reverse(finding.side)));
    for finding in findings {
        let scores = finding.measurements.iter().filter_map(|one| score(finding, one, references, language));
        let assessed = finding.assessments.iter().filter_map(|one| cut_offs(finding, one, references, language));
        rows.extend(scores.chain(assessed).map(|scale| Fragment { canvas: draw(&scale, width), height: HEIGHT }));
    }
    Group { head: Fragment::default(), rows }
}

fn verified<'a>(references: &'a [ReferenceUsed], id: &str) -> Option<&'a ReferenceUsed> {
    references.iter().find(|row| row.id == id && row.verified_by.is_some())
}

/// A T-score with the areal density of the reference below it; with WHO's bands where that criterion was applied.
fn score(finding: &Finding, one: &Measurement, references: &[ReferenceUsed], language: Language) -> Option<Scale> {
    if one.quantity != Quantity::TScore {
        return None;
    }
    let row = verified(references, one.reference.as_ref()?)?;
    let (mean, sd) = row.mean.zip(row.sd).filter(|(mean, sd)| mean.is_finite() && *sd > 0.0)?;
    let (low, high) = (one.value.floor().clamp(-10.0, -5.0), one.value.ceil().clamp(2.0, 10.0));
    let tick = |t: i32| (f64::from(t), format!("{t} ({:.3})", mean + f64::from(t) * sd));
    // Where the category was withheld the scale must not say it either.
    let judged = finding.assessments.iter().any(|said| said.criterion == Criterion::Who);
    let areal =
        finding.measurements.iter().find(|other| (other.region, other.quantity) == (one.region, Quantity::ArealDensity));
    let areal = areal.map(|areal| format!(" ({} {})", text::printed(areal.quantity, areal.value), words::unit(areal.unit)));
    Some(Scale {
        title: format!(
            "{}: {} {}{}",
            place(finding, one.region, language),
            words::short(one.quantity).of(language),
            text::printed(one.quantity, one.value),
            areal.unwrap_or_default()
        ),
        low,
        high,
        cuts: if judged { WHO.to_vec() } else { Vec::new() },
        names: if judged { bands(language) } else { Vec::new() },
        ticks: [-4, -2, -1, 0, 1].map(tick).to_vec(),
        value: one.value,
        caption: format!("{} {mean} ± {sd} g/cm²; {}", words::MEAN.of(language), source(row)),
    })
}

/// A value between the cut-offs of a criterion. Scores have their own scale, and heights none.
fn cut_offs(finding: &Finding, said: &Assessment, references: &[ReferenceUsed], language: Language) -> Option<Scale> {
    if matches!(said.quantity, Quantity::TScore | Quantity::PercentYoungAdultMean | Quantity::ZScore)
        || said.criterion == Criterion::Genant
    {
        return None;
    }
    let row = verified(references, &said.reference)?;
    let one = finding.measurements.iter().find(|one| (one.region, one.quantity) == (said.region, said.quantity))?;
    let cuts = row.cut_offs.clone();
    let ascending = cuts.iter().all(|cut| cut.is_finite()) && cuts.is_sorted_by(|a, b| a < b);
    let (first, last) = (*cuts.first()?, *cuts.last()?);
    if !ascending || cuts.len() >= SHADES.len() {
        return None;
    }
    let span = (last - first).max(0.5 * last.abs()).max(1.0);
    let names = match (said.criterion, cuts.len()) {
        (Criterion::SpineQct, 2) => bands(language),
        _ => Vec::new(),
    };
    let unit = words::unit(one.unit);
    let what = words::long(one.quantity).of(language);
    let what = match one.region {
        Region::Whole => what.to_owned(),
        part => format!("{}, {what}", place(finding, part, language)),
    };
    Some(Scale {
        title: format!("{what}: {} {unit}", text::printed(one.quantity, one.value)),
        low: (first - span).min(one.value - 0.1 * span),
        high: (last + span).max(one.value + 0.1 * span),
        ticks: cuts.iter().map(|cut| (*cut, format!("{} {unit}", text::plain(*cut)))).collect(),
        cuts,
        names,
        value: one.value,
        caption: format!("{}; {}", words::criterion(said.criterion).of(language), source(row)),
    })
}

/// From the worst to the best.
fn bands(language: Language) -> Vec<&'static str> {
    [words::OSTEOPOROSIS_BAND, words::LOW_BAND, words::NORMAL_BAND].map(|band| band.of(language)).to_vec()
}

fn place(finding: &Finding, region: Region, language: Language) -> String {
    let (side, region) = (words::side(finding.side).of(language), words::region(region).of(language));
    match (side, language) {
        ("", _) => region.to_owned(),
        (side, Language::En) => format!("{region}, {side}"),
        (side, Language::Ja) => format!("{side} {region}"),
    }
}

fn source(row: &ReferenceUsed) -> String {
    format!("{}: {}, {}, {}", row.id, row.device, row.population, row.source)
}

fn draw(scale: &Scale, width: f64) -> Canvas {
    let mut canvas = Canvas::default();
    let at = |value: f64| ((value - scale.low) / (scale.high - scale.low)).clamp(0.0, 1.0) * width;
    canvas.text(0.0, 10.0, Anchor::Start, bold(8.5, INK), &text::fit(&scale.title, width, 8.5, Weight::Bold));
    let mut left = 0.0;
    for (number, end) in scale.cuts.iter().map(|cut| at(*cut)).chain([width]).enumerate() {
        let shade = SHADES.get(number).filter(|_| !scale.cuts.is_empty()).copied().unwrap_or("none");
        canvas.rectangle([left, BAR_TOP, end - left, BAR], shade, RULE);
        if let Some(name) = scale.names.get(number) {
            let name = text::fit(name, end - left - 4.0, 7.0, Weight::Regular);
            canvas.text((left + end) / 2.0, BAR_TOP + 9.5, Anchor::Middle, regular(7.0, INK), &name);
        }
        left = end;
    }
    for (value, label) in &scale.ticks {
        canvas.line([at(*value), BAR_TOP + BAR], [at(*value), BAR_TOP + BAR + 3.0], INK, 0.6);
        canvas.text(at(*value), BAR_TOP + BAR + 10.5, Anchor::Middle, regular(7.0, GREY), label);
    }
    let x = at(scale.value);
    // It ends above the names of the bands.
    canvas.line([x, BAR_TOP - 5.0], [x, BAR_TOP + 2.5], INK, 1.6);
    canvas.disc(x, BAR_TOP - 5.0, 2.6);
    canvas.text(
        0.0,
        BAR_TOP + BAR + 21.0,
        Anchor::Start,
        regular(7.0, GREY),
        &text::fit(&scale.caption, width, 7.0, Weight::Regular),
    );
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::{Side, Structure};
    use crate::report::Category;

    fn row(verified_by: Option<&str>) -> ReferenceUsed {
        ReferenceUsed {
            id: "row".to_owned(),
            description: String::new(),
            source: "Looker 1998".to_owned(),
            device: "Hologic".to_owned(),
            population: "women".to_owned(),
            verified_by: verified_by.map(str::to_owned),
            mean: Some(0.858),
            sd: Some(0.12),
            cut_offs: vec![80.0, 120.0],
        }
    }

    #[test]
    fn a_score_is_drawn_where_its_reference_was_verified_and_nowhere_else() {
        let score_of = |row| {
            let t = Measurement::new(Region::FemoralNeck, Quantity::TScore, -2.05, "score/1");
            let t = Measurement { reference: Some("row".to_owned()), ..t };
            score(&Finding::new(Structure::Femur, Side::Right), &t, &[row], Language::En)
        };
        let drawn = score_of(row(Some("A. Reader"))).expect("drawn");
        assert_eq!(drawn.title, "Femoral neck, right: T-score -2.0");
        // 0.858 - 2 x 0.12.
        assert!(drawn.ticks.contains(&(-2.0, "-2 (0.618)".to_owned())));
        assert!(drawn.cuts.is_empty() && drawn.names.is_empty(), "no criterion was applied, so no band is named");
        assert!(score_of(row(None)).is_none());
        assert!(score_of(ReferenceUsed { sd: Some(0.0), ..row(Some("A. Reader")) }).is_none());
    }

    #[test]
    fn cut_offs_are_drawn_where_they_were_verified_and_ascend() {
        let drawn = |row| {
            let mut finding = Finding::new(Structure::LumbarSpine, Side::None);
            finding.measurements.push(Measurement::new(Region::L1ToL4, Quantity::DensityMean, 94.12, "lumbar-mean/1"));
            let said = Assessment {
                region: Region::L1ToL4,
                criterion: Criterion::SpineQct,
                category: Category::LowBoneMass,
                sentence: String::new(),
                quantity: Quantity::DensityMean,
                reference: "row".to_owned(),
            };
            cut_offs(&finding, &said, &[row], Language::En)
        };
        let scale = drawn(row(Some("A. Reader"))).expect("drawn");
        assert!(scale.low < 80.0 && scale.high > 120.0 && scale.names.len() == 3);
        assert!(drawn(row(None)).is_none());
        assert!(drawn(ReferenceUsed { cut_offs: vec![120.0, 80.0], ..row(Some("A. Reader")) }).is_none());
        assert!(drawn(ReferenceUsed { cut_offs: vec![], ..row(Some("A. Reader")) }).is_none());
    }
}
