//! Values as tables: vertebrae and muscles with a row each, femora with a row per region, everything else as a list.

use super::canvas::{Anchor, Canvas, GREY, INK, RULE, Style, bold, regular};
use super::columns::{Column, Columns, Line, Place, Plan, plans};
use super::flow::{Fragment, Group};
use super::fonts::{self, Weight};
use super::notes::Notes;
use super::section::Section;
use super::{text, words};
use crate::anatomy::Structure;
use crate::report::{Finding, NotMeasured, Quantity, Region};
use crate::settings::Language;

pub const SIZE: f64 = 8.5;
pub const HEAD_SIZE: f64 = 7.5;
const ROW: f64 = 13.0;
/// Narrowest column that still takes `1234.5`; anything longer is set smaller.
const NARROWEST: f64 = 30.0;
/// The same of `0.725 ± 0.024`.
const NARROWEST_WITH_ERROR: f64 = 58.0;
/// Between groups of columns.
const GAP: f64 = 8.0;

/// The values of a section as tables no wider than `width`.
pub fn tables(section: &Section<'_>, notes: &mut Notes, language: Language, width: f64) -> Vec<Group> {
    let mut all = Vec::new();
    for plan in plans(section, language) {
        let name_width = plan.lines.iter().map(Line::width).fold(0.0, f64::max) + 26.0;
        for part in parts(&plan, language, width - name_width) {
            let layout = Layout::new(&part, language, name_width, width);
            all.push(table(&plan, &layout, notes, language));
        }
    }
    all
}

fn narrowest(columns: &Columns<'_>, column: &Column<'_>, language: Language) -> f64 {
    let head = [column.title(language), words::unit(column.unit).to_owned()];
    let has_errors = column.has_errors(columns.places.iter().flatten().copied());
    let least = if has_errors { NARROWEST_WITH_ERROR } else { NARROWEST };
    head.iter().map(|line| fonts::width(line, HEAD_SIZE, Weight::Regular) + 4.0).fold(least, f64::max)
}

fn width_of(columns: &Columns<'_>, language: Language) -> f64 {
    let title = fonts::width(columns.title, HEAD_SIZE, Weight::Bold);
    columns.columns.iter().map(|column| narrowest(columns, column, language)).sum::<f64>().max(title) + GAP
}

/// Groups of columns as they fit beside each other; one that alone is too wide is broken.
fn parts<'a>(plan: &Plan<'a>, language: Language, room: f64) -> Vec<Vec<Columns<'a>>> {
    let mut broken: Vec<Columns<'a>> = Vec::new();
    for group in &plan.groups {
        let mut piece = Columns { columns: Vec::new(), ..group.clone() };
        for column in &group.columns {
            piece.columns.push(column.clone());
            if piece.columns.len() > 1 && width_of(&piece, language) > room {
                piece.columns.pop();
                broken.push(std::mem::replace(&mut piece, Columns { columns: vec![column.clone()], ..group.clone() }));
            }
        }
        broken.push(piece);
    }
    let mut parts: Vec<Vec<Columns<'a>>> = Vec::new();
    let mut left = 0.0;
    for group in broken {
        let needed = width_of(&group, language);
        match parts.last_mut() {
            Some(part) if needed <= left => part.push(group),
            _ => {
                left = room;
                parts.push(vec![group]);
            }
        }
        left -= needed;
    }
    parts
}

/// Where columns stand.
struct Layout<'a> {
    /// Groups with left end and the right ends of their columns.
    groups: Vec<(&'a Columns<'a>, f64, Vec<f64>)>,
    width: f64,
}

impl<'a> Layout<'a> {
    /// Columns share the width, but are not spread so far that a row is hard to follow.
    fn new(part: &'a [Columns<'a>], language: Language, name_width: f64, width: f64) -> Self {
        const MOST_STRETCH: f64 = 1.6;
        let needed: f64 = part.iter().map(|group| width_of(group, language)).sum();
        let stretch = ((width - name_width) / needed).clamp(1.0, MOST_STRETCH);
        let mut x = name_width;
        let groups = part.iter().map(|group| {
            let left = x + GAP;
            let title = fonts::width(group.title, HEAD_SIZE, Weight::Bold);
            let own: Vec<f64> = group.columns.iter().map(|column| narrowest(group, column, language)).collect();
            let wider = (title / own.iter().sum::<f64>()).max(1.0) * stretch;
            x = left;
            let ends = own.iter().map(|width| {
                x += width * wider;
                x
            });
            (group, left, ends.collect())
        });
        Layout { groups: groups.collect(), width }
    }
}

fn table(plan: &Plan<'_>, layout: &Layout<'_>, notes: &mut Notes, language: Language) -> Group {
    let mut rows = Vec::new();
    for (number, line) in plan.lines.iter().enumerate() {
        let places = layout.groups.iter().map(|group| group.0.places.get(number).copied().flatten());
        if !places.clone().any(|place| place.is_some_and(|place| place.holds_anything())) {
            continue;
        }
        let mut canvas = Canvas::default();
        if rows.len() % 2 == 1 {
            canvas.rectangle([0.0, 0.0, layout.width, ROW], "#f1f1f1", "none");
        }
        name(&mut canvas, line);
        for (group, place) in layout.groups.iter().zip(places) {
            if let Some(place) = place {
                cells(&mut canvas, place, group, notes, language);
            }
        }
        rows.push(Fragment { canvas, height: ROW });
    }
    if let Some(last) = rows.last_mut() {
        last.height += GAP;
    }
    Group { head: head(layout, language), rows }
}

fn head(layout: &Layout<'_>, language: Language) -> Fragment {
    let mut canvas = Canvas::default();
    for (group, left, ends) in &layout.groups {
        let right = ends.last().copied().unwrap_or(*left);
        canvas.text((left + right) / 2.0, 9.0, Anchor::Middle, bold(HEAD_SIZE, INK), group.title);
        canvas.line([*left, 12.5], [right, 12.5], RULE, 0.6);
        for (column, end) in group.columns.iter().zip(ends) {
            canvas.text(*end, 22.0, Anchor::End, regular(HEAD_SIZE, GREY), &column.title(language));
            canvas.text(*end, 31.0, Anchor::End, regular(HEAD_SIZE, GREY), words::unit(column.unit));
        }
    }
    canvas.line([0.0, 35.0], [layout.width, 35.0], INK, 0.8);
    Fragment { canvas, height: 36.0 }
}

/// Colour, number and name of a line.
fn name(canvas: &mut Canvas, line: &Line) {
    let mut x = 0.0;
    if let Some([r, g, b]) = line.color {
        canvas.rectangle([1.0, 3.2, 7.0, 7.0], &format!("#{r:02x}{g:02x}{b:02x}"), INK);
        x = 12.0;
    }
    if let Some(tag) = &line.tag {
        canvas.text(x + 9.0, 9.8, Anchor::End, bold(HEAD_SIZE, INK), tag);
        x += 12.0;
    }
    canvas.text(x, 9.8, Anchor::Start, regular(SIZE, INK), &line.label);
}

/// The values of a finding in one group; where none could be given, one sentence across the group.
fn cells(
    canvas: &mut Canvas,
    place: Place<'_>,
    (group, left, ends): &(&Columns<'_>, f64, Vec<f64>),
    notes: &mut Notes,
    language: Language,
) {
    let right = ends.last().copied().unwrap_or(*left);
    let missing = place.missing();
    if place.values().next().is_none() && !missing.is_empty() {
        let marks: Vec<String> = missing.iter().map(|missing| notes.mark(missing, language)).collect();
        let sentence = format!("{} {}", words::NOT_MEASURED_MARK.of(language), marks.join(" "));
        let sentence = text::fit(&sentence, right - left, SIZE, Weight::Regular);
        canvas.text((left + right) / 2.0, 9.8, Anchor::Middle, regular(SIZE, INK), &sentence);
        return;
    }
    let mut start = *left;
    for (column, end) in group.columns.iter().zip(ends) {
        let cell = cell(place, column, &missing, notes, language);
        let style = if leads(column.quantity) { bold(SIZE, INK) } else { regular(SIZE, INK) };
        let shrink = ((end - start - 2.0) / fonts::width(&cell, SIZE, style.weight)).min(1.0);
        canvas.text(*end, 9.8, Anchor::End, Style { size: SIZE * shrink, ..style }, &cell);
        start = *end;
    }
}

fn cell(place: Place<'_>, column: &Column<'_>, missing: &[&NotMeasured], notes: &mut Notes, language: Language) -> String {
    let printed = place.values().filter(|one| column.holds(one)).map(text::measured);
    let mut words: Vec<String> = printed.collect();
    let marks = missing.iter().filter(|one| one.quantities.contains(&column.quantity));
    words.extend(marks.map(|one| notes.mark(one, language)));
    if words.is_empty() { "–".to_owned() } else { words.join(" ") }
}

/// What a reader looks for first.
fn leads(quantity: Quantity) -> bool {
    matches!(
        quantity,
        Quantity::DensityMean
            | Quantity::ArealDensity
            | Quantity::AttenuationMean
            | Quantity::TScore
            | Quantity::PercentYoungAdultMean
    )
}

/// A quantity with the part of the structure that the heading does not say.
fn long(region: Region, quantity: Quantity, language: Language) -> String {
    let name = words::long(quantity).of(language);
    match region {
        Region::Trabecular => format!("{}: {name}", words::region(region).of(language)),
        _ => name.to_owned(),
    }
}

/// The values of one finding as a list, `name value unit`.
pub fn list(finding: &Finding, notes: &mut Notes, language: Language, width: f64) -> Group {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for one in &finding.measurements {
        let several = finding.measurements.iter().filter(|other| (other.region, other.quantity) == (one.region, one.quantity));
        let method = if several.count() > 1 { format!(" ({})", one.method) } else { String::new() };
        let name = long(one.region, one.quantity, language);
        rows.push([format!("{name}{method}"), text::measured(one), words::unit(one.unit).to_owned()]);
    }
    for one in &finding.not_measured {
        let mark = notes.mark(one, language);
        let absent = |name: &str| [name.to_owned(), format!("{} {mark}", words::NOT_MEASURED_MARK.of(language)), String::new()];
        rows.extend(one.quantities.iter().map(|quantity| absent(&long(one.region, *quantity, language))));
    }
    let fragments = rows.iter().enumerate().map(|(i, [name, value, unit])| {
        let mut canvas = Canvas::default();
        if i % 2 == 1 {
            canvas.rectangle([0.0, 0.0, width, ROW], "#f1f1f1", "none");
        }
        canvas.text(2.0, 9.8, Anchor::Start, regular(SIZE, INK), &text::fit(name, width * 0.66, SIZE, Weight::Regular));
        canvas.text(width * 0.86, 9.8, Anchor::End, bold(SIZE, INK), value);
        canvas.text(width * 0.86 + 4.0, 9.8, Anchor::Start, regular(SIZE, GREY), unit);
        Fragment { canvas, height: ROW }
    });
    let title = match finding.measurements.first() {
        Some(_) if finding.structure == Structure::LumbarSpine => words::region(Region::L1ToL4).of(language),
        Some(first) => words::region(first.region).of(language),
        None => words::structure(finding.structure).of(language),
    };
    let mut canvas = Canvas::default();
    canvas.text(0.0, 10.0, Anchor::Start, bold(SIZE, INK), title);
    canvas.line([0.0, 14.0], [width, 14.0], INK, 0.8);
    let mut rows: Vec<_> = fragments.collect();
    if let Some(last) = rows.last_mut() {
        last.height += GAP;
    }
    Group { head: Fragment { canvas, height: 15.0 }, rows }
}
